"""Which paths run, and what is declared for them: scheduler.py, without TensorFlow."""

from concurrent.futures import CancelledError, Future

import pytest

from harness.errors import CannotWrite, EnvironmentUnusable
from harness.execution.bundle import Parcel
from harness.execution.machine import Saved
from harness.execution.plan import make_plan
from harness.execution.scheduler import Execution
from harness.execution.worker_pool import Place
from harness.results.outcome import Outcome
from harness.verdicts.judge import judge_outcomes
from tests.unit.builders import SCENARIO, make_committed_scenario, make_scenario

RULED = SCENARIO.replace(
    '"restore_broken": "zeros"',
    '"restore_broken": [{"writer": "<2.16", "reader": ">=2.16", "verdict": "error", "raises": "x"},'
    ' {"verdict": "zeros"}]',
)


def make_place(release, keras):
    described = {
        "tensorflow": release,
        "keras": keras,
        "keras_home": "keras",
        "numpy": "1.26.0",
        "extra_modules": [],
    }
    return Place(release, described, [{"name": "CPU:0"}])


OLD, NEW = make_place("2.15.0", "2.15.0"), make_place("2.21.0", "3.15.1")


class Rehearsal:
    """An engine that does nothing: every restore gives zeros, or what `answers` says."""

    width = 1

    def __init__(self, answers=()):
        self.answers, self.asked = dict(answers), []

    def submit(self, method, task, *arguments):
        future = Future()
        if method == "save":
            self.asked.append((task.save, arguments[-1]))
            answer = self.answers.get(task.save, Saved(Parcel(b"", b"", "")))
        else:
            self.asked.append((task.path, arguments[-1]))
            answer = self.answers.get(task.path, Outcome(arguments[1] | {"verdict": "zeros"}))
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
        return future

    def check(self):
        raise AssertionError("everything is done at once")


def carry_out(scenario, writer, readers, split=False, answers=()):
    """Return (engine, records by path) of a rehearsal, judged."""
    engine = Rehearsal(answers)
    devices = {place.name: ["CPU:0"] for place in readers}
    plan = make_plan([scenario], writer.name, devices, split=split)
    execution = Execution(engine, writer, {place.name: place for place in readers})
    records = [outcome.record for outcome in execution.run(plan)]
    judge_outcomes(records)
    return engine, {(record["path"], record["reader"]): record for record in records}


def test_a_save_runs_where_its_writer_is_and_a_restore_where_its_reader_is(tmp_path):
    engine, _ = carry_out(make_scenario(tmp_path), OLD, [NEW], split=True)
    assert engine.asked[:2] == [("save", "2.15.0"), ("save_whole", "2.15.0")]
    assert sorted(engine.asked[2:]) == [
        ("restore_broken", "2.21.0"),
        ("restore_fixed_it", "2.21.0"),
    ]


def test_what_a_scenario_declares_holds_where_one_release_saves_and_restores(tmp_path):
    _, records = carry_out(make_scenario(tmp_path), OLD, [OLD])
    judged = {path: record["judgement"] for (path, _), record in records.items()}
    assert judged == {"restore_broken": "expected", "restore_fixed_it": "changed"}


def test_between_two_releases_nothing_is_judged_unless_a_rule_names_the_writer(tmp_path):
    _, records = carry_out(make_scenario(tmp_path, text=RULED), OLD, [NEW, OLD], split=True)
    assert records["restore_broken", NEW.name]["judgement"] == "changed"
    assert records["restore_broken", NEW.name]["expected"] == "error"
    assert records["restore_fixed_it", NEW.name]["judgement"] is None
    assert records["restore_fixed_it", NEW.name]["expected"] == ""
    assert records["restore_broken", OLD.name]["judgement"] == "expected"


def test_committed_files_can_be_written_anew_only_by_the_release_that_wrote_them(tmp_path):
    committed = make_committed_scenario(tmp_path)
    engine, records = carry_out(committed, OLD, [NEW], split=True)
    assert ("save", "2.15.0") in engine.asked
    assert records["restore_broken", NEW.name]["judgement"] == "expected"
    engine, records = carry_out(committed, NEW, [NEW], split=True)
    assert engine.asked == []
    record = records["restore_broken", NEW.name]
    assert record["verdict"] == "skip"
    assert record["error"]["message"] == "its files are those of TensorFlow 2.15.0"


def test_a_writer_the_scenario_is_not_for_skips_its_paths(tmp_path):
    text = SCENARIO.replace('">=2.13"', '">=2.16"')
    engine, records = carry_out(make_scenario(tmp_path, text=text), OLD, [NEW], split=True)
    assert engine.asked == []
    assert {record["verdict"] for record in records.values()} == {"skip"}


class KilledWorker(Exception):
    """As Dask raises it for a task that took several workers down."""


def test_an_executor_that_gives_out_ends_the_run_and_no_outcome_is_made_up(tmp_path):
    with pytest.raises(EnvironmentUnusable, match="given out"):
        carry_out(make_scenario(tmp_path), OLD, [OLD], answers={"restore_broken": CancelledError()})


@pytest.mark.parametrize("lost", ["save", "restore_broken"])
def test_a_machine_that_is_lost_costs_only_what_it_ran_and_is_never_as_declared(tmp_path, lost):
    scenario = make_scenario(tmp_path)
    _, records = carry_out(scenario, OLD, [OLD], answers={lost: KilledWorker("three times")})
    record = records["restore_broken", OLD.name]
    if lost == "restore_broken":
        assert (record["verdict"], record["error"]["type"]) == ("crash", "MachineLost")
        assert "three times" in record["error"]["message"]
        assert record["judgement"] == "changed"
    assert records["restore_fixed_it", OLD.name]["verdict"] == "zeros"


@pytest.mark.parametrize("error", [CannotWrite("full"), EnvironmentUnusable("gone")])
def test_an_error_that_concerns_the_whole_run_ends_it(tmp_path, error):
    with pytest.raises(type(error)):
        carry_out(make_scenario(tmp_path), OLD, [OLD], answers={"restore_broken": error})
