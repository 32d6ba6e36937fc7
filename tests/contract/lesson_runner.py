"""Runs what a lesson says, on the model of its scenario, in the worker that runs scenarios."""

import itertools
import json
import shutil
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from harness.catalog.lesson import CODE_INDENT
from harness.catalog.scenario import Scenario
from harness.processes.fork import ForkWorker
from harness.processes.limits import Limits
from harness.processes.step import Step, run_step
from harness.processes.variables import Environment


def code_in(scenario: Scenario, section: str) -> str:
    """Return the Python of a section of the docstring: the lines that are indented deeper."""
    inside, code = False, []
    for line in scenario.docstring.split("\n"):
        if line and not line.startswith(" "):
            inside = line.strip() == section + ":"
        elif inside and line.startswith(" " * CODE_INDENT):
            code.append(line[CODE_INDENT:])
    return "\n".join(code)


class LessonRunner:
    """One worker, TensorFlow imported once; every save and every program has its own process."""

    def __init__(self, folder: Path, legacy_keras: bool = False) -> None:
        (folder / "keras-home").mkdir()
        self.folder, self.numbers, self.lock = folder, itertools.count(), threading.Lock()
        self.saved: dict[tuple[str, str], Path] = {}
        environment = Environment(portable_kernels=True, legacy_keras=legacy_keras)
        self.worker = ForkWorker(environment, folder)

    def close(self) -> None:
        self.worker.close()

    def new_folder(self, name: str) -> Path:
        folder = self.folder / f"{name}-{next(self.numbers)}"
        folder.mkdir()
        return folder

    def step(self, base: Path, scenario: Scenario, **what: Any) -> Path:
        """Run one step over the files in `base`; return its folder."""
        folder = self.new_folder("step")
        step = Step(
            folder=str(folder),
            artifact=str(base / "artifact"),
            reference=str(base / "reference.npz"),
            seed=scenario.seed,
            **what,
        )
        result = run_step(self.worker, step, Limits())
        assert result.ended == "whole", f"{scenario.id}: {result.error}\n{result.output}"
        return folder

    def save(self, scenario: Scenario, path: str) -> Path:
        """Return a folder with the files that `path` reads, `artifact`, and `reference.npz`."""
        name = scenario.save_for(path)
        key = (scenario.id, name)
        if key not in self.saved:
            base = self.new_folder("saved")
            if scenario.artifact_folder:
                shutil.copytree(scenario.artifact_folder / "artifact", base / "artifact")
                shutil.copy(scenario.artifact_folder / "reference.npz", base)
            else:
                (base / "artifact").mkdir()
                self.step(base, scenario, kind="save", source=str(scenario.file), function=name)
            self.saved[key] = base
        return self.saved[key]

    def restore(self, scenario: Scenario, path: str, driver: Path, **case: Any) -> Path:
        """Let `driver` carry out `path` as `case` says; return the folder that it filled."""
        saved, base = self.save(scenario, path), self.new_folder("case")
        shutil.copytree(saved / "artifact", base / "artifact")
        shutil.copy(saved / "reference.npz", base)
        case |= {"source": str(scenario.file), "path": path}
        (base / "case.json").write_text(json.dumps(case))
        self.step(base, scenario, kind="restore", source=str(driver), function="restore")
        return base


def attempt_all(work: Callable[[Any], Any], cases: Iterable[Any]) -> list[Any]:
    """Do `work` for every case, two at a time; a failure takes the place of what it returns."""

    def attempt(case: Any) -> Any:
        try:
            return work(case)
        except AssertionError as failure:
            return failure

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(attempt, cases))
