"""The statistics of a comparison: percentiles, t-intervals, Holm's correction.

All with numpy alone: the distribution functions that are needed have closed forms.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
CALLS_FOR = {0: 1, 10: 10, 50: 2, 90: 10, 99: 100}  # percentile: the fewest calls that carry it
TINY = 1e-12
POWER = 0.95


def percentile(values: Array, percent: int) -> float | None:
    """Return a percentile of nanoseconds; None where there are too few calls for it."""
    if len(values) < CALLS_FOR[percent]:
        return None
    return float(np.percentile(values, percent))


def compare_cycles(ours: Array, theirs: Array) -> float:
    """Return log(theirs / ours) of one pair, from blocks of shape (2 * cycles, calls).

    A block counts with its shortest call. Two blocks of each side make a cycle. They lie mirrored
    in time, so that what changes steadily meanwhile drops out. The mean leaves out a quarter of
    the cycles at either end.
    """
    changes, cut = list_changes(ours, theirs)
    return float(changes[cut : len(changes) - cut].mean())


def measure_error(ours: Array, theirs: Array) -> float:
    """Return the standard error of what `compare_cycles` returns, from the cycles of one pair.

    That of a trimmed mean, as in Yuen, Biometrika 61 (1974), 165-170.
    """
    changes, cut = list_changes(ours, theirs)
    kept = len(changes) - 2 * cut
    drawn_in = changes.clip(changes[cut], changes[cut + kept - 1])
    squares = float(((drawn_in - drawn_in.mean()) ** 2).sum())
    return math.sqrt(squares / (kept * (kept - 1)))


def list_changes(ours: Array, theirs: Array) -> tuple[Array, int]:
    """Return the log ratios of all cycles, sorted, and how many are left out at either end."""
    least = [np.log(side.min(axis=1)).reshape(-1, 2).mean(axis=1) for side in (ours, theirs)]
    changes = np.sort(least[1] - least[0])
    return changes, len(changes) // 4


def t_tail(t: float, freedom: int) -> float:
    """Return P(|T| > t) of Student's t with a whole number of degrees of freedom.

    Closed form: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4.
    """
    angle = math.atan(abs(t) / math.sqrt(freedom))
    cosine2, term, total = math.cos(angle) ** 2, 1.0, 0.0
    if freedom % 2:
        term = math.cos(angle)
        for index in range(1, freedom - 1, 2):
            total += term
            term *= cosine2 * (index + 1) / (index + 2)
        inside = 2 / math.pi * (angle + math.sin(angle) * total)
    else:
        for index in range(0, freedom - 1, 2):
            total += term
            term *= cosine2 * (index + 1) / (index + 2)
        inside = math.sin(angle) * total
    return min(1.0, max(0.0, 1.0 - inside))


def t_quantile(tail: float, freedom: int) -> float:
    """Return the t for which P(|T| > t) is `tail`, by bisection."""
    low, high = 0.0, 1.0
    while t_tail(high, freedom) > tail and high < 1e9:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if t_tail(middle, freedom) > tail else (low, middle)
    return high


@dataclass(frozen=True)
class Estimate:
    """The mean of log ratios, one of each pair, and its standard error."""

    mean: float
    error: float
    pairs: int

    def p_value(self) -> float:
        """Return how probable so large a mean is where the truth is 0 (two-sided)."""
        return t_tail(self.mean / max(self.error, TINY), self.pairs - 1)

    def half_width(self, alpha: float) -> float:
        """Return half of the width of the 1 - alpha interval of the mean, in log units."""
        return t_quantile(alpha, self.pairs - 1) * self.error

    def interval(self, alpha: float) -> tuple[float, float]:
        """Return the 1 - alpha interval of the ratio."""
        half = self.half_width(alpha)
        return math.exp(self.mean - half), math.exp(self.mean + half)

    def detectable(self, alpha: float) -> float:
        """Return the smallest change, as a share, that would be found in 95 of 100 cases."""
        more = t_quantile(2 * (1 - POWER), self.pairs - 1) * self.error
        return math.exp(self.half_width(alpha) + more) - 1


def estimate(log_ratios: Sequence[float]) -> Estimate:
    """Return mean and standard error of log ratios of at least two pairs."""
    values = np.array(log_ratios, dtype=np.float64)
    error = float(values.std(ddof=1) / math.sqrt(len(values)))
    return Estimate(float(values.mean()), error, len(values))


def reject_by_holm(p_values: Sequence[float], alpha: float) -> list[bool]:
    """Return which hypotheses Holm's procedure rejects at the family-wise level `alpha`."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    rejected = [False] * len(p_values)
    for rank, index in enumerate(order):
        if p_values[index] > alpha / (len(p_values) - rank):
            break
        rejected[index] = True
    return rejected


def mann_whitney(a: Array, b: Array) -> float:
    """Return the two-sided p-value of the U test by the normal approximation, ties averaged."""
    both = np.concatenate([a, b])
    _, places, counts = np.unique(both, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2)[places]
    u = ranks[: len(a)].sum() - len(a) * (len(a) + 1) / 2
    total = len(both)
    ties = float((counts.astype(np.float64) ** 3 - counts).sum()) / (total * (total - 1))
    spread = math.sqrt(len(a) * len(b) / 12 * (total + 1 - ties))
    z = max(0.0, abs(u - len(a) * len(b) / 2) - 0.5) / max(spread, TINY)
    return math.erfc(z / math.sqrt(2))
