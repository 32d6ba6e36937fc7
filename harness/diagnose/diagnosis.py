"""One diagnosis: what was given, what was found, and how it is said."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.diagnose.causes.table import ALL
from harness.diagnose.file_answer import (
    NOT_COMPARED,
    Expectation,
    LayerSummary,
    OwnOutputs,
    Samples,
    ScalerNumbers,
    TensorSummary,
    read_file_answer,
)
from harness.diagnose.findings import Answer, Finding, rank, weigh
from harness.diagnose.load.observation import Observation, describe_observation
from harness.diagnose.load.proof import Proof, describe_proof
from harness.diagnose.rules.code import find_in_code, read_code
from harness.errors import count
from harness.formats.facts import TFLITE, plain
from harness.origin.who_wrote import make_origin, spell_writer

if TYPE_CHECKING:  # brings numpy, which a file alone does without
    from harness.verdicts.statistics import Array

TITLES: dict[Answer, str] = {
    "equal": "The predictions are as expected.",
    "explained": "The predictions are wrong.",
    "unexplained": "The predictions are wrong, and nothing in them names the cause.",
    "cannot tell": "The outputs tell nothing.",
}
ADVICE: dict[Answer, str] = {
    "unexplained": "predict the same inputs twice, and give --predicted twice",
    "cannot tell": "give outputs of the same ten inputs or more, saved with np.save",
}
NOTHING_SEEN = (
    "A fault outside the file leaves no trace in it: inputs that are not scaled, labels in another"
    " order. Give --expected and --predicted to look for these."
)
CANNOT_TELL, NO_FAULT = "Cannot tell", "No fault found"
WITHOUT_LAYERS = "the layers of this format are not read: give --expected and --predicted"
PREDICTED_ALONE = (
    "give --expected: the predictions alone are no labels, no steps of the output, not all equal,"
    " and this TF-Lite model can give such numbers"
)
MOST_LAYERS_SHOWN = 12
ROUNDED = {"half-precision-rounding"}  # the one finding that weights of 8 bits explain too
AGREED = 0.3  # what a second witness adds to a confidence
CODE_WIDTH = 75  # a cure is to be pasted, and stands behind five spaces


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


def name_verdict(diagnosis: Diagnosis) -> str:
    """Return the diagnosis in a few words."""
    if diagnosis.unsafe:
        return "Unsafe to load"
    if diagnosis.findings:
        return f"{count(len(diagnosis.findings), 'finding')}: {diagnosis.findings[0].cause}"
    if diagnosis.unloadable:
        return "Not restored"
    if diagnosis.differs:
        return "The restored model predicts something else"
    if diagnosis.answer in ("unexplained", "cannot tell"):
        return TITLES[diagnosis.answer].rstrip(".")
    own = diagnosis.own
    asked = own is not None and own.computed == "cannot" and own.reason != NOT_COMPARED
    unknown = WITHOUT_LAYERS in diagnosis.needed or (asked and diagnosis.answer is None)
    return CANNOT_TELL if unknown else NO_FAULT


def describe_diagnosis(diagnosis: Diagnosis) -> list[str]:
    """Return a diagnosis as lines, the worst first."""
    lines, verdict = [], name_verdict(diagnosis)
    if diagnosis.model:
        name = plain(Path(diagnosis.model).name)
        lines.append(f"{name}: {diagnosis.format}, {diagnosis.writer}")
    lines += map(describe_tensor, diagnosis.tensors)
    if diagnosis.seal:
        lines.append(f"  {diagnosis.seal}")
    lines += diagnosis.notes
    if diagnosis.unsafe:
        lines.append("UNSAFE: loading it may run code or touch files:")
        lines += [f"  {each}" for each in diagnosis.unsafe]
    if diagnosis.answer:
        lines += [TITLES[diagnosis.answer], f"  {diagnosis.reason}"]
    if diagnosis.own:
        lines += ["Computed without TensorFlow:", f"  {diagnosis.own.reason}"]
    if diagnosis.restored:
        lines += describe_observation(diagnosis.restored)
    for number, finding in enumerate(diagnosis.findings, 1):
        lines += ["", *describe_finding(number, finding)]
    if verdict in (CANNOT_TELL, NO_FAULT):
        lines += ["", f"{verdict}."]
        unseen = diagnosis.layers and not (diagnosis.answer or diagnosis.own)
        lines += [NOTHING_SEEN] if unseen else []
    for proof in diagnosis.proofs:
        lines += ["", *describe_proof(proof)]
    if diagnosis.needed:
        lines += ["", *(f"To know more: {each}." for each in diagnosis.needed)]
    return lines if lines[0] else lines[1:]


def tabulate_layers(layers: Sequence[LayerSummary]) -> tuple[list[str], list[list[str]]]:
    """Return the head and the rows of a table of layers, as many as fit a screen."""
    rows = [
        [
            each.name[:30],
            each.kind[:24],
            str(each.count),
            "-" if each.minimum is None else f"{each.minimum:.3g}",
            "-" if each.maximum is None else f"{each.maximum:.3g}",
            f"{each.zeros:.0%}",
        ]
        for each in layers[:MOST_LAYERS_SHOWN]
    ]
    return ["layer", "class", "weights", "min", "max", "zeros"], rows


def describe_tensor(tensor: TensorSummary) -> str:
    """Return an input or output of a TF-Lite model as a line, with how it is quantised."""
    steps = "" if tensor.scale is None else f", scale {tensor.scale:.6g}"
    steps += "" if tensor.zero_point is None else f", zero point {tensor.zero_point}"
    return f"  {tensor.role} {tensor.name}: {tensor.dtype} {tensor.shape}{steps}"


def describe_finding(number: int, finding: Finding) -> list[str]:
    """Return a finding as lines: cause, sentence, evidence, cure."""
    head = f"{number}. {finding.cause} (side: {finding.side}, {spell_confidence(finding)})"
    cure = [f"     {line}" for written in finding.fix.split("\n") for line in fit_code(written)]
    return [head, f"   {finding.sentence}", f"   Evidence: {finding.evidence}.", "   Cure:", *cure]


def fit_code(line: str) -> list[str]:
    """Return a line of code that a terminal does not break: a long comment goes above it."""
    code, mark, comment = line.partition("  # ")
    if len(line) <= CODE_WIDTH or not mark:
        return [line]
    indent = " " * (len(code) - len(code.lstrip()))
    return [f"{indent}# {comment}", code]


def spell_confidence(finding: Finding) -> str:
    """Return how sure a finding is, in words."""
    sure = finding.confidence
    return "almost certain" if sure >= 0.9 else "likely" if sure >= 0.6 else "possible"


def describe_causes() -> str:
    """Return every cause with what it needs, one paragraph each."""
    return "\n\n".join(
        f"{each.id} ({each.side})\n  {each.sentence}\n  Needs {each.needs}.\n"
        + (f"  Not for --prove: {each.by_hand}." if each.by_hand else "  --prove tries its cure.")
        for each in ALL
    )
