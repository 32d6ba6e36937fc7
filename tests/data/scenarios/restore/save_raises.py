"""A save step raises an exception.

Symptom:
    Nothing was saved.
Cause:
    A full stop.
Fix:
    The fixed path does without.
Spot it:
    Run the test-suite.
Evidence:
    tests/workers.
"""
import sys

import numpy as np

SCENARIO = {
    "id": "save-raises", "family": "restore",
    "tensorflow": ">=1.15",
    "expect": {"restore_broken": "error", "restore_fixed_without_fault": "match"},
    "saves": {"restore_broken": "save_raising"},
    "minutes": 1,
    "hints": ["A fault.", "In a step.", "On purpose."],
}


def save(artifact, seed):
    inputs = np.random.RandomState(seed).normal(size=(32, 4)).astype("float32")
    weights = np.arange(8, dtype="float32").reshape(4, 2)
    np.save(artifact + "/weights.npy", weights)
    return inputs, inputs @ weights


def save_raising(artifact, seed):
    sys.stdout.write("about to raise in save\n")
    raise RuntimeError("nothing was saved")


def restore_broken(artifact):
    return lambda inputs: inputs


def restore_fixed_without_fault(artifact):
    weights = np.load(artifact + "/weights.npy")
    return lambda inputs: inputs @ weights
