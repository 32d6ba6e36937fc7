"""The rules of a scenario file, checked on its syntax tree: each mistake a line and a sentence."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.catalog.dose_rules import Mistake, check_dose
from harness.catalog.expectations import find_mistakes, is_specifier, read_rules
from harness.catalog.scenario import (
    EXTRAS,
    FAMILIES,
    SECTIONS,
    find_declaration,
    read_sections,
    side_of,
)

LONGEST_FILE = 100
KEYS = {
    "id": str,
    "family": str,
    "tensorflow": str,
    "seed": int,
    "expect": dict,
    "saves": dict,
    "artifact": dict,
    "minutes": int,
    "hints": list,
    "keras": str,
    "extras": list,
    "dose": dict,
    "alarm": str,
    "allow_constant_reference": bool,
}
REQUIRED = ("id", "family", "tensorflow", "expect", "minutes", "hints")
# TensorFlow brings Keras and h5py.
ALLOWED_IMPORTS = {"numpy", "tensorflow", "keras", "h5py", *sys.stdlib_module_names}
REGISTERING = re.compile(r"\bregister_keras_serializable\(|\bget_custom_objects\(")
ABSOLUTE = re.compile(r"(/(tmp|home|root|var|usr|etc|opt|mnt|data)|~|[A-Z]:\\)(/|$)")
WRITER = re.compile(r"\d+\.\d+\.\d+( with [\w.-]+==[\w.]+)*")
SAVE_ARGUMENTS = ["artifact", "seed"]
RESTORE_ARGUMENTS = ["artifact"]


def find_problems(file: Path, tree: ast.Module) -> Iterator[Mistake]:
    """Yield (line, sentence) for every rule the file breaks."""
    declaration = find_declaration(tree)
    if declaration is None:
        yield 1, "the file has no `SCENARIO = {...}`"
        return
    try:
        declared = ast.literal_eval(declaration.value)
    except (ValueError, TypeError):  # TypeError: a list as a key
        yield declaration.lineno, "SCENARIO must be a literal: no names, calls or expressions"
        return
    if not isinstance(declared, dict):
        yield declaration.lineno, "SCENARIO must be a dict"
        return
    lines = key_lines(declaration)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    yield from check_keys(file, declared, lines)
    yield from check_expectations(declared, lines, functions)
    yield from check_functions(declared, lines, functions)
    yield from check_dose(declared, lines, functions)
    yield from check_docstring(tree)
    nodes = list_nodes(tree)
    yield from check_imports(nodes, declared)
    yield from check_habits(file, tree, nodes)


def list_nodes(tree: ast.Module) -> list[ast.AST]:
    """Return every node of a tree, as ast.walk does in more time: `search` reads all files."""
    found: list[ast.AST] = [tree]
    for node in found:  # which grows
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, ast.AST):
                found.append(value)
            elif isinstance(value, list):
                found += [each for each in value if isinstance(each, ast.AST)]
    return found


def key_lines(declaration: ast.Assign) -> dict[Any, int]:
    """Map every key of the SCENARIO literal, and (key, nested key), to the line it stands on."""
    lines: dict[Any, int] = {None: declaration.lineno}
    assert isinstance(declaration.value, ast.Dict)
    for key, value in zip(declaration.value.keys, declaration.value.values, strict=True):
        assert key is not None  # `**` is not a literal
        name = ast.literal_eval(key)
        lines[name] = key.lineno
        if isinstance(value, ast.Dict):
            for nested in filter(None, value.keys):
                lines[name, ast.literal_eval(nested)] = nested.lineno
    return lines


def check_keys(file: Path, declared: dict[str, Any], lines: dict[Any, int]) -> Iterator[Mistake]:
    """Check that no key is missing or unknown, that types fit, and that the id names the file."""
    for key in REQUIRED:
        if key not in declared:
            yield lines[None], f"SCENARIO lacks the key {key!r}"
    for key, value in declared.items():
        if key not in KEYS:
            yield lines[key], f"SCENARIO has an unknown key {key!r}; known: {', '.join(KEYS)}"
        elif not isinstance(value, KEYS[key]) or (KEYS[key] is int and isinstance(value, bool)):
            kind = KEYS[key].__name__
            yield lines[key], f"{key!r} must be a {kind}, found {value!r}"
    line = lines.get("id", lines[None])
    if "id" in declared and declared["id"] != file.stem.replace("_", "-"):
        named = file.stem.replace("_", "-")
        yield line, f"the id is {declared['id']!r} but the file name belongs to the id {named!r}"
    line = lines.get("family", lines[None])
    if "family" in declared and declared["family"] != file.parent.name:
        yield line, f"the family is {declared['family']!r} but the folder is {file.parent.name!r}"
    if "family" in declared and declared["family"] not in FAMILIES:
        yield line, f"the family must be one of {', '.join(FAMILIES)}, found {declared['family']!r}"
    for key in ("tensorflow", "keras"):
        if key in declared and not is_specifier(declared[key]):
            found = declared[key]
            yield lines[key], f"{key!r} must be a specifier such as '>=2.13', found {found!r}"
    for extra in declared["extras"] if isinstance(declared.get("extras"), list) else ():
        if not isinstance(extra, str) or extra not in EXTRAS:
            yield lines["extras"], f"an extra must be one of {', '.join(EXTRAS)}, found {extra!r}"
    hints = declared.get("hints")
    if isinstance(hints, list) and (
        len(hints) != 3 or not all(isinstance(hint, str) and hint for hint in hints)
    ):
        yield lines["hints"], f"'hints' must be three sentences, found {len(hints)}"
    artifact = declared.get("artifact")
    if isinstance(artifact, dict) and (
        set(artifact) != {"writer", "folder"}
        or not all(isinstance(value, str) for value in artifact.values())
    ):
        yield lines["artifact"], "'artifact' must have the keys 'writer' and 'folder', each a str"
    elif isinstance(artifact, dict) and not re.fullmatch(r"\w+", artifact["folder"]):
        yield lines["artifact"], "the artifact's 'folder' must be a name of letters, digits and _"
    elif isinstance(artifact, dict) and not WRITER.fullmatch(artifact["writer"]):
        sentence = "the artifact's 'writer' must be a release such as 2.15.0, perhaps with packages"
        yield lines["artifact"], f"{sentence}: '1.15.0 with keras==2.1.6'"


def check_expectations(
    declared: dict[str, Any], lines: dict[Any, int], functions: dict[str, ast.FunctionDef]
) -> Iterator[Mistake]:
    """Check that paths and expectations fit together, and that both sides exist."""
    expect = declared.get("expect")
    if not isinstance(expect, dict):
        return
    for path, expectation in expect.items():
        line = lines["expect", path]
        if path not in functions:
            yield line, f"'expect' names {path}, but the file has no such function"
        for mistake in find_mistakes(expectation):
            yield line, f"{path}: {mistake}"
    for name, function in functions.items():
        if name.startswith("restore_") and name not in expect:
            yield function.lineno, f"{name} has no entry in 'expect'"
    yield from check_sides(declared, lines)


def check_sides(declared: dict[str, Any], lines: dict[Any, int]) -> Iterator[Mistake]:
    """Check that a failure has broken and fixed paths, and a look-alike matching healthy paths."""
    expect, line = declared["expect"], lines["expect"]
    sides = {side_of(str(path)) for path in expect}
    if "healthy" not in sides:
        for side in ("restore_broken", "restore_fixed_"):
            if not any(str(path).startswith(side) for path in expect):
                yield line, f"'expect' has no path named {side}..."
        if "alarm" in declared:
            yield (
                lines["alarm"],
                "'alarm' may only be used in a look-alike, which has restore_healthy paths",
            )
        return
    if "broken" in sides:
        yield line, "a look-alike must have no restore_broken path, because its model is healthy"
    for path, expectation in expect.items():
        if not find_mistakes(expectation) and any(
            rule.verdict not in ("match", "skip") for rule in read_rules(expectation)
        ):
            yield lines["expect", path], f"{path} of a look-alike must be declared 'match'"


def check_functions(
    declared: dict[str, Any], lines: dict[Any, int], functions: dict[str, ast.FunctionDef]
) -> Iterator[Mistake]:
    """Check that the steps exist and take the arguments of a step."""
    if "save" not in functions:
        yield 1, "the file has no `save(artifact, seed)`"
    saves, expect = declared.get("saves"), declared.get("expect")
    for path, save in saves.items() if isinstance(saves, dict) else ():
        if not isinstance(expect, dict) or path not in expect:
            yield lines["saves", path], f"'saves' names {path}, which is not a path"
        if not isinstance(save, str) or save not in functions:
            yield lines["saves", path], f"'saves' names {save}, which is not a function"
    for name, function in functions.items():
        is_save = name == "save" or name.startswith("save_")
        if not is_save and not name.startswith("restore_"):
            continue
        wanted = SAVE_ARGUMENTS if is_save else RESTORE_ARGUMENTS
        names = [argument.arg for argument in function.args.args]
        if names[: len(names) - len(function.args.defaults)] != wanted:
            yield function.lineno, f"{name} must take ({', '.join(wanted)})"


def check_docstring(tree: ast.Module) -> Iterator[Mistake]:
    """Check that the docstring has one sentence, then the five sections, each with text."""
    docstring = ast.get_docstring(tree)
    if not docstring:
        yield 1, "the file has no docstring"
        return
    summary = docstring.split("\n\n")[0].strip()
    if not summary.endswith(".") or len(summary) > 120:
        yield 1, "the docstring must open with one sentence of at most 120 characters"
    sections = read_sections(docstring)
    for title in SECTIONS:
        if not sections.get(title):
            yield 1, f"the docstring has no section `{title}:` with text"


def check_imports(nodes: list[ast.AST], declared: dict[str, Any]) -> Iterator[Mistake]:
    """Check that imports are limited to common packages and the declared extras."""
    extras = declared.get("extras")
    named = [each for each in extras if isinstance(each, str)] if isinstance(extras, list) else []
    wanted = [extra for extra in named if extra in EXTRAS]
    brought = {module for extra in wanted for module in EXTRAS[extra]}
    for node in nodes:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = ["." * node.level + (node.module or "")]
        else:
            continue
        for name in names:
            package = name.split(".")[0]
            if package not in ALLOWED_IMPORTS and package not in brought:
                sentence = f"imports {name!r}: only the standard library, numpy, tensorflow"
                yield node.lineno, f"{sentence}, and 'extras' that are declared"


def check_habits(file: Path, tree: ast.Module, nodes: list[ast.AST]) -> Iterator[Mistake]:
    """Check that code is short and silent, asserts nothing, and registers nothing globally."""
    for node in nodes:
        if isinstance(node, ast.Assert):
            yield node.lineno, "a lesson must not use assert: the harness judges outcomes"
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and ABSOLUTE.match(node.value)
        ):
            yield (
                node.lineno,
                f"names the path {node.value!r}: a step may only use its artifact folder",
            )
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Name) and called.id == "print":
            yield called.lineno, "a lesson must not print: the harness shows outcomes"
    for top in tree.body[1:]:  # the first is the docstring, which may speak of registering
        if isinstance(top, (ast.ClassDef, ast.FunctionDef)) and any(
            "register" in ast.unparse(decorator) for decorator in top.decorator_list
        ):
            sentence = f"{top.name} is registered at module level, where broken paths find it"
            yield top.lineno, sentence
        elif isinstance(top, (ast.Expr, ast.Assign)) and REGISTERING.search(ast.unparse(top)):
            yield top.lineno, "something is registered at module level, where broken paths find it"
    length = len(file.read_text(encoding="utf-8").splitlines())
    if length > LONGEST_FILE:
        yield LONGEST_FILE, f"the file has {length} lines; at most {LONGEST_FILE} are allowed"
