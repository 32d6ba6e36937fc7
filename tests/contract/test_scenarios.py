"""What every packaged scenario must show on the installed release: one contract for all.

Every scenario runs twice, untimed: once through the command line, once observed. One run's
outcomes serve every test, the other one proves that the numbers are the same under the same seed.
Keras 2's scenarios run with `--legacy-keras`, which is installed too. What needs an older release
is skipped here with a sentence; tests/integration runs it in that release.
"""

import json

import pytest

from harness import api
from harness.catalog.expectations import Circumstances, applies, find_expectation
from harness.catalog.load import PACKAGED, read_catalog
from harness.catalog.quality import find_silent_errors, find_template_texts
from harness.execution.request import RunRequest
from harness.results.quality_gate import LARGEST_ARTIFACT
from harness.results.store import Store
from harness.verdicts.tolerances import SAME_TWICE
from tests.conftest import TIMED, share_run

pytestmark = pytest.mark.tensorflow

SCENARIOS = {scenario.id: scenario for scenario in read_catalog().scenarios}
LEGACY = [
    name
    for name, each in SCENARIOS.items()
    if applies(each.keras, "2.21") and not applies(each.keras, "3.15")
]
UNPREDICTED = ("error", "crash", "timeout", "skip")
every_scenario = pytest.mark.parametrize("identifier", SCENARIOS)


def group_outcomes(document):
    """Return a run's outcomes on the CPU: {scenario: {path: outcome}}."""
    groups = {}
    for each in document["outcomes"]:
        if each["device"] == "CPU:0":
            groups.setdefault(each["scenario"], {})[each["path"]] = each
    return groups


@pytest.fixture(scope="session")
def legacy_run(tmp_path_factory):
    """The scenarios of Keras 2, with tf_keras."""
    return share_run(tmp_path_factory.mktemp("legacy"), *LEGACY, "--legacy-keras", "--no-timing")


@pytest.fixture(scope="session")
def outcomes(whole_run, legacy_run):
    """{scenario: {path: outcome}} of the runs through the command line."""
    legacy = group_outcomes(legacy_run.document)
    return group_outcomes(whole_run.document) | {name: legacy[name] for name in LEGACY}


@pytest.fixture(scope="session")
def observed(tmp_path_factory, make_cli):
    """The same from a second run, which notes what steps do beyond their folders."""
    command = make_cli(tmp_path_factory.mktemp("observed"))
    store = Store(command.folder / "reports")
    found = {}
    for legacy, chosen in ((False, sorted(set(SCENARIOS) - set(LEGACY))), (True, LEGACY)):
        request = RunRequest(
            scenarios=chosen,
            root=str(PACKAGED),
            device="cpu",
            timing=False,
            legacy_keras=legacy,
            note_side_effects=True,
        )
        run = api.start_run(store, request)
        api.continue_run(store, run, request, [SCENARIOS[each] for each in chosen])
        found |= group_outcomes(json.loads(command("show", run, "--json").stdout))
    store.close()
    return found


@pytest.fixture
def described(whole_run, legacy_run, identifier):
    """The environment that one scenario was run in."""
    run = legacy_run if identifier in LEGACY else whole_run
    return run.document["environments"][0]


def ran(paths):
    """Return the outcomes of the paths that the installed release has; skip where it has none."""
    found = [each for each in paths.values() if each["verdict"] != "skip"]
    if not found:
        pytest.skip(next(iter(paths.values()))["error"]["message"])
    return found


def test_the_catalog_has_no_mistake():
    assert [str(problem) for problem in read_catalog().problems] == []


def test_a_run_of_everything_ends_with_nothing_changed(whole_run, legacy_run):
    for run in (whole_run, legacy_run):
        run.ended.assert_ran(0)
        assert "Nothing changed." in run.ended.stdout


def test_few_scenarios_need_a_release_that_is_not_installed(outcomes):
    left = [
        SCENARIOS[name]
        for name, paths in outcomes.items()
        if all(each["verdict"] == "skip" for each in paths.values())
    ]
    assert all(
        not applies(each.tensorflow, "2.21.0") or not applies(each.keras, "3.15.1") for each in left
    )
    assert len(left) <= len(SCENARIOS) // 10


@every_scenario
def test_a_scenario_names_the_words_of_its_errors_and_is_nobodys_template(identifier):
    scenario = SCENARIOS[identifier]
    assert find_silent_errors(scenario) + find_template_texts(scenario) == []


@every_scenario
def test_a_scenario_gives_the_verdicts_it_declares(outcomes, described, identifier):
    scenario = SCENARIOS[identifier]
    assert set(outcomes[identifier]) == set(scenario.paths())
    writer = scenario.committed_writer or described["tensorflow"]
    for record in outcomes[identifier].values():
        assert record["judgement"] == "expected", record["error"]
        if applies(scenario.tensorflow, described["tensorflow"]):
            where = Circumstances(
                described["tensorflow"],
                writer,
                described["keras"],
                record["device"],
                described["numpy"],
            )
            declared = find_expectation(scenario.rules[record["path"]], where)
            assert record["verdict"] == declared.verdict, record["error"]


