"""Carry out a plan: threads drive worker processes, outcomes come back as they arrive.

Two lanes. Saves train models on the cores the timing lane leaves free; restores, which are timed,
run one at a time on a core of their own. Without timing, one lane uses every core.
"""

import shutil
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from harness.errors import CannotWrite
from harness.expectations import Circumstances, Expectation, applies
from harness.lanes import share_cores
from harness.outcomes import (
    Outcome,
    conclude,
    describe_failure,
    expect_outcome,
    fail,
    read_output,
    read_result,
    start_record,
)  # fmt: skip
from harness.plan import PathTask, SaveTask
from harness.provenance import ProvenanceRefused, check_provenance
from harness.scenario import EXTRAS
from harness.workers.environment import name_environment
from harness.workers.limits import Limits, StepEnd

SAVES_AHEAD = 8  # more than there are lanes: artifacts made or in the making, waiting to be read
DISK_NEEDED = 1024 * 1024  # with less free than this, an error is the disk's doing


class Worker(Protocol):
    """What the executor needs of a worker: harness/workers/fork.py and spawn.py."""

    def describe(self) -> dict[str, Any]: ...
    def list_devices(self) -> list[dict[str, Any]]: ...
    def run(self, step: dict[str, Any], limits: Limits) -> StepEnd: ...
    def close(self) -> None: ...


@dataclass(frozen=True)
class Saved:
    """Where a save group's artifact and reference are, or why there are none."""

    artifact: Path
    reference: Path
    failure: tuple[str, dict[str, str]] | None = None
    output: str = ""
    cpu_ms: float | None = None  # None for committed files, which nothing had to make
    size: int = 0  # bytes of the artifact
    trespasses: tuple[str, ...] = ()


