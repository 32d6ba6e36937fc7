"""What a release changed, as text: most important first, each reason once with all its paths."""

from collections import Counter

from harness.errors import count
from harness.report.layout import UNLIMITED, Layout, draw_table, write_prose
from harness.report.table import show_exactly
from harness.results.change import count_verdicts, describe_error
from harness.results.compare import (
    KINDS,
    Kind,
    PathDifference,
    RunComparison,
)
from harness.results.outcome import Outcome
from harness.results.run import MachineFacts, RunEnvironment
from harness.verdicts.messages import find_other_words, normalise, shorten

# Of paths, in the order of KINDS; {a} and {b} are the labels of the two sides.
HEADINGS: dict[Kind, str] = {
    "regressed": "Worked in {a}, no longer works in {b}",
    "verdict": "Another verdict, without a match in either",
    "error": "Another error or error message",
    "predictions": "The same model, other numbers",
    "mended": "Works in {b}, did not work in {a}",
    "draw": "Another verdict on some seeds, within what chance explains",
    "incomparable": "Not comparable",
    "only_a": "Ran only in {a}",
    "only_b": "Ran only in {b}",
    "unchanged": "Unchanged",
}
BRIEF = ("incomparable", "only_a", "only_b")  # a line per reason is enough
LONGEST = 300  # characters shown of a message


def present_comparisons(
    comparisons: list[RunComparison], layout: Layout = UNLIMITED, everything: bool = False
) -> str:
    """Return every comparison as text; with `everything`, list unchanged paths too."""
    shown = "\n\n\n".join(present_comparison(each, layout, everything) for each in comparisons)
    if len(comparisons) == 1:
        return shown
    answers = [f"- {each.title}: {conclude(each)}" for each in comparisons]
    return write_prose("\n".join(answers), layout) + f"\n\n\n{shown}"


def present_comparison(comparison: RunComparison, layout: Layout, everything: bool) -> str:
    """Return one comparison: both environments, the conclusion, and a section per kind."""
    blocks = [write_prose(say(comparison), layout) for say in (describe_sides, conclude)]
    for kind in KINDS:
        if comparison.of(kind) and (kind != "unchanged" or everything):
            blocks.append(present_kind(comparison, kind, layout, everything))
    blocks.append(write_prose(summarize_comparison(comparison), layout))
    return "\n\n".join(blocks)


def describe_sides(comparison: RunComparison) -> str:
    """Return the title, a line per environment, and the machines if they differ."""
    a, b = comparison.a, comparison.b
    width = max(len(a.label), len(b.label))
    lines = [comparison.title]
    for side in (a, b):
        source = f" ({side.source})" if side.source and side.source not in side.label else ""
        lines.append(f"{side.label:<{width}}  {spell_environment(side.environment)}{source}")
    machines = [spell_machine(side.machine) for side in (a, b)]
    if machines[0] != machines[1]:
        lines += [
            f"{side.label:<{width}}  ran on {machine}"
            for side, machine in zip((a, b), machines, strict=True)
        ]
    return "\n".join(lines)


def spell_environment(environment: RunEnvironment) -> str:
    """Return the versions of an environment on one line."""
    return (
        f"TensorFlow {environment.tensorflow}, {environment.keras_home} {environment.keras},"
        f" numpy {environment.numpy}, Python {environment.python}"
    )


def spell_machine(machine: MachineFacts) -> str:
    """Return the parts of the machine on which rounding may depend."""
    return f"{machine.processor or '?'}, {machine.system or '?'}"


def conclude(comparison: RunComparison) -> str:
    """Say in one sentence whether something that worked no longer works."""
    regressed, a, b = comparison.of("regressed"), comparison.a.label, comparison.b.label
    if all(each.kind in BRIEF for each in comparison.differences):
        return f"No path of {a} can be compared with {b}."
    if not regressed:
        return f"Nothing that worked in {a} fails in {b}."
    reasons = count(len(comparison.group("regressed")), "reason")
    verb = "works" if len(regressed) == 1 else "work"
    return (
        f"REGRESSED: {count(len(regressed), 'path')} that worked in {a} no longer {verb} in {b},"
        f" for {reasons}."
    )


def present_kind(comparison: RunComparison, kind: Kind, layout: Layout, everything: bool) -> str:
    """Return the section of one kind of change; the reason with the most paths comes first."""
    found = comparison.of(kind)
    heading = HEADINGS[kind].format(a=comparison.a.label, b=comparison.b.label)
    title = write_prose(f"{heading}: {count(len(found), 'path')}", layout)
    if kind in BRIEF and not everything:
        lines = [
            f"  {count(len(group), 'path')}: {normalise(group[0].reason)}"
            for group in comparison.group(kind)
        ]
        return write_prose("\n".join([title, *lines]), layout)
    if kind in ("unchanged", "draw", "predictions"):
        return f"{title}\n\n{make_path_table(comparison, found, layout)}"
    blocks = []
    for number, group in enumerate(comparison.group(kind), 1):
        blocks.append(write_prose(f"{number}. {explain_group(group[0])}", layout))
        blocks.append(make_path_table(comparison, group, layout))
    return "\n\n".join(blocks if kind == "regressed" else [title, *blocks])  # `conclude` said it


