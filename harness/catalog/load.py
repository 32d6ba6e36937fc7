"""Read the scenario files with `ast`, never by import, so that TensorFlow is not imported."""

import ast
import difflib
import gc
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from harness.catalog.rules import find_problems
from harness.catalog.scenario import FAMILIES, Scenario, find_declaration
from harness.errors import UsageError, count
from harness.program import command_line

PACKAGED = Path(__file__).resolve().parents[2] / "scenarios"


@dataclass(frozen=True)
class Problem:
    """One mistake in a scenario file, with its line."""

    file: Path
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.sentence}"


@dataclass(frozen=True)
class Catalog:
    """The well-formed scenarios, and the mistakes in the other files."""

    root: Path
    scenarios: tuple[Scenario, ...]
    problems: tuple[Problem, ...]

    def find(self, identifier: str) -> Scenario:
        """Return the scenario with this id, or of this file.

        Raises UsageError with the nearest one.
        """
        file = Path(identifier) if identifier.endswith(".py") else None
        for scenario in self.scenarios:
            if scenario.id == identifier or (file and is_same_file(file, scenario.file)):
                return scenario
        if file and file.exists() and not is_same_file(file.parent.parent, self.root):
            raise UsageError(
                f"the file is not a scenario of {self.root}: {identifier}",
                "",
                f"name the folder of its family's folder: --scenarios {file.parent.parent}",
            )
        named = Path(identifier).stem.replace("-", "_") if file else identifier.replace("-", "_")
        broken = [problem for problem in self.problems if problem.file.stem == named]
        if broken:
            raise UsageError(
                f"the scenario file of {identifier} has a mistake",
                f"{len(broken)} mistakes were found (printed above)"
                if len(broken) > 1
                else "the mistake is printed above",
                f"correct the file, then: {command_line(f'check {quote(identifier)}')}",
            )
        known = [each.id for each in self.scenarios]
        near = difflib.get_close_matches(named.replace("_", "-"), known, n=1)
        tip = f"did you mean {near[0]}?  " if near else ""
        raise UsageError(
            f"scenario not found: {identifier}",
            f"looked in {self.root} ({count(len(self.scenarios), 'scenario')})",
            tip + f"see: {command_line('list')}",
        )

    def select(self, identifiers: Iterable[str]) -> list[Scenario]:
        """Return the scenarios with these ids, each once, in the order given."""
        found = [self.find(identifier) for identifier in identifiers]
        return list({scenario.id: scenario for scenario in found}.values())


def is_same_file(one: Path, other: Path) -> bool:
    """Say whether two paths lead to one file or folder; a path that leads nowhere is no other's."""
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return False


def explain_syntax(source: str, error: SyntaxError) -> str:
    """Return what is wrong: no Python at all, or Python that 3.7 does not know yet."""
    with warnings.catch_warnings(action="ignore"):
        try:
            ast.parse(source)
        except SyntaxError as plain:
            return f"syntax error: {plain.msg}"
    return f"not Python 3.7: {error.msg}"


def read_scenario(file: Path) -> tuple[Scenario | None, list[Problem]]:
    """Read one file; return the scenario, or None and every mistake found in it."""
    try:
        source = file.read_text(encoding="utf-8")
        tree = ast.parse(source, filename=str(file), feature_version=(3, 7))
        found = list(find_problems(file, tree))
    except SyntaxError as error:
        return None, [Problem(file, error.lineno or 1, explain_syntax(source, error))]
    except (OSError, ValueError) as error:  # not readable, not UTF-8, or null bytes
        return None, [Problem(file, 1, f"the file cannot be read: {error}")]
    except (RecursionError, MemoryError):
        return None, [
            Problem(file, 1, "the file cannot be read: an expression is nested too deeply")
        ]
    problems = [Problem(file, line, sentence) for line, sentence in found]
    if problems:
        return None, problems
    # As ast counts lines; its get_source_segment splits anew for every function.
    lines = source.split("\n")
    definitions = {
        node.name: "\n".join(lines[node.lineno - 1 : node.end_lineno])
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
    }
    declared = ast.literal_eval(find_declaration(tree).value)  # type: ignore[union-attr]
    docstring = ast.get_docstring(tree) or ""
    return Scenario(file, source, declared, definitions, docstring), []


@contextmanager
def collect_no_garbage() -> Iterator[None]:
    """Let the garbage collector rest: syntax trees hold no cycles, and it would look at them all.

    That is a tenth of the CPU time of `search`.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def read_catalog(root: Path | None = None) -> Catalog:
    """Read every scenario under `root` (default: the packaged ones), in the families' order.

    Raises UsageError if the folder does not exist.
    """
    root = root or PACKAGED
    if not root.is_dir():
        raise UsageError(
            f"scenario folder not found: {root}", "", "give an existing folder to --scenarios"
        )
    scenarios, problems = [], []
    with collect_no_garbage():
        for family in FAMILIES:
            for file in sorted((root / family).glob("*.py")):
                if file.name != "__init__.py":
                    scenario, found = read_scenario(file)
                    problems += found
                    scenarios += [scenario] if scenario else []
    owners: dict[str, Scenario] = {}
    for scenario in scenarios:
        first = owners.setdefault(scenario.id, scenario)
        if first is not scenario:
            problems.append(Problem(scenario.file, 1, f"the id is already used in {first.file}"))
    return Catalog(root, tuple(owners.values()), tuple(problems))
