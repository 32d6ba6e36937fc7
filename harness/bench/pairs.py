"""Measure one pair: fresh processes of both environments, interleaved blocks on one core.

Three processes: A, B, and A once more for the controls. The second A is timed plainly (`same`) and
with a slowdown that is really there (`injected`). Every cycle runs the four sides in a random order
and then in the reverse order, so that drift hits each side alike.
"""

import os
import random
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness.bench.blocks import (
    CYCLES_PER_CORE,
    KNOWN,
    SPACER,
    choose_places,
    count_leading_calls,
    order_sides,
    plan_blocks,
)
from harness.bench.decide import INJECTED
from harness.bench.load import describe_load, read_machine
from harness.bench.raw import MeasuredPair, pack_times, pick_blocks
from harness.bench.statistics import measure_error
from harness.bench.workloads import Workload
from harness.origin.answer import clean
from harness.processes.timed import TimedProcess, TimedProcessFailed
from harness.processes.variables import Environment

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
    priority: bool = False
    side_ns: int | None = None  # by the length of a call, unless told otherwise
    device: str = "CPU:0"


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
    workload under way has failed, and the others are measured in new processes. Where TensorFlow
    cannot be imported, all have failed: each other one would wait for the same hang again.
    """
    rng = random.Random(f"{seed} {pair}")
    cores = list_cores()
    rest = list(openings)
    kernels: dict[str, Any] = {}
    while rest:
        begun = rest  # those that fail with what fails now
        with ExitStack() as opened:
            try:
                folder = work / f"pair-{pair}-{len(rest)}"
                places = choose_places(pair)
                processes = start_processes(settings, cores, rng, folder, places, opened)
                kernels = {
                    side: greet(process, settings.expected_versions[side == "b"])
                    for side, process in zip(("a", "b", "same"), processes, strict=True)
                }
                while rest:
                    begun = rest[:1]
                    keep(measure_workload(settings, processes, rest[0], pair, seed, cores, rng))
                    rest = rest[1:]
            except TimedProcessFailed as error:
                for opening in begun:
                    keep(record_failure(opening.workload, pair, seed, error))
                rest = rest[len(begun) :]
    return kernels


def record_failure(
    workload: Workload, pair: int, seed: int, error: TimedProcessFailed
) -> MeasuredPair:
    """Return a pair that holds no times, and why."""
    return MeasuredPair(
        workload=workload.name,
        pair=pair,
        seed=seed,
        failed=clean(str(error)),
        skipped=error.not_applicable,
    )


def list_cores() -> list[int]:
    """Return the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def start_processes(
    settings: PairSettings,
    cores: list[int],
    rng: random.Random,
    work: Path,
    places: Sequence[int],
    opened: ExitStack,
) -> list[TimedProcess]:
    """Return A, B and A again, started in the order `places`; they import at once.

    Each has a memory layout of its own. `opened` closes them.
    """
    a, b = settings.environments
    environments = (a, b, a)
    started: dict[int, TimedProcess] = {}
    for place, index in enumerate(places):
        core = cores[place % len(cores)]
        hash_seed, padding = rng.randrange(1 << 32), rng.randrange(MOST_PADDING)
        folder = work / f"side-{index}"
        started[index] = TimedProcess(
            environments[index],
            folder,
            core,
            hash_seed,
            padding,
            settings.priority,
            hide_gpu=settings.device == "CPU:0",
        )
        opened.callback(started[index].close)
    return [started[index] for index in range(len(environments))]


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
    places = choose_places(pair)
    opened: dict[int, dict[str, Any]] = {}
    for index in places:
        process = processes[index]
        folder = process.folder / opening.workload.name.replace("/", "-")
        folder.mkdir(exist_ok=True)
        request = opening.request["aba"[index]]
        told = {**request, "do": "open", "folder": str(folder), "seed": seed % (1 << 31)}
        told["device"] = settings.device
        try:
            opened[index] = process.ask(told, OPEN_SECONDS)
        except TimedProcessFailed as error:
            raise TimedProcessFailed(f"{'ABA'[index]}: {error}", error.not_applicable) from error
    plan = plan_blocks(opened[0]["ns"], settings.side_ns)
    fewest, most = WARM_UP_CALLS
    calls = max(plan.calls, fewest, min(most, 4 * plan.calls))
    warmed = {
        index: warm_up(processes[index], calls, cores[0], settings.time_limit) for index in places
    }
    times_of_a = warmed[0]
    injects: list[dict[str, object] | None] = [None, None, None]
    injects += [
        {"kind": each.kind, "ns": estimate_injection(times_of_a, each.share)}
        for each in settings.injections
    ]
    leads = count_leading_calls(plan.calls, [opened[index]["ns"] for index in range(3)])
    before = read_machine()
    blocks: list[list[int]] = []
    order: list[int] = []
    used, cpu, wrong = [], [], [0, 0, 0]
    for cycle in range(plan.most_cycles):
        whole = cycle >= plan.cycles and cycle % CYCLES_PER_CORE == 0
        if whole and is_known(blocks, order):
            break
        core = cores[(cycle // CYCLES_PER_CORE + pair) % len(cores)]
        sides = order_sides(len(injects), cycle, rng)
        for side in (*sides, *reversed(sides)):
            which = min(side, 2) if side != SPACER else 0
            inject = injects[side] if side != SPACER else None
            request = {"do": "block", "calls": plan.calls, "core": core, "inject": inject}
            request["lead"] = leads[which]
            answer = processes[which].ask(request, settings.time_limit)
            if side == SPACER:
                continue
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


def is_known(blocks: list[list[int]], order: list[int]) -> bool:
    """Return whether more cycles would tell little more of this pair."""
    times, sides = np.array(blocks, np.uint64), np.array(order, np.uint8)
    a, *others = (pick_blocks(times, sides, each) for each in ("a", "b", "same"))
    return max(measure_error(a, each) for each in others) < KNOWN


def warm_up(process: TimedProcess, calls: int, core: int, seconds: float) -> list[int]:
    """Have a process make a block of calls that does not count; return their times."""
    request = {"do": "block", "calls": calls, "core": core, "inject": None, "lead": 0}
    times: list[int] = process.ask(request, seconds)["times"]
    return times


def estimate_injection(times: list[int], share: float) -> int:
    """Return the nanoseconds to inject: a share of the p10 of A.

    It stays the same for the whole pair, so that no block is slowed down by less.
    """
    return max(1, round(share * sorted(times)[len(times) // 10]))
