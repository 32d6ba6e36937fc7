"""Seal a saved Keras model; verify later that the restored model is the one that was saved.

This one file needs Python 3.7 and numpy. Install restorebench, or copy the file beside your script:

    from restorebench_seal import seal, verify

    model.save("model.keras")
    seal(model, inputs, "model.keras")         # writes the folder model.keras.seal

    report = verify(restored, "model.keras")   # wherever the model is restored
    if not report.verified:
        raise SystemExit(str(report))

The folder holds seal.json, which is for reading, inputs.npz, outputs.npz and layers.npz. A seal
shows accidents. It is no signature: whoever can change the model can change its seal.
"""

import hashlib
import inspect
import json
import os
import platform
import re
import shutil
import sys
import time
from collections import namedtuple

import numpy as np

FORMAT = 1  # of seal.json
ROWS = 32  # inputs that are kept; the statistics are of all that are given
MOST_COLUMNS = 512  # statistics of more are kept as one
SAMPLED = 256  # numbers that are kept of a layer's output
SHARE = 1e-4  # of a column's spread: what counts as rounding
COARSE = {"float16": 2e-2, "bfloat16": 2.5e-2}  # measured, restorebench's verdicts/tolerances.py
FEW = 8  # rows: the statistics of fewer show another scale, and nothing finer
FAR = 5.0  # deviations by which the mean of a column of inputs may move
LEAST, FACTOR = 0.005, 10.0  # times the sealed reach that inputs may have
FACTOR_OF_FEW = 100.0  # the same beside few sealed rows
OWN = ("keras", "tf_keras", "tensorflow", "builtins", "numpy")  # whose classes are no custom code
TAKEN = ("file", "allow_pickle")  # which np.savez takes for itself
STATISTICS = ("minimum", "maximum", "mean", "deviation")

Finding = namedtuple("Finding", "check fails says details")
Finding.__doc__ = """What verifying found: `fails` is False where it is only worth knowing."""


class SealError(ValueError):
    """The model cannot be sealed, or its seal cannot be read; the message says why."""


class Report(namedtuple("Report", "findings compared")):
    """What verifying found, the worst first. `compared`: what was compared, one sentence each."""

    __slots__ = ()

    @property
    def verified(self):
        """Say whether nothing fails."""
        return not any(each.fails for each in self.findings)

    def __str__(self):
        lines = ["verified" if self.verified else "NOT VERIFIED"]
        for each in self.findings:
            said = [each.says] + each.details  # TensorFlow's errors have several lines
            shown = "\n  ".join("\n".join(said).splitlines())
            lines.append("%s: %s" % (each.check if each.fails else "note", shown))
        return "\n".join(lines)


def seal(model, inputs, path, expected=None, rows=ROWS):
    """Write the folder PATH.seal beside the model that was saved at `path`; return its path.

    `model`: the live Keras model, or a function from inputs to outputs. `inputs`: an array with
    rows first, or a list or dict of arrays; the more rows, the better the statistics. `expected`:
    outputs that the model must give for them. An older seal is replaced. Raises SealError where a
    seal would prove nothing: fewer than two rows, outputs that are NaN or equal in all rows, or
    other outputs than the expected ones.
    """
    file = describe_file(path)
    given, names, arrays = take_inputs(inputs, model)
    kept = [array[:rows] for array in arrays]
    state = examine(model, given, names, kept)
    if expected is not None:
        wanted = {key: each[:rows] for key, each in name_outputs(None, expected).items()}
        outputs = order_like(wanted, state.outputs)
        said = differ(list(wanted.values()), outputs, share_for(state.computes_in, SHARE))
        if said:
            raise SealError("the model does not give the expected outputs: " + said)
    refuse(list(state.outputs.values()))
    folder = seal_folder(path)
    part = folder + ".part"  # an older seal stays as it is until the new one is whole
    shutil.rmtree(part, ignore_errors=True)
    os.mkdir(part)
    sampled = {"%04d" % at: each for at, each in enumerate(state.samples) if each is not None}
    keys = ["input_%d" % at if name in TAKEN else name for at, name in enumerate(names)]
    groups = {"inputs": dict(zip(keys, kept)), "outputs": state.outputs, "layers": sampled}
    for name, group in groups.items():
        np.savez_compressed(os.path.join(part, name + ".npz"), **group)
    record = {
        "seal": FORMAT,
        "sealed": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "model": file,
        "versions": state.versions,
        "computes_in": state.computes_in,
        "repeatable": state.repeatable,
        "given": given,
        "by_name": state.by_name,
        "inputs": [dict({"name": name}, **describe(one, True)) for name, one in zip(names, arrays)],
        "outputs": [dict({"name": name}, **describe(one)) for name, one in state.outputs.items()],
        "layers": state.layers,
        "code": state.code,
        "files": {name: hash_file(os.path.join(part, name + ".npz")) for name in groups},
    }
    with open(os.path.join(part, "seal.json"), "w", encoding="utf-8") as stream:
        stream.write(spell_record(record))
    if not os.path.isdir(folder):
        os.mkdir(folder)
    for name in os.listdir(part):
        os.replace(os.path.join(part, name), os.path.join(folder, name))
    os.rmdir(part)
    return folder


