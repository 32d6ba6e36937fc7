"""Expected and predicted outputs of the same inputs, ready for the rules."""

from dataclasses import dataclass

import numpy as np

from harness.verdicts.statistics import Array, as_columns, tolerance_per_column

LARGEST_HALF = 65504.0  # of float16
FEWEST_ROWS = 4  # below, an affine relation or an order holds by chance


@dataclass(frozen=True)
class Outputs:
    """Outputs as float64, shape (rows, columns) each; not equal within rounding.

    `limits`, shape (columns,): the largest error that is rounding. `integers`: whether the
    predictions are integers or booleans.
    """

    wanted: Array
    got: Array
    limits: Array
    integers: bool

    @property
    def shares(self) -> bool:
        """Return whether the expected outputs lie in 0..1."""
        return bool((self.wanted >= 0).all() and (self.wanted <= 1).all())

    @property
    def probabilities(self) -> bool:
        """Return whether the expected outputs may be probabilities; of many columns, with sum 1."""
        one = self.wanted.shape[1] == 1
        return self.shares and (one or bool(np.allclose(self.wanted.sum(axis=1), 1, atol=1e-3)))


def make_outputs(expected: Array, predicted: Array, dtype: str = "") -> Outputs:
    """Return two arrays of one shape, rows first, for the rules.

    `dtype`: "float16" or "bfloat16", where the model computes in one of them.
    """
    wanted, got = as_columns(expected), as_columns(predicted)
    kept = np.asarray(expected, dtype=np.float32)
    if dtype == "float16":  # whose unit in the last place numpy knows
        kept = np.clip(kept, -LARGEST_HALF, LARGEST_HALF).astype(np.float16)
    limits = tolerance_per_column(kept, dtype=dtype)
    coarse = np.asarray(predicted).dtype.kind in "iub"
    return Outputs(wanted, got, limits, coarse)


def same(wanted: Array, got: Array, limits: Array) -> bool:
    """Return whether two arrays agree within the tolerance of each column."""
    return bool((np.abs(wanted - got) <= limits).all())
