"""The arrays of a pickle, read from their bytes and from what it says of their type."""

from typing import Any

import numpy as np

from harness.formats.facts import Unreadable
from harness.formats.pickle_notes import Array, Made

LONGEST, TEXT = 200, 800  # characters of a text in an array, and the bytes they take
NUMBERS = ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1")
OBJECTS = ("O", "O8")  # as dtypes are pickled


def spell_type(made: Any) -> str | None:
    """Return a dtype as numpy spells it, None for one that is not of plain numbers."""
    if not isinstance(made, Made) or made.path != "numpy.dtype" or not made.arguments:
        return None
    kind = made.arguments[0]
    state = made.state if isinstance(made.state, tuple) else ()
    order = state[1] if len(state) > 1 and state[1] in ("<", ">") else "<"
    return f"{order}{kind}" if kind in NUMBERS else None


def check_type(kind: Any, state: Any) -> None:
    """Raise Unreadable for a dtype with fields or flags of another one.

    With the flags of objects a dtype of numbers makes joblib read a pickle in place of the numbers.
    """
    if kind not in (*NUMBERS, *OBJECTS):
        return
    flags = 63 if kind in OBJECTS else 0  # NPY_OBJECT_DTYPE_FLAGS of numpy
    if not isinstance(state, tuple) or (*state[2:5], *state[7:]) != (None, None, None, flags):
        raise Unreadable("it holds a type of numbers with the fields or flags of another type")


def read_array(content: Any, kind: Any, shape: Any, order: str = "C") -> Array | None:
    """Return an array of numbers, of texts where it holds objects; None for anything else."""
    if isinstance(content, list):
        return np.array([each[:LONGEST] for each in content if isinstance(each, str)])
    spelled = spell_type(kind)
    if spelled is None or not isinstance(content, bytes):
        return None
    values = np.frombuffer(content, np.dtype(spelled))
    return values.reshape(shape, order="F" if order == "F" else "C")
