"""Read the scenarios: every file with `ast`, never by importing it, so TensorFlow stays out."""

import ast
import difflib
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.errors import UsageError

PACKAGED = Path(__file__).resolve().parent.parent / "scenarios"
FAMILIES = ("preprocessing", "restore", "version")
SECTIONS = ("Symptom", "Cause", "Fix", "Spot it", "Evidence")


@dataclass(frozen=True)
class Problem:
    """One mistake in a scenario file, with the line it is on."""

    file: Path
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.sentence}"


@dataclass(frozen=True)
class Scenario:
    """One failure mode as its file declares it. `declared` is the SCENARIO literal."""

    file: Path
    source: str = field(repr=False)
    declared: dict[str, Any] = field(repr=False)
    definitions: dict[str, str] = field(repr=False)  # functions and classes: source text
    docstring: str = field(repr=False)

    @property
    def id(self) -> str:
        return str(self.declared["id"])

    @property
    def family(self) -> str:
        return str(self.declared["family"])

    @property
    def summary(self) -> str:
        """The docstring's first sentence: what goes wrong."""
        return " ".join(self.docstring.split("\n\n")[0].split())

    @property
    def seed(self) -> int:
        return int(self.declared.get("seed", 0))

    @property
    def expect(self) -> dict[str, str | list[dict[str, Any]]]:
        return dict(self.declared["expect"])

    @property
    def artifact_folder(self) -> Path | None:
        """The committed files of another release, where the scenario has them."""
        artifact = self.declared.get("artifact")
        return self.file.parent / "artifacts" / artifact["folder"] if artifact else None

    @cached_property
    def source_hash(self) -> str:
        """Two runs compare only where this agrees."""
        return hashlib.sha256(self.source.encode()).hexdigest()

    def paths(self, side: str | None = None) -> list[str]:
        """Names of the restore paths, broken first; `side` is "broken" or "fixed"."""
        names = sorted(self.expect, key=lambda name: side_of(name) != "broken")
        return [name for name in names if side in (None, side_of(name))]

    def save_for(self, path: str) -> str:
        """Name of the save step whose artifact `path` reads."""
        return str(self.declared.get("saves", {}).get(path, "save"))

    def verdicts(self, side: str | None = None) -> list[str]:
        """Every verdict declared for the paths of `side`, in order, each once."""
        found: list[str] = []
        for path in self.paths(side):
            declared = self.expect[path]
            rules = [{"verdict": declared}] if isinstance(declared, str) else declared
            found += [rule["verdict"] for rule in rules]
        return list(dict.fromkeys(found))

    def section(self, title: str) -> str:
        """The text of one docstring section, its indent removed."""
        return read_sections(self.docstring).get(title, "")


@dataclass(frozen=True)
class Catalog:
    """The scenarios that are well formed, and the problems of those that are not."""

    root: Path
    scenarios: tuple[Scenario, ...]
    problems: tuple[Problem, ...]

    def find(self, identifier: str) -> Scenario:
        """Return the scenario with this id; raises UsageError with the nearest one."""
        for scenario in self.scenarios:
            if scenario.id == identifier:
                return scenario
        broken = [
            problem
            for problem in self.problems
            if problem.file.stem == identifier.replace("-", "_")
        ]
        if broken:
            raise UsageError(
                f"the scenario file of {identifier} has a mistake",
                f"{len(broken)} found, listed above" if len(broken) > 1 else "it is listed above",
                f"mend it, then: python -m harness check {identifier}",
            )
        near = difflib.get_close_matches(identifier, [each.id for each in self.scenarios], n=1)
        tip = f"did you mean {near[0]}?  " if near else ""
        raise UsageError(
            f"scenario not found: {identifier}",
            f"looked in {self.root} ({len(self.scenarios)} scenarios)",
            tip + "see: python -m harness list",
        )

    def select(self, identifiers: Iterable[str]) -> list[Scenario]:
        """Return the scenarios with these ids, each once, in the order given."""
        return [self.find(identifier) for identifier in dict.fromkeys(identifiers)]


def side_of(path: str) -> str:
    """Return "broken" or "fixed", as the path's name says."""
    return "fixed" if path.startswith("restore_fixed") else "broken"


def read_sections(docstring: str) -> dict[str, str]:
    """Split a scenario's docstring at its "Title:" lines."""
    sections: dict[str, list[str]] = {}
    title = ""
    for line in docstring.splitlines():
        heading = line.rstrip().removesuffix(":")
        if line.rstrip().endswith(":") and heading in SECTIONS:
            title = heading
            sections[title] = []
        elif title:
            sections[title].append(line.removeprefix("    "))
    return {name: "\n".join(lines).strip() for name, lines in sections.items()}


def read_scenario(file: Path) -> tuple[Scenario | None, list[Problem]]:
    """Read one file; return the scenario, or None and every mistake found in it."""
    from harness.validate import find_problems

    try:
        source = file.read_text(encoding="utf-8")
        tree = ast.parse(source, filename=str(file), feature_version=(3, 7))
        found = list(find_problems(file, tree))
    except SyntaxError as error:
        return None, [Problem(file, error.lineno or 1, f"not Python 3.7: {error.msg}")]
    except (OSError, ValueError) as error:  # not readable, not UTF-8, or null bytes
        return None, [Problem(file, 1, f"the file cannot be read: {error}")]
    except (RecursionError, MemoryError):
        return None, [Problem(file, 1, "the file cannot be read: an expression is nested too deep")]
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


def find_declaration(tree: ast.Module) -> ast.Assign | None:
    """Return the statement `SCENARIO = {...}`."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            if isinstance(target, ast.Name) and target.id == "SCENARIO":
                return node
    return None


def read_catalog(root: Path | None = None) -> Catalog:
    """Read every scenario under `root` (default: the packaged ones), in the families' order.

    Raises UsageError where the folder does not exist.
    """
    root = root or PACKAGED
    if not root.is_dir():
        raise UsageError(
            f"scenario folder not found: {root}", "", "give an existing folder to --scenarios"
        )
    scenarios, problems = [], []
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
            problems.append(Problem(scenario.file, 1, f"{first.file} has the same id"))
    return Catalog(root, tuple(owners.values()), tuple(problems))
