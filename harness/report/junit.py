"""A comparison as JUnit XML, which CI servers show: a suite per comparison, a case per path."""

from pathlib import Path

from junitparser import Failure, JUnitXml, Skipped, TestCase, TestSuite

from harness.report.table import show_exactly
from harness.results.change import count_verdicts, describe_error
from harness.results.compare import (
    KINDS,
    PathDifference,
    RunComparison,
)
from harness.verdicts.messages import normalise

UNDECIDED = ("incomparable", "only_a", "only_b")
VERSIONS = ("tensorflow", "keras", "keras_home", "numpy", "python")


def make_junit(comparisons: list[RunComparison]) -> JUnitXml:
    """Return the comparisons as JUnit XML: a path that worked and no longer works is a failure.

    Other changes pass; the output of the case describes the change.
    """
    document = JUnitXml("restorebench diff")
    for comparison in comparisons:
        suite = TestSuite(normalise(comparison.title))
        for name, side in (("a", comparison.a), ("b", comparison.b)):
            suite.add_property(f"{name}.label", normalise(side.label))
            for key in VERSIONS:
                suite.add_property(f"{name}.{key}", normalise(str(getattr(side.environment, key))))
        for difference in comparison.differences:
            suite.add_testcase(make_case(difference))
        suite.update_statistics()
        document.add_testsuite(suite)
    document.update_statistics()
    return document


def make_case(difference: PathDifference) -> TestCase:
    """Return the case of one path: failed, skipped, or passed."""
    name = f"{difference.path} on {difference.device}"
    name += "" if difference.dose is None else f", dose {show_exactly(difference.dose)}"
    case = TestCase(normalise(name), normalise(difference.scenario), 0.0)
    skipped = {each.verdict for each in [*difference.before, *difference.after]} == {"skip"}
    if difference.kind == "regressed":
        failure = Failure(normalise(difference.reason), "regressed")
        failure.text = tell_sides(difference)
        case.result = [failure]
    elif difference.kind in UNDECIDED or skipped:
        case.result = [Skipped(normalise(difference.reason or "not applicable to either release"))]
    elif difference.kind != "unchanged":
        case.system_out = f"{KINDS[difference.kind]}\n{tell_sides(difference)}"
    return case


def tell_sides(difference: PathDifference) -> str:
    """Return the verdict and the error on both sides, a line each."""
    lines = []
    for name, outcomes in (("A", difference.before), ("B", difference.after)):
        error = next((describe_error(each) for each in outcomes if each.error), "")
        lines.append(f"{name}: {count_verdicts(outcomes)}{': ' if error else ''}{error}")
    return "\n".join(lines)


def write_junit(file: Path, comparisons: list[RunComparison]) -> None:
    """Write the XML, indented; raises OSError if the file cannot be written."""
    make_junit(comparisons).write(str(file), pretty=True)
