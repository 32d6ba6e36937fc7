"""Carry out a plan on an engine: each save, then the restores that read it."""

import re
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace
from typing import Any

from harness.artifacts.provenance import ProvenanceRefused, check_provenance
from harness.catalog.expectations import Circumstances, Expectation, applies, find_expectation
from harness.catalog.scenario import EXTRAS, Scenario
from harness.execution.bundle import pack
from harness.execution.engines import Engine, explain_loss
from harness.execution.machine import Saved, measure_folder
from harness.execution.plan import PathTask, SaveTask
from harness.execution.worker_pool import Place
from harness.results.outcome import Outcome, fail, start_record

SAVES_AHEAD = 8  # more than are under way: artifacts made or in the making, waiting to be read
BYTES_AHEAD = 2**28  # of artifacts that wait in memory
CHECK_SECONDS = 5.0  # without news, before asking whether anybody is there
MEASURED = Expectation("")  # nothing is declared: whatever comes is a result


class Execution:
    """A plan under way; `writer` and `readers` are the environments it names."""

    def __init__(self, engine: Engine, writer: Place, readers: Mapping[str, Place]) -> None:
        self.engine, self.writer, self.readers = engine, writer, readers

    def run(self, plan: list[SaveTask]) -> Iterator[Outcome]:
        """Yield every outcome of the plan as it arrives, in the caller's thread.

        Only a few saves wait at a time: outcomes come from the beginning, and memory holds few
        artifacts however many seeds there are.
        """
        saving: dict[Future[Saved], SaveTask] = {}
        restoring: dict[Future[Outcome], tuple[PathTask, int]] = {}
        unread: Counter[int] = Counter()  # number of a save: paths that still have to read it
        held: dict[int, int] = {}  # ... and the bytes that wait for them
        groups: deque[SaveTask] = deque()
        for group in plan:
            runnable = []
            for task in group.paths:
                why = self.find_reason_to_skip(task, group)
                if why is None:
                    runnable.append(task)
                else:
                    yield self.skip(task, why)
            if runnable:
                groups.append(replace(group, paths=tuple(runnable)))
        number = 0
        try:
            while groups or saving or restoring:
                while groups and self.has_room(len(saving) + len(held), sum(held.values())):
                    group = groups.popleft()
                    saving[self.submit_save(group)] = group
                under_way: list[Future[Any]] = [*saving, *restoring]
                done, _ = wait(under_way, CHECK_SECONDS, return_when=FIRST_COMPLETED)
                if not done:
                    self.engine.check()
                for future in done:
                    if future in saving:
                        group, saved = saving.pop(future), collect_save(future)
                        number += 1
                        unread[number] = len(group.paths)
                        held[number] = saved.parcel.size if saved.parcel else 0
                        for task in group.paths:
                            restoring[self.submit_restore(task, saved)] = (task, number)
                    else:
                        task, read = restoring.pop(future)
                        unread[read] -= 1
                        if not unread[read]:
                            del held[read]
                        yield self.collect_restore(future, task)
        finally:
            for left in list(saving) + list(restoring):
                left.cancel()

    def has_room(self, ahead: int, size: int) -> bool:
        """Say whether another artifact may be begun."""
        return ahead == 0 or (ahead < self.engine.width + SAVES_AHEAD and size < BYTES_AHEAD)

    def submit_save(self, group: SaveTask) -> "Future[Saved]":
        """Have the artifact made; committed files are laid out here, once they are proven."""
        if not group.committed:
            return self.engine.submit("save", group, self.writer.spec)
        ready: Future[Saved] = Future()
        ready.set_result(lay_out(group.scenario))
        return ready

    def submit_restore(self, task: PathTask, saved: Saved) -> "Future[Outcome]":
        spec = self.readers[task.reader].spec
        return self.engine.submit("restore", task, saved, self.record(task), spec)

    def collect_restore(self, future: "Future[Outcome]", task: PathTask) -> Outcome:
        """Return the outcome, or that the machine was lost with it; raises RestorebenchError."""
        try:
            return future.result()
        except Exception as error:
            return fail(self.record(task), *describe_loss(error))

    def where(self, task: PathTask) -> Circumstances:
        """Return what the scenario's rules may ask about: releases, Keras, device."""
        reader = self.readers[task.reader].described
        writer = release_of(task.writer)
        keras, numpy = str(reader["keras"]), str(reader["numpy"])
        return Circumstances(str(reader["tensorflow"]), writer, keras, task.device, numpy)

    def find_reason_to_skip(self, task: PathTask, group: SaveTask) -> str | None:
        """Return why the scenario has this path left out here, or None where it is to run."""
        scenario = task.scenario
        described = [self.readers[task.reader].described]
        artifact = scenario.declared.get("artifact")
        if artifact and not group.committed:
            if self.writer.described["tensorflow"] != artifact["writer"]:
                return f"its files are those of TensorFlow {artifact['writer']}"
        elif not group.committed and task.writer != task.reader:
            described.append(self.writer.described)
        for each in described:
            why = find_why_not(scenario, each)
            if why:
                return why
        expectation = find_expectation(scenario.expect[task.path], self.where(task))
        return expectation.why or "declared" if expectation.verdict == "skip" else None

    def is_new(self, task: PathTask) -> bool:
        """Say whether this pair of writer and reader is none that the scenario speaks of."""
        artifact = task.scenario.declared.get("artifact")
        return task.writer != task.reader and artifact is None

    def expect(self, task: PathTask) -> Expectation:
        """Return what is declared for the path here; MEASURED where nothing is.

        A rule speaks of a release that saves and restores; of two of them only if it names one.
        """
        expectation = find_expectation(task.scenario.expect[task.path], self.where(task))
        if self.is_new(task) and not expectation.names_writer:
            return MEASURED
        dose = task.scenario.dose
        if task.dose is not None and dose and task.dose != dose.own:
            return MEASURED
        return expectation

    def record(self, task: PathTask) -> dict[str, Any]:
        """Return the path's record, its verdict still to come."""
        return start_record(task, self.expect(task))

    def skip(self, task: PathTask, why: str) -> Outcome:
        """Return the outcome of a path that is left out."""
        record = start_record(task, Expectation("skip"))
        return fail(record, "skip", {"type": "skip", "message": why})


