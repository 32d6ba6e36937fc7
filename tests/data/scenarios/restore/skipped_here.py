"""A restore step is left out where a rule says so.

Symptom:
    No result.
Cause:
    The first rule that fits declares skip.
Fix:
    The fixed path does without.
Spot it:
    Run the test-suite.
Evidence:
    tests/workers.
"""
import os

import numpy as np

SCENARIO = {
    "id": "skipped-here", "family": "restore",
    "tensorflow": ">=1.15",
    "expect": {
        "restore_broken": [{"keras": ">=2", "verdict": "skip", "why": "Keras 1 only."},
                           {"verdict": "crash"}],
        "restore_fixed_without_fault": "match"},
    "minutes": 1,
    "hints": ["A fault.", "In a step.", "On purpose."],
}


def save(artifact, seed):
    inputs = np.random.RandomState(seed).normal(size=(32, 4)).astype("float32")
    weights = np.arange(8, dtype="float32").reshape(4, 2)
    np.save(artifact + "/weights.npy", weights)
    return inputs, inputs @ weights


def restore_broken(artifact):
    os._exit(3)


def restore_fixed_without_fault(artifact):
    weights = np.load(artifact + "/weights.npy")
    return lambda inputs: inputs @ weights
