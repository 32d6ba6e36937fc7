"""Time calls of restored models in short blocks: one side of a pair that `bench` compares.

The harness sends one JSON object a line and gets one back. `bench CORE [priority]` keeps the
process on that core before TensorFlow is imported, so that TensorFlow's own default is one thread.
Requests:

    {"do": "open", ...}   prepare a workload: bench_workload.py
    {"do": "block", "calls": n, "core": c, "inject": {...} or null, "lead": n}
                          time n calls on core c, after `lead` calls that do not count; answer:
                          nanoseconds of each, CPU nanoseconds of all, how many predictions were
                          wrong
    {"do": "close"}       let go of the workload; answer: how much resident memory has grown

Clock: `time.perf_counter_ns` around each call, whose result is turned into numpy arrays inside:
that waits for a device. Garbage collection is off. What every timed call returned is compared with
the expected predictions after the block, outside of the time.
"""

import contextlib
import ctypes
import gc
import os
import signal
import sys
import time

from .cores import pin_threads
from .environment import describe_environment, import_tensorflow
from .server import PR_SET_PDEATHSIG, Channel


def serve_bench(core, priority):
    """Import TensorFlow on `core`, say what is here, then answer until the harness goes away.

    `priority`: the timed calls go before other programs, as far as the system allows that.
    """
    channel = Channel()
    if sys.platform == "linux":  # a hung call would outlive the harness
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    pin_threads([core])
    try:
        tf, seconds = import_tensorflow()
        from .bench_workload import describe_kernels

        if priority:
            raise_priority()
        answer = {"environment": describe_environment(tf), "import_seconds": seconds}
        answer["kernels"] = describe_kernels(tf)
    except BaseException as error:
        channel.send(error="%s: %s" % (type(error).__name__, error))
        os._exit(1)
    channel.send(**answer)
    gc.disable()
    answer_all(tf, channel, core)
    os._exit(0)  # no teardown: TensorFlow's can hang


def raise_priority():
    """Go before other programs, where the system allows that (root).

    After the import, which may wait, and before the first op: TensorFlow's threads inherit it.
    """
    try:
        os.setpriority(os.PRIO_PROCESS, 0, -20)
    except (AttributeError, OSError):
        pass


def answer_all(tf, channel, core):
    """Answer every request; an exception is an answer too."""
    from .bench_workload import open_workload, workload_once
    from .steps import describe_error, start_device

    workload, here, device = None, core, "CPU:0"
    while True:
        requests = channel.receive()
        if requests is None:
            return
        for request in requests:
            try:
                device = request.get("device", device)
                if request["do"] == "open":
                    start_device(tf, request)
                    with on_device(tf, device):
                        workload = open_workload(tf, request)
                    channel.send(**workload.opened)
                elif request["do"] == "close":
                    grown = workload.growth()
                    workload = None
                    tf.keras.backend.clear_session()
                    gc.collect()
                    channel.send(memory_growth_bytes=grown)
                else:
                    if request["core"] != here:
                        here = request["core"]
                        pin_threads([here])
                    with on_device(tf, device):
                        for _ in range(request["lead"]):
                            workload_once(workload)
                        answer = time_block(workload, request["calls"], request["inject"])
                    channel.send(**answer)
            except BaseException as error:
                channel.send(error=describe_error(error))


def on_device(tf, device):
    """Return the scope of a device; for the CPU none, as in a user's program."""
    return contextlib.nullcontext() if device == "CPU:0" else tf.device("/" + device)


def time_block(workload, calls, inject):
    """Time `calls` calls; return what the harness is told.

    What a side needs that is not timed (a model that is loaded anew for each first call) is made
    before each call. CPU time covers the calls alone.
    """
    slow_down = workload.make_injection(inject) if inject else None
    clock, cpu_clock, prepare = time.perf_counter_ns, time.process_time_ns, workload.prepare
    call, argument = workload.call, workload.argument
    times, results, cpu = [], [], 0
    if prepare is None:
        begun_cpu = cpu_clock()
        for _ in range(calls):
            begun = clock()
            results.append(call(argument))
            if slow_down is not None:
                slow_down()
            times.append(clock() - begun)
        cpu = cpu_clock() - begun_cpu
    else:
        for _ in range(calls):
            call = prepare()
            begun_cpu = cpu_clock()
            begun = clock()
            results.append(call(argument))
            if slow_down is not None:
                slow_down()
            times.append(clock() - begun)
            cpu += cpu_clock() - begun_cpu
    return {
        "times": times,
        "cpu_ns": cpu,
        "wrong": sum(not workload.is_right(result) for result in results),
    }
