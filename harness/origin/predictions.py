"""What predictions are like that have no reference, and whether two models predict the same."""

import itertools
from collections.abc import Sequence

import numpy as np

from harness.verdicts.judge import find_verdict
from harness.verdicts.statistics import Array
from harness.verdicts.tolerances import ALIKE_WITHOUT_REFERENCE, ZERO_WITHOUT_REFERENCE


def find_kind(array: Array) -> str:
    """Classify predictions: empty, nan, zeros, constant (all rows equal) or varies.

    There is no reference, so the limits are strict. Zeros are values below 1e-12. Constant rows
    agree to a millionth of the largest value. Words always vary.
    """
    if not array.size:
        return "empty"
    if array.dtype.kind not in "fiub":
        return "varies"
    values = np.atleast_1d(array.astype(np.float64))  # one number for all rows has no rows
    if not np.isfinite(values).all():
        return "nan"
    largest = float(np.abs(values).max(initial=0.0))
    if largest < ZERO_WITHOUT_REFERENCE:
        return "zeros"
    spread = np.ptp(values, axis=0).max(initial=0.0) if len(values) > 1 else largest
    return "constant" if spread <= ALIKE_WITHOUT_REFERENCE * largest else "varies"


def describe_predictions(array: Array) -> str:
    """Return the statistics of one output, as they are printed."""
    if array.dtype.kind not in "fiub" or not array.size:
        return f"{array.size} values of dtype {array.dtype}"
    values = array.astype(np.float64)
    finite = values[np.isfinite(values)] + 0.0  # + 0.0: no "-0"
    if not finite.size:
        return "no finite value"
    zeros = 100.0 * float(np.mean(values == 0.0))
    extent = f"min {finite.min():.4g}, mean {finite.mean():.4g}, max {finite.max():.4g}"
    return f"{extent}, {zeros:.0f} % zeros"


def take_form(wanted: Array, ours: Array) -> Array:
    """Return predictions as their user kept them in the form in which the model gives them.

    A column is often kept as a row of numbers, and float32 as float64 or in whole numbers, which
    are no more exact for that.
    """
    if [size for size in wanted.shape if size != 1] == [size for size in ours.shape if size != 1]:
        wanted = wanted.reshape(ours.shape)
    finer = wanted.dtype.kind in "iub" or wanted.dtype.itemsize > ours.dtype.itemsize
    if ours.dtype.kind == "f" and wanted.dtype.kind in "fiub" and finer:
        with np.errstate(over="ignore"):
            wanted = wanted.astype(ours.dtype)
    return wanted


def compare_arrays(
    ours: Sequence[Array], wanted: Sequence[Array], dtypes: Sequence[str] = ()
) -> tuple[bool, str]:
    """Return (equal, sentence) for the outputs of a model and those they should be like.

    Equal by the tolerances of the judge; infinity and NaN are not alike. `dtypes` are those of
    `wanted` where numpy does not know them.
    """
    if len(ours) != len(wanted):
        return False, "the number of outputs differs"
    largest = 0.0
    for mine, theirs, dtype in itertools.zip_longest(ours, wanted, dtypes[: len(ours)]):
        if mine.shape != theirs.shape:
            return False, f"an output has shape {mine.shape}, not {theirs.shape}"
        if mine.dtype.kind not in "fiub" or theirs.dtype.kind not in "fiub":
            if not np.array_equal(mine, theirs):
                what = "words" if mine.dtype.kind in "US" else f"values of dtype {mine.dtype}"
                return False, f"the {what} it predicts differ"
            continue
        first, second = mine.astype(np.float64), theirs.astype(np.float64)
        kept = np.isfinite(second)
        if not np.array_equal(first[~kept], second[~kept], equal_nan=True):
            return False, "NaN or infinity in other places"
        if not np.isfinite(first[kept]).all():
            return False, "NaN or infinity in other places"
        difference = float(np.abs(first[kept] - second[kept]).max(initial=0.0))
        scale = float(np.abs(second[kept]).max(initial=0.0))
        if mine.size and find_verdict(mine, theirs, dtype=dtype or "") != "match":
            return (
                False,
                f"the largest difference is {difference:.3g}, the values reach {scale:.3g}",
            )
        largest = max(largest, difference)
    return True, f"the largest difference is {largest:.1g}"
