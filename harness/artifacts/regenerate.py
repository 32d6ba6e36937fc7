"""Write a scenario's committed files again, in the release that wrote the old files."""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from harness.artifacts.provenance import (
    SCHEMA,
    ProvenanceRefused,
    check_provenance,
    read_schema,
    read_writer,
    write_provenance,
)
from harness.catalog.scenario import EXTRAS, Scenario
from harness.environments.build import build
from harness.environments.cache import python_of
from harness.environments.releases import find_release, name_package
from harness.environments.uv import clean_variables, find_uv, last_lines
from harness.errors import EnvironmentUnusable, UsageError
from harness.formats.contents import DIFFERS, ROUNDING, ContentComparison, compare_folders, worst_of
from harness.processes.facts import EnvironmentFacts
from harness.processes.limits import Limits
from harness.processes.spawn import SpawnWorker
from harness.processes.step import Step, run_step
from harness.processes.variables import Environment


@dataclass(frozen=True)
class Wanted:
    """The versions that shall write a scenario's files; an unknown version is None."""

    tensorflow: str  # as the scenario declares it, "2.4.1"
    keras: str | None  # as the committed provenance says
    legacy_keras: bool
    extra: tuple[str, ...]  # extra requirements, "scikit-learn==1.3.2"

    @property
    def release(self) -> str:
        """The writer's name for `env add`: "2.4", or "2.16+legacy"."""
        minor = ".".join(self.tensorflow.split(".")[:2])
        return f"{minor}+legacy" if self.legacy_keras else minor

    @property
    def name(self) -> str:
        """The writer's name in texts: "2.15 with scikit-learn==1.3.2"."""
        return " with ".join([self.release, *self.extra])

    @property
    def order(self) -> tuple[int, ...]:
        """A key that sorts releases by age."""
        return tuple(int(part) for part in self.tensorflow.split(".")[:2])


@dataclass(frozen=True)
class Writer:
    """An environment that can write, its description, and every package in it."""

    environment: Environment
    facts: EnvironmentFacts
    packages: tuple[str, ...]


@dataclass(frozen=True)
class Regenerated:
    """A scenario's new files, in `folder`, and how they compare with the committed files."""

    folder: Path
    writer: Writer
    comparison: ContentComparison
    wholly_new: bool  # there were none to compare with


def find_wanted(scenario: Scenario, extra: tuple[str, ...] = (), legacy: bool = False) -> Wanted:
    """Return the writer to use: the declared writer, completed by the committed provenance.

    `extra` and `legacy` are for files without a provenance, or override the provenance. A package
    that scenarios declare as an extra is used only for these scenarios.
    """
    recorded = read_writer(scenario)
    named = {name_package(each): each for each in extra}
    foreign = EXTRAS.keys() - {*scenario.extras}
    asked = {name: each for name, each in named.items() if name not in foreign}
    known = recorded.extras
    pins = [f"{name}=={known[name]}" if name in known else name for name in scenario.extras]
    kept = [each for each in pins if name_package(each) not in asked]
    kept = [*scenario.writer_packages, *kept]
    tensorflow = str(scenario.committed_writer)
    return Wanted(
        tensorflow,
        recorded.keras if recorded.tensorflow == tensorflow else None,
        legacy or recorded.keras_home == "tf_keras",
        (*kept, *asked.values()),
    )


def regenerate(scenario: Scenario, writer: Writer, work: Path) -> Regenerated:
    """Write the scenario's files again in a folder of `work`, and compare them.

    Raises EnvironmentUnusable if `save` fails.
    """
    fresh, committed = write_fresh(scenario, writer, work), scenario.artifact_folder
    assert committed is not None, "only a scenario with an artifact can be regenerated"
    if not committed.exists():
        return Regenerated(
            fresh, writer, ContentComparison(DIFFERS, ("there were no files",)), True
        )
    compared = compare_folders(committed, fresh, ignored=("provenance.json",))
    try:
        check_provenance(scenario)
    except ProvenanceRefused as error:
        compared = worst_of([ContentComparison(DIFFERS, (str(error),)), compared])
    return Regenerated(fresh, writer, compared, False)


