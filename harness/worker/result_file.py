"""What a step on somebody's model leaves: `result.json`, an error included."""

import json
import os
import traceback

from .steps import make_printable, write_atomically

LONGEST = 100000  # characters of an error


class CodeFault(Exception):
    """The user's file fails, not the model."""


def record_result(step, result, work):
    """Call `work`, which fills the result, and write the result down with what `work` raised."""
    try:
        work()
    except Exception as error:
        traceback.print_exc()
        raised = "your --code raised " if isinstance(error, CodeFault) else ""
        kind = type(error.__cause__ if raised else error).__name__
        result["error"] = {"type": raised + kind, "message": spell_error(error)}
    write_result(step, result)


def spell_error(error):
    """Return the message of an exception as it can be written."""
    return make_printable(str(error)[:LONGEST])


def write_result(step, result):
    """Write what has come of it so far."""
    text = json.dumps(result).encode("utf-8")
    write_atomically(os.path.join(step["folder"], "result.json"), lambda part: part.write(text))
