"""The statistics of one prediction: harness/verdicts/statistics.py."""

import json

import msgspec
import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from harness.verdicts.statistics import (
    agree_on_top,
    as_columns,
    average_ranks,
    column_scales,
    compare_weights,
    compute_statistics,
    correlate,
    describe_array,
    tolerance_per_column,
)
from tests.unit.test_judge import any_arrays, pairs_of_one_shape

FINITE = {"allow_nan": False, "allow_infinity": False}
ANY_FINITE = hnp.arrays("float64", st.integers(1, 30), elements=st.floats(**FINITE))
COARSE = st.integers(-1000, 1000).map(lambda whole: whole / 8)  # with ties


@st.composite
def coarse_pairs(draw):
    """Two flat arrays that both vary, well conditioned and with ties."""
    size = draw(st.integers(2, 30))
    pair = [draw(hnp.arrays("float64", size, elements=COARSE)) for _ in range(2)]
    assume(all(np.ptp(array) > 0 for array in pair))
    return pair


@given(pairs_of_one_shape())
def test_statistics_of_one_shape_are_json_without_nan(pair):
    json.dumps(msgspec.to_builtins(compute_statistics(*pair)), allow_nan=False)


@given(any_arrays(), any_arrays())
def test_statistics_across_shapes_are_json_without_nan(values, reference):
    computed = compute_statistics(values, reference)
    json.dumps(msgspec.to_builtins(computed), allow_nan=False)
    if values.shape != reference.shape:
        assert computed.max_absolute_error is None
        assert computed.correlation is None


@given(any_arrays(("float16", "float32", "float64")))
def test_counts_add_up(values):
    described = describe_array(values, 0.0)
    assert described.count == values.size
    assert described.nan_count == int(np.isnan(values).sum())
    assert described.inf_count == int(np.isinf(values).sum())
    assert 0 <= described.exact_zeros == described.near_zeros <= 1


@given(ANY_FINITE)
def test_quantiles_are_ordered_and_within_the_range(values):
    described = describe_array(values, 0.0)
    quantiles = list(described.quantiles.values())
    assert quantiles == sorted(quantiles)
    assert described.minimum <= quantiles[0]
    assert quantiles[-1] <= described.maximum
    assert described.minimum <= described.mean <= described.maximum
    assert described.standard_deviation >= 0


@given(hnp.arrays("float64", st.integers(1, 30), elements=COARSE))
def test_moments_and_quantiles_are_those_of_numpy(values):
    described = describe_array(values, 0.0)
    assert described.mean == pytest.approx(values.mean(), abs=1e-9)
    assert described.standard_deviation == pytest.approx(values.std(), abs=1e-9)
    assert described.quantiles["0.05"] == pytest.approx(np.quantile(values, 0.05), abs=1e-9)


def test_moments_of_huge_and_of_tiny_numbers_neither_overflow_nor_vanish():
    huge = describe_array(np.array([1.7e308, -1.7e308, 1.7e308, -1.7e308]), 0.0)
    assert (huge.mean, huge.standard_deviation) == (0.0, 1.7e308)
    tiny = describe_array(np.array([1e-200, -1e-200]), 0.0)
    assert tiny.standard_deviation == pytest.approx(1e-200)


def test_moments_are_those_of_the_finite_values():
    described = describe_array(np.array([1.0, 3.0, np.nan, np.inf]), 0.0)
    assert (described.mean, described.minimum, described.maximum) == (2.0, 1.0, 3.0)
    assert describe_array(np.array([np.nan]), 0.0).mean is None


@given(coarse_pairs())
def test_correlation_is_that_of_numpy(pair):
    assert correlate(*pair) == pytest.approx(np.corrcoef(*pair)[0, 1], abs=1e-9)


@given(coarse_pairs())
def test_rank_correlation_is_that_of_scipy(pair):
    found = correlate(*map(average_ranks, pair))
    assert found == pytest.approx(scipy.stats.spearmanr(*pair).statistic, abs=1e-9)


@given(hnp.arrays("float64", st.integers(1, 30), elements=COARSE))
def test_ranks_are_those_of_scipy(values):
    assert average_ranks(values).tolist() == scipy.stats.rankdata(values).tolist()