def put_in_place(scenario: Scenario, made: Regenerated, write: bool) -> bool:
    """Replace the committed files if `write` is given and they differ; return whether they were
    replaced.

    Files that differ only in times or in an order stay, which keeps commits small. Files with an
    older provenance are replaced, because a provenance records exactly the files beside it.
    """
    folder = scenario.artifact_folder
    assert folder is not None, "only a scenario with an artifact has a folder for files"
    outdated = made.comparison.kind in (ROUNDING, DIFFERS) or read_schema(scenario) < SCHEMA
    if made.wholly_new or (write and outdated):
        replace_folder(folder, made.folder)
        return True
    return False


def open_writer(wanted: Wanted, interpreter: str | None, work: Path) -> Writer:
    """Return the writer: that `interpreter`, or an environment that is built.

    Raises EnvironmentUnusable if it cannot be built or used, and UsageError if its release is
    another.
    """
    python = interpreter or build_writer(wanted)
    environment = Environment(python, wanted.legacy_keras, portable_kernels=True)
    facts = SpawnWorker(environment, make_folder(work), hide_gpu=True).describe()
    if facts.tensorflow != wanted.tensorflow:
        raise UsageError(
            f"the files must be written by TensorFlow {wanted.tensorflow}",
            f"{python} has {facts.tensorflow}",
            "leave out --python, and the release is built",
        )
    return Writer(environment, facts, list_packages(environment))


def build_writer(wanted: Wanted) -> str:
    """Return an interpreter with the wanted versions; build it if it is missing.

    A file may be of a newer Keras than that of the release's day: then the recorded versions are
    requested by number. Raises EnvironmentUnusable, UsageError.
    """
    release = find_release(wanted.release, wanted.extra)
    folder, built = build(release)
    found = built.versions
    same = found.tensorflow == wanted.tensorflow and wanted.keras in (None, found.keras)
    if not same:
        package = release.requirements[0].partition("==")[0]
        keras = "tf-keras" if wanted.legacy_keras else "keras"
        pins = [f"{package}=={wanted.tensorflow}"]
        # Before 2.6 Keras is not a separate package.
        if wanted.keras and any(each.startswith(f"{keras}==") for each in built.packages):
            pins.append(f"{keras}=={wanted.keras}")
        release = find_release(wanted.release, (*wanted.extra, *pins))
        folder, built = build(release)
    return str(python_of(folder))


def list_packages(environment: Environment) -> tuple[str, ...]:
    """Return "name==version" of every package; packages installed from a folder are left out."""
    command = [find_uv(), "--quiet", "pip", "freeze", "--python", environment.interpreter]
    done = subprocess.run(
        command, env=clean_variables(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise EnvironmentUnusable(
            f"the packages of {environment.interpreter} cannot be listed", last_lines(done.stderr)
        )
    return tuple(line for line in done.stdout.splitlines() if "==" in line and " " not in line)


def write_fresh(scenario: Scenario, writer: Writer, work: Path) -> Path:
    """Run `save` in a separate process; return the folder with artifact and provenance.

    Raises EnvironmentUnusable with the step's output if the step fails.
    """
    fresh, folder = make_folder(work), make_folder(work)
    (fresh / "artifact").mkdir()
    (folder / "scratch").mkdir()
    # A lambda's byte code holds the name of its file: one without a folder of this machine.
    shutil.copy(scenario.file, folder / "scratch")
    step = Step(
        kind="save",
        source=scenario.file.name,
        function="save",
        folder=str(folder),
        artifact=str(fresh / "artifact"),
        reference=str(fresh / "reference.npz"),
        seed=scenario.seed,
    )
    result = run_step(SpawnWorker(writer.environment, work, hide_gpu=True), step, Limits())
    if result.error is not None:
        said = f"{result.error.type}: {result.error.message}"
        raise EnvironmentUnusable(f"the save step of {scenario.id} failed", said)
    write_provenance(scenario, fresh, writer.facts, list(writer.packages))
    return fresh


def make_folder(work: Path) -> Path:
    """Return a new folder in `work`."""
    return Path(tempfile.mkdtemp(dir=work))


def replace_folder(folder: Path, fresh: Path) -> None:
    """Replace `folder` by a copy of `fresh`; `folder` is removed only when the copy is complete."""
    copy = folder.with_name(folder.name + ".part")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(fresh, copy)
    shutil.rmtree(folder, ignore_errors=True)
    copy.rename(folder)
