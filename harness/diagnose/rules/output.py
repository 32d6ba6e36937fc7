"""Rules that read expected and predicted outputs of one shape; no model is needed.

Every rule takes Outputs whose values are finite, unless its name says otherwise. A rule returns a
finding, or None where its evidence is missing.
"""

from collections.abc import Callable

import numpy as np

from harness.diagnose.findings import Finding, make_finding
from harness.diagnose.forward.activations import sigmoid, softmax
from harness.diagnose.rules.outputs import FEWEST_ROWS, Outputs, same
from harness.verdicts.statistics import Array, column_scales

MOST_COLUMNS = 256  # that are compared with each other
HALF = 2e-3  # of a column's spread: what float16 cannot tell apart, after a few layers
MOST_MOVED = 0.5  # rows: rounding spares few of them
LARGEST_LOGARITHM = 80.0
FUNCTIONS: dict[str, Callable[[Array], Array]] = {  # what undoes a change of the target
    "np.expm1(predictions)": np.expm1,
    "np.exp(predictions)": np.exp,
    "10 ** predictions": lambda values: 10.0**values,
    "np.square(predictions)": np.square,
    "np.sqrt(predictions)": lambda values: np.sqrt(np.maximum(values, 0)),
}
OF_POSITIVE = ("np.square(predictions)", "np.sqrt(predictions)")
FEWEST_DISTINCT, LEAST_APART = 8, 0.01  # numbers; sums of rows
NUMBERED = 10  # columns; with fewer, text and numbers sort alike


def find_missing_activation(each: Outputs) -> Finding | None:
    """Speak where softmax or sigmoid of the predictions gives the expected probabilities."""
    if not each.probabilities:
        return None
    one = each.wanted.shape[1] == 1
    name, function = ("sigmoid", sigmoid) if one else ("softmax", softmax)
    if not same(each.wanted, function(each.got), each.limits):
        return None
    return make_finding(
        "logits-read-as-probabilities",
        0.95,
        f"{name} of the predictions gives all {len(each.got)} expected rows",
        f"predictions = tf.nn.{name}(model.predict(inputs)).numpy()",
    )


def find_doubled_activation(each: Outputs) -> Finding | None:
    """Speak where softmax or sigmoid of the expected probabilities gives the predictions."""
    if not each.shares:
        return None
    one = each.wanted.shape[1] == 1
    name, function = ("sigmoid", sigmoid) if one else ("softmax", softmax)
    if not same(each.got, function(each.wanted), np.minimum(each.limits, 1e-4)):
        return None
    said = f"{name} of the expected rows gives all {len(each.got)} predicted rows"
    return make_finding("activation-applied-twice", 0.95, said)


def find_cut_integers(each: Outputs) -> Finding | None:
    """Speak where every prediction is the expected one cut off to an integer."""
    if not np.array_equal(each.got, np.trunc(each.wanted)):
        return None
    if same(each.wanted, np.rint(each.wanted), each.limits) or find_labels(each):
        return None
    if not each.got.any():
        return None  # a model that predicts 0.0 does the same
    said = f"all {each.got.size} predictions are the expected ones without their decimals"
    return make_finding("probability-cast-to-int", 0.9, said)


def find_labels(each: Outputs) -> Finding | None:
    """Speak where the predictions are the expected probabilities, rounded or as one-hot rows."""
    if not each.shares or same(each.wanted, np.rint(each.wanted), each.limits):
        return None
    rounded = (each.wanted > 0.5).astype(float)
    if each.probabilities and each.wanted.shape[1] > 1:
        rounded = np.eye(each.wanted.shape[1])[each.wanted.argmax(axis=1)]
    both = bool((rounded == 0).any() and (rounded == 1).any())
    if not both or not np.array_equal(each.got, rounded):
        return None
    if not each.integers and each.wanted.shape[1] > 1:
        return None  # inputs far too large make a softmax certain: the same rows, maybe
    said = f"all {len(each.got)} predictions are the expected probabilities, rounded"
    return make_finding("labels-for-probabilities", 0.9, said)


def find_permuted_columns(each: Outputs) -> Finding | None:
    """Speak where the predictions have the expected columns in one other order only."""
    columns = each.wanted.shape[1]
    if not 2 <= columns <= MOST_COLUMNS:
        return None
    some = slice(0, 64)  # rows: enough to tell columns apart; all are compared below
    errors = np.abs(each.wanted[some, :, None] - each.got[some, None, :]).max(axis=0)
    fits = errors <= each.limits[:, None]
    if not ((fits.sum(axis=0) == 1).all() and (fits.sum(axis=1) == 1).all()):
        return None
    order = fits.argmax(axis=1)
    if not same(each.wanted, each.got[:, order], each.limits):
        return None
    shown = ", ".join(map(str, order[:8])) + (", ..." if columns > 8 else "")
    said = f"the {columns} expected columns are the predictions' columns {shown}"
    fix = f"order = {order.tolist()}\npredictions = model.predict(inputs)[:, order]"
    if columns >= NUMBERED and is_text_order(order):
        return make_finding("class-names-sorted-otherwise", 0.95, f"{said}: 1, 10, 11, 2, ...", fix)
    return make_finding("output-columns-permuted", 0.9, said, fix)


