"""A restore step takes all the memory it can get.

Symptom:
    The machine swaps.
Cause:
    It keeps what it allocates.
Fix:
    The fixed path does without.
Spot it:
    Run the test-suite.
Evidence:
    tests/workers.
"""
import numpy as np

SCENARIO = {
    "id": "eats-memory", "family": "restore",
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
    kept = []
    for _ in range(64):  # 4 GiB, if nobody stops it
        kept.append(np.ones(8 * 1024 * 1024))
    return kept


def restore_fixed_without_fault(artifact):
    weights = np.load(artifact + "/weights.npy")
    return lambda inputs: inputs @ weights
