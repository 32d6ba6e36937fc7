"""Every "Spot it" tells a wrong program from a right one, or says in words what to look at.

The code of a section is what is indented deeper than its prose. It is executed in the broken and
in the sound program of its lesson (spot_it_cases.py says which) and must print different things.
"""

import re
from pathlib import Path

import pytest

from harness.catalog.load import read_catalog
from tests.contract.lesson_runner import LessonRunner, attempt_all, code_in
from tests.contract.spot_it_cases import CASES, NOT_EXECUTED, SECOND_PROGRAMS

DRIVER = Path(__file__).with_name("spot_it.py")
SCENARIOS = {scenario.id: scenario for scenario in read_catalog().scenarios}
CODED = [name for name, scenario in SCENARIOS.items() if code_in(scenario, "Spot it")]
PAIRS = [*CASES.items(), *SECOND_PROGRAMS]


def choose_paths(scenario, case):
    """Return the paths that stand for the wrong and for the right program."""
    healthy = scenario.paths("healthy")
    broken = case.broken or (scenario.paths("broken") + healthy)[0]
    # Where a `right` line makes the difference, a path chosen for both serves both.
    chosen = case.sound or (case.broken if case.right else "")
    return broken, chosen or (scenario.paths("fixed") + healthy)[0]


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What each section prints in the wrong and in the right program, or how it failed."""
    runner = LessonRunner(tmp_path_factory.mktemp("spot-it"))

    def work(pair):
        name, case = pair
        scenario, texts = SCENARIOS[name], []
        programs = zip(choose_paths(scenario, case), (case.wrong, case.right), strict=True)
        for path, change in programs:
            setup, code = f"{case.setup}\n{change}", code_in(scenario, "Spot it")
            base = runner.restore(scenario, path, DRIVER, setup=setup, code=code)
            text = (base / "printed.txt").read_text()
            texts.append(re.sub(r"case-\d+|0x[0-9a-f]+", "", text))  # differs in any two processes
        return texts

    yield attempt_all(work, PAIRS)
    runner.close()


def test_every_section_with_code_is_executed_or_says_why_not():
    assert sorted([*CASES, *NOT_EXECUTED]) == sorted(CODED)


def test_a_section_without_code_has_words():
    silent = set(SCENARIOS) - set(CODED)
    assert [name for name in silent if len(SCENARIOS[name].section("Spot it").split()) < 5] == []


@pytest.mark.study
@pytest.mark.long
@pytest.mark.tensorflow
@pytest.mark.parametrize("number", range(len(PAIRS)), ids=[name for name, _ in PAIRS])
def test_a_section_prints_other_things_in_a_wrong_program_than_in_a_right_one(printed, number):
    found = printed[number]
    assert not isinstance(found, AssertionError), found
    wrong, right = found
    assert wrong.strip()
    assert right.strip()
    assert wrong != right
