"""A learner's script before it is run: read it, and say what keeps it from being run."""

import ast
import shlex
import stat
import warnings
from pathlib import Path

from harness.errors import UsageError
from harness.program import command_line

LARGEST = 1 << 18  # bytes: a hundred times as long as what is handed out
OURS = {"harness", "restorebench", "scenarios"}  # what a learner's file has no need to import


def read_script(path: Path) -> str:
    """Return the learner's file without the mark that some editors put before a text.

    Raises UsageError where the file is gone, is no text, or is no script by its size.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):  # a pipe would be waited for
            raise UsageError(f"{path} cannot be read", "it is no file")
        if found.st_size > LARGEST:
            said = f"it has {found.st_size} bytes; a script has at most {LARGEST}"
            raise UsageError(f"{path} is too large to be a script", said)
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        where = shlex.quote(str(path.parent.parent))
        tip = command_line(f"learn reset {path.parent.name} --dir {where}")
        raise UsageError(f"there is no file {path}", "it was removed or renamed", tip) from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read", "it must be text in UTF-8") from error


def find_mistake(text: str) -> str:
    """Return what is wrong with a file before it is run, "" where nothing is."""
    try:
        with warnings.catch_warnings(action="ignore"):  # they are Python's to show, when it runs
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        said = getattr(error, "msg", None) or str(error) or "it is nested too deeply"
        return f"Python cannot read the file: {said}" + (f" (line {line})." if line else ".")
    if not any(isinstance(node, ast.FunctionDef) and node.name == "restore" for node in tree.body):
        return "The file has no function restore() any more."
    for node in ast.walk(tree):
        named = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        named += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        named += list_imported(node) if isinstance(node, ast.Call) else []
        if OURS & {each.partition(".")[0] for each in named}:
            return "The file imports the course itself. A real script has no such help: mend it."
    return ""


def list_imported(call: ast.Call) -> list[str]:
    """Return the module that a call of import_module() or __import__() names in plain text."""
    called = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if called not in ("import_module", "__import__"):
        return []
    given = [*call.args, *(each.value for each in call.keywords)]
    return [
        each.value
        for each in given
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]
