"""What changed between two sides: the outcomes of one environment against those of another.

Pure: takes outcomes and arrays, gives differences. Where they come from is harness/cli/.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from harness.results.change import (
    Pair,
    cause_of,
    describe_error,
    describe_verdicts,
    explain_absence,
    explain_change,
    has_other_error,
)
from harness.results.judgement import BUG
from harness.results.outcome import Outcome, OutcomeKey
from harness.results.run import MachineFacts, RunEnvironment
from harness.verdicts.agreement import compare_statistics, measure_difference, share_reference
from harness.verdicts.rates import wilson_interval
from harness.verdicts.statistics import Array

Kind = Literal[
    "regressed",
    "verdict",
    "error",
    "predictions",
    "mended",
    "draw",
    "incomparable",
    "only_a",
    "only_b",
    "unchanged",
]

# What can be said of a path, most important first.
KINDS: dict[Kind, str] = {
    "regressed": "worked in A and does not in B",
    "verdict": "another verdict, neither of them a match",
    "error": "another error, or other words",
    "predictions": "equal before it was saved, predicts other numbers now, beyond the tolerance",
    "mended": "does not work in A and does in B",
    "draw": "another verdict on some seeds, no more than the draw explains",
    "incomparable": "another scenario file, no seed in both, or a bug of ours: nothing can be said",
    "only_a": "no longer applies, or was not run in B",
    "only_b": "applies only in B, or was not run in A",
    "unchanged": "the same",
}


@dataclass(frozen=True)
class Side:
    """The outcomes of one environment. `label` is how it is called, such as "2.21".

    `source` says which runs or file it was taken from.
    """

    label: str
    environment: RunEnvironment
    machine: MachineFacts
    outcomes: list[Outcome]
    predictions: Mapping[OutcomeKey, Array] = field(default_factory=dict)
    source: str = ""


@dataclass(frozen=True)
class PathDifference:
    """One path on one device: what kind of change, and its outcomes on both sides, by seed.

    `cause` is the same for paths that changed for the same reason; `reason` says it in words.
    """

    kind: Kind
    scenario: str
    path: str
    device: str
    dose: float | None
    before: list[Outcome]
    after: list[Outcome]
    reason: str = ""
    cause: str = ""


@dataclass(frozen=True)
class RunComparison:
    """Two sides and every path of them; `title` says which two, such as "2.21 → nightly".

    `other_models` counts the paths whose numbers were not compared, since each side trained a model
    of its own and those differ; `by_statistics` those compared by their statistics alone.
    """

    title: str
    a: Side
    b: Side
    differences: list[PathDifference]
    other_models: int = 0
    by_statistics: int = 0

    def of(self, kind: Kind) -> list[PathDifference]:
        """Return the differences of one of KINDS."""
        return [each for each in self.differences if each.kind == kind]

    def group(self, kind: Kind) -> list[list[PathDifference]]:
        """Return the differences of a kind by cause, the cause of most paths first."""
        groups: dict[str, list[PathDifference]] = {}
        for each in self.of(kind):
            groups.setdefault(each.cause, []).append(each)
        return sorted(groups.values(), key=len, reverse=True)


def compare_sides(a: Side, b: Side, title: str = "") -> RunComparison:
    """Pair the outcomes of two sides and say of every path what changed."""
    before, after = collect_paths(a, b), collect_paths(b, a)
    differences, numbers = [], Counter[str]()
    for key in sorted(before.keys() | after.keys(), key=str):
        one, other = before.get(key, []), after.get(key, [])
        kind, reason, cause = classify(one, other, a, b, numbers)
        scenario, path, device, dose, _ = key
        differences.append(
            PathDifference(kind, scenario, path, device, dose, one, other, reason, cause or reason)
        )
    return RunComparison(
        title or f"{a.label} → {b.label}",
        a,
        b,
        differences,
        numbers["other model"],
        numbers["statistics"],
    )


PathKey = tuple[str, str, str, float | None, str]


def collect_paths(side: Side, other: Side) -> dict[PathKey, list[Outcome]]:
    """Return a side's outcomes by path, device and dose, in the order of their seeds.

    The writer tells outcomes apart only where a side has several of them for one path: comparing
    releases, each names its own.
    """
    split = any(has_several_writers(each.outcomes) for each in (side, other))
    paths: dict[PathKey, list[Outcome]] = {}
    for each in sorted(side.outcomes, key=lambda each: each.seed):
        key = (each.scenario, each.path, each.device, each.dose, each.writer if split else "")
        paths.setdefault(key, []).append(each)
    return paths


def has_several_writers(outcomes: Iterable[Outcome]) -> bool:
    """Say whether one path was restored from what several environments saved."""
    seen: dict[OutcomeKey, str] = {}
    return any(
        seen.setdefault(each.key._replace(writer="", reader=""), each.writer) != each.writer
        for each in outcomes
    )


def classify(
    one: list[Outcome], other: list[Outcome], a: Side, b: Side, numbers: Counter[str]
) -> tuple[Kind, str, str]:
    """Return kind, reason and cause of one path; counts in `numbers` how numbers were compared."""
    ran_a, ran_b = ([each for each in side if each.verdict != "skip"] for side in (one, other))
    if not ran_a and not ran_b:
        return "unchanged", "", ""
    by_seed = {each.seed: each for each in ran_b}
    pairs = [(each, by_seed[each.seed]) for each in ran_a if each.seed in by_seed]
    if not pairs:
        if ran_a and ran_b:
            return "incomparable", "the two have no seed in common", ""
        if ran_a:
            return "only_a", explain_absence(other), ""
        return "only_b", explain_absence(one), ""
    if any(each.source_sha256 != its.source_sha256 for each, its in pairs):
        return "incomparable", "the scenario file is another one", ""
    if any(each.error and each.error.type == BUG for pair in pairs for each in pair):
        return "incomparable", "a bug of restorebench ended it", ""
    kind = compare_verdicts(pairs)
    if kind in ("regressed", "mended", "verdict"):
        return kind, *explain_change(pairs, kind)
    if kind == "draw":
        return kind, describe_verdicts(pairs), ""
    for each, its in pairs:
        if has_other_error(each, its):
            return "error", describe_error(its), f"{cause_of(each)} → {cause_of(its)}"
    ways = [
        compare_predictions(each, its, a.predictions.get(each.key), b.predictions.get(its.key))
        for each, its in pairs
    ]
    for way in ("other model", "statistics"):
        numbers[way] += any(said.startswith(way) for said in ways)
    beyond = next((said.split(": ", 1)[1] for said in ways if ": " in said), "")
    return ("predictions", beyond, "") if beyond else ("unchanged", "", "")


def compare_predictions(
    one: Outcome, other: Outcome, left: Array | None, right: Array | None
) -> str:
    """Return how numbers were compared, and after ": " by how much they differ, if they do.

    "" where there is nothing to compare: `zeros` are zeros on both sides, whatever their rounding.
    """
    if one.verdict != other.verdict or one.verdict == "zeros":
        return ""
    if one.statistics is None or other.statistics is None:
        return ""
    if not have_same_reference(one, other):
        return "other model"
    if left is not None and right is not None:
        dtypes = (one.statistics.dtype, other.statistics.dtype)
        beyond = measure_difference(left, right, one.device, dtypes)
        return f"predictions: {beyond}" if beyond else "predictions"
    beyond = compare_statistics(one.statistics, other.statistics)
    return f"statistics: {beyond}" if beyond else "statistics"


def have_same_reference(one: Outcome, other: Outcome) -> bool:
    """Say whether both models predicted the same before they were saved."""
    if one.reference_sha256 and other.reference_sha256:
        return one.reference_sha256 == other.reference_sha256
    return share_reference(one.statistics, other.statistics)


def compare_verdicts(pairs: list[Pair]) -> Kind | Literal[""]:
    """Return the kind of change that the verdicts of a path show, "" for none.

    Counts over seeds, not seed by seed: another release draws other weights. A path that fails on
    a declared share of seeds has changed only where the 95% intervals of the share that works do
    not meet; its one default seed, chosen to show the failure, counts as it is.
    """
    counts_a, counts_b = (Counter(pair[side].verdict for pair in pairs) for side in (0, 1))
    if counts_a == counts_b:
        return ""
    worked, works_now = counts_a["match"], counts_b["match"]
    rated = any(each.declared_rate != (1.0, 1.0) for pair in pairs for each in pair)
    if rated and not (len(pairs) == 1 and pairs[0][0].default_seed):
        low_a, high_a = wilson_interval(worked, len(pairs))
        low_b, high_b = wilson_interval(works_now, len(pairs))
        return "regressed" if high_b < low_a else "mended" if high_a < low_b else "draw"
    if works_now == worked:
        return "verdict"
    return "regressed" if works_now < worked else "mended"


def any_regressed(comparisons: Iterable[RunComparison]) -> bool:
    """Say whether something that worked no longer does: exit code 1."""
    return any(comparison.of("regressed") for comparison in comparisons)
