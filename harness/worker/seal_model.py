"""Seal one saved model, or compare it with its seal: what `seal` and `verify` do in a release.

A step of kind "seal_model" is a dict with model, saved_model, keras_inside, keras_alone,
architecture, code, custom and trusted as in restore_model.py, and:
    module (the path of restorebench_seal.py, which does the work),
    inputs (npz of `names` and arrays `000`, ... to seal with; None: compare with the seal),
    expected (npz of the same form, or None), tolerance,
    folder (where `result.json` goes; the seal is MODEL.seal).
"""

import importlib.util
import sys

import numpy as np

from .environment import keras_version
from .old_keras import choose_keras
from .restore_model import load_keras, open_keras, open_signature
from .result_file import record_result
from .steps import make_printable


def seal_model(tf, step):
    """Load, seal or compare, and write down what came of it, an error included."""
    result = {
        "error": None,
        "loaded": False,
        "versions": {"tensorflow": tf.__version__, "keras": keras_version(tf)},
    }
    record_result(step, result, lambda: seal_or_compare(tf, step, result))


def seal_or_compare(tf, step, result):
    """Add to the result what came of it; the seal itself goes beside the model."""
    module = import_file(step["module"])
    model, specs = load_model(tf, step, result)
    result["loaded"] = True
    if step["inputs"]:
        seal(module, model, specs, step)
    else:
        record, arrays = module.read_seal(step["model"])
        if not hasattr(model, "layers"):
            model = take_order(model, [each["name"] for each in record["inputs"]], specs)
        report = module.compare(record, arrays, model, step["tolerance"])
        result["compared"] = report.compared
        result["findings"] = [
            {
                "check": each.check,
                "fails": bool(each.fails),
                "says": make_printable(each.says[:2000]),
                "details": [make_printable(detail[:500]) for detail in each.details[:200]],
            }
            for each in report.findings
        ]


def import_file(path):
    """Return restorebench_seal.py as the module that a user's --code may import too."""
    spec = importlib.util.spec_from_file_location("restorebench_seal", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["restorebench_seal"] = module
    spec.loader.exec_module(module)
    return module


def load_model(tf, step, result):
    """Return (a Keras model, or a function from inputs to outputs; what its inputs are or None)."""
    keras_3 = not str(keras_version(tf)).startswith("2")
    if step["saved_model"] and not tf.executing_eagerly():
        tf.compat.v1.enable_eager_execution()  # 1.15: a SavedModel's functions are called eagerly
    if step["saved_model"] and (keras_3 or not step["keras_inside"]):
        specs, outputs, predict, _ = open_signature(tf, step["model"])
        return make_function(predict, outputs), specs
    keras = choose_keras(tf, step)
    if keras is not tf.keras:
        result["versions"]["keras"] = keras.__version__
    model, _ = load_keras(keras, step)
    try:
        return model, open_keras(model)[0]
    except ValueError:  # a subclassed model does not say what its inputs are
        return model, None


def make_function(predict, outputs):
    """Return a signature's `predict` as a function from a list of inputs to outputs by name."""

    def call(inputs):
        arrays = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        return dict(zip(outputs, predict(arrays)))

    return call


def take_order(function, names, specs):
    """Return a function that takes inputs in the order in which they were sealed."""
    wanted = [spec["name"] for spec in specs]

    def call(inputs):
        given = inputs.values() if isinstance(inputs, dict) else inputs
        arrays = list(given) if isinstance(inputs, (dict, list)) else [given]
        return function(order(names, arrays, wanted))

    return call


def seal(module, model, specs, step):
    """Write the seal beside the model."""
    inputs = order(*read_named(step["inputs"]), names=[spec["name"] for spec in specs or []])
    names, expected = read_named(step["expected"]) if step["expected"] else ([], [])
    wanted = dict(zip(names, expected)) if len(expected) > 1 else (expected or [None])[0]
    if specs:
        inputs = [cast(array, spec["dtype"]) for array, spec in zip(inputs, specs)]
    module.seal(model, inputs[0] if len(inputs) == 1 else inputs, step["model"], wanted)


def read_named(path):
    """Return (names, arrays) of an npz that the harness has written."""
    with np.load(path, allow_pickle=False) as arrays:
        names = [str(name) for name in arrays["names"]]
        return names, [arrays["%03d" % position] for position in range(len(names))]


def order(given, arrays, names):
    """Return arrays in the order of `names`, where they have these names."""
    if set(given) == set(names):
        return [arrays[given.index(name)] for name in names]
    if names and len(names) != len(arrays):
        raise ValueError("the model has %d inputs, and %d arrays came" % (len(names), len(arrays)))
    return arrays


def cast(array, dtype):
    """Return float64, which numpy makes unasked, as the float32 that the model takes."""
    return array.astype(dtype) if (array.dtype.name, dtype) == ("float64", "float32") else array