def spell_record(record):
    """Return a record as JSON for people: a list of numbers stands in one line."""
    text = json.dumps(record, indent=2, allow_nan=False)
    listed = re.compile(r"\[\n\s+([^\[\]{}]*?)\n\s+\]")
    return listed.sub(lambda found: "[%s]" % " ".join(found.group(1).split()), text) + "\n"


def verify(model, path, inputs=None, tolerance=SHARE):
    """Return a Report: is the restored `model` the one whose seal lies beside `path`?

    `model`: a Keras model, or a function from inputs to outputs, of which only outputs are
    compared. `inputs`: what the model is fed today; compared with the statistics that were sealed.
    `tolerance`: share of an output column's spread that counts as rounding. Raises SealError where
    there is no readable seal.
    """
    record, arrays = read_seal(path)
    report = compare(record, arrays, model, tolerance)
    found = report.findings + compare_file(record, path)
    if inputs is not None:
        found += compare_inputs(record, order_inputs(record, inputs))
    return Report(sorted(found, key=lambda each: not each.fails), report.compared)


def seal_folder(path):
    """Return the folder of a model's seal."""
    return str(path).rstrip("/\\") + ".seal"


def read_seal(path):
    """Return (record, {"inputs", "outputs", "layers": lists or dicts of arrays}); raises SealError.

    Nothing is unpickled. The arrays must be those that were written with the record.
    """
    folder = seal_folder(path)
    try:
        with open(os.path.join(folder, "seal.json"), encoding="utf-8") as file:
            record = json.load(file)
        arrays = {}
        for name in ("inputs", "outputs", "layers"):
            file = os.path.join(folder, name + ".npz")
            if hash_file(file) != record["files"][name]:
                raise SealError("%s does not belong to its seal.json" % file)
            with np.load(file, allow_pickle=False) as kept:
                arrays[name] = {key: kept[key] for key in kept.files}
    except SealError:
        raise
    except FileNotFoundError as error:
        raise SealError("there is no seal of %s: %s" % (path, error))
    except Exception as error:  # whatever json, numpy and zipfile raise for damaged bytes
        raise SealError("the seal %s cannot be read: %s" % (folder, error))
    if record.get("seal") != FORMAT:
        raise SealError("the seal %s is of another format, %r" % (folder, record.get("seal")))
    return record, arrays


State = namedtuple("State", "outputs by_name repeatable layers samples code versions computes_in")


def examine(model, given, names, arrays):
    """Return what a model gives for inputs, and what it is made of."""
    fed = feed(given, names, arrays)
    predict = getattr(model, "predict_on_batch", model)
    values = [predict(fed) for _ in range(2)]
    outputs, again = (name_outputs(model, each) for each in values)
    layers = list(list_layers(model)) if hasattr(model, "layers") else []
    watched = watch_layers(model, layers, fed)
    order = {name: place for place, name in enumerate(watched)}
    layers.sort(key=lambda pair: order.get(pair[0], len(order)))  # as they are called
    held = [(name, type(layer).__name__, read_weights(layer)) for name, layer in layers]
    alone = own_weights(model, layers) if layers else []
    held += [("(the model itself)", type(model).__name__, alone)] if alone else []
    dtypes = [str(getattr(layer, "compute_dtype", "")) for _, layer in layers]
    return State(
        outputs,
        isinstance(values[0], dict),
        not differ(list(outputs.values()), list(again.values()), SHARE),
        [
            {"name": name, "class": kind, "weights": [describe_weight(each) for each in weights]}
            for name, kind, weights in held
        ],
        [watched.get(name) for name, _, _ in held],
        describe_code(model, layers) if layers else [],
        find_versions(model),
        ([each for each in COARSE if each in dtypes] or ["float32"])[0],
    )


