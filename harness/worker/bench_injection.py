"""Slow a call down by a known time: what a comparison must find, or prove nothing.

Three kinds: `loop` looks at the clock until the time is over, `operation` repeats a small numpy
operation, `memory` copies bytes that no cache holds. Between two calls the latter two take longer
than in a loop of their own (7 to 9 % instead of 3 %), so they are calibrated between calls.
"""

import time

import numpy as np

SMALL = 64  # numbers of the small operation
LARGE = 32 << 20  # bytes, more than the caches of one core
TRIALS = 200
ROUNDS = 4  # of calibration
FEWEST, MOST, SECONDS = 5, 200, 0.1  # calls of a round, and its time


def make_injection(kind, nanoseconds, call):
    """Return a function that takes about so long after `call()`; calibrated here and now."""
    if kind == "loop":
        return make_loop(nanoseconds)
    make = {"operation": make_operation, "memory": make_memory}[kind]
    aim = nanoseconds
    for _ in range(ROUNDS):
        slow_down = make(aim)
        aim *= nanoseconds / measure_after(call, slow_down)
    return make(aim)


def measure_after(call, slow_down):
    """Return the median time of `slow_down`, in nanoseconds, each time after a call."""
    clock, taken = time.perf_counter_ns, []
    begun = clock()
    while len(taken) < FEWEST or (len(taken) < MOST and clock() - begun < SECONDS * 1e9):
        call()
        started = clock()
        slow_down()
        taken.append(clock() - started)
    return max(1, sorted(taken)[len(taken) // 2])


def make_loop(nanoseconds):
    """Return a function that looks at the clock until the time is over."""
    clock = time.perf_counter_ns

    def wait():
        end = clock() + nanoseconds
        while clock() < end:
            pass

    return wait


def make_operation(nanoseconds):
    """Return a function that repeats a small operation."""
    numbers = np.ones(SMALL)
    add = np.add

    def once():
        add(numbers, numbers, out=numbers)
        numbers[:1] = 1.0

    repeats = max(1, round(nanoseconds / measure(once)))

    def operate():
        for _ in range(repeats):
            once()

    return operate


def make_memory(nanoseconds):
    """Return a function that copies bytes, each time others."""
    source, target = np.ones(LARGE, np.uint8), np.zeros(LARGE, np.uint8)
    probe = 1 << 16
    place = [0]

    def copy(size):
        start = place[0] if place[0] + size <= LARGE else 0
        target[start : start + size] = source[start : start + size]
        place[0] = start + size

    fixed, dear = measure(lambda: copy(1)), measure(lambda: copy(probe))
    size = int(max(1, min(LARGE, (nanoseconds - fixed) / max(dear - fixed, 1) * probe)))
    return lambda: copy(size)


def measure(function):
    """Return the shortest time of a function, in nanoseconds."""
    clock, best = time.perf_counter_ns, float("inf")
    for _ in range(TRIALS):
        begun = clock()
        function()
        best = min(best, clock() - begun)
    return max(best, 1)
