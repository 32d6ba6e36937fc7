"""A save step leaves a link that leads nowhere.

Symptom:
    A link.
Cause:
    A link.
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
    "id": "leaves-a-dangling-link", "family": "restore",
    "tensorflow": ">=1.15",
    "expect": {"restore_broken": "error", "restore_fixed_without_fault": "match"},
    "saves": {"restore_broken": "save_oddly"},
    "minutes": 1,
    "hints": ["A fault.", "In a step.", "On purpose."],
}


def save(artifact, seed):
    inputs = np.random.RandomState(seed).normal(size=(32, 4)).astype("float32")
    weights = np.arange(8, dtype="float32").reshape(4, 2)
    np.save(artifact + "/weights.npy", weights)
    return inputs, inputs @ weights


def save_oddly(artifact, seed):
    os.symlink("nowhere", artifact + "/latest")
    return save(artifact, seed)


def restore_broken(artifact):
    return lambda inputs: inputs


def restore_fixed_without_fault(artifact):
    weights = np.load(artifact + "/weights.npy")
    return lambda inputs: inputs @ weights
