"""One machine's part of a run: its folder, the workers of its environments, the steps it runs.

A run on this machine has one Machine. On a cluster every worker process makes its own, and tasks
travel to it with their artifacts (engines.py).
"""

import shutil
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import msgspec

from harness.catalog.scenario import Scenario
from harness.environments.build import Say, keep_quiet
from harness.environments.resolve import open_environment
from harness.errors import EnvironmentUnusable, RestorebenchError
from harness.execution.bundle import ArtifactRefused, BundleDamaged, make_bundle
from harness.execution.cores import Cores
from harness.execution.faults import DISK_NEEDED, describe_bug, is_machine_trouble
from harness.execution.free_memory import measure_free_memory
from harness.execution.plan import PathTask, SaveTask
from harness.execution.saved import Saved, describe_failed_save
from harness.execution.work_folder import disk_trouble, measure_folder
from harness.execution.worker_pool import STEP_BYTES, Settings, WorkerPool
from harness.processes.limits import Limits
from harness.processes.step import Step, StepError, StepResult, run_step
from harness.processes.variables import Environment
from harness.results.outcome import Measured, Raw, measure_restore
from harness.results.run import RunEnvironment

FAILURES = ("error", "crash", "timeout")  # verdicts without predictions
ENDLESS_SECONDS = 20.0  # a restore that is declared never to end need not be given longer


