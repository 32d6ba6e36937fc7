"""What `bench` refuses before anything is started."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.releases_option import split_releases
from harness.errors import UsageError
from harness.program import command_line

if TYPE_CHECKING:
    from harness.bench.request import BenchRequest

FEWEST_PAIRS, MOST_PAIRS = 5, 100
DEVICES = ("cpu", "gpu")


def choose_environments(words: list[str], releases: list[str]) -> list[str]:
    """Return the environments in their order; raises UsageError unless there are two or more."""
    from harness.environments.resolve import check_name, make_absolute

    names = split_releases(words) + releases
    if len(names) < 2:
        raise UsageError(
            "bench compares two environments",
            f"given: {', '.join(names) or 'none'}",
            command_line("bench 2.20 2.21"),
        )
    for name in names:
        check_name(name)
    return [make_absolute(name) for name in names]


def check_bench_request(request: "BenchRequest") -> None:
    """Raise UsageError for what cannot be measured, before anything is started."""
    from harness.bench.prepare import check_own
    from harness.bench.run import list_workloads_of

    for option, path in (
        ("--model", request.model),
        ("--inputs", request.inputs),
        ("--code", request.code),
    ):
        if path is not None and not Path(path).exists():
            raise UsageError(f"there is no file {path}", "", f"{option} needs a file")
        if path is not None and request.model is None:
            raise UsageError(f"{option} needs --model", "", "name your saved model: --model FILE")
    if request.model is not None and request.inputs is None:
        raise UsageError(
            "--model needs --inputs", "", "save a batch with numpy: np.save('x.npy', x)"
        )
    if not FEWEST_PAIRS <= request.most_pairs <= MOST_PAIRS:
        raise UsageError(
            f"--pairs must be between {FEWEST_PAIRS} and {MOST_PAIRS}",
            f"given: {request.most_pairs}",
            "fewer pairs decide nothing",
        )
    if request.device not in DEVICES:
        raise UsageError(f"unknown device: {request.device}", "", "use --device cpu or gpu")
    if request.priority and getattr(os, "geteuid", int)() != 0:
        raise UsageError("--priority needs root", "", "leave it out, or run as root")
    list_workloads_of(request)
    check_own(request)
