"""Which paths run, and what is declared for them: scheduler.py, without TensorFlow."""

from concurrent.futures import CancelledError, Future
from concurrent.futures.process import BrokenProcessPool

import pytest

from harness.errors import CannotWrite, EnvironmentUnusable
from harness.execution import scheduler
from harness.execution.bundle import ArtifactBundle
from harness.execution.machine import Machine
from harness.execution.plan import Reader, make_plan
from harness.execution.saved import Saved
from harness.execution.scheduler import run_plan
from harness.results.judgement import judge_outcomes
from harness.results.outcome import Measured
from harness.results.run import RunEnvironment
from tests.unit.builders import SCENARIO, make_committed_scenario, make_scenario

RULED = SCENARIO.replace(
    '"restore_broken": "zeros"',
    '"restore_broken": [{"writer": "<2.16", "reader": ">=2.16", "verdict": "error", "raises": "x"},'
    ' {"verdict": "zeros"}]',
)


def make_environment(release, keras):
    name = f"tensorflow-{release}+keras-{keras}"
    return RunEnvironment(
        name=name, release=release, tensorflow=release, keras=keras, numpy="1.26.0"
    )


OLD, NEW = make_environment("2.15.0", "2.15.0"), make_environment("2.21.0", "3.15.1")


class Rehearsal:
    """An engine that does nothing: every restore gives zeros, or what `answers` says."""

    width = 1

    def __init__(self, answers=()):
        self.answers, self.asked = dict(answers), []

    def submit(self, method, task, *_):
        future = Future()
        if method is Machine.save:
            self.asked.append((task.save, task.environment))
            answer = self.answers.get(task.save, Saved(ArtifactBundle(b"", b"", "")))
        else:
            self.asked.append((task.key.path, task.environment))
            answer = self.answers.get(task.key.path, Measured("zeros"))
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
        return future

    def check(self):
        raise AssertionError("everything is done at once")


def carry_out(scenario, writer, readers, split=False, answers=()):
    """Return (engine, outcomes by path) of a rehearsal, judged."""
    engine = Rehearsal(answers)
    pairs = [Reader(reader, ("CPU:0",)) for reader in readers]
    plan = make_plan([scenario], writer, pairs, split=split)
    outcomes = [outcome for outcome, _ in run_plan(plan, engine)]
    judge_outcomes(outcomes)
    return engine, {(outcome.path, outcome.reader): outcome for outcome in outcomes}


def test_a_save_runs_where_its_writer_is_and_a_restore_where_its_reader_is(tmp_path):
    engine, _ = carry_out(make_scenario(tmp_path), OLD, [NEW], split=True)
    assert engine.asked[:2] == [("save", "2.15.0"), ("save_whole", "2.15.0")]
    assert sorted(engine.asked[2:]) == [
        ("restore_broken", "2.21.0"),
        ("restore_fixed_it", "2.21.0"),
    ]


def test_what_a_scenario_declares_holds_where_one_release_saves_and_restores(tmp_path):
    _, outcomes = carry_out(make_scenario(tmp_path), OLD, [OLD])
    judged = {path: outcome.judgement for (path, _), outcome in outcomes.items()}
    assert judged == {"restore_broken": "expected", "restore_fixed_it": "changed"}


def test_between_two_releases_nothing_is_judged_unless_a_rule_names_the_writer(tmp_path):
    _, outcomes = carry_out(make_scenario(tmp_path, text=RULED), OLD, [NEW, OLD], split=True)
    assert outcomes["restore_broken", NEW.name].judgement == "changed"
    assert outcomes["restore_broken", NEW.name].expected == "error"
    assert outcomes["restore_fixed_it", NEW.name].judgement is None
    assert outcomes["restore_fixed_it", NEW.name].expected == ""
    assert outcomes["restore_broken", OLD.name].judgement == "expected"


def test_committed_files_can_be_written_anew_only_by_the_release_that_wrote_them(tmp_path):
    committed = make_committed_scenario(tmp_path)
    engine, outcomes = carry_out(committed, OLD, [NEW], split=True)
    assert ("save", "2.15.0") in engine.asked
    assert outcomes["restore_broken", NEW.name].judgement == "expected"
    engine, outcomes = carry_out(committed, NEW, [NEW], split=True)
    assert engine.asked == []
    outcome = outcomes["restore_broken", NEW.name]
    assert outcome.verdict == "skip"
    assert outcome.error.message == "its files were written by TensorFlow 2.15.0"


