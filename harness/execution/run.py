"""One run from request to last outcome: environments, plan, engine, store."""

import contextlib
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from shlex import quote

import msgspec

from harness.catalog.scenario import Scenario
from harness.environments.cache import find_cache
from harness.environments.resolve import BUILDERS, is_built
from harness.errors import (
    CannotWrite,
    EnvironmentUnusable,
    ImportFails,
    RestorebenchError,
    UsageError,
)
from harness.execution.cores import keeping_off
from harness.execution.devices import choose_devices
from harness.execution.engines import Engine, LocalEngine, explain_loss
from harness.execution.faults import describe_bug
from harness.execution.machine import Machine
from harness.execution.observer import Observer
from harness.execution.plan import Reader, SaveTask, count_paths, make_plan
from harness.execution.request import Part, RunRequest
from harness.execution.scheduler import CHECK_SECONDS, run_plan
from harness.execution.work_folder import hold_work_folder
from harness.execution.worker_pool import MOST_OPEN, Settings
from harness.locks import hold_machine
from harness.processes.facts import name_environment
from harness.processes.limits import Limits
from harness.program import command_line
from harness.results.judgement import BUG
from harness.results.outcome import Outcome
from harness.results.run import RunEnvironment
from harness.results.store import Store


def perform(
    request: RunRequest,
    scenarios: list[Scenario],
    store: Store,
    run: int,
    observer: Observer,
    done: Iterable[Outcome] = (),
) -> bool:
    """Run what `done` lacks of `request`; each outcome is committed as it arrives.

    Returns whether nothing is missing: an environment that cannot be used costs only its own part,
    and is reported. Raises EnvironmentUnusable where none can be used, or when the disk or the
    database fails; whatever was measured until then is kept.
    """
    modules = {module for scenario in scenarios for module in scenario.imports}
    settings = Settings(
        Limits(request.time_limit, request.memory_limit_mb * 2**20),
        request.timing,
        request.spawn,
        request.note_side_effects,
        tuple(sorted(modules - {"numpy", "tensorflow"})),
        max(MOST_OPEN, len(request.readers) + 2),
    )
    with contextlib.ExitStack() as stack:
        engine: Engine
        if request.scheduler is None:
            if request.timing:
                stack.enter_context(share_machine(observer))
            work = stack.enter_context(hold_work_folder(store.path.parent, run))
            machine = Machine(work, settings, observer.start_step)
            stack.callback(machine.close)
            engine = LocalEngine(machine)
            stack.enter_context(keeping_off(request.timing))
        else:
            from harness.execution.dask_cluster import connect

            engine = stack.enter_context(connect(request.scheduler, settings))
        stack.callback(engine.close)
        return Runner(request, scenarios, store, run, observer, done, engine).perform()


def share_machine(observer: Observer) -> contextlib.AbstractContextManager[None]:
    """Wait until no `bench` runs on this machine, and keep it waiting meanwhile."""
    try:
        cache = find_cache()
    except EnvironmentUnusable:  # no home folder: no environments, and no `bench` either
        return contextlib.nullcontext()

    def say_waits() -> None:
        observer.start_step("waiting for the end of bench")

    return hold_machine(cache, False, say_waits)


def is_same_environment(before: RunEnvironment, now: RunEnvironment) -> bool:
    """Say whether a run may go on here; runs of schema 1 do not record numpy."""
    return before.name == now.name and before.numpy in (None, now.numpy)


def spell_versions(environment: RunEnvironment) -> str:
    """Return what decides whether a run may go on."""
    return f"{environment.name}, numpy {environment.numpy or 'not recorded'}"


def explain_bug(name: str, error: Exception) -> EnvironmentUnusable:
    """Return what is said where restorebench itself fails to make an environment ready."""
    bug = describe_bug(error)
    place = (bug.traceback or "").strip().splitlines()[-3:]
    return EnvironmentUnusable(
        f"a bug of restorebench keeps {name or 'this TensorFlow'} from being used: {bug.message}",
        "\n".join(line.strip() for line in place),
        "please report it with these lines",
    )


