"""A restore step raises SystemExit, as a script would.

Symptom:
    The script ends.
Cause:
    sys.exit
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
    "id": "calls-sys-exit", "family": "restore",
    "tensorflow": ">=1.15",
    "expect": {"restore_broken": "error", "restore_fixed_without_fault": "match"},
    "minutes": 1,
    "hints": ["A fault.", "In a step.", "On purpose."],
}


def save(artifact, seed):
    inputs = np.random.RandomState(seed).normal(size=(32, 4)).astype("float32")
    weights = np.arange(8, dtype="float32").reshape(4, 2)
    np.save(artifact + "/weights.npy", weights)
    return inputs, inputs @ weights


def restore_broken(artifact):
    sys.exit("no model today")


def restore_fixed_without_fault(artifact):
    weights = np.load(artifact + "/weights.npy")
    return lambda inputs: inputs @ weights
