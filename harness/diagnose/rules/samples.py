"""What expected and predicted outputs alone say about the cause; no model is needed."""

from itertools import permutations

import numpy as np

from harness.diagnose.findings import Answer, Finding, SamplesAnswer, make_finding, rank
from harness.diagnose.rules.dead import find_certain, find_chance, find_dead, find_nan
from harness.diagnose.rules.output import RULES
from harness.diagnose.rules.outputs import FEWEST_ROWS, Outputs, make_outputs, same
from harness.verdicts.statistics import Array, as_columns

MOST_AXES = 5


def compare_samples(expected: Array, predicted: Array, again: Array | None = None) -> SamplesAnswer:
    """Return what two outputs for the same inputs, rows first, say; `again`: of a second call.

    "cannot tell": the shapes have nothing in common, `expected` is not finite or is constant, or
    there are fewer than FEWEST_ROWS rows.
    """
    given = [expected, predicted, *([] if again is None else [again])]
    if any(each.dtype.kind not in "fiub" for each in given):
        return cannot("each file must hold numbers")
    wanted, got = drop_ones(expected), drop_ones(predicted)
    shapes = f"{spell(expected)} was expected, {spell(predicted)} came"
    if of_one := find_argmax_of_one(expected, predicted):
        return explain(of_one, shapes)
    if refused := refuse(wanted):
        return cannot(refused)
    if wanted.shape != got.shape:
        if other := find_transposed(expected, predicted) or find_other_shape(wanted, got):
            return explain([other], shapes)
        return cannot(f"{spell(expected)} was expected, and {spell(predicted)} came")
    outputs = make_outputs(wanted, got)
    found: list[Finding] = []
    if again is not None:
        if drop_ones(again).shape != got.shape:
            return cannot(f"the second prediction has the shape {spell(again)}")
        found += find_chance(outputs, make_outputs(wanted, drop_ones(again)).got)
    if same(outputs.wanted, outputs.got, outputs.limits):
        if found:
            return explain(found, "the first prediction is as expected, the second is not")
        return SamplesAnswer(answer="equal", reason=f"all {len(wanted)} rows agree within rounding")
    pair = (expected, predicted) if expected.shape == predicted.shape else (wanted, got)
    turned = find_transposed(*pair) or find_reversed(*pair)
    found += [turned] if turned else find_same_shape(outputs)
    return explain(found, spell_difference(outputs))


def compare_calls(first: Array, second: Array) -> SamplesAnswer:
    """Return what two predictions of the same inputs say without an expected one."""
    return compare_samples(first, first, second)


def find_same_shape(outputs: Outputs) -> list[Finding]:
    """Return what the rules find in outputs of one shape that differ."""
    if not np.isfinite(outputs.got).all():
        return find_nan(outputs)
    exact = [finding for rule in RULES if (finding := rule(outputs))]
    return exact or [*find_dead(outputs), *find_certain(outputs)]


def find_other_shape(wanted: Array, got: Array) -> Finding | None:
    """Return what explains outputs of another shape: axes in another order, or labels."""
    if found := find_transposed(wanted, got):
        return found
    for first, second, which in ((wanted, got, "expected"), (got, wanted, "predicted")):
        if first.ndim == second.ndim + 1 and len(first) == len(second):
            classes = first.argmax(axis=-1)
            if stands_for(classes, second):
                said = f"argmax of the {which} rows gives all {len(second)} labels of the other"
                named = "" if np.array_equal(classes, second) else ", by other names"
                fix = "" if which == "expected" else "labels = predictions.argmax(axis=-1)"
                return make_finding("labels-for-probabilities", 0.95, said + named, fix)
    return None


def stands_for(classes: Array, labels: Array) -> bool:
    """Return whether each class has one label of its own, such as its number plus 1."""
    pairs = len(np.unique(np.stack([classes.ravel(), labels.ravel()]), axis=1).T)
    kinds = len(np.unique(classes))
    enough = classes.size >= 2 * kinds or np.array_equal(classes, labels)
    return bool(1 < kinds == pairs == len(np.unique(labels)) and enough)