def is_text_order(order: Array) -> bool:
    """Return whether an order leads from numbers sorted as text to numbers, or back."""
    for first in (0, 1):
        as_text = sorted(range(len(order)), key=lambda number: str(number + first))
        if as_text in (order.tolist(), np.argsort(order).tolist()):
            return True
    return False


def find_permuted_rows(each: Outputs) -> Finding | None:
    """Speak where the predictions have the expected rows in another order."""
    scales = column_scales(each.wanted)
    distinct = len(np.unique(each.wanted, axis=0))
    if distinct < max(FEWEST_ROWS, len(each.wanted) / 2):
        return None  # a few values in other places may be right by chance
    weights = np.random.default_rng(0).normal(size=len(scales)) / scales
    with np.errstate(over="ignore", invalid="ignore"):
        there, here = np.argsort(each.wanted @ weights), np.argsort(each.got @ weights)
    if not same(each.wanted[there], each.got[here], each.limits):
        return None
    moved = int((np.abs(each.wanted - each.got) > each.limits).any(axis=1).sum())
    said = f"the {len(there)} expected rows are all there, {moved} of them in another place"
    return make_finding("shuffled-while-predicting", 0.95, said)


def find_affine(each: Outputs) -> Finding | None:
    """Speak where each expected column is factor * predicted + offset."""
    centered = each.got - each.got.mean(axis=0)
    spread = (centered**2).mean(axis=0)
    varied = [len(np.unique(column)) >= FEWEST_ROWS for column in each.got.T]
    if not all(varied) or not (spread > 0).all():
        return None
    factors = (centered * (each.wanted - each.wanted.mean(axis=0))).mean(axis=0) / spread
    offsets = each.wanted.mean(axis=0) - factors * each.got.mean(axis=0)
    if not factors.all() or not same(each.wanted, each.got * factors + offsets, each.limits):
        return None
    factor, offset = float(factors[0]), float(offsets[0])
    unit = float(each.limits[0])
    shown = f"{factor:.4g} * predicted {'+' if offset >= 0 else '-'} {abs(offset):.4g}"
    several = "the first expected column is" if len(factors) > 1 else "expected is"
    said = f"{several} {shown} on all {len(each.got)} rows"
    if (np.abs(factors + 1) < 1e-3).all():
        if (np.abs(offsets) <= 2 * each.limits).all():
            return make_finding("merge-order-changed", 0.8, said)
        if each.probabilities and abs(offset - 1) <= 2 * unit:
            return make_finding("class-order-flipped", 0.9, said)
    if (factors < 0).any():
        return None
    fix = f"predictions = {factor:.6g} * model.predict(inputs) + {offset:.6g}"
    if len(factors) > 1:
        fix = (
            f"factors = {[float(f'{each:.6g}') for each in factors]}\n"
            f"offsets = {[float(f'{each:.6g}') for each in offsets]}\n"
            "predictions = np.array(factors) * model.predict(inputs) + offsets"
        )
    if is_scaled(each.got) and not is_scaled(each.wanted):
        fix = f"# predictions = scaler.inverse_transform(model.predict(inputs)), that is:\n{fix}"
        return make_finding("target-left-scaled", 0.95, said, fix)
    return make_finding("output-in-another-unit", 0.85, said, fix)


def is_scaled(columns: Array) -> bool:
    """Return whether every column looks standardised, or lies within -1..1."""
    within = (np.abs(columns) <= 1.2).all(axis=0)
    deviation = columns.std(axis=0)
    standard = (np.abs(columns.mean(axis=0)) < 1) & (deviation > 0.2) & (deviation < 3)
    return bool((within | standard).all())


