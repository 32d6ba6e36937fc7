"""The minutes of a lesson are about what its words and lines take to read, and its cure to try.

Nobody was timed. How the minutes were found: docs/decisions/2026-11-26-minutes-of-a-lesson.md
"""

import ast

import pytest

from harness.catalog.load import read_catalog

WORDS_A_MINUTE = 150  # of technical prose
LINES_A_MINUTE = 6  # of code that one has to understand
TWO_RUNS = 1.0  # minutes: to run the lesson as it fails and to run its cure, typing included
FACTOR = 1.5  # readers differ more than that
SCENARIOS = read_catalog().scenarios


def estimate_minutes(scenario):
    """Return the minutes to read a lesson without its evidence, and to run it twice."""
    return (
        len(scenario.docstring.split("\nEvidence:")[0].split()) / WORDS_A_MINUTE
        + count_code(scenario.source) / LINES_A_MINUTE
        + TWO_RUNS
    )


def count_code(source):
    """Return the lines of code, without blank ones, the docstring and the SCENARIO literal."""
    tree = ast.parse(source)
    aside = [tree.body[0]]
    aside += [
        node
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SCENARIO"
    ]
    passed = {line for node in aside for line in range(node.lineno, node.end_lineno + 1)}
    lines = enumerate(source.splitlines(), 1)
    return sum(bool(line.strip()) for number, line in lines if number not in passed)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.id)
def test_declared_minutes_are_near_the_estimate(scenario):
    estimate = estimate_minutes(scenario)
    assert estimate / FACTOR <= scenario.minutes <= estimate * FACTOR, round(estimate)
