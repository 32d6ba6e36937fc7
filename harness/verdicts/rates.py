"""How often a failure comes: shares over seeds, with an interval that is honest for few of them."""

from math import sqrt

Z95 = 1.959963984540054  # two-sided 95% quantile of the normal distribution


def wilson_interval(hits: int, trials: int, z: float = Z95) -> tuple[float, float]:
    """Return the Wilson score interval of a share (Wilson 1927, J. Am. Stat. Assoc. 22:209).

    Without trials nothing is known: (0, 1).
    """
    if trials == 0:
        return 0.0, 1.0
    share = hits / trials
    centre = share + z * z / (2 * trials)
    margin = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    low = 0.0 if hits == 0 else max(0.0, (centre - margin) / scale)
    high = 1.0 if hits == trials else min(1.0, (centre + margin) / scale)
    return low, high
