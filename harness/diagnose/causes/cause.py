"""What a cause is."""

from typing import Literal

import msgspec

Side = Literal["file", "environment", "preprocessing", "postprocessing", "code"]


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """One cause. `needs`: the evidence that names it. `scenario`: the lesson, "" where none.

    `by_hand`: why `--prove` cannot carry out the cure, "" where it can.
    """

    id: str
    sentence: str
    side: Side
    needs: str
    scenario: str
    fix: str
    by_hand: str = ""


def lesson(id: str, side: Side, needs: str, sentence: str, fix: str) -> Cause:
    """Return a cause that a scenario of the same id shows."""
    return Cause(id=id, sentence=sentence, side=side, needs=needs, scenario=id, fix=fix)


def cause(id: str, side: Side, needs: str, sentence: str, fix: str, scenario: str = "") -> Cause:
    """Return a cause that no scenario is named like; `scenario` shows one that is near."""
    return Cause(id=id, sentence=sentence, side=side, needs=needs, scenario=scenario, fix=fix)
