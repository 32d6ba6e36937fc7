"""A restored model predicts not a number in one row.

Symptom:
    NaN.
Cause:
    A division.
Fix:
    The fixed path does without.
Spot it:
    Run the test-suite.
Evidence:
    tests/workers.
"""
import numpy as np

SCENARIO = {
    "id": "returns-nan", "family": "restore",
    "tensorflow": ">=1.15",
    "expect": {"restore_broken": "nan", "restore_fixed_without_fault": "match"},
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
    return lambda inputs: inputs @ weights * np.where(inputs[:, :1] > 0, 1, np.nan)


def restore_fixed_without_fault(artifact):
    weights = np.load(artifact + "/weights.npy")
    return lambda inputs: inputs @ weights
