"""What `diff` prints and writes: harness/report/difference.py, junit.py and annotations.py.

Golden files: tests/data/golden/diff/. To write them anew, and then read the difference:
UPDATE_GOLDEN=1 python -m pytest tests/unit/test_difference_report.py
"""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from junitparser import JUnitXml
from tabulate import tabulate_formats

from harness.catalog.load import PACKAGED, Catalog, read_catalog
from harness.files import to_json
from harness.report.annotations import annotate
from harness.report.difference import HEADINGS, make_document, present_comparisons
from harness.report.junit import make_junit, write_junit
from harness.report.layout import Layout
from harness.results.compare import KINDS, Side, compare_sides
from tests.unit.builders import ENVIRONMENT, MACHINE, as_outcomes, make_record, make_scenario
from tests.unit.golden import assert_golden

GOLDEN = Path(__file__).parent.parent / "data" / "golden" / "diff"
FIXED = {"path": "restore_fixed_it", "side": "fixed", "verdict": "match", "expected": "match"}
LAYER = "Could not locate class '{}'. Full object config: {{'module': None, 'config': [1, 2]}}"


def make_error(message, type_="TypeError", **changes):
    return make_record(
        verdict="error",
        error={"type": type_, "message": message},
        statistics=None,
        reference_sha256=None,
        **changes,
    )


def make_pair(name, before, after, **changes):
    """The two outcomes of one path: changes that make them from a matching record."""
    matching = make_record(scenario=name, **FIXED)
    return matching | before | changes, matching | after | changes


def fail(message, type_="TypeError"):
    return {"verdict": "error", "error": {"type": type_, "message": message}, "statistics": None}


ZEROS = {"verdict": "zeros"}
MOVED = {"verdict": "differs", "statistics": make_record()["statistics"] | {"mean": 4.0}}
SKIPPED = {
    "verdict": "skip",
    "statistics": None,
    "error": {"type": "skip", "message": "the scenario is for TensorFlow <2.21"},
}
PAIRS = [
    make_pair("custom-layer", {}, fail(LAYER.format("Mine"))),
    make_pair("custom-layer-nested", {}, fail(LAYER.format("Yours"))),
    make_pair("relu-shadowed", {}, ZEROS | {"statistics": {"weights": "equal"}}),
    make_pair("masking", {"verdict": "nan"}, ZEROS),
    make_pair(
        "old-message", fail("No such file: /tmp/a/m.h5"), fail("File not found: /tmp/b/m.h5")
    ),
    make_pair("old-dump", fail("bad {'id': 'one'}"), fail("bad {'id': 'two'}")),
    make_pair("moved-numbers", MOVED | {"statistics": make_record()["statistics"]}, MOVED),
    make_pair("cured", fail("no layer", "ValueError"), {}),
    make_pair("cured-zeros", ZEROS, {}),
    make_pair("edited", {}, {"source_sha256": "1" * 64}),
    make_pair("keras-2-only", {}, SKIPPED),
    make_pair("keras-3-only", SKIPPED, {}),
    make_pair("calm", {}, {}),
    make_pair("calm-too", {"reference_sha256": "a" * 64}, {"reference_sha256": "b" * 64}),
]


def make_comparison(pairs, labels=("2.20", "2.21"), title="", machines=(MACHINE, MACHINE)):
    sides = [
        Side(
            label,
            msgspec.structs.replace(ENVIRONMENT, tensorflow=f"{label}.0"),
            machine,
            as_outcomes(pair[number] for pair in pairs),
            source=f"run {number + 1}",
        )
        for number, (label, machine) in enumerate(zip(labels, machines, strict=True))
    ]
    return compare_sides(*sides, title)


