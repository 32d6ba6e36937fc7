"""How other benchmark tools decide, recomputed on our raw blocks: for `bench selftest`.

Each rule gets one pair of processes and says whether the second side is slower, as the tool does
with its defaults. A value is the mean of a block: these tools time loops of calls. The blocks are
interleaved on one core; the tools themselves run one side after the other and do worse
(docs/explanation/how-bench-decides.md). The thresholds are the documented defaults: asv compare
(factor 1.1, U test with p < 0.002), pytest-benchmark (--benchmark-compare-fail=min:5%), pyperf
compare_to (Student's t, 95 %), google-benchmark's tools/compare.py (U test, p < 0.05).
"""

import math
from collections.abc import Callable

import numpy as np

from harness.bench.raw import MeasuredPair
from harness.bench.statistics import Array, mann_whitney, t_tail

ASV_FACTOR, ASV_P = 1.1, 0.002
PYTEST_SHARE = 1.05
USUAL_P = 0.05

Rule = Callable[[Array, Array], bool]


def is_slower_asv(a: Array, b: Array) -> bool:
    """A factor of 1.1 between the medians, and different by the U test."""
    return bool(np.median(b) > ASV_FACTOR * np.median(a)) and mann_whitney(a, b) < ASV_P


def is_slower_pytest_min(a: Array, b: Array) -> bool:
    """The minimum has grown by 5 %."""
    return bool(b.min() > PYTEST_SHARE * a.min())


def is_slower_pytest_mean(a: Array, b: Array) -> bool:
    """The mean has grown by 5 %."""
    return bool(b.mean() > PYTEST_SHARE * a.mean())


def is_slower_pyperf(a: Array, b: Array) -> bool:
    """Student's t with a common variance, two-sided, 95 %."""
    freedom = len(a) + len(b) - 2
    common = ((a.var(ddof=1) * (len(a) - 1)) + b.var(ddof=1) * (len(b) - 1)) / freedom
    error = math.sqrt(common * (1 / len(a) + 1 / len(b)))
    return bool(b.mean() > a.mean()) and t_tail((b.mean() - a.mean()) / error, freedom) < USUAL_P


def is_slower_google(a: Array, b: Array) -> bool:
    """Different by the U test, the median larger."""
    return bool(np.median(b) > np.median(a)) and mann_whitney(a, b) < USUAL_P


RULES: dict[str, Rule] = {
    "asv": is_slower_asv,
    "pytest-benchmark min:5%": is_slower_pytest_min,
    "pytest-benchmark mean:5%": is_slower_pytest_mean,
    "pyperf": is_slower_pyperf,
    "google-benchmark": is_slower_google,
}


def flag(rule: Rule, pair: MeasuredPair, side: str, base: str = "a") -> bool:
    """Return whether a rule calls a side of one pair slower than another."""
    return rule(means_of(pair, base), means_of(pair, side))


def means_of(pair: MeasuredPair, side: str) -> Array:
    """Return the mean of each block of a side, nanoseconds."""
    means: Array = pair.blocks(side).mean(axis=1)
    return means
