"""What a diagnosis says: one finding for each cause that its evidence speaks for."""

from typing import Literal

import msgspec

from harness.diagnose.causes.cause import Side
from harness.diagnose.causes.table import CAUSES

SIDE_ONLY = {"restored-otherwise", "another-model-in-the-file"}
OPEN = {"inputs-lack-a-step", *SIDE_ONLY}
SIDE_WEIGHT = 0.35
Answer = Literal["equal", "explained", "unexplained", "cannot tell"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One cause. `confidence` orders findings, 0 to 1; it is not a measured probability.

    `cause` is an id of `causes.CAUSES`, `scenario` the lesson that shows it, "" where there is
    none. `evidence` is one sentence with its number and its place. `fix` is code to paste.
    """

    cause: str
    scenario: str
    side: Side
    confidence: float
    sentence: str
    evidence: str
    fix: str


class SamplesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What outputs alone say. `reason`: what was compared, or why nothing can be told of it."""

    answer: Answer
    reason: str
    findings: list[Finding] = []


def make_finding(cause: str, confidence: float, evidence: str, fix: str = "") -> Finding:
    """Return a finding of a cause in the table; `fix` is more exact than that of the table."""
    known = CAUSES[cause]
    return Finding(
        cause=cause,
        scenario=known.scenario,
        side=known.side,
        confidence=confidence,
        sentence=known.sentence,
        evidence=evidence,
        fix=fix or known.fix,
    )


def rank(findings: list[Finding]) -> list[Finding]:
    """Return the findings, the most confident first, each cause once.

    What only tells on which side the fault is stands behind what names it.
    """
    best: dict[str, Finding] = {}
    for finding in sorted(findings, key=weigh, reverse=True):
        best.setdefault(finding.cause, finding)
    return list(best.values())


def weigh(finding: Finding) -> float:
    """Return what a finding is sorted by: its confidence, a small one where it names no cause."""
    known = SIDE_WEIGHT if finding.cause in SIDE_ONLY else 1.0
    return min(finding.confidence, known)