def find_why_not(scenario: Scenario, described: dict[str, Any]) -> str | None:
    """Return why the scenario is not for this environment, or None where it is."""
    wanted = scenario.declared["tensorflow"]
    if not applies(wanted, described["tensorflow"]):
        return f"the scenario is for TensorFlow {wanted}"
    if not applies(scenario.keras, str(described["keras"])):
        return f"the scenario is for Keras {scenario.keras}"
    for extra in scenario.extras:
        if not set(EXTRAS[extra]) <= set(described["extra_modules"]):
            return f"the scenario needs {extra}, which is not installed"
    return None


def lay_out(scenario: Scenario) -> Saved:
    """Return a scenario's committed files, or why they are refused."""
    folder = scenario.artifact_folder
    assert folder is not None, "only a scenario with an artifact has committed files"
    try:
        check_provenance(scenario)
        parcel = pack(folder / "artifact", folder / "reference.npz")
        return Saved(parcel, size=measure_folder(folder / "artifact"))
    except (ProvenanceRefused, OSError) as error:
        return Saved(failure=("error", {"type": "ProvenanceRefused", "message": str(error)}))


def collect_save(future: "Future[Saved]") -> Saved:
    """Return what a save made, or that the machine was lost with it; raises RestorebenchError."""
    try:
        return future.result()
    except Exception as error:
        verdict, cause = describe_loss(error)
        return Saved(failure=(verdict, cause | {"step": "save"}))


def describe_loss(error: Exception) -> tuple[str, dict[str, str]]:
    """Return (verdict, error) for a task that took every machine down that was given it.

    Dask says so with KilledWorker. Anything else is no doing of the task: raises RestorebenchError.
    """
    if type(error).__name__ == "KilledWorker":
        message = f"the machines that ran it were lost ({error})"
        return "crash", {"type": "MachineLost", "message": message}
    raise explain_loss(error) from error


def release_of(environment: str) -> str:
    """Return "2.21.0" of the environment's name "tensorflow-2.21.0+keras-3.15.1"."""
    return re.split(r"\+(?:tf_)?keras-", environment.removeprefix("tensorflow-"))[0]
