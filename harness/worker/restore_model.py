"""Load one saved model that came without its code, and predict: what `env for` does in a release.

A step of kind "restore_model" is a dict:
    model (path), saved_model (bool), keras_inside (bool: that a Keras 2 can load as a model),
    keras_alone (bool: written by the Keras that was a package of its own, up to 2.3),
    architecture (JSON that belongs to a file of weights, else None),
    code (a Python file whose classes the model needs, else None), custom (their names in the
    model), trusted (bool),
    describe (bool: leave the configuration and the weights too),
    prepare (bool: change the copy where this release needs that, prepare_model.py),
    export (a folder for the model as a SavedModel, else None), export_inputs (names of its inputs),
    inputs (npz of `names` and arrays `000`, ..., which are taken, else None), rows, seed,
    folder (where `result.json`, `input-000.npy`, ... and `output-000.npy`, ... go).
"""

import collections
import functools
import inspect
import os
import re

import numpy as np

from .describe_model import describe_model
from .environment import keras_version
from .export_model import export_model, export_signature
from .model_inputs import describe_input, draw_inputs, limit_indices, read_inputs
from .old_keras import build_and_fill, choose_keras, open_scope
from .prepare_model import prepare_model
from .result_file import CodeFault, record_result, write_result
from .steps import load_scenario, make_printable
from .tf_examples import find_features

SHORT_NAMES = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
}


def restore_model(tf, step):
    """Load, predict, and write down what came of it, an error included."""
    result = {
        "error": None,
        "versions": {"tensorflow": tf.__version__, "keras": keras_version(tf)},
    }
    record_result(step, result, lambda: load_and_predict(tf, step, result))


def load_and_predict(tf, step, result):
    """Add to the result what goes in and what comes out; arrays go into files."""
    keras, model, specs, outputs, predict, signature, explained = open_model(tf, step, result)
    result.update(loaded=True, signature=signature, explained=explained)
    result["inputs"] = [dict(spec, fed="nothing") for spec in specs]
    write_result(step, dict(result, error={"type": "ended", "message": "while it predicted"}))
    draws = [read_inputs(step["inputs"], specs)] if step["inputs"] else draw_inputs(specs, step)
    for inputs in draws:
        result["inputs"] = [describe_input(spec, array) for spec, array in zip(specs, inputs)]
        try:
            predictions = predict(inputs)
            break
        except Exception:
            if inputs is draws[-1]:
                raise
    if step["inputs"]:
        result["inputs"] = [dict(each, fed="given") for each in result["inputs"]]
    result["input_files"] = save_list(step, "input", inputs)
    result["output_files"] = save_list(step, "output", predictions)
    result["outputs"] = [
        {"name": name, "shape": list(array.shape), "dtype": str(array.dtype)}
        for name, array in zip(outputs, predictions)
    ]
    if signature and step["export"]:
        export_signature(tf, step["model"], signature, step["export"])
    if not signature:
        if step["describe"]:
            saver = functools.partial(save_list, step)
            result.update(describe_model(tf, keras, model, step["folder"], saver))
        if step["export"]:
            export_model(tf, keras, model, step["export_inputs"], specs, step["export"])
        if not step["architecture"]:
            result["plain_error"] = try_plainly(keras, step)


Opened = collections.namedtuple("Opened", "keras model specs outputs predict signature explained")


def open_model(tf, step, result):
    """Load a model as this release can: as a Keras model, or by a signature of a SavedModel.

    Returns `keras` and `model` (None where only a signature is called), what its inputs are, the
    names of its outputs, `predict`, the name of the `signature` ("" for a Keras model), and what
    `load_keras` explained. Versions, and what was prepared, go into the result.
    """
    keras_3 = not str(keras_version(tf)).startswith("2")
    if step["saved_model"] and not tf.executing_eagerly():
        tf.compat.v1.enable_eager_execution()  # 1.15: a SavedModel's functions are called eagerly
    if step["saved_model"] and (keras_3 or not step["keras_inside"]):
        return Opened(None, None, *open_signature(tf, step["model"]), {})
    keras = choose_keras(tf, step)
    if step["prepare"]:
        merges = step["keras_alone"] and keras.__version__.startswith("2")
        result["prepared"] = prepare_model(step["model"], merges)
    result["versions"]["keras"] = keras_version(tf) if keras is tf.keras else keras.__version__
    model, explained = load_keras(keras, step)
    if step["saved_model"] and not model.inputs:
        # A subclassed model does not say what its inputs are; its signature does.
        return Opened(keras, model, *open_signature(tf, step["model"]), explained)
    return Opened(keras, model, *open_keras(model), "", explained)


def try_plainly(keras, step):
    """Load the model as people do, with default arguments; return what that says, else ""."""
    objects = find_objects(step["code"], step["custom"]) if step["code"] else {}
    try:
        with open_scope(keras, objects):
            keras.models.load_model(step["model"])
    except Exception as error:
        return make_printable("%s: %s" % (type(error).__name__, error))[:100000]
    return ""


def save_list(step, kind, arrays):
    """Write arrays in their order, each into a file; return what each file holds."""
    described = []
    for position, array in enumerate(map(plain_array, arrays)):
        path = os.path.join(step["folder"], "%s-%03d.npy" % (kind, position))
        with open(path, "wb") as file:
            np.lib.format.write_array(file, array, version=(1, 0), allow_pickle=False)
        described.append({"shape": list(array.shape), "dtype": array.dtype.str})
    return described


def plain_array(array):
    """Return an array as numpy's file format can keep it without pickling."""
    array = np.asarray(array)
    if array.dtype.name == "bfloat16":
        return array.astype(np.float32)
    return array.astype(str) if array.dtype == object else array