def take_inputs(inputs, model=None):
    """Return ("one", "list" or "dict"; names; arrays) of inputs; raises SealError."""
    several = isinstance(inputs, (list, tuple)) and all(hasattr(each, "shape") for each in inputs)
    given = "dict" if isinstance(inputs, dict) else "list" if several and inputs else "one"
    parts = {"dict": lambda: list(inputs.values()), "list": lambda: list(inputs)}
    arrays = [plain(each) for each in parts.get(given, lambda: [inputs])()]
    tensors = getattr(model, "inputs", None) or []
    tensors = tensors if isinstance(tensors, (list, tuple)) else []
    names = getattr(model, "input_names", None) or [getattr(each, "name", "") for each in tensors]
    names = [str(each).split(":")[0] for each in names]
    if given == "dict":
        names = [str(each) for each in inputs]
    elif len(set(names)) != len(arrays):
        names = ["input_%d" % at for at in range(len(arrays))]
    if not arrays or any(each.ndim == 0 or each.dtype == object for each in arrays):
        raise SealError("the inputs are no arrays with rows first")
    return given, names, arrays


def order_inputs(record, inputs):
    """Return the arrays of inputs as they were sealed: those of a dict by name, else in order."""
    _, names, arrays = take_inputs(inputs)
    sealed = [each["name"] for each in record["inputs"]]
    return [arrays[names.index(name)] for name in sealed] if set(sealed) == set(names) else arrays


def feed(given, names, arrays):
    """Return inputs as a model is called with them; words as TensorFlow takes them."""
    arrays = [each.astype(object) if each.dtype.kind == "U" else each for each in arrays]
    if given == "dict":
        return dict(zip(names, arrays))
    return arrays if given == "list" else arrays[0]


def name_outputs(model, value):
    """Return outputs by name, in the order of the model; those of a dict by their keys."""
    arrays = [plain(each) for each in flatten(value)]
    names = sorted(value) if isinstance(value, dict) else getattr(model, "output_names", None)
    names = [str(each) for each in names or []]
    if len(set(names)) != len(arrays) or set(names) & set(TAKEN):
        names = ["output_%d" % at for at in range(len(arrays))]
    return dict(zip(names, arrays))


def order_like(wanted, got):
    """Return the arrays of `got` in the order of `wanted`, where they have the same names."""
    return [got[name] for name in (wanted if set(wanted) == set(got) else got)]


def flatten(value):
    """Return the arrays of nested outputs, dicts by name."""
    if isinstance(value, dict):
        return [each for key in sorted(value) for each in flatten(value[key])]
    if isinstance(value, (list, tuple)) and not (value and np.isscalar(value[0])):
        return [each for part in value for each in flatten(part)]
    return [np.asarray(value)]


def plain(value):
    """Return an array of one of numpy's own dtypes; words as text."""
    array = np.asarray(value)
    if array.dtype.isbuiltin == 2 or array.dtype.name == "bfloat16":
        return array.astype(np.float32)
    if array.dtype == object and array.size and isinstance(array.flat[0], bytes):
        return np.array([each.decode("utf-8", "replace") for each in array.flat]).reshape(
            array.shape
        )
    words = array.dtype == object and all(isinstance(each, str) for each in array.flat)
    return array.astype(str) if words else array


def list_layers(model, prefix=""):
    """Yield (name, layer) of a model and of the models in it: a nested one's are "inner/dense"."""
    for layer in model.layers:
        name = prefix + layer.name
        if hasattr(layer, "to_json") and isinstance(getattr(layer, "layers", None), list):
            for inner in list_layers(layer, name + "/"):
                yield inner
        else:
            yield name, layer


def read_variables(variables):
    """Return the values of variables; the state of a random generator is left out."""
    kept = [
        each for each in variables if hasattr(each, "shape") and "StateVar" not in str(each.name)
    ]
    return [np.asarray(each.numpy()) for each in kept]


