"""One run from request to last outcome: environments, devices, plan, engine, store."""

import contextlib
import shutil
import sys
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any

from harness.catalog.scenario import Scenario
from harness.environments.resolve import open_environment
from harness.errors import CannotWrite, EnvironmentUnusable, UsageError
from harness.execution.cores import keeping_off
from harness.execution.engines import Engine, LocalEngine, explain_loss
from harness.execution.machine import Station, make_work_folder
from harness.execution.plan import SaveTask, count_paths, identify, make_plan
from harness.execution.scheduler import CHECK_SECONDS, Execution
from harness.execution.worker_pool import MOST_OPEN, Place, Settings
from harness.processes.limits import Limits
from harness.processes.spawn import SpawnWorker
from harness.processes.variables import Environment
from harness.program import command_line
from harness.results.outcome import Outcome
from harness.results.store import Store

BUILDERS = 2  # environments built at once: more only wait for the disk


@dataclass(frozen=True)
class Request:
    """What the user asked for; kept with the run, so that `--resume` can finish it.

    `releases` each save and restore for themselves; every one of `writers` saves for every one of
    `readers`. Without any of them it is `interpreter`. All are names that
    harness/environments/resolve.py knows.
    """

    scenarios: list[str]
    root: str
    device: str = "all"
    seeds: list[int] | None = None
    timing: bool = True
    spawn: bool = False
    interpreter: str = sys.executable
    legacy_keras: bool = False
    time_limit: float = Limits.seconds
    memory_limit_mb: int = Limits.memory_bytes // 2**20
    command: list[str] = field(default_factory=list)
    doses: bool = False
    witness: bool = False
    releases: list[str] = field(default_factory=list)
    writers: list[str] = field(default_factory=list)
    readers: list[str] = field(default_factory=list)
    scheduler: str | None = None  # of the Dask cluster that carries it out

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def split(self) -> bool:
        """Whether saving and restoring are asked for apart."""
        return bool(self.writers)

    def legs(self) -> list[tuple[str, list[str]]]:
        """Return (writer, readers) of every part of the run: one import each of all of them."""
        if self.split:
            return [(writer, self.readers) for writer in self.writers]
        own = "" if self.interpreter == sys.executable else self.interpreter
        own += "+legacy" if self.legacy_keras else ""
        return [(each, [each]) for each in self.releases or [own]]


class Watcher:
    """What a run tells whoever shows it; the default shows nothing."""

    def begin(self, total: int) -> None: ...
    def start_step(self, step: str) -> None: ...
    def advance(self, outcome: Outcome) -> None: ...
    def complain(self, error: EnvironmentUnusable) -> None: ...


def choose_devices(wanted: str, found: list[dict[str, Any]]) -> list[str]:
    """Return the devices to restore on; raises EnvironmentUnusable for a GPU that is not there."""
    gpus = [device["name"] for device in found if device["name"].startswith("GPU")]
    if wanted == "gpu" and not gpus:
        raise EnvironmentUnusable(
            "no GPU was found",
            "TensorFlow lists: " + ", ".join(device["name"] for device in found),
            "check the driver and TensorFlow's CUDA libraries (`run --device cpu` needs none)",
        )
    return {"cpu": ["CPU:0"], "gpu": gpus[:1], "all": ["CPU:0", *gpus[:1]]}[wanted]


def require_gpu(request: Request, store: Store) -> dict[str, Any]:
    """Return the first GPU TensorFlow sees; raises EnvironmentUnusable where there is none."""
    work = make_work_folder(store.path.parent, 0)
    (work / "keras-home").mkdir()
    worker = SpawnWorker(Environment(request.interpreter), work)
    try:
        found = worker.list_devices()
    finally:
        worker.close()
        shutil.rmtree(work, ignore_errors=True)
    name = choose_devices("gpu", found)[0]
    return next(device for device in found if device["name"] == name)


def perform(
    request: Request,
    scenarios: list[Scenario],
    store: Store,
    run: int,
    watcher: Watcher,
    done: list[dict[str, Any]],
) -> bool:
    """Run what `done` (records) lacks of `request`; each outcome is committed as it arrives.

    Returns whether nothing is missing: an environment that cannot be used costs only its own part,
    and is complained of. Raises EnvironmentUnusable where none can be used, or when the disk or
    the database gives out; whatever was measured until then is kept.
    """
    modules = {module for scenario in scenarios for module in scenario.imports}
    settings = Settings(
        Limits(request.time_limit, request.memory_limit_mb * 2**20),
        request.timing,
        request.spawn,
        request.witness,
        tuple(sorted(modules - {"numpy", "tensorflow"})),
        max(MOST_OPEN, len(request.readers) + 2),
    )
    with contextlib.ExitStack() as stack:
        engine: Engine
        if request.scheduler is None:
            station = Station(
                make_work_folder(store.path.parent, run), settings, watcher.start_step
            )
            stack.callback(station.close)
            engine = LocalEngine(station)
            stack.enter_context(keeping_off(request.timing))
        else:
            from harness.execution.dask_cluster import connect

            engine = stack.enter_context(connect(request.scheduler, settings))
        stack.callback(engine.close)
        session = Session(request, scenarios, store, run, watcher, done)
        return session.perform(engine)


