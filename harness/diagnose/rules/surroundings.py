"""Is the file wrong, or what surrounds it? A model's own outputs against expected and predicted."""

import contextlib
import time
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec
import numpy as np

from harness.diagnose.file_answer import OwnOutputs
from harness.diagnose.findings import Finding, make_finding
from harness.diagnose.forward.call import CannotCompute
from harness.diagnose.forward.run import predict
from harness.diagnose.network.layer import Network
from harness.diagnose.rules import lost_inputs, prepared_twice
from harness.diagnose.rules.architecture import find_softmax_of_one
from harness.diagnose.rules.constant import find_constant
from harness.diagnose.rules.either_side import spell_right_rows, weigh_sides
from harness.diagnose.rules.first_layer import read_expectation
from harness.diagnose.rules.inner import find_unlike_training
from harness.diagnose.rules.input_changes import iterate_changes, order_columns
from harness.diagnose.rules.input_fit import find_fit
from harness.diagnose.rules.order_search import search_order
from harness.diagnose.rules.samples import agree, agree_at_first, compare_samples, drop_ones
from harness.verdicts.statistics import Array, correlate

MOST_ROWS, ROWS_OF_LARGE, LARGE = 64, 8, 4096  # rows; of inputs with so many numbers each
FIRST_ROWS, FIRST_OF_LARGE = 8, 1  # rows on which a change is tried before all of them
MOST_FITTED = 1 << 16  # numbers
CERTAIN = 0.9
FAR = 10.0  # deviations
CPU_SECONDS = 1.0  # for all changes that are tried
RELATED, FALLS = 0.9, 3.0  # outputs come near: by this correlation, with so much smaller an error
FEWEST_NEAR, FEWEST_CHANGED = 10, 6  # rows; labels that a change has to mend


def judge_surroundings(
    network: Network, inputs: Sequence[Array], expected: Array | None, predicted: Array | None
) -> OwnOutputs:
    """Return whether the file gives `expected` or `predicted` for `inputs`, and what follows.

    Only the first rows are computed. All arrays have their rows first.
    """
    if not inputs or any(each.ndim == 0 or each.dtype.kind not in "fiub" for each in inputs):
        return OwnOutputs(computed="cannot", reason="the inputs are not numbers in rows")
    rows = slice(0, count_rows(inputs))
    outputs = [each for each in (expected, predicted) if each is not None]
    if other := [each for each in outputs if each.ndim == 0 or len(each) != len(inputs[0])]:
        counts = f"{len(inputs[0])} and {len(other[0]) if other[0].ndim else 0}"
        said = f"inputs and outputs differ in their rows, {counts}: give outputs of these inputs"
        return OwnOutputs(computed="cannot", reason=said)
    inputs, given = ([each[rows] for each in arrays] for arrays in (inputs, outputs))
    wanted = None if expected is None else expected[rows]
    now = None if predicted is None else predicted[rows]
    if any(each.dtype.kind not in "fiub" for each in given):
        return OwnOutputs(computed="cannot", reason="the outputs are not numbers")
    if broken := sum(int((~np.isfinite(each)).sum()) for each in inputs):
        said = spell_broken(broken)
        return OwnOutputs(
            computed="cannot", reason=said, findings=[make_finding("one-missing-cell", 0.8, said)]
        )
    try:
        own = predict(network, inputs, shape=given[0].shape)
        return msgspec.structs.replace(judge(network, inputs, own, wanted, now), rows=len(own))
    except CannotCompute as error:
        return OwnOutputs(computed="cannot", reason=f"not computed here: {error}")


def judge_inputs(network: Network, inputs: Sequence[Array]) -> list[Finding]:
    """Return what inputs say beside the statistics that the file keeps of those of training."""
    usable = len(inputs) == 1 and inputs[0].dtype.kind in "fiu" and inputs[0].ndim > 1
    if not usable:
        return []
    if broken := int((~np.isfinite(inputs[0][:MOST_ROWS])).sum()):
        return [make_finding("one-missing-cell", 0.8, spell_broken(broken))]
    rows = inputs[0][: count_rows(inputs)]
    found = [find_far(network, inputs[0]), find_unlike_training(network, [rows])]
    found += [
        rule(network, np.asarray(inputs[0])) for rule in (*prepared_twice.RULES, *lost_inputs.RULES)
    ]
    return [each for each in found if each]


