"""Committed files of another release: proof of who wrote them, from what, and that they are whole.

Beside `artifact/` and `reference.npz` (the writer's own inputs, predictions and weights) lies
`provenance.json`: the writer's versions and packages, what it was started with, the sha256 of every
file, and of the `save` function in the scenario that wrote them. Schema 1 knew no packages.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from harness.catalog.scenario import Scenario
from harness.processes.facts import EnvironmentFacts
from harness.processes.variables import PORTABLE_KERNELS

SCHEMA = 2
VERSIONS = ("tensorflow", "keras", "keras_home", "python", "numpy", "h5py")
SETTINGS = {"PYTHONHASHSEED": "0", **PORTABLE_KERNELS}  # numbers that no other processor changes


class ProvenanceRefused(Exception):
    """The committed files are not, or not provably, what the writer wrote."""


def hash_text(text: str) -> str:
    """Return the sha256 of a function's source text."""
    return hashlib.sha256(text.encode()).hexdigest()


def hash_files(folder: Path) -> dict[str, str]:
    """Return the sha256 of every file under `folder` but the provenance, by relative path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path != folder / "provenance.json"
    }


def read_record(scenario: Scenario) -> dict[str, Any]:
    """Return the committed provenance, of any schema; {} where there is none to read."""
    folder = scenario.artifact_folder
    assert folder is not None, "only a scenario with an artifact has a provenance"
    try:
        record = json.loads((folder / "provenance.json").read_text())
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def read_writer(scenario: Scenario) -> dict[str, Any]:
    """Return what the committed provenance says of its writer, as far as it says anything."""
    writer = read_record(scenario).get("writer")
    return writer if isinstance(writer, dict) else {}


def read_schema(scenario: Scenario) -> int:
    """Return the schema of the committed provenance, 0 where there is none."""
    schema = read_record(scenario).get("schema")
    return schema if isinstance(schema, int) else 0


def write_provenance(
    scenario: Scenario, folder: Path, environment: EnvironmentFacts, packages: list[str]
) -> Path:
    """Record who wrote the scenario's files in `folder`.

    `environment` is as its worker described it, `packages` as "name==version".
    """
    versions = dict(each.split("==") for each in packages)
    extras = {name: versions[name] for name in scenario.extras if name in versions}
    described = {name: getattr(environment, name) for name in VERSIONS} | {"extras": extras}
    record = {
        "schema": SCHEMA,
        "scenario": scenario.id,
        "script": f"scenarios/{scenario.family}/{scenario.file.name}::save",
        "script_sha256": hash_text(scenario.definitions["save"]),
        "seed": scenario.seed,
        "writer": described,
        "packages": packages,
        "settings": SETTINGS,
        "files": hash_files(folder),
    }
    path = folder / "provenance.json"
    path.write_text(json.dumps(record, indent=2) + "\n")
    return path


def check_provenance(scenario: Scenario) -> None:
    """Raise ProvenanceRefused, with a sentence, unless the committed files are as recorded."""
    folder = scenario.artifact_folder
    assert folder is not None, "only a scenario with an artifact has a provenance"
    try:
        record = json.loads((folder / "provenance.json").read_text())
        wanted, writer = dict(record["files"]), record["writer"]["tensorflow"]
        script, schema = record["script_sha256"], int(record["schema"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ProvenanceRefused(f"{folder.name}/provenance.json cannot be read: {error}") from error
    if schema > SCHEMA:
        raise ProvenanceRefused(
            f"{folder.name}/provenance.json has schema {schema}, this version reads up to {SCHEMA}"
        )
    declared = scenario.committed_writer
    if writer != declared:
        raise ProvenanceRefused(f"the files were written by {writer}, the scenario says {declared}")
    if script != hash_text(scenario.definitions["save"]):
        raise ProvenanceRefused("the scenario's `save` is not the one that wrote the files")
    found = hash_files(folder)
    for name in sorted(wanted.keys() | found.keys()):
        if wanted.get(name) != found.get(name):
            state = "missing" if name not in found else "changed" if name in wanted else "unknown"
            raise ProvenanceRefused(f"{folder.name}/{name} is {state}")
