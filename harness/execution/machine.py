"""One machine's part of a run: its folder, its environments' workers, and the steps it carries out.

A run on this machine has one station. On a cluster every worker process makes its own, and tasks
with their artifacts travel to it (harness/execution/engines.py).
"""

import os
import shutil
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil

from harness.catalog.scenario import Scenario
from harness.errors import CannotWrite, EnvironmentUnusable
from harness.execution.bundle import Parcel, ParcelDamaged, pack
from harness.execution.cores import share_cores
from harness.execution.plan import PathTask, SaveTask
from harness.execution.worker_pool import Place, Settings, Team
from harness.processes.limits import Limits, StepEnd
from harness.results.outcome import (
    Outcome,
    conclude,
    describe_failure,
    fail,
    read_output,
    read_result,
)

DISK_NEEDED = 1024 * 1024  # with less free than this, an error is the disk's doing
FAILURES = ("error", "crash", "timeout")  # verdicts without predictions
ENDLESS_SECONDS = 20.0  # a restore that is declared never to end need not be given longer


@dataclass(frozen=True)
class Saved:
    """What a save group's step made, or why it made nothing."""

    parcel: Parcel | None = None
    failure: tuple[str, dict[str, str]] | None = None
    output: str = ""
    cpu_ms: float | None = None  # None for committed files, which nothing had to make
    size: int = 0  # bytes of the artifact's files
    trespasses: tuple[str, ...] = ()


