"""Every step of this one takes a second, and says in a ledger that it began.

Symptom:
    Patience.
Cause:
    It sleeps.
Fix:
    The fixed path does without.
Spot it:
    Run the test-suite.
Evidence:
    tests/workers.
"""
import os
import time

import numpy as np

SCENARIO = {
    "id": "takes-its-time", "family": "restore",
    "tensorflow": ">=1.15",
    "expect": {
        "restore_broken": "match", "restore_fixed_second": "match", "restore_fixed_third": "match",
        "restore_fixed_fourth": "match", "restore_fixed_fifth": "match",
        "restore_fixed_sixth": "match",
    },
    "minutes": 1,
    "hints": ["A fault.", "In a step.", "On purpose."],
}


def save(artifact, seed):
    os.mkdir(artifact + "/folder")  # fails where an interrupted first attempt has left its own
    begin("save")
    inputs = np.random.RandomState(seed).normal(size=(32, 4)).astype("float32")
    weights = np.arange(8, dtype="float32").reshape(4, 2)
    np.save(artifact + "/folder/weights.npy", weights)
    return inputs, inputs @ weights


def begin(step):
    with open(os.environ.get("RESTOREBENCH_LEDGER", os.devnull), "a") as ledger:
        ledger.write(step + "\n")
    time.sleep(1)


def predictor(artifact):
    weights = np.load(artifact + "/folder/weights.npy")
    return lambda inputs: inputs @ weights


def restore_broken(artifact):
    begin("restore_broken")
    return predictor(artifact)


def restore_fixed_second(artifact):
    begin("restore_fixed_second")
    return predictor(artifact)


def restore_fixed_third(artifact):
    begin("restore_fixed_third")
    return predictor(artifact)


def restore_fixed_fourth(artifact):
    begin("restore_fixed_fourth")
    return predictor(artifact)


def restore_fixed_fifth(artifact):
    begin("restore_fixed_fifth")
    return predictor(artifact)


def restore_fixed_sixth(artifact):
    begin("restore_fixed_sixth")
    return predictor(artifact)
