"""Many releases in one run: the results of each release, and where a verdict changes."""

import math
from collections import Counter

from harness.environments.releases import RELEASES
from harness.report.layout import UNLIMITED, Layout, draw_table
from harness.report.table import show_exactly
from harness.results.json_files import ResultFile
from harness.results.judgement import group_by_path
from harness.results.outcome import Outcome
from harness.verdicts.names import SEVERITY

HEADERS = [
    "release",
    "TensorFlow",
    "Keras",
    "Python",
    "numpy",
    "ran",
    "as declared",
    "changed",
    "undeclared",
    "not applicable",
]


def has_releases(document: ResultFile) -> bool:
    """Return whether more than one environment restored."""
    return len({each.reader for each in document.outcomes}) > 1


def name_releases(document: ResultFile) -> dict[str, str]:
    """Return the label of each environment in tables, by its name, in the run's order."""
    named: dict[str, str] = {}
    for each in document.environments:
        named.setdefault(each.name, each.release or each.tensorflow)
    for outcome in document.outcomes:
        named.setdefault(outcome.reader, outcome.reader.removeprefix("tensorflow-"))
    return named


def make_release_table(document: ResultFile, layout: Layout = UNLIMITED) -> str:
    """Return a row per environment that restored: versions, and the number of paths by result."""
    named = name_releases(document)
    rows = []
    for each in document.environments:
        mine = [one for one in document.outcomes if one.reader == each.name]
        if not mine:
            continue
        paths = group_by_path(mine)
        ran = [group[0] for group in paths if group[0].verdict != "skip"]
        judged = Counter(outcome.judgement for outcome in ran)
        keras = ("tf_keras " if each.keras_home == "tf_keras" else "") + str(each.keras)
        rows.append(
            [
                named[each.name],
                each.tensorflow,
                keras,
                each.python,
                each.numpy,
                len(ran),
                judged["expected"],
                judged["changed"],
                judged[None],
                len(paths) - len(ran),
            ]
        )
    if not any(row[8] for row in rows):  # nothing undeclared
        rows, headers = [row[:8] + row[9:] for row in rows], HEADERS[:8] + HEADERS[9:]
    else:
        headers = HEADERS
    return draw_table(headers, rows, layout, expendable=("Python", "numpy"), whole=headers[:3])


def make_span_table(document: ResultFile, layout: Layout = UNLIMITED) -> str:
    """Return a row per path that ran: its verdicts, each with the releases that gave it."""
    named = name_releases(document)
    order = {name: index for index, name in enumerate(named)}
    split = any(each.writer != each.reader and each.writer in named for each in document.outcomes)
    rows: dict[tuple[str, str, str, float, str], dict[str, list[Outcome]]] = {}
    for group in group_by_path(document.outcomes):
        first = group[0]
        writer = named.get(first.writer, "") if split else ""
        dose = -math.inf if first.dose is None else first.dose
        key = (first.scenario, first.path, first.device, dose, writer)
        rows.setdefault(key, {})[first.reader] = group
    shown = []
    for (scenario, path, device, dose, writer), cells in sorted(rows.items()):
        ran = {name: group for name, group in cells.items() if group[0].verdict != "skip"}
        if not ran:
            continue
        judged = {
            wanted: [name for name, group in ran.items() if group[0].judgement == wanted]
            for wanted in ("changed", "expected")
        }
        spans = {
            wanted: join_spans(sorted(order[name] for name in names), list(named.values()))
            for wanted, names in judged.items()
        }
        answer = f"no: {spans['changed']}" if judged["changed"] else ""
        if judged["expected"] and not answer:
            whole = len(judged["expected"]) == len(ran)
            answer = "yes" if whole else f"yes: {spans['expected']}"
        shown.append(
            [
                scenario,
                path.removeprefix("restore_"),
                device,
                show_exactly(dose) if math.isfinite(dose) else "",
                writer,
                describe_spans(ran, order, list(named.values())),
                answer,
            ]
        )
    headers = [
        "scenario",
        "path",
        "device",
        "dose",
        "saved by",
        "verdict and its releases",
        "expected?",
    ]
    constant = {
        column
        for column, usual in ((2, "CPU:0"), (3, ""), (4, ""))
        if all(row[column] == usual for row in shown)
    }
    shown.sort(key=lambda row: not row[6].startswith("no"))
    kept = [index for index in range(len(headers)) if index not in constant]
    return draw_table(
        [headers[index] for index in kept],
        [[row[index] for index in kept] for row in shown],
        layout,
        verdicts=("verdict and its releases", "expected?"),
    )


def describe_spans(
    cells: dict[str, list[Outcome]], order: dict[str, int], labels: list[str]
) -> str:
    """Return "zeros 2.4-2.15; error 2.16-2.21": the gravest verdict first."""
    found: dict[str, list[int]] = {}
    for name, group in cells.items():
        found.setdefault(describe_cell(group), []).append(order[name])
    gravest = sorted(found, key=lambda cell: SEVERITY.index(cell.split()[0]))
    return "; ".join(f"{cell} {join_spans(sorted(found[cell]), labels)}" for cell in gravest)


def describe_cell(group: list[Outcome]) -> str:
    """Return a path's verdict in one release; for several seeds, the commonest and its count."""
    verdicts = Counter(outcome.verdict for outcome in group)
    verdict, hits = verdicts.most_common(1)[0]
    return verdict if len(group) == 1 else f"{verdict} {hits}/{len(group)}"


def join_spans(indices: list[int], labels: list[str]) -> str:
    """Return "2.4-2.10, 2.13" for the releases at these positions of the run's order.

    A dash joins only releases that follow each other in the run, so no range includes a release
    that was not run.
    """
    known = list(RELEASES)
    spans: list[list[str]] = []
    for label in (labels[index] for index in indices):
        last = spans[-1][-1] if spans else ""
        follows = {last, label} <= RELEASES.keys() and known.index(label) - known.index(last) == 1
        if follows:
            spans[-1].append(label)
        else:
            spans.append([label])
    return ", ".join(
        f"{span[0]}-{span[-1]}" if len(span) > 2 else ", ".join(span) for span in spans
    )
