"""What verifying a model against its seal found."""

from typing import Annotated

import msgspec

from harness.origin.answer import CagedReport

MOST = 200


class SealFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not as sealed. `fails` is False for what is only worth knowing.

    `check`: "load", "outputs", "weights", "inputs", "file", "code" or "versions".
    """

    check: str
    fails: bool
    says: str
    details: Annotated[list[str], msgspec.Meta(max_length=MOST)] = []


class SealReport(CagedReport, msgspec.Struct, frozen=True, kw_only=True):
    """The content of the step's `result.json` (worker/seal_model.py)."""

    loaded: bool = False
    findings: Annotated[list[SealFinding], msgspec.Meta(max_length=MOST)] = []
    compared: Annotated[list[str], msgspec.Meta(max_length=MOST)] = []


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a restored model is the one that was sealed: `verified`, and what is not as sealed.

    `reader`: where it was restored, with its `versions`. `sealed`: when, and with which releases.
    `findings`: the worst first. `compared`: what was compared, such as "outputs of 32 rows".
    """

    model: str
    verified: bool
    reader: str
    versions: dict[str, str | None]
    sealed: str
    findings: list[SealFinding]
    compared: list[str]