def read_weights(layer):
    """Return a layer's weights, those that are trained first, and its vocabulary as words."""
    try:
        weights = read_variables(list(layer.trainable_weights) + list(layer.non_trainable_weights))
    except (AttributeError, NotImplementedError):  # TensorFlow 1: in a graph
        weights = [np.asarray(each) for each in layer.get_weights()]
    # The count of a Normalization is kept by Keras 2 and 3 in different ways.
    weights = [each for each in weights if each.ndim or each.dtype.kind not in "iu"]
    try:
        words = layer.get_vocabulary()
    except Exception:
        return weights
    return weights + [np.array([str(each) for each in words])]


def own_weights(model, layers):
    """Return the weights that a model holds beside its layers'."""
    known = {id(each) for _, layer in layers for each in getattr(layer, "weights", [])}
    try:
        return read_variables(
            [each for each in getattr(model, "weights", []) if id(each) not in known]
        )
    except (AttributeError, NotImplementedError):
        return []


def watch_layers(model, layers, fed):
    """Return {name: some numbers of its output} for the layers that a call calls, in order.

    For the time of the call the `__call__` of Keras' Layer is another one. {} where the model
    cannot be called so.
    """
    names, seen = {id(layer): name for name, layer in layers}, {}
    bases = [each for each in type(model).__mro__ if each.__name__ == "Layer"]
    base = next((each for each in bases if "__call__" in vars(each)), None)
    if base is None or not names:
        return {}
    original = base.__call__

    def note(layer, *args, **kwargs):
        result = original(layer, *args, **kwargs)
        if id(layer) in names:
            try:
                kept = [plain(each) for each in flatten(result)]
            except Exception:  # symbolic, or no tensor
                return result
            seen.setdefault(names[id(layer)], []).extend(kept)
        return result

    base.__call__ = note
    try:
        model(fed, training=False)
    except Exception:
        return {}
    finally:
        base.__call__ = original
    return {name: sample(outputs) for name, outputs in seen.items()}


def sample(outputs):
    """Return at most SAMPLED numbers, evenly spread over outputs, as float32 if that holds them."""
    numbers = [each.ravel() for each in outputs if each.dtype.kind in "fiub"]
    flat = np.concatenate(numbers) if numbers else np.zeros(0)
    places = np.linspace(0, max(flat.size - 1, 0), min(flat.size, SAMPLED)).astype(int)
    kept = flat[places].astype(np.float64)
    reach = np.abs(kept[np.isfinite(kept)]).max(initial=0.0)
    return kept if reach > np.finfo(np.float32).max else kept.astype(np.float32)


def describe(values, by_column=False):
    """Return an array in numbers: the statistics are those of finite values."""
    record = {"shape": list(values.shape), "dtype": values.dtype.name}
    if values.dtype.kind not in "fiub":
        return record
    finite = np.isfinite(values)
    record["not_finite"] = int(values.size - np.count_nonzero(finite))
    record["zeros"] = float(np.mean(values == 0)) if values.size else 0.0
    record.update(measure(values if finite.all() else values[finite], None))
    few = values.ndim > 1 and 1 < values.shape[-1] <= MOST_COLUMNS and values.size
    if by_column and few and finite.all():
        record["columns"] = measure(values, tuple(range(values.ndim - 1)))
    return record


def measure(values, axes):
    """Return minimum, maximum, mean and deviation over axes, None for no values."""
    if not values.size:
        return dict.fromkeys(STATISTICS)
    wide = values.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        found = (wide.min(axes), wide.max(axes), wide.mean(axes), wide.std(axes))
    if not all(np.isfinite(each).all() for each in found):  # a sum or a square is out of range
        unit = np.abs(wide).max()
        found = found[:2] + ((wide / unit).mean(axes) * unit, (wide / unit).std(axes) * unit)
    return {name: shorten(each.tolist()) for name, each in zip(STATISTICS, found)}


def shorten(value):
    """Return a number, or a list of numbers, with six digits."""
    return [shorten(each) for each in value] if isinstance(value, list) else float("%.6g" % value)


def describe_weight(values):
    """Return a weight's statistics and the hash of its bytes."""
    words = values.dtype.kind == "U"
    content = "\n".join(values).encode("utf-8") if words else np.ascontiguousarray(values).tobytes()
    numbers = values if words or values.dtype.isbuiltin == 1 else values.astype(np.float32)
    record = describe(numbers)
    record.update(
        dtype="vocabulary" if words else values.dtype.name,
        sha256=hashlib.sha256(content).hexdigest(),
    )
    return record


