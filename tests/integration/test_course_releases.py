"""The author's gate in other releases: every exercise in one of them, some in all.

tests/integration/exercises_in_releases.py runs all of them in all releases.
"""

import pytest

from harness.catalog.load import read_catalog
from harness.course.checking import open_checker
from harness.course.exercises import BROKEN, list_solutions
from harness.course.gate import explain_misfit, find_failures
from harness.course.table import EXERCISES
from harness.environments.resolve import open_environment

pytestmark = [pytest.mark.tensorflow, pytest.mark.releases]
CATALOG = read_catalog()
RELEASES = ("2.13", "2.15", "2.16", "2.18")


def depends_on_the_release(exercise):
    """Say whether what is declared of the script or of a solution names a version."""
    scenario = CATALOG.find(exercise.scenario)
    rules = [rule for path in (BROKEN, *list_solutions(scenario)) for rule in scenario.rules[path]]
    return any(rule.keras or rule.reader or rule.numpy for rule in rules)


def choose(release):
    """Return the exercises to try: each in one release, those that depend on the release in all."""
    number = RELEASES.index(release)
    return [
        each
        for place, each in enumerate(EXERCISES)
        if place % len(RELEASES) == number or depends_on_the_release(each)
    ]


@pytest.fixture(scope="module", params=RELEASES)
def opened(request):
    with open_checker(open_environment(request.param)) as checker:
        yield request.param, checker


def test_starters_fail_and_cures_pass_in_another_release(opened):
    release, checker = opened
    said = {
        each.id: find_failures(each, CATALOG.find(each.scenario), checker)
        for each in choose(release)
    }
    assert len(said) >= len(EXERCISES) / len(RELEASES)
    assert {name: failures for name, failures in said.items() if failures} == {}
    facts = checker.worker.describe()
    left_out = [each.id for each in EXERCISES if explain_misfit(CATALOG.find(each.scenario), facts)]
    of_keras_3 = ["flat-prices", "bread", "flight-delays"]
    assert left_out == (of_keras_3 if release in ("2.13", "2.15") else [])
