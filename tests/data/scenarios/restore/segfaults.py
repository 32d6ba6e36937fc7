"""A restore step dies of a segmentation fault.

Symptom:
    The process is gone.
Cause:
    Signal 11.
Fix:
    The fixed path does without.
Spot it:
    Run the test-suite.
Evidence:
    tests/workers.
"""
import ctypes
import sys

import numpy as np

SCENARIO = {
    "id": "segfaults", "family": "restore",
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
    sys.stderr.write("about to read address zero\n")
    sys.stderr.flush()
    return ctypes.string_at(0)


def restore_fixed_without_fault(artifact):
    weights = np.load(artifact + "/weights.npy")
    return lambda inputs: inputs @ weights
