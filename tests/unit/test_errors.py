"""How a problem reads: harness/errors.py."""

import pickle
import traceback

import pytest

from harness.errors import EnvironmentUnusable, RestorebenchError, UsageError, count


def test_a_problem_is_rendered_with_what_was_found_and_a_tip():
    error = UsageError("scenario not found: x", "looked in a\nand in b", "see: list")
    assert error.render() == (
        "ERROR  scenario not found: x\n       looked in a\n       and in b\nTIP    see: list"
    )


def test_a_notebook_shows_a_problem_without_a_traceback():
    shown = UsageError("nothing to run", "", "see: list")._render_traceback_()
    assert shown == ["ERROR  nothing to run", "TIP    see: list"]


def test_a_problem_alone_is_one_line():
    assert UsageError("nothing to run").render() == "ERROR  nothing to run"


@pytest.mark.parametrize(("kind", "code"), [(UsageError, 2), (EnvironmentUnusable, 3)])
def test_every_kind_has_its_exit_code(kind, code):
    assert issubclass(kind, RestorebenchError)
    assert kind("problem").exit_code == code
    assert str(kind("problem")) == "problem"


def test_one_thing_is_not_called_several():
    assert [count(number, "path") for number in (0, 1, 2)] == ["0 paths", "1 path", "2 paths"]


def test_a_traceback_shows_what_was_found_and_the_tip():
    error = UsageError("scenario not found: x", "looked in a", "did you mean y?")
    shown = "".join(traceback.format_exception_only(pickle.loads(pickle.dumps(error))))
    assert shown == (
        "harness.errors.UsageError: scenario not found: x\nlooked in a\ndid you mean y?\n"
    )