class Session:
    """A run under way: its environments, and what of it is done."""

    def __init__(
        self,
        request: Request,
        scenarios: list[Scenario],
        store: Store,
        run: int,
        watcher: Watcher,
        done: list[dict[str, Any]],
    ) -> None:
        self.request, self.scenarios, self.store = request, scenarios, store
        self.run, self.watcher = run, watcher
        self.finished = {identify(record) for record in done}
        self.kept = {each.get("release", ""): each for each in store.load(run).environments}
        self.opening: dict[str, Future[Place]] = {}
        self.failed: dict[str, EnvironmentUnusable] = {}  # by the name asked for

    def perform(self, engine: Engine) -> bool:
        """Carry out every leg; return whether nothing is missing."""
        legs = self.request.legs()
        if self.request.scheduler is None:
            self.build(dict.fromkeys(each for leg in legs for each in (leg[0], *leg[1])))
        whole = 0  # legs that are done, at least in part
        for number, (writer, readers) in enumerate(legs):
            if self.is_finished(writer, readers):
                whole += 1
                continue
            ahead = legs[number + 1][:1] if number + 1 < len(legs) else ()
            for spec in (writer, *readers, *(() if self.request.timing else ahead)):
                self.start_opening(engine, spec)  # the next one too, if that disturbs no timing
            first = self.open(engine, writer)
            others = [self.open(engine, each) for each in readers]
            opened = [place for place in others if place is not None]
            if first is not None and opened:
                whole += self.try_leg(engine, first, opened, len(legs) - number)
        if self.failed and not whole:
            raise self.explain_failure()
        if not self.failed:
            self.store.finish(self.run)
        return not self.failed

    def try_leg(self, engine: Engine, writer: Place, readers: list[Place], left: int) -> bool:
        """Perform a leg; return whether it came to its end. Another one may do better."""
        try:
            self.perform_leg(engine, writer, readers, left)
        except CannotWrite:
            raise
        except EnvironmentUnusable as error:
            if self.request.scheduler is not None or len(self.request.legs()) == 1:
                raise
            self.fail(writer.spec, error)
            return False
        return True

    def perform_leg(self, engine: Engine, writer: Place, readers: list[Place], left: int) -> None:
        """Run what one writer saves and `readers` restore; `left` legs, this one too."""
        plan = self.plan(writer, readers)
        self.watcher.begin(len(self.finished) + count_paths(plan) * left)
        engine.prepare({task.device for group in plan for task in group.paths})
        execution = Execution(engine, writer, {place.name: place for place in readers})
        for outcome in execution.run(plan):
            self.store.add(self.run, outcome)
            self.finished.add(identify(outcome.record))
            self.watcher.advance(outcome)

    def plan(self, writer: Place, readers: list[Place]) -> list[SaveTask]:
        """Return what is not done yet of one leg; raises EnvironmentUnusable for want of a GPU."""
        devices = {
            place.name: choose_devices(self.request.device, place.devices) for place in readers
        }
        return make_plan(
            self.scenarios,
            writer.name,
            devices,
            self.request.seeds,
            self.finished,
            self.request.doses,
            self.request.split,
        )

    def is_finished(self, writer: str, readers: list[str]) -> bool:
        """Say whether a resumed run has the whole leg already: nothing need be imported."""
        if not {writer, *readers} <= self.kept.keys():
            return False
        first, *others = (self.recall(each) for each in (writer, *readers))
        return not self.plan(first, others)

    def recall(self, spec: str) -> Place:
        """Return an environment as the run has kept it."""
        entry = self.kept[spec]
        return Place(spec, entry, entry["devices"], twin="(" in entry["name"])

    def build(self, specs: Iterable[str]) -> None:
        """Build the environments that are not there yet, two at a time."""
        pool = ThreadPoolExecutor(BUILDERS)
        try:
            building = {
                spec: pool.submit(open_environment, spec, partial(self.announce, spec))
                for spec in specs
            }
            for spec, future in building.items():
                try:
                    future.result()
                except EnvironmentUnusable as error:
                    self.fail(spec, error)
        finally:
            pool.shutdown(cancel_futures=True)  # Ctrl-C: what has not begun does not begin

    def announce(self, spec: str, stage: str) -> None:
        """Show what is done for an environment that is being built."""
        self.watcher.start_step(f"{spec}: {stage}")

    def start_opening(self, engine: Engine, spec: str) -> None:
        """Have TensorFlow imported there, unless that has begun or cannot be."""
        if spec not in self.opening and spec not in self.failed:
            self.opening[spec] = engine.submit("describe", spec)

    def open(self, engine: Engine, spec: str) -> Place | None:
        """Return an environment once it has described itself; None where it cannot be used."""
        if spec in self.failed:
            return None
        while not wait([self.opening[spec]], CHECK_SECONDS).done:
            engine.check()
        try:
            place = self.opening[spec].result()
        except CannotWrite:
            raise
        except EnvironmentUnusable as error:
            self.fail(spec, error)
            return None
        except Exception as error:
            raise explain_loss(error) from error
        others = {entry["name"] for name, entry in self.kept.items() if name != spec}
        before = self.kept.get(spec)
        place = replace(
            place, twin=place.name in others if before is None else "(" in before["name"]
        )
        if before and (before["name"], before["numpy"]) != (place.name, place.described["numpy"]):
            raise UsageError(
                f"the run was begun with {before['name']}, numpy {before['numpy']}",
                f"{spec or 'the interpreter'} now has {place.name},"
                f" numpy {place.described['numpy']}",
                "start a new run instead",
            )
        self.keep(place)
        return place

    def fail(self, spec: str, error: EnvironmentUnusable) -> None:
        """Note that an environment cannot be used; the others go on."""
        self.failed[spec] = error
        if len({each for leg in self.request.legs() for each in (leg[0], *leg[1])}) > 1:
            self.watcher.complain(error)

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

    def keep(self, place: Place) -> None:
        """Record an environment with the run."""
        self.kept[place.spec] = {
            "name": place.name,
            "release": place.spec,
            **place.described,
            "devices": place.devices,
        }
        self.store.set_environments(self.run, list(self.kept.values()))