def describe_code(model, layers):
    """Return [{"name", "sha256"}] of classes and functions that are no part of Keras.

    The hash is that of their functions' source; None where the source is not to be had.
    """
    found = {}
    for each in [model] + [layer for _, layer in layers]:
        held = [each] + [getattr(each, name, None) for name in ("layer", "activation", "function")]
        for owner in held:
            kind = owner if inspect.isfunction(owner) else type(owner)
            if str(kind.__module__).split(".")[0] not in OWN and owner is not None:
                found[kind.__name__] = hash_source(kind)
    return [{"name": name, "sha256": found[name]} for name in sorted(found)]


def hash_source(kind):
    """Return the hash of a function's source, or of the functions of a class."""
    parts = (
        [kind] if inspect.isfunction(kind) else [vars(kind)[name] for name in sorted(vars(kind))]
    )
    parts = [getattr(each, "fget", None) or getattr(each, "__func__", each) for each in parts]
    try:
        sources = [inspect.getsource(each) for each in parts if inspect.isfunction(each)]
    except (OSError, TypeError):  # typed at a prompt
        return None
    lines = [line.strip() for source in sources for line in source.splitlines()]
    return hashlib.sha256("\n".join(filter(None, lines)).encode("utf-8")).hexdigest()


def find_versions(model):
    """Return the versions that decide what a restore does; nothing is imported."""
    bases = [each.__module__.split(".")[0] for each in type(model).__mro__]
    home = next((each for each in bases if each in OWN[:3]), "keras")
    tensorflow = sys.modules.get("tensorflow")
    keras = sys.modules.get(home) if home != "tensorflow" else getattr(tensorflow, "keras", None)
    return {
        "tensorflow": getattr(tensorflow, "__version__", None),
        "keras": getattr(keras, "__version__", None),
        "numpy": np.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
    }


def hash_file(path):
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def describe_file(path):
    """Return name, bytes and SHA-256 of a model file; of a folder, of its files in order."""
    path = str(path).rstrip("/\\")
    files = [path] if os.path.isfile(path) else []
    for folder, _, names in os.walk(path):
        files += [os.path.join(folder, name) for name in names]
    if not files:
        raise SealError("there is no saved model at %s: save it first, then seal it" % path)
    named = sorted((os.path.relpath(each, path).replace(os.sep, "/"), each) for each in files)
    digest = hashlib.sha256()
    for name, file in named:
        digest.update(("%s %s\n" % (name, hash_file(file))).encode("utf-8"))
    one = os.path.isfile(path)
    return {
        "name": os.path.basename(path),
        "bytes": sum(os.path.getsize(each) for each in files),
        "sha256": hash_file(path) if one else digest.hexdigest(),
    }


def refuse(outputs):
    """Raise SealError for outputs that prove nothing."""
    for each in outputs:
        if not each.ndim or len(each) < 2:
            raise SealError("give at least two rows of inputs: one row proves little")
        if each.dtype.kind == "f" and not np.isfinite(each).all():
            raise SealError("the model gives NaN or infinity for these inputs")
    if all((each == each[:1]).all() for each in outputs):
        what = "zeros" if not any(each.any() for each in outputs) else "the same for every row"
        raise SealError("the model gives %s: a seal would prove nothing" % what)


def share_for(dtype, tolerance):
    """Return the share of a spread that counts as rounding for what is computed in a dtype."""
    return max(tolerance, COARSE.get(dtype, 0.0))


def differ(wanted, got, share):
    """Return how outputs differ by more than rounding, "" where they do not."""
    if len(wanted) != len(got):
        return "%d outputs came, not %d" % (len(got), len(wanted))
    for first, second in zip(wanted, got):
        if first.shape != second.shape:
            return "the shape is %s, not %s" % (second.shape, first.shape)
        if first.dtype.kind not in "fiub" or second.dtype.kind not in "fiub":
            if not np.array_equal(first.astype(str), second.astype(str)):
                return "the words differ"
            continue
        rows = (len(first), -1) if first.ndim else (1, 1)
        one, two = (each.astype(np.float64).reshape(rows) for each in (first, second))
        largest = np.abs(one).max(initial=0.0)
        limits = np.zeros(one.shape[1])
        if first.dtype.kind == "f" and one.size:
            part = share_for(first.dtype.name, share)
            spread = part * one.max(axis=0) - part * one.min(axis=0)  # a range may overflow
            limits = spread + 1e-6 * np.abs(one).max(axis=0) + 1e-30
        with np.errstate(invalid="ignore", over="ignore"):
            apart = np.abs(one - two)
            wrong = ~((apart <= limits) | (one == two))
        if not wrong.any():
            continue
        if not np.isfinite(two).all():
            return "NaN or infinity came"
        if not two.any():
            return "all are zeros; the sealed ones reach %.3g" % largest
        said = "%d of %d rows differ" % (wrong.any(axis=1).sum(), len(one))
        near = two.max(axis=0) - 1e-6 * np.abs(two).max() <= two.min(axis=0)
        if len(two) > 1 and near.all():
            return said + ", and all rows are equal now"
        return said + ", by up to %.3g; the sealed values reach %.3g" % (
            apart.max(),
            largest,
        )
    return ""


