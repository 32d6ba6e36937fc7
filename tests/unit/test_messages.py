"""Messages without what differs from run to run: harness/verdicts/messages.py."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.verdicts.messages import (
    LONGEST,
    drop_dumps,
    find_cause,
    find_other_words,
    normalise,
    read_alike,
    shorten,
)

ALIKE = [
    ("<Dense object at 0x7f3a1c>", "<Dense object at 0x55d2ff01>"),
    ("File not found: /tmp/a/run-1/step-19/model.keras.", "File not found: /w/step-4/model.keras."),
    ("{'shared_object_id': 139989376991152}", "{'shared_object_id': 139827573582656}"),
    ("at line 12 of it", "at line 340 of it"),
    ("layers.py:12: no", "layers.py:99: no"),
    ("stopped after 3.5 s", "stopped after 12 s"),
    ("in /usr/lib/python3.11/site-packages/keras/a.py", "in /home/me/python3.12/keras/a.py"),
    ("unmatched: [<a>, <b>]", "unmatched: [<b>, <a>]"),
    ("a value ([[0.448745 -2.0e-05]])", "a value ([[0.448746 -2.0e-05]])"),
    ("value=[0.448745 2.0962241e+00]", "value=[0.448746 2.0962242e+00]"),
    ("\x1b[1mbold\x1b[0m", "bold"),
]
OTHER = [
    ("module keras.src.engine cannot be imported", "module 'keras.src.engine' cannot be imported"),
    ("expected 2 variables, got 0", "expected 2 variables, got 1"),
    ("File not found: /tmp/a/model.keras", "File not found: /tmp/a/model.h5"),
    ("written by Keras 3.15.1", "written by Keras 3.16.0"),
    ("Unknown layer: Mine", "Unknown layer: Yours"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_what_differs_between_two_runs_of_one_release_is_no_difference(one, other):
    assert read_alike(one, other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_what_a_user_would_read_or_search_for_is_a_difference(one, other):
    assert not read_alike(one, other)


@given(st.text(st.characters(codec=None), max_size=60))
def test_a_normalised_message_is_one_line_that_every_terminal_and_xml_takes(text):
    told = normalise(text)
    assert told == " ".join(told.split())
    assert not {unicodedata.category(each) for each in told} & {"Cc", "Cs"}
    told.encode("utf-8")
    assert normalise(told) == told or len(told) > LONGEST


def test_printed_configs_are_cut_and_keras_s_wrapping_is_taken_off():
    wrapped = (
        "<class 'keras.Sequential'> could not be deserialized properly. Please ensure that.\n\n"
        "config={'a': {'b': [1, 2]}}.\n\nException encountered: Could not locate function 'relu'."
    )
    assert drop_dumps(f"TypeError: {wrapped}") == "TypeError: Could not locate function 'relu'."
    assert drop_dumps("config={'a': {'b': [1]}}.") == "config=…."


def test_messages_that_differ_only_by_names_and_numbers_have_one_cause():
    assert find_cause("Unknown layer: 'Mine' of 3") == find_cause('Unknown layer: "Yours" of 12')
    assert find_cause("Unknown layer: 'Mine'") != find_cause("Unknown object: 'Mine'")


def test_a_long_message_keeps_its_beginning_and_its_end():
    told = shorten("begin " + "x" * 1000 + " end")
    assert told.startswith("begin ")
    assert told.endswith(" end")
    assert len(told) <= 200


def test_a_hostile_depth_of_brackets_ends():
    assert drop_dumps("[" * LONGEST) == "[" * LONGEST
    assert len(drop_dumps("[" * 9000 + "]" * 9000)) < LONGEST


def test_the_words_of_one_message_only_are_found():
    assert find_other_words("a b c", "b c d") == (["a"], ["d"])
