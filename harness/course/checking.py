"""Checks a learner's restore function by what it does, with a model that it has not seen.

The function runs in a limited process, in a cage where there is one. That process gets the artifact
and the inputs. The reference stays here.
"""

import ast
import io
import shlex
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from harness.catalog.scenario import Scenario
from harness.course.exercises import BROKEN, Exercise, cut_starter
from harness.course.folder import save_model
from harness.errors import EnvironmentUnusable, UsageError
from harness.files import temporary_folder
from harness.formats.facts import plain
from harness.processes.answer_files import UnreadableAnswer, read_answer
from harness.processes.cage import find_obstacle, make_cage
from harness.processes.limits import Limits
from harness.processes.spawn import SpawnWorker
from harness.processes.step import Step, StepResult, run_step
from harness.processes.variables import Environment
from harness.program import command_line
from harness.verdicts.judge import find_verdict
from harness.verdicts.names import Verdict
from harness.verdicts.statistics import Array

LIMITS = Limits(seconds=30.0)
LARGEST = 256 << 20  # bytes of predictions that are read
OURS = {"harness", "restorebench", "scenarios"}  # what a learner's file has no need to import
Ending = Literal["not attempted", "still failing", "fails differently now", "done"]


@dataclass(frozen=True)
class Checked:
    """How an exercise stands; `said` is one sentence.

    `frames` is the learner's part of a traceback, "" where nothing was raised.
    """

    ending: Ending
    said: str
    frames: str = ""


def read_script(path: Path) -> str:
    """Return the learner's file; raises UsageError where it is gone or is no text."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        where = shlex.quote(str(path.parent.parent))
        tip = command_line(f"learn reset {path.parent.name} --dir {where}")
        raise UsageError(f"there is no file {path}", "it was removed or renamed", tip) from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read", "it must be text in UTF-8") from error


def find_mistake(text: str) -> str:
    """Return what is wrong with a file before it is run, "" where nothing is."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        said = getattr(error, "msg", None) or str(error)
        return f"Python cannot read the file: {said}" + (f" (line {line})." if line else ".")
    if not any(isinstance(node, ast.FunctionDef) and node.name == "restore" for node in tree.body):
        return "The file has no function restore() any more."
    for node in ast.walk(tree):
        named = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        named += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if OURS & {each.partition(".")[0] for each in named}:
            return "The file imports the course itself. A real script has no such help: mend it."
    return ""


def check_script(
    exercise: Exercise, scenario: Scenario, script: Path, environment: Environment
) -> Checked:
    """Run the learner's restore function with a model of an unseen seed and judge it.

    Raises UsageError where the file is gone, EnvironmentUnusable where TensorFlow does not work.
    """
    text = read_script(script)
    if text.split() == cut_starter(exercise, scenario).split():
        return Checked("not attempted", "The file is as it was. Look for MEND.")
    if mistake := find_mistake(text):
        return Checked("fails differently now", mistake)
    with temporary_folder() as work:
        saver = SpawnWorker(environment, work, hide_gpu=True)
        try:
            reference = save_model(saver, scenario, work)
        finally:
            saver.close()
        with np.load(reference) as arrays:
            wanted = arrays["predictions"]
        reference.unlink()
        result = run_script(text, work, environment)
        return judge_result(result, work / "learner", wanted, scenario)


def run_script(text: str, work: Path, environment: Environment) -> StepResult:
    """Run restore() and its predictions in a process of their own, with `work/artifact`.

    Raises EnvironmentUnusable where that process does not come as far as the script.
    """
    step = make_step(text, work, caged=not find_obstacle())
    # in the step's own folder: Keras reads its settings while it is imported, in the cage
    worker = SpawnWorker(environment, Path(step.folder), hide_gpu=True, bare=True)
    try:
        result = run_step(worker, step, LIMITS)
    finally:
        worker.close()
    if not Path(step.folder, "begun").exists() and result.ended != "timeout":
        said = plain(result.output.strip().rpartition("\n")[2], 400)
        raise EnvironmentUnusable("TensorFlow did not start in the process of the check", said)
    return result


def make_step(text: str, work: Path, caged: bool) -> Step:
    """Return the step that runs restore() of `text` in `work/learner`, with `work/artifact`."""
    folder, source = work / "learner", work / "restore.py"
    folder.mkdir()
    source.write_text(text, encoding="utf-8")
    artifact, inputs = work / "artifact", work / "inputs.npz"
    return Step(
        kind="restore",
        folder=str(folder),
        source=str(source),
        function="restore",
        artifact=str(artifact),
        reference=str(inputs),
        seed=0,
        cage=make_cage(folder, [artifact, inputs, source], LIMITS) if caged else None,
    )


def judge_result(result: StepResult, folder: Path, wanted: Array, scenario: Scenario) -> Checked:
    """Return how the exercise stands after a run; `wanted` are the predictions before saving."""
    before = f"before saving the model gave {show_numbers(wanted)}"
    if result.error is not None:
        verdict: Verdict = "error" if result.ended == "whole" else result.ended
        if verdict == "timeout":
            said = f"timeout: restore() or its predictions took more than {LIMITS.seconds:.0f} s"
        else:
            line = result.error.message.strip().partition("\n")[0]
            said = f"{result.error.type}: {line}"
        if result.error.type == "PermissionError":
            said += " (the check lets a script read its artifact, and write nothing)"
        same = is_as_before(verdict, said + result.error.message, scenario)
        frames = cut_frames(result.error.traceback or "", folder.parent)
        return Checked("still failing" if same else "fails differently now", said, frames)
    try:
        content = read_answer(folder / "predictions.npz", LARGEST)
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            found = arrays["predictions"]
    except (OSError, UnreadableAnswer, ValueError, KeyError, zipfile.BadZipFile):
        return Checked("fails differently now", f"restore() left no predictions; {before}")
    verdict = find_verdict(found, wanted)
    if verdict == "match":
        return Checked("done", f"Predictions are {show_numbers(found)}, as before saving.")
    shown = show_numbers(found)
    if verdict == "zeros":
        shown = "all 0.0"
    if verdict == "shape":
        shown = f"of shape {found.shape} instead of {wanted.shape}"
    same = is_as_before(verdict, "", scenario)
    ending: Ending = "still failing" if same else "fails differently now"
    return Checked(ending, f"predictions are {shown}; {before}")


def is_as_before(verdict: Verdict, said: str, scenario: Scenario) -> bool:
    """Return whether the script fails as the scenario declares it for the broken path."""
    return any(
        rule.verdict == verdict and (rule.raises or "") in said for rule in scenario.rules[BROKEN]
    )


def show_numbers(values: Array) -> str:
    """Return the first predictions as text: "4.43, -1.29, 0.52, ..."."""
    flat = np.asarray(values).ravel()
    shown = [f"{each:.4g}" if flat.dtype.kind in "fiub" else str(each)[:20] for each in flat[:4]]
    return ", ".join(shown) + (", ..." if len(flat) > 4 else "")


def cut_frames(trace: str, work: Path) -> str:
    """Return the part of a traceback from the learner's file on, without the folder's name."""
    _, found, after = trace.partition(f'  File "{work / "restore.py"}"')
    return (found + after).replace(f"{work}/", "").rstrip()