def spell_broken(count: int) -> str:
    """Return that so many numbers are not finite."""
    return f"the inputs hold {count} numbers that are NaN or infinite"


def count_rows(inputs: Iterable[Array]) -> int:
    """Return how many rows are enough to see what goes wrong; fewer of large images."""
    size = max(int(np.prod(each.shape[1:])) for each in inputs)
    return MOST_ROWS if size <= LARGE else ROWS_OF_LARGE


def judge(
    network: Network, inputs: Sequence[Array], own: Array, wanted: Array | None, now: Array | None
) -> OwnOutputs:
    """Return what the file's own outputs say beside the expected and the predicted ones."""
    count = f"all {len(own)} rows that were computed"
    if wanted is not None and agree(wanted, own):
        reason = f"the file itself gives the expected outputs: {count}"
        if now is None or agree(now, own):
            return OwnOutputs(computed="as expected", reason=reason)
        found = explain(network, inputs, own, now, "added") or [
            make_finding("restored-otherwise", 0.6, reason)
        ]
        return OwnOutputs(computed="as expected", reason=reason, findings=found)
    if wanted is not None:
        found = explain(network, inputs, own, wanted, "missing")
        if wanted.dtype.kind == "f" and (not found or found[0].confidence < CERTAIN):
            fitted = fit_columns(network, inputs, wanted)
            found = [fitted] if fitted else found
        if found and found[0].confidence < CERTAIN and spell_right_rows(inputs, own, wanted):
            found = []  # what changes every row is not the cause
        found = found or find_constant(network, inputs, own)
        if not (found or find_softmax_of_one(network)):  # the file itself says that
            told = compare_samples(wanted, own.astype(np.float32)).findings
            found = [each for each in told if each.cause != "softmax-over-one-unit"]
        if now is not None and agree(now, own):
            reason = f"the file itself gives what is predicted now: {count}"
            found = found or weigh_all(network, inputs, own, wanted)
            return OwnOutputs(computed="as predicted", reason=reason, findings=found)
        reason = "the file itself gives other outputs than the expected ones for these inputs"
        found = found or weigh_all(network, inputs, own, wanted)
        return OwnOutputs(computed="as neither", reason=reason, findings=found)
    if now is not None and agree(now, own):
        reason = f"the file itself gives what is predicted now: {count}"
        found = find_constant(network, inputs, own)
        return OwnOutputs(computed="as predicted", reason=reason, findings=found)
    reason = "the file itself gives other outputs than those predicted now"
    found = explain(network, inputs, own, now, "added") if now is not None else []
    found = found or [make_finding("restored-otherwise", 0.6, reason)]
    return OwnOutputs(computed="as neither", reason=reason, findings=found)


def weigh_all(
    network: Network, inputs: Sequence[Array], own: Array, wanted: Array
) -> list[Finding]:
    """Return what speaks for each side, and inputs that may have lost their decimals."""
    cut = lost_inputs.find_cut_to_integers(network, inputs[0]) if len(inputs) == 1 else None
    return [*([cut] if cut else []), *weigh_sides(inputs, own, wanted)]


