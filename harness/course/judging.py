"""Judges what came of a learner's script, in the learner's words."""

import io
import lzma
import zipfile
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from harness.catalog.scenario import Scenario
from harness.course.exercises import BROKEN
from harness.errors import printable
from harness.formats.arrays import decode_array
from harness.origin.answer import COLOURS
from harness.processes.answer_files import UnreadableAnswer, read_answer, read_end
from harness.processes.limits import Limits
from harness.processes.step import StepResult
from harness.verdicts.judge import find_verdict
from harness.verdicts.names import Verdict
from harness.verdicts.statistics import Array

LIMITS = Limits(seconds=15.0)  # of restoring and predicting, which take 0.3 s
PRINTED = "printed.log"
MOST_PRINTED = 4096  # bytes of it that are shown
SHOWN = 4  # predictions
LARGEST = 256 << 20  # bytes of predictions that are read
BAD_ARCHIVES = (zipfile.BadZipFile, zlib.error, lzma.LZMAError)
BEHIND = "\n\nException encountered: "  # what Keras 3 writes between an error and its cause
CALLING = "Exception encountered when calling "  # what Keras 3 writes above an error in a call
TARGET = " Target variable: "  # its numbers follow
CONFIGURATION = " Full object config: "  # a dictionary, in which what was said gets lost
Ending = Literal["not attempted", "still failing", "fails differently now", "done"]


@dataclass(frozen=True)
class Checked:
    """How an exercise stands; `said` is one sentence.

    `frames` is the learner's part of a traceback, "" where nothing was raised. `printed` is the end
    of what the script printed. `verdict` is "skip" where nothing was run. `restored` are the
    predictions, None where there are none; `reference` are those before saving, None where nothing
    was run.
    """

    ending: Ending
    said: str
    frames: str = ""
    printed: str = ""
    verdict: Verdict = "skip"
    restored: Array | None = field(default=None, compare=False, repr=False)
    reference: Array | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        """Return what is said of the script, what it printed, and where more of an error is."""
        parts = [f"{self.ending}: {self.said}"]
        parts += ["The whole error: print its attribute frames."] if self.frames else []
        parts += [f"Your script printed:\n{self.printed}"] if self.printed else []
        return printable("\n\n".join(parts))

    def plot(self) -> Any:
        """Return an Altair chart of the predictions, None where there are none, or no numbers.

        Raises UsageError if altair is not installed.
        """
        from harness.report.output_plot import are_numbers, draw_outputs

        if self.restored is None or self.reference is None:
            return None
        if not are_numbers(self.restored, self.reference):
            return None
        return draw_outputs(self.restored, self.reference)


def judge_result(result: StepResult, folder: Path, wanted: Array, scenario: Scenario) -> Checked:
    """Return how the exercise stands after a run; `wanted` are the predictions before saving."""
    checked = judge_predictions(result, folder, wanted, scenario)
    return replace(checked, printed=read_printed(folder / PRINTED), reference=wanted)


def read_printed(path: Path) -> str:
    """Return the end of what a script printed, "" where that is nothing."""
    try:
        return read_end(path, MOST_PRINTED).decode(errors="replace").strip("\n")
    except (OSError, UnreadableAnswer):
        return ""


def judge_predictions(
    result: StepResult, folder: Path, wanted: Array, scenario: Scenario
) -> Checked:
    """Return how the exercise stands, without what the script printed."""
    before = f"before saving the model gave {show_numbers(wanted)}"
    if result.error is not None:
        verdict: Verdict = "error" if result.ended == "whole" else result.ended
        if verdict == "timeout":
            said = f"timeout: restore() or its predictions took more than {LIMITS.seconds:.0f} s"
        else:
            line = pick_line(result.error.message)
            said = f"{result.error.type}: {line}"
        if result.error.type == "exit":
            said = f"the script ended its own process ({line})"
        if result.error.type == "PermissionError":
            said += " (the check lets a script read its artifact, and write nothing)"
        same = is_as_before(verdict, said + result.error.message, scenario)
        frames = cut_frames(result.error.traceback or "", folder.parent)
        ending: Ending = "still failing" if same else "fails differently now"
        return Checked(ending, said, frames, verdict=verdict)
    try:
        found = read_predictions(folder / "predictions.npz")
    except (OSError, ValueError):
        said = f"restore() left no predictions that are an array of numbers or words; {before}"
        return Checked("fails differently now", said, verdict="error")
    verdict = find_verdict(found, wanted)
    telling = choose_telling(found if verdict != "match" else np.zeros_like(found), wanted)
    if verdict == "match":
        said = f"Predictions are {show_numbers(found, telling)}, as before saving."
        return Checked("done", said, verdict=verdict, restored=found)
    shown = show_numbers(found, telling)
    before = f"before saving the model gave {show_numbers(wanted, telling)}"
    if verdict == "zeros":
        shown = "all 0.0"
    if verdict == "constant":
        shown = f"the same for every row ({show_numbers(found[:1])})"
    if verdict == "shape":
        shown = f"of shape {found.shape} instead of {wanted.shape}"
    same = is_as_before(verdict, "", scenario)
    ending = "still failing" if same else "fails differently now"
    return Checked(ending, f"predictions are {shown}; {before}", verdict=verdict, restored=found)


