"""One failure mode as its file declares it, and the layout of such a file."""

import ast
import contextlib
import hashlib
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from harness.catalog.expectations import Rule, read_rules
from harness.verdicts.names import Verdict

FAMILIES = ("preprocessing", "restore", "version")
SECTIONS = ("Symptom", "Cause", "Fix", "Spot it", "Evidence")
Side = Literal["broken", "healthy", "fixed"]
SIDES: tuple[Side, ...] = ("broken", "healthy", "fixed")
WITH = " with "  # between a release and packages, as `env add` takes them
# What a scenario may need besides TensorFlow, by the name pip knows: the modules it brings.
EXTRAS = {"scikit-learn": ("sklearn", "joblib"), "pillow": ("PIL",), "scipy": ("scipy",)}


@dataclass(frozen=True)
class Dose:
    """The doses of a mistake: `path` takes each of `values`; `of` says what the values are.

    `own` is the value that the lesson itself uses.
    """

    path: str
    of: str
    values: list[float]
    own: float


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
    def tensorflow(self) -> str:
        """The TensorFlow releases to which the scenario applies, a specifier."""
        return str(self.declared["tensorflow"])

    @property
    def minutes(self) -> int:
        """The minutes that a reader needs."""
        return int(self.declared["minutes"])

    @property
    def hints(self) -> list[str]:
        """Three hints, each closer to the answer."""
        return list(self.declared["hints"])

    @property
    def alarm(self) -> str:
        """Words that a look-alike's healthy paths print; "" if they print no alarm."""
        return str(self.declared.get("alarm", ""))

    @property
    def allows_constant_reference(self) -> bool:
        """Whether the correct answer may be the same for every row."""
        return bool(self.declared.get("allow_constant_reference"))

    @cached_property
    def rules(self) -> dict[str, tuple[Rule, ...]]:
        """What is declared for every path: the first rule that fits counts."""
        return {path: read_rules(each) for path, each in self.declared["expect"].items()}

    @property
    def committed_writer(self) -> str | None:
        """The TensorFlow release that wrote the committed files, if there are any: "2.15.0"."""
        artifact = self.declared.get("artifact")
        return str(artifact["writer"]).split(WITH)[0] if artifact else None

    @property
    def writer_packages(self) -> tuple[str, ...]:
        """What the writer of the committed files had besides: "keras==2.1.6"."""
        artifact = self.declared.get("artifact")
        return tuple(str(artifact["writer"]).split(WITH)[1:]) if artifact else ()

    @property
    def artifact_folder(self) -> Path | None:
        """The committed files of another release, if the scenario has such files."""
        artifact = self.declared.get("artifact")
        return self.file.parent / "artifacts" / artifact["folder"] if artifact else None

    @property
    def keras(self) -> str:
        """The Keras releases to which the scenario applies, a specifier; "" for all."""
        return str(self.declared.get("keras", ""))

    @property
    def extras(self) -> list[str]:
        """Packages that the scenario needs besides numpy and TensorFlow, by their names for pip."""
        return list(self.declared.get("extras", ()))

    @property
    def dose(self) -> Dose | None:
        """The doses of the mistake, if the scenario declares a dose."""
        declared = self.declared.get("dose")
        if not declared:
            return None
        function = ast.parse(self.definitions[declared["path"]]).body[0]
        assert isinstance(function, ast.FunctionDef)
        own = ast.literal_eval(function.args.defaults[0])
        return Dose(declared["path"], declared["of"], declared["values"], own)

    @property
    def is_look_alike(self) -> bool:
        """Whether the model looks broken but is sound: it has healthy paths, not broken paths."""
        return not self.paths("broken")

    @cached_property
    def imports(self) -> list[str]:
        """Every module the file imports, as its import statements name them."""
        found = []
        for node in ast.walk(ast.parse(self.source)):
            if isinstance(node, ast.Import):
                found += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.append(node.module)
        return list(dict.fromkeys(found))

    @cached_property
    def layers(self) -> list[str]:
        """The Keras layers it uses, as in `layers.Dense`, sorted."""
        return sorted(set(re.findall(r"\blayers\.([A-Z]\w+)", self.source)) - {"Layer"})

    @cached_property
    def source_hash(self) -> str:
        """A hash of the file's text and its committed files; runs compare only if hashes agree."""
        found = hashlib.sha256(self.source.encode())
        if self.artifact_folder is not None:
            with contextlib.suppress(OSError):  # no provenance: refused when it is run
                found.update((self.artifact_folder / "provenance.json").read_bytes())
        return found.hexdigest()

    def paths(self, side: str | None = None) -> list[str]:
        """The names of the restore paths, broken first, fixed last; `side` is one of SIDES."""
        names = sorted(self.declared["expect"], key=lambda name: SIDES.index(side_of(name)))
        return [name for name in names if side in (None, side_of(name))]

    def save_for(self, path: str) -> str:
        """The name of the save step whose artifact `path` reads."""
        return str(self.declared.get("saves", {}).get(path, "save"))

    def verdicts(self, side: str | None = None) -> list[Verdict]:
        """Every verdict declared for the paths of `side`, in order, each once."""
        found = [rule.verdict for path in self.paths(side) for rule in self.rules[path]]
        return list(dict.fromkeys(found))

    def messages(self) -> list[str]:
        """The words of the errors and alarms that the scenario shows."""
        words = [rule.raises for rules in self.rules.values() for rule in rules if rule.raises]
        return list(dict.fromkeys([*words, *filter(None, [self.alarm])]))

    def section(self, title: str) -> str:
        """The text of one docstring section, its indent removed."""
        return read_sections(self.docstring).get(title, "")


def side_of(path: str) -> Side:
    """Return "broken", "healthy" or "fixed", as the path's name says."""
    if path.startswith("restore_healthy"):
        return "healthy"
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
    return {name: "\n".join(lines).strip("\n").rstrip() for name, lines in sections.items()}


def find_declaration(tree: ast.Module) -> ast.Assign | None:
    """Return the statement `SCENARIO = {...}`."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            if isinstance(target, ast.Name) and target.id == "SCENARIO":
                return node
    return None
