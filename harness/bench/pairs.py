"""Measure one pair: fresh processes of both environments, interleaved blocks on one core.

Three processes: A, B, and A once more for the controls. The second A is timed plainly (`same`) and
with a slowdown that is really there (`injected`). Every cycle runs the four sides in a random order
and then in the reverse order, so that drift hits each side alike.
"""

import math
import os
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.bench.decide import INJECTED
from harness.bench.raw import Load, MeasuredPair, pack_times
from harness.bench.workloads import Workload
from harness.processes.timed import TimedProcess, TimedProcessFailed
from harness.processes.variables import Environment

BLOCK_NS = 6_000_000  # short enough that load changes little within a cycle
CALLS = (20, 2000)  # fewest and most calls of a side in a pair
SIDE_NS = 1_000_000_000  # time for each side in a pair, between these limits
CYCLES_PER_CORE = 4  # then the core is swapped
FEWEST_CYCLES = 4
WARM_UP_CALLS = 5, 20  # fewest and most
MOST_PADDING = 4096
OPEN_SECONDS = 300.0


@dataclass(frozen=True)
class Opening:
    """What a process is told to open a workload: request fields, by side "a" or "b"."""

    workload: Workload
    request: dict[str, dict[str, object]]


@dataclass(frozen=True)
class Injection:
    """A slowdown that is really there: its kind, and its share of A's p10."""

    kind: str = "loop"
    share: float = INJECTED


USUAL_INJECTIONS = (Injection(),)
# As SIDES names them, from `injected` on.
SELFTEST_INJECTIONS = (
    Injection(),
    Injection("loop", 0.02),
    Injection("loop", 0.05),
    Injection("operation", 0.03),
    Injection("memory", 0.03),
)


@dataclass
class PairSettings:
    """How a pair is measured."""

    environments: tuple[Environment, Environment]
    expected_versions: tuple[tuple[str, str], tuple[str, str]]  # TensorFlow and Keras of A, of B
    time_limit: float = 120.0
    injections: tuple[Injection, ...] = USUAL_INJECTIONS
    side_ns: int | None = None  # SIDE_NS, unless told otherwise


class WrongVersion(Exception):
    """A process imported another TensorFlow than its environment was found to have."""


def measure_pair(
    settings: PairSettings,
    openings: Sequence[Opening],
    pair: int,
    seed: int,
    work: Path,
    keep: Callable[[MeasuredPair], None],
) -> dict[str, Any]:
    """Measure every workload in one fresh pair; `keep` gets each as soon as it is whole.

    Returns which kernels and threads A and B have chosen. Where a process dies or hangs, the
    workload under way has failed, and the others are measured in new processes.
    """
    rng = random.Random(f"{seed} {pair}")
    cores = list_cores()
    rest = list(openings)
    kernels: dict[str, Any] = {}
    while rest:
        processes: list[TimedProcess] = []
        opening = rest[0]
        try:
            processes = start_processes(settings, cores, rng, work / f"pair-{pair}-{len(rest)}")
            kernels = {
                side: greet(process, settings.expected_versions[side == "b"])
                for side, process in zip(("a", "b", "same"), processes, strict=True)
            }
            while rest:
                opening = rest[0]
                keep(measure_workload(settings, processes, opening, pair, seed, cores, rng))
                rest.pop(0)
        except TimedProcessFailed as error:
            keep(
                MeasuredPair(
                    workload=opening.workload.name,
                    pair=pair,
                    seed=seed,
                    failed=str(error),
                    skipped=error.not_applicable,
                )
            )
            rest.pop(0)
        finally:
            for process in processes:
                process.close()
    return kernels


