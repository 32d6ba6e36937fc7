"""One diagnosis: what was given, what was found, and how it is said."""

from collections.abc import Sequence

import msgspec

from harness.diagnose.causes import ALL
from harness.diagnose.findings import Answer, Finding
from harness.diagnose.samples import compare_calls, compare_samples
from harness.verdicts.statistics import Array

TITLES: dict[Answer, str] = {
    "equal": "No fault found: the predictions are as expected.",
    "explained": "The predictions are wrong.",
    "unexplained": "The predictions are wrong, and nothing in them names the cause.",
    "cannot tell": "Cannot tell.",
}
ADVICE: dict[Answer, str] = {
    "unexplained": "predict the same inputs twice, and give --predicted twice",
    "cannot tell": "give outputs of the same ten inputs or more, saved with np.save",
}


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """What `diagnose` answers.

    `answer`, `reason`: what outputs say, None where none were given. `unsafe`: why loading the
    model may run code. `needed`: evidence that would tell more, one sentence each.
    """

    model: str | None = None
    format: str | None = None
    writer: str | None = None
    answer: Answer | None = None
    reason: str = ""
    findings: list[Finding]
    unsafe: list[str] = []
    needed: list[str] = []

    @property
    def wrong(self) -> bool:
        """Return whether anything is wrong, with a known cause or without."""
        return bool(self.findings) or self.answer in ("explained", "unexplained")


def diagnose_outputs(expected: Array | None, predicted: Sequence[Array]) -> Diagnosis:
    """Return what outputs say: `predicted` are those of one call, or of two calls.

    The arrays belong to the same inputs, rows first. Without `expected` two calls are compared.
    """
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


def describe_diagnosis(diagnosis: Diagnosis) -> list[str]:
    """Return a diagnosis as lines, the worst first."""
    lines = []
    if diagnosis.answer:
        lines += [TITLES[diagnosis.answer], f"  {diagnosis.reason}"]
    for number, finding in enumerate(diagnosis.findings, 1):
        lines += ["", *describe_finding(number, finding)]
    lines += (
        ["", *(f"To know more: {each}" for each in diagnosis.needed)] if diagnosis.needed else []
    )
    return lines


def describe_finding(number: int, finding: Finding) -> list[str]:
    """Return a finding as lines: cause, sentence, evidence, cure."""
    head = f"{number}. {finding.cause} (side: {finding.side}, {spell_confidence(finding)})"
    cure = [f"       {line}" for line in finding.fix.split("\n")]
    return [head, f"   {finding.sentence}", f"   Evidence: {finding.evidence}.", "   Cure:", *cure]


def spell_confidence(finding: Finding) -> str:
    """Return how sure a finding is, in words."""
    sure = finding.confidence
    return "almost certain" if sure >= 0.9 else "likely" if sure >= 0.6 else "possible"


def describe_causes() -> str:
    """Return every cause with what it needs, one paragraph each."""
    return "\n\n".join(
        f"{each.id} ({each.side})\n  {each.sentence}\n  Needs {each.needs}." for each in ALL
    )
