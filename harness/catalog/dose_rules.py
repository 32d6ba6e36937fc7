"""The rules of a scenario's dose: a path, what is varied, and values that rise."""

import ast
import sys
from collections.abc import Iterator
from typing import Any

Mistake = tuple[int, str]  # line and sentence


def check_dose(
    declared: dict[str, Any], lines: dict[Any, int], functions: dict[str, ast.FunctionDef]
) -> Iterator[Mistake]:
    """Check that a dose names its path, its meaning, and rising values with the path's default."""
    dose = declared.get("dose")
    if not isinstance(dose, dict):
        return
    line = lines["dose"]
    if set(dose) != {"path", "of", "values"}:
        yield line, "'dose' must have the keys 'path', 'of' and 'values'"
        return
    path, values = dose["path"], dose["values"]
    if not isinstance(dose["of"], str) or not dose["of"]:
        yield line, "the dose's 'of' must say what is varied, with its unit"
    if (
        not isinstance(values, list)
        or len(values) < 3
        or not all(is_number(each) for each in values)
        or sorted(set(values)) != values
    ):
        yield line, "the dose's 'values' must be at least three rising numbers"
        return
    known = isinstance(path, str) and path in functions
    arguments = functions[path].args if known else None
    if arguments is None or [each.arg for each in arguments.args][1:2] != ["dose"]:
        yield line, f"the dose's path {path!r} must be a function (artifact, dose=...)"
        return
    if not arguments.defaults or read_number(arguments.defaults[0]) not in values:
        yield line, f"the dose that {path} takes by itself must be one of the dose's 'values'"


def read_number(node: ast.expr) -> object:
    """Return the number that is written there, also a negative one; None for anything else."""
    try:
        found = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError):
        return None
    return found if is_number(found) else None


def is_number(value: Any) -> bool:
    """Return whether a value is a number that a float can hold: neither True nor 10**400 is."""
    return type(value) in (int, float) and abs(value) <= sys.float_info.max
