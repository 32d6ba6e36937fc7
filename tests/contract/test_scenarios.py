"""What every packaged scenario must show on the installed release."""

from pathlib import Path

import pytest

from harness.catalog import PACKAGED, read_catalog
from harness.documents import make_document
from harness.expectations import Circumstances, find_expectation
from harness.gate import find_faults
from harness.machine import describe_machine
from harness.session import Request, Watcher, open_workers, perform
from harness.store import Store

pytestmark = pytest.mark.tensorflow

LARGEST_ARTIFACT = 1024 * 1024  # bytes; a lesson's model is small
SCENARIOS = {scenario.id: scenario for scenario in read_catalog().scenarios}
every_scenario = pytest.mark.parametrize("identifier", SCENARIOS)


class Measuring:
    """A worker that notes how large the artifact of each save has become."""

    def __init__(self, worker, sizes):
        self.worker, self.sizes = worker, sizes

    def __getattr__(self, name):
        return getattr(self.worker, name)

    def run(self, step, limits):
        end = self.worker.run(step, limits)
        scenario = Path(step["source"]).stem.replace("_", "-")
        files = (path for path in Path(step["artifact"]).rglob("*") if path.is_file())
        self.sizes[scenario] = max(
            self.sizes.get(scenario, 0), sum(path.stat().st_size for path in files)
        )
        return end


@pytest.fixture(scope="session")
def second_run(tmp_path_factory):
    """Every scenario again, without timing: (outcomes, largest artifact by scenario)."""
    store = Store(tmp_path_factory.mktemp("second") / "reports")
    request = Request(list(SCENARIOS), str(PACKAGED), "cpu", timing=False)
    sizes = {}

    def workers(request, work, modules):
        team = open_workers(request, work, modules)
        return {kind: Measuring(worker, sizes) for kind, worker in team.items()}

    run = store.start_run(request.as_json(), describe_machine())
    try:
        perform(request, list(SCENARIOS.values()), store, run, Watcher(), [], workers)
        outcomes = make_document(store.load(run))["outcomes"]
    finally:
        store.close()
    return outcomes, sizes


def test_the_catalog_has_no_mistake():
    assert [str(problem) for problem in read_catalog().problems] == []


def test_a_run_of_everything_ends_with_nothing_changed(whole_run):
    whole_run.ended.assert_ran(0)
    assert "Nothing changed." in whole_run.ended.stdout
    assert whole_run.document["schema"] == 1


@every_scenario
def test_a_scenario_gives_the_verdicts_it_declares(whole_run, identifier):
    scenario, records = SCENARIOS[identifier], whole_run.of(identifier)
    assert {record["path"] for record in records} == set(scenario.paths())
    described = whole_run.document["environments"][0]
    for record in records:
        artifact = scenario.declared.get("artifact")
        writer = artifact["writer"] if artifact else described["tensorflow"]
        where = Circumstances(described["tensorflow"], writer, described["keras"], record["device"])
        declared = find_expectation(scenario.expect[record["path"]], where)
        assert record["verdict"] == declared.verdict, record["error"]
        assert record["judgement"] == "expected"


@every_scenario
def test_a_scenario_cures_what_it_breaks(whole_run, identifier):
    matching = {each["side"] for each in whole_run.of(identifier) if each["verdict"] == "match"}
    assert "fixed" in matching


@every_scenario
def test_a_scenario_leaves_numbers_and_times_wherever_it_predicts(whole_run, identifier):
    for record in whole_run.of(identifier):
        predicted = record["verdict"] not in ("error", "crash", "timeout", "skip")
        assert (record["statistics"] is not None) == predicted
        assert (record["timing"] is not None) == predicted
        assert (record["error"] is None) == predicted
        if predicted:
            assert record["statistics"]["max_absolute_error"] >= 0
            assert record["timing"]["load_ms"] > 0
            assert 0 < record["timing"]["p50_ms"] <= record["timing"]["p99_ms"]


@every_scenario
def test_a_scenario_gives_the_same_numbers_under_the_same_seed(whole_run, second_run, identifier):
    first = [each for each in whole_run.of(identifier) if each["device"] == "CPU:0"]
    again = [each for each in second_run[0] if each["scenario"] == identifier]
    assert find_faults(first, again) == []


@every_scenario
def test_a_scenario_saves_little(second_run, identifier):
    assert 0 < second_run[1][identifier] <= LARGEST_ARTIFACT


def test_steps_write_nothing_outside_their_folders(whole_run):
    """Home, the temporary folder and the working folder hold only what was asked for."""
    folder = whole_run.cli.folder
    left = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert left == {"run.json", "benchmarks.json", "reports/restorebench.sqlite"}
