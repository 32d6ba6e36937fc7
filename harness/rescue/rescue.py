"""Write a model that the target release loads with plain load_model, and prove it.

Four steps, each in a process and a cage of its own: the old file in its own release; what Keras 3
should build; the new file, written by the target; the new file, loaded by the target anew.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from harness.environments.resolve import open_portable
from harness.formats.facts import KERAS_ARCHIVE, MOST_NAMED, SAVED_MODEL, Unreadable, plain
from harness.origin.answer import CagedReport, LayerWeights, clean, read_caged_report
from harness.origin.likely_releases import KERAS_1_READERS
from harness.origin.model_copy import copy_model
from harness.origin.restore import (
    LIMITS,
    RestoredModel,
    find_innermost,
    restore_model,
    run_shut_in,
)
from harness.origin.who_wrote import Origin
from harness.processes.cage import find_obstacle, make_cage
from harness.processes.step import RebuildStep, find_failure
from harness.processes.variables import Environment
from harness.rescue.last_resort import call_by_signature, export
from harness.rescue.new_file import take_file
from harness.rescue.plan import NoPlan, plan_repairs
from harness.rescue.prove import Proof, prove
from harness.rescue.repairs import KERAS_1, PREPARED, Repair
from harness.verdicts.statistics import Array


@dataclass(frozen=True)
class Rescue:
    """What came of it. `reason`: why there is no new file, "" where there is one that is proven.

    `as_it_is`: the target loads the old file too. `needed`: what would help. `not_compiled`: why
    the new model has to be compiled again. `file`: the new file, in the work folder. `not_rebuilt`:
    why the target has a SavedModel that only predicts, "" where it has a Keras model; `file` is
    None then where that SavedModel is the old one.
    """

    old: RestoredModel
    reason: str = ""
    needed: str = ""
    as_it_is: bool = False
    repairs: list[Repair] = field(default_factory=list)
    not_compiled: str = ""
    new: RestoredModel | None = None
    proof: Proof | None = None
    file: Path | None = None
    not_rebuilt: str = ""


class RebuildReport(CagedReport, frozen=True, kw_only=True):
    """The content of the step's `result.json` (worker/rebuild_model.py)."""

    not_compiled: str = ""


