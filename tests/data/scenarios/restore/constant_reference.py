"""A model predicts one number for everything, so a match proves nothing.

Symptom:
    All the same.
Cause:
    The last layer is dead.
Fix:
    The fixed path does without.
Spot it:
    Run the test-suite.
Evidence:
    tests/workers.
"""
import numpy as np

SCENARIO = {
    "id": "constant-reference", "family": "restore",
    "tensorflow": ">=1.15",
    "expect": {"restore_broken": "error", "restore_fixed_without_fault": "error"},
    "minutes": 1,
    "hints": ["A fault.", "In a step.", "On purpose."],
}


def save(artifact, seed):
    inputs = np.random.RandomState(seed).normal(size=(32, 4)).astype("float32")
    return inputs, np.full((32, 2), 0.5, "float32")


def restore_broken(artifact):
    return lambda inputs: np.full((len(inputs), 2), 0.5, "float32")


def restore_fixed_without_fault(artifact):
    return lambda inputs: np.full((len(inputs), 2), 0.5, "float32")