def compare(record, arrays, model, tolerance=SHARE):
    """Return a Report of a model beside what was sealed; nothing else is read."""
    names = [each["name"] for each in record["inputs"]]
    versions = compare_versions(record["versions"], find_versions(model))
    try:
        state = examine(model, record["given"], names, list(arrays["inputs"].values()))
    except Exception as error:  # whatever a model raises that is called with other inputs
        said = "it cannot be called with the sealed inputs: %s: %s" % (type(error).__name__, error)
        return Report([Finding("outputs", True, said, [])] + versions, [])
    found, compared, said = [], [], ""
    layered = bool(record["layers"] and state.layers)  # neither side is a function
    coarse = record["computes_in"] if record["layers"] else state.computes_in
    share = share_for(coarse, tolerance)
    if layered and coarse != state.computes_in:
        computes = "it computes in %s, and was sealed in %s" % (state.computes_in, coarse)
        versions.append(Finding("versions", False, computes, []))
    if record["repeatable"] and state.repeatable:
        wanted, got = list(arrays["outputs"].values()), order_like(arrays["outputs"], state.outputs)
        said = differ(wanted, got, share)
        # Where neither side is a dict, the caller takes outputs by their place in the list.
        if not said and not record.get("by_name", True) and not state.by_name:
            said = differ(wanted, list(state.outputs.values()), share)
            said = said and "the list of outputs comes in another order: %s; sealed %s" % (
                ", ".join(state.outputs),
                ", ".join(arrays["outputs"]),
            )
        compared.append("outputs of %d rows" % len(wanted[0]))
    else:
        twice = "the outputs are not compared: two calls with the same inputs differ"
        found.append(Finding("outputs", record["repeatable"], twice, []))
    weights, first = [], ""
    if layered:
        proven = bool(compared) and not said
        weights, first = compare_layers(record, arrays["layers"], state, share, proven)
        number = sum(bool(each["weights"]) for each in state.layers)
        if number:
            compared.append("weights of %d layer%s" % (number, "s" * (number != 1)))
    if said:
        found.append(Finding("outputs", True, said, [first] if first else []))
    if weights:
        layers = "%d of %d layers are not as sealed" % (len(weights), number)
        found.append(Finding("weights", True, layers, weights))
    if layered:
        found += compare_code(record["code"], state.code)
    if not compared:
        nothing = "nothing is left to compare: the model shows no weights either"
        found.append(Finding("outputs", True, nothing, []))
    return Report(found + versions, compared)


def compare_layers(record, samples, state, share, proven):
    """Return (one sentence for each layer whose weights differ, the first layer that differs).

    `proven`: the outputs are as sealed, so the order of a layer's weights does not matter.
    """
    weights, first = [], ""
    sealed = record["layers"]
    partners = match_layers(sealed, state.layers)
    for at, (layer, partner) in enumerate(zip(sealed, partners)):
        named = "%s (%s)" % (layer["name"], layer["class"])
        if partner is None:  # one without weights has other names in other releases
            said, output = "is missing" if layer["weights"] else "", ""
        else:
            said = differ_in_weights(layer["weights"], state.layers[partner]["weights"], proven)
            kept, now = samples.get("%04d" % at), state.samples[partner]
            known = kept is not None and now is not None
            output = differ_in_sample(kept, now, max(share, 1e-3)) if known else ""
        if said:
            weights.append("%s %s" % (named, said))
        if not first and (said or output):
            first = "the first layer that differs: %s %s" % (named, said or output)
    extra = [at for at, layer in enumerate(state.layers) if layer["weights"]]
    weights += ["%s was not there" % state.layers[at]["name"] for at in extra if at not in partners]
    return weights, first


