"""A save step leaves a socket.

Symptom:
    A socket.
Cause:
    A socket.
Fix:
    The fixed path does without.
Spot it:
    Run the test-suite.
Evidence:
    tests/workers.
"""
import os
import socket

import numpy as np

SCENARIO = {
    "id": "leaves-a-socket", "family": "restore",
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
    os.chdir(artifact)
    socket.socket(socket.AF_UNIX).bind("server")
    return save(artifact, seed)


def restore_broken(artifact):
    return lambda inputs: inputs


def restore_fixed_without_fault(artifact):
    weights = np.load(artifact + "/weights.npy")
    return lambda inputs: inputs @ weights
