"""The predictions before and after a cure, against the expected ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from harness.diagnose.proof import Proof
from harness.origin.predictions import compare_arrays, take_form
from harness.origin.restore import find_innermost
from harness.verdicts.statistics import Array

SHOWN = 4  # numbers


@dataclass(frozen=True)
class Tried:
    """What a cure gave: predictions before and after it, for these inputs.

    `computes_in`: a dtype coarser than float32, or "".
    """

    fed: list[Array]
    before: list[Array]
    after: list[Array]
    before_error: str
    versions: dict[str, str | None]
    computes_in: str = ""


def compare(
    cause: str,
    release: str,
    tried: Tried,
    expected: Array | None,
    predicted: Array | None,
    reference: str,
) -> Proof:
    """Return the proof of a cure. `predicted`: what the user's own program gives now.

    `expected` None: the reference gives something else than the cure.
    """
    before = tried.before if predicted is None else [predicted]
    made = Proof(
        cause=cause,
        result="not cured",
        reason="the cure does not bring the expected predictions back",
        release=release,
        versions=tried.versions,
        reference=reference,
        rows=len(tried.after[0]) if tried.after[0].ndim else 0,
        before=show(before),
        after=show(tried.after),
        before_error=find_innermost(tried.before_error, 120),
    )
    if expected is None:
        return made
    dtype = tried.computes_in
    plainly = agree(tried.before, expected, dtype)
    cured, alone = agree(tried.after, expected, dtype), plainly and predicted is not None
    reason = made.reason
    if cured or alone:
        reason = f"all {len(expected)} rows are as expected"
        if not cured:
            reason += " from load_model and predict alone: leave out what your code adds"
        if agree(before, expected, dtype):
            reason += ", and they were so before"
    return msgspec.structs.replace(
        made,
        result="cured" if (cured or alone) else "not cured",
        reason=reason,
        after=show(tried.after if cured or not alone else tried.before),
        expected=show([expected]),
        difference_before=measure(before, expected),
        difference_after=measure(tried.after if cured or not alone else tried.before, expected),
    )


def agree(outputs: Sequence[Array], expected: Array, dtype: str = "") -> bool:
    """Return whether the one output of a model is as expected, within rounding of `dtype`."""
    if len(outputs) != 1:
        return False
    return compare_arrays(list(outputs), [take_form(expected, outputs[0])], [dtype])[0]


def measure(outputs: Sequence[Array], expected: Array) -> float | None:
    """Return the largest difference, None where the two cannot be compared."""
    if len(outputs) != 1 or {outputs[0].dtype.kind, expected.dtype.kind} - set("fiub"):
        return None
    wanted = take_form(expected, outputs[0])
    if wanted.shape != outputs[0].shape:
        return None
    apart = np.abs(outputs[0].astype(float) - wanted.astype(float))
    return float(apart.max()) if apart.size and np.isfinite(apart).all() else None


def show(outputs: Sequence[Array]) -> list[float]:
    """Return the first numbers of the first output."""
    if not outputs or outputs[0].dtype.kind not in "fiub":
        return []
    return [float(each) for each in outputs[0].ravel()[:SHOWN]]
