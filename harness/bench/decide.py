"""From the pairs of a comparison to its answers: slower, faster, same or undecided.

Each pair gives one log ratio, from its cycles (statistics.compare_cycles). The data is looked at
after LOOKS pairs, each time with a share of the whole error probability (alpha spending by
Bonferroni), and at each look Holm's procedure covers all workloads. A workload keeps the answer of
the first look that decided it. docs/explanation/how-bench-decides.md says why.
"""

import math
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from harness.bench.raw import MeasuredPair
from harness.bench.statistics import (
    Estimate,
    compare_cycles,
    estimate,
    percentile,
    reject_by_holm,
)
from harness.errors import count

ALPHA = 0.01  # false alarms in all: every look, every workload
LOOKS = {5: 0.1, 8: 0.2, 12: 0.3, 20: 0.4}  # pairs: the share of ALPHA that this look may use
LAST_SHARE = 0.5  # of the last look, where `--pairs` is none of LOOKS
SAME = 0.02  # an interval inside 1 ± 2 % means the same
INJECTED = 0.03  # what the control slows down by, and what must be found


class Controls(msgspec.Struct, frozen=True, kw_only=True):
    """What the controls came out as: `same` must not be slower or faster, `injected` be slower."""

    same: str
    injected: str
    same_interval: tuple[float, float] | None = None
    injected_interval: tuple[float, float] | None = None

    @property
    def hold(self) -> bool:
        return self.same in ("same", "undecided") and self.injected == "slower"


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """The answer for one workload.

    `ratio` is B's time over A's, `interval` its plain 99 % interval. `decision_interval` is the
    wider one that the answer rests on: Holm's and alpha spending's. `detectable` is the smallest
    change, as a share, that this data would have shown in 95 of 100 cases.
    """

    answer: str
    pairs: int
    ratio: float | None = None
    interval: tuple[float, float] | None = None
    decision_interval: tuple[float, float] | None = None
    detectable: float | None = None
    controls: Controls | None = None
    reason: str = ""

    @property
    def is_final(self) -> bool:
        """Whether more pairs would change nothing."""
        decided = self.answer in ("slower", "faster", "same") and self.controls is not None
        return self.answer in ("wrong", "failed", "skipped") or (
            decided and self.controls is not None and self.controls.hold
        )


def log_ratios(pairs: Sequence[MeasuredPair], side: str) -> list[float]:
    """Return log(side / A) of each pair."""
    return [compare_cycles(pair.blocks("a"), pair.blocks(side)) for pair in pairs]


def classify_change(found: Estimate, alpha: float, rejected: bool) -> str:
    """Return the answer at one look.

    `rejected`: Holm's procedure says there is a difference. The interval for `same` uses `alpha`,
    the share of this workload.
    """
    low, high = found.interval(alpha)
    if low >= 1 - SAME and high <= 1 + SAME:
        return "same"
    if rejected:
        return "slower" if found.mean > 0 else "faster"
    return "undecided"


def decide(measured: Mapping[str, Sequence[MeasuredPair]], most: int) -> dict[str, Decision]:
    """Return the answers for all workloads, from the pairs measured until now.

    Looks are replayed in their order, so the answer depends on nothing but the raw data. A workload
    that failed in a pair, or predicted something else, needs no look.
    """
    answers = {name: settle_early(pairs) for name, pairs in measured.items()}
    open_ = {name for name, answer in answers.items() if answer is None}
    looks = plan_looks(most)
    for look in looks:
        ready = {
            name
            for name in open_
            if len(measured[name]) >= look and not has_final(answers.get(name))
        }
        alpha = spend_alpha(looks, look)
        answers |= decide_look({n: measured[n][:look] for n in sorted(ready)}, alpha, len(open_))
    last = {name: answer for name, answer in answers.items() if answer is not None}
    waiting = {
        name: Decision(answer="undecided", pairs=len(measured[name]), reason="too few pairs")
        for name in answers
        if name not in last
    }
    return {name: (last | waiting)[name] for name in measured}


def plan_looks(most: int) -> dict[int, float]:
    """Return after how many pairs the data is looked at, and the share of each look.

    The last look is after `most` pairs: none is measured in vain.
    """
    return {pairs: share for pairs, share in LOOKS.items() if pairs < most} | {
        most: LOOKS.get(most, LAST_SHARE)
    }


