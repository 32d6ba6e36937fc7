"""A restore step leaves temporary files, in its own folder and in no other.

Symptom:
    A full /tmp.
Cause:
    delete=False.
Fix:
    The fixed path does without.
Spot it:
    Run the test-suite.
Evidence:
    tests/workers.
"""
import tempfile

import numpy as np

SCENARIO = {
    "id": "writes-temporary-files", "family": "restore",
    "tensorflow": ">=1.15",
    "expect": {"restore_broken": "match", "restore_fixed_without_fault": "match"},
    "minutes": 1,
    "hints": ["A fault.", "In a step.", "On purpose."],
}


def save(artifact, seed):
    inputs = np.random.RandomState(seed).normal(size=(32, 4)).astype("float32")
    weights = np.arange(8, dtype="float32").reshape(4, 2)
    np.save(artifact + "/weights.npy", weights)
    return inputs, inputs @ weights


def restore_broken(artifact):
    with tempfile.NamedTemporaryFile(prefix="left-by-a-step-", delete=False):
        pass
    weights = np.load(artifact + "/weights.npy")
    return lambda inputs: inputs @ weights


def restore_fixed_without_fault(artifact):
    weights = np.load(artifact + "/weights.npy")
    return lambda inputs: inputs @ weights
