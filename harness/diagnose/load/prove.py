"""Carry a cure out on a copy of the model, in a cage, and see whether predictions come back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np

from harness.diagnose.causes.cures import IN_OLD_KERAS, LOADING, RESCUED
from harness.diagnose.causes.table import CAUSES
from harness.diagnose.file_answer import CannotRead, OwnOutputs, Samples, read_file_answer
from harness.diagnose.findings import Finding
from harness.diagnose.load.caged_model import CagedModel
from harness.diagnose.load.compare_cure import Tried, compare
from harness.diagnose.load.own_code import spell_lacking
from harness.diagnose.load.proof import Proof, leave_to_people
from harness.diagnose.load.stand_ins import Known, find_unknown
from harness.diagnose.rules.scaler import spell_misfit
from harness.environments.releases import WITH
from harness.environments.resolve import open_portable
from harness.errors import EnvironmentUnusable
from harness.formats.facts import plain
from harness.origin.answer import (
    UNREADABLE,
    CagedReport,
    Several,
    clean,
    read_arrays,
    read_caged_report,
)
from harness.origin.hide import hide_folders
from harness.origin.restore import (
    LIMITS,
    RestoredModel,
    find_innermost,
    make_step,
    restore_model,
)
from harness.processes.answer_files import UnreadableAnswer
from harness.processes.limits import Limits
from harness.processes.step import CureStep, find_failure
from harness.processes.variables import Environment
from harness.rescue.rescue import Rescuer
from harness.verdicts.statistics import Array

MOST_TRIED = 3  # cures, each in a process that imports TensorFlow
# Keras 3.0 to 3.11 load a nested model for ever: one minute shows that load_model does not end.
ENDLESS = {"nested-model-h5": replace(LIMITS, seconds=60.0)}


class CureReport(CagedReport, msgspec.Struct, frozen=True, kw_only=True):
    """The content of the step's `result.json` (worker/prove_cure.py)."""

    before_error: str = ""
    input_files: Several = []
    before_files: Several = []
    output_files: Several = []
    computes_in: Literal["", "float16", "bfloat16"] = ""


class NotTried(Exception):
    """The cure could not be carried out; the message is one sentence."""


class NotBegun(NotTried):
    """Something is missing, and no process was started."""


