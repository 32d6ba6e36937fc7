"""Every cure that `diagnose` prints is executed as printed, or is listed with why not."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.catalog.load import PACKAGED
from harness.diagnose.causes.table import CAUSES
from harness.diagnose.rules.input_changes import iterate_changes
from harness.diagnose.rules.samples import compare_samples
from harness.environments.resolve import open_environment
from tests.contract.cure_cases import CASES, NOT_HERE, ON_FILES, OWN

RUNNER = Path(__file__).with_name("cure_runner.py")
ARTIFACTS = PACKAGED / "version" / "artifacts"
random = np.random.default_rng(0)


def place(program: str, cure: str) -> str:
    """Return a program with a cure in place of its line `# CURE`, as deep as that line stands."""
    lines = []
    for line in program.split("\n"):
        depth = line[: len(line) - len(line.lstrip())]
        marked = line.strip() == "# CURE"
        lines += [depth + each for each in cure.split("\n")] if marked else [line]
    return "\n".join(lines)


def on_file(cause: str) -> str:
    """Return the program of a cause that a committed file shows."""
    _, file, program = ON_FILES[cause]
    setup = ""
    if file:
        reference = ARTIFACTS / file.partition("/")[0] / "reference.npz"
        setup = (
            f"path, kept = {str(ARTIFACTS / file)!r}, np.load({str(reference)!r})\n"
            "inputs, expected = kept['inputs'], kept['predictions']\n"
        )
    return setup + place(program, CAUSES[cause].fix)


def execute(folder: Path, python: str, programs: dict[str, str], before: str = "") -> Any:
    """Run programs in a process with TensorFlow; return what each raised."""
    given, results = folder / "given.json", folder / "results.json"
    given.write_text(json.dumps({"before": before, "programs": programs}))
    done = subprocess.run(
        [python, str(RUNNER), str(given), str(results)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(results.read_text())


# Outputs from which a rule makes the cure itself: (expected, predicted).
SHARES = random.dirichlet([1, 1, 1], 12)
ONE = random.uniform(0.1, 0.9, (12, 1))
TARGETS = random.normal(size=(12, 2)) * [400, 30] + [900, 500]
GIVEN_OUTPUTS = {
    "softmax missing": (SHARES, np.log(SHARES) + 2),
    "sigmoid missing": (ONE, np.log(ONE / (1 - ONE))),
    "columns permuted": (SHARES, SHARES[:, [2, 0, 1]]),
    "scaled target": (ONE * 300 + 9, ONE),
    "one unit": (ONE * 300 + 9, ONE * 70 + 5),
    "two units": (TARGETS, TARGETS * [0.5, 3.0] + [77, 9]),
    "labels expected": (SHARES.argmax(1) * 1.0, SHARES),
    "axes": (random.normal(size=(6, 2, 4)), None),
}
IMAGES = random.integers(0, 256, (4, 6, 6, 3)).astype(float)
WORDS = random.integers(1, 50, (8, 5)) * (np.arange(5) > 1.0)
GIVEN_INPUTS = {"images": IMAGES, "pre": WORDS, "post": WORDS[:, ::-1], "table": SHARES}


def made_by_rules(folder: Path) -> dict[str, str]:
    """Return programs of the cures that rules make from the numbers they see."""
    programs: dict[str, str] = {}
    for name, (expected, predicted) in GIVEN_OUTPUTS.items():
        got = expected.transpose(0, 2, 1) if predicted is None else predicted
        finding = compare_samples(expected, got).findings[0]
        assert finding.fix != CAUSES[finding.cause].fix, finding
        np.savez(folder / f"{name}.npz", expected=expected, got=got)
        result = finding.fix.split("\n")[-1].partition(" ")[0]  # labels or predictions
        programs[f"rule: {name}"] = (
            f"kept = np.load({str(folder / f'{name}.npz')!r})\n"
            "inputs, model, predictions = None, Fake(lambda x: kept['got']), kept['got']\n"
            f"{finding.fix}\nassert same({result}, kept['expected'], 1e-3)\n"
        )
    for name, values in GIVEN_INPUTS.items():
        for change in iterate_changes(values):
            kind = change.words.partition("[")[0]  # of all orders of columns the last
            file = folder / f"{name} {kind.replace('/', '')}.npz"
            np.savez(file, inputs=values, changed=change.make(values))
            programs[f"input: {name} {kind}"] = (
                f"kept = np.load({str(file)!r})\n"
                "inputs, model = kept['inputs'], Fake(lambda x: x)\n"
                "axes = 0 if inputs.ndim == 2 else None\n"
                "mean_of_training, std_of_training = inputs.mean(axes), inputs.std(axes)\n"
                f"{change.before}predictions = model.predict({change.code})\n"
                "assert same(predictions, kept['changed'], 1e-3)\n"
            )
    return programs


@pytest.fixture(scope="module")
def raised(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What each program raised in this Python's TensorFlow; "" where all came out as asserted."""
    folder = tmp_path_factory.mktemp("cures")
    programs = {cause: place(program, CAUSES[cause].fix) for cause, program in CASES.items()}
    programs |= {cause: on_file(cause) for cause, each in ON_FILES.items() if each[0] == OWN}
    return execute(folder, sys.executable, programs | made_by_rules(folder))


def test_every_cause_has_a_program_or_a_reason_to_have_none() -> None:
    assert sorted([*CASES, *ON_FILES, *NOT_HERE]) == sorted(CAUSES)


@pytest.mark.tensorflow
def test_every_cure_brings_back_what_it_promises(raised: Any) -> None:
    failed = {name: said for name, said in raised.items() if said}
    assert not failed, "\n\n".join(f"{name}: {said}" for name, said in failed.items())


@pytest.mark.tensorflow
@pytest.mark.long
@pytest.mark.releases
@pytest.mark.parametrize("release", sorted({each[0] for each in ON_FILES.values()} - {OWN}))
def test_a_cure_for_a_release_works_in_it(release: str, tmp_path: Path) -> None:
    causes = [cause for cause, each in ON_FILES.items() if each[0] == release]
    before = CAUSES[causes[0]].fix if release.endswith("+legacy") else ""
    assert not before or {CAUSES[cause].fix for cause in causes} == {before}
    python = str(open_environment(release).interpreter)
    found = execute(tmp_path, python, {cause: on_file(cause) for cause in causes}, before)
    assert not any(found.values()), found
