"""The predictions before and after a cure, against the expected ones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from harness.diagnose.load.proof import Proof
from harness.origin.predictions import compare_arrays, take_form
from harness.origin.restore import find_innermost
from harness.verdicts.statistics import Array

SHOWN = 4  # numbers
NEARER = 0.5  # of the difference before: less is left where the cure is right and its numbers rough


@dataclass(frozen=True)
class Tried:
    """What a cure gave: predictions before and after it, for these inputs.

    `computes_in`: a dtype coarser than float32, or "". `stand_ins`: names of what training knew,
    `taken_from` these inputs or --train-sample. `by_scaler`: the cure has the numbers of --scaler.
    """

    fed: list[Array]
    before: list[Array]
    after: list[Array]
    before_error: str
    versions: dict[str, str | None]
    computes_in: str = ""
    stand_ins: tuple[str, ...] = ()
    taken_from: str = "these inputs"
    by_scaler: bool = False

    def cut(self, rows: int) -> "Tried":
        """Return the predictions for the first rows alone."""
        before, after = (
            [each[:rows] if each.ndim else each for each in outputs]
            for outputs in (self.before, self.after)
        )
        return replace(self, before=before, after=after)


def compare(
    cause: str,
    release: str,
    tried: Tried,
    expected: Sequence[Array] | None,
    predicted: Array | None,
    reference: str,
    which: str = "rows",
) -> Proof:
    """Return the proof of a cure. `predicted`: what the user's own program gives now.

    `expected`: every output, None where the reference gives something else than the cure. `which`:
    what the rows are called.
    """
    before = tried.before if predicted is None else [predicted]
    made = Proof(
        cause=cause,
        result="not cured",
        reason="the cure does not bring the expected predictions back",
        release=release,
        versions=tried.versions,
        reference=reference,
        rows=count_rows(tried.after),
        before=show(before),
        after=show(tried.after),
        before_error=find_innermost(tried.before_error, 120),
    )
    if expected is None:
        return made
    made = msgspec.structs.replace(
        made,
        expected=show(expected),
        difference_before=measure(before, expected),
        difference_after=measure(tried.after, expected),
    )
    right = f"all {count_rows(expected)} {which} are as expected"
    dtype = tried.computes_in
    if agree(before, expected, dtype):
        said = f"{right} without it"
        return msgspec.structs.replace(made, result="not needed", reason=said)
    alone = agree(tried.before, expected, dtype)
    if agree(tried.after, expected, dtype):
        said = f"{right}, with load_model and predict alone too" if alone else right
        said += ", with the numbers of --scaler" if tried.by_scaler else ""
        return msgspec.structs.replace(made, result="cured", reason=said)
    if alone:
        said = f"{right} with load_model and predict alone: leave out what your code adds"
        return msgspec.structs.replace(made, result="not needed", reason=said)
    off, still_off = made.difference_before, made.difference_after
    if tried.stand_ins and off and still_off and still_off < NEARER * off:
        said = (
            f"{' and '.join(tried.stand_ins)}, taken from {tried.taken_from}, bring predictions"
            " nearer"
            f" (they differ by up to {still_off:.2g}, before by {off:.2g}): try the true ones"
        )
        return msgspec.structs.replace(made, result="cannot", reason=said)
    return made


def agree(outputs: Sequence[Array], expected: Sequence[Array], dtype: str = "") -> bool:
    """Return whether every output of a model is as expected, within rounding of `dtype`."""
    if len(outputs) != len(expected):
        return False
    wanted = list(map(take_form, expected, outputs))
    return compare_arrays(list(outputs), wanted, [dtype] * len(wanted))[0]


def measure(outputs: Sequence[Array], expected: Sequence[Array]) -> float | None:
    """Return the largest difference of all outputs, None where one cannot be compared."""
    if not outputs or len(outputs) != len(expected):
        return None
    apart = []
    for one, wanted in zip(outputs, map(take_form, expected, outputs), strict=True):
        numbers = {one.dtype.kind, wanted.dtype.kind} <= set("fiub")
        if not numbers or wanted.shape != one.shape or not one.size:
            return None
        with np.errstate(invalid="ignore"):  # infinity less infinity
            apart.append(np.abs(one.astype(float) - wanted.astype(float)).max())
    largest = float(np.max(apart))
    return largest if np.isfinite(largest) else None


def count_rows(outputs: Sequence[Array]) -> int:
    """Return how many rows the first output has, 0 for a single number."""
    return len(outputs[0]) if outputs and outputs[0].ndim else 0


def show(outputs: Sequence[Array]) -> list[float]:
    """Return the first numbers of the first output."""
    if not outputs or outputs[0].dtype.kind not in "fiub":
        return []
    return [float(each) for each in outputs[0].ravel()[:SHOWN]]
