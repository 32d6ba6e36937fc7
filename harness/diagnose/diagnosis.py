"""One diagnosis: what was given, and what was found."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.diagnose.file_answer import (
    Expectation,
    LayerSummary,
    OwnOutputs,
    Samples,
    ScalerNumbers,
    TensorSummary,
    read_file_answer,
)
from harness.diagnose.findings import Answer, Finding, rank, weigh
from harness.diagnose.load.observation import Observation
from harness.diagnose.load.proof import Proof
from harness.diagnose.rules.code import find_in_code, read_code
from harness.formats.facts import TFLITE
from harness.origin.who_wrote import make_origin, spell_writer

if TYPE_CHECKING:  # brings numpy, which a file alone does without
    from harness.verdicts.statistics import Array

ADVICE: dict[Answer, str] = {
    "unexplained": "predict the same inputs twice, and give --predicted twice",
    "cannot tell": "give outputs of the same ten inputs or more, saved with np.save",
}
WITHOUT_LAYERS = "the layers of this format are not read: give --expected and --predicted"
PREDICTED_ALONE = (
    "give --expected: the predictions alone are no labels, no steps of the output, not all equal,"
    " and this TF-Lite model can give such numbers"
)
ROUNDED = {"half-precision-rounding"}  # the one finding that weights of 8 bits explain too
AGREED = 0.3  # what a second witness adds to a confidence


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """What `diagnose` answers.

    `expectation`: what the first layer learned of the inputs. `scaler`: the numbers of `--scaler`.
    `notes`: what other files hold.
    `tensors`: inputs and outputs of a TF-Lite model, and how they are quantised; `rounding`: that
    its predictions differ as far as weights of 8 bits explain.
    `roots`: the keywords that a checkpoint was saved with. `own`: what a forward pass through the
    file gave. `answer`, `reason`: what outputs say. Each is None where nothing was given for it.
    `seal`: when the seal beside the model was made, and what it was used for. `unsafe`: why loading
    the model may run code. `needed`: evidence that would tell more, one sentence each. `proofs`:
    what came of the cures that were carried out. `restored`: what the model showed when it was
    loaded.
    """

    model: str | None = None
    format: str | None = None
    writer: str | None = None
    layers: list[LayerSummary] = []
    expectation: Expectation | None = None
    scaler: ScalerNumbers | None = None
    notes: list[str] = []
    tensors: list[TensorSummary] = []
    rounding: str = ""
    roots: list[str] = []
    seal: str = ""
    own: OwnOutputs | None = None
    answer: Answer | None = None
    reason: str = ""
    findings: list[Finding]
    unsafe: list[str] = []
    needed: list[str] = []
    proofs: list[Proof] = []
    restored: Observation | None = None

    @property
    def wrong(self) -> bool:
        """Return whether anything is wrong, with a known cause or without."""
        told = self.answer in ("explained", "unexplained")
        return bool(self.findings) or self.unloadable or self.differs or told

    @property
    def unloadable(self) -> bool:
        """Return whether `--load` could not restore the model."""
        return self.restored is not None and bool(self.restored.error)

    @property
    def differs(self) -> bool:
        """Return whether the restored model gives neither what is expected nor what is predicted.

        Where it gives one of them and not the other, there is a finding.
        """
        return self.restored is not None and self.restored.gives == "as neither"


def diagnose_outputs(expected: "Array | None", predicted: Sequence["Array"]) -> Diagnosis:
    """Return what outputs say: `predicted` are those of one call, or of two calls.

    The arrays belong to the same inputs, rows first. Without `expected` two calls are compared.
    """
    from harness.diagnose.rules.samples import compare_calls, compare_samples

    if expected is None:
        said = compare_calls(predicted[0], predicted[1])
    else:
        said = compare_samples(expected, *predicted[:2])
    advice = ADVICE.get(said.answer)
    return Diagnosis(
        answer=said.answer,
        reason=said.reason,
        findings=said.findings,
        needed=[advice] if advice else [],
    )


def diagnose_file(path: Path, reader: str = "", samples: Samples | None = None) -> Diagnosis:
    """Return what a model file says, and who wrote it; no code in it is run.

    `reader`: the release that is to read it, as `env add` spells releases; "" for none.
    `samples`: the files of --inputs, --expected and --predicted. Raises UsageError where nothing is
    at `path`, and CannotRead where no model can be read.
    """
    keras = ""
    if reader:  # what knows the releases takes time to import
        from harness.diagnose.reader import find_keras

        keras = find_keras(reader)
    said = read_file_answer(path, keras, samples)
    origin = make_origin(said.facts)
    needed = [] if said.layers or said.findings else [WITHOUT_LAYERS]
    if samples and samples.predicted and not samples.expected and not said.findings:
        needed += [PREDICTED_ALONE] if said.facts.format == TFLITE else []
    if said.unread:
        needed = [f"its weights could not be read: {said.unread}"]
    return Diagnosis(
        model=str(path),
        format=origin.format,
        writer=spell_writer(origin),
        layers=said.layers,
        expectation=said.expectation,
        scaler=said.scaler,
        tensors=said.tensors,
        rounding=said.rounding,
        findings=said.findings,
        own=said.own,
        roots=list(origin.roots),
        unsafe=list(origin.dangers),
        needed=[*needed, *origin.missing],
    )


def diagnose_code(path: Path, roots: Sequence[str] = ()) -> Diagnosis:
    """Return what a user's code says; it is parsed and never run.

    `roots`: the keywords that a checkpoint was saved with. Raises UsageError for what is no Python.
    """
    return Diagnosis(findings=rank(find_in_code(read_code(path), roots)))


def join(file: Diagnosis, outputs: Diagnosis) -> Diagnosis:
    """Return one diagnosis of a file or code, and of outputs; what both name counts for more."""
    unlike = outputs.answer in ("explained", "unexplained") and not file.findings
    if file.rounding and unlike and {each.cause for each in outputs.findings} <= ROUNDED:
        return msgspec.structs.replace(file, answer="equal", reason=file.rounding)
    told = leave_out(file, outputs.findings)
    both = {each.cause for each in file.findings} & {each.cause for each in told}
    findings = rank([*file.findings, *told])
    explained = outputs.answer == "unexplained" and bool(findings)
    return msgspec.structs.replace(
        file,
        scaler=file.scaler or outputs.scaler,
        answer="explained" if explained else outputs.answer or file.answer,
        reason=outputs.reason or file.reason,
        findings=sorted(findings, key=lambda each: -weigh(each) - AGREED * (each.cause in both)),
        notes=[*file.notes, *outputs.notes],
        unsafe=[*file.unsafe, *outputs.unsafe],
        needed=[*file.needed, *([] if explained else outputs.needed)],
    )


def leave_out(file: Diagnosis, told: list[Finding]) -> list[Finding]:
    """Return what outputs say without what a file that says its activations knows better."""
    one = "softmax-over-one-unit"
    if any(each.cause == one for each in file.findings):  # it explains whatever is said of 1.0
        return [each for each in told if each.cause == one]
    knows = any(each.kind for each in file.layers)
    return [each for each in told if not (knows and each.cause == one)]
