"""What every packaged scenario must show on the installed release: one contract for all.

Keras 2's scenarios run with `--legacy-keras`, which is installed too. What needs an older release
is skipped here with a sentence; tests/integration runs it in that release.
"""

import json

import pytest

from harness.catalog.expectations import Circumstances, applies, find_expectation
from harness.catalog.load import PACKAGED, read_catalog
from harness.execution.machine_facts import describe_machine
from harness.execution.run import Request, Watcher, perform
from harness.results.json_files import make_document
from harness.results.quality_gate import (
    LARGEST_ARTIFACT,
    find_faults,
    find_silent_errors,
    find_template_texts,
)
from harness.results.store import Store

pytestmark = pytest.mark.tensorflow

SCENARIOS = {scenario.id: scenario for scenario in read_catalog().scenarios}
LEGACY = [
    name
    for name, each in SCENARIOS.items()
    if applies(each.keras, "2.21") and not applies(each.keras, "3.15")
]
every_scenario = pytest.mark.parametrize("identifier", SCENARIOS)


@pytest.fixture(scope="session")
def legacy_run(tmp_path_factory, make_cli):
    """The scenarios of Keras 2, with tf_keras: a result document."""
    command = make_cli(tmp_path_factory.mktemp("legacy"))
    ended = command("run", *LEGACY, "--legacy-keras", "--json", "run.json")
    ended.assert_ran(0)
    return json.loads((command.folder / "run.json").read_text())


@pytest.fixture(scope="session")
def second_runs(tmp_path_factory):
    """Every scenario twice more, untimed and witnessed, Keras 2's with tf_keras: two outcome lists.

    Untimed runs use other kernels than the timed one: the numbers are compared between these two.
    """
    store = Store(tmp_path_factory.mktemp("second") / "reports")
    twice = ([], [])
    for legacy, chosen in ((False, sorted(set(SCENARIOS) - set(LEGACY))), (True, LEGACY)):
        request = Request(
            chosen, str(PACKAGED), "cpu", timing=False, legacy_keras=legacy, witness=True
        )
        for outcomes in twice:
            run = store.start_run(request.as_json(), describe_machine())
            perform(request, [SCENARIOS[each] for each in chosen], store, run, Watcher(), [])
            outcomes += make_document(store.load(run))["outcomes"]
    store.close()
    return twice


@pytest.fixture
def first(whole_run, legacy_run, identifier):
    """(outcomes, environment) of one scenario's timed run, where it applies."""
    document = legacy_run if identifier in LEGACY else whole_run.document
    found = [each for each in document["outcomes"] if each["scenario"] == identifier]
    return [each for each in found if each["device"] == "CPU:0"], document["environments"][0]


@pytest.fixture
def records(first):
    """One scenario's outcomes; the test is skipped where the installed release has none."""
    ran = [each for each in first[0] if each["verdict"] != "skip"]
    if not ran:
        pytest.skip(first[0][0]["error"]["message"])
    return ran


def test_the_catalog_has_no_mistake():
    assert [str(problem) for problem in read_catalog().problems] == []


def test_a_run_of_everything_ends_with_nothing_changed(whole_run):
    whole_run.ended.assert_ran(0)
    assert "Nothing changed." in whole_run.ended.stdout


def test_few_scenarios_need_a_release_that_is_not_installed(whole_run, legacy_run):
    ran = {
        each["scenario"]
        for document in (whole_run.document, legacy_run)
        for each in document["outcomes"]
        if each["verdict"] != "skip"
    }
    left = [each for name, each in SCENARIOS.items() if name not in ran]
    assert all(
        not applies(each.declared["tensorflow"], "2.21.0") or not applies(each.keras, "3.15.1")
        for each in left
    )
    assert len(left) <= len(SCENARIOS) // 10


@every_scenario
def test_a_scenario_names_the_words_of_its_errors_and_is_nobodys_template(identifier):
    scenario = SCENARIOS[identifier]
    assert find_silent_errors(scenario) + find_template_texts(scenario.source) == []


@every_scenario
def test_a_scenario_gives_the_verdicts_it_declares(first, identifier):
    outcomes, described = first
    scenario = SCENARIOS[identifier]
    assert {record["path"] for record in outcomes} == set(scenario.paths())
    artifact = scenario.declared.get("artifact")
    writer = artifact["writer"] if artifact else described["tensorflow"]
    for record in outcomes:
        assert record["judgement"] == "expected", record["error"]
        if applies(scenario.declared["tensorflow"], described["tensorflow"]):
            where = Circumstances(
                described["tensorflow"],
                writer,
                described["keras"],
                record["device"],
                described["numpy"],
            )
            declared = find_expectation(scenario.expect[record["path"]], where)
            assert record["verdict"] == declared.verdict, record["error"]


@every_scenario
def test_a_scenario_cures_what_it_breaks_or_is_healthy(records, identifier):
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
def test_a_scenario_leaves_numbers_and_times_wherever_it_predicts(records, identifier):
    assert identifier
    for record in records:
        predicted = record["verdict"] not in ("error", "crash", "timeout", "skip")
        assert (record["timing"] is not None) == predicted
        assert (record["error"] is None) == predicted
        if predicted and record["statistics"] is not None:  # text labels have none
            assert record["timing"]["load_ms"] > 0
            timed = [record["timing"][name] for name in ("p50_ms", "p90_ms", "p99_ms")]
            kept = [value for value in timed if value is not None]
            assert timed[0] is not None
            assert kept[0] > 0
            assert kept == sorted(kept)


@every_scenario
def test_a_scenario_gives_the_same_numbers_under_the_same_seed(second_runs, identifier):
    one, other = ([each for each in run if each["scenario"] == identifier] for run in second_runs)
    assert find_faults(one, other) == []


@every_scenario
def test_a_scenario_keeps_to_its_folder_uses_no_network_and_saves_little(
    second_runs, records, identifier
):
    assert records
    for record in second_runs[0]:
        if record["scenario"] == identifier and record["verdict"] != "skip":
            assert record["trespasses"] == []
            assert 0 < record["artifact_bytes"] <= LARGEST_ARTIFACT


def test_steps_write_nothing_outside_their_folders(whole_run):
    """Home, the temporary folder and the working folder hold only what was asked for."""
    folder = whole_run.cli.folder
    left = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert left == {"run.json", "benchmarks.json", "reports/restorebench.sqlite"}
