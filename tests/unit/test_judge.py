"""Verdicts and judgements: harness/verdicts/judge.py."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from harness.results.judgement import judge_outcomes
from harness.verdicts.agreement import compare_statistics, measure_difference
from harness.verdicts.judge import (
    find_verdict,
    is_constant,
    judge,
    refuse_reference,
)
from harness.verdicts.names import VERDICTS
from harness.verdicts.statistics import compute_statistics
from tests.unit.builders import make_outcome

DTYPES = ("float16", "float32", "float64", "int8", "int64", "uint64", "bool")
FLOATS = ("float16", "float32", "float64")
SHAPES = hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=5)
DEVICES = st.sampled_from(("CPU:0", "GPU:0"))
VERDICT_OF_ARRAYS = {"shape", "nan", "match", "zeros", "constant", "differs"}


def any_arrays(dtypes=DTYPES, shapes=SHAPES):
    return st.sampled_from(dtypes).flatmap(lambda dtype: hnp.arrays(dtype, shapes))


@st.composite
def pairs_of_one_shape(draw):
    shape = draw(SHAPES)
    return draw(any_arrays(shapes=st.just(shape))), draw(any_arrays(shapes=st.just(shape)))


@st.composite
def references(draw, columns=4):
    """Float32 references that can prove something, far from the smallest and largest numbers."""
    shape = (draw(st.integers(2, 6)), draw(st.integers(1, columns)))
    numbers = st.integers(-(2**12), 2**12).map(lambda whole: whole / 64)
    reference = draw(hnp.arrays("float32", shape, elements=numbers))
    assume(refuse_reference(reference) is None)
    return reference


@st.composite
def restored_pairs(draw):
    """A reference and something that may have become of it, near and far."""
    reference = draw(references())
    factor = draw(st.sampled_from((1.0, 1.0 + 1e-6, 1.0 + 1e-3, 0.5, 1e-7, 0.0)))
    chosen = draw(hnp.arrays("bool", reference.shape))
    return (reference * np.where(chosen, np.float32(factor), np.float32(1))), reference


@given(pairs_of_one_shape(), DEVICES)
def test_any_two_arrays_of_one_shape_get_a_verdict(pair, device):
    verdict = find_verdict(*pair, device)
    assert verdict in VERDICT_OF_ARRAYS - {"shape"}
    assert verdict in VERDICTS


@given(any_arrays(), any_arrays())
def test_shape_outranks_every_other_verdict(values, reference):
    assert (find_verdict(values, reference) == "shape") == (values.shape != reference.shape)


@given(any_arrays(), DEVICES)
def test_identical_arrays_match(values, device):
    assert find_verdict(values.copy(), values, device) == "match"


@given(any_arrays(FLOATS), st.data())
def test_noise_of_a_few_units_in_the_last_place_matches(reference, data):
    assume(np.isfinite(reference).all())
    units = data.draw(hnp.arrays("int8", reference.shape, elements=st.integers(-4, 4)))
    with np.errstate(over="ignore", invalid="ignore"):
        noisy = reference + (units * np.spacing(reference)).astype(reference.dtype)
    assume(np.isfinite(noisy).all())
    assert find_verdict(noisy, reference) == "match"


@given(references(), DEVICES)
def test_all_zeros_is_zeros_and_not_constant_or_match(reference, device):
    assert find_verdict(np.zeros_like(reference), reference, device) == "zeros"


@given(restored_pairs(), st.integers(-40, 40), DEVICES)
def test_one_scale_for_both_keeps_the_verdict(pair, exponent, device):
    scaled = [np.ldexp(array, exponent) for array in pair]
    assert find_verdict(*scaled, device) == find_verdict(*pair, device)


@given(restored_pairs(), st.data())
def test_the_units_of_a_column_do_not_decide_whether_it_matches(pair, data):
    restored, reference = pair
    assume(reference.any(axis=0).all())
    columns = reference.shape[1]
    exponents = data.draw(hnp.arrays("int32", columns, elements=st.integers(-30, 30)))
    scaled = find_verdict(np.ldexp(restored, exponents), np.ldexp(reference, exponents))
    assert (scaled == "match") == (find_verdict(restored, reference) == "match")


@given(pairs_of_one_shape(), st.randoms())
def test_the_order_of_rows_does_not_matter(pair, random):
    values, reference = pair
    order = list(range(len(values)))
    random.shuffle(order)
    assert find_verdict(values[order], reference[order]) == find_verdict(values, reference)


@given(references(), st.sampled_from((np.nan, np.inf, -np.inf)), st.booleans(), st.data())
def test_one_number_that_is_not_finite_outranks_all_but_shape(reference, value, zeros, data):
    restored = np.zeros_like(reference) if zeros else reference.copy()
    restored.flat[data.draw(st.integers(0, reference.size - 1))] = value
    assert find_verdict(restored, reference) == "nan"
    assert find_verdict(restored[:-1], reference) == "shape"


def test_nan_where_the_reference_has_none_to_compare_is_not_held_against_a_restore():
    reference = np.array([[1.0], [np.nan], [np.inf]])
    assert find_verdict(np.array([[1.0], [5.0], [np.nan]]), reference) == "match"


@given(references(), st.floats(100, 1000, width=32))
def test_equal_rows_are_constant(reference, value):
    assert find_verdict(np.full_like(reference, value), reference) == "constant"


def test_rows_that_vary_within_rounding_are_constant():
    reference = np.array([[0.1], [0.9], [0.4]], "float32")
    assert find_verdict(np.array([[5.0], [5.0000005], [5.0]], "float32"), reference) == "constant"


def test_other_numbers_differ():
    reference = np.array([[1.0], [2.0], [3.0]], "float32")
    assert find_verdict(reference * 2, reference) == "differs"


def test_a_wrong_column_beside_a_huge_one_differs():
    reference = np.array([[1e7, 0.1], [2e7, 0.9]], "float32")
    assert find_verdict(np.array([[1e7, 0.9], [2e7, 0.1]], "float32"), reference) == "differs"


def test_a_spread_that_overflows_hides_no_error():
    reference = np.array([1.5e308, -1.5e308])
    assert find_verdict(np.array([-1.5e308, 1.5e308]), reference) == "differs"


def test_values_a_millionth_of_the_reference_count_as_zeros():
    reference = np.array([[0.0], [100.0]], "float32")
    assert find_verdict(np.array([[9e-5], [-9e-5]], "float32"), reference) == "zeros"
    assert find_verdict(np.array([[3e-4], [-3e-4]], "float32"), reference) == "differs"


def test_numbers_that_a_kernel_flushes_to_zero_do_not_decide():
    reference = np.array([[0.5, 1e-39], [0.7, 2e-39]], "float32")
    flushed = np.array([[0.5, 0.0], [0.7, 0.0]], "float32")
    assert find_verdict(flushed, reference) == "match"


def test_a_gpu_may_round_ten_times_as_far_as_a_cpu():
    reference = np.array([[0.0], [1.0]], "float32")
    near = reference + np.float32(5e-4)
    assert find_verdict(near, reference, "CPU:0") == "differs"
    assert find_verdict(near, reference, "GPU:0") == "match"


def test_half_precision_may_round_further():
    reference = np.array([[0.0], [1.0]])
    near = reference + 7e-3
    assert find_verdict(near.astype("float16"), reference.astype("float16")) == "match"
    assert find_verdict(near.astype("float32"), reference.astype("float32")) == "differs"


def test_integers_must_agree_exactly_beyond_what_a_float_can_tell():
    reference = np.array([2**53, 0])
    assert find_verdict(reference + np.array([1, 0]), reference) == "differs"
    assert find_verdict(np.array([1, 2, 3]), np.array([1, 2, 4])) == "differs"


def test_text_labels_match_or_differ():
    labels = np.array(["cat", "dog"])
    assert find_verdict(labels.copy(), labels) == "match"
    assert find_verdict(labels[::-1], labels) == "differs"
    assert find_verdict(np.array([0.0, 1.0]), labels) == "differs"


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ([[1.0]], "has 1 row;"),
        (np.zeros((0, 3)), "has 0 rows"),
        (np.float32(1.0), "has 1 row;"),
        ([1.0, np.nan], "NaN or infinity"),
        ([1.0, np.inf], "NaN or infinity"),
        ([0.0, 0.0], "all zero"),
        ([[3.0, 4.0], [3.0, 4.0]], "constant"),
        ([1.0, 1.0 + 1e-9], "constant"),
        ([1e308, 1e308], "constant"),
        ([False, False], "all zero"),
    ],
)
def test_a_reference_that_proves_nothing_is_refused(reference, words):
    assert words in (refuse_reference(np.array(reference)) or "")


def test_only_constancy_can_be_allowed():
    assert refuse_reference(np.zeros((2, 1)), allow_constant=True) is None
    assert refuse_reference(np.ones((2, 1)), allow_constant=True) is None
    assert "NaN" in (refuse_reference(np.array([1.0, np.nan]), allow_constant=True) or "")
    assert "1 row;" in (refuse_reference(np.ones((1, 1)), allow_constant=True) or "")


@given(any_arrays())
def test_any_array_can_be_a_reference_or_is_refused_in_words(reference):
    refused = refuse_reference(reference)
    assert refused is None or refused.startswith("the reference ")


def test_labels_can_be_a_reference():
    assert refuse_reference(np.array(["cat", "cat"])) is None


@pytest.mark.parametrize(
    ("verdicts", "rate", "default_seed_only", "judgement"),
    [
        (["zeros"], (1.0, 1.0), True, "expected"),
        (["differs"], (1.0, 1.0), True, "changed"),
        (["zeros"] * 20, (1.0, 1.0), False, "expected"),
        (["zeros"] * 19 + ["differs"], (1.0, 1.0), False, "changed"),
        # on the lesson's own seed the failure must come, however rare it is elsewhere
        (["zeros"], (0.1, 0.2), True, "expected"),
        (["differs"], (0.1, 0.2), True, "changed"),
        # with a rate, the measured interval must meet the declared one
        (["zeros"] * 10 + ["differs"] * 10, (0.4, 0.6), False, "expected"),
        (["zeros"] * 20, (0.4, 0.6), False, "changed"),
        (["differs"] * 20, (0.4, 0.6), False, "changed"),
        (["zeros"] * 14 + ["differs"] * 6, (0.9, 1.0), False, "changed"),
        (["differs"], (0.4, 0.6), False, "expected"),  # one seed excludes little
    ],
)
def test_judgement(verdicts, rate, default_seed_only, judgement):
    hits = [verdict == "zeros" for verdict in verdicts]
    assert judge(hits, rate, default_seed_only) == judgement


@pytest.mark.parametrize(
    ("error", "judgement"),
    [
        ({"type": "ValueError", "message": "of the path's own"}, "expected"),
        ({"type": "ValueError", "message": "in save", "step": "save"}, "changed"),
        ({"type": "ProvenanceRefused", "message": "a file is missing"}, "changed"),
        ({"type": "ReferenceRefused", "message": "the reference is zero"}, "changed"),
    ],
)
def test_an_error_is_as_declared_only_by_the_paths_own_doing(error, judgement):
    outcome = make_outcome(verdict="error", expected="error", error=error, statistics=None)
    judge_outcomes([outcome])
    assert outcome.judgement == judgement


def test_columns_of_other_units_are_not_called_constant_beside_a_large_one():
    values = np.array([[1e9, number] for number in range(10)])
    assert not is_constant(values)


def test_a_saturated_softmax_is_constant_whatever_its_last_digits():
    values = np.array([[1.0, 1e-20], [1.0, 3e-25], [1.0, 0.0]], dtype="float32")
    assert is_constant(values)


def test_all_seeds_of_a_path_are_judged_together_and_devices_apart():
    rate = {"declared_rate": [0.4, 0.6], "judgement": None}
    cpu = [
        make_outcome(seed=seed, default_seed=seed == 7, **rate, verdict=verdict)
        for seed, verdict in enumerate(["zeros", "differs"] * 10)
    ]
    gpu = [
        make_outcome(seed=seed, default_seed=False, device="GPU:0", **rate) for seed in range(20)
    ]
    judge_outcomes(cpu + gpu)
    assert {outcome.judgement for outcome in cpu} == {"expected"}
    assert {outcome.judgement for outcome in gpu} == {"changed"}


def test_a_lone_other_seed_is_judged_by_rate_and_a_lone_default_seed_by_verdict():
    other = make_outcome(verdict="differs", declared_rate=[0.4, 0.6], default_seed=False)
    own = make_outcome(verdict="differs", declared_rate=[0.4, 0.6])
    for outcome in (other, own):
        judge_outcomes([outcome])
    assert (other.judgement, own.judgement) == ("expected", "changed")


def test_one_unit_of_bfloat16_is_rounding_and_more_than_a_few_are_not():
    reference = np.float32([[1.0], [2.0], [3.0]])
    unit = np.float32(1 + 2**-7)
    assert find_verdict(reference * unit, reference, dtype="bfloat16") == "match"
    assert find_verdict(reference * unit, reference) == "differs"
    assert find_verdict(reference * np.float32(1.1), reference, dtype="bfloat16") == "differs"
    assert find_verdict(reference * 0, reference, dtype="bfloat16") == "zeros"


def test_two_releases_that_differ_by_one_unit_of_bfloat16_agree():
    one = np.float32([[1.0], [2.0], [3.0]])
    other = one * np.float32(1 + 2**-7)
    assert measure_difference(one, other, dtypes=("bfloat16", "bfloat16")) == ""
    assert measure_difference(one, other) != ""
    described = [compute_statistics(each, one, dtypes=("bfloat16",) * 2) for each in (one, other)]
    assert [each.dtype for each in described] == ["bfloat16", "bfloat16"]
    assert compare_statistics(*described) == ""
    plain = [compute_statistics(each, one) for each in (one, other)]
    assert compare_statistics(*plain) != ""