def test_a_writer_the_scenario_is_not_for_skips_its_paths(tmp_path):
    text = SCENARIO.replace('">=2.13"', '">=2.16"')
    engine, outcomes = carry_out(make_scenario(tmp_path, text=text), OLD, [NEW], split=True)
    assert engine.asked == []
    assert {outcome.verdict for outcome in outcomes.values()} == {"skip"}


class KilledWorker(Exception):
    """As Dask raises it for a task that took several workers down."""


def test_an_executor_that_gives_out_ends_the_run_and_no_outcome_is_made_up(tmp_path):
    with pytest.raises(EnvironmentUnusable, match="was lost"):
        carry_out(make_scenario(tmp_path), OLD, [OLD], answers={"restore_broken": CancelledError()})


@pytest.mark.parametrize("lost", ["save", "restore_broken"])
def test_a_machine_that_is_lost_costs_only_what_it_ran_and_is_never_as_declared(tmp_path, lost):
    scenario = make_scenario(tmp_path)
    _, outcomes = carry_out(scenario, OLD, [OLD], answers={lost: KilledWorker("three times")})
    outcome = outcomes["restore_broken", OLD.name]
    if lost == "restore_broken":
        assert (outcome.verdict, outcome.error.type) == ("crash", "MachineLost")
        assert "three times" in outcome.error.message
        assert outcome.judgement == "changed"
    assert outcomes["restore_fixed_it", OLD.name].verdict == "zeros"


@pytest.mark.parametrize("error", [CannotWrite("full"), EnvironmentUnusable("gone")])
def test_an_error_that_concerns_the_whole_run_ends_it(tmp_path, error):
    with pytest.raises(type(error)):
        carry_out(make_scenario(tmp_path), OLD, [OLD], answers={"restore_broken": error})


@pytest.mark.parametrize("lost", ["save", "restore_broken"])
def test_a_bug_on_the_way_to_a_machine_costs_only_what_it_ran_and_keeps_its_traceback(
    tmp_path, lost
):
    scenario = make_scenario(tmp_path)
    _, outcomes = carry_out(scenario, OLD, [OLD], answers={lost: KeyError("a bug of ours")})
    outcome = outcomes["restore_broken", OLD.name]
    assert (outcome.verdict, outcome.error.type) == ("error", "RestorebenchBug")
    assert outcome.error.message == "KeyError: 'a bug of ours'"
    assert "KeyError" in outcome.error.traceback
    assert outcome.judgement == "changed"
    assert outcomes["restore_fixed_it", OLD.name].verdict == "zeros"


@pytest.mark.parametrize(
    "error",
    [
        BrokenProcessPool("a child died"),
        ConnectionResetError("the line is down"),
        RuntimeError("cannot schedule new futures after shutdown"),
    ],
)
def test_an_executor_that_is_lost_is_no_bug_of_a_task(tmp_path, error):
    with pytest.raises(EnvironmentUnusable, match="was lost"):
        carry_out(make_scenario(tmp_path), OLD, [OLD], answers={"restore_broken": error})


def test_committed_files_that_cannot_travel_cost_only_their_scenario(tmp_path, monkeypatch):
    monkeypatch.setattr(scheduler, "check_provenance", lambda _: None)
    committed = make_committed_scenario(tmp_path)
    (committed.artifact_folder / "artifact").mkdir(parents=True)
    (committed.artifact_folder / "artifact" / "latest").symlink_to("nowhere")
    _, outcomes = carry_out(committed, NEW, [NEW])
    error = outcomes["restore_broken", NEW.name].error
    assert (error.type, error.message) == (
        "ArtifactRefused",
        "latest is a link that leads nowhere",
    )


def test_a_bug_in_proving_committed_files_costs_only_their_scenario(tmp_path, monkeypatch):
    def fail(_):
        raise KeyError("a bug of ours")

    monkeypatch.setattr(scheduler, "check_provenance", fail)
    _, outcomes = carry_out(make_committed_scenario(tmp_path), NEW, [NEW])
    assert outcomes["restore_broken", NEW.name].error.type == "RestorebenchBug"
