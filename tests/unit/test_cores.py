"""Which cores time, and what keeps off them meanwhile: harness/execution/cores.py."""

import os
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.execution import cores
from harness.execution.cores import MOST_TIMED, Cores, find_siblings, keeping_off, set_apart

CORES = st.sets(st.integers(0, 63), min_size=1).map(sorted)
needs_linux = pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="needs Linux")


def pairs(core):
    """Cores 0 and 1 share one physical core, 2 and 3 the next."""
    return {core - core % 2, core - core % 2 + 1}


def halves(core):
    """Cores 0 and 32 share one physical core, as on many servers."""
    return {core % 32, core % 32 + 32}


@pytest.fixture
def machine_with(monkeypatch):
    """A function that lets this process have these cores, two to a physical core."""

    def have(*found):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(found), raising=False)
        monkeypatch.setattr(cores, "find_siblings", pairs)

    return have


@pytest.mark.parametrize("read_siblings", [pairs, halves, lambda _: set()])
@given(found=CORES)
def test_cores_that_time_share_no_arithmetic_with_each_other_nor_with_the_rest(
    read_siblings, found
):
    timed, others = set_apart(found, read_siblings)
    chosen = [core for (core,) in timed]
    assert set(chosen) | set(others or []) <= set(found)
    physical = {frozenset(read_siblings(core) | {core}) for core in found}
    assert len(chosen) == min(MOST_TIMED, len(physical))
    for core in chosen:
        siblings = read_siblings(core) | {core}
        assert siblings & set(chosen) == {core}
        assert not siblings & set(others or [])
    assert (others is None) == (len(physical) <= MOST_TIMED)


@pytest.mark.parametrize(
    ("listed", "siblings"), [("3\n", {3}), ("2-3\n", {2, 3}), ("3,35\n", {3, 35}), ("?\n", set())]
)
def test_siblings_are_read_as_linux_lists_them(monkeypatch, listed, siblings):
    monkeypatch.setattr(Path, "read_text", lambda _: listed)
    assert find_siblings(3) == siblings


def test_a_container_that_shows_no_siblings_has_none():
    assert find_siblings(10**6) == set()


@needs_linux
def test_the_harness_itself_keeps_off_the_timed_cores(monkeypatch, machine_with):
    pinned = []
    monkeypatch.setattr(cores, "pin_threads", pinned.append)
    machine_with(*range(6))
    shared_out = Cores(timing=True)
    assert (shared_out.others, shared_out.timed, shared_out.width) == ([0, 1], [[5], [3]], 2)
    with keeping_off(timing=True):
        assert pinned == [shared_out.others]
    assert pinned[-1] == [0, 1, 2, 3, 4, 5]


def test_a_timed_step_waits_until_a_core_is_free_and_an_untimed_one_does_not(machine_with):
    machine_with(*range(6))
    shared_out = Cores(timing=True)
    third = threading.Event()

    def hold_the_third():
        with shared_out.hold(timed=True):
            third.set()

    with ExitStack() as held:
        first = held.enter_context(shared_out.hold(timed=True))
        second = held.enter_context(shared_out.hold(timed=True))
        assert [first, second] == [[5], [3]]
        with shared_out.hold(timed=False) as untimed:
            assert untimed == [0, 1]
        waiting = threading.Thread(target=hold_the_third)
        waiting.start()
        assert not third.wait(0.1)
    assert third.wait(10)
    waiting.join()


@pytest.mark.parametrize("found", [[0], [0, 1], [0, 1, 2, 3]])
def test_on_few_cores_nothing_runs_beside_a_timed_step_on_its_core(machine_with, found):
    machine_with(*found)
    shared_out = Cores(timing=True)
    with ExitStack() as held:
        given = [held.enter_context(shared_out.hold(timed=False)) for _ in shared_out.timed]
        assert sorted(given) == sorted(shared_out.timed)
        assert shared_out.free.empty()
    assert not shared_out.free.empty()


def test_without_timing_every_step_may_use_every_core(machine_with):
    machine_with(*range(4))
    untimed = Cores(timing=False)
    assert untimed.width == 5
    with untimed.hold(timed=False) as given:
        assert given is None