def match_layers(sealed, ours):
    """Return, for each sealed layer, the place of ours: by name, or by order where names differ."""
    places = {layer["name"]: at for at, layer in enumerate(ours)}
    classes = [[layer["class"] for layer in side] for side in (sealed, ours)]
    if any(layer["name"] not in places for layer in sealed) and classes[0] == classes[1]:
        return list(range(len(sealed)))
    return [places.get(layer["name"]) for layer in sealed]


def differ_in_weights(sealed, ours, any_order):
    """Return how a layer's weights differ from the sealed ones, "" where they do not."""
    hashes = [[each["sha256"] for each in side] for side in (sealed, ours)]
    if sorted(hashes[0]) == sorted(hashes[1]):
        same = any_order or hashes[0] == hashes[1]
        return "" if same else "has its weights in another order"
    if len(sealed) != len(ours):
        return "has %d weights, not %d" % (len(ours), len(sealed))
    one, two = next(pair for pair in zip(sealed, ours) if pair[0]["sha256"] != pair[1]["sha256"])
    if one["shape"] != two["shape"]:
        return "has a weight of shape %s, not %s" % (two["shape"], one["shape"])
    if one.get("mean") is None or two.get("mean") is None:
        return "has another %s" % one["dtype"]
    if two["zeros"] == 1.0:
        return "has a weight that is all zeros, and was not"
    told = (two["mean"], two["deviation"], one["mean"], one["deviation"])
    return "has other numbers: mean %.3g, deviation %.3g; sealed %.3g, %.3g" % told


def differ_in_sample(kept, now, share):
    """Return how a layer's output differs from the sealed one, "" where it does not."""
    largest = float(np.abs(kept).max(initial=0.0))
    if kept.shape != now.shape:
        return "gives an output of another size, from weights that are as sealed"
    with np.errstate(invalid="ignore"):
        same = (np.abs(kept - now) <= share * largest) | (kept == now)
    if same.all():
        return ""
    return (
        "gives other outputs, from weights that are as sealed: look at its code and its arguments"
    )


def compare_code(sealed, ours):
    """Return what has changed in custom classes and functions."""
    known = {each["name"]: each["sha256"] for each in ours}
    changed = [
        each["name"]
        for each in sealed
        if each["sha256"] and known.get(each["name"]) and known[each["name"]] != each["sha256"]
    ]
    said = "changed since the model was sealed: %s" % ", ".join(changed)
    return [Finding("code", False, said, [])] if changed else []


def compare_versions(sealed, ours):
    """Return what was sealed with other releases than these."""
    spelled = (("tensorflow", "TensorFlow"), ("keras", "Keras"), ("numpy", "numpy"))
    told = [
        "%s %s, sealed with %s" % (name, ours[key], sealed.get(key))
        for key, name in spelled
        if sealed.get(key) != ours[key]
    ]
    return [Finding("versions", False, "; ".join(told), [])] if told else []


def compare_file(record, path):
    """Return whether the model file is another one than was sealed."""
    try:
        now = describe_file(path)
    except (OSError, SealError):
        return []
    if now["sha256"] == record["model"]["sha256"]:
        return []
    said = "%s was written again after it was sealed: %d bytes, sealed %d" % (
        now["name"],
        now["bytes"],
        record["model"]["bytes"],
    )
    return [Finding("file", False, said, [])]


def compare_inputs(record, arrays):
    """Return how inputs of today differ from the statistics that were sealed."""
    sealed, found = record["inputs"], []
    if len(sealed) != len(arrays):
        said = "%d arrays are fed, %d were sealed" % (len(arrays), len(sealed))
        return [Finding("inputs", True, said, [])]
    for one, values in zip(sealed, arrays):
        two, called = describe(values, True), one["name"] + ": " if len(sealed) > 1 else ""
        with np.errstate(all="ignore"):
            told = differ_in_inputs(one, two)
        if told:
            found.append(Finding("inputs", True, called + told, spell(one, two)))
        elif one["dtype"] != two["dtype"]:
            said = "%sthe dtype is %s, sealed %s" % (called, two["dtype"], one["dtype"])
            found.append(Finding("inputs", False, said, []))
        elif two.get("mean") is not None and has_few_rows(one):
            said = "%sthe statistics are of %d rows: columns are compared from %d rows on"
            said = said % (called, sum(one["shape"][:1]), FEW)
            found.append(Finding("inputs", False, said, []))
    return found


