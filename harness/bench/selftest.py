"""How often `bench` would be wrong on this machine: false alarms and power, beside other rules.

The truth is known: all sides are one environment, and what is injected is really there.
"""

import itertools
import math
import random
from collections.abc import Sequence

import msgspec

from harness.bench.decide import ALPHA, classify_change, log_ratios
from harness.bench.raw import SIDES, USUAL_SIDES, MeasuredPair
from harness.bench.rules import RULES, flag
from harness.bench.statistics import estimate
from harness.bench.store import SavedRun
from harness.verdicts.rates import wilson_interval

SUBSET = 8  # pairs of one comparison
SUBSETS = 400  # comparisons that are drawn from the pairs
INJECTED_SIDES = SIDES[USUAL_SIDES - 1 :]
OURS = f"bench ({SUBSET} pairs)"


class RuleRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule said of one workload.

    `false_alarms`: share of comparisons of A with itself that came out slower or, for `bench`,
    faster. `power`: share of the injected slowdowns that came out slower, by injection. `trials`:
    independent comparisons (of `bench`, overlapping subsets of the pairs); `interval`: Wilson's
    95 % for the false alarms, for the trials as if they were independent.
    """

    workload: str
    rule: str
    false_alarms: float
    interval: tuple[float, float]
    power: dict[str, float]
    trials: int


def judge_rules(saved: SavedRun) -> list[RuleRecord]:
    """Return the record of every rule for every workload with enough pairs."""
    found = []
    for measured in saved.measured:
        for name, pairs in measured.items():
            whole = [pair for pair in pairs if not pair.failed]
            if len(whole) >= SUBSET:
                found.append(judge_ours(name, whole, saved.run.request.seed))
                found += [judge_other(name, rule, whole) for rule in RULES]
    return found


def judge_ours(name: str, pairs: Sequence[MeasuredPair], seed: int) -> RuleRecord:
    """Return our own record: subsets of the pairs, each decided as one comparison."""
    subsets = draw_subsets(len(pairs), seed)
    sides = ("b", "same", *INJECTED_SIDES)
    ratios = {side: log_ratios(pairs, side) for side in sides}
    alarms, found = 0, dict.fromkeys(INJECTED_SIDES, 0)
    for subset in subsets:
        said = {side: answer_subset(ratios[side], subset) for side in sides}
        alarms += sum(said[side] in ("slower", "faster") for side in ("b", "same"))
        for side in INJECTED_SIDES:
            found[side] += said[side] == "slower"
    trials = 2 * len(subsets)
    return RuleRecord(
        workload=name,
        rule=OURS,
        false_alarms=round(alarms / trials, 4),
        interval=wilson_interval(alarms, trials),
        power={side: round(count / len(subsets), 4) for side, count in found.items()},
        trials=trials,
    )


def answer_subset(ratios: Sequence[float], subset: Sequence[int]) -> str:
    """Return what one look at some pairs says."""
    found = estimate([ratios[index] for index in subset])
    return classify_change(found, ALPHA, found.p_value() <= ALPHA)


def draw_subsets(count: int, seed: int) -> list[tuple[int, ...]]:
    """Return different subsets of SUBSET pairs: all of them, or as many as are drawn."""
    if math.comb(count, SUBSET) <= SUBSETS:
        return list(itertools.combinations(range(count), SUBSET))
    rng, found = random.Random(seed), set[tuple[int, ...]]()
    while len(found) < SUBSETS:
        found.add(tuple(sorted(rng.sample(range(count), SUBSET))))
    return sorted(found)


def judge_other(name: str, rule: str, pairs: Sequence[MeasuredPair]) -> RuleRecord:
    """Return the record of another tool's rule: every pair is one comparison."""
    alarms = sum(flag(RULES[rule], pair, side) for pair in pairs for side in ("b", "same"))
    trials = 2 * len(pairs)
    power = {
        side: round(sum(flag(RULES[rule], pair, side) for pair in pairs) / len(pairs), 4)
        for side in INJECTED_SIDES
    }
    return RuleRecord(
        workload=name,
        rule=rule,
        false_alarms=round(alarms / trials, 4),
        interval=wilson_interval(alarms, trials),
        power=power,
        trials=trials,
    )