def fit_columns(network: Network, inputs: Sequence[Array], wanted: Array) -> Finding | None:
    """Speak where a factor and an offset for each column of the one input bring outputs back."""
    if len(inputs) != 1 or any(each.class_name == "Embedding" for each in network.layers):
        return None
    rows = max(ROWS_OF_LARGE, MOST_FITTED // max(1, inputs[0][0].size))  # all are computed at once
    values, wanted = np.asarray(inputs[0][:rows], np.float64), wanted[:rows]
    return find_fit(
        network,
        lambda values: predict(network, [values], shape=(len(values), *wanted.shape[1:])),
        values,
        wanted,
        lambda given: agree(wanted, given),
    )


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


def explain(
    network: Network,
    inputs: Sequence[Array],
    own: Array,
    outputs: Array,
    direction: Literal["missing", "added"],
) -> list[Finding]:
    """Return the change of the inputs with which the file gives `outputs`; [] for none."""
    if (outputs == outputs[0]).all() and not outputs.any():
        return []  # zeros fit whatever kills the network
    near: list[tuple[float, Finding]] = []
    labels = outputs.dtype.kind in "iub"  # they agree by chance, and come near nothing
    if labels and drop_ones(own).shape != drop_ones(outputs).shape:
        return []
    if labels and np.count_nonzero(drop_ones(own) != drop_ones(outputs)) < FEWEST_CHANGED:
        return []
    if direction == "added" and (trained := find_training(network, inputs, own, outputs)):
        if not trained[0]:
            return [trained[1]]
        near.append(trained)
    if len(inputs) != 1:
        return [finding for _, finding in near]
    values = np.asarray(inputs[0], np.float64)
    few = values[: FIRST_ROWS if len(values) > ROWS_OF_LARGE else FIRST_OF_LARGE]
    which = "expected outputs" if direction == "missing" else "predictions of now"
    end = time.process_time() + CPU_SECONDS
    for change in iterate_changes(values):
        cause = change.missing if direction == "missing" else change.added
        if not cause or (labels and change.rough):
            continue
        if time.process_time() > end:
            break
        try:
            if not (change.rough or may_give(network, change.make(few), outputs)):
                continue
            given = predict(network, [change.make(values)], shape=outputs.shape)
        except CannotCompute:
            continue
        fix = change.spell_cure(direction == "missing")
        if agree(outputs, given):
            said = f"the file gives the {which} for inputs {change.words}"
            return [make_finding(cause, 0.9 if labels else 0.95, said, fix)]
        if change.rough and (close := come_near(own, given, outputs)):
            said = f"for inputs {change.words} {close[1]}"
            near.append((close[0], make_finding(cause, 0.75, said, fix)))
    nearest = [finding for _, finding in sorted(near, key=lambda each: each[0])[:1]]
    if labels:
        return nearest
    return find_order(network, values, outputs, which, direction) or nearest


def may_give(network: Network, few: Array, outputs: Array) -> bool:
    """Return whether the file gives the first of these outputs for a few inputs."""
    shape = (len(few), *outputs.shape[1:])
    return agree_at_first(outputs, predict(network, [few], shape=shape))


def find_training(
    network: Network, inputs: Sequence[Array], own: Array, outputs: Array
) -> tuple[float, Finding] | None:
    """Return how far off outputs are where the file runs as in training, 0 for equal ones."""
    if not any(each.class_name == "BatchNormalization" for each in network.layers):
        return None
    cause, batch = (
        "training-mode-at-inference",
        "BatchNormalization takes the statistics of the batch",
    )
    with contextlib.suppress(CannotCompute):  # in training more cannot be computed
        given = predict(network, inputs, True, outputs.shape)
        if agree(outputs, given):
            return 0.0, make_finding(cause, 0.95, f"the file gives them where {batch}")
        if close := come_near(own, given, outputs):  # what is left may be Dropout's
            return close[0], make_finding(cause, 0.8, f"where {batch}, {close[1]}")
    return None


def find_order(
    network: Network, table: Array, outputs: Array, which: str, direction: str
) -> list[Finding]:
    """Return the finding where the columns of a table in another order give `outputs`."""
    if table.ndim != 2:
        return []
    order = search_order(
        lambda x: predict(network, [x], shape=outputs.shape),
        table,
        outputs,
        lambda given: agree(outputs, given),
    )
    if order is None:
        return []
    change = order_columns(order)
    said = f"the file gives the {which} for inputs {change.words}"
    return [make_finding(change.missing, 0.95, said, change.spell_cure(direction == "missing"))]


def come_near(own: Array, given: Array, outputs: Array) -> tuple[float, str] | None:
    """Return how far a change leaves the file's outputs off, and how it is said.

    None where they do not come near.
    """
    wanted, after, before = (np.asarray(each, np.float64).ravel() for each in (outputs, given, own))
    if not len(wanted) == len(after) == len(before) or len(outputs) < FEWEST_NEAR:
        return None
    if not all(np.isfinite(each).all() for each in (wanted, after)):
        return None
    related, left = correlate(after, wanted), float(np.abs(after - wanted).mean())
    apart = float(np.nan_to_num(np.abs(before - wanted), nan=np.inf).mean())
    if related is None or related < RELATED or apart < FALLS * left:
        return None
    return left, (
        f"its outputs come near: off by {left:.3g} on average, and by {apart:.3g} for these;"
        f" the correlation is {related:.2f}"
    )
