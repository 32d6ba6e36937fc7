"""Trials as Keras writes them: each model built, called and saved in a release, in one process."""

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np

from harness.diagnose.evaluation.corpus import HEALTHY, add_rounding
from harness.diagnose.evaluation.corpus_files import Made, describe, make_input
from harness.diagnose.evaluation.corpus_trials import OWN_LAYERS, LoadCase, Trial
from harness.diagnose.evaluation.evaluate import tells
from harness.environments.resolve import OWN, choose_default, open_environment
from harness.errors import EnvironmentUnusable
from harness.origin.answer import CagedReport, read_caged_report
from harness.origin.restore import run_shut_in
from harness.processes.step import WriteModelsStep, find_failure
from harness.verdicts.statistics import Array

AT_ONCE = 50  # models that one process writes


class WriteReport(CagedReport, msgspec.Struct, frozen=True, kw_only=True):
    """The content of the step's `result.json` (worker/write_models.py)."""

    failed: Annotated[list[str], msgspec.Meta(max_length=AT_ONCE)] = []


@dataclass(frozen=True)
class Written:
    """A case whose model is in the file `path`, and what its user has beside the model."""

    case: LoadCase
    path: Path
    inputs: Array | None
    expected: Array | None
    predicted: Array | None
    code: Path | None


def write_trials(cases: Sequence[LoadCase], work: Path) -> tuple[list[Written], list[str]]:
    """Write the models of all cases; return those whose outputs can show the fault, and failures.

    Raises EnvironmentUnusable where a writer's release cannot be built.
    """
    portions = []
    for writer in sorted({each.writer for each in cases}):
        own = [each for each in cases if each.writer == writer]
        portions += [own[start : start + AT_ONCE] for start in range(0, len(own), AT_ONCE)]
    folders = [work / f"written-{number}" for number in range(len(portions))]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        done = list(pool.map(write_some, portions, folders))
    return [each for some, _ in done for each in some], [said for _, some in done for said in some]


def write_some(cases: Sequence[LoadCase], folder: Path) -> tuple[list[Written], list[str]]:
    """Write models of one writer in one of its processes."""
    folder.mkdir()
    writer = cases[0].writer
    trials = [each.build() for each in cases]
    described = []
    for number, (case, trial) in enumerate(zip(cases, trials, strict=True)):
        assert trial is not None, "only cases that can be built are chosen"
        described.append(describe_trial(case, trial, folder / f"{number:03d}"))
    models, code = folder / "models.json", folder / "own.py"
    models.write_text(json.dumps(described))
    code.write_text(OWN_LAYERS)
    step = WriteModelsStep(folder=str(folder), models=str(models), code=str(code))
    release = choose_default() if writer == OWN else writer
    end = run_shut_in(open_environment(release), step, folder)
    report = read_caged_report(folder, WriteReport)
    _, error = find_failure(end, report)
    if error is not None or report is None:
        said = error.message if error else "the process gave no answer"
        raise EnvironmentUnusable(f"{writer} wrote no models", said)
    written: list[Written] = []
    failed: list[str] = []
    for case, trial, each, said in zip(cases, trials, described, report.failed, strict=True):
        assert trial is not None
        if said:
            failed.append(f"{case.label}, {case.architecture}, {writer}: {said}")
        elif (one := judge_written(case, trial, each)) is not None:
            written.append(one)
    return written, failed


def describe_trial(case: LoadCase, trial: Trial, place: Path) -> dict[str, Any]:
    """Return what the worker is told of one model; its arrays go into a file beside `place`."""
    layers = [make_first(trial), *trial.layers]
    weights = [values for each in layers for values in each.weights.values()]
    arrays: dict[str, Any] = {f"weight-{at:03d}": each for at, each in enumerate(weights)}
    arrays |= {f"input-{at:03d}": each for at, each in enumerate(trial.calls)}
    np.savez(place.with_suffix(".npz"), **arrays)
    suffix = trial.suffix or (".keras", ".h5")[case.seed % 2]
    return {
        "config": describe(layers),
        "arrays": str(place.with_suffix(".npz")),
        "layers": [[each.config["name"], len(each.weights)] for each in layers if each.weights],
        "target": str(place.with_suffix(suffix)),
        "outputs": f"{place}-outputs.npz",
    }


def make_first(trial: Trial) -> Made:
    """Return the input layer that the trial's inputs fit."""
    stateful = any(each.config.get("stateful") for each in trial.layers)
    return make_input(*trial.inputs.shape[1:], rows=len(trial.inputs) if stateful else None)


def judge_written(case: LoadCase, trial: Trial, each: dict[str, Any]) -> Written | None:
    """Return a case with its outputs; None where these cannot show the fault."""
    expected: Array | None = None
    predicted: Array | None = None
    if trial.calls:
        with np.load(each["outputs"]) as kept:
            outputs = [kept[name].astype("float32") for name in sorted(kept.files)]
        expected, predicted = trial.tell(outputs)
        if expected is None or predicted is None:
            return None
        if not tells(expected, predicted, case.label != HEALTHY):
            return None
        random = np.random.default_rng(case.seed)
        expected, predicted = add_rounding(random, expected), add_rounding(random, predicted)
    code = None
    if trial.code:
        code = Path(each["arrays"]).with_suffix(".py")
        code.write_text(trial.code)
    inputs = trial.inputs if trial.fed else None
    return Written(case, Path(each["target"]), inputs, expected, predicted, code)