def list_cores() -> list[int]:
    """Return the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def start_processes(
    settings: PairSettings, cores: list[int], rng: random.Random, work: Path
) -> list[TimedProcess]:
    """Start A, B and A again, each with a memory layout of its own; they import at once."""
    a, b = settings.environments
    started: list[TimedProcess] = []
    for index, environment in enumerate((a, b, a)):
        core = cores[index % len(cores)]
        hash_seed, padding = rng.randrange(1 << 32), rng.randrange(MOST_PADDING)
        folder = work / f"side-{index}"
        started.append(TimedProcess(environment, folder, core, hash_seed, padding))
    return started


def greet(process: TimedProcess, expected: tuple[str, str]) -> dict[str, Any]:
    """Wait for a process; return its kernels. Raises WrongVersion."""
    said = process.greet()
    found = said["environment"]
    if (found["tensorflow"], str(found["keras"])) != expected:
        raise WrongVersion(
            f"a process imported TensorFlow {found['tensorflow']} with Keras {found['keras']},"
            f" not {expected[0]} with Keras {expected[1]}"
        )
    return dict(said["kernels"])


def measure_workload(
    settings: PairSettings,
    processes: Sequence[TimedProcess],
    opening: Opening,
    pair: int,
    seed: int,
    cores: list[int],
    rng: random.Random,
) -> MeasuredPair:
    """Open a workload in all processes, time its blocks, and close it again."""
    asked = [opening.request[side] for side in ("a", "b", "a")]
    opened = []
    for name, process, request in zip("ABA", processes, asked, strict=True):
        folder = process.folder / opening.workload.name.replace("/", "-")
        folder.mkdir(exist_ok=True)
        told = {**request, "do": "open", "folder": str(folder), "seed": seed % (1 << 31)}
        try:
            opened.append(process.ask(told, OPEN_SECONDS))
        except TimedProcessFailed as error:
            raise TimedProcessFailed(f"{name}: {error}", error.not_applicable) from error
    plan = plan_blocks(opened[0]["ns"], settings.side_ns or SIDE_NS)
    fewest, most = WARM_UP_CALLS
    calls = max(plan.calls, fewest, min(most, 4 * plan.calls))
    times_of_a = warm_up(processes, calls, cores[0], settings.time_limit)
    injects: list[dict[str, object] | None] = [None, None, None]
    injects += [
        {"kind": each.kind, "ns": estimate_injection(times_of_a, each.share)}
        for each in settings.injections
    ]
    before = read_machine()
    blocks, order, used, cpu, wrong = [], [], [], [], [0, 0, 0]
    for cycle in range(plan.cycles):
        core = cores[(cycle // CYCLES_PER_CORE + pair) % len(cores)]
        sides = order_sides(len(injects), cycle, rng)
        for side in (*sides, *reversed(sides)):
            which = min(side, 2)
            request = {"do": "block", "calls": plan.calls, "core": core, "inject": injects[side]}
            answer = processes[which].ask(request, settings.time_limit)
            blocks.append(answer["times"])
            order.append(side)
            used.append(core % 256)
            cpu.append(answer["cpu_ns"])
            wrong[which] += answer["wrong"]
    after = read_machine()
    growth = [
        process.ask({"do": "close"}, settings.time_limit)["memory_growth_bytes"]
        for process in processes
    ]
    return MeasuredPair(
        workload=opening.workload.name,
        pair=pair,
        seed=seed,
        calls=plan.calls,
        order=bytes(order),
        cores=bytes(used),
        times=pack_times(blocks),
        cpu_ns=cpu,
        wrong=wrong,
        rows=opened[0]["rows"],
        injected_ns=estimate_injection(times_of_a, INJECTED),
        memory_growth=growth,
        load=describe_load(before, after),
    )


@dataclass(frozen=True)
class BlockPlan:
    """So many calls a block, two blocks of each side a cycle, so many cycles."""

    calls: int
    cycles: int


def plan_blocks(call_ns: float, side_ns: int = SIDE_NS) -> BlockPlan:
    """Return how many calls make a block and how many cycles a pair, for calls that take so long.

    Fewer calls would not carry a p10; more would add nothing, since processes differ by more.
    """
    fewest, most = CALLS
    wanted = min(most, max(fewest, math.ceil(side_ns / max(1.0, call_ns))))
    calls = min(max(1, round(BLOCK_NS / max(1.0, call_ns))), max(1, wanted // (2 * FEWEST_CYCLES)))
    return BlockPlan(calls, max(FEWEST_CYCLES, math.ceil(wanted / (2 * calls))))


def order_sides(count: int, cycle: int, rng: random.Random) -> list[int]:
    """Return the sides of half a cycle in a random order.

    Of the usual four, the two of the second A never follow each other: its caches would be warmer
    than A's. A selftest has more sides of it than others.
    """
    others, mine = [0, 1], list(range(2, count))
    rng.shuffle(others)
    rng.shuffle(mine)
    if len(mine) != len(others):
        mixed = [*others, *mine]
        rng.shuffle(mixed)
        return mixed
    first, second = (others, mine) if cycle % 2 else (mine, others)
    return [side for both in zip(first, second, strict=True) for side in both]


def warm_up(processes: Sequence[TimedProcess], calls: int, core: int, seconds: float) -> list[int]:
    """Have every process make a block of calls that does not count; return the times of A."""
    times: list[list[int]] = []
    for process in processes:
        request = {"do": "block", "calls": calls, "core": core, "inject": None}
        times.append(process.ask(request, seconds)["times"])
    return times[0]


def estimate_injection(times: list[int], share: float) -> int:
    """Return the nanoseconds to inject: a share of the p10 of A.

    It stays the same for the whole pair, so that no block is slowed down by less.
    """
    return max(1, round(share * sorted(times)[len(times) // 10]))


def read_machine() -> tuple[float | None, list[int]]:
    """Return the load average, and the counters of /proc/stat (empty where there is none)."""
    average = None
    with suppress(OSError, AttributeError):
        average = os.getloadavg()[0]
    counters: list[int] = []
    with suppress(OSError, ValueError), open("/proc/stat", encoding="ascii") as text:
        counters = [int(each) for each in text.readline().split()[1:9]]
    return average, counters


def describe_load(
    before: tuple[float | None, list[int]], after: tuple[float | None, list[int]]
) -> Load:
    """Return how busy the machine was between two readings.

    Columns of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal (proc(5)).
    """
    gone = [late - early for early, late in zip(before[1], after[1], strict=False)]
    if len(gone) < 8 or sum(gone) <= 0:
        return Load(average=before[0])
    total = sum(gone)
    idle = gone[3] + gone[4]
    return Load(
        average=before[0],
        stolen=round(gone[7] / total, 4),
        busy=round(1 - idle / total, 4),
    )
