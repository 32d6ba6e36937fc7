"""A restored model differs by one unit in the last place of bfloat16.

Symptom:
    None.
Cause:
    Rounding.
Fix:
    The fixed path does without.
Spot it:
    Run the test-suite.
Evidence:
    tests/workers.
"""
import tensorflow as tf

SCENARIO = {
    "id": "predicts-bfloat16", "family": "restore",
    "tensorflow": ">=2.0",
    "expect": {
        "restore_broken": "match",
        "restore_broken_tenth": "differs",
        "restore_fixed_without_fault": "match",
    },
    "minutes": 1,
    "hints": ["A fault.", "In a step.", "On purpose."],
}


def save(artifact, seed):
    inputs = tf.constant([[1.0], [2.0], [3.0]], tf.bfloat16).numpy()
    return inputs, inputs


def restore_broken(artifact):
    return lambda inputs: tf.constant(inputs) * tf.constant(1 + 2**-7, tf.bfloat16)


def restore_broken_tenth(artifact):
    return lambda inputs: tf.constant(inputs) * tf.constant(1.1, tf.bfloat16)


def restore_fixed_without_fault(artifact):
    return lambda inputs: tf.constant(inputs)
