"""The inputs changed in many ways, to see which change explains what a restored model gives."""

from pathlib import Path
from typing import Any

import numpy as np

from harness.diagnose.rules.input_changes import Change, iterate_changes
from harness.diagnose.scaler import Scaler
from harness.diagnose.scaler_changes import change_by_scaler
from harness.verdicts.statistics import Array

LARGEST_PROBES = 1 << 28  # bytes of all changed inputs
MOST_PROBES = 150
PADDING = 3  # zeros that are added to a sequence


def list_changes(inputs: dict[str, Array], scaler: Scaler | None = None) -> list[Change]:
    """Return the changes to try of the one input, as many as fit.

    `scaler`: that of training, whose own numbers are tried first.
    """
    values = next(iter(inputs.values()))
    if len(inputs) != 1 or values.dtype.kind not in "fiu" or not values.ndim:
        return []
    changes = change_by_scaler(scaler, values) if scaler else []
    changes += list(iterate_changes(values.astype(np.float64)))[:MOST_PROBES]
    if values.ndim == 2 and bool((values == np.trunc(values)).all()):
        for said, sides in (("after", (0, PADDING)), ("before", (PADDING, 0))):
            words = f"with zeros {said} each sequence"
            changes.append(Change(words, "", lambda x, sides=sides: pad(x, sides), "", ""))  # type: ignore[misc]
    return changes[: max(1, LARGEST_PROBES // max(1, 8 * values.size))]


def pad(values: Array, sides: tuple[int, int]) -> Array:
    """Return rows with zeros before and after."""
    return np.pad(values, [(0, 0), sides])


def write_probes(changes: list[Change], inputs: dict[str, Array] | None, path: Path) -> str | None:
    """Write the changed inputs for the worker; return the path, None for no change."""
    if not changes or not inputs:
        return None
    values = next(iter(inputs.values())).astype(np.float64)
    with np.errstate(all="ignore"):
        made: dict[str, Any] = {f"{at:03d}": each.make(values) for at, each in enumerate(changes)}
    np.savez(path, **made)
    return str(path)
