"""The inputs that a restored model is fed: drawn to fit it, or those of a file."""

import traceback

import numpy as np

from .tf_examples import draw_examples

UNKNOWN_SIZE = 32  # for a dimension that the model leaves open: enough for most convolutions
WORDS = ["restore", "the", "model", "it", "predicts", "zeros"]


def limit_indices(model, tensors, specs):
    """Let every input that an Embedding reads hold indices which that Embedding has."""
    for layer in find_layers(model):
        size = getattr(layer, "input_dim", None)
        if type(layer).__name__ != "Embedding" or not size:
            continue
        read = [spec for tensor, spec in zip(tensors, specs) if is_read_by(layer, tensor)]
        for spec in read or specs:
            spec["below"] = min(int(size), spec.get("below") or int(size))


def find_layers(model):
    """Return all layers, those of nested models and wrapped ones too."""
    layers = list(getattr(model, "layers", None) or [])  # None: the Merge of Keras 1
    wrapped = getattr(model, "layer", None)
    if wrapped is not None:
        layers.append(wrapped)
    return layers + [inner for layer in layers for inner in find_layers(layer)]


def is_read_by(layer, tensor):
    """Say whether a layer's input is that tensor; False where it has several inputs, or none."""
    try:
        return layer.input is tensor
    except Exception:
        return False


def draw_inputs(specs, step):
    """Return lists of input arrays to be tried in turn: the second suits unseen index lookups."""
    random = np.random.RandomState(step["seed"])
    first = [draw(random, spec, step["rows"]) for spec in specs]
    if all(array.dtype.kind == "f" for array in first):
        return [first, [(array > 0).astype(array.dtype) for array in first]]
    return [first]


def draw(random, spec, rows):
    """Return one input: standard normal, or integers, or words, as its dtype asks for."""
    shape = spec["shape"] or [None, UNKNOWN_SIZE]
    sizes = [size or UNKNOWN_SIZE for size in shape[1:]]
    shape = [shape[0] or rows, *sizes]
    dtype = spec["dtype"]
    if spec.get("features"):
        return draw_examples(random, spec["features"], shape[0])
    if dtype == "string":
        return np.array(WORDS, dtype=object)[random.randint(0, len(WORDS), shape)]
    if spec.get("below"):
        return random.randint(0, spec["below"], shape).astype("int32" if "int" in dtype else dtype)
    if dtype == "bool":
        return random.randint(0, 2, shape).astype(bool)
    if "int" in dtype:
        return random.randint(0, 2, shape).astype(dtype)
    drawn = random.standard_normal(shape)
    return drawn.astype("float32" if dtype == "bfloat16" else dtype)


def read_inputs(path, specs):
    """Return the inputs of a step before, in this model's order: by name where names agree."""
    with np.load(path) as arrays:
        names = [str(name) for name in arrays["names"]]
        kept = [arrays["%03d" % position] for position in range(len(names))]
    wanted = [spec["name"] for spec in specs]
    if len(wanted) != len(names):
        raise ValueError("it has %d inputs here and %d there" % (len(wanted), len(names)))
    if set(wanted) == set(names):
        kept = [kept[names.index(name)] for name in wanted]
    return [array.astype(object) if array.dtype.kind == "U" else array for array in kept]


def describe_input(spec, array):
    """Return an input as it is shown: name, shape, dtype, and what was fed to it."""
    if array.dtype.kind == "f" and not spec.get("below"):
        whole = bool(array.size) and bool(np.all(array == np.floor(array)))
        fed = "zeros and ones" if whole else "standard normal"
    elif array.dtype.kind in "OUS":
        features = [feature[0] for feature in spec.get("features") or []]
        fed = "tf.Examples with %s" % ", ".join(features) if features else "words"
    else:
        fed = "integers below %d" % (spec.get("below") or 2)
    return {"name": spec["name"], "shape": spec["shape"], "dtype": spec["dtype"], "fed": fed}


def feed(step, specs, predict):
    """Return (inputs, predictions): of the inputs given, or of the first drawn that fit."""
    draws = [read_inputs(step["inputs"], specs)] if step["inputs"] else draw_inputs(specs, step)
    for inputs in draws[:-1]:
        try:
            return inputs, predict(inputs)
        except Exception:
            traceback.print_exc()
    return draws[-1], predict(draws[-1])
