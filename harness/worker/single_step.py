"""Run one step in this process, TensorFlow imported for it alone: the spawn mode.

Used where forking is not safe (macOS, Windows, a GPU) and to check that forking changes nothing.
"""

import importlib
import json
import os
import signal
import sys
import threading

from .devices import list_devices
from .environment import describe_environment, import_tensorflow

# Steps on a model: each is the function of that name in the module of that name.
ON_A_MODEL = (
    *("restore_model", "rebuild_model", "prove_cure", "observe_model", "seal_model"),
    "write_models",
)


def carry_out(tf, step):
    """Run a step in this process, in a folder for its temporary files."""
    from .steps import keep_to_scratch, run_step

    keep_to_scratch(step["folder"])
    if step["kind"] in ON_A_MODEL:
        module = importlib.import_module("." + step["kind"], __package__)
        getattr(module, step["kind"])(tf, step)
    else:
        run_step(tf, step)


def die_with_harness():
    """End this process when the harness, which holds our standard input, has gone."""
    threading.Thread(target=lambda: (sys.stdin.read(), die()), daemon=True).start()


def die():
    """End this process and what it has started; the harness gave it a process group of its own."""
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def run_alone(path):
    """Run the step described by the JSON file `path`; write what `server` would have written."""
    with open(path, encoding="utf-8") as text:
        step = json.load(text)
    if step.get("cage"):
        from .cage import enter

        try:
            enter(step["cage"])  # now: later there are threads, and soon a stranger's file
        except Exception as error:
            print("%s: %s" % (type(error).__name__, error), file=sys.stderr)
            os._exit(72)
    die_with_harness()
    try:
        tf, seconds = import_tensorflow()
        from .steps import write_atomically  # numpy may be missing
    except BaseException as error:
        print("%s: %s" % (type(error).__name__, error), file=sys.stderr)
        os._exit(71)
    with open(os.path.join(step["folder"], "begun"), "wb"):
        pass  # from here on the harness counts time and memory
    if step["kind"] == "devices":
        answer = {
            "devices": list_devices(tf),
            "environment": describe_environment(tf),
            "import_seconds": seconds,
        }
        text = json.dumps(answer).encode("utf-8")
        write_atomically(
            os.path.join(step["folder"], "devices.json"), lambda part: part.write(text)
        )
    else:
        carry_out(tf, step)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # no teardown: TensorFlow's can hang, and there is nothing left to lose