@dataclass(frozen=True)
class Rescuer:
    """One model on its way: the model, its own environment, the target, a folder for the work."""

    origin: Origin
    own: Environment
    target: Environment
    work: Path
    code: Path | None = None
    trusted: bool = False
    inputs: dict[str, Array] | None = None
    tell: Callable[[str], None] = lambda _: None

    def carry_out(self) -> Rescue:
        """Write the new file into the work folder and prove it, or say why that cannot be.

        Raises EnvironmentUnusable and UsageError as restore_model does.
        """
        made = self.rebuild()
        doubted = made.proof is not None and made.proof.doubt
        if not made.reason or made.old.error or doubted:
            return made
        return self.export(made) or made

    def export(self, made: Rescue) -> Rescue | None:
        """Give the target a SavedModel that predicts the same; None where that cannot be."""
        if self.origin.format == SAVED_MODEL and (called := self.call(made, self.origin, "called")):
            return called
        self.tell("writing a SavedModel in its own release")
        folder = self.work / "export"
        saved = export(self.own, self.origin, folder, self.code, self.trusted, made.old)
        return self.call(made, saved, "called-new") if saved else None

    def call(self, made: Rescue, saved: Origin, folder: str) -> Rescue | None:
        """Let the target call a SavedModel; None where that does not predict what the old did."""
        self.tell("calling the SavedModel in the target")
        new = call_by_signature(self.target, saved, self.work / folder, self.trusted, made.old)
        proof = prove(made.old, new, self.inputs is not None)
        file = None if saved is self.origin else saved.path
        if proof.doubt and not proof.problem and all(each.same for each in proof.outputs):
            said = f"inputs of yours: --inputs. A SavedModel predicts the same, but {proof.doubt}"
            return replace(made, needed=said)
        if not proof.holds:
            return None
        return Rescue(made.old, new=new, proof=proof, file=file, not_rebuilt=made.reason)

    def rebuild(self) -> Rescue:
        """Let the target have the model as a Keras model, or say why that cannot be."""
        self.tell("restoring the old file in its own release")
        there = self.work / "own"
        old = restore_model(
            self.own,
            self.origin,
            there,
            self.code,
            self.trusted,
            self.inputs,
            describe=True,
            prepare=True,
        )
        if old.error:
            return Rescue(old, *explain_old(self.origin, old, self.code))
        first = self.try_as_it_is(old)
        if first is not None and not first.reason:
            return first
        if old.by_signature and self.origin.custom and self.code is None:
            names = ", ".join(plain(each) for each in self.origin.custom[:MOST_NAMED])
            said = f"without its classes ({names}) only the signatures can be called"
            return Rescue(old, said, "their code, with --code")
        if old.by_signature:
            said = "it is a SavedModel without a Keras model: only its signatures can be called"
            return Rescue(old, said, "the code that made it")
        described, prepared = old, []
        if str(old.versions.get("keras")).startswith("1."):
            there = self.work / "keras-2"
            described, prepared = self.describe_in_keras_2(old, there), [KERAS_1]
            if described.error:
                said = f"{KERAS_1_READERS[-1]} does not restore it: {described.error}"
                return Rescue(old, said, "the model as code, which Keras 3 can build")
        if described.undescribed:
            said = f"its release cannot describe it: {described.undescribed}"
            return Rescue(old, said, "the class with a get_config, in --code")
        try:
            plan = plan_repairs(there / "config.json", self.origin.path, self.origin.format)
        except NoPlan as refusal:
            return Rescue(old, str(refusal), "the model as code, which Keras 3 can build")
        prepared += [PREPARED[each] for each in described.prepared]
        self.tell("building the model in the target")
        made = self.build("built", old, plan.config, plan.training, described.layers)
        if made.proof and bytes(plan.training) == b"null" and plan.repairs:
            made = replace(made, not_compiled="the old file has no compile arguments for Keras 3")
        of_training = [] if made.not_compiled else plan.training_repairs
        return replace(made, repairs=[*prepared, *plan.repairs, *of_training])

    def describe_in_keras_2(self, old: RestoredModel, folder: Path) -> RestoredModel:
        """Let the last Keras that reads Keras 1 say in words of Keras 2 what the model is."""
        self.tell(f"reading the model of Keras 1 in {KERAS_1_READERS[-1]}")
        reader = open_portable(KERAS_1_READERS[-1])
        given = (self.origin, folder, self.code, self.trusted, old.fed)
        return restore_model(reader, *given, describe=True, prepare=True)

    def try_as_it_is(self, old: RestoredModel) -> Rescue | None:
        """Let the target load the old file; None where it reads no such file."""
        if self.origin.format == SAVED_MODEL:
            return None
        self.tell("loading the old file in the target")
        return replace(self.build("as-it-is", old), as_it_is=True)

    def build(
        self,
        name: str,
        old: RestoredModel,
        config: msgspec.Raw | None = None,
        training: msgspec.Raw | None = None,
        layers: list[LayerWeights] | None = None,
    ) -> Rescue:
        """Let the target write a new file, and load that file in a process of its own."""
        obstacle, folder = find_obstacle(), self.work / name
        (folder / "copy").mkdir(parents=True)
        step = RebuildStep(
            folder=str(folder),
            model=str(copy_model(self.origin, folder / "copy", self.trusted)),
            target=str(folder / "new.keras"),
            code=str(self.code.resolve()) if self.code else None,
            custom=list(self.origin.custom),
            trusted=self.trusted,
            cage=None if obstacle else make_cage(folder, [self.code] if self.code else [], LIMITS),
        )
        if config is not None:
            step = self.give_parts(step, layers or [], config, training)
        end = run_shut_in(self.target, step, folder)
        report = read_rebuild_report(folder)
        _, error = find_failure(end, report)
        if error is not None or report is None:
            said = f"{error.type}: {find_innermost(error.message)}" if error else "no answer"
            said = said.replace(step.model, str(self.origin.path))
            return Rescue(old, f"the target cannot build it: {said}")
        try:
            new_file = take_file(Path(step.target), self.work / f"{name}.keras")
        except (Unreadable, OSError) as failure:
            return Rescue(old, f"the target wrote no file: {plain(failure)}")
        self.tell("loading the new file in the target")
        new = restore_model(
            self.target,
            describe_new(self.origin, new_file),
            self.work / f"{name}-proof",
            self.code,
            self.trusted,
            old.fed,
            describe=True,
        )
        proof = prove(old, new, self.inputs is not None)
        made = Rescue(old, new=new, proof=proof, file=new_file, not_compiled=report.not_compiled)
        if proof.holds:
            return made
        reason, needed = explain_proof(proof)
        return replace(made, reason=reason, needed=needed)

    def give_parts(
        self,
        step: RebuildStep,
        layers: list[LayerWeights],
        config: msgspec.Raw,
        training: msgspec.Raw | None,
    ) -> RebuildStep:
        """Write what the target builds the model from into the step's folder."""
        folder = Path(step.folder)
        (folder / "config.json").write_bytes(bytes(config))
        arrays = [array for each in layers for array in each.arrays]
        named: dict[str, Any] = {f"{at:06d}": each for at, each in enumerate(arrays)}
        np.savez(folder / "weights.npz", **named)
        compiled = training is not None and bytes(training) != b"null"
        if compiled and training is not None:
            (folder / "training.json").write_bytes(bytes(training))
        return msgspec.structs.replace(
            step,
            config=str(folder / "config.json"),
            training=str(folder / "training.json") if compiled else None,
            weights=str(folder / "weights.npz"),
            layers=[(each.layer, len(each.arrays)) for each in layers],
        )


def explain_old(origin: Origin, old: RestoredModel, code: Path | None) -> tuple[str, str]:
    """Return why the old file gives nothing to compare with, and what is needed."""
    if old.loaded:
        return f"its own release loads it, but our inputs failed: {old.error}", "your --inputs"
    if origin.custom and code is None:
        names = ", ".join(origin.custom)
        return f"it needs your classes or functions: {names}", "their code, with --code"
    return (
        f"its own release does not restore it: {old.error}",
        "another --release, or an undamaged file",
    )


def explain_proof(proof: Proof) -> tuple[str, str]:
    """Return why a proof does not hold, and what is needed."""
    if proof.problem:
        return f"the new file is not as good: {proof.problem}", ""
    worst = next((each for each in proof.outputs if not each.same), None)
    if worst is not None:
        return f"output {worst.name} is not the same: {worst.said}", ""
    return proof.doubt, "inputs of yours: --inputs"


def describe_new(old: Origin, file: Path) -> Origin:
    """Return what the new file of a model is: no JSON that lay beside the old one belongs to it."""
    return replace(old, format=KERAS_ARCHIVE, path=file, architecture=None)


def read_rebuild_report(folder: Path) -> RebuildReport | None:
    """Return what the step says of itself, made safe to print; None where that is unreadable."""
    report = read_caged_report(folder, RebuildReport)
    if report is None:
        return None
    said = find_innermost(clean(report.not_compiled))
    return msgspec.structs.replace(report, not_compiled=said)
