"""How a diagnosis is said: as lines for people, the worst first, and in a few words."""

from collections.abc import Sequence
from pathlib import Path

from harness.diagnose.causes.table import ALL
from harness.diagnose.diagnosis import WITHOUT_LAYERS, Diagnosis
from harness.diagnose.file_answer import NOT_COMPARED, LayerSummary, TensorSummary
from harness.diagnose.findings import Answer, Finding
from harness.diagnose.load.observation import describe_observation
from harness.diagnose.load.proof import describe_proof
from harness.errors import count
from harness.formats.facts import plain

TITLES: dict[Answer, str] = {
    "equal": "The predictions are as expected.",
    "explained": "The predictions are wrong.",
    "unexplained": "The predictions are wrong, and nothing in them names the cause.",
    "cannot tell": "The outputs tell nothing.",
}
NOTHING_SEEN = (
    "A fault outside the file leaves no trace in it: inputs that are not scaled, labels in another"
    " order. Give --expected and --predicted to look for these."
)
CANNOT_TELL, NO_FAULT = "Cannot tell", "No fault found"
MOST_LAYERS_SHOWN = 12
CODE_WIDTH = 75  # a cure is to be pasted, and stands behind five spaces


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