def spell(one, two):
    """Return sealed and present statistics, one line each."""
    line = "%s: from %.4g to %.4g, mean %.4g, deviation %.4g, %.0f %% zeros"
    return [
        line % ((when,) + tuple(each[key] for key in STATISTICS) + (100 * each["zeros"],))
        for when, each in (("sealed", one), ("now", two))
        if each.get("mean") is not None
    ]


def differ_in_inputs(one, two):
    """Return what is wrong with inputs beside the sealed ones, "" for nothing."""
    if one["shape"][1:] != two["shape"][1:]:
        return "a row has the shape %s, sealed %s" % (two["shape"][1:], one["shape"][1:])
    if one.get("mean") is None or two.get("mean") is None:
        return "" if one["dtype"] == two["dtype"] else "not the kind of values that was sealed"
    if two["not_finite"] and not one["not_finite"]:
        return "%d values are NaN or infinite" % two["not_finite"]
    size = float(np.prod(two["shape"]))
    if two["zeros"] == 1.0 and one["zeros"] ** size < 1e-6:  # not by chance
        return "all values are zero"
    columns = [each.get("columns") for each in (one, two)]
    if not all(columns):
        columns = [{key: [each[key]] for key in STATISTICS} for each in (one, two)]
    columns = [{key: np.array(each[key]) for key in each} for each in columns]
    few = has_few_rows(one)
    standard, raw = zip(*(standardised(each) for each in columns))
    if standard[1] and raw[0] and not few:
        return "they are standardised, and the sealed ones were not"
    if standard[0] and raw[1] and not few and differ_in_columns(*columns):
        return "they are not standardised, and the sealed ones were"
    most = FACTOR_OF_FEW if few else FACTOR
    reach = [max(abs(each["minimum"]), abs(each["maximum"])) for each in (one, two)]
    numbered = all("int" in each["dtype"] for each in (one, two))  # words by their numbers
    if reach[0] and reach[1] and not numbered and not LEAST < reach[1] / reach[0] < most:
        times = reach[1] / reach[0]
        said = "the values reach %.4g, sealed %.4g" % (reach[1], reach[0])
        if 200 < times < 300:
            return said + ": a division by 255 is missing"
        if 200 < 1 / times < 300:
            return said + ": they are divided by 255 once too often"
        return said + ": another scale"
    if few:
        return ""
    if min(one["minimum"], 0) <= two["minimum"] and two["maximum"] <= max(one["maximum"], 0):
        steady = columns[0]["deviation"] == 0  # a column that was always 0 may be 1 today
        columns[0]["deviation"] = np.where(steady, np.inf, columns[0]["deviation"])
    return differ_in_columns(*columns)


def has_few_rows(sealed):
    """Return whether an input was sealed with too few rows to compare its columns."""
    return sum(sealed["shape"][:1]) < FEW


def standardised(columns):
    """Return whether columns have mean 0 and deviation 1, and whether they clearly have not."""
    mean, deviation = np.abs(columns["mean"]), columns["deviation"]
    near = mean.max() < 0.2 and np.abs(deviation - 1).max() < 0.3
    return near, mean.max() > 1 or deviation.max() > 2 or deviation.max() < 0.5


def differ_in_columns(one, two):
    """Return which columns lie far from the sealed ones, and whether another order would fit.

    Whole numbers may be the codes of words: rare ones, and the places behind a padding, lie far
    from any mean in healthy inputs too.
    """
    if not (one["minimum"] % 1).any() and not (one["maximum"] % 1).any():
        return ""
    spread = one["deviation"] + 1e-6 * np.abs(one["mean"]) + 1e-12
    away = np.abs(two["mean"][:, None] - one["mean"]) / spread  # (now, sealed)
    outside = (two["mean"] < one["minimum"]) | (two["mean"] > one["maximum"])
    far = int((outside & (np.diag(away) > FAR)).sum())
    if not far:
        return ""
    nearest = away.argmin(axis=1)
    if len(set(nearest.tolist())) == len(nearest) and (away.min(axis=1) < 1.0).all():
        return "the columns come in another order: as if sealed columns %s" % nearest.tolist()
    worst = int(np.where(outside, np.diag(away), 0).argmax())
    said = "%d of %d columns lie far from the sealed ones" % (far, len(away))
    means = (worst, two["mean"][worst], one["mean"][worst])
    return said + ": column %d has the mean %.4g, sealed %.4g" % means
