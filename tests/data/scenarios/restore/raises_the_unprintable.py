"""A restore step raises an exception that cannot be printed.

Symptom:
    An error without words.
Cause:
    Its __str__ raises.
Fix:
    The fixed path does without.
Spot it:
    Run the test-suite.
Evidence:
    tests/workers.
"""
import numpy as np

SCENARIO = {
    "id": "raises-the-unprintable", "family": "restore",
    "tensorflow": ">=1.15",
    "expect": {
        "restore_broken": [{"verdict": "error", "raises": "Unprintable: (its __str__ raises"}],
        "restore_broken_surrogate": [{"verdict": "error", "raises": "half a character"}],
        "restore_fixed_without_fault": "match",
    },
    "minutes": 1,
    "hints": ["A fault.", "In a step.", "On purpose."],
}


class Unprintable(Exception):
    def __str__(self):
        raise SystemExit(3)


def save(artifact, seed):
    inputs = np.random.RandomState(seed).normal(size=(32, 4)).astype("float32")
    weights = np.arange(8, dtype="float32").reshape(4, 2)
    np.save(artifact + "/weights.npy", weights)
    return inputs, inputs @ weights


def restore_broken(artifact):
    raise Unprintable


def restore_broken_surrogate(artifact):
    raise ValueError("half a character: \udc80")


def restore_fixed_without_fault(artifact):
    weights = np.load(artifact + "/weights.npy")
    return lambda inputs: inputs @ weights
