"""Executes programs in one TensorFlow process; each is a cure as printed, with what surrounds it.

`python cure_runner.py CASES.json RESULTS.json`: from {"before": what is executed before TensorFlow
is imported, "programs": {name: program}} to {name: what it raised}. A program runs in an empty
folder of its own. Python 3.7, for old environments.
"""

import json
import os
import sys
import tempfile
import traceback

import numpy as np

with open(sys.argv[1], encoding="utf-8") as text:
    GIVEN = json.load(text)
exec(GIVEN["before"], {"os": os})
import tensorflow as tf  # noqa: E402


class Fake:
    """A model that is one function."""

    def __init__(self, function):
        self.predict = self.predict_on_batch = function


def same(first, second, tolerance=1e-4):
    first, second = np.asarray(first), np.asarray(second)
    return first.shape == second.shape and np.allclose(first, second, tolerance, tolerance)


def small(units=1, activation=None, rows=8, columns=3):
    """Return a model, and inputs for it."""
    keras = tf.keras
    model = keras.Sequential(
        [keras.Input((columns,)), keras.layers.Dense(units, activation, bias_initializer="ones")]
    )
    return model, np.random.RandomState(1).normal(size=(rows, columns)).astype("float32")


def main():
    if hasattr(tf.config, "run_functions_eagerly"):
        tf.config.run_functions_eagerly(True)  # tracing takes longer than these models
    results = {}
    for name, program in GIVEN["programs"].items():
        os.chdir(tempfile.mkdtemp(dir=os.path.dirname(sys.argv[2])))
        tf.keras.backend.clear_session()
        names = {"np": np, "tf": tf, "os": os, "keras": tf.keras, "Fake": Fake, "same": same}
        try:
            exec(compile(program, name, "exec"), dict(names, small=small, __name__=name))
            results[name] = ""
        except Exception:
            results[name] = traceback.format_exc()[-2000:]
    with open(sys.argv[2], "w", encoding="utf-8") as text:
        json.dump(results, text)


if __name__ == "__main__":
    main()
