"""Lessons as text, fitted to a width: harness/catalog/lesson.py and prose.py."""

import re
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.catalog.lesson import SECTIONS, read_lesson, split_code, write_ladder
from harness.catalog.load import read_catalog
from harness.catalog.prose import fit
from tests.unit.builders import LOOK_ALIKE, make_scenario

SCENARIOS = read_catalog().scenarios
LESSONS = {scenario.id: read_lesson(scenario) for scenario in SCENARIOS}
PARAGRAPH = (
    "    Before: weights are random, and the code that follows does not say so anywhere, and what\n"
    "    comes of that is nonsense.\n"
    "    A line that was ended early stays ended.\n"
    "    rebuilt: labels begin a line, even where the line above is so full that it could go on\n"
    "    here.\n"
    "        model.layers[-1].activation = tf.keras.activations.linear  # code stays, however wide"
)


def join(blocks):
    return "\n".join(block.text for block in blocks)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.id)
def test_a_lesson_is_its_file_s_text_where_there_is_room(scenario):
    shown = join(read_lesson(scenario).blocks())
    for name in SECTIONS:
        section = textwrap.indent(scenario.section(name), "    ")
        assert f"\n{name}:\n{section}\n" in shown
        assert join(split_code(section)) == section


def test_no_line_of_prose_is_longer_than_a_scenario_file_is_wide():
    for each in LESSONS.values():
        prose = "\n".join(block.text for block in each.blocks() if not block.language)
        long = [line for line in prose.split("\n") if len(line) > 100]
        assert [line for line in long if not line.startswith("The whole file")] == []


@given(st.sampled_from(sorted(LESSONS)), st.integers(64, 140))  # the longest heading has 61
def test_prose_fits_and_loses_no_word_and_no_code(identifier, width):
    lesson = LESSONS[identifier]
    wide = join(lesson.blocks())
    blocks = lesson.blocks(width)
    assert join(blocks).split() == wide.split()
    code = [block for block in blocks if block.language]
    assert [block.text for block in code] == [
        block.text for block in lesson.blocks() if block.language
    ]
    prose = "\n".join(block.text for block in blocks if not block.language)
    whole_file = f"The whole file: {lesson.file}"
    long = [line for line in prose.split("\n") if len(line) > width and line != whole_file]
    assert [line for line in long if len(line.split()) > 1] == []


@pytest.mark.parametrize("symptom", ["zeros", "error"])
@pytest.mark.parametrize("width", [60, 80, 100])
def test_the_ladder_fits(symptom, width):
    rungs = [each for each in SCENARIOS if symptom in each.verdicts("broken")]
    blocks = write_ladder(rungs, {each.id: "command" for each in rungs}, width)
    prose = [line for each in blocks if not each.language for line in each.text.split("\n")]
    assert max(map(len, prose)) <= width
    code = "\n".join(block.text for block in blocks if block.language)
    for line in re.findall(r"^ {4}\S.*", "\n".join(r.section("Spot it") for r in rungs), re.M):
        assert line.strip() in code


def test_intended_line_breaks_and_code_stay():
    assert fit(PARAGRAPH, 100) == PARAGRAPH
    assert fit(PARAGRAPH, 60).split("\n") == [
        "    Before: weights are random, and the code that follows",
        "    does not say so anywhere, and what comes of that is",
        "    nonsense.",
        "    A line that was ended early stays ended.",
        "    rebuilt: labels begin a line, even where the line above",
        "    is so full that it could go on here.",
        "        model.layers[-1].activation = tf.keras.activations.linear  # code stays,"
        " however wide",
    ]


def test_lists_keep_their_items():
    text = "- one thing that is long enough to be wrapped\n- another\n1. first\n2. second"
    assert fit(text, 30).split("\n") == [
        "- one thing that is long",
        "  enough to be wrapped",
        "- another",
        "1. first",
        "2. second",
    ]


def test_the_code_of_a_look_alike_is_not_called_broken(tmp_path):
    shown = join(read_lesson(make_scenario(tmp_path, text=LOOK_ALIKE)).riddle(1))
    assert "The code that only looks broken" in shown
    assert "The broken code" not in shown
    assert "def restore_healthy(" in shown
    assert shown.endswith("Hint:\n    1. One.")
