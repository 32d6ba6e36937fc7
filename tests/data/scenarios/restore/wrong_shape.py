"""A restored model predicts one column where two were saved.

Symptom:
    A column is missing.
Cause:
    Indexing.
Fix:
    The fixed path does without.
Spot it:
    Run the test-suite.
Evidence:
    tests/workers.
"""
import numpy as np

SCENARIO = {
    "id": "wrong-shape", "family": "restore",
    "tensorflow": ">=1.15",
    "expect": {
        "restore_broken": "shape",
        "restore_broken_scalar": "shape",
        "restore_fixed_without_fault": "match",
    },
    "minutes": 1,
    "hints": ["A fault.", "In a step.", "On purpose."],
}


def save(artifact, seed):
    inputs = np.random.RandomState(seed).normal(size=(32, 4)).astype("float32")
    weights = np.arange(8, dtype="float32").reshape(4, 2)
    np.save(artifact + "/weights.npy", weights)
    return inputs, inputs @ weights


def restore_broken(artifact):
    weights = np.load(artifact + "/weights.npy")
    return lambda inputs: (inputs @ weights)[:, 0]


def restore_broken_scalar(artifact):
    return lambda inputs: np.float32(1)


def restore_fixed_without_fault(artifact):
    weights = np.load(artifact + "/weights.npy")
    return lambda inputs: inputs @ weights
