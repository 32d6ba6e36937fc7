"""How often `bench` would be wrong on this machine: false alarms and power, beside other rules.

The truth is known: all sides are one environment, and what is injected is really there.
"""

import itertools
import math
import random
from collections.abc import Mapping, Sequence

import msgspec

from harness.bench.decide import classify_all, log_ratios, plan_looks, spend_alpha
from harness.bench.raw import SIDES, USUAL_SIDES, MeasuredPair
from harness.bench.request import PAIRS
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
    comparisons of A with itself. `interval`: Wilson's 95 % for the false alarms; None for `bench`,
    whose trials are subsets of the same pairs and therefore overlap.
    """

    workload: str
    rule: str
    false_alarms: float
    interval: tuple[float, float] | None
    power: dict[str, float]
    trials: int


def judge_rules(saved: SavedRun) -> list[RuleRecord]:
    """Return the record of every rule for every workload with enough pairs."""
    found = []
    for measured in saved.measured:
        whole = {
            name: [pair for pair in pairs if not pair.failed] for name, pairs in measured.items()
        }
        enough = {name: pairs for name, pairs in whole.items() if len(pairs) >= SUBSET}
        ours = judge_ours(enough, saved.run.request.seed)
        for name, pairs in enough.items():
            found += [ours[name], *(judge_other(name, rule, pairs) for rule in RULES)]
    return found


def judge_ours(measured: Mapping[str, Sequence[MeasuredPair]], seed: int) -> dict[str, RuleRecord]:
    """Return our own record by workload: subsets of the pairs, each decided as one comparison.

    Each is decided as `bench` decides at that look: with the look's share of the 1 %, and Holm's
    procedure over all workloads.
    """
    sides = ("b", "same", *INJECTED_SIDES)
    ratios = {
        side: {name: log_ratios(pairs, side) for name, pairs in measured.items()} for side in sides
    }
    subsets = draw_subsets(min(map(len, measured.values()), default=0), seed)
    said = [{side: answer_subset(ratios[side], subset) for side in sides} for subset in subsets]
    return {
        name: count_answers(
            name, [{side: answers[side][name] for side in sides} for answers in said]
        )
        for name in measured
    }


def answer_subset(ratios: Mapping[str, Sequence[float]], subset: Sequence[int]) -> dict[str, str]:
    """Return what one look at some pairs says of each workload."""
    found = {name: estimate([each[index] for index in subset]) for name, each in ratios.items()}
    return classify_all(found, spend_alpha(plan_looks(PAIRS), SUBSET), len(found))


def count_answers(name: str, said: Sequence[Mapping[str, str]]) -> RuleRecord:
    """Return the record of `bench` for a workload from its answers, by side."""
    alarms = sum(each[side] in ("slower", "faster") for each in said for side in ("b", "same"))
    return RuleRecord(
        workload=name,
        rule=OURS,
        false_alarms=round(alarms / (2 * len(said)), 4),
        interval=None,
        power={
            side: round(sum(each[side] == "slower" for each in said) / len(said), 4)
            for side in INJECTED_SIDES
        },
        trials=2 * len(said),
    )


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
