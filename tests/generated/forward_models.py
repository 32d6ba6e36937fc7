"""Small models for the numpy forward pass, made and called by the Keras of this Python.

Each line of the standard input is a request as JSON, each line of the answer too: {"case": name} or
{"layers": [[class, options], ...], "shape": [...]}, with "path" (without suffix), "seed", and
"kinds" (suffixes). The inputs and the outputs of the model are saved beside it. Not a test: this
runs inside TensorFlow 2.13 or later, in a process of its own.
"""

import json
import sys

import numpy as np
import tensorflow as tf
from forward_cases import CASES  # beside this script

layers = tf.keras.layers
Input = tf.keras.Input
ROWS = 5


def make_sequential(names, shape):
    model = tf.keras.Sequential([Input(tuple(shape))])
    for name, options in names:
        model.add(make_layer(name, options))
    return model


def make_layer(name, options):
    options = dict(options)
    for key in ("layer", "backward_layer", "cell"):
        if key in options:
            options[key] = make_layer(*options[key])
    return getattr(layers, name)(**options)


def draw_inputs(model, random, whole):
    drawn = []
    for each in model.inputs:
        shape = (ROWS, *(size or 5 for size in each.shape[1:]))
        name = str(getattr(each.dtype, "name", each.dtype))
        if name == "bool":
            values = random.rand(*shape) < 0.7
            values[:, 0] = True
        elif whole or name.startswith("int"):
            values = random.randint(0, 7, shape) * (random.rand(*shape) < 0.7)
            values.reshape(ROWS, -1)[:, 0] = 3
        else:
            values = random.normal(size=shape)
        drawn.append(np.asarray(values, name))
    return drawn


def fill(model, random):
    for variable in model.weights:
        if any(each in variable.name for each in ("seed", "count")):
            continue
        values = random.normal(size=variable.shape) * 0.5
        if "variance" in variable.name:
            values = np.abs(values) + 0.5
        variable.assign(np.asarray(values, "float32"))
    for each in model.layers:
        if hasattr(each, "finalize_state"):  # Normalization: takes the statistics over
            each.finalize_state()


def answer(request):
    tf.keras.backend.clear_session()
    random = np.random.RandomState(request.get("seed", 0))
    if "case" in request:
        model = CASES[request["case"]]()
    else:
        model = make_sequential(request["layers"], request["shape"])
    fill(model, random)
    embedded = any(each.__class__.__name__ == "Embedding" for each in model.layers)
    whole = (
        request.get("whole")
        or embedded
        or any(len(each.shape) == 2 and each.shape[1] == 6 for each in model.inputs)
    )
    inputs = draw_inputs(model, random, whole)
    outputs = model.predict_on_batch(inputs if len(inputs) > 1 else inputs[0])
    outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    arrays = {f"in{at:02d}": values for at, values in enumerate(inputs)}
    arrays.update({f"out{at:02d}": values for at, values in enumerate(outputs)})
    np.savez(request["path"] + ".npz", **arrays)
    saved = []
    for kind in request["kinds"]:
        model.save(request["path"] + kind)
        saved.append(kind)
    return {"saved": saved}


def main():
    channel = sys.stdout
    sys.stdout = sys.stderr  # what Keras prints is no answer
    for line in sys.stdin:
        try:
            said = answer(json.loads(line))
        except Exception as error:  # an option that Keras refuses is an answer too
            said = {"error": f"{type(error).__name__}: {str(error)[:300]}"}
        channel.write(json.dumps(said) + "\n")
        channel.flush()


if __name__ == "__main__":
    if sys.argv[1:] == ["--cases"]:
        print(json.dumps(sorted(CASES)))
    else:
        main()
