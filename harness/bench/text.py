"""The result of a run as text: a table for each comparison, then its sentences."""

from harness.bench.answers import BenchResult, ComparisonAnswer, WorkloadAnswer
from harness.bench.compare import Drift
from harness.bench.decide import INJECTED, SAME
from harness.bench.history import Relative, list_followed
from harness.bench.selftest import SUBSET, RuleRecord
from harness.report.layout import Layout, draw_table, fill_lines

BUSY = 0.5  # load average per core from which the machine is said to be busy
STOLEN = 0.01
MANY = 2  # from here a ratio is told as a multiple, below it in %
EXPLANATIONS = {
    "same": f"the interval lies inside ±{SAME:.0%}",
    "undecided": "the data does not say",
    "void": "a control failed: the comparison proves nothing",
    "wrong": "the predictions are not those of A",
    "failed": "could not be measured",
    "skipped": "does not apply",
}


def describe_result(result: BenchResult, layout: Layout, cores: int) -> str:
    """Return the whole result as text."""
    blocks = [describe_answers(each, layout, cores) for each in result.environments]
    if len(result.environments) > 1 and (followed := list_followed(result)):
        blocks.append(describe_history(followed, layout))
    if result.selftest:
        blocks.append(describe_rules(result.selftest, layout))
    if not result.complete:
        blocks.append(
            fill_lines(
                f"Run {result.run} has not come to its end: these are the pairs until now.",
                layout.width,
            )
        )
    return "\n\n".join(blocks)


def describe_answers(comparison: ComparisonAnswer, layout: Layout, cores: int) -> str:
    """Return heading, table and sentences of one comparison."""
    a, b = comparison.a, comparison.b
    heading = [
        f"A  {a.label}: TensorFlow {a.environment.tensorflow}, Keras {a.environment.keras}",
        f"B  {b.label}: TensorFlow {b.environment.tensorflow}, Keras {b.environment.keras}",
    ]
    if comparison.device != "CPU:0":
        heading.append(f"Both on {comparison.device}, until the result is back on the CPU.")
    if a.lock == b.lock:
        heading.append("A and B hold the same packages.")
    rows = [describe_row(each) for each in comparison.workloads]
    columns = ["workload", "answer", "A", "B", "B / A", "99 % interval", "pairs"]
    table = draw_table(columns, rows, layout, right=columns[2:])
    sentences = [describe_answer(each) for each in comparison.workloads]
    told = [fill_lines(each, layout.width) for each in sentences if each]
    machine = describe_busy_machine(comparison, cores)
    told += [fill_lines(machine, layout.width)] if machine else []
    return "\n".join([*heading, "", table, *([""] if told else []), *told])


def describe_row(found: WorkloadAnswer) -> list[str]:
    """Return the row of one workload; a figure that is not carried is "-"."""
    interval = found.interval
    return [
        found.workload,
        found.answer,
        show_time(found.a.get("p10_ns")),
        show_time(found.b.get("p10_ns")),
        "-" if found.ratio is None else f"{found.ratio:.3f}",
        "-" if interval is None else f"{interval[0]:.3f}-{interval[1]:.3f}",
        str(found.pairs),
    ]


def describe_answer(found: WorkloadAnswer) -> str:
    """Return the sentence that an answer needs; "" where the table says it all."""
    if found.ratio and found.ratio >= MANY and found.answer == "slower":
        return f"{found.workload}: B takes {found.ratio:.1f} times as long as A."
    if found.answer in ("slower", "faster") and found.ratio:
        return f"{found.workload}: B is {abs(found.ratio - 1):.1%} {found.answer} than A."
    if found.answer == "undecided":
        limit = found.detectable
        shows = f"; this data would show a change of {limit:.1%} or more" if limit else ""
        return f"{found.workload}: undecided{shows or f' ({found.reason})'}."
    if found.answer in ("void", "wrong", "failed", "skipped"):
        return f"{found.workload}: {EXPLANATIONS[found.answer]}: {found.reason}."
    return ""


