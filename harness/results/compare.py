"""What changed between two sides: the outcomes of one environment against those of another.

Pure: takes records and arrays, gives differences. Where they come from is harness/cli/.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.execution.plan import OutcomeKey, identify
from harness.verdicts.agreement import compare_predictions
from harness.verdicts.messages import find_cause, normalise, read_alike
from harness.verdicts.rates import wilson_interval
from harness.verdicts.statistics import Array

Record = dict[str, Any]
Pair = tuple[Record, Record]

# What can be said of a path, most important first.
KINDS = {
    "regressed": "worked in A and does not in B",
    "verdict": "another verdict, neither of them a match",
    "error": "another error, or other words",
    "predictions": "the same model predicts other numbers, beyond the tolerance",
    "mended": "does not work in A and does in B",
    "draw": "another verdict on some seeds, no more than the draw explains",
    "incomparable": "the scenario file differs, or no seed is in both, so nothing can be said",
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
    environment: Record
    machine: Record
    outcomes: list[Record]
    predictions: Mapping[OutcomeKey, Array] = field(default_factory=dict)
    source: str = ""


@dataclass(frozen=True)
class Difference:
    """One path on one device: what kind of change, and its outcomes on both sides, by seed.

    `cause` is the same for paths that changed for the same reason; `reason` says it in words.
    """

    kind: str
    scenario: str
    path: str
    device: str
    dose: float | None
    before: list[Record]
    after: list[Record]
    reason: str = ""
    cause: str = ""


@dataclass(frozen=True)
class Comparison:
    """Two sides and every path of them; `title` says which two, such as "2.21 → nightly".

    `other_models` counts the paths whose numbers were not compared, since each side trained a model
    of its own and those differ; `by_statistics` those compared by their statistics alone.
    """

    title: str
    a: Side
    b: Side
    differences: list[Difference]
    other_models: int = 0
    by_statistics: int = 0

    def of(self, kind: str) -> list[Difference]:
        """Return the differences of one of KINDS."""
        return [each for each in self.differences if each.kind == kind]

    def group(self, kind: str) -> list[list[Difference]]:
        """Return the differences of a kind by cause, the cause of most paths first."""
        groups: dict[str, list[Difference]] = {}
        for each in self.of(kind):
            groups.setdefault(each.cause, []).append(each)
        return sorted(groups.values(), key=len, reverse=True)


def compare(a: Side, b: Side, title: str = "") -> Comparison:
    """Pair the outcomes of two sides and say of every path what changed."""
    before, after = gather(a, b), gather(b, a)
    differences, numbers = [], Counter[str]()
    for key in sorted(before.keys() | after.keys(), key=str):
        one, other = before.get(key, []), after.get(key, [])
        kind, reason, cause = classify(one, other, a, b, numbers)
        scenario, path, device, dose, _ = key
        differences.append(
            Difference(kind, scenario, path, device, dose, one, other, reason, cause or reason)
        )
    return Comparison(
        title or f"{a.label} → {b.label}",
        a,
        b,
        differences,
        numbers["other model"],
        numbers["statistics"],
    )


PathKey = tuple[str, str, str, float | None, str]


def gather(side: Side, other: Side) -> dict[PathKey, list[Record]]:
    """Return a side's outcomes by path, device and dose, in the order of their seeds.

    The writer tells outcomes apart only where a side has several of them for one path: comparing
    releases, each names its own.
    """
    split = any(has_several_writers(each.outcomes) for each in (side, other))
    paths: dict[PathKey, list[Record]] = {}
    for record in sorted(side.outcomes, key=lambda each: int(each["seed"])):
        key = (
            record["scenario"],
            record["path"],
            record["device"],
            record.get("dose"),
            record["writer"] if split else "",
        )
        paths.setdefault(key, []).append(record)
    return paths


def has_several_writers(records: Iterable[Record]) -> bool:
    """Say whether one path was restored from what several environments saved."""
    seen: dict[tuple[Any, ...], str] = {}
    return any(
        seen.setdefault((*identify(each)[:5],), each["writer"]) != each["writer"]
        for each in records
    )


def classify(
    one: list[Record], other: list[Record], a: Side, b: Side, numbers: Counter[str]
) -> tuple[str, str, str]:
    """Return kind, reason and cause of one path; counts in `numbers` how numbers were compared."""
    ran_a, ran_b = ([each for each in side if each["verdict"] != "skip"] for side in (one, other))
    if not ran_a and not ran_b:
        return "unchanged", "", ""
    by_seed = {each["seed"]: each for each in ran_b}
    pairs = [(each, by_seed[each["seed"]]) for each in ran_a if each["seed"] in by_seed]
    if not pairs:
        if ran_a and ran_b:
            return "incomparable", "the two have no seed in common", ""
        return (
            ("only_a", explain_absence(other), "")
            if ran_a
            else (
                "only_b",
                explain_absence(one),
                "",
            )
        )
    if any(each.get("source_sha256") != its.get("source_sha256") for each, its in pairs):
        return "incomparable", "the scenario file is another one", ""
    kind = compare_verdicts(pairs)
    if kind in ("regressed", "mended", "verdict"):
        return kind, *explain_change(pairs, kind)
    if kind == "draw":
        return kind, describe_verdicts(pairs), ""
    for each, its in pairs:
        if has_other_error(each, its):
            return "error", describe_error(its), f"{cause_of(each)} → {cause_of(its)}"
    ways = [
        compare_predictions(
            each, its, a.predictions.get(identify(each)), b.predictions.get(identify(its))
        )
        for each, its in pairs
    ]
    for way in ("other model", "statistics"):
        numbers[way] += any(said.startswith(way) for said in ways)
    beyond = next((said.split(": ", 1)[1] for said in ways if ": " in said), "")
    return ("predictions", beyond, "") if beyond else ("unchanged", "", "")


def explain_absence(records: list[Record]) -> str:
    """Say why a side has no outcome of a path."""
    return str((records[0]["error"] or {}).get("message", "skipped")) if records else "not run"


def works(record: Record) -> bool:
    """Say whether the restored model predicted what the saved one did."""
    return bool(record["verdict"] == "match")


def compare_verdicts(pairs: list[Pair]) -> str:
    """Return the kind of change that the verdicts of a path show, "" for none.

    Counts over seeds, not seed by seed: another release draws other weights. A path that fails on
    a declared share of seeds has changed only where the 95% intervals of the share that works do
    not meet; its one default seed, chosen to show the failure, counts as it is.
    """
    counts_a, counts_b = (Counter(pair[side]["verdict"] for pair in pairs) for side in (0, 1))
    if counts_a == counts_b:
        return ""
    worked, works_now = counts_a["match"], counts_b["match"]
    rated = any(list(record["declared_rate"]) != [1.0, 1.0] for pair in pairs for record in pair)
    if rated and not (len(pairs) == 1 and pairs[0][0]["default_seed"]):
        low_a, high_a = wilson_interval(worked, len(pairs))
        low_b, high_b = wilson_interval(works_now, len(pairs))
        return "regressed" if high_b < low_a else "mended" if high_a < low_b else "draw"
    if works_now == worked:
        return "verdict"
    return "regressed" if works_now < worked else "mended"


def explain_change(pairs: list[Pair], kind: str) -> tuple[str, str]:
    """Return (reason, cause) of a change of verdict, told by the side that does not work."""
    telling = 0 if kind == "mended" else 1
    failing = [pair for pair in pairs if not works(pair[telling])]
    record = next(
        (pair[telling] for pair in failing if pair[0]["verdict"] != pair[1]["verdict"]),
        failing[0][telling],
    )
    if record["error"]:
        return describe_error(record), cause_of(record)
    weights = {
        "equal": ": the weights arrived, the function changed",
        "changed": ": the weights did not arrive",
    }
    arrived = str((record["statistics"] or {}).get("weights"))
    said = f"{describe_verdicts(pairs)}{weights.get(arrived, '')}"
    return said, f"{record['verdict']} {arrived} {kind}"


def describe_verdicts(pairs: list[Pair]) -> str:
    """Return "match → zeros", over several seeds with how many of each."""
    return " → ".join(count_verdicts([pair[side] for pair in pairs]) for side in (0, 1))


def count_verdicts(records: list[Record]) -> str:
    """Return the verdict of one seed, or how many of several had which."""
    if not records:
        return "—"
    if len(records) == 1:
        return str(records[0]["verdict"])
    counts = Counter(each["verdict"] for each in records)
    return ", ".join(f"{counts[each]}/{len(records)} {each}" for each in sorted(counts))


def describe_error(record: Record) -> str:
    """Return type and message of an outcome's error, on one line."""
    error = record["error"] or {}
    return normalise(f"{error.get('type')}: {error.get('message', '')}")


def cause_of(record: Record) -> str:
    """Return what outcomes that failed for the same reason share."""
    error = record["error"] or {}
    return f"{record['verdict']} {error.get('type')}: {find_cause(str(error.get('message', '')))}"


def has_other_error(one: Record, other: Record) -> bool:
    """Say whether two outcomes of the same verdict failed in other ways."""
    if not one["error"] or not other["error"] or one["verdict"] != other["verdict"]:
        return False
    return not read_alike(describe_error(one), describe_error(other))


def any_regressed(comparisons: Iterable[Comparison]) -> bool:
    """Say whether something that worked no longer does: exit code 1."""
    return any(comparison.of("regressed") for comparison in comparisons)
