"""Small scenarios, records and runs for the tests to build on."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from harness.catalog.load import read_scenario
from harness.catalog.scenario import Scenario
from harness.processes.facts import Device
from harness.results.json_files import ResultFile
from harness.results.judgement import judge_outcomes
from harness.results.outcome import Outcome
from harness.results.run import MachineFacts, Run, RunEnvironment

# A step on a model, without its folder and its file.
MODEL_STEP: dict[str, Any] = {
    "saved_model": False,
    "keras_inside": True,
    "keras_alone": False,
    "architecture": None,
    "code": None,
    "custom": [],
    "trusted": False,
    "inputs": None,
    "rows": 1,
    "seed": 1,
    "cage": None,
}
SCENARIO = '''"""The weights arrive and the function does not.

Symptom:
    Zeros.
Cause:
    A mechanism.
Fix:
    A cure.
Spot it:
    A check.
Evidence:
    An issue.
"""
import numpy as np

SCENARIO = {
    "id": "small-case",
    "family": "restore",
    "tensorflow": ">=2.13",
    "seed": 7,
    "minutes": 5,
    "expect": {
        "restore_broken": "zeros",
        "restore_fixed_it": "match",
    },
    "saves": {"restore_fixed_it": "save_whole"},
    "hints": ["One.", "Two.", "Three."],
}


def save(artifact, seed):
    return np.zeros(2), np.zeros(2)


def save_whole(artifact, seed):
    return save(artifact, seed)


def restore_broken(artifact):
    return np.zeros_like


def restore_fixed_it(artifact):
    return np.ones_like
'''


DOSED = SCENARIO.replace(
    '"seed": 7',
    '"dose": {"path": "restore_broken", "of": "metres off", "values": [0, 0.5, 2]},\n    "seed": 7',
).replace("def restore_broken(artifact)", "def restore_broken(artifact, dose=0.5)")
LOOK_ALIKE = (
    SCENARIO.replace('"restore_broken": "zeros"', '"restore_healthy": "match"')
    .replace("def restore_broken(", "def restore_healthy(")
    .replace('"seed": 7', '"alarm": "was never built",\n    "seed": 7')
)


def write_scenario(root: Path, name: str = "small-case", text: str = SCENARIO) -> Path:
    """Write a scenario file of this id into the family its text names; return its path."""
    family = "version" if '"family": "version"' in text else "restore"
    file = root / family / f"{name.replace('-', '_')}.py"
    file.parent.mkdir(exist_ok=True, parents=True)
    file.write_text(text.replace('"small-case"', f'"{name}"'), encoding="utf-8")
    return file


def make_scenario(root: Path, name: str = "small-case", text: str = SCENARIO) -> Scenario:
    """Write a scenario and read it; it must be well formed."""
    scenario, problems = read_scenario(write_scenario(root, name, text))
    assert scenario is not None, problems
    return scenario


def make_committed_scenario(root: Path, name: str = "old-files") -> Scenario:
    """A version scenario with an artifact written by TensorFlow 2.15.0 (no files yet)."""
    text = SCENARIO.replace('"family": "restore"', '"family": "version"').replace(
        '"saves": {"restore_fixed_it": "save_whole"}',
        '"artifact": {"writer": "2.15.0", "folder": "old_files"}',
    )
    return make_scenario(root, name, text)


def make_record(**changes: Any) -> dict[str, Any]:
    """An outcome as JSON: a broken path that shows zeros, as declared, unless told otherwise."""
    return {
        "scenario": "small-case",
        "family": "restore",
        "path": "restore_broken",
        "side": "broken",
        "writer": "tensorflow-2.21.0+keras-3.15.1",
        "reader": "tensorflow-2.21.0+keras-3.15.1",
        "device": "CPU:0",
        "seed": 7,
        "default_seed": True,
        "source_sha256": "0" * 64,
        "verdict": "zeros",
        "expected": "zeros",
        "declared_rate": [1.0, 1.0],
        "judgement": "expected",
        "error": None,
        "reference_sha256": "f" * 64,
        "statistics": {
            "near_zeros": 1.0,
            "mean": 0.0,
            "standard_deviation": 0.0,
            "max_absolute_error": 11.45,
            "weights": "equal",
            "reference": {"maximum": 11.45},
        },
        "dose": None,
        "dose_of": None,
        "own_dose": None,
        "raises": "",
        "cpu_ms": {"save": 120.0, "restore": 80.0},
        "artifact_bytes": 4096,
        "side_effects": [],
        "timing": {"load_ms": 95.13, "p50_ms": 0.479, "p99_ms": None, "calls": 42},
    } | changes


def make_outcome(**changes: Any) -> Outcome:
    """An outcome: a broken path that shows zeros, as declared, unless told otherwise."""
    return msgspec.convert(make_record(**changes), Outcome)


def as_outcomes(records: Iterable[dict[str, Any]]) -> list[Outcome]:
    """The outcomes of these records."""
    return [msgspec.convert(record, Outcome) for record in records]


ENVIRONMENT = RunEnvironment(
    name="tensorflow-2.21.0+keras-3.15.1",
    tensorflow="2.21.0",
    keras="3.15.1",
    numpy="2.4.6",
    python="3.11.7",
    devices=(Device("CPU:0"),),
)
MACHINE = MachineFacts(
    system="Linux-x86_64",
    processor="a processor",
    cores=2,
    memory_bytes=8 * 2**30,
    python="3.11.7",
)


def make_run(records: Iterable[dict[str, Any]]) -> Run:
    """A finished run with these outcomes."""
    created = "2026-01-01T00:00:00+00:00"
    request = {"scenarios": [], "root": "", "command": ["run"]}
    return Run(1, created, created, 1, request, MACHINE, [ENVIRONMENT], as_outcomes(records))


def make_file(
    records: Iterable[dict[str, Any]], environments: Iterable[RunEnvironment] = (ENVIRONMENT,)
) -> ResultFile:
    """A result file with these outcomes."""
    return ResultFile(environments=list(environments), outcomes=as_outcomes(records))


RELEASES = [
    ("2.4", "2.4.1", "2.4.0"),
    ("2.15", "2.15.0", "2.15.0"),
    ("2.16", "2.16.1", "3.0.5"),
    ("2.21", "2.21.0", "3.15.1"),
]


def name_of(release):
    _, tensorflow, keras = release
    return f"tensorflow-{tensorflow}+keras-{keras}"


def make_environment(release):
    asked, tensorflow, keras = release
    return msgspec.structs.replace(
        ENVIRONMENT, name=name_of(release), release=asked, tensorflow=tensorflow, keras=keras
    )


def make_release_file(verdicts, writer=None, expected="zeros"):
    """A run of one broken path (and a fixed one that matches) in the releases, judged."""
    records = []
    for release, verdict in zip(RELEASES, verdicts, strict=True):
        shared = {
            "reader": name_of(release),
            "writer": writer or name_of(release),
            "judgement": None,
        }
        cure = {"path": "restore_fixed_it", "side": "fixed", "verdict": "match"}
        records += [
            make_record(verdict=verdict, expected=expected, **shared),
            make_record(**cure, expected="match" if expected else "", **shared),
        ]
    file = make_file(records, map(make_environment, RELEASES))
    judge_outcomes(file.outcomes)
    return file