@every_scenario
def test_a_scenario_cures_what_it_breaks_or_is_healthy(outcomes, identifier):
    records = ran(outcomes[identifier])
    matching = {each["side"] for each in records if each["verdict"] == "match"}
    if SCENARIOS[identifier].is_look_alike:
        assert "healthy" in matching
    else:
        assert "fixed" in matching
        broken = [each for each in records if each["side"] == "broken"]
        assert all(each["verdict"] == each["expected"] for each in broken)
        assert any(each["verdict"] != "match" for each in broken) or all(
            each["expected"] == "match" for each in broken
        )


@every_scenario
def test_a_scenario_leaves_numbers_wherever_it_predicts_and_an_error_elsewhere(
    outcomes, identifier
):
    for record in ran(outcomes[identifier]):
        predicted = record["verdict"] not in UNPREDICTED
        assert (record["error"] is None) == predicted
        assert record["statistics"] is None or predicted
        assert record["timing"] is None


@pytest.mark.long
@every_scenario
def test_a_scenario_gives_the_same_numbers_under_the_same_seed(outcomes, observed, identifier):
    one, other = outcomes[identifier], observed[identifier]
    assert set(one) == set(other)
    for path, record in one.items():
        again = other[path]
        for name in ("verdict", "judgement", "expected"):
            assert record[name] == again[name], f"{path}: {name}"
        assert (record["error"] or {}).get("type") == (again["error"] or {}).get("type"), path
        scale = abs(((record["statistics"] or {}).get("reference") or {}).get("maximum") or 1.0)
        assert_same(record["statistics"], again["statistics"], SAME_TWICE * scale, path)


def assert_same(one, other, absolute, where):
    """Numbers are the same to a millionth of themselves or to `absolute`; all else is equal."""
    if isinstance(one, dict):
        assert set(one) == set(other), where
        for name, value in one.items():
            assert_same(value, other[name], absolute, f"{where}: {name}")
    elif isinstance(one, float):
        assert other == pytest.approx(one, rel=SAME_TWICE, abs=absolute), where
    else:
        assert other == one, where


@pytest.mark.long
@every_scenario
def test_a_scenario_keeps_to_its_folder_uses_no_network_and_saves_little(observed, identifier):
    for record in ran(observed[identifier]):
        assert record["side_effects"] == []
        assert 0 < record["artifact_bytes"] <= LARGEST_ARTIFACT


def test_steps_write_nothing_outside_their_folders(whole_run, legacy_run):
    """Home, the temporary folder and the working folder hold only what was asked for."""
    for run in (whole_run, legacy_run):
        assert run.files() == {"run.json", "reports/restorebench.sqlite"}


class TestTimes:
    """What timing adds to the few scenarios of TIMED."""

    def test_a_timed_run_shows_what_an_untimed_one_shows(self, timed_run, whole_run):
        timed_run.ended.assert_ran(0)
        timed, untimed = (group_outcomes(run.document) for run in (timed_run, whole_run))
        assert set(timed) == set(TIMED)
        for name, paths in timed.items():
            assert {path: (each["verdict"], each["judgement"]) for path, each in paths.items()} == {
                path: (each["verdict"], each["judgement"]) for path, each in untimed[name].items()
            }

    @pytest.mark.parametrize("identifier", TIMED)
    def test_there_are_times_wherever_there_is_a_prediction(self, timed_run, identifier):
        for record in group_outcomes(timed_run.document)[identifier].values():
            assert (record["timing"] is None) == (record["verdict"] in UNPREDICTED)
            if record["timing"] is not None:
                assert record["timing"]["load_ms"] > 0
                assert record["timing"]["first_call_ms"] > 0
                assert record["timing"]["calls"] >= 5
                quantiles = [record["timing"][name] for name in ("p50_ms", "p90_ms", "p99_ms")]
                known = [value for value in quantiles if value is not None]
                assert quantiles[0] is not None
                assert known[0] > 0
                assert known == sorted(known)

    def test_they_hold_every_kind_of_outcome_that_timing_treats_apart(self, timed_run):
        records = timed_run.document["outcomes"]
        assert {each["verdict"] for each in records} >= {"match", "zeros", "error", "skip"}
        assert {each["side"] for each in records} == {"broken", "fixed", "healthy"}
        assert any(each["timing"] and not each["statistics"] for each in records)

    def test_timing_leaves_no_file_behind(self, timed_run):
        kept = {"run.json", "benchmarks.json", "reports/restorebench.sqlite"}
        assert timed_run.files() == kept | {"environments/timing.lock"}  # bench waits for it
