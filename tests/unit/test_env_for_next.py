"""The last line of `env for` leads on, whatever was found in the file."""

import shlex
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cli.env_for_next import LONGEST_SEARCH, choose_following, say_again, shorten_error
from harness.origin.restore import RestoredModel

ROWS = np.arange(6.0).reshape(3, 2)
UNKNOWN = RestoredModel("ValueError: Unknown layer: 'Scale'. Please ensure you are using it.")


def follow(there, needs_code=False, as_expected=None, chosen="2.15"):
    """Return the command after restoring `model.h5`."""
    return choose_following(there, chosen, "env for model.h5", needs_code, as_expected)


@pytest.mark.parametrize(
    ("predictions", "as_expected", "following"),
    [
        ([ROWS], None, "env requirements 2.15 > requirements-2.15.txt"),
        ([ROWS], False, "explain --symptom differs"),
        ([ROWS * 0], None, "explain --symptom zeros"),
        ([ROWS * 0], False, "explain --symptom zeros"),
        ([ROWS * 0], True, "env requirements 2.15 > requirements-2.15.txt"),
        ([ROWS, ROWS * 0 + 1], None, "explain --symptom constant"),
        ([ROWS * 0, ROWS * np.nan], None, "explain --symptom nan"),
    ],
)
def test_a_symptom_leads_to_what_to_check_and_sound_predictions_to_the_recipe(
    predictions, as_expected, following
):
    assert follow(RestoredModel(predictions=predictions), False, as_expected) == following


def test_a_model_that_lacks_its_code_leads_to_code_and_an_error_to_its_lesson_or_a_search():
    assert follow(UNKNOWN, needs_code=True) == "env for model.h5"  # which then names --code
    assert follow(UNKNOWN) == "explain missing-custom-objects"
    unheard = RestoredModel("OddError: nobody's 'lesson' tells of this")
    assert follow(unheard) == 'search "OddError: nobody s lesson tells of this"'
    fits_not = RestoredModel("InvalidArgumentError: indices", loaded=True)
    assert follow(fits_not) == "env for model.h5 --inputs FILE.npy"


def test_an_interpreter_has_no_recipe_and_is_shown():
    restored = RestoredModel(predictions=[ROWS])
    assert follow(restored, chosen="/usr/bin/python3") == "env show /usr/bin/python3"


def test_the_command_that_is_said_again_keeps_what_was_given():
    origin, model = SimpleNamespace(custom=("Scale",)), Path("my model.h5")
    assert say_again(origin, model) == "env for 'my model.h5' --code code.py"
    assert say_again(origin, model, "2.15", ["2.16", "2.21"], Path("layers.py"), trust=True) == (
        "env for 'my model.h5' --release 2.15 --reader 2.16,2.21 --code layers.py --trust"
    )


def test_inputs_that_were_given_are_said_again_unless_they_are_what_failed():
    origin, samples = SimpleNamespace(custom=()), (Path("x.npy"), Path("y.npy"))
    again = say_again(origin, Path("model.h5"), code=Path("layers.py"), samples=samples)
    assert again == "env for model.h5 --code layers.py --inputs x.npy --expected y.npy"
    fits_not = RestoredModel("InvalidArgumentError: indices", loaded=True)
    following = choose_following(fits_not, "2.15", again, False, None)
    assert following == "env for model.h5 --code layers.py --inputs FILE.npy"


@given(st.text())
def test_of_an_error_a_few_words_are_searched_that_mean_nothing_to_a_shell(error):
    words = shorten_error(f"ValueError: {error}")
    assert 0 < len(words) <= LONGEST_SEARCH
    assert shlex.split(f'"{words}"') == [words]
