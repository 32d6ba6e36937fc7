"""Compare two folders of saved models by content, not bytes: some formats embed a time or an order.

leaves.py describes how a file is split into leaves, and which parts are ignored.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness.formats.facts import Unreadable, plain
from harness.formats.leaves import read_leaves
from harness.verdicts.tolerances import ROUNDING_EPSILONS, ROUNDING_LIMIT

BYTES, CONTENTS, ROUNDING, DIFFERS = (
    "same bytes",
    "same contents",
    "same but for rounding",
    "differs",
)
ORDER = (BYTES, CONTENTS, ROUNDING, DIFFERS)  # from best to worst


@dataclass(frozen=True)
class ContentComparison:
    """How two files or folders compare: one of ORDER, and the addresses of the differences.

    `rounding` is the largest difference between two numbers, relative to the largest number of
    their array; 0 where every number is the same.
    """

    kind: str
    differences: tuple[str, ...] = ()
    rounding: float = 0.0


def compare_folders(
    committed: Path, fresh: Path, ignored: tuple[str, ...] = ()
) -> ContentComparison:
    """Compare every file below two folders except the `ignored` files, by relative path."""
    old, new = list_files(committed) - {*ignored}, list_files(fresh) - {*ignored}
    lone = [f"{name} is {'missing' if name in old else 'new'}" for name in sorted(old ^ new)]
    compared = [compare_files(name, committed / name, fresh / name) for name in sorted(old & new)]
    return worst_of([*compared, *([ContentComparison(DIFFERS, tuple(lone))] if lone else [])])


def list_files(folder: Path) -> set[str]:
    """Return the relative paths of all files below `folder`."""
    return {each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()}


def worst_of(comparisons: list[ContentComparison]) -> ContentComparison:
    """Merge comparisons: the worst kind, and all differences, the worst first."""
    ranked = sorted(comparisons, key=lambda each: ORDER.index(each.kind), reverse=True)
    worst = ranked[0].kind if ranked else BYTES
    said = tuple(line for each in ranked for line in each.differences)
    return ContentComparison(worst, said, max((each.rounding for each in ranked), default=0.0))


def compare_files(name: str, old: Path, new: Path) -> ContentComparison:
    """Compare two files called `name`; the suffix decides how they are read."""
    if old.read_bytes() == new.read_bytes():
        return ContentComparison(BYTES)
    try:
        return compare_leaves(read_leaves(name, old), read_leaves(name, new))
    except Unreadable as error:
        return ContentComparison(DIFFERS, (str(error),))


def compare_leaves(old: dict[str, Any], new: dict[str, Any]) -> ContentComparison:
    """Compare two flattened files, address by address."""
    lone = [f"{at} is {'missing' if at in old else 'new'}" for at in sorted(old.keys() ^ new)]
    shared = [compare_values(at, old[at], new[at]) for at in sorted(old.keys() & new)]
    alone = [ContentComparison(DIFFERS, tuple(lone))] if lone else []
    return worst_of([ContentComparison(CONTENTS), *shared, *alone])


def compare_values(address: str, old: Any, new: Any) -> ContentComparison:
    """Compare two leaves; float arrays of one dtype and shape may differ by rounding."""
    if not (isinstance(old, np.ndarray) and isinstance(new, np.ndarray)):
        if type(old) is type(new) and (old == new or (old != old and new != new)):
            return ContentComparison(CONTENTS)
        return ContentComparison(DIFFERS, (f"{address}: {spell_value(old)} -> {spell_value(new)}",))
    if old.dtype != new.dtype or old.shape != new.shape:
        shapes = f"{old.dtype} {old.shape} -> {new.dtype} {new.shape}"
        return ContentComparison(DIFFERS, (f"{address}: {shapes}",))
    if old.tobytes() == new.tobytes() if old.dtype != object else np.array_equal(old, new):
        return ContentComparison(CONTENTS)
    if old.dtype.kind != "f":
        return ContentComparison(DIFFERS, (f"{address}: other values",))
    return compare_floats(address, old, new)


def compare_floats(address: str, old: Any, new: Any) -> ContentComparison:
    """Compare two float arrays of one dtype and shape, whose bytes differ."""
    finite = np.isfinite(old)
    if not np.array_equal(old[~finite], new[~finite], equal_nan=True):
        return ContentComparison(DIFFERS, (f"{address}: other values that are not finite",))
    before, after = old[finite].astype(np.float64), new[finite].astype(np.float64)
    scale = np.abs(before).max(initial=0.0)
    gap = np.abs(before - after).max(initial=0.0)
    relative = float(gap / scale) if scale else float("inf") if gap else 0.0
    limit = max(ROUNDING_LIMIT, ROUNDING_EPSILONS * float(np.finfo(old.dtype).eps))
    kind = ROUNDING if relative <= limit else DIFFERS
    return ContentComparison(kind, (f"{address}: by {relative:.1e}",), relative)


def spell_value(value: Any) -> str:
    """Return a value shortened to fit on one line."""
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return plain(repr(value), 40)
