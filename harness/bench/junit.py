"""A result of `bench` as JUnit XML and as GitHub's workflow commands, for CI servers."""

from collections.abc import Iterator
from pathlib import Path

from junitparser import Failure, JUnitXml, Skipped, TestCase, TestSuite

from harness.bench.answers import BenchResult, WorkloadAnswer
from harness.errors import EnvironmentUnusable
from harness.report.annotations import escape_data, escape_property
from harness.verdicts.messages import normalise

FAILURES = ("slower", "wrong", "void", "failed")
SKIPPED = ("undecided", "skipped")


def make_bench_junit(result: BenchResult) -> JUnitXml:
    """Return a suite per pair of environments and a case per workload.

    Failures: slower, wrong predictions, a control that failed, and what could not be measured.
    """
    document = JUnitXml("restorebench bench")
    for comparison in result.environments:
        a, b = comparison.a, comparison.b
        suite = TestSuite(normalise(f"{a.label} → {b.label}"))
        for name, side in (("a", a), ("b", b)):
            suite.add_property(f"{name}.label", normalise(side.label))
            suite.add_property(f"{name}.tensorflow", normalise(side.environment.tensorflow))
            suite.add_property(f"{name}.keras", normalise(str(side.environment.keras)))
        for found in comparison.workloads:
            suite.add_testcase(make_workload_case(found))
        suite.update_statistics()
        document.add_testsuite(suite)
    document.update_statistics()
    return document


def make_workload_case(found: WorkloadAnswer) -> TestCase:
    """Return the case of one workload: failed, skipped or passed."""
    case = TestCase(normalise(found.workload), "bench", 0.0)
    told = tell_answer(found)
    if found.answer in FAILURES:
        case.result = [Failure(normalise(told), found.answer)]
    elif found.answer in SKIPPED:
        case.result = [Skipped(normalise(told))]
    else:
        case.system_out = normalise(told)
    return case


def tell_answer(found: WorkloadAnswer) -> str:
    """Return an answer as one line."""
    figures = ""
    if found.ratio is not None and found.interval is not None:
        low, high = found.interval
        figures = f": {found.ratio:.3f} times A, 99 % interval {low:.3f} to {high:.3f}"
    reason = f": {found.reason}" if found.reason else ""
    return f"{found.answer}{figures}{reason}"


def write_bench_junit(file: Path, result: BenchResult) -> None:
    """Write the XML, indented; raises EnvironmentUnusable if the file cannot be written."""
    try:
        make_bench_junit(result).write(str(file), pretty=True)
    except OSError as error:
        raise EnvironmentUnusable(f"cannot write {file}", error.strerror or str(error)) from error


def annotate_bench(result: BenchResult) -> Iterator[str]:
    """Yield a workflow command per workload that is not the same or faster, failures first."""
    for level, kinds in (("error", FAILURES), ("warning", ("undecided",))):
        for found in result.comparisons:
            if found.answer in kinds:
                a, b = found.environments
                title = escape_property(normalise(f"bench {a} → {b}: {found.workload}"))
                yield f"::{level} title={title}::{escape_data(normalise(tell_answer(found)))}"
