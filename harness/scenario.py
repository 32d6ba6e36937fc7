"""One failure mode as its file declares it, and how such a file is laid out."""

import ast
import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

FAMILIES = ("preprocessing", "restore", "version")
SECTIONS = ("Symptom", "Cause", "Fix", "Spot it", "Evidence")


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


def find_declaration(tree: ast.Module) -> ast.Assign | None:
    """Return the statement `SCENARIO = {...}`."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            if isinstance(target, ast.Name) and target.id == "SCENARIO":
                return node
    return None
