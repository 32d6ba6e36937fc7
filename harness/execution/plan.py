"""What is to be run: a save group per scenario, seed and save step, with the paths that read it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.catalog.scenario import Scenario

# scenario, path, device, seed, dose, writer, reader
OutcomeKey = tuple[str, str, str, int, float | None, str, str]


@dataclass(frozen=True)
class PathTask:
    """One restore path on one device; `writer` and `reader` are names of environments."""

    scenario: Scenario
    path: str
    device: str
    seed: int
    writer: str
    reader: str
    dose: float | None = None  # None: the path as the lesson has it

    @property
    def key(self) -> OutcomeKey:
        return (
            self.scenario.id,
            self.path,
            self.device,
            self.seed,
            self.dose,
            self.writer,
            self.reader,
        )


@dataclass(frozen=True)
class SaveTask:
    """One artifact: made by `writer`, or, for a version scenario, `committed` files laid out."""

    scenario: Scenario
    save: str
    seed: int
    writer: str
    committed: bool
    paths: tuple[PathTask, ...]


def identify(record: dict[str, Any]) -> OutcomeKey:
    """Return what tells an outcome from the others of its run."""
    return (
        record["scenario"],
        record["path"],
        record["device"],
        record["seed"],
        record.get("dose"),
        record["writer"],
        record["reader"],
    )


def make_plan(
    scenarios: Iterable[Scenario],
    writer: str,
    readers: Mapping[str, Iterable[str]],
    seeds: Iterable[int] | None = None,
    done: Iterable[OutcomeKey] = (),
    doses: bool = False,
    split: bool = False,
) -> list[SaveTask]:
    """Return the groups to run, without the outcomes already `done`.

    `readers` maps the name of each environment that restores to its devices. `seeds` None means
    each scenario's own. Committed files have no seed to vary: they run once; with `split` they are
    not used, `writer` makes its own. With `doses` each scenario's dosed path takes every value of
    its dose, and no other path runs. Groups without a save come first, so that timing has work
    while the first models train.
    """
    finished, groups = set(done), []
    chosen = None if seeds is None else list(seeds)
    devices = {reader: list(names) for reader, names in readers.items()}
    for scenario in scenarios:
        committed = scenario.artifact_folder is not None and not split
        origin = f"tensorflow-{scenario.declared['artifact']['writer']}" if committed else writer
        for seed in [scenario.seed] if chosen is None or committed else chosen:
            by_save: dict[str, list[PathTask]] = {}
            for path, dose in list_doses(scenario) if doses else list_paths(scenario):
                for reader, device in [(name, each) for name in devices for each in devices[name]]:
                    task = PathTask(scenario, path, device, seed, origin, reader, dose)
                    if task.key not in finished:
                        by_save.setdefault(scenario.save_for(path), []).append(task)
            groups += [
                SaveTask(scenario, save, seed, origin, committed, tuple(tasks))
                for save, tasks in by_save.items()
            ]
    return sorted(groups, key=lambda group: not group.committed)


def list_paths(scenario: Scenario) -> list[tuple[str, float | None]]:
    """Return every path of a scenario, as the lesson has it."""
    return [(path, None) for path in scenario.paths()]


def list_doses(scenario: Scenario) -> list[tuple[str, float | None]]:
    """Return the dosed path of a scenario with each value of its dose."""
    dose = scenario.dose
    return [(dose.path, value) for value in dose.values] if dose else []


def count_paths(plan: Iterable[SaveTask]) -> int:
    """Return how many outcomes the plan will give."""
    return sum(len(group.paths) for group in plan)
