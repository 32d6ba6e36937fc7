"""Many releases in a row: each workload's time relative to the first release."""

import math
from collections.abc import Sequence

import msgspec

from harness.bench.answers import BenchResult, WorkloadAnswer

MEASURED = ("slower", "faster", "same", "undecided")


class Relative(msgspec.Struct, frozen=True, kw_only=True):
    """A workload's time in one release over that in the first, with a 99 % interval.

    Ratios of neighbours are multiplied. The halves of their intervals, in log units, are added as
    independent errors are. `ratio` is None from the first neighbours that could not be compared.
    `certain`: every comparison until here held its controls. Where only the injected slowdown was
    not found, the interval still says how far the line can be trusted.
    """

    workload: str
    release: str
    position: int
    ratio: float | None
    low: float | None = None
    high: float | None = None
    answer: str = ""
    certain: bool = True


def follow_releases(result: BenchResult) -> list[Relative]:
    """Return every workload in every release, in the order of the releases."""
    names = dict.fromkeys(each.workload for each in result.comparisons)
    found: list[Relative] = []
    for name in names:
        steps = [each for each in result.comparisons if each.workload == name]
        followed = follow_workload(name, steps)
        columns = tell_apart([each.release for each in followed])
        found += map(name_release, followed, columns)
    return found


def tell_apart(names: Sequence[str]) -> list[str]:
    """Return names of which the second of a kind is "2.21 (2)"."""
    seen: dict[str, int] = {}
    told = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        told.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return told


def name_release(relative: Relative, name: str) -> Relative:
    """Return a time under another name of its release."""
    return msgspec.structs.replace(relative, release=name)


def list_followed(result: BenchResult) -> list[Relative]:
    """Return the workloads that were measured in the first release and in one after it.

    Of the others no time is known that the ratio 1 of the first release could stand for.
    """
    relatives = follow_releases(result)
    followed = {each.workload for each in relatives if each.position and each.ratio is not None}
    return [each for each in relatives if each.workload in followed]


def follow_workload(name: str, steps: Sequence[WorkloadAnswer]) -> list[Relative]:
    """Return one workload; its line ends where neighbours could not be compared."""
    found = [
        Relative(
            workload=name, release=steps[0].environments[0], position=0, ratio=1, low=1, high=1
        )
    ]
    total, variance, known, certain = 0.0, 0.0, True, True
    for position, step in enumerate(steps, 1):
        known = known and is_measured(step) and step.interval is not None
        certain = certain and step.answer in MEASURED
        ratio = low = high = None
        if known and step.ratio and step.interval:
            total += math.log(step.ratio)
            variance += (math.log(step.interval[1] / step.interval[0]) / 2) ** 2
            half = math.sqrt(variance)
            ratio = round(math.exp(total), 4)
            low, high = (round(math.exp(total + sign * half), 4) for sign in (-1, 1))
        found.append(
            Relative(
                workload=name,
                release=step.environments[1],
                position=position,
                ratio=ratio,
                low=low,
                high=high,
                answer=step.answer,
                certain=certain,
            )
        )
    return found


def is_measured(step: WorkloadAnswer) -> bool:
    """Say whether a ratio may be multiplied: no control has shown A to differ from itself."""
    lacks_power = step.controls is not None and step.controls.same in ("same", "undecided")
    return step.answer in MEASURED or (step.answer == "void" and lacks_power)
