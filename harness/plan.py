"""What is to be run: a save group per scenario, seed and save step, with the paths that read it."""

from collections.abc import Iterable
from dataclasses import dataclass

from harness.scenario import Scenario

# scenario, path, device, seed, dose
OutcomeKey = tuple[str, str, str, int, float | None]


@dataclass(frozen=True)
class PathTask:
    """One restore path on one device."""

    scenario: Scenario
    path: str
    device: str
    seed: int
    dose: float | None = None  # None: the path as the lesson has it

    @property
    def key(self) -> OutcomeKey:
        return (self.scenario.id, self.path, self.device, self.seed, self.dose)


@dataclass(frozen=True)
class SaveTask:
    """One artifact to be made (or, for a version scenario, committed files to be laid out)."""

    scenario: Scenario
    save: str
    seed: int
    paths: tuple[PathTask, ...]


def make_plan(
    scenarios: Iterable[Scenario],
    devices: Iterable[str],
    seeds: Iterable[int] | None = None,
    done: Iterable[OutcomeKey] = (),
    doses: bool = False,
) -> list[SaveTask]:
    """Return the groups to run, without the outcomes already `done`.

    `seeds` None means each scenario's own. Committed files have no seed to vary: they run once.
    With `doses` each scenario's dosed path takes every value of its dose, and no other path runs.
    Groups without a save come first, so that timing has work while the first models train.
    """
    finished, groups = set(done), []
    devices, chosen = list(devices), None if seeds is None else list(seeds)
    for scenario in scenarios:
        committed = scenario.artifact_folder is not None
        for seed in [scenario.seed] if chosen is None or committed else chosen:
            by_save: dict[str, list[PathTask]] = {}
            for path, dose in list_doses(scenario) if doses else list_paths(scenario):
                for device in devices:
                    task = PathTask(scenario, path, device, seed, dose)
                    if task.key not in finished:
                        by_save.setdefault(scenario.save_for(path), []).append(task)
            groups += [
                SaveTask(scenario, save, seed, tuple(tasks)) for save, tasks in by_save.items()
            ]
    return sorted(groups, key=lambda group: group.scenario.artifact_folder is None)


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
