"""CPU and GPU side by side: one row per path, as Markdown."""

from collections.abc import Iterable

from tabulate import tabulate

from harness.processes.facts import Device
from harness.report.summary import describe_environments, summarize
from harness.report.table import show_milliseconds, show_number
from harness.results.json_files import ResultFile
from harness.results.outcome import Outcome

HEADERS = [
    "scenario",
    "path",
    "verdict CPU",
    "verdict GPU",
    "error CPU",
    "error GPU",
    "p50 ms CPU",
    "p50 ms GPU",
    "rows/s CPU",
    "rows/s GPU",
]


def pair_devices(outcomes: Iterable[Outcome]) -> list[tuple[Outcome, Outcome]]:
    """Return (CPU outcome, GPU outcome) for every path that ran on both, by name."""
    by_device: dict[str, dict[tuple[str, str, int], Outcome]] = {"CPU": {}, "GPU": {}}
    for outcome in outcomes:
        key = (outcome.scenario, outcome.path, outcome.seed)
        by_device[outcome.device.split(":")[0]][key] = outcome
    both = sorted(by_device["CPU"].keys() & by_device["GPU"].keys())
    return [(by_device["CPU"][key], by_device["GPU"][key]) for key in both]


def write_device_report(document: ResultFile, gpu: Device) -> str:
    """Return the report: the hardware, a row per path, and the paths with two verdicts."""
    rows, disagreements = [], []
    for cpu, graphics in pair_devices(document.outcomes):
        sides = (cpu, graphics)
        errors = [side.statistics.max_absolute_error if side.statistics else None for side in sides]
        medians = [side.timing.p50_ms if side.timing else None for side in sides]
        rates = [side.timing.throughput_rows_per_second if side.timing else None for side in sides]
        rows.append(
            [
                cpu.scenario,
                cpu.path.removeprefix("restore_"),
                *(side.verdict for side in sides),
                *map(show_number, errors),
                *map(show_milliseconds, medians),
                *map(show_number, rates),
            ]
        )
        if cpu.verdict != graphics.verdict:
            said = f"{cpu.verdict} on the CPU, {graphics.verdict} on the GPU"
            disagreements.append(f"- {cpu.scenario} {cpu.path}: {said}")
    table = tabulate(rows, HEADERS, tablefmt="github", disable_numparse=True)
    title = f"# {gpu.model} (compute capability {gpu.compute_capability})"
    parts = [title, "\n".join(describe_environments(document.environments)), table]
    parts.append("\n".join(disagreements) or "Every path has the same verdict on both devices.")
    parts += [
        summarize(document.outcomes),
        f"Made by `make gpu-report` on {document.created}.",
    ]
    return "\n\n".join(parts) + "\n"
