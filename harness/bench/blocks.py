"""Which blocks a pair of processes is timed in: how many calls, how many cycles, in which order."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

BLOCK_NS = 6_000_000  # short enough that load changes little within a cycle
CALLS = (20, 2000)  # fewest and most calls of a side in a pair
# Time for each side in a pair, between these limits. Where calls are short, processes differ by
# more than calls do: there the time is better spent on more pairs.
SIDE_NS, SIDE_NS_OF_LONG = 500_000_000, 1_500_000_000
LONG_CALL_NS = 2_000_000
# Who is started, opened and warmed up first, second and third in a pair: 0 A, 1 B, 2 the second A.
# The first was seen to be 1 % faster in `load` and `first_call`, so each side has every place.
PLACES = ((0, 1, 2), (1, 2, 0), (2, 0, 1), (0, 2, 1), (2, 1, 0), (1, 0, 2))
FASTER = 1.5  # a side so many times faster gets leading calls
CYCLES_PER_CORE = 4  # then the core is swapped
FEWEST_CYCLES = 4
# A pair goes on, to so many cycles and so many times as long at most, until the standard error of
# its log ratios is this small. Beyond, a new pair tells more, though its processes have to start.
MOST_CYCLES, LONGEST, KNOWN = 60, 3, 0.005
SPACER = -1  # in an order of sides: a block of A that does not count


@dataclass(frozen=True)
class BlockPlan:
    """So many calls a block, two blocks of each side a cycle, so many cycles at least, at most."""

    calls: int
    cycles: int
    most_cycles: int


def plan_blocks(call_ns: float, side_ns: int | None = None) -> BlockPlan:
    """Return how many calls make a block and how many cycles a pair, for calls that take so long.

    Fewer calls would not carry a p10; more would add nothing, since processes differ by more.
    """
    fewest, most = CALLS
    side_ns = side_ns or (SIDE_NS if call_ns < LONG_CALL_NS else SIDE_NS_OF_LONG)
    wanted = min(most, max(fewest, math.ceil(side_ns / max(1.0, call_ns))))
    calls = min(max(1, round(BLOCK_NS / max(1.0, call_ns))), max(1, wanted // (2 * FEWEST_CYCLES)))
    cycles = max(FEWEST_CYCLES, math.ceil(wanted / (2 * calls)))
    in_time = int(LONGEST * side_ns / (2 * calls * max(1.0, call_ns)))
    return BlockPlan(calls, cycles, max(cycles, min(MOST_CYCLES, in_time)))


def count_leading_calls(calls: int, call_ns: Sequence[float]) -> list[int]:
    """Return how many calls of each process go before its timed ones, in each block.

    `call_ns` is the time of one call of each process. Without leading calls, the blocks of a side
    that is many times faster are so short that each of their calls finds cold caches.
    """
    slowest = max(call_ns)
    return [
        round(calls * (slowest / max(1.0, each) - 1)) if slowest > FASTER * each else 0
        for each in call_ns
    ]


def order_sides(count: int, cycle: int, rng: random.Random) -> list[int]:
    """Return the sides of half a cycle in a random order; -1 is a block of A that does not count.

    A or B comes between any two sides of the second A, whose caches would be warmer than A's.
    """
    others, mine = [0, 1], list(range(2, count))
    others += [SPACER] * (len(mine) - len(others))
    rng.shuffle(others)
    rng.shuffle(mine)
    first, second = (others, mine) if cycle % 2 else (mine, others)
    return [side for both in zip(first, second, strict=True) for side in both]


def choose_places(pair: int) -> Sequence[int]:
    """Return who comes first, second and third in a pair; six pairs hold every order once."""
    return PLACES[pair % len(PLACES)]