def find_one_affine(each: Outputs) -> Finding | None:
    """Speak where one factor and one offset, for all columns alike, give what is expected."""
    if each.wanted.shape[1] < 2:
        return None  # find_affine does it
    got, wanted = each.got.ravel(), each.wanted.ravel()
    spread = float(((got - got.mean()) ** 2).mean())
    if len(np.unique(got)) < FEWEST_DISTINCT or not spread > 0:
        return None
    factor = float(((got - got.mean()) * (wanted - wanted.mean())).mean() / spread)
    offset = float(wanted.mean() - factor * got.mean())
    if not factor or not same(each.wanted, each.got * factor + offset, each.limits):
        return None
    said = f"expected is {factor:.4g} * predicted {'+' if offset >= 0 else '-'} {abs(offset):.4g}"
    said += f" for all {each.got.size} numbers"
    fix = f"predictions = {factor:.6g} * model.predict(inputs) + {offset:.6g}"
    if abs(factor + 1) < 1e-3 and abs(offset - 1) < 1e-3 and each.shares:
        return make_finding("class-order-flipped", 0.9, said, fix)
    if abs(factor + 1) < 1e-3 and abs(offset) < 1e-3:
        return make_finding("merge-order-changed", 0.8, said)
    return make_finding("output-in-another-unit", 0.85, said, fix) if factor > 0 else None


def find_row_sums(each: Outputs) -> Finding | None:
    """Speak where each predicted row is the expected one over its sum."""
    sums = each.wanted.sum(axis=1, keepdims=True)
    if each.wanted.shape[1] < 2 or not (sums > 0).all() or np.ptp(sums) < LEAST_APART:
        return None
    if not same(each.got, each.wanted / sums, each.limits):
        return None
    said = f"each of the {len(sums)} predicted rows is the expected one over its sum"
    fix = "predictions = model.predict(inputs)  # not divided by predictions.sum(axis=1)"
    return make_finding("output-in-another-unit", 0.9, said, fix)


def find_unfilled(each: Outputs) -> Finding | None:
    """Speak where the first rows are right, and all rows behind are 0."""
    right = (np.abs(each.wanted - each.got) <= each.limits).all(axis=1)
    count = int(right.argmin())
    if (
        not FEWEST_ROWS <= count < len(right) - 1
        or each.got[count:].any()
        or not each.wanted[count:].any()
    ):
        return None
    said = f"the first {count} rows are right, and the {len(right) - count} behind are 0"
    fix = "predictions = model.predict(inputs)  # of all rows, also those of the last, short batch"
    return make_finding("batch-never-filled", 0.85, said, fix)


def find_function(each: Outputs) -> Finding | None:
    """Speak where the expected outputs are the exponential of the predictions."""
    if not (each.wanted > -1).all() or np.abs(each.got).max() > LARGEST_LOGARITHM:
        return None
    varied = min(len(np.unique(column)) for column in each.got.T) >= FEWEST_DISTINCT
    for name, function in FUNCTIONS.items():
        if name in OF_POSITIVE and not (varied and (each.got >= 0).all()):
            continue
        if same(each.wanted, function(each.got), each.limits):
            said = f"{name} gives all {len(each.got)} expected rows"
            fix = f"predictions = {name.replace('predictions', 'model.predict(inputs)')}"
            return make_finding("target-left-scaled", 0.95, said, fix)
    return None


def find_cut_off(each: Outputs) -> Finding | None:
    """Speak where the predictions are the expected ones, cut off at a lower or an upper bound."""
    low, high = each.got.min(), each.got.max()
    inside = (each.got > low) & (each.got < high)
    if inside.sum() < FEWEST_ROWS or not same(
        np.clip(each.wanted, low, high), each.got, each.limits
    ):
        return None
    cut = int((np.abs(each.wanted - each.got) > each.limits).sum())
    if cut > 0.8 * each.got.size:
        return None  # rows that are almost equal are cut off everywhere
    said = f"{cut} of {each.got.size} expected numbers lie outside {low:.4g}..{high:.4g}"
    return make_finding("output-cut-off", 0.85, f"{said}, the predictions' range; the rest agrees")


def find_half_precision(each: Outputs) -> Finding | None:
    """Speak where all predictions are right to three digits."""
    if each.integers:
        return None
    scales = np.maximum(column_scales(each.wanted), np.abs(each.wanted).max(axis=0))
    largest = float((np.abs(each.wanted - each.got) / scales).max())
    if largest > HALF:
        return None
    said = f"the largest difference is {largest:.1g} of its column's range"
    moved = float((np.abs(each.wanted - each.got) > each.limits).any(axis=1).mean())
    if moved < MOST_MOVED:
        return make_finding("half-precision-rounding", 0.3, f"{said}; most rows do not differ")
    return make_finding("half-precision-rounding", 0.6, said)


RULES: tuple[Callable[[Outputs], Finding | None], ...] = (
    find_missing_activation,
    find_doubled_activation,
    find_cut_integers,
    find_labels,
    find_permuted_columns,
    find_permuted_rows,
    find_affine,
    find_one_affine,
    find_row_sums,
    find_unfilled,
    find_function,
    find_cut_off,
    find_half_precision,
)