def describe_history(relatives: list[Relative], layout: Layout) -> str:
    """Return the time in each release relative to the first, a row per workload."""
    releases = dict.fromkeys(each.release for each in relatives)
    rows = []
    for workload in dict.fromkeys(each.workload for each in relatives):
        mine = {each.release: each for each in relatives if each.workload == workload}
        rows.append([workload, *(show_relative(mine.get(release)) for release in releases)])
    columns = ["workload", *releases]
    table = draw_table(columns, rows, layout, right=columns[1:])
    told = [f"Time relative to {next(iter(releases))} (less is faster)", "", table]
    if not all(each.certain for each in relatives):
        said = f"?: up to here {INJECTED:.0%} injected were not found in a comparison."
        told += ["", fill_lines(f"{said} Take smaller changes for noise.", layout.width)]
    return "\n".join(told)


def show_relative(relative: Relative | None) -> str:
    """Return a ratio with two figures after the point, and "?" where a control has failed."""
    if relative is None or relative.ratio is None:
        return "-"
    return f"{relative.ratio:.2f}{'' if relative.certain else '?'}"


def describe_drifts(drifts: list[Drift], layout: Layout) -> str:
    """Return what has changed since a baseline, as a table and its reasons."""
    rows = []
    for each in drifts:
        ratio = "-" if each.ratio is None else f"{each.ratio:.3f}"
        low, high = each.interval or (0.0, 0.0)
        interval = f"{low:.3f} to {high:.3f}" if each.interval else "-"
        rows.append([each.workload, each.answer, ratio, interval])
    columns = ["workload", "answer", "run / baseline", "interval"]
    table = draw_table(columns, rows, layout, right=columns[2:])
    reasons = [f"{each.workload}: {each.reason}." for each in drifts if each.reason]
    return "\n".join([table, *([""] if reasons else []), *reasons])


def describe_rules(records: list[RuleRecord], layout: Layout) -> str:
    """Return false alarms and power of every rule, a table for each workload."""
    blocks = []
    for workload in dict.fromkeys(each.workload for each in records):
        mine = [each for each in records if each.workload == workload]
        injected = list(mine[0].power)
        names = ["loop 3 %" if each == "injected" else each for each in injected]
        rows = [
            [each.rule, f"{each.false_alarms:.1%}", *(f"{each.power[one]:.0%}" for one in injected)]
            for each in mine
        ]
        columns = ["rule", "false alarms", *names]
        table = draw_table(columns, rows, layout, right=columns[1:])
        blocks.append(f"{workload}: what each rule makes of the same raw blocks\n\n{table}")
    blocks.append(
        fill_lines(
            "False alarms: A against itself came out slower (for bench: or faster). The other"
            " columns: how often a slowdown that was really injected was found. bench is judged"
            f" at its look after {SUBSET} pairs, on subsets of the pairs.",
            layout.width,
        )
    )
    return "\n\n".join(blocks)


def describe_busy_machine(comparison: ComparisonAnswer, cores: int) -> str:
    """Return a sentence about a machine that was busy, else ""."""
    load, stolen = comparison.load_average, comparison.stolen
    told = []
    if load is not None and load > cores * BUSY + 1:  # one is our own
        told.append(f"the load average was {load:.1f} on {cores} cores")
    if stolen is not None and stolen > STOLEN:
        told.append(f"other virtual machines took {stolen:.1%} of the time")
    if not told:
        return ""
    return (
        f"The machine was busy: {', and '.join(told)}. The controls (A against itself,"
        f" A with {INJECTED:.0%} injected) say whether the answers hold all the same."
    )


def show_time(nanoseconds: float | int | None) -> str:
    """Return a time with three figures and its unit."""
    if nanoseconds is None:
        return "-"
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if nanoseconds >= 0.9995 * size:  # below, three figures do not round up to the next unit
            return f"{nanoseconds / size:.3g} {unit}"
    return f"{nanoseconds:.0f} ns"
