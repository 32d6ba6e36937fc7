"""What a run takes as done, and what happens where its environments cannot be made ready."""

import io
from concurrent.futures import Future

import msgspec
import pytest
from rich.console import Console

from harness.cli.progress import ProgressBar
from harness.errors import EnvironmentUnusable, ImportFails, UsageError
from harness.execution.observer import Observer
from harness.execution.request import RunRequest
from harness.execution.run import Runner, is_same_environment
from harness.results.outcome import Raw
from harness.results.store import Store
from tests.unit.builders import ENVIRONMENT, MACHINE, make_outcome

BUG = {"type": "RestorebenchBug", "message": "KeyError", "traceback": "Traceback ..."}


class BrokenEngine:
    """An engine with a bug in it."""

    def resolve(self, *_):
        raise KeyError("a bug")


@pytest.fixture
def make_runner(tmp_path):
    def make(outcomes=(), engine=None):
        store = Store(tmp_path / "reports")
        request = RunRequest(scenarios=[], root=str(tmp_path))
        run = store.start_run(request.to_json(), MACHINE)
        return Runner(request, [], store, run, Observer(), outcomes, engine)

    return make


def test_what_a_bug_of_ours_cost_is_measured_again(make_runner):
    good = make_outcome(seed=1)
    cost = make_outcome(seed=2, verdict="error", error=BUG, statistics=None)
    assert make_runner([good, cost]).finished == {good.key}


def test_the_second_measurement_takes_the_place_of_what_a_bug_cost(make_runner):
    runner = make_runner()
    cost = make_outcome(verdict="error", error=BUG, statistics=None)
    for outcome in (cost, make_outcome(verdict="zeros")):
        runner.store.add(runner.run, outcome, Raw())
    assert [each.verdict for each in runner.store.load(runner.run).outcomes] == ["zeros"]


def test_a_bug_while_an_environment_is_made_ready_is_a_sentence(make_runner):
    with pytest.raises(EnvironmentUnusable, match=r"a bug of restorebench .* KeyError") as caught:
        make_runner(engine=BrokenEngine()).perform()
    assert "resolve" in caught.value.found
    assert "report" in caught.value.tip


def test_a_run_that_does_not_record_its_numpy_may_go_on():
    assert is_same_environment(msgspec.structs.replace(ENVIRONMENT, numpy=None), ENVIRONMENT)
    assert not is_same_environment(msgspec.structs.replace(ENVIRONMENT, numpy="0"), ENVIRONMENT)


class ReadyEngine:
    """An engine with one environment, whose import has ended."""

    def __init__(self, environment):
        self.environment = environment

    def resolve(self, *_):
        """Everything is built."""

    def submit(self, *_):
        future = Future()
        future.set_result(self.environment)
        return future


def begin_in_an_old_schema(make_runner, **versions):
    """Return the runner of a run whose environment was kept without its name."""
    nameless = msgspec.structs.replace(ENVIRONMENT, name="", release="", **versions)
    runner = make_runner(engine=ReadyEngine(ENVIRONMENT))
    runner.store.set_environments(runner.run, [nameless])
    runner.kept = {each.release: each for each in runner.load_environments()}
    return runner


def test_a_run_of_the_first_schema_goes_on_in_the_environment_that_began_it(make_runner):
    runner = begin_in_an_old_schema(make_runner, numpy=None)
    runner.start_opening("")
    assert runner.open("").name == ENVIRONMENT.name


def test_a_run_of_the_first_schema_says_which_other_environment_began_it(make_runner):
    runner = begin_in_an_old_schema(make_runner, numpy=None, tensorflow="2.15.0")
    runner.start_opening("")
    with pytest.raises(UsageError, match=r"begun with tensorflow-2\.15.*, numpy not recorded"):
        runner.open("")


class EngineWithoutImport:
    """An engine in whose environments TensorFlow does not import."""

    def resolve(self, *_):
        """Everything is built."""

    def submit(self, *_):
        future = Future()
        future.set_exception(ImportFails("TensorFlow cannot be imported by x", "said", "install"))
        return future


@pytest.mark.parametrize(
    ("release", "tip"),
    [("2.15", "repaired: python -m harness env add 2.15"), ("a/python", "install")],
)
def test_a_built_environment_that_does_not_import_is_to_be_checked(make_runner, release, tip):
    runner = make_runner(engine=EngineWithoutImport())
    runner.start_opening(release)
    assert runner.open(release) is None
    assert runner.failed[release].tip.endswith(tip)


def test_the_import_of_tensorflow_shows_how_long_it_takes():
    progress = ProgressBar().progress
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(progress.make_tasks_table(progress.tasks))
    shown = console.export_text()
    assert "importing TensorFlow" in shown
    assert "0:00:00" in shown
