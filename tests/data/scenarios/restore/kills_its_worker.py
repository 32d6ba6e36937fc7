"""A restore step kills the process that started it.

Symptom:
    The worker is gone.
Cause:
    Signal 9 to the parent.
Fix:
    The fixed path does without.
Spot it:
    Run the test-suite.
Evidence:
    tests/workers.
"""
import os
import signal
import time

import numpy as np

SCENARIO = {
    "id": "kills-its-worker", "family": "restore",
    "tensorflow": ">=1.15",
    "expect": {"restore_broken": "crash", "restore_fixed_without_fault": "match"},
    "minutes": 1,
    "hints": ["A fault.", "In a step.", "On purpose."],
}


def save(artifact, seed):
    inputs = np.random.RandomState(seed).normal(size=(32, 4)).astype("float32")
    weights = np.arange(8, dtype="float32").reshape(4, 2)
    np.save(artifact + "/weights.npy", weights)
    return inputs, inputs @ weights


def restore_broken(artifact):
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)


def restore_fixed_without_fault(artifact):
    weights = np.load(artifact + "/weights.npy")
    return lambda inputs: inputs @ weights
