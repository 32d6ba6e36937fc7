"""Is the file wrong, or what surrounds it? A model's own outputs against expected and predicted."""

import contextlib
import time
from collections.abc import Sequence
from typing import Literal

import numpy as np

from harness.diagnose.file_answer import OwnOutputs
from harness.diagnose.findings import Finding, make_finding
from harness.diagnose.first_layer import read_expectation
from harness.diagnose.forward import predict
from harness.diagnose.forward_call import CannotCompute
from harness.diagnose.input_changes import iterate_changes
from harness.diagnose.network import Network
from harness.diagnose.outputs import make_outputs, same
from harness.diagnose.samples import compare_samples, drop_ones
from harness.verdicts.statistics import Array

MOST_ROWS, ROWS_OF_LARGE, LARGE = 64, 8, 4096  # rows; of inputs with so many numbers each
FAR = 10.0  # deviations
CPU_SECONDS = 1.0  # for all changes that are tried


def judge_surroundings(
    network: Network, inputs: Sequence[Array], expected: Array | None, predicted: Array | None
) -> OwnOutputs:
    """Return whether the file gives `expected` or `predicted` for `inputs`, and what follows.

    Only the first rows are computed. All arrays have their rows first.
    """
    if not inputs or any(each.ndim == 0 or each.dtype.kind not in "fiub" for each in inputs):
        return OwnOutputs(computed="cannot", reason="the inputs are not numbers in rows")
    size = max(int(np.prod(each.shape[1:])) for each in inputs)
    rows = slice(0, MOST_ROWS if size <= LARGE else ROWS_OF_LARGE)
    inputs = [each[rows] for each in inputs]
    wanted = None if expected is None else expected[rows]
    now = None if predicted is None else predicted[rows]
    given = [each for each in (wanted, now) if each is not None]
    if not given or any(each.ndim == 0 or len(each) != len(inputs[0]) for each in given):
        return OwnOutputs(computed="cannot", reason="inputs and outputs differ in their rows")
    if broken := sum(int((~np.isfinite(each)).sum()) for each in inputs):
        said = f"the inputs hold {broken} numbers that are NaN or infinite"
        return OwnOutputs(
            computed="cannot", reason=said, findings=[make_finding("one-missing-cell", 0.8, said)]
        )
    try:
        own = predict(network, inputs, shape=given[0].shape)
        return judge(network, inputs, own, wanted, now)
    except CannotCompute as error:
        return OwnOutputs(computed="cannot", reason=f"not computed here: {error}")


def judge(
    network: Network, inputs: Sequence[Array], own: Array, wanted: Array | None, now: Array | None
) -> OwnOutputs:
    """Return what the file's own outputs say beside the expected and the predicted ones."""
    count = f"all {len(own)} rows that were computed"
    if wanted is not None and agree(wanted, own):
        reason = f"the file itself gives the expected outputs: {count}"
        if now is None or agree(now, own):
            return OwnOutputs(computed="as expected", reason=reason)
        found = explain(network, inputs, now, "added") or [
            make_finding("restored-otherwise", 0.6, reason)
        ]
        return OwnOutputs(computed="as expected", reason=reason, findings=found)
    if wanted is not None:
        found = explain(network, inputs, wanted, "missing")
        if not found:
            found = compare_samples(wanted, own.astype(np.float32)).findings
        if now is not None and agree(now, own):
            reason = f"the file itself gives what is predicted now: {count}"
            found = found or [make_finding("another-model-in-the-file", 0.6, reason)]
            return OwnOutputs(computed="as predicted", reason=reason, findings=found)
        reason = "the file itself gives other outputs than the expected ones for these inputs"
        found = found or [make_finding("another-model-in-the-file", 0.4, reason)]
        return OwnOutputs(computed="as neither", reason=reason, findings=found)
    if now is not None and agree(now, own):
        reason = f"the file itself gives what is predicted now: {count}"
        return OwnOutputs(computed="as predicted", reason=reason)
    reason = "the file itself gives other outputs than those predicted now"
    found = explain(network, inputs, now, "added") if now is not None else []
    found = found or [make_finding("restored-otherwise", 0.6, reason)]
    return OwnOutputs(computed="as neither", reason=reason, findings=found)


def find_far(network: Network, values: Array) -> Finding | None:
    """Speak where inputs lie far from the statistics of the first layer."""
    expected = read_expectation(network)
    if expected is None or values.dtype.kind not in "fiu" or values.ndim < 2:
        return None
    mean, variance = np.array(expected.mean), np.array(expected.variance)
    if len(mean) != values.shape[-1]:
        return None
    ordinary = np.asarray(values[:MOST_ROWS], np.float64).mean(axis=tuple(range(values.ndim - 1)))
    distances = np.abs(ordinary - mean) / np.sqrt(np.maximum(variance, 1e-12))
    far = int((distances > FAR).sum())
    if not far or far < len(distances) / 5:
        return None
    column = int(distances.argmax())
    said = (
        f"column {column} has the mean {ordinary[column]:.4g} here and {float(mean[column]):.4g} in"
        f" {expected.layer}: {distances[column]:.0f} deviations away"
    )
    return make_finding("inputs-far-from-training", 0.7, said)


def agree(outputs: Array, own: Array) -> bool:
    """Return whether outputs are what the file gives, within rounding."""
    wanted, got = drop_ones(outputs), drop_ones(own)
    if wanted.shape != got.shape or not np.isfinite(wanted).all():
        return False
    each = make_outputs(wanted, got)
    return same(each.wanted, each.got, each.limits)


def explain(
    network: Network,
    inputs: Sequence[Array],
    outputs: Array,
    direction: Literal["missing", "added"],
) -> list[Finding]:
    """Return the change of the inputs with which the file gives `outputs`; [] for none."""
    if (outputs == outputs[0]).all() and not outputs.any():
        return []  # zeros fit whatever kills the network
    has_statistics = any(each.class_name == "BatchNormalization" for each in network.layers)
    with contextlib.suppress(CannotCompute):  # in training more cannot be computed
        if (
            direction == "added"
            and has_statistics
            and agree(outputs, predict(network, inputs, True, outputs.shape))
        ):
            said = "the file gives them where BatchNormalization takes the statistics of the batch"
            return [make_finding("training-mode-at-inference", 0.95, said)]
    if len(inputs) != 1:
        return []
    end = time.process_time() + CPU_SECONDS
    for change in iterate_changes(np.asarray(inputs[0], np.float64)):
        cause = change.missing if direction == "missing" else change.added
        if not cause:
            continue
        if time.process_time() > end:
            break
        try:
            changed = change.make(np.asarray(inputs[0], np.float64))
            own = predict(network, [changed], shape=outputs.shape)
        except CannotCompute:
            continue
        if agree(outputs, own):
            which = "expected outputs" if direction == "missing" else "predictions of now"
            said = f"the file gives the {which} for inputs {change.words}"
            fix = f"{change.before}predictions = model.predict({change.code})"
            if direction == "added":
                fix = f"predictions = model.predict(inputs)  # as given: not {change.words}"
            return [make_finding(cause, 0.95, said, fix)]
    return []
