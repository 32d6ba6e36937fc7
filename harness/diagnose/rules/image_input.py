"""Rules that compare images of training with those of today: range, decimals, colours, axes.

The two samples hold other rows, so no rule speaks of a difference that new rows would explain.
"""

import numpy as np

from harness.diagnose.findings import Finding, make_finding
from harness.verdicts.statistics import Array

SURE = 4.0  # standard errors by which the means of a channel must differ
FEWEST_ROWS = 10  # for a smallest value to count
CHANCE = 1e-4  # with which new rows may have no decimals
ON_GRID = 0.01  # of 1/255: float16 is less exact, and then the smallest value decides
BYTES_FROM, SHARES_TO = 20.0, 1.01  # largest value of pixels of 0..255, and of 0..1


def find_range(before: Array, now: Array) -> Finding | None:
    """Speak where pixels lie in another of the usual ranges: 0..255, 0..1, -1..1."""
    kinds = [name_range(each) for each in (before, now)]
    if kinds[0] == kinds[1] or "" in kinds:
        return None
    if kinds[1] == "shares" and not are_divided(before, now):
        return None
    said = f"training: {spell_range(before)}; now: {spell_range(now)}"
    if kinds == ["shares", "bytes"]:
        return make_finding("missing-rescale-255", 0.95, said)
    if kinds == ["bytes", "shares"]:
        fix = "predictions = model.predict(inputs * 255.0)  # as in training"
        return make_finding("double-rescale", 0.9, said, fix)
    fixes = {
        ("signed", "bytes"): "inputs / 127.5 - 1",
        ("signed", "shares"): "inputs * 2 - 1",
        ("bytes", "signed"): "(inputs + 1) * 127.5",
        ("shares", "signed"): "(inputs + 1) / 2",
    }
    fix = f"predictions = model.predict({fixes[kinds[0], kinds[1]]})  # as in training"
    return make_finding("preprocess-input-wrong-module", 0.9, said, fix)


def are_divided(before: Array, now: Array) -> bool:
    """Return whether values of 0..1 are pixels divided by 255, not dark or bright rows of training.

    Pixels divided by 127.5, less 1, lie on the same grid of 1/255, at odd places only. Off the
    grid, as after a resize, some rows must reach 0, and the largest value be that of training.
    """
    places = np.round(now * 255)
    if (np.abs(now * 255 - places) < ON_GRID).mean() > 0.99:
        return bool((now != np.trunc(now)).any() and (places % 2 == 0).mean() > 0.1)
    top = before.max() / 255 if name_range(before) == "bytes" else 1.0
    return len(now) >= FEWEST_ROWS and now.min() == 0 and 0.5 < now.max() / top < 1.5


def name_range(values: Array) -> str:
    """Return "bytes" for 0..255, "shares" for 0..1, "signed" for -1..1, "" for none of them."""
    low, high = float(values.min()), float(values.max())
    if low >= 0 and BYTES_FROM < high <= 255.5:
        return "bytes"
    if low >= 0 and 0.1 < high <= SHARES_TO:
        return "shares"
    return "signed" if -SHARES_TO <= low < -0.1 and 0.1 < high <= SHARES_TO else ""


def spell_range(values: Array) -> str:
    """Return the range of values in words."""
    return f"{values.min():.4g} to {values.max():.4g}"


