"""Which core is timed, and which stay off it: harness/execution/cores.py."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.execution import cores
from harness.execution.cores import find_siblings, keeping_off, set_apart, share_cores

CORES = st.sets(st.integers(0, 63), min_size=1).map(sorted)


def pairs(core):
    """Cores 0 and 1 share one physical core, 2 and 3 the next."""
    return {core - core % 2, core - core % 2 + 1}


def halves(core):
    """Cores 0 and 32 share one physical core, as on many servers."""
    return {core % 32, core % 32 + 32}


@pytest.mark.parametrize("read_siblings", [pairs, halves, lambda _: set()])
@given(found=CORES)
def test_nothing_trains_on_the_physical_core_that_is_timed_where_there_is_another(
    read_siblings, found
):
    timed, others = set_apart(found, read_siblings)
    assert timed in found
    assert others
    assert set(others) <= set(found)
    elsewhere = set(found) - read_siblings(timed) - {timed}
    if elsewhere:
        assert set(others) == elsewhere
    elif len(found) > 1:
        assert timed not in others


@pytest.mark.parametrize(
    ("listed", "siblings"), [("3\n", {3}), ("2-3\n", {2, 3}), ("3,35\n", {3, 35}), ("?\n", set())]
)
def test_siblings_are_read_as_linux_lists_them(monkeypatch, listed, siblings):
    monkeypatch.setattr(Path, "read_text", lambda _: listed)
    assert find_siblings(3) == siblings


def test_a_container_that_shows_no_siblings_has_none():
    assert find_siblings(10**6) == set()


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="needs Linux")
def test_the_harness_itself_keeps_off_the_timed_core(monkeypatch):
    pinned = []
    monkeypatch.setattr(cores, "pin_threads", pinned.append)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3})
    monkeypatch.setattr(cores, "find_siblings", pairs)
    shares = share_cores(timing=True)
    assert (shares.save, shares.timed, shares.width) == ([0, 1], [3], 2)
    with keeping_off(timing=True):
        assert pinned == [shares.save]
    assert pinned[-1] == [0, 1, 2, 3]
