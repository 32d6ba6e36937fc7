"""A restore step starts a process that outlives it.

Symptom:
    A stray process.
Cause:
    Nobody waits for it.
Fix:
    The fixed path does without.
Spot it:
    Run the test-suite.
Evidence:
    tests/workers.
"""
import subprocess
import sys

import numpy as np

SCENARIO = {
    "id": "leaves-a-grandchild", "family": "restore",
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
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    sys.stdout.write("grandchild {}\n".format(sleeper.pid))
    sleeper.returncode = 0  # Python would warn that it is still running
    weights = np.load(artifact + "/weights.npy")
    return lambda inputs: inputs @ weights


def restore_fixed_without_fault(artifact):
    weights = np.load(artifact + "/weights.npy")
    return lambda inputs: inputs @ weights