def find_truncation(before: Array, now: Array) -> Finding | None:
    """Speak where the decimals of training are gone, and the range is not that of whole pixels."""
    if (now != np.trunc(now)).any() or name_range(now) == "bytes" or before.ndim < 2:
        return None
    columns = before.shape[-1] if before.ndim == 2 else 1
    old, new = before.reshape(-1, columns), now.reshape(-1, columns)
    filled = np.maximum((old != 0).sum(axis=0), 1)
    decimals = old != np.trunc(old)
    fractions = decimals.sum(axis=0) / filled  # of the numbers that are not 0
    cut = fractions >= 0.5
    if not cut.any() or np.abs(new[:, cut]).max() > 2 * np.abs(old[:, cut]).max():
        return None
    rows = decimals[:, cut].any(axis=1).reshape(len(before), -1).any(axis=1)
    if (1 - rows.mean()) ** len(now) > CHANCE or (before.ndim == 2 and len(now) < FEWEST_ROWS):
        return None  # rows without decimals may come by chance
    said = f"{fractions[cut].mean():.0%} of the numbers of training have decimals, and now none"
    if before.ndim == 2:
        said = f"in {int(cut.sum())} of {columns} columns {said}"
    return make_finding("uint8-truncation", 0.85, said)


def find_channels(before: Array, now: Array) -> Finding | None:
    """Speak where the colours fit in the opposite order, and not as they are."""
    if before.ndim != 4 or before.shape[-1] != 3 or name_range(before) != name_range(now):
        return None
    means = [each.mean(axis=(1, 2)) for each in (before, now)]  # (images, 3)
    error = np.sqrt(sum(each.var(axis=0) / len(each) for each in means)) + 1e-12
    old, new = (each.mean(axis=0) for each in means)
    straight = np.abs(new - old) / error
    turned = np.abs(new[::-1] - old) / np.maximum(error, error[::-1])
    if min(straight[0], straight[2]) < SURE or turned.max() > SURE / 2 or len(now) < 3:
        return None
    said = f"the means of the channels were {spell(old)} in training, and are {spell(new)} now"
    return make_finding("bgr-instead-of-rgb", 0.8, said)


def find_inverted(before: Array, now: Array) -> Finding | None:
    """Speak where the inverse of today's images is like those of training."""
    kind = name_range(before)
    if before.ndim < 3 or kind not in ("bytes", "shares") or name_range(now) != kind:
        return None
    top = 255.0 if kind == "bytes" else 1.0
    border = [edge_of(each) for each in (before, now)]
    if abs(border[0] - border[1]) < 0.5 * top or abs(border[0] - (top - border[1])) > 0.2 * top:
        return None
    said = f"the border of the images has the mean {border[0]:.4g} in training, {border[1]:.4g} now"
    fix = f"predictions = model.predict({top:g} - inputs)"
    return make_finding("dark-ink-on-white-paper", 0.8, said, fix)


def edge_of(images: Array) -> float:
    """Return the mean of the outermost pixels; axes 1 and 2 are height and width."""
    edges = (images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1])
    return float(np.mean([each.mean() for each in edges]))


def find_turned(before: Array, now: Array) -> Finding | None:
    """Speak where the mean image fits with height and width exchanged, and not as it is."""
    if before.ndim < 3 or before.shape[1] != before.shape[2] or min(len(before), len(now)) < 10:
        return None
    old, new = before.mean(axis=0).reshape(*before.shape[1:3], -1), now.mean(axis=0)
    new = new.reshape(old.shape)
    straight, turned = correlate(old, new), correlate(old, new.transpose(1, 0, 2))
    if turned < 0.8 or straight > 0.4:
        return None
    said = (
        f"the mean image of now correlates {straight:.2f} with that of training,"
        f" and {turned:.2f} with height and width exchanged"
    )
    return make_finding(
        "input-axes-exchanged", 0.75, said, "predictions = model.predict(inputs.swapaxes(1, 2))"
    )


def correlate(one: Array, other: Array) -> float:
    """Return the correlation of two arrays, 1 where both are constant."""
    left, right = one.ravel() - one.mean(), other.ravel() - other.mean()
    size = float(np.sqrt((left**2).sum() * (right**2).sum()))
    return float((left * right).sum()) / size if size > 1e-12 else 1.0


def spell(values: Array) -> str:
    """Return a few numbers."""
    return ", ".join(f"{each:.4g}" for each in values)


IMAGE_RULES = (find_range, find_truncation, find_inverted, find_channels, find_turned)