WHOLE = make_comparison(PAIRS, title="Trained, saved and restored in each: 2.20 → 2.21")
CALM = make_comparison(PAIRS[-2:])
TWO_MACHINES = make_comparison(
    PAIRS[:1], machines=(MACHINE, msgspec.structs.replace(MACHINE, processor="another processor"))
)
SEEDS = make_comparison(
    [
        make_pair(
            "by-draw",
            {"verdict": "match" if seed < 9 else "zeros"},
            {"verdict": "match" if seed < 6 else "zeros"},
            seed=seed,
            default_seed=False,
            declared_rate=[0.3, 0.7],
        )
        for seed in range(20)
    ]
    + [make_pair("by-dose", {}, ZEROS, dose=0.5, dose_of="metres", own_dose=0.5)]
)
SHOWN = {
    "whole": present_comparisons([WHOLE]),
    "whole-github": present_comparisons([WHOLE], Layout("github")),
    "everything": present_comparisons([WHOLE], everything=True),
    "calm": present_comparisons([CALM]),
    "several": present_comparisons([TWO_MACHINES, CALM]),
    "seeds": present_comparisons([SEEDS]),
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_comparison_looks_as_in_its_golden_file(name):
    assert_golden(GOLDEN / f"{name}.txt", SHOWN[name])


def test_every_golden_file_is_compared():
    assert {file.stem for file in GOLDEN.glob("*.txt")} == set(SHOWN)


def test_every_kind_of_change_has_a_heading_and_an_example_here():
    assert set(HEADINGS) == set(KINDS)
    found = {each.kind for one in (WHOLE, SEEDS) for each in one.differences}
    assert found == set(KINDS)


def test_the_most_important_kind_comes_first():
    text = present_comparisons([WHOLE])
    places = [
        text.index(heading.format(a="2.20", b="2.21") + ":")
        for kind, heading in HEADINGS.items()
        if WHOLE.of(kind) and kind not in ("regressed", "unchanged")
    ]
    assert places == sorted(places)
    assert text.index("REGRESSED: 3 paths") < places[0]


def test_sixty_regressions_of_one_cause_read_as_one():
    pairs = [make_pair(f"case-{each}", {}, fail(LAYER.format(f"L{each}"))) for each in range(60)]
    text = present_comparisons([make_comparison(pairs)])
    assert "REGRESSED: 60 paths that worked in 2.20 no longer work in 2.21, for 1 reason." in text
    assert text.count("Could not locate class") == 1
    assert all(f"case-{each}" in text for each in range(60))


@pytest.mark.parametrize("style", tabulate_formats)
def test_every_format_of_tabulate_shows_what_regressed(style):
    assert "relu" in present_comparisons([WHOLE], Layout(style))


def test_nothing_to_compare_is_said():
    assert "No path of 2.20 can be compared with 2.21." in present_comparisons(
        [make_comparison([])]
    )


def test_the_document_holds_every_path_and_is_json():
    document = json.loads(to_json(make_document([WHOLE, SEEDS])))
    first, second = document["comparisons"]
    assert len(first["differences"]) == len(PAIRS) == sum(first["counts"].values())
    assert first["a"]["label"] == "2.20"
    kinds = {each["scenario"]: each["kind"] for each in first["differences"]}
    assert (kinds["custom-layer"], kinds["calm"]) == ("regressed", "unchanged")
    assert [len(each["before"]) for each in second["differences"]] == [1, 20]


def test_junit_holds_a_suite_per_comparison_and_a_case_per_path(tmp_path):
    write_junit(tmp_path / "diff.xml", [WHOLE, SEEDS])
    read = JUnitXml.fromfile(str(tmp_path / "diff.xml"))
    assert (read.tests, read.failures, read.errors, read.skipped) == (16, 4, 0, 3)
    suites = list(read)
    assert [len(list(suite)) for suite in suites] == [len(PAIRS), 2]
    properties = {each.name: each.value for each in suites[0].properties()}
    assert (properties["a.tensorflow"], properties["b.tensorflow"]) == ("2.20.0", "2.21.0")
    results = {case.classname: [type(one).__name__ for one in case.result] for case in suites[0]}
    assert results["custom-layer"] == ["Failure"]
    assert results["keras-2-only"] == results["keras-3-only"] == results["edited"] == ["Skipped"]
    assert results["calm"] == results["cured"] == results["old-message"] == []
    outputs = {case.classname: case.system_out for case in suites[0]}
    assert outputs["calm"] is None
    assert "No such file" in outputs["old-message"]


def test_junit_has_the_elements_that_ci_servers_read(tmp_path):
    """The structure of Ant's JUnit XSD, without what only Ant fills (hostname, timestamp)."""
    write_junit(tmp_path / "diff.xml", [WHOLE])
    root = ElementTree.parse(tmp_path / "diff.xml").getroot()
    assert root.tag == "testsuites"
    for suite in root:
        assert suite.tag == "testsuite"
        assert {"name", "tests", "failures", "errors", "skipped", "time"} <= suite.attrib.keys()
        assert suite[0].tag == "properties"
        assert {each.tag for each in suite[1:]} == {"testcase"}
        for case in suite[1:]:
            assert {"name", "classname", "time"} <= case.attrib.keys()
            assert {each.tag for each in case} <= {"failure", "skipped", "system-out"}
        names = [(case.get("classname"), case.get("name")) for case in suite[1:]]
        assert len(set(names)) == len(names)


ANY_TEXT = st.text(st.characters(codec=None), max_size=40) | st.sampled_from(
    ["]]>", "<a>&b;", "\x00\x0b\x1b[31m", "\r\n::error::x", "%0A%25", "\ud800", "￾", "::set-env"]
)


@given(ANY_TEXT, ANY_TEXT)
def test_no_message_breaks_the_xml(message, label):
    pair = make_pair("small-case", fail("no"), fail(message))
    regressed = make_pair("other-case", {}, fail(message, message))
    comparison = make_comparison([pair, regressed], labels=("2.20", label), title=label)
    root = ElementTree.fromstring(make_junit([comparison]).tostring())
    assert len(root.findall("testsuite/testcase")) == 2


@pytest.fixture(scope="module")
def catalog(tmp_path_factory):
    folder = tmp_path_factory.mktemp("catalog")
    return Catalog(folder, (make_scenario(folder),), ())


COMMAND = re.compile(r"::(error|warning) ([^:\r\n]*)::([^\r\n]*)")


@given(ANY_TEXT, ANY_TEXT)
def test_no_message_breaks_an_annotation(catalog, message, label):
    pair = make_pair("small-case", {}, fail(message, message))
    comparison = make_comparison([pair], labels=("2.20", label))
    [command] = annotate([comparison], catalog)
    found = COMMAND.fullmatch(command)
    assert found, command
    properties = dict(each.split("=", 1) for each in found[2].split(","))
    assert set(properties) == {"file", "line", "title"}
    assert found[3].endswith("%0Asmall-case restore_fixed_it")
    command.encode("utf-8")


def test_an_annotation_marks_the_function_of_the_path(monkeypatch):
    monkeypatch.chdir(PACKAGED.parent)
    pair = make_pair("dead-relu-head", {}, ZEROS, path="restore_broken")
    [command] = annotate([make_comparison([pair])], read_catalog())
    file, line = re.match(r"::error file=([^,]+),line=(\d+),title=", command).groups()
    assert file == "scenarios/preprocessing/dead_relu_head.py"
    source = Path(file).read_text().splitlines()
    assert source[int(line) - 1].startswith("def restore_broken(")


def test_annotations_are_one_per_cause_and_errors_come_first(catalog):
    commands = list(annotate([WHOLE], catalog))
    assert [command.split()[0] for command in commands] == ["::error"] * 2 + ["::warning"] * 4
    assert "custom-layer restore_fixed_it, custom-layer-nested restore_fixed_it" in commands[0]
    assert not any("file=" in command for command in commands)  # of scenarios that are not there