class Runner:
    """A run under way: its environments, and what of it is done."""

    def __init__(
        self,
        request: RunRequest,
        scenarios: list[Scenario],
        store: Store,
        run: int,
        observer: Observer,
        done: Iterable[Outcome],
        engine: Engine,
    ) -> None:
        self.request, self.scenarios, self.store = request, scenarios, store
        self.run, self.observer, self.engine = run, observer, engine
        # What a bug of ours cost is measured again: the bug may be mended by now.
        self.finished = {
            outcome.key for outcome in done if not (outcome.error and outcome.error.type == BUG)
        }
        self.kept = {each.release: each for each in self.load_environments()}
        self.opening: dict[str, Future[RunEnvironment]] = {}
        self.failed: dict[str, EnvironmentUnusable] = {}  # by the name asked for

    def load_environments(self) -> list[RunEnvironment]:
        """Return the environments that are kept with the run, under the names they have now.

        The only one, asked for by nobody, is "" to a harness that it runs, a path to any other.
        Runs of schema 1 and 2 have no other, and do not record how its outcomes are kept.
        """
        kept = self.store.load(self.run).environments
        if self.request.names_environments:
            return kept
        own = self.request.environments[0]
        return [
            msgspec.structs.replace(each, release=own, name=each.name or name_environment(each))
            for each in kept
        ]

    def perform(self) -> bool:
        """Carry out every part; return whether nothing is missing."""
        parts = self.request.parts
        self.resolve()
        whole = 0  # parts that are done, at least for some readers
        for number, part in enumerate(parts):
            if self.is_finished(part):
                whole += 1
                continue
            following = parts[number + 1 : number + 2]
            ahead = [each.writer for each in following if not self.request.timing]
            for name in (*part.environments, *ahead):
                self.start_opening(name)  # the next one too, if that disturbs no timing
            writer = self.open(part.writer)
            opened = [self.open(each) for each in part.readers]
            readers = [each for each in opened if each is not None]
            if writer is not None and readers:
                whole += self.try_part(writer, readers, len(parts) - number)
        if self.failed and not whole:
            raise self.explain_failure()
        if not self.failed:
            self.store.finish(self.run)
        return not self.failed

    def try_part(
        self, writer: RunEnvironment, readers: list[RunEnvironment], parts_left: int
    ) -> bool:
        """Run what one writer saves and `readers` restore; return whether it came to its end."""
        try:
            plan = self.plan(writer, readers)
            done = len(self.finished)
            self.observer.begin(done + count_paths(plan) * parts_left, done)
            self.engine.prepare({task.key.device for group in plan for task in group.paths})
            for outcome, raw in run_plan(plan, self.engine):
                self.store.add(self.run, outcome, raw)
                self.finished.add(outcome.key)
                self.observer.finish_path(outcome)
        except CannotWrite:
            raise
        except EnvironmentUnusable as error:
            if self.request.scheduler is not None or len(self.request.parts) == 1:
                raise
            self.fail(writer.release, error)
            return False
        return True

    def plan(self, writer: RunEnvironment, readers: list[RunEnvironment]) -> list[SaveTask]:
        """Return what is not done yet of one part; raises EnvironmentUnusable without its GPU."""
        return make_plan(
            self.scenarios,
            writer,
            [Reader(each, choose_devices(self.request.device, each.devices)) for each in readers],
            self.request.seeds,
            self.finished,
            self.request.doses,
            self.request.split,
            self.request.paths,
        )

    def is_finished(self, part: Part) -> bool:
        """Say whether a resumed run has the whole part already: nothing need be imported."""
        if not {*part.environments} <= self.kept.keys():
            return False
        writer, *readers = (self.kept[name] for name in part.environments)
        return not self.plan(writer, readers)

    def resolve(self) -> None:
        """Have the environments built that are not there yet, some at a time."""
        pool = ThreadPoolExecutor(BUILDERS)
        try:
            building = {
                name: pool.submit(self.engine.resolve, name, partial(self.announce, name))
                for name in self.request.environments
            }
            for name, future in building.items():
                try:
                    future.result()
                except EnvironmentUnusable as error:
                    self.fail(name, error)
                except RestorebenchError:
                    raise
                except Exception as error:
                    self.fail(name, explain_bug(name, error))
        finally:
            pool.shutdown(cancel_futures=True)  # Ctrl-C: what has not begun does not begin

    def announce(self, name: str, stage: str) -> None:
        """Show what is done for an environment that is being built."""
        self.observer.start_step(f"{name}: {stage}")

    def start_opening(self, name: str) -> None:
        """Have TensorFlow imported there, unless that has begun or cannot be."""
        if name not in self.opening and name not in self.failed:
            self.opening[name] = self.engine.submit(Machine.describe, name)

    def open(self, name: str) -> RunEnvironment | None:
        """Return an environment once it has described itself; None where it cannot be used."""
        if name in self.failed:
            return None
        while not wait([self.opening[name]], CHECK_SECONDS).done:
            self.engine.check()
        try:
            environment = self.opening[name].result()
        except CannotWrite:
            raise
        except EnvironmentUnusable as error:
            if isinstance(error, ImportFails) and is_built(name):  # perhaps a file is damaged
                again = command_line(f"env add {quote(name)}")
                error.tip = f"have its files checked, and repaired: {again}"
            self.fail(name, error)
            return None
        except Exception as error:
            raise explain_loss(error) from error
        before = self.kept.get(name)
        others = {each.name for asked, each in self.kept.items() if asked != name}
        if before.shares_its_versions if before else environment.name in others:
            called = f"{environment.name} ({name or 'this'})"
            environment = msgspec.structs.replace(environment, name=called)
        if before and not is_same_environment(before, environment):
            raise UsageError(
                f"the run was begun with {spell_versions(before)}",
                f"{name or 'the interpreter'} now has {spell_versions(environment)}",
                "start a new run instead",
            )
        self.kept[name] = environment
        self.store.set_environments(self.run, list(self.kept.values()))
        return environment

    def fail(self, name: str, error: EnvironmentUnusable) -> None:
        """Note that an environment cannot be used; the others go on."""
        self.failed[name] = error
        if len(self.request.environments) > 1:
            self.observer.report_unusable(error)

    def explain_failure(self) -> EnvironmentUnusable:
        """Return the one environment's error, or that all of them failed."""
        errors = list(self.failed.values())
        if len(errors) == 1:
            return errors[0]
        return EnvironmentUnusable(
            f"none of the {len(errors)} environments can be used",
            "each is explained above",
            command_line("env list"),
        )
