"""A diagnosis as SARIF and as a page: valid, whole, and nothing of the file shown raw.

Golden files: UPDATE_GOLDEN=1 python -m pytest tests/unit/test_diagnose_reports.py
"""

import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.diagnose.causes.table import CAUSES
from harness.diagnose.describe import describe_diagnosis
from harness.diagnose.diagnosis import Diagnosis
from harness.diagnose.file_answer import LayerSummary, TensorSummary
from harness.diagnose.findings import Finding, make_finding
from harness.diagnose.load.observation import LayerOutput, Observation
from harness.diagnose.load.proof import Proof
from harness.diagnose.page import write_page
from harness.diagnose.sarif import make_sarif
from harness.files import to_json
from tests.unit.golden import assert_golden

GOLDEN = Path(__file__).parent.parent / "data" / "golden" / "diagnose"
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% for x in y %}",
    "\x1b[31mred\x1b]8;;http://example.com\x07link",
    "a\u202egnp.exe\u2066\u200f",
    "</pre></article><style>*{display:none}</style>",
    "[click](https://example.com) {0}",
    "javascript:alert(1)",
]


def make_diagnosis(text: str, answer: str | None = None) -> Diagnosis:
    """Return a diagnosis in which the file has written `text` wherever it can."""
    layer = LayerSummary(
        name=text, kind=text, place=text, count=3, minimum=-1.0, maximum=2.0, zeros=0.5, mean=0.1
    )
    finding = make_finding("dead-output", 0.95, text, f"model.save({text!r})")
    return Diagnosis(
        model=f"folder/{text}.keras",
        format="Keras archive (.keras)",
        writer=text,
        layers=[layer],
        answer=answer,  # type: ignore[arg-type]
        reason=text,
        findings=[finding, make_finding("variables-lost", 0.5, text)],
        unsafe=[text],
        needed=[text],
        notes=[text],
        seal=text,
        proofs=[make_proof(text), Proof(cause="variables-lost", result="cannot", reason=text)],
        restored=make_observation(text),
        tensors=[TensorSummary(role="input", name=text, dtype=text, shape=[1, 2])],
    )


def make_observation(text: str) -> Observation:
    """Return what --load saw of a model of two layers."""
    first = LayerOutput(name=text, kind=text, minimum=None, maximum=None, zeros=0.0, broken=9)
    last = LayerOutput(name="last", kind="Dense", minimum=-1.5, maximum=2, zeros=0.25, ends=0.5)
    versions = {"tensorflow": "2.21.0", "keras": "3.15.1"}
    return Observation(
        release="2.21",
        versions=versions,
        rows=3,
        given=True,
        gives="as neither",
        facts=["two loads give the same", text],
        layers=[first, last],
    )


def make_proof(text: str) -> Proof:
    """Return the proof of a cure that helped."""
    return Proof(
        cause="dead-output",
        result="cured",
        reason="all 3 rows are as expected",
        release="2.21",
        versions={"tensorflow": "2.21.0"},
        reference=text,
        rows=3,
        before=[float("nan"), 0.5],
        after=[1.0, 2.0],
        expected=[1.0, 2.0],
        difference_after=1e-7,
        before_error=text,
    )


class Elements(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, list[str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, [name for name, _ in attributes]))


def steers(text: str) -> list[str]:
    """Return the characters that steer a terminal or turn a text round."""
    return [each for each in text if not each.isprintable() and each != "\n"]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("answer", [None, "unexplained", "equal"])
def test_nothing_of_the_file_is_shown_raw_on_the_page(text: str, answer: str | None) -> None:
    page = write_page(make_diagnosis(text, answer), NOW)
    usual = write_page(make_diagnosis("name", answer), NOW)
    assert Elements(page).found == Elements(usual).found
    assert not steers(page)
    assert "49" not in re.sub(r"#\w+", "", page)  # 7 * 7 is not computed


@given(st.text(min_size=1, max_size=30))
def test_no_name_adds_an_element_to_the_page(text: str) -> None:
    page = write_page(make_diagnosis(text), NOW)
    assert Elements(page).found == Elements(write_page(make_diagnosis("name"), NOW)).found
    assert not steers(page)


def test_the_page_and_the_sarif_show_what_was_observed_and_proved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in ("page", "sarif"):
        monkeypatch.setattr(f"harness.diagnose.{module}.__version__", "1.0")
    diagnosis = make_diagnosis("<b>\x1b[1mname")
    assert_golden(GOLDEN / "restored.html", write_page(diagnosis, NOW))
    shown = to_json(make_sarif(diagnosis, Path("m.keras")))
    assert_golden(GOLDEN / "restored.sarif", shown)
    json.loads(shown, parse_constant=lambda each: pytest.fail(f"{each} is no JSON"))


def test_a_model_that_was_not_restored_is_no_fault_free_one() -> None:
    failed = Observation(release="2.16", error="TypeError: no [a](b)")
    diagnosis = Diagnosis(model="m.keras", format="f", writer="w", findings=[], restored=failed)
    page = write_page(diagnosis, NOW)
    assert "<h1>Not restored</h1>" in page
    assert "none speaks" not in page
    assert "No fault found." not in describe_diagnosis(diagnosis)
    (result,) = make_sarif(diagnosis, Path("m.keras")).runs[0].results
    assert (result.rule_id, result.level) == ("model-not-restored", "error")
    said = "NOT RESTORED in a cage (release 2.16): TypeError: no \\[a](b)"
    assert " ".join(result.message.text.split()) == said


