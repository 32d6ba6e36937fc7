"""A restore step looks for its own module, which must not be importable.

Symptom:
    An import error.
Cause:
    The name has a space.
Fix:
    The fixed path does without.
Spot it:
    Run the test-suite.
Evidence:
    tests/workers.
"""
import importlib
import sys

import numpy as np

SCENARIO = {
    "id": "imports-itself", "family": "restore",
    "tensorflow": ">=1.15",
    "expect": {"restore_broken": "error", "restore_fixed_without_fault": "match"},
    "minutes": 1,
    "hints": ["A fault.", "In a step.", "On purpose."],
}


def save(artifact, seed):
    inputs = np.random.RandomState(seed).normal(size=(32, 4)).astype("float32")
    weights = np.arange(8, dtype="float32").reshape(4, 2)
    np.save(artifact + "/weights.npy", weights)
    return inputs, inputs @ weights


def restore_broken(artifact):
    importlib.import_module(__name__)


def restore_fixed_without_fault(artifact):
    for module in list(sys.modules.values()):
        if "restore_fixed_without_fault" in getattr(module, "__dict__", {}):
            raise LookupError("importable as " + module.__name__)
    weights = np.load(artifact + "/weights.npy")
    return lambda inputs: inputs @ weights
