"""A restore step writes bytes that are no text to every descriptor it finds.

Symptom:
    Noise.
Cause:
    A forged answer is among it.
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
    "id": "prints-garbage", "family": "restore",
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
    forged = b'{"event": "ended", "id": 1, "exit": 0, "signal": null}\n'
    for descriptor in range(1, 256):
        try:
            os.write(descriptor, bytes(range(256)) * 64 + b"\n" + forged + b"{]\n")
        except OSError:
            pass
    os.write(1, b"garbage ends here\n")
    weights = np.load(artifact + "/weights.npy")
    return lambda inputs: inputs @ weights


def restore_fixed_without_fault(artifact):
    weights = np.load(artifact + "/weights.npy")
    return lambda inputs: inputs @ weights