def find_argmax_of_one(wanted: Array, got: Array) -> list[Finding]:
    """Speak where the last axis of the expected outputs has length 1 and was taken for classes."""
    if wanted.ndim < 2 or wanted.shape != (*got.shape, 1) or got.dtype.kind not in "iu":
        return []
    if got.any() or not wanted.any() or wanted.min() < 0 or wanted.max() > 1:
        return []
    mask = wanted.ndim > 2
    said = f"all {got.size} predictions are 0, as argmax gives over the last axis, of length 1"
    fix = f"{'mask' if mask else 'labels'} = (model.predict(inputs)[..., 0] > 0.5).astype(int)"
    found = [make_finding("argmax-of-one-sigmoid", 0.85 if mask else 0.75, said, fix)]
    if not mask:  # flattened and cut off, the same zeros come
        said = f"all {got.size} predictions are 0, as integers"
        found.append(make_finding("probability-cast-to-int", 0.6, said))
    return found


def find_transposed(wanted: Array, got: Array) -> Finding | None:
    """Return the finding where the axes of `got`, in another order, give `wanted`."""
    if not wanted.ndim == got.ndim <= MOST_AXES or sorted(wanted.shape) != sorted(got.shape):
        return None
    for order in list(permutations(range(got.ndim)))[1:]:  # the first changes nothing
        turned = got.transpose(order)
        if turned.shape == wanted.shape:
            outputs = make_outputs(wanted, turned)
            if same(outputs.wanted, outputs.got, outputs.limits):
                said = f"np.transpose(predictions, {order}) gives all expected numbers"
                fix = f"predictions = np.transpose(model.predict(inputs), {order})"
                return make_finding("output-axes-reordered", 0.95, said, fix)
    return None


def find_reversed(wanted: Array, got: Array) -> Finding | None:
    """Speak where an axis behind the rows runs backwards, as in masks that are upside down."""
    for axis in range(1, wanted.ndim) if 3 <= wanted.ndim <= MOST_AXES else ():
        if wanted.shape[axis] > 2:
            outputs = make_outputs(wanted, np.flip(got, axis))
            if same(outputs.wanted, outputs.got, outputs.limits):
                code = f"np.flip(model.predict(inputs), {axis})"
                said = f"np.flip(predictions, {axis}) gives all expected numbers"
                return make_finding("output-axes-reordered", 0.95, said, f"predictions = {code}")
    return None


def refuse(wanted: Array) -> str:
    """Return why expected outputs prove nothing, "" where they do."""
    if wanted.ndim == 0 or len(wanted) < FEWEST_ROWS or not wanted.size:
        return f"at least {FEWEST_ROWS} rows are needed"
    if not np.isfinite(wanted).all():
        return "the expected outputs hold NaN or infinity"
    if (wanted == wanted[0]).all():
        return "all expected rows are equal, so any order and any unit fits"
    return ""


def agree(outputs: Array, own: Array, dtype: str = "") -> bool:
    """Return whether outputs are what the file gives, within rounding of what it computes in."""
    wanted, got = drop_ones(outputs), drop_ones(own)
    if {wanted.dtype.kind, got.dtype.kind} - set("fiub"):
        return bool(np.array_equal(wanted, got))
    if wanted.shape != got.shape or not np.isfinite(wanted).all():
        return False
    each = make_outputs(wanted, got, dtype)
    return same(each.wanted, each.got, each.limits)


def agree_at_first(outputs: Array, own: Array) -> bool:
    """Return whether `own`, what the file gives for the first rows, is what outputs begin with."""
    wanted, got = drop_ones(outputs), drop_ones(own)
    if wanted.shape[1:] != got.shape[1:] or not np.isfinite(wanted).all():
        return False
    each = make_outputs(wanted, wanted)  # what is rounding, all rows say
    return same(each.wanted[: len(got)], as_columns(got), each.limits)


def drop_ones(values: Array) -> Array:
    """Return an array without axes of length 1 behind the first: (n, 1) is as good as (n,)."""
    return values.reshape(values.shape[:1] + tuple(each for each in values.shape[1:] if each != 1))


def spell(values: Array) -> str:
    """Return a shape as it is said."""
    return f"({', '.join(map(str, values.shape))})"


def spell_difference(outputs: Outputs) -> str:
    """Return how far predictions are from what is expected."""
    wrong = int((~(np.abs(outputs.wanted - outputs.got) <= outputs.limits)).any(axis=1).sum())
    return f"{wrong} of {len(outputs.got)} rows differ by more than rounding"


def explain(findings: list[Finding], reason: str) -> SamplesAnswer:
    """Return the answer for outputs that differ."""
    answer: Answer = "explained" if findings else "unexplained"
    return SamplesAnswer(answer=answer, reason=reason, findings=rank(findings))


def cannot(reason: str) -> SamplesAnswer:
    """Return the answer for outputs that prove nothing."""
    return SamplesAnswer(answer="cannot tell", reason=reason)
