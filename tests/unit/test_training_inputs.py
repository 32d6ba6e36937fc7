"""Inputs of today beside inputs of training: each change is named, new rows alone never."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.diagnose.causes.training import TRAINING_CAUSES
from harness.diagnose.rules.training_inputs import compare_inputs

Random = np.random.Generator


def table(random: Random, rows: int) -> Any:
    """Rows of five columns of very different sizes."""
    return random.normal([20, 1013, 55, 3, -4], [8, 9, 15, 2, 1], (rows, 5))


def scaled(random: Random, rows: int) -> Any:
    """The same, standardised by statistics that no sample has exactly."""
    return (table(random, rows) - [20, 1013, 55, 3, -4]) / [8, 9, 15, 2, 1]


def hours(random: Random, rows: int) -> Any:
    """Windows of 24 hours of five columns, as they are measured."""
    return table(random, rows * 24).reshape(rows, 24, 5)


def scaled_hours(random: Random, rows: int) -> Any:
    """The same, standardised by statistics that no sample has exactly."""
    return scaled(random, rows * 24).reshape(rows, 24, 5)


def shares(random: Random, rows: int) -> Any:
    """Colour images of 0..1: bright and red in the upper part, dark border."""
    images = random.uniform(0, 0.1, (rows, 16, 16, 3))
    images[:, 2:8, 2:14] += random.uniform(0.3, 0.5, (rows, 6, 12, 3)) * [1.8, 1.0, 0.4]
    return np.clip(images, 0, 1)


def pixels(random: Random, rows: int) -> Any:
    """The same, 0..255."""
    return np.round(shares(random, rows) * 255)


def signed(random: Random, rows: int) -> Any:
    """The same, -1..1."""
    return pixels(random, rows) / 127.5 - 1


def words(random: Random, rows: int) -> Any:
    """Numbers of words, padded in front."""
    values = random.integers(1, 900, (rows, 30))
    for row, length in zip(values, random.integers(5, 28, rows), strict=True):
        row[: 30 - length] = 0
    return values


def turn(rows: Any) -> Any:
    """Pad at the other end."""
    return np.stack([np.concatenate([row[row > 0], row[row == 0]]) for row in rows])


MAKERS = {
    "table": table,
    "scaled": scaled,
    "hours": hours,
    "scaled hours": scaled_hours,
    "shares": shares,
    "pixels": pixels,
    "words": words,
}
Make, Spoil = Callable[[Random, int], Any], Callable[[Any], Any]
CHANGES: list[tuple[str, Make, Spoil]] = [
    ("features-not-scaled", scaled, lambda x: x * [8, 9, 15, 2, 1] + [20, 1013, 55, 3, -4]),
    (
        "features-not-scaled",
        scaled_hours,
        lambda x: x * [8, 9, 15, 2, 1] + [20, 1013, 55, 3, -4],
    ),
    ("scaler-refitted", scaled_hours, lambda x: (x - x.mean((0, 1))) / x.std((0, 1))),
    ("inputs-far-from-training", hours, lambda x: x + np.float64([0, 0, 0, 0, 900])),
    ("scaler-refitted", scaled, lambda x: (x - x.mean(0)) / x.std(0)),
    ("scaler-refitted", table, lambda x: (x - x.mean(0)) / x.std(0)),
    ("columns-in-another-order", table, lambda x: x[:, [1, 0, 2, 3, 4]]),
    ("columns-in-another-order", table, lambda x: x[:, [4, 2, 0, 1, 3]]),
    ("column-in-another-unit", table, lambda x: x * [1, 100, 1, 1, 1]),
    ("inputs-far-from-training", table, lambda x: x + np.float64([0, 0, 0, 0, 900])),
    ("inputs-of-another-shape", table, lambda x: x[:, :4]),
    ("inputs-of-another-shape", shares, lambda x: x[..., :1]),
    ("inputs-of-another-shape", shares, lambda x: x[0]),
    ("one-missing-cell", table, lambda x: np.where(np.eye(*x.shape) == 1, np.nan, x)),
    ("batch-never-filled", shares, lambda x: x * 0),
    ("missing-rescale-255", shares, lambda x: x * 255),
    ("double-rescale", pixels, lambda x: x / 255),
    ("preprocess-input-wrong-module", pixels, lambda x: x / 127.5 - 1),
    ("preprocess-input-wrong-module", signed, lambda x: (x + 1) / 2),
    ("uint8-truncation", shares, lambda x: x.astype("uint8")),
    ("uint8-truncation", table, np.trunc),
    ("dark-ink-on-white-paper", shares, lambda x: 1 - x),
    ("dark-ink-on-white-paper", pixels, lambda x: 255 - x),
    ("bgr-instead-of-rgb", shares, lambda x: x[..., ::-1]),
    ("bgr-instead-of-rgb", pixels, lambda x: x[..., ::-1]),
    ("input-axes-exchanged", shares, lambda x: x.transpose(0, 2, 1, 3)),
    ("input-axes-exchanged", shares, lambda x: x.transpose(0, 3, 1, 2)),
    ("padding-on-the-other-side", words, turn),
]


@pytest.mark.parametrize("case", CHANGES, ids=lambda case: f"{case[0]}-{case[1].__name__}")
@pytest.mark.parametrize("seed", range(3))
def test_what_happened_to_the_inputs_is_named_first(case: Any, seed: int) -> None:
    cause, make, spoil = case
    random = np.random.default_rng(seed)
    training, now = make(random, 300), spoil(make(random, 40))
    if cause == "uint8-truncation" and make is shares:
        now = (make(random, 40) * 1.9).astype("uint8")  # not every pixel is 0
    found = compare_inputs(training, now)
    assert [each.cause for each in found][:1] == [cause]
    assert any(char.isdigit() for char in found[0].evidence)


def test_every_cause_of_a_sample_alone_is_named_in_a_test() -> None:
    of_the_scaler = {"scaled-twice"}  # tests/unit/test_scaler.py
    assert {each.id for each in TRAINING_CAUSES} <= {case[0] for case in CHANGES} | of_the_scaler


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(MAKERS)),
    st.integers(0, 10_000),
    st.integers(1, 60),
    st.integers(50, 400),
)
def test_new_rows_alone_are_no_finding(kind: str, seed: int, now: int, before: int) -> None:
    random = np.random.default_rng(seed)
    make = MAKERS[kind]
    assert compare_inputs(make(random, before), make(random, now)) == []


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.floats(-0.5, 0.5), st.floats(0.7, 1.4))
def test_a_season_of_its_own_is_no_finding(seed: int, shift: float, spread: float) -> None:
    random = np.random.default_rng(seed)
    training = table(random, 400)
    now = (table(random, 30) - training.mean(0)) * spread
    assert compare_inputs(training, now + training.mean(0) + shift * training.std(0)) == []


@pytest.mark.parametrize("seed", range(5))
def test_all_rows_beside_the_first_of_them_are_no_finding(seed: int) -> None:
    whole = table(np.random.default_rng(seed), 1000)
    whole = (whole - whole.mean(0)) / whole.std(0)
    assert compare_inputs(whole[:200], whole) == []


def make_series(random: Random) -> tuple[Any, Any]:
    """Days of 24 hours of 0..30, and five quiet nights."""
    return random.uniform(0, 30, (500, 24, 1)), random.uniform(0, 0.8, (5, 24, 1))


def make_trend(random: Random) -> tuple[Any, Any]:
    """Windows of a rising series of -1..1, and the last of them."""
    rising = np.linspace(-1, 1, 500)[:, None, None] + random.uniform(-0.01, 0.01, (500, 24, 1))
    windows = np.clip(rising, -1, 1)
    return windows, windows[-100:]


def make_bright(random: Random) -> tuple[Any, Any]:
    """Images of -1..1, as bytes give them, and four bright ones."""
    return random.integers(0, 256, (60, 16, 16, 3)) / 127.5 - 1, bright(random) / 127.5 - 1


def make_resized(random: Random) -> tuple[Any, Any]:
    """Images of -1..1 off the grid, and four bright ones."""
    return random.uniform(-1, 1, (60, 16, 16, 3)), random.uniform(0.02, 1, (4, 16, 16, 3))


def make_rain(random: Random) -> tuple[Any, Any]:
    """Maps of 0..100 mm of rain, and twelve dry days."""
    wet = random.uniform(0, 100, (60, 16, 16, 1)) * (random.random((60, 16, 16, 1)) < 0.5)
    dry = random.uniform(0, 0.15, (12, 16, 16, 1)) * (random.random((12, 16, 16, 1)) < 0.5)
    return wet, dry


def bright(random: Random) -> Any:
    """Four images of bytes, none of them dark."""
    return random.integers(131, 256, (4, 16, 16, 3))


@pytest.mark.parametrize("make", [make_series, make_trend, make_bright, make_resized, make_rain])
def test_quiet_or_bright_rows_are_not_taken_for_pixels_divided_by_255(make: Any) -> None:
    for seed in range(5):
        before, now = make(np.random.default_rng(seed))
        assert compare_inputs(before, now) == []


def test_a_cure_by_the_column_order_gives_the_training_columns_back() -> None:
    random = np.random.default_rng(0)
    training, right = table(random, 300), table(random, 40)
    (found,) = compare_inputs(training, right[:, [4, 2, 0, 1, 3]])
    order = json.loads(found.fix.partition("[:, ")[2][:-2])
    assert (right[:, [4, 2, 0, 1, 3]][:, order] == right).all()


@pytest.mark.parametrize(
    "odd", [np.zeros((0, 3)), np.float64(3), np.array(["a"]), np.zeros((3, 0))]
)
def test_what_cannot_be_compared_is_no_finding(odd: Any) -> None:
    assert compare_inputs(np.ones((5, 3)), odd) == []
    assert compare_inputs(odd, np.ones((5, 3))) == []


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.lists(st.floats(width=32), min_size=3, max_size=3), min_size=1, max_size=9),
    st.lists(st.lists(st.floats(width=32), min_size=3, max_size=3), min_size=1, max_size=9),
)
def test_odd_numbers_raise_nothing_and_warn_of_nothing(before: Any, now: Any) -> None:
    for shape in ((-1, 3), (-1, 3, 1), (-1, 1, 1, 3)):
        one, other = (np.array(each, "float64").reshape(shape) for each in (before, now))
        for each in compare_inputs(one, other):
            assert 0 < each.confidence <= 1


COLUMNS: list[Callable[[Random, int], Any]] = [
    lambda random, rows: random.integers(0, 2, rows),
    lambda random, rows: random.integers(18, 90, rows),
    lambda random, rows: random.lognormal(8, 1.5, rows),
    lambda random, rows: random.exponential(3, rows),
    lambda random, rows: random.normal(50, 5, rows),
    lambda random, rows: (random.random(rows) < 0.02) * random.lognormal(5, 1, rows),
    lambda random, rows: random.integers(3, 4, rows),
    lambda random, rows: random.uniform(-1, 1, rows),
    lambda random, rows: random.integers(2015, 2026, rows),
]


def test_of_tables_with_skewed_rare_and_constant_columns_less_than_one_in_a_hundred_alarms() -> (
    None
):
    alarms = 0
    for seed in range(400):
        random = np.random.default_rng(seed)
        kinds = random.integers(0, len(COLUMNS), random.integers(1, 9))
        before, now = (
            np.stack([COLUMNS[kind](random, rows) for kind in kinds], axis=1).astype(float)
            for rows in (int(random.integers(50, 600)), int(random.choice([1, 2, 5, 10, 200])))
        )
        alarms += bool(compare_inputs(before, now))
    assert alarms <= 4