def load_keras(keras, step):
    """Return (model, short names of losses that had to be explained to Keras), not compiled.

    Keras 3.0.5 compiles an `.h5` although it is told not to, passes no `custom_objects` on, and
    does not know the name `mse` that it wrote itself (measured in TensorFlow 2.16.1). What is in a
    scope it finds.
    """
    options = {"compile": False}
    objects = find_objects(step["code"], step["custom"]) if step["code"] else {}
    load = keras.models.load_model
    by_parts = (
        step["architecture"] or "compile" not in inspect.signature(load).parameters
    )  # Keras 1
    if step["trusted"] and "safe_mode" in inspect.signature(load).parameters:  # since 2.13
        options["safe_mode"] = False
    explained = {}
    while True:
        names = {name: getattr(keras.losses, long) for name, long in explained.items()}
        try:
            with open_scope(keras, dict(objects, **names)):
                if by_parts:
                    return build_and_fill(keras, step), explained
                return load(step["model"], **options), explained
        except Exception as error:
            missing = re.search(r"Could not locate function '(\w+)'", str(error))
            name = missing.group(1) if missing else None
            if name not in SHORT_NAMES or name in explained:
                raise
            explained[name] = SHORT_NAMES[name]


def find_objects(code, wanted):
    """Run the user's file; return its classes and functions by every name Keras may look for.

    `wanted` are the names in the model, such as "package>Name" of what was registered.
    """
    found = {}
    try:
        module = load_scenario(code)
    except Exception as error:
        raise CodeFault(str(error)) from error
    for name, value in vars(module).items():
        if inspect.isclass(value) or inspect.isfunction(value):
            found[name] = found["Custom>" + name] = value
    for name in wanted:
        if name.split(">")[-1] in found:
            found[name] = found[name.split(">")[-1]]
    return found


TensorLike = collections.namedtuple("TensorLike", "name shape dtype")


def open_keras(model):
    """Return (inputs, output names, predict) of a Keras model."""
    tensors = model.inputs if isinstance(model.inputs, (list, tuple)) else [model.inputs]
    built = getattr(model, "_build_input_shape", None)
    if not model.inputs and built:  # 1.15 to 2.1: a Sequential that was built later
        tensors = [TensorLike("input_1", built, "float32")]
    elif not model.inputs:
        raise ValueError("the model does not say what its inputs are")
    names = list(getattr(model, "input_names", None) or [tensor.name for tensor in tensors])
    specs = [
        {"name": str(name).partition(":")[0], "shape": shape_of(tensor), "dtype": dtype_of(tensor)}
        for name, tensor in zip(names, tensors)
    ]
    limit_indices(model, tensors, specs)

    def predict(inputs):
        given = inputs[0] if len(inputs) == 1 else list(inputs)
        try:
            return flatten(model.predict(given, verbose=0))
        except AttributeError:  # 2.0.1: a SavedModel without its compile arguments cannot predict
            return flatten(model(given, training=False))

    outputs = getattr(model, "output_names", None) or [
        "output_%d" % i for i in range(len(model.outputs or [model]))
    ]
    return specs, [str(name) for name in outputs], predict


def flatten(value):
    """Return the arrays of a nested prediction, dicts by name."""
    if isinstance(value, dict):
        return [each for key in sorted(value) for each in flatten(value[key])]
    if isinstance(value, (list, tuple)):
        return [each for part in value for each in flatten(part)]
    return [np.asarray(value)]


def open_signature(tf, path):
    """Return (inputs, output names, predict, name) of a signature of a SavedModel.

    Without a `serving_default`, the first is taken that does not ask for serialized tf.Examples.
    """
    loaded = tf.compat.v2.saved_model.load(path)
    signatures = loaded.signatures
    if not signatures:
        raise ValueError("the SavedModel has no signature to be called by")
    name = min(signatures, key=lambda each: rank_signature(each, signatures[each]))
    call = signatures[name]
    # 1.15 knows no structure of what simple_save and Estimators wrote, but names and tensors.
    structure = call.structured_input_signature
    wanted = structure[1] if structure else dict(zip(call._arg_keywords, call.inputs))
    names = sorted(wanted)
    specs = [
        {"name": each, "shape": shape_of(wanted[each]), "dtype": dtype_of(wanted[each])}
        for each in names
    ]
    if len(specs) == 1 and specs[0]["dtype"] == "string":
        specs[0]["features"] = find_features(tf, call)

    def predict(inputs):
        given = {
            spec["name"]: tf.constant(array, wanted[spec["name"]].dtype)
            for spec, array in zip(specs, inputs)
        }
        answer = call(**given)
        predict.keep = loaded  # a signature does not keep its model alive in every release
        return [np.asarray(answer[key]) for key in sorted(answer)]

    return specs, sorted(call.structured_outputs), predict, name


def rank_signature(name, call):
    """Return a key that sorts signatures: those that parse tf.Examples, as Estimators' do, last."""
    parses = any(op.type.startswith("ParseExample") for op in call.graph.get_operations())
    return (parses, name != "serving_default", name)


def shape_of(tensor):
    """Return a shape as a list, None where it is open; None for a shape that is all open."""
    shape = tensor.shape
    if getattr(shape, "rank", 0) is None:
        return None
    return shape.as_list() if hasattr(shape, "as_list") else list(shape)  # Keras 3: a tuple


def dtype_of(tensor):
    """Return the name of a dtype."""
    return str(getattr(tensor.dtype, "name", tensor.dtype))