def spend_alpha(looks: Mapping[int, float], look: int) -> float:
    """Return the level of one look: its share of ALPHA."""
    return ALPHA * looks[look] / sum(looks.values())


def has_final(answer: Decision | None) -> bool:
    return answer is not None and answer.is_final


def settle_early(pairs: Sequence[MeasuredPair]) -> Decision | None:
    """Return the answer of a workload that was not to be measured; None for all others."""
    for pair in pairs:
        if pair.failed:
            kind = "skipped" if pair.skipped else "failed"
            return Decision(answer=kind, pairs=len(pairs) - 1, reason=pair.failed)
        if any(pair.wrong):
            sides = zip(("A", "B", "the control"), pair.wrong, strict=False)
            side, calls = next(each for each in sides if each[1])
            said = f"{side} predicted something else in {count(calls, 'timed call')}"
            return Decision(answer="wrong", pairs=len(pairs), reason=said)
    return None


def decide_look(
    chosen: Mapping[str, Sequence[MeasuredPair]], alpha: float, family: int
) -> dict[str, Decision]:
    """Return the answers of one look at level `alpha`, for a family of so many workloads."""
    names = list(chosen)
    sides = {
        side: {name: estimate(log_ratios(chosen[name], side)) for name in names}
        for side in ("b", "same", "injected")
    }
    said = {side: classify_all(estimates, alpha, family) for side, estimates in sides.items()}
    own = alpha / max(1, family)
    found = {}
    for name in names:
        controls = Controls(
            same=said["same"][name],
            injected=said["injected"][name],
            same_interval=round_interval(sides["same"][name].interval(ALPHA)),
            injected_interval=round_interval(sides["injected"][name].interval(ALPHA)),
        )
        found[name] = make_decision(sides["b"][name], said["b"][name], controls, own)
    return found


def classify_all(estimates: Mapping[str, Estimate], alpha: float, family: int) -> dict[str, str]:
    """Return the answer of each workload at one look: Holm's procedure over `family` of them."""
    p_values = [each.p_value() for each in estimates.values()]
    p_values += [1.0] * (family - len(estimates))  # the others count in Holm's steps
    rejected = reject_by_holm(p_values, alpha)
    return {
        name: classify_change(found, alpha / max(1, family), rejected[index])
        for index, (name, found) in enumerate(estimates.items())
    }


def make_decision(found: Estimate, answer: str, controls: Controls, alpha: float) -> Decision:
    """Return an answer with its figures; void where a control has failed."""
    reason = ""
    if not controls.hold:
        reason = explain_controls(controls)
        answer = "void"
    return Decision(
        answer=answer,
        pairs=found.pairs,
        ratio=round(math.exp(found.mean), 5),
        interval=round_interval(found.interval(ALPHA)),
        decision_interval=round_interval(found.interval(alpha)),
        detectable=round(found.detectable(alpha), 4),
        controls=controls,
        reason=reason,
    )


def explain_controls(controls: Controls) -> str:
    """Return in words which control failed."""
    if controls.injected != "slower":
        return f"an injected slowdown of {INJECTED:.0%} was not found"
    return f"A came out {controls.same} than itself"


def round_interval(interval: tuple[float, float]) -> tuple[float, float]:
    """Return an interval with figures that mean something."""
    return round(interval[0], 5), round(interval[1], 5)


def pooled(pairs: Sequence[MeasuredPair], side: str) -> dict[str, float | int | None]:
    """Return the figures of one side over all pairs, nanoseconds; None where calls are too few."""
    measured = [pair for pair in pairs if not pair.failed]
    if not measured:
        return {}
    times = np.concatenate([pair.side(side) for pair in measured])
    named = {"minimum": 0, "p10": 10, "p50": 50, "p90": 90, "p99": 99}
    figures: dict[str, float | int | None] = {"calls": len(times)}
    figures |= {f"{name}_ns": percentile(times, percent) for name, percent in named.items()}
    figures["cpu_per_call_ns"] = sum(pair.cpu_per_call(side) for pair in measured) / len(measured)
    return figures
