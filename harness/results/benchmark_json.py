"""Timings in pytest-benchmark's own format, so that `pytest-benchmark compare` reads two runs."""

from typing import Any

from pytest_benchmark.stats import Stats

from harness import __version__
from harness.results.outcome import OutcomeKey
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
    several = len({outcome.reader for outcome in run.outcomes}) > 1
    for outcome in run.outcomes:
        key = outcome.key
        if not samples.get(key):
            continue
        stats = Stats()
        for seconds in samples[key]:
            stats.update(seconds)
        device = "" if outcome.device == "CPU:0" else f"-{outcome.device}"
        reader = f"-{outcome.reader}" if several else ""
        name = f"{outcome.scenario}[{outcome.path}-{outcome.seed}{device}{reader}]"
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