class Machine:
    """Carries out saves and restores in a folder of its own; safe to use from several threads."""

    def __init__(
        self, work: Path, settings: Settings, announce: Callable[[str], None] | None = None
    ) -> None:
        self.work, self.settings, self.announce = work, settings, announce
        self.cores = Cores(settings.timing)
        self.resolved: dict[str, Environment] = {}
        self.pools: OrderedDict[str, WorkerPool] = OrderedDict()  # the one used last comes last
        self.opening = threading.Lock()
        self.opened = self.steps = 0
        self.closed = False

    def resolve(self, name: str, say: Say = keep_quiet) -> Environment:
        """Return the environment asked for as `name`, built where it is not there: once a run."""
        if name not in self.resolved:
            self.resolved[name] = open_environment(name, say)
        return self.resolved[name]

    @contextmanager
    def using(self, name: str) -> Iterator[WorkerPool]:
        """Give the workers of an environment, opened where they are not; idle ones may be closed.

        On a cluster the environment may be built here, which takes minutes.
        """
        environment = self.resolve(name)
        with self.opening:
            if self.closed:
                raise EnvironmentUnusable("the run is being ended", "", "")
            if name not in self.pools:
                self.close_idle()
                self.opened += 1
                work = self.work / f"pool-{self.opened}"
                self.pools[name] = WorkerPool(name, environment, self.settings, work)
            self.pools.move_to_end(name)
            pool = self.pools[name]
            pool.busy += 1
        try:
            yield pool
        finally:
            with self.opening:
                pool.busy -= 1

    def close_idle(self) -> None:
        """Make room for one more environment."""
        idle = [name for name, pool in self.pools.items() if not pool.busy]
        starting = sum(pool.busy > 0 and pool.described is None for pool in self.pools.values())
        needed = (starting + 1) * self.settings.open_bytes + STEP_BYTES
        for name in idle:  # the one that was used last goes last
            if len(self.pools) < self.settings.most_open and measure_free_memory() >= needed:
                return
            self.pools.pop(name).close()

    def describe(self, name: str) -> RunEnvironment:
        """Return an environment's releases and devices; raises EnvironmentUnusable."""
        try:
            with self.using(name) as pool:
                return pool.describe()
        except Exception as error:
            bug = self.explain(error).error
            assert bug is not None, "what is explained is an error"
            raise EnvironmentUnusable(
                f"a bug of restorebench keeps {name or 'the interpreter'} from being used",
                bug.traceback or bug.message,
                "please report it with these lines",
            ) from error

    def save(self, task: SaveTask) -> Saved:
        """Run the task's save step; raises EnvironmentUnusable, CannotWrite."""
        printed = ""
        with self.step_folder() as folder:
            try:
                artifact, reference = folder / "artifact", folder / "reference.npz"
                result = self.run_save(task, folder, artifact, reference)
                printed = result.output
                if result.ended != "whole":
                    self.check_disk()
                    return Saved(failed=describe_failed_save(task.save, result))
                return Saved(
                    make_bundle(artifact, reference),
                    cpu_ms=result.cpu_ms,
                    size=measure_folder(artifact),
                    side_effects=result.side_effects,
                )
            except Exception as error:
                return Saved(failed=replace(self.explain(error, "save"), raw=Raw(output=printed)))

    def run_save(self, task: SaveTask, folder: Path, artifact: Path, reference: Path) -> StepResult:
        """Run the save step of a task."""
        artifact.mkdir()
        step = Step(
            kind="save",
            source=self.place_source(task.scenario, folder),
            function=task.save,
            folder=str(folder),
            artifact=str(artifact),
            reference=str(reference),
            seed=task.seed,
            note_side_effects=self.settings.note_side_effects,
        )
        return self.run(step, task.environment, task.writer, task.scenario.id)

    def restore(self, task: PathTask, saved: Saved) -> Measured:
        """Run one path's restore step on what was saved; raises as `save` does."""
        assert saved.bundle is not None, "a failed save has no path to run"
        printed = ""
        with self.step_folder() as folder:
            try:
                artifact, reference = folder / "artifact", folder / "reference.npz"
                saved.bundle.unpack(artifact, reference)
                result = self.run_restore(task, folder, artifact, reference)
                printed = result.output
                measured = measure_restore(
                    result, folder, reference, task.scenario, task.key.path, task.key.device
                )
                if measured.error:
                    self.check_disk()
                return measured
            except Exception as error:
                return replace(self.explain(error), raw=Raw(output=printed))

    def run_restore(
        self, task: PathTask, folder: Path, artifact: Path, reference: Path
    ) -> StepResult:
        """Run the restore step of a task."""
        limits = self.settings.limits
        if task.declared.verdict == "timeout":
            limits = replace(limits, seconds=min(limits.seconds, ENDLESS_SECONDS))
        # What is declared to fail has nothing to be timed.
        timing = self.settings.timing and task.declared.verdict not in FAILURES
        step = Step(
            kind="restore",
            source=self.place_source(task.scenario, folder),
            function=task.key.path,
            folder=str(folder),
            artifact=str(artifact),
            reference=str(reference),
            seed=task.key.seed,
            device=task.key.device,
            dose=task.key.dose,
            timing=timing,
            note_side_effects=self.settings.note_side_effects,
        )
        return self.run(step, task.environment, task.key.reader, task.scenario.id, limits)

    def explain(self, error: Exception, step: str | None = None) -> Measured:
        """Return the outcome of a task that an exception has ended.

        Raises what concerns the whole run: the environment, the disk, a run that is being ended.
        """
        if isinstance(error, RestorebenchError):
            raise error
        if self.closed:
            raise EnvironmentUnusable("the run is being ended", "", "") from error
        if isinstance(error, (ArtifactRefused, BundleDamaged)):
            kind, where = type(error).__name__, f"in what {step} left: " if step else ""
            return Measured("error", StepError(type=kind, message=f"{where}{error}", step=step))
        if isinstance(error, OSError) and is_machine_trouble(error, self.work):
            raise disk_trouble(self.work, error) from error
        return Measured("error", describe_bug(error, step))

    @contextmanager
    def step_folder(self) -> Iterator[Path]:
        """Give a fresh folder for one step, and remove it after; raises CannotWrite."""
        with self.opening:
            self.steps += 1
            folder = self.work / f"step-{self.steps}"
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise disk_trouble(self.work, error) from error
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def place_source(self, scenario: Scenario, folder: Path) -> str:
        """Return the scenario's file, written anew where this machine has it not, or another."""
        with suppress(OSError, ValueError):
            if scenario.file.read_text(encoding="utf-8") == scenario.source:
                return str(scenario.file.resolve())
        copy = folder / scenario.file.name
        copy.write_text(scenario.source, encoding="utf-8")
        return str(copy)

    def run(
        self,
        step: Step,
        environment: str,
        planned: str,
        scenario: str,
        limits: Limits | None = None,
    ) -> StepResult:
        """Run a step in the worker of its environment and device.

        Raises EnvironmentUnusable where the environment is not the one that was planned for.
        """
        with self.using(environment) as pool:
            found = pool.describe().name
            if found != planned.partition(" (")[0]:
                raise EnvironmentUnusable(
                    f"{environment or 'the interpreter'} is {found}",
                    f"the run was planned for {planned}",
                    "give every machine the same environments",
                )
            if self.announce:
                self.announce(f"{scenario} {step.function}")
            limits = limits or self.settings.limits
            # One core from the start: TensorFlow makes its pools as large as it finds cores.
            with self.cores.hold(step.timing) as cores:
                step = msgspec.structs.replace(step, cores=cores)
                result = run_step(pool.choose_worker(step), step, limits)
        if self.closed:  # the step may have been killed for that, which is not its doing
            raise EnvironmentUnusable("the run is being ended", "", "")
        return result

    def check_disk(self) -> None:
        """Raise CannotWrite if a step may have failed because the disk was full."""
        if shutil.disk_usage(self.work).free < DISK_NEEDED:
            raise disk_trouble(self.work, None)

    def close(self) -> None:
        """End every worker and remove the folder."""
        with self.opening:
            self.closed = True
            pools = list(self.pools.values())
        for pool in pools:
            pool.close()
        shutil.rmtree(self.work, ignore_errors=True)