class Station:
    """Carries out saves and restores in a folder of its own; safe to use from several threads."""

    def __init__(
        self, work: Path, settings: Settings, announce: Callable[[str], None] | None = None
    ) -> None:
        self.work, self.settings, self.announce = work, settings, announce
        self.lanes = share_cores(settings.timing)
        self.turns = False  # a timed step may make ready on another core: set by the engine
        self.teams: OrderedDict[str, Team] = OrderedDict()  # the one used last comes last
        self.opening = threading.Lock()
        self.opened = self.steps = 0
        self.closed = False

    @contextmanager
    def using(self, spec: str) -> Iterator[Team]:
        """Give the workers of an environment, opened where they are not; the idle ones may go."""
        with self.opening:
            if self.closed:
                raise EnvironmentUnusable("the run is being ended", "", "")
            if spec not in self.teams:
                self.close_idle()
                self.opened += 1
                self.teams[spec] = Team(spec, self.settings, self.work / f"team-{self.opened}")
            self.teams.move_to_end(spec)
            team = self.teams[spec]
            team.busy += 1
        try:
            yield team
        finally:
            with self.opening:
                team.busy -= 1

    def close_idle(self) -> None:
        """Make room for one more environment."""
        idle = [spec for spec, team in self.teams.items() if not team.busy]
        for spec in idle[: max(0, len(self.teams) + 1 - self.settings.most_open)]:
            self.teams.pop(spec).close()

    def describe(self, spec: str) -> Place:
        """Return an environment's releases and devices; raises EnvironmentUnusable."""
        with self.using(spec) as team:
            return team.describe()

    def save(self, group: SaveTask, spec: str) -> Saved:
        """Run the group's save step in the environment `spec`."""
        folder = self.make_folder()
        artifact, reference = folder / "artifact", folder / "reference.npz"
        artifact.mkdir()
        step = self.make_step(group.scenario, folder) | {
            "seed": group.seed,
            "function": group.save,
            "kind": "save",
            "device": "CPU:0",
            "timing": False,
            "cores": self.lanes.save,
        }
        try:
            end = self.run_step(step, group, spec, self.settings.limits)
            failure = describe_failure(end, folder)
            if failure:
                self.check_disk()
                verdict, cause = failure
                cause |= {"message": f"in {group.save}: {cause['message']}", "step": "save"}
                return Saved(failure=(verdict, cause), output=read_output(folder))
            result, size = read_result(folder), measure_folder(artifact)
            return Saved(
                pack(artifact, reference),
                cpu_ms=result.get("cpu_ms"),
                size=size,
                trespasses=tuple(result.get("trespasses", ())),
            )
        except OSError as error:
            raise disk_trouble(self.work, error) from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def restore(self, task: PathTask, saved: Saved, record: dict[str, Any], spec: str) -> Outcome:
        """Run one path's restore step in `spec` and complete its `record`."""
        record["cpu_ms"] = {"save": saved.cpu_ms, "restore": None}
        record["artifact_bytes"], record["trespasses"] = saved.size, list(saved.trespasses)
        if saved.failure or saved.parcel is None:
            return fail(record, *(saved.failure or ("error", {})), saved.output)
        folder, limits = self.make_folder(), self.settings.limits
        if record["expected"] == "timeout":
            limits = replace(limits, seconds=min(limits.seconds, ENDLESS_SECONDS))
        # What is declared to fail has nothing to be timed, and need not wait for its turn.
        timing = self.settings.timing and record["expected"] not in FAILURES
        step = self.make_step(task.scenario, folder) | {
            "seed": task.seed,
            "function": task.path,
            "kind": "restore",
            "device": task.device,
            "dose": task.dose,
            "timing": timing,
            "cores": self.lanes.save,
        }
        if timing:
            # One core from the start: TensorFlow makes its pools as large as it finds cores.
            ready = self.lanes.save if self.turns else self.lanes.timed
            step |= {
                "cores": ready and ready[:1],
                "timed_cores": self.lanes.timed,
                "turn": str(self.work / "turn") if self.turns else None,
            }
        try:
            saved.parcel.unpack(folder / "artifact", folder / "reference.npz")
            end = self.run_step(step, task, spec, limits)
            outcome = conclude(task, record, folder, folder / "reference.npz", end)
            if outcome.record["error"]:
                self.check_disk()
            return outcome
        except ParcelDamaged as error:
            return fail(record, "error", {"type": "ParcelDamaged", "message": str(error)})
        except OSError as error:
            raise disk_trouble(self.work, error) from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def make_folder(self) -> Path:
        """Return a fresh folder for one step; raises CannotWrite."""
        with self.opening:
            self.steps += 1
            folder = self.work / f"step-{self.steps}"
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise disk_trouble(self.work, error) from error
        return folder

    def make_step(self, scenario: Scenario, folder: Path) -> dict[str, Any]:
        """Return what every request for a step says (harness/worker/steps.py)."""
        return {
            "source": str(self.place_source(scenario, folder)),
            "folder": str(folder),
            "artifact": str(folder / "artifact"),
            "reference": str(folder / "reference.npz"),
            "witness": self.settings.witness,
        }

    def place_source(self, scenario: Scenario, folder: Path) -> Path:
        """Return the scenario's file, written anew where this machine has it not, or another."""
        with suppress(OSError, ValueError):
            if scenario.file.read_text(encoding="utf-8") == scenario.source:
                return scenario.file.resolve()
        copy = folder / scenario.file.name
        try:
            copy.write_text(scenario.source, encoding="utf-8")
        except OSError as error:
            raise disk_trouble(self.work, error) from error
        return copy

    def run_step(
        self, step: dict[str, Any], task: SaveTask | PathTask, spec: str, limits: Limits
    ) -> StepEnd:
        """Run a step in the worker of its environment and device.

        Raises EnvironmentUnusable where the environment is not the one that was planned for.
        """
        with self.using(spec) as team:
            found = team.describe().name
            planned = task.reader if isinstance(task, PathTask) else task.writer
            if found != planned.partition(" (")[0]:
                raise EnvironmentUnusable(
                    f"{spec or 'the interpreter'} is {found}",
                    f"the run was planned for {planned}",
                    "give every machine the same environments",
                )
            if self.announce:
                self.announce(f"{task.scenario.id} {step['function']}")
            return team.workers[step["device"].split(":")[0]].run(step, limits)

    def check_disk(self) -> None:
        """Raise CannotWrite if a step may have failed for want of disk."""
        if shutil.disk_usage(self.work).free < DISK_NEEDED:
            raise disk_trouble(self.work, None)

    def close(self) -> None:
        """End every worker and remove the folder."""
        with self.opening:
            self.closed = True
            teams = list(self.teams.values())
        for team in teams:
            team.close()
        shutil.rmtree(self.work, ignore_errors=True)


def make_work_folder(reports: Path, run: int) -> Path:
    """Return a fresh folder for artifacts and results; clears those of harnesses that have died."""
    folder = reports / "work"
    work = folder / f"run-{run}-{os.getpid()}"
    try:
        folder.mkdir(exist_ok=True)
        for old in folder.glob("run-*-*"):
            owner = old.name.rsplit("-", 1)[1]
            if old == work or (owner.isdecimal() and not psutil.pid_exists(int(owner))):
                shutil.rmtree(old, ignore_errors=True)
        work.mkdir()
    except OSError as error:
        raise disk_trouble(reports, error) from error
    return work.resolve()


def measure_folder(folder: Path) -> int:
    """Return the bytes of the files in a folder and below."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def disk_trouble(folder: Path, error: OSError | None) -> CannotWrite:
    """Return the error for a disk that is full or cannot be written."""
    free = shutil.disk_usage(folder).free if folder.exists() else 0
    return CannotWrite(
        f"the disk under {folder} cannot be written",
        f"{error or 'a step failed'}; {free // 1024} KiB are free",
        "make room, then: python -m harness run --resume",
    )