@given(ANY_FINITE, st.data())
def test_correlation_is_within_its_bounds_or_unknown(one, data):
    other = data.draw(hnp.arrays("float64", one.shape, elements=st.floats(**FINITE)))
    found = correlate(one, other)
    assert (found is None) == (one.min() == one.max() or other.min() == other.max())
    assert found is None or -1 <= found <= 1


def test_what_does_not_vary_has_no_correlation_even_where_its_mean_rounds():
    assert correlate(np.full(3, 0.1), np.array([1.0, 2.0, 3.5])) is None


@given(any_arrays())
def test_columns_keep_every_value(values):
    columns = as_columns(values)
    assert columns.ndim == 2
    assert len(columns) == len(values)
    assert columns.size == values.size


def test_a_scalar_is_one_row():
    assert as_columns(np.float32(3)).tolist() == [[3.0]]


def test_a_column_is_scaled_by_its_own_spread():
    reference = np.array([[0.0, 1e9], [4.0, 3e9]])
    assert column_scales(reference).tolist() == [4.0, 2e9]


def test_a_column_that_hardly_varies_is_scaled_by_its_magnitude():
    reference = np.array([[5.0, 1e9], [5.0 + 1e-9, 3e9]])
    assert column_scales(reference).tolist() == [5.0 + 1e-9, 2e9]


def test_a_column_of_zeros_is_scaled_by_a_millionth_of_the_largest():
    assert column_scales(np.array([[0.0, 1.0], [0.0, 3.0]])).tolist() == [3e-6, 2.0]


@given(any_arrays())
def test_scales_are_positive_and_finite(reference):
    scales = column_scales(reference)
    assert np.isfinite(scales).all()
    assert (scales > 0).all()


@given(any_arrays())
def test_tolerances_are_finite_and_zero_for_integers_alone(reference):
    tolerance = tolerance_per_column(reference)
    assert np.isfinite(tolerance).all()
    assert (tolerance > 0).all() if reference.dtype.kind == "f" else (tolerance == 0).all()


def test_errors_are_measured_absolutely_and_over_their_own_column():
    reference = np.array([[0.0, 0.0], [1000.0, 2.0]])
    values = np.array([[5.0, 0.0], [1000.0, 3.0]])
    computed = compute_statistics(values, reference)
    assert computed.max_absolute_error == 5.0
    assert computed.max_relative_error == 0.5


def test_near_zeros_are_measured_against_the_reference():
    computed = compute_statistics(np.array([1e-5, 1.0]), np.array([100.0, 1.0]))
    assert (computed.exact_zeros, computed.near_zeros) == (0.0, 0.5)


def test_classes_agree_by_the_largest_of_several_columns():
    reference = np.array([[0.9, 0.1], [0.2, 0.8]], "float32")
    assert agree_on_top(reference, reference) == 1.0
    assert agree_on_top(np.array([[0.6, 0.4], [0.6, 0.4]], "float32"), reference) == 0.5


def test_classes_agree_by_a_threshold_on_one_column():
    reference = np.array([[0.9], [0.2]], "float32")
    assert agree_on_top(np.array([[0.6], [0.7]], "float32"), reference) == 0.5


@pytest.mark.parametrize(
    "reference",
    [
        np.array([[0.5, 3.0], [1.0, 2.0]]),  # beyond 1
        np.array([[0.5, 0.1], [0.1, 0.1]]),  # rows do not sum to 1
        np.array([[0], [1]]),  # integers
        np.array([[-0.1], [0.9]]),
    ],
)
def test_what_is_no_classifier_has_no_agreement(reference):
    assert agree_on_top(reference, reference) is None


@pytest.mark.parametrize(
    ("restored", "saved", "said"),
    [
        ([], [np.ones(2)], None),
        ([np.ones(2)], [], None),
        ([np.ones(2)], [np.ones(2)], "equal"),
        ([np.array([np.nan])], [np.array([np.nan])], "equal"),
        ([np.ones(2)], [np.zeros(2)], "changed"),
        ([np.ones(2)], [np.ones(3)], "incomparable"),
        ([np.ones(2)], [np.ones(2), np.ones(2)], "incomparable"),
        ([np.array(["a"])], [np.array(["a"])], "equal"),
    ],
)
def test_weights_are_compared_one_by_one(restored, saved, said):
    assert compare_weights(restored, saved) == said
