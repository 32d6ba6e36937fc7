"""Timings in pytest-benchmark's own format, so that `pytest-benchmark compare` reads two runs."""

from typing import Any

from pytest_benchmark.stats import Stats

from harness import __version__
from harness.results.outcome import Outcome, OutcomeKey
from harness.results.run import Run

FIELDS = (
    "min",
    "max",
    "mean",
    "stddev",
    "rounds",
    "median",
    "iqr",
    "q1",
    "q3",
    "iqr_outliers",
    "stddev_outliers",
    "outliers",
    "ld15iqr",
    "hd15iqr",
    "ops",
    "total",
)


def make_benchmarks(run: Run, samples: dict[OutcomeKey, list[float]]) -> dict[str, Any]:
    """Return the document; `samples` holds seconds per steady call of every timed outcome."""
    benchmarks = []
    sides = {side: {getattr(each, side) for each in run.outcomes} for side in ("writer", "reader")}
    for outcome in run.outcomes:
        key = outcome.key
        if not samples.get(key):
            continue
        stats = Stats()
        for seconds in samples[key]:
            stats.update(seconds)
        name = name_benchmark(outcome, [side for side, names in sides.items() if len(names) > 1])
        benchmarks.append(
            {
                "group": outcome.scenario,
                "name": name,
                "fullname": f"restorebench::{name}",
                "params": {name: getattr(outcome, name) for name in ("path", "seed", "device")},
                "param": outcome.path,
                "extra_info": {"verdict": outcome.verdict, "reader": outcome.reader},
                "options": {"timer": "perf_counter_ns", "warmup": True, "disable_gc": True},
                "stats": {field: getattr(stats, field) for field in FIELDS} | {"iterations": 1},
            }
        )
    return {
        "machine_info": {
            "node": "",
            "system": run.machine.system,
            "python_version": run.machine.python,
            "cpu": {"brand_raw": run.machine.processor},
        },
        "commit_info": {"id": "unknown", "time": run.created, "dirty": False},
        "benchmarks": benchmarks,
        "datetime": run.created,
        "version": f"restorebench-{__version__}",
    }


def name_benchmark(outcome: Outcome, sides: list[str]) -> str:
    """Return a name that no other outcome of the run has; `sides` says where it has several.

    Where each environment restores what it saved itself, the reader alone tells them apart.
    """
    words = [outcome.path, str(outcome.seed)]
    words += [] if outcome.device == "CPU:0" else [outcome.device]
    words += [] if outcome.dose is None else [f"dose {outcome.dose!r}"]
    if outcome.writer != outcome.reader and "writer" in sides:
        words.append(f"from {outcome.writer}")
    words += [outcome.reader] if "reader" in sides else []
    return f"{outcome.scenario}[{'-'.join(words)}]"
