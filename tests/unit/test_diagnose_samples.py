"""Expected and predicted outputs name the cause, or none."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from harness.diagnose.forward.activations import sigmoid, softmax
from harness.diagnose.rules.samples import compare_calls, compare_samples

random = np.random.default_rng(0)
LOGITS = random.normal(size=(40, 3))
SHARES = softmax(LOGITS)
LOGIT = random.normal(size=(40, 1))
SHARE = sigmoid(LOGIT)
VALUES = random.normal(size=(40, 3)) * [5, 20, 80] + [3, -7, 30]
MONTHS = random.normal(size=(40, 12)) * 10
TEXT_ORDER = sorted(range(12), key=lambda number: str(number + 1))
IMAGES = random.normal(size=(6, 4, 5, 3))
MASKS = sigmoid(random.normal(size=(20, 6, 6, 1)))
AMOUNTS = np.abs(VALUES[:, 2:]) + 1
MISSING = np.where(np.arange(40)[:, None] == 7, np.nan, VALUES)
CERTAIN = np.eye(3)[random.integers(0, 3, 40)]

CASES: dict[str, tuple[Any, Any]] = {
    "logits-read-as-probabilities": (SHARES, LOGITS),
    "logits-read-as-probabilities ": (SHARE, LOGIT),
    "activation-applied-twice": (SHARES, softmax(SHARES)),
    "activation-applied-twice ": (SHARE, sigmoid(SHARE)),
    "probability-cast-to-int": (SHARE, SHARE.astype(int)),
    "probability-cast-to-int ": (VALUES, np.trunc(VALUES)),
    "labels-for-probabilities": (SHARES, SHARES.argmax(1)),
    "labels-for-probabilities ": (SHARES.argmax(1), SHARES),
    "labels-for-probabilities  ": (SHARE, (SHARE > 0.5).astype(int)),
    "labels-for-probabilities   ": (SHARES, SHARES.argmax(1) + 1),
    "labels-for-probabilities    ": (MASKS, (MASKS > 0.5).astype("uint8")),
    "probability-cast-to-int  ": (MASKS * 0.4, (MASKS * 0.4).astype("uint8")),
    "argmax-of-one-sigmoid": (SHARE, SHARE.argmax(1)),
    "output-axes-reordered  ": (VALUES[:, :1], VALUES[:, :1].T),
    "target-left-scaled": (VALUES, (VALUES - VALUES.mean(0)) / VALUES.std(0)),
    "output-in-another-unit": (AMOUNTS, AMOUNTS * 1000),
    "output-columns-permuted": (VALUES, VALUES[:, [2, 0, 1]]),
    "class-names-sorted-otherwise": (MONTHS, MONTHS[:, TEXT_ORDER]),
    "shuffled-while-predicting": (VALUES, random.permutation(VALUES)),
    "merge-order-changed": (VALUES, -VALUES),
    "class-order-flipped": (SHARE, 1 - SHARE),
    "output-axes-reordered": (IMAGES, IMAGES.transpose(0, 3, 1, 2)),
    "output-axes-reordered ": (IMAGES[:, :3, :3], IMAGES[:, :3, :3].transpose(0, 2, 1, 3)),
    "output-cut-off": (VALUES, np.maximum(VALUES, 0)),
    "half-precision-rounding": (VALUES, VALUES * (1 + 5e-4 * np.sign(LOGITS))),
    "one-missing-cell": (VALUES, MISSING),
    "dead-relu-head": (AMOUNTS, AMOUNTS * 0),
    "sigmoid-underflow": (SHARE, SHARE * 0),
    "missing-rescale-255   ": (SHARE, SHARE * 0 + 1),
    "missing-rescale-255": (SHARES, CERTAIN),
    "missing-rescale-255 ": (SHARES, SHARES * 0 + [0, 1, 0]),
    "scaler-fitted-on-one-row": (VALUES, VALUES * 0 + 3),
}


@pytest.mark.parametrize("case", CASES)
def test_the_cause_comes_first(case: str) -> None:
    wanted, got = CASES[case]
    for given_as in ("float64", "float32"):
        kept = got.astype(given_as) if got.dtype.kind == "f" else got
        answer = compare_samples(np.asarray(wanted, given_as), kept)
        assert answer.answer == "explained"
        assert answer.findings[0].cause == case.strip()


def test_zeros_as_integers_in_place_of_probabilities_are_a_cast_or_an_argmax() -> None:
    both = ["probability-cast-to-int", "argmax-of-one-sigmoid"]
    found = compare_samples(SHARE, np.zeros((40, 1), int)).findings
    assert [each.cause for each in found] == both
    without_axis = compare_samples(SHARE, np.zeros(40, int)).findings  # as argmax leaves it
    assert [each.cause for each in without_axis] == both[::-1]


@pytest.mark.parametrize("expected", [VALUES, SHARES, SHARE, np.rint(VALUES), CERTAIN, IMAGES])
def test_equal_outputs_and_rounding_are_equal(expected: Any) -> None:
    for given_as in (expected, expected.astype("float32"), expected * (1 + 1e-7)):
        answer = compare_samples(expected, given_as)
        assert (answer.answer, answer.findings) == ("equal", [])


def test_one_column_is_as_good_as_none() -> None:
    assert compare_samples(SHARE, SHARE[:, 0]).answer == "equal"


@pytest.mark.parametrize("kind", [VALUES, SHARES, SHARE, MONTHS, IMAGES, np.rint(VALUES)])
def test_unrelated_outputs_are_unexplained(kind: Any) -> None:
    other = np.random.default_rng(1).normal(size=kind.shape)
    other = softmax(other) if kind is SHARES else sigmoid(other) if kind is SHARE else other
    answer = compare_samples(kind, other)
    assert (answer.answer, answer.findings) == ("unexplained", [])


def test_all_nan_is_wrong_and_unexplained() -> None:
    assert compare_samples(VALUES, VALUES * np.nan).answer == "unexplained"


@pytest.mark.parametrize(
    ("expected", "predicted"),
    [
        (VALUES, VALUES[:, :2]),
        (VALUES[:3], 2 * VALUES[:3]),
        (np.ones((9, 1)), np.zeros((9, 1))),
        (VALUES * np.nan, VALUES),
        (np.array(["a"] * 9), VALUES),
        (np.float64(3), np.float64(3)),
        (VALUES[:0], VALUES[:0]),
    ],
)
def test_outputs_that_prove_nothing_cannot_be_compared(expected: Any, predicted: Any) -> None:
    answer = compare_samples(np.asarray(expected), np.asarray(predicted))
    assert (answer.answer, answer.findings) == ("cannot tell", [])


def test_two_calls_that_differ_are_dropout_or_random_weights() -> None:
    near = VALUES + random.normal(size=VALUES.shape)
    assert compare_calls(VALUES, VALUES).answer == "equal"
    assert compare_calls(VALUES, near).findings[0].cause == "training-mode-at-inference"
    unrelated = random.normal(size=VALUES.shape)
    assert compare_calls(LOGITS, unrelated).findings[0].cause == "weights-drawn-anew"


@pytest.mark.parametrize("again", [VALUES * np.nan, MISSING, VALUES + np.inf])
def test_a_second_call_that_gives_nan_is_not_as_expected(again: Any) -> None:
    for answer in (compare_calls(VALUES, again), compare_samples(VALUES, VALUES, again)):
        assert answer.answer == "explained"
        rows = int((~np.isfinite(again)).any(axis=1).sum())
        assert f"{rows} of 40 rows hold NaN or infinity in one call" in answer.findings[0].evidence
    both = compare_samples(VALUES, MISSING, MISSING)
    assert [each.cause for each in both.findings] == ["one-missing-cell"]
    moved = compare_samples(VALUES, MISSING, MISSING + LOGITS)
    assert "training-mode-at-inference" in [each.cause for each in moved.findings]


def test_a_second_call_that_gives_words_is_a_sentence() -> None:
    answer = compare_calls(VALUES, np.full(VALUES.shape, "word"))
    assert (answer.answer, answer.reason) == ("cannot tell", "each file must hold numbers")


def test_a_few_rows_that_are_almost_right_are_hardly_rounding() -> None:
    near = VALUES * (1 + 5e-4 * np.sign(LOGITS))
    some = np.where(np.arange(40)[:, None] < 8, near, VALUES)
    rounded, moved = (compare_samples(VALUES, each).findings[0] for each in (near, some))
    assert rounded.cause == moved.cause == "half-precision-rounding"
    assert moved.confidence < rounded.confidence / 1.5


FLOATS = st.floats(allow_nan=True, allow_infinity=True, width=32)
SHAPES = arrays.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=6)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_two_arrays_get_an_answer(data: st.DataObject) -> None:
    shape = data.draw(SHAPES)
    drawn = arrays.arrays(np.float32, shape, elements=FLOATS)
    answer = compare_samples(data.draw(drawn), data.draw(drawn))
    assert bool(answer.findings) == (answer.answer == "explained")
