"""The provenance of committed files: which release wrote them, from which code, and their hashes.

Beside `artifact/` and `reference.npz` (the writer's own inputs, predictions and weights) lies
`provenance.json`: the writer's versions and packages, what it was started with, the sha256 of every
file, and of the `save` function in the scenario that wrote them. Schema 1 knew no packages.
"""

import hashlib
from pathlib import Path

import msgspec

from harness.catalog.scenario import Scenario
from harness.processes.facts import EnvironmentFacts
from harness.processes.variables import PORTABLE_KERNELS

SCHEMA = 2
VERSIONS = ("tensorflow", "keras", "keras_home", "python", "numpy", "h5py")
SETTINGS = {"PYTHONHASHSEED": "0", **PORTABLE_KERNELS}  # numbers that no other processor changes


class ProvenanceRefused(Exception):
    """The committed files differ from the writer's files, or their origin cannot be proved."""


def hash_text(text: str) -> str:
    """Return the sha256 of a function's source text."""
    return hashlib.sha256(text.encode()).hexdigest()


def hash_files(folder: Path) -> dict[str, str]:
    """Return the sha256 of every file under `folder` except the provenance, by relative path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path != folder / "provenance.json"
    }


class RecordedWriter(msgspec.Struct, frozen=True, kw_only=True):
    """The writer that a provenance records; `extras` maps packages to versions."""

    tensorflow: str | None = None
    keras: str | None = None
    keras_home: str | None = None
    python: str | None = None
    numpy: str | None = None
    h5py: str | None = None
    extras: dict[str, str] = {}


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """One `provenance.json`; `files` maps relative paths to the sha256 of the files."""

    schema: int
    scenario: str = ""
    script: str = ""
    script_sha256: str
    seed: int = 0
    writer: RecordedWriter
    packages: list[str] = []
    settings: dict[str, str] = {}
    files: dict[str, str]


def read_provenance(scenario: Scenario) -> Provenance:
    """Return the committed provenance; raises ProvenanceRefused if it cannot be read."""
    folder = scenario.artifact_folder
    assert folder is not None, "only a scenario with an artifact has a provenance"
    try:
        text = (folder / "provenance.json").read_bytes()
        record = msgspec.json.decode(text, type=Provenance)
    except (OSError, ValueError, RecursionError) as error:  # msgspec's own are ValueErrors
        raise ProvenanceRefused(f"{folder.name}/provenance.json cannot be read: {error}") from error
    if record.schema > SCHEMA:
        raise ProvenanceRefused(
            f"{folder.name}/provenance.json has schema {record.schema}, this version reads up to"
            f" {SCHEMA}"
        )
    return record


def read_writer(scenario: Scenario) -> RecordedWriter:
    """Return the writer that the committed provenance records, as far as it can be read."""
    try:
        return read_provenance(scenario).writer
    except ProvenanceRefused:
        return RecordedWriter()


def read_schema(scenario: Scenario) -> int:
    """Return the schema of the committed provenance, 0 if there is no provenance."""
    try:
        return read_provenance(scenario).schema
    except ProvenanceRefused:
        return 0


def write_provenance(
    scenario: Scenario, folder: Path, environment: EnvironmentFacts, packages: list[str]
) -> Path:
    """Record who wrote the scenario's files in `folder`.

    `environment` is as its worker described it, `packages` as "name==version".
    """
    versions = dict(each.split("==") for each in packages)
    extras = {name: versions[name] for name in scenario.extras if name in versions}
    versions_found = {name: getattr(environment, name) for name in VERSIONS}
    record = Provenance(
        schema=SCHEMA,
        scenario=scenario.id,
        script=f"scenarios/{scenario.family}/{scenario.file.name}::save",
        script_sha256=hash_text(scenario.definitions["save"]),
        seed=scenario.seed,
        writer=RecordedWriter(**versions_found, extras=extras),
        packages=packages,
        settings=SETTINGS,
        files=hash_files(folder),
    )
    path = folder / "provenance.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(record)) + b"\n")
    return path


def check_provenance(scenario: Scenario) -> None:
    """Raise ProvenanceRefused, with a sentence, unless the committed files are as recorded."""
    folder = scenario.artifact_folder
    assert folder is not None, "only a scenario with an artifact has a provenance"
    record = read_provenance(scenario)
    wanted, writer, declared = record.files, record.writer.tensorflow, scenario.committed_writer
    if writer != declared:
        raise ProvenanceRefused(
            f"the files were written by {writer}, but the scenario declares {declared}"
        )
    for package in scenario.writer_packages:
        if package not in record.packages:
            raise ProvenanceRefused(f"the files were not written with {package}")
    if record.script_sha256 != hash_text(scenario.definitions["save"]):
        raise ProvenanceRefused("the scenario's `save` has changed since the files were written")
    found = hash_files(folder)
    for name in sorted(wanted.keys() | found.keys()):
        if wanted.get(name) != found.get(name):
            state = "missing" if name not in found else "changed" if name in wanted else "unknown"
            raise ProvenanceRefused(f"{folder.name}/{name} is {state}")
