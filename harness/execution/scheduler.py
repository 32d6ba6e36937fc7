"""Carry out a plan on an engine: each save, then the restores that read it."""

from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace
from typing import Any

from harness.artifacts.provenance import ProvenanceRefused, check_provenance
from harness.catalog.scenario import Scenario
from harness.errors import RestorebenchError
from harness.execution.bundle import ArtifactRefused, make_bundle
from harness.execution.engines import Engine, explain_loss
from harness.execution.faults import describe_bug, is_executor_lost
from harness.execution.machine import Machine
from harness.execution.plan import PathTask, SaveTask
from harness.execution.saved import Saved, add_save
from harness.execution.work_folder import measure_folder
from harness.processes.step import StepError
from harness.results.outcome import Measured, Outcome, Raw, make_outcome

SAVES_AHEAD = 8  # more than are under way: artifacts made or in the making, waiting to be read
BYTES_AHEAD = 2**28  # of artifacts that wait in memory
CHECK_SECONDS = 5.0  # without news, before asking whether anybody is there

Finished = tuple[Outcome, Raw]


def run_plan(plan: list[SaveTask], engine: Engine) -> Iterator[Finished]:
    """Yield every outcome of the plan as it arrives, in the caller's thread.

    Only a few saves wait at a time: outcomes come from the beginning, and memory holds few
    artifacts however many seeds there are. Raises RestorebenchError where the engine is lost.
    """
    saving: dict[Future[Saved], SaveTask] = {}
    restoring: dict[Future[Measured], tuple[PathTask, int]] = {}
    waiting: dict[int, Saved] = {}  # by the save's number: what some path has still to read
    unread: Counter[int] = Counter()
    groups: deque[SaveTask] = deque()
    for group in plan:
        yield from (finish(task, make_skip(task)) for task in group.paths if task.skip)
        runnable = tuple(task for task in group.paths if not task.skip)
        if runnable:
            groups.append(replace(group, paths=runnable))
    number = 0
    try:
        while groups or saving or restoring:
            while groups and has_room(engine, len(saving), waiting):
                group = groups.popleft()
                saving[submit_save(engine, group)] = group
            under_way: list[Future[Any]] = [*saving, *restoring]
            done, _ = wait(under_way, CHECK_SECONDS, return_when=FIRST_COMPLETED)
            if not done:
                engine.check()
            for future in done:
                if future in saving:
                    group, saved = saving.pop(future), collect_save(future)
                    if saved.failed is not None:
                        failed = add_save(saved.failed, saved)
                        yield from (finish(task, failed) for task in group.paths)
                        continue
                    number += 1
                    unread[number], waiting[number] = len(group.paths), saved
                    for task in group.paths:
                        restore = engine.submit(Machine.restore, task, saved)
                        restoring[restore] = (task, number)
                else:
                    task, read = restoring.pop(future)
                    measured = add_save(collect_restore(future), waiting[read])
                    unread[read] -= 1
                    if not unread[read]:
                        del waiting[read]
                    yield finish(task, measured)
    finally:
        under_way = [*saving, *restoring]
        for future in under_way:
            future.cancel()


def has_room(engine: Engine, saving: int, waiting: dict[int, Saved]) -> bool:
    """Say whether another artifact may be begun."""
    ahead = saving + len(waiting)
    held = sum(saved.bundle.size for saved in waiting.values() if saved.bundle)
    return ahead == 0 or (ahead < engine.width + SAVES_AHEAD and held < BYTES_AHEAD)


def submit_save(engine: Engine, group: SaveTask) -> Future[Saved]:
    """Have the artifact made; committed files are laid out here, once they are proven."""
    if not group.committed:
        return engine.submit(Machine.save, group)
    ready: Future[Saved] = Future()
    ready.set_result(lay_out(group.scenario))
    return ready


def lay_out(scenario: Scenario) -> Saved:
    """Return a scenario's committed files, or why they are refused."""
    folder = scenario.artifact_folder
    assert folder is not None, "only a scenario with an artifact has committed files"
    try:
        check_provenance(scenario)
        bundle = make_bundle(folder / "artifact", folder / "reference.npz")
        return Saved(bundle, size=measure_folder(folder / "artifact"))
    except (ProvenanceRefused, OSError) as error:
        refused = StepError(type="ProvenanceRefused", message=str(error))
    except ArtifactRefused as error:
        refused = StepError(type="ArtifactRefused", message=str(error))
    except Exception as error:
        refused = describe_bug(error)
    return Saved(failed=Measured("error", refused))


def collect_save(future: Future[Saved]) -> Saved:
    """Return what a save made, or that the machine was lost with it; raises RestorebenchError."""
    try:
        return future.result()
    except Exception as error:
        return Saved(failed=describe_loss(error, "save"))


def collect_restore(future: Future[Measured]) -> Measured:
    """Return what a restore gave, or that the machine was lost; raises RestorebenchError."""
    try:
        return future.result()
    except Exception as error:
        return describe_loss(error)


def describe_loss(error: Exception, step: str | None = None) -> Measured:
    """Return the outcome of a task whose future failed.

    Dask's KilledWorker: the task took down every machine that was given it. An executor that was
    lost, and what is a sentence already, concern the whole run: raises RestorebenchError. Anything
    else is a bug of ours, in carrying the task out.
    """
    if type(error).__name__ == "KilledWorker":
        message = f"the machines that ran it were lost ({error})"
        return Measured("crash", StepError(type="MachineLost", message=message, step=step))
    if isinstance(error, RestorebenchError) or is_executor_lost(error):
        raise explain_loss(error) from error
    return Measured("error", describe_bug(error, step))


def make_skip(task: PathTask) -> Measured:
    """Return the outcome of a path that is left out."""
    return Measured("skip", StepError(type="skip", message=task.skip))


def finish(task: PathTask, measured: Measured) -> Finished:
    """Return a path's outcome, and what is kept beside it."""
    return make_outcome(task.scenario, task.key, task.declared, measured), measured.raw