def read_predictions(path: Path) -> Array:
    """Return what a script predicted; nothing is unpickled, and what is packed unpacks to LARGEST.

    Raises OSError, or ValueError where the script has left something else.
    """
    content = read_answer(path, LARGEST)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            member = archive.getinfo("predictions.npy")
            if member.file_size > LARGEST:
                raise UnreadableAnswer(f"{path.name} unpacks to {member.file_size} bytes")
            return decode_array(archive.read(member))
    except (KeyError, EOFError, RuntimeError, *BAD_ARCHIVES) as error:
        raise UnreadableAnswer(f"{path.name} is no archive of predictions") from error


def pick_line(message: str) -> str:
    """Return the line of an error that tells most, as it is written there.

    That is the first, or in Keras's report of an error behind an error the one behind, without the
    configuration that follows it. What a first line only announces stands on the next one.
    """
    _, wrapped, inner = message.rpartition(BEHIND)
    told = inner.partition(CONFIGURATION)[0] if wrapped else message
    first, _, rest = COLOURS.sub("", told).strip().partition("\n")
    announced = rest.strip().partition("\n")[0].partition(TARGET)[0]
    announces = first.endswith(":") or first.startswith(CALLING)
    return f"{first} {announced}".strip() if announces else first


def is_as_before(verdict: Verdict, said: str, scenario: Scenario) -> bool:
    """Return whether the script fails as the scenario declares it for the broken path.

    With a rare model, predictions that usually differ are also the same for every row. A rate is
    declared where some models give other wrong predictions than most.
    """
    alike = {verdict, "differs"} if verdict == "constant" else {verdict}
    wrong = verdict in ("zeros", "constant", "differs")
    return any(
        (rule.verdict in alike and (rule.raises or "") in said) or (wrong and rule.rate[0] < 1)
        for rule in scenario.rules[BROKEN]
    )


def choose_telling(found: Array, wanted: Array) -> Array:
    """Return which predictions to show: the places where the two differ most, in order."""
    kinds = {found.dtype.kind, wanted.dtype.kind}
    if found.shape != wanted.shape or not (kinds <= set("fiub") or kinds == {"U"}):
        return np.arange(SHOWN)
    with np.errstate(all="ignore"):
        numbers = np.abs(found.astype(float) - wanted) if "U" not in kinds else found != wanted
        wrong = np.nan_to_num(numbers.astype(float), nan=np.inf).ravel()
    return np.sort(np.argsort(-wrong, kind="stable")[:SHOWN])


def show_numbers(values: Array, places: Array | None = None) -> str:
    """Return some predictions, or the first, as text: "4.43, -1.29, 0.52, ..."."""
    flat = np.asarray(values).ravel()
    some = flat[:SHOWN] if places is None else flat[places[places < flat.size]]
    shown = [f"{each:.4g}" if flat.dtype.kind in "fiub" else str(each)[:20] for each in some]
    return ", ".join(shown) + (", ..." if len(flat) > SHOWN else "")


def cut_frames(trace: str, work: Path) -> str:
    """Return the part of a traceback from the learner's file on, without the folder's name."""
    _, found, after = trace.partition(f'  File "{work / "restore.py"}"')
    return COLOURS.sub("", (found + after).replace(f"{work}/", "")).rstrip()
