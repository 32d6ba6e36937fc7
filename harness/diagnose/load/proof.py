"""What came of a cure that was carried out on a copy of the model, and how it is said."""

from typing import Literal

import msgspec

from harness.diagnose.causes.table import CAUSES
from harness.diagnose.load.observation import spell_versions

Result = Literal["cured", "not cured", "not needed", "cannot"]
TITLES: dict[Result, str] = {
    "cured": "CURED",
    "not cured": "NOT CURED",
    "not needed": "NOT NEEDED",
    "cannot": "Not proven",
}


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one cure. `reason`: one sentence.

    `result`: "not needed" where the predictions are as expected without this cure. `release`: in
    which it was carried out, "" where no process was started for it. `reference`: what the expected
    predictions are from. `before`, `after`, `expected`: the first numbers; of what the file gives,
    computed without TensorFlow, none are kept. `difference_before`, `difference_after`: the largest
    difference from the expected ones, None where there is none to tell. `before_error`: what
    load_model says without the cure.
    """

    cause: str
    result: Result
    reason: str
    release: str = ""
    versions: dict[str, str | None] = {}
    reference: str = ""
    rows: int = 0
    before: list[float] = []
    after: list[float] = []
    expected: list[float] = []
    difference_before: float | None = None
    difference_after: float | None = None
    before_error: str = ""


def leave_to_people(cause: str) -> Proof:
    """Return the answer for a cure that cannot be carried out without the user."""
    return Proof(cause=cause, result="cannot", reason=CAUSES[cause].by_hand)


def describe_proof(proof: Proof) -> list[str]:
    """Return a proof as lines: the numbers, then the verdict."""
    verdict = f"Not proven: {proof.cause}: {proof.reason}."
    if proof.result == "cannot" and not proof.after:
        return [verdict]
    where = spell_versions(proof.versions) or f"release {proof.release}"
    lines = [f"The cure of {proof.cause}, on a copy in a cage ({where}):"]
    if proof.before_error and not proof.before:
        lines.append(f"  before    {proof.before_error}")
    for name, values, difference in (
        ("before", proof.before, proof.difference_before),
        ("after", proof.after, proof.difference_after),
        ("expected", proof.expected, None),
    ):
        if values:
            numbers = "".join(f"{each:>11.4g}" for each in values)
            off = "" if difference is None else f"  off by up to {difference:.2g}"
            lines.append(f"  {name:9}{numbers}{off}")
    if not proof.reference:
        return [*lines, verdict]
    return [*lines, f"  Expected is what is given by {proof.reference}.", conclude(proof)]


def conclude(proof: Proof) -> str:
    """Return what came of a cure, in one sentence."""
    return f"{TITLES[proof.result]}: {proof.reason}."