@dataclass(frozen=True)
class Prover(CagedModel):
    """Carries cures out for the release `reader`."""

    tell: Callable[[str], None] = lambda _: None

    def prove_all(self, findings: Sequence[Finding]) -> list[Proof]:
        """Return a proof for each finding, up to the first that is cured.

        Raises UsageError as restore_model does.
        """
        proofs: list[Proof] = []
        for finding in findings:
            if sum(bool(each.release) for each in proofs) == MOST_TRIED:
                break
            try:
                made = self.prove(finding, self.work / f"cure-{len(proofs)}")
            except EnvironmentUnusable as error:  # earlier proofs stay
                made = Proof(
                    cause=finding.cause,
                    result="cannot",
                    reason=error.problem,
                    release=self.release,
                )
            proofs.append(made)
            if proofs[-1].result == "cured":
                break
        return proofs

    def prove(self, finding: Finding, folder: Path) -> Proof:
        """Return what comes of the cure of a finding."""
        cause = finding.cause
        if CAUSES[cause].by_hand:
            return leave_to_people(cause)
        folder.mkdir()
        try:
            if cause in RESCUED:
                return self.prove_by_rescue(cause, folder)
            if cause in IN_OLD_KERAS:
                tried = self.restore_in_old_keras(cause, folder)
            else:
                tried = self.execute(finding, folder)
            return self.judge(cause, tried, folder)
        except NotTried as refusal:
            begun = "" if isinstance(refusal, NotBegun) else self.release
            lacking = spell_lacking(self.origin, self.code, str(refusal)) if begun else ""
            said = "; ".join(filter(None, (str(refusal), lacking)))
            return Proof(cause=cause, result="cannot", reason=said, release=begun)

    def open(self, release: str) -> Environment:
        """Return an environment with kernels that give the same numbers on every machine."""
        self.tell(f"opening {release} (built first where it is missing)")
        return open_portable(release)

    def execute(self, finding: Finding, folder: Path) -> Tried:
        """Carry out the printed code in a cage."""
        known = self.gather_known(finding, folder)
        environment = self.open(self.release)
        base = make_step(self.origin, folder, self.code, self.trusted, self.inputs)
        loads = finding.cause in LOADING
        given = msgspec.structs.asdict(base) | {"kind": "prove_cure"}
        step = CureStep(**given, cure="\n".join([*known.lines, finding.fix]), loads=loads)
        self.tell(f"carrying out the cure of {finding.cause} in {self.release}")
        end = self.run(environment, step, folder, LIMITS)
        report = read_cure_report(folder)
        _, error = find_failure(end, report)
        hide = partial(
            hide_folders, origin=self.origin, copy=base.model, work=self.work, code=self.code
        )
        if error is not None or report is None:
            told = find_innermost(hide(error.message)) if error else ""
            raise NotTried(f"the cure fails here: {error.type}: {told}" if error else UNREADABLE)
        try:
            return Tried(
                read_arrays(folder, "input", report.input_files),
                read_arrays(folder, "before", report.before_files),
                read_arrays(folder, "output", report.output_files),
                hide(report.before_error),
                report.versions,
                report.computes_in,
                known.stand_ins,
                known.taken_from,
                known.by_scaler,
            )
        except (OSError, UnreadableAnswer) as failure:
            raise NotTried(f"{UNREADABLE}: {plain(hide(str(failure)))}") from failure

    def gather_known(self, finding: Finding, folder: Path) -> Known:
        """Return what the printed code needs beside the inputs; raises NotBegun."""
        known = Known(find_unknown(finding.fix), folder)
        if self.scaler and self.inputs and known.needs_scaler:
            values = next(iter(self.inputs.values()))
            if misfit := spell_misfit(self.scaler, values):
                raise NotBegun(misfit)
            known.take_scaler(self.scaler, values, finding.cause == "scaled-twice")
        if self.sample is not None:
            known.take_sample(self.sample)
        if missing := known.list_missing():
            raise NotBegun(f"the cure needs what you have: {', '.join(missing)}")
        known.take_inputs()
        if known.stand_ins and self.inputs is None:
            raise NotBegun("it needs --inputs")
        return known

    def restore_in_old_keras(self, cause: str, folder: Path) -> Tried:
        """Restore the model in the reader, and in the reader with Keras 2."""
        old = f"{self.release.partition(WITH)[0]}+legacy"
        before = self.restore(self.release, folder / "before", self.inputs, ENDLESS.get(cause))
        after = self.restore(old, folder / "after", self.inputs)
        if after.error:
            raise NotTried(f"{old} does not restore it: {after.error}")
        return Tried(
            list(after.fed.values()),
            before.predictions,
            after.predictions,
            before.error or before.plain_error,
            after.versions,
        )

    def restore(
        self,
        release: str,
        folder: Path,
        inputs: dict[str, Array] | None,
        limits: Limits | None = None,
    ) -> RestoredModel:
        """Restore the model in a release, in a cage."""
        environment = self.open(release)
        self.tell(f"restoring in {release}")
        given = environment, self.origin, folder, self.code, self.trusted, inputs
        return restore_model(*given, limits=limits or LIMITS, run=self.run)

    def prove_by_rescue(self, cause: str, folder: Path) -> Proof:
        """Let `rescue` write a new file, and return its own proof."""
        own, target = self.open(self.origin.releases[0]), self.open(self.release)
        rescuer = Rescuer(
            self.origin, own, target, folder, self.code, self.trusted, self.inputs, self.tell
        )
        made = rescuer.carry_out()
        if made.new is None or made.new.error:
            raise NotTried(made.reason)
        before = self.restore(self.release, folder / "before", made.old.fed)
        tried = Tried(
            list(made.old.fed.values()),
            before.predictions,
            made.new.predictions,
            before.error or before.plain_error,
            made.new.versions,
        )
        if self.expected is not None and self.inputs is not None:
            return self.judge(cause, tried, folder)
        which = f"{self.origin.releases[0]}, which wrote it"
        return self.compare(cause, tried, made.old.predictions, which)

    def judge(self, cause: str, tried: Tried, folder: Path) -> Proof:
        """Compare with the predictions expected: the user's, the file's own, or its writer's."""
        if not tried.after:
            raise NotTried("the cure gives no predictions")
        if self.expected is not None and self.inputs is not None:
            which = "the seal" if self.sealed else "--expected"
            if len(tried.after) > 1:
                raise NotTried(f"it has {len(tried.after)} outputs, and {which} is one array")
            return self.compare(cause, tried, [self.expected], which)
        around = CAUSES[cause].side in ("preprocessing", "postprocessing")
        self.tell("computing the model without TensorFlow")
        if (own := self.compute(tried, folder)) is not None:
            cut = tried.cut(own.rows)
            expected = cut.after if own.computed == "as predicted" else None
            if expected is None and around:
                return self.leave_open(cause, tried)
            which = "rows" if own.rows == len(tried.after[0]) else "rows that were computed"
            said = "the file, computed without TensorFlow"
            proof = self.compare(cause, cut, expected, said, which)
            return msgspec.structs.replace(proof, expected=[], difference_after=None)
        if around:
            return self.leave_open(cause, tried)
        writer = self.origin.releases[0]
        if writer == self.release:
            raise NotTried("nothing tells what it should predict: give --inputs and --expected")
        names = [f"input-{at}" for at in range(len(tried.fed))]
        there = self.restore(writer, folder / "writer", dict(zip(names, tried.fed, strict=True)))
        if there.error:
            raise NotTried(f"nothing tells what it should predict, and {writer} does not load it")
        return self.compare(cause, tried, there.predictions, f"{writer}, which wrote it")

    def leave_open(self, cause: str, tried: Tried) -> Proof:
        """Return the predictions with a step around the model, which no file knows."""
        made = self.compare(cause, tried, None, "")
        said = "nothing tells what it should predict: give --inputs and --expected"
        return msgspec.structs.replace(made, result="cannot", reason=said)

    def compute(self, tried: Tried, folder: Path) -> OwnOutputs | None:
        """Return whether the file itself gives the predictions after the cure, None: unknown."""
        if len(tried.after) != 1:
            return None
        fed, after = folder / "fed.npz", folder / "after.npy"
        arrays: dict[str, Any] = {f"{at:03d}": each for at, each in enumerate(tried.fed)}
        np.savez(fed, **arrays)
        np.save(after, tried.after[0])
        samples = Samples(inputs=str(fed), predicted=str(after))
        try:
            own = read_file_answer(self.origin.path, "", samples).own
        except CannotRead:
            return None
        if own is None or own.computed == "cannot":
            return None
        return own

    def compare(
        self,
        cause: str,
        tried: Tried,
        expected: Sequence[Array] | None,
        reference: str,
        which: str = "rows",
    ) -> Proof:
        """Return the proof, with what the user's program gives now as what was before."""
        fed = self.inputs is not None and self.expected is not None
        given = self.predicted if fed else None
        return compare(cause, self.release, tried, expected, given, reference, which)


def read_cure_report(folder: Path) -> CureReport | None:
    """Return what the step says of itself, made safe to print; None where that is unreadable."""
    report = read_caged_report(folder, CureReport)
    if report is None:
        return None
    return msgspec.structs.replace(report, before_error=clean(report.before_error))
