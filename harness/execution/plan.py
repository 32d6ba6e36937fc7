"""What is to be run: a save per scenario, seed and save step, with the paths that read it."""

from collections.abc import Iterable
from dataclasses import dataclass

from harness.catalog.applicability import explain_skip, find_declared
from harness.catalog.expectations import Expectation
from harness.catalog.scenario import Scenario
from harness.results.outcome import OutcomeKey
from harness.results.run import RunEnvironment


@dataclass(frozen=True)
class PathTask:
    """One restore path on one device of one environment, and what is declared for it there.

    `environment` is the reader as it was asked for. `skip` says why the path is left out.
    """

    scenario: Scenario
    key: OutcomeKey
    environment: str
    declared: Expectation
    skip: str = ""


@dataclass(frozen=True)
class SaveTask:
    """One artifact: made by `writer` in `environment`, or `committed` files of another release."""

    scenario: Scenario
    save: str
    seed: int
    writer: str
    environment: str
    committed: bool
    paths: tuple[PathTask, ...]


@dataclass(frozen=True)
class Reader:
    """An environment that restores, and the devices it restores on."""

    environment: RunEnvironment
    devices: tuple[str, ...]


def make_plan(
    scenarios: Iterable[Scenario],
    writer: RunEnvironment,
    readers: Iterable[Reader],
    seeds: Iterable[int] | None = None,
    done: Iterable[OutcomeKey] = (),
    doses: bool = False,
    split: bool = False,
    paths: Iterable[str] = (),
) -> list[SaveTask]:
    """Return the saves to run, each with its paths, without the outcomes already `done`.

    `seeds` None means each scenario's own. Committed files have no seed to vary: they run once;
    with `split` they are not used, `writer` makes its own. With `doses` each scenario's dosed path
    takes every value of its dose, and no other path runs. `paths` names the only ones to run.
    Groups without a save come first, so that timing has work while the first models train.
    """
    finished, groups, readers, named = set(done), [], list(readers), set(paths)
    chosen = None if seeds is None else list(seeds)
    for scenario in scenarios:
        committed = scenario.artifact_folder is not None and not split
        origin = f"tensorflow-{scenario.committed_writer}" if committed else writer.name
        for seed in [scenario.seed] if chosen is None or committed else chosen:
            by_save: dict[str, list[PathTask]] = {}
            for path, dose in list_doses(scenario) if doses else list_paths(scenario):
                if named and path not in named:
                    continue
                for reader, device in ((each, name) for each in readers for name in each.devices):
                    key = OutcomeKey(
                        scenario.id, path, device, seed, dose, origin, reader.environment.name
                    )
                    if key not in finished:
                        saved_by = None if committed else writer
                        task = make_path_task(scenario, key, saved_by, reader.environment)
                        by_save.setdefault(scenario.save_for(path), []).append(task)
            groups += [
                SaveTask(scenario, save, seed, origin, writer.release, committed, tuple(tasks))
                for save, tasks in by_save.items()
            ]
    return sorted(groups, key=lambda group: not group.committed)


def make_path_task(
    scenario: Scenario, key: OutcomeKey, writer: RunEnvironment | None, reader: RunEnvironment
) -> PathTask:
    """Return one path's task, with what the scenario declares; `writer` None: committed files."""
    why = explain_skip(scenario, key.path, writer, reader, key.device)
    if why is not None:
        return PathTask(scenario, key, reader.release, Expectation("skip"), why)
    declared = find_declared(
        scenario,
        key.path,
        writer,
        reader,
        key.device,
        apart=writer is not None and writer.name != reader.name,
        dose=key.dose,
    )
    return PathTask(scenario, key, reader.release, declared)


def list_paths(scenario: Scenario) -> list[tuple[str, float | None]]:
    """Return every path of a scenario, as the lesson has it."""
    return [(path, None) for path in scenario.paths()]


def list_doses(scenario: Scenario) -> list[tuple[str, float | None]]:
    """Return the dosed path of a scenario with each value of its dose: an int stays an int."""
    dose = scenario.dose
    return [(dose.path, value) for value in dose.values] if dose else []


def count_paths(plan: Iterable[SaveTask]) -> int:
    """Return how many outcomes the plan will give."""
    return sum(len(group.paths) for group in plan)
