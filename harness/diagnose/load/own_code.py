"""The user's file for a model: which of it is run in the cage, and which names it lacks."""

import ast
import symtable
from collections.abc import Sequence
from pathlib import Path

from harness.diagnose.rules.code import DEFINITIONS, RESTORES, calls, read_code
from harness.formats.facts import plain
from harness.origin.who_wrote import Origin

WORKS = RESTORES | {"fit", "predict", "save", "evaluate"}  # what a script does, and no module
MOST_NAMED = 3
STAR = "*"  # the name that an import of everything binds


def take_code(code: Path, origin: Origin, work: Path) -> Path | None:
    """Return the file to run before the model is restored; None where it brings nothing.

    Of a script only what it defines is taken, into the folder `work`: its own paths mean nothing
    in the cage. Functions alone are taken where the model names one, or a decorator may register
    one; a class always, since it may stand in for one of Keras.
    """
    tree = read_code(code)
    if not brings(tree, origin.custom):
        return None
    if not is_script(tree):
        return code
    taken = work / code.name
    taken.write_text(ast.unparse(keep_definitions(tree)), "utf-8")
    return taken


def brings(tree: ast.Module, wanted: Sequence[str]) -> bool:
    """Return whether code has a class, or a function that the model may need."""
    names = {each.rpartition(">")[2] for each in wanted} | ({STAR} if wanted else set())
    return any(
        isinstance(each, ast.ClassDef)
        or (isinstance(each, DEFINITIONS) and bool(each.decorator_list) and bool(wanted))
        or bool(names & list_bound(each))
        for each in tree.body
    )


def is_script(tree: ast.Module) -> bool:
    """Return whether code restores or trains a model as soon as it is run."""
    top = [each for each in tree.body if not isinstance(each, DEFINITIONS)]
    return any(any(calls(each, name)) for each in top for name in WORKS)


def keep_definitions(tree: ast.Module) -> ast.Module:
    """Return the classes and functions of a script, with the imports and values that they use."""
    kept: list[ast.stmt] = [
        each
        for each in tree.body
        if isinstance(each, DEFINITIONS)
        or (isinstance(each, ast.Assign) and isinstance(each.value, ast.Lambda))
    ]
    rest = [each for each in tree.body if each not in kept]
    rest = [each for each in rest if not any(any(calls(each, name)) for name in WORKS)]
    while more := [each for each in rest if list_bound(each) & (list_used(kept) | {STAR})]:
        kept += more
        rest = [each for each in rest if each not in more]
    return ast.Module([each for each in tree.body if each in kept], [])


def list_bound(node: ast.stmt) -> set[str]:
    """Return the names that a statement binds."""
    if isinstance(node, DEFINITIONS):
        return {node.name}
    found = {
        (each.asname or each.name).partition(".")[0]
        for part in ast.walk(node)
        if isinstance(part, ast.Import | ast.ImportFrom)
        for each in part.names
    }
    stored = (each for each in ast.walk(node) if isinstance(each, ast.Name))
    return found | {each.id for each in stored if isinstance(each.ctx, ast.Store)}


def list_used(nodes: list[ast.stmt]) -> set[str]:
    """Return the names of the file that statements use; their own variables are none of these."""
    tables = [symtable.symtable(ast.unparse(ast.Module(nodes, [])), "code", "exec")]
    found = {each.get_name() for each in tables[0].get_symbols() if each.is_referenced()}
    while tables:
        table = tables.pop()
        tables += table.get_children()
        found |= {each.get_name() for each in table.get_symbols() if each.is_global()}
    return found


def spell_lacking(origin: Origin, code: Path | None, error: str) -> str:
    """Return which classes and functions the error asks for, and how they are given; else ""."""
    names = dict.fromkeys(each.rpartition(">")[2] for each in origin.custom)
    bound = {name for each in read_code(code).body for name in list_bound(each)} if code else set()
    lacking = [plain(each) for each in names if each in error and each not in bound]
    if not lacking or STAR in bound:
        return ""
    named = ", ".join(lacking[:MOST_NAMED]) + (", ..." if len(lacking) > MOST_NAMED else "")
    if code:
        return f"{plain(code.name)} does not define {named}: give the file that does with --code"
    return f"{named}: this is your own code; give the file that defines it with --code FILE"
