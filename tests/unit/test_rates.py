"""Intervals of rates: harness/verdicts/rates.py."""

import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from harness.verdicts.rates import wilson_interval


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_that_of_scipy(counted):
    wanted = scipy.stats.binomtest(*counted).proportion_ci(method="wilson")
    assert wilson_interval(*counted) == pytest.approx((wanted.low, wanted.high), abs=1e-12)


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_measured_share(counted):
    hits, trials = counted
    low, high = wilson_interval(hits, trials)
    assert 0 <= low <= hits / trials <= high <= 1


def test_without_trials_nothing_is_known():
    assert wilson_interval(0, 0) == (0.0, 1.0)
