"""What is to be run: a save group per scenario, seed and save step, with the paths that read it."""

from collections.abc import Iterable
from dataclasses import dataclass

from harness.scenario import Scenario

OutcomeKey = tuple[str, str, str, int]  # scenario, path, device, seed


@dataclass(frozen=True)
class PathTask:
    """One restore path on one device."""

    scenario: Scenario
    path: str
    device: str
    seed: int

    @property
    def key(self) -> OutcomeKey:
        return (self.scenario.id, self.path, self.device, self.seed)


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
) -> list[SaveTask]:
    """Return the groups to run, without the outcomes already `done`.

    `seeds` None means each scenario's own. Committed files have no seed to vary: they run once.
    Groups without a save come first, so that timing has work while the first models train.
    """
    finished, groups = set(done), []
    devices, chosen = list(devices), None if seeds is None else list(seeds)
    for scenario in scenarios:
        committed = scenario.artifact_folder is not None
        for seed in [scenario.seed] if chosen is None or committed else chosen:
            by_save: dict[str, list[PathTask]] = {}
            for path in scenario.paths():
                for device in devices:
                    task = PathTask(scenario, path, device, seed)
                    if task.key not in finished:
                        by_save.setdefault(scenario.save_for(path), []).append(task)
            groups += [
                SaveTask(scenario, save, seed, tuple(tasks)) for save, tasks in by_save.items()
            ]
    return sorted(groups, key=lambda group: group.scenario.artifact_folder is None)


def count_paths(plan: Iterable[SaveTask]) -> int:
    """Return how many outcomes the plan will give."""
    return sum(len(group.paths) for group in plan)
