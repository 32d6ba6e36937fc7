"""A save step leaves a named pipe.

Symptom:
    A pipe.
Cause:
    A pipe.
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
    "id": "leaves-a-pipe", "family": "restore",
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
    os.mkfifo(artifact + "/events")
    return save(artifact, seed)


def restore_broken(artifact):
    return lambda inputs: inputs


def restore_fixed_without_fault(artifact):
    weights = np.load(artifact + "/weights.npy")
    return lambda inputs: inputs @ weights
