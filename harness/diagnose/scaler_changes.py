"""The inputs as the scaler that the user gives leaves them, and as they were before it."""

from collections.abc import Sequence

import numpy as np

from harness.diagnose.findings import Finding, make_finding
from harness.diagnose.forward.call import CannotCompute
from harness.diagnose.forward.run import predict
from harness.diagnose.network.layer import Network
from harness.diagnose.rules.input_changes import Change, standardise
from harness.diagnose.rules.samples import agree
from harness.diagnose.rules.scaler import spell_misfit
from harness.diagnose.rules.surroundings import count_rows
from harness.diagnose.scaler import Scaler
from harness.verdicts.statistics import Array

RAW, TWICE, REFITTED = "features-not-scaled", "scaled-twice", "scaler-refitted"


def change_by_scaler(scaler: Scaler, inputs: Array) -> list[Change]:
    """Return the inputs after the scaler, and before it; [] where their columns do not fit."""
    if inputs.dtype.kind not in "fiu" or inputs.ndim < 2 or spell_misfit(scaler, inputs):
        return []
    after, before = "scaler.transform(inputs)", "scaler.inverse_transform(inputs)"
    there, back = spell_formulas(scaler)
    return [
        Change(
            "scaled by --scaler",
            after,
            scaler.transform,
            RAW,
            TWICE,
            f"# {after} is {there}\n",
        ),
        Change(
            "as they were before --scaler",
            before,
            scaler.undo,
            TWICE,
            RAW,
            f"# {before} is {back}\n",
        ),
    ]


def spell_formulas(scaler: Scaler) -> tuple[str, str]:
    """Return what the scaler computes, and what undoes it: who saved its numbers has no object."""
    center, divisor = ("center" if scaler.kind == "RobustScaler" else "mean"), "scale"
    if scaler.low is not None:
        low, high = scaler.to
        center, divisor = "min", "(max - min)"
        if (low, high) != (0, 1):
            there = f"(inputs - min) / (max - min) * {high - low:g} + {low:g}"
            return there, f"(inputs - {low:g}) / {high - low:g} * (max - min) + min"
    return f"(inputs - {center}) / {divisor}", f"inputs * {divisor} + {center}"


def explain_by_scaler(
    network: Network,
    inputs: Sequence[Array],
    expected: Array | None,
    predicted: Array | None,
    scaler: Scaler,
) -> Finding | None:
    """Return the finding where exactly this scaler gives the expected outputs, or is in the way.

    Without expected outputs nothing is said: that the user's program scales its inputs is right.
    """
    if len(inputs) != 1 or expected is None or not expected.ndim:
        return None
    rows = count_rows(inputs)
    values = np.asarray(inputs[0][:rows], np.float64)
    wanted = expected[:rows]
    now = None if predicted is None else predicted[:rows]
    if len(wanted) != len(values) or not np.isfinite(values).all() or not wanted.any():
        return None

    def gives(outputs: Array | None, given: Array) -> bool:
        if outputs is None:
            return False
        try:
            return agree(outputs, predict(network, [given], shape=outputs.shape))
        except CannotCompute:
            return False

    right = gives(wanted, values)
    for change in change_by_scaler(scaler, inputs[0]):
        outputs, cause = (now, change.added) if right else (wanted, change.missing)
        if not gives(outputs, change.make(values)):
            continue
        which = "predictions of now" if right else "expected outputs"
        said = f"the file gives the {which} for inputs {change.words}"
        if cause == RAW and not right and gives(now, standardise(values)):
            cause = REFITTED
            said += ", and those of now for inputs scaled by their own mean and deviation"
        return make_finding(cause, 0.97, said, change.spell_cure(not right))
    return None