def test_the_page_needs_nothing_from_elsewhere() -> None:
    page = write_page(make_diagnosis("name"), NOW)
    tags = {tag for tag, _ in Elements(page).found}
    attributes = {name for _, names in Elements(page).found for name in names}
    assert not tags & {"script", "link", "img", "iframe", "object", "base", "form"}
    assert not attributes & {"src", "href", "srcset", "action"}
    assert not any(name.startswith("on") for name in attributes)
    assert "default-src 'none'" in page
    assert "folder/" not in page  # a colleague needs no path of this machine


def test_the_page_has_the_worst_first_with_evidence_cure_and_layers() -> None:
    page = write_page(make_diagnosis("the place"), NOW)
    order = ["Do not load", CAUSES["dead-output"].sentence, "Evidence: the place", "model.save("]
    order += [CAUSES["variables-lost"].sentence, "To know more", "Layers with weights"]
    places = [page.index(each) for each in order]
    assert places == sorted(places)
    assert "2026-11-26 12:00 UTC" in page
    assert "50%" in page


def test_a_page_without_findings_says_what_that_means() -> None:
    healthy = make_diagnosis("x")
    bare = msgspec.structs.replace(healthy, findings=[], unsafe=[], needed=[], restored=None)
    assert "No fault found" in write_page(bare, NOW)
    layers = [
        LayerSummary(name="n", kind="k", place="", count=0, minimum=None, maximum=None, zeros=0)
    ]
    assert "No fault found" in write_page(msgspec.structs.replace(bare, layers=layers), NOW)


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [
        ({"restored": Observation(release="2.21", gives="as neither")}, "predicts something else"),
        ({"restored": Observation(release="2.21", error="ValueError: no")}, "Not restored"),
        ({"unsafe": ["a Lambda"]}, "Unsafe to load"),
        ({"answer": "unexplained"}, "nothing in them names the cause"),
    ],
)
def test_what_is_wrong_without_a_finding_is_not_said_to_be_no_fault(
    seen: dict[str, Any], verdict: str
) -> None:
    diagnosis = Diagnosis(model="m.keras", findings=[], **seen)
    assert diagnosis.wrong is not bool(diagnosis.unsafe)
    page = write_page(diagnosis, NOW)
    assert f"{verdict}</h1>" in page
    for told in (page, "\n".join(describe_diagnosis(diagnosis))):
        assert "No fault found" not in told
        assert "none speaks" not in told


def test_a_restored_model_that_predicts_something_else_is_a_result_of_code_scanning() -> None:
    seen = Observation(release="2.21", gives="as neither")
    log = make_sarif(Diagnosis(findings=[], restored=seen), Path("m.keras"))
    assert [each.rule_id for each in log.runs[0].results] == ["predictions-differ"]


@pytest.mark.parametrize("text", [*HOSTILE, "layers/dense/vars/0"])
def test_sarif_keeps_the_rules_that_readers_rely_on(text: str) -> None:
    diagnosis = make_diagnosis(text, "unexplained")
    log = json.loads(to_json(make_sarif(diagnosis, Path("folder/a b.keras"))))
    assert (log["version"], set(log)) == ("2.1.0", {"$schema", "version", "runs"})
    (run,) = log["runs"]
    rules, results = run["tool"]["driver"]["rules"], run["results"]
    assert len({each["id"] for each in rules}) == len(rules)
    assert len(results) == 4  # unsafe, two findings, and predictions that differ
    for each in results:
        assert rules[each["ruleIndex"]]["id"] == each["ruleId"]
        assert each["level"] in ("error", "warning", "note")
        assert -1 <= each.get("rank", -1) <= 100
        assert not steers(each["message"]["text"])
        assert not re.search(r"(?<!\\)\[[^\[\]]*\]\(", each["message"]["text"])  # no link
        assert not any(map(steers, each.get("properties", {}).get("proof", {}).get("shown", [])))
        (place,) = each["locations"]
        assert place["physicalLocation"]["artifactLocation"]["uri"] == "folder/a%20b.keras"
    (invocation,) = run["invocations"]
    told = [each["message"]["text"] for each in invocation["toolExecutionNotifications"]]
    names = [each["name"] for each in run["properties"]["layers"]]
    assert (len(told), len(names)) == (3, 2)
    assert not any(map(steers, told + names))
    prints = [json.dumps(each["partialFingerprints"]) for each in results]
    assert len(set(prints)) == len(prints)
    assert [each["level"] for each in results] == ["error", "error", "note", "warning"]


def test_a_finding_in_code_points_to_its_line() -> None:
    finding = make_finding("raw-tf-variable", 0.8, "Own, line 12: self.a = tf.Variable")
    diagnosis = Diagnosis(findings=[finding])
    log = make_sarif(diagnosis, Path("m.keras"), Path("/elsewhere/mine.py"))
    place = log.runs[0].results[0].locations[0].physical_location
    assert place.region is not None
    assert (place.region.start_line, place.artifact_location.uri) == (
        12,
        "file:///elsewhere/mine.py",
    )


def test_a_cause_that_is_in_no_table_is_a_rule_too() -> None:
    finding = Finding(
        cause="new", scenario="", side="code", confidence=0.7, sentence="S.", evidence="e", fix=""
    )
    log = make_sarif(Diagnosis(findings=[finding]), Path("m.keras"))
    assert log.runs[0].tool.driver.rules[0].short_description.text == "S."