class Execution:
    """One plan under way in one environment; iterate over it for the outcomes."""

    def __init__(
        self,
        workers: dict[str, Worker],
        work: Path,
        limits: Limits,
        timing: bool,
        announce: Callable[[str], None],
        witness: bool = False,
    ) -> None:
        self.workers, self.work, self.limits, self.timing = workers, work, limits, timing
        self.witness = witness  # have every step note what it does beyond its folder
        self.announce = announce  # called from the lanes' threads as a step begins
        self.described = workers["CPU"].describe()
        self.name = name_environment(self.described)
        self.lanes = share_cores(timing)
        self.turns = False

    def run(self, plan: list[SaveTask]) -> Iterator[Outcome]:
        """Yield every outcome of the plan as it arrives, in the caller's thread."""
        pool = ThreadPoolExecutor(self.lanes.width)
        timed = ThreadPoolExecutor(2 if self.takes_turns(plan) else 1) if self.timing else pool
        try:
            yield from self.drain(plan, pool, timed)
        finally:
            for lane in (pool, timed):
                lane.shutdown(wait=False, cancel_futures=True)

    def takes_turns(self, plan: list[SaveTask]) -> bool:
        """Say whether a timed step may make ready on another core while one before it is timed.

        Not on a GPU, where making ready is work for the device that is timed.
        """
        devices = {task.device for group in plan for task in group.paths}
        self.turns = self.lanes.timed is not None and devices <= {"CPU:0"}
        return self.turns

    def drain(self, plan: list[SaveTask], pool: Executor, timed: Executor) -> Iterator[Outcome]:
        """Submit saves, and each save's restores; yield their outcomes as they arrive.

        Only a few saves wait at a time: outcomes come from the beginning, and the disk holds few
        artifacts however many seeds there are.
        """
        pending: dict[Future[Any], SaveTask | Saved] = {}  # a save under way, or a restore of one
        unread: Counter[Path] = Counter()  # artifact: paths that still have to read it
        groups: deque[SaveTask] = deque()
        for group in plan:
            runnable = []
            for task in group.paths:
                why = self.find_reason_to_skip(task)
                if why is None:
                    runnable.append(task)
                else:
                    yield self.skip(task, why)
            if runnable:
                groups.append(replace(group, paths=tuple(runnable)))
        while groups or pending:
            ahead = sum(isinstance(begun, SaveTask) for begun in pending.values())
            ahead += sum(left > 0 for left in unread.values())
            while groups and ahead < self.lanes.width + SAVES_AHEAD:
                group = groups.popleft()
                pending[pool.submit(self.save, group)] = group
                ahead += 1
            done, _ = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                begun = pending.pop(future)
                if isinstance(begun, SaveTask):
                    saved: Saved = future.result()
                    unread[saved.artifact] = len(begun.paths)
                    for task in begun.paths:
                        pending[timed.submit(self.restore, task, saved)] = saved
                else:
                    unread[begun.artifact] -= 1
                    if not unread[begun.artifact]:
                        shutil.rmtree(begun.artifact.parent, ignore_errors=True)
                    yield future.result()

    def where(self, task: PathTask) -> Circumstances:
        """Return what the scenario's rules may ask about: releases, Keras, device."""
        release = str(self.described["tensorflow"])
        artifact = task.scenario.declared.get("artifact")
        writer = artifact["writer"] if artifact else release
        keras, numpy = str(self.described["keras"]), str(self.described["numpy"])
        return Circumstances(release, writer, keras, task.device, numpy)

    def find_reason_to_skip(self, task: PathTask) -> str | None:
        """Return why the scenario has this path left out here, or None where it is to run."""
        wanted = task.scenario.declared["tensorflow"]
        if not applies(wanted, self.described["tensorflow"]):
            return f"the scenario is for TensorFlow {wanted}"
        if not applies(task.scenario.keras, str(self.described["keras"])):
            return f"the scenario is for Keras {task.scenario.keras}"
        for extra in task.scenario.extras:
            if not set(EXTRAS[extra]) <= set(self.described["extra_modules"]):
                return f"the scenario needs {extra}, which is not installed"
        expectation = expect_outcome(task, self.where(task))
        return expectation.why or "declared" if expectation.verdict == "skip" else None

    def record(self, task: PathTask, expectation: Expectation | None = None) -> dict[str, Any]:
        """Return the path's record, its verdict still to come."""
        where = self.where(task)
        committed = task.scenario.artifact_folder is not None
        writer = f"tensorflow-{where.writer}" if committed else self.name
        expectation = expectation or expect_outcome(task, where)
        dose = task.scenario.dose
        if task.dose is not None and dose and task.dose != dose.own:
            expectation = Expectation("")  # nothing is declared for another dose: it is measured
        return start_record(task, writer, self.name, expectation)

    def skip(self, task: PathTask, why: str) -> Outcome:
        """Return the outcome of a path that is left out."""
        record = self.record(task, Expectation("skip"))
        return fail(record, "skip", {"type": "skip", "message": why})

    def make_folder(self, *parts: str) -> Path:
        """Return a fresh folder under the work folder; raises CannotWrite."""
        folder = self.work.joinpath(*parts)
        shutil.rmtree(folder, ignore_errors=True)
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise disk_trouble(self.work, error) from error
        return folder

    def save(self, group: SaveTask) -> Saved:
        """Run the group's save step, or lay out its committed files once they are proven."""
        folder = self.make_folder(group.scenario.id, str(group.seed), group.save)
        saved = Saved(folder / "artifact", folder / "reference.npz")
        try:
            committed = group.scenario.artifact_folder
            if committed is not None:
                check_provenance(group.scenario)
                shutil.copytree(committed / "artifact", saved.artifact)
                shutil.copyfile(committed / "reference.npz", saved.reference)
                return replace(saved, size=measure_folder(saved.artifact))
            saved.artifact.mkdir()
        except ProvenanceRefused as error:
            refusal = {"type": "ProvenanceRefused", "message": str(error)}
            return replace(saved, failure=("error", refusal))
        except OSError as error:
            raise disk_trouble(self.work, error) from error
        step = self.make_step(group, folder, saved) | {
            "function": group.save, "kind": "save", "device": "CPU:0", "timing": False,
            "cores": self.lanes.save,
        }  # fmt: skip
        end = self.run_step(step)
        failure = describe_failure(end, folder)
        if failure:
            self.check_disk()
            verdict, cause = failure
            cause |= {"message": f"in {group.save}: {cause['message']}", "step": "save"}
            return replace(saved, failure=(verdict, cause), output=read_output(folder))
        result = read_result(folder)
        return replace(
            saved, cpu_ms=result.get("cpu_ms"), size=measure_folder(saved.artifact),
            trespasses=tuple(result.get("trespasses", ())),
        )  # fmt: skip

    def restore(self, task: PathTask, saved: Saved) -> Outcome:
        """Run one path's restore step and conclude what it gave."""
        record = self.record(task)
        record["cpu_ms"] = {"save": saved.cpu_ms, "restore": None}
        record["artifact_bytes"], record["trespasses"] = saved.size, list(saved.trespasses)
        if saved.failure:
            return fail(record, *saved.failure, saved.output)
        device = task.device.replace(":", "-")
        name = f"{task.path}.{device}" + ("" if task.dose is None else f".{task.dose}")
        folder = self.make_folder(task.scenario.id, str(task.seed), name)
        own = replace(saved, artifact=folder / "artifact")  # a path may write into it
        try:
            shutil.copytree(saved.artifact, own.artifact)
        except OSError as error:
            raise disk_trouble(self.work, error) from error
        step = self.make_step(task, folder, own) | {
            "function": task.path, "kind": "restore", "device": task.device, "dose": task.dose,
            "timing": self.timing, "cores": self.lanes.save,
        }  # fmt: skip
        if self.timing:
            # One core from the start: TensorFlow makes its pools as large as it finds cores.
            ready = self.lanes.save if self.turns else self.lanes.timed
            step |= {
                "cores": ready and ready[:1], "timed_cores": self.lanes.timed,
                "turn": str(self.work / "turn") if self.turns else None,
            }  # fmt: skip
        end = self.run_step(step)
        outcome = conclude(task, record, folder, saved.reference, end)
        if outcome.record["error"]:
            self.check_disk()
        shutil.rmtree(folder, ignore_errors=True)
        return outcome

    def run_step(self, step: dict[str, Any]) -> StepEnd:
        """Run a step in the worker of its device; raises CannotWrite."""
        worker = self.workers[step["device"].split(":")[0]]
        self.announce(f"{Path(step['source']).stem.replace('_', '-')} {step['function']}")
        try:
            return worker.run(step, self.limits)
        except OSError as error:
            raise disk_trouble(self.work, error) from error

    def make_step(self, task: SaveTask | PathTask, folder: Path, saved: Saved) -> dict[str, Any]:
        """Return what every request for a step says (harness/worker/steps.py)."""
        return {
            "source": str(task.scenario.file.resolve()), "seed": task.seed, "folder": str(folder),
            "artifact": str(saved.artifact), "reference": str(saved.reference),
            "witness": self.witness,
        }  # fmt: skip

    def check_disk(self) -> None:
        """Raise CannotWrite if a step may have failed for want of disk."""
        if shutil.disk_usage(self.work).free < DISK_NEEDED:
            raise disk_trouble(self.work, None)


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