def explain_group(difference: PathDifference) -> str:
    """Return why the paths of a group changed, according to their errors and weights."""
    before, after = difference.before[-1:], difference.after[-1:]
    if difference.kind == "error":
        said = [shorten(describe_error(each[0]), LONGEST) for each in (before, after)]
        if said[0] != said[1]:
            return f"was: {said[0]}\n   now: {said[1]}"
        gone, new = find_other_words(*(describe_error(each[0]) for each in (before, after)))
        return (
            f"{said[1]}\n   words that disappeared: {' '.join(gone[:20]) or 'none'}"
            f"\n   new words: {' '.join(new[:20]) or 'none'}"
        )
    told = "was: " if difference.kind == "mended" and before[0].error else ""
    return told + shorten(difference.reason, LONGEST)


def make_path_table(
    comparison: RunComparison, differences: list[PathDifference], layout: Layout
) -> str:
    """Return a row per path: its verdict on both sides; device, dose and remark if they vary."""
    columns = [
        ("scenario", [each.scenario for each in differences], None),
        ("path", [each.path.removeprefix("restore_") for each in differences], None),
        ("device", [each.device for each in differences], "CPU:0"),
        (
            "dose",
            ["" if each.dose is None else show_exactly(each.dose) for each in differences],
            "",
        ),
        ("saved by", [name_writer(each) for each in differences], ""),
        (comparison.a.label, [count_verdicts(each.before) for each in differences], None),
        (comparison.b.label, [count_verdicts(each.after) for each in differences], None),
        (
            "numbers",
            [each.reason if each.kind == "predictions" else "" for each in differences],
            "",
        ),
    ]
    shown = [(name, cells) for name, cells, usual in columns if set(cells) != {usual}]
    rows = list(zip(*(cells for _, cells in shown), strict=True))
    labels = (comparison.a.label, comparison.b.label)
    return draw_table([name for name, _ in shown], rows, layout, verdicts=labels)


def name_writer(difference: PathDifference) -> str:
    """Return the environment that saved for both sides, "" if each side saved its own files."""
    outcomes = [*difference.before, *difference.after]
    writers = {each.writer for each in outcomes}
    readers = {each.reader for each in outcomes}
    return "" if len(writers) > 1 or writers <= readers else writers.pop()


def summarize_comparison(comparison: RunComparison) -> str:
    """Return the number of paths of every kind, and how far numbers were compared."""
    names = {
        "verdict": "with another verdict",
        "error": "with another error",
        "predictions": "with other numbers",
        "draw": "by chance",
        "incomparable": "not comparable",
        "only_a": f"in {comparison.a.label} only",
        "only_b": f"in {comparison.b.label} only",
    }
    counts = Counter(each.kind for each in comparison.differences)
    told = [f"{counts[kind]} {names.get(kind, kind)}" for kind in KINDS if counts[kind]]
    sentences = [f"Paths: {', '.join(told) or 'none'}."]
    if comparison.other_models:
        sentences.append(
            f"The numbers of {count(comparison.other_models, 'path')} were not compared: the two"
            " trained models differ, by rounding or more."
        )
    if comparison.by_statistics:
        sentences.append(
            f"The numbers of {count(comparison.by_statistics, 'path')} were compared only by their"
            " statistics: predictions are in the database, not in result files."
        )
    return " ".join(sentences)


def make_document(comparisons: list[RunComparison]) -> dict[str, object]:
    """Return the comparisons as `diff --json` writes them (docs/reference/differences.md)."""
    return {"schema": 1, "comparisons": [describe_comparison(each) for each in comparisons]}


def describe_comparison(comparison: RunComparison) -> dict[str, object]:
    """Return both sides of a comparison and every difference."""
    sides = {
        name: {"label": side.label, "environment": side.environment, "machine": side.machine}
        for name, side in (("a", comparison.a), ("b", comparison.b))
    }
    return {
        "title": comparison.title,
        **sides,
        "counts": {kind: len(comparison.of(kind)) for kind in KINDS},
        "other_models": comparison.other_models,
        "by_statistics": comparison.by_statistics,
        "differences": [describe_difference(each) for each in comparison.differences],
    }


def describe_difference(difference: PathDifference) -> dict[str, object]:
    """Return one path's difference; verdict and error by seed."""
    names = ("kind", "scenario", "path", "device", "dose", "reason")
    return {name: getattr(difference, name) for name in names} | {
        "before": [describe_outcome(each) for each in difference.before],
        "after": [describe_outcome(each) for each in difference.after],
    }


def describe_outcome(outcome: Outcome) -> dict[str, object]:
    """Return the part of an outcome that a difference shows; the run holds the rest."""
    error = outcome.error
    return {
        "seed": outcome.seed,
        "writer": outcome.writer,
        "reader": outcome.reader,
        "verdict": outcome.verdict,
        "error": {"type": error.type, "message": error.message} if error else None,
    }
