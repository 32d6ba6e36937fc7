"""What `bench` times: one kind of call of one restored model.

A request to open a workload has
    kind: path, load, first_call, predict, predict_on_batch, call, function, xla or signature,
    source, function, artifact, reference (npz), seed: a scenario's path; or
    model, code (or None), trusted, inputs (npz of `names`, `000`, ...): a user's saved model,
    expected: an npz of `000`, ... and `tolerance-000`, ...; None: the first predictions count,
    folder: takes `predictions.npz`, and what is exported,
    device: "CPU:0", "GPU:0" or, with `logical_cpus`, "CPU:1".
"""

import os
import time

import numpy as np

from .bench_injection import make_injection
from .devices import assert_placement
from .memory import growth_since, resident_bytes
from .restore_model import flatten, load_keras, open_keras, open_signature
from .steps import load_scenario, read_inputs, seed_everything
from .stopwatch import warm_up

NEEDS_MODEL = ("predict", "predict_on_batch", "call", "function", "xla", "signature")


class NotApplicable(Exception):
    """This kind of call does not exist for this model or in this release."""


class Workload:
    """One kind of call, ready to be timed: `call(argument)` returns a list of arrays.

    `prepare` is None, or returns the call that is to be timed once.
    """

    def __init__(self, call, argument, expected, prepare=None, finish=None):
        self.call, self.argument, self.prepare = call, argument, prepare
        self.expected, self.finish = expected, finish
        self.before = resident_bytes()
        self.opened = {}
        self.injections = {}

    def growth(self):
        """Return resident bytes gained since the workload was opened, or None."""
        return growth_since(self.before)

    def make_injection(self, inject):
        """Return a function that takes so long; calibrated once."""
        key = (inject["kind"], inject["ns"])
        if key not in self.injections:
            self.injections[key] = make_injection(*key, call=lambda: workload_once(self))
        return self.injections[key]

    def is_right(self, result):
        """Say whether one timed result is what is expected, within the tolerance."""
        if self.finish is not None:
            result = self.finish(result)
        if len(result) != len(self.expected):
            return False
        return all(is_close(one, *other) for one, other in zip(result, self.expected))


def is_close(values, expected, tolerance):
    """Say whether an array is the expected one; text must be equal, NaN may be where NaN is."""
    if values.shape != expected.shape:
        return False
    if values.dtype.kind not in "fiub" or expected.dtype.kind not in "fiub":
        return bool((values.astype(str) == expected.astype(str)).all())
    with np.errstate(invalid="ignore", over="ignore"):
        near = np.abs(values.astype("float64") - expected.astype("float64")) <= tolerance
    return bool((near | ((values != values) & (expected != expected))).all())


def open_workload(tf, request):
    """Restore the model and return the workload, its first calls made and its warm-up over.

    The device must have been started, and must be TensorFlow's scope here and in every block.
    """
    np.random.seed(request["seed"])
    seed_everything(tf, request["seed"])
    given, load = open_scenario(tf, request) if "source" in request else open_model(tf, request)
    kind = request["kind"]
    predict, model = load()
    if kind in NEEDS_MODEL and model is None:
        raise NotApplicable("this path returns no model, only a function")
    call, argument = make_call(tf, kind, predict, model, given, request["folder"])
    first = call(argument)
    if request["device"] != "CPU:0":
        assert_placement(tf, request["device"], first, model)
    save_predictions(request["folder"], first)
    expected = read_expected(request["expected"]) or [(one, 0.0) for one in first]
    if kind == "load":

        def predict_after(loaded):
            return loaded[0](given)

        workload = Workload(lambda _: load(), None, expected, finish=predict_after)
    elif kind == "first_call":
        workload = Workload(call, given, expected, prepare=lambda: load()[0])
    else:
        workload = Workload(call, argument, expected)
        warm_up(lambda it: call(it)[0], argument)
    workload.opened = {
        "ns": min(time_once(workload) for _ in range(3)),
        "rows": len(first[0]) if first[0].ndim else 1,
        "right": workload.is_right(workload_once(workload)),
    }
    workload.before = resident_bytes()
    return workload


def workload_once(workload):
    """Make one call as it will be timed; return its result."""
    call = workload.prepare() if workload.prepare else workload.call
    return call(workload.argument)


def time_once(workload):
    """Return the nanoseconds of one call."""
    call = workload.prepare() if workload.prepare else workload.call
    begun = time.perf_counter_ns()
    call(workload.argument)
    return time.perf_counter_ns() - begun


def open_scenario(tf, request):
    """Return (inputs, load) of a scenario's path; `load()` gives (predict, model or None)."""
    inputs = read_inputs(tf, request["reference"])
    path = getattr(load_scenario(request["source"]), request["function"])

    def load():
        restored = path(request["artifact"])
        predict, model = restored if isinstance(restored, tuple) else (restored, None)
        return (lambda given: [np.asarray(predict(given))]), model

    return inputs, load


def open_model(tf, request):
    """Return (inputs, load) of a user's saved model, its inputs in the model's own order."""
    from .model_inputs import read_inputs as order_inputs

    saved_model = os.path.isdir(request["model"])
    step = dict(request, custom=[], architecture=None)

    def load():
        if saved_model:
            specs, _, predict, _ = open_signature(tf, request["model"])
            model = None
        else:
            model, _ = load_keras(tf.keras, step)
            specs, _, predict = open_keras(model)
        load.specs = specs
        return (lambda given: predict(as_list(given))), model

    load()
    arrays = order_inputs(request["inputs"], load.specs)
    return arrays[0] if len(arrays) == 1 else arrays, load


def as_list(given):
    """Return the arrays of an input that may be one array."""
    return given if isinstance(given, list) else [given]


def make_call(tf, kind, predict, model, given, folder):
    """Return (call, argument): the call gives a list of arrays, whatever the kind."""
    if kind in ("path", "load", "first_call"):
        return predict, given
    if kind == "predict":
        return (lambda it: flatten(model.predict(it, verbose=0))), given
    if kind == "predict_on_batch":
        return (lambda it: flatten(model.predict_on_batch(it))), given
    if not tf.executing_eagerly():
        raise NotApplicable("TensorFlow %s does not execute eagerly" % tf.__version__)
    tensors = [tf.constant(each) for each in as_list(given)]
    tensor = tensors if isinstance(given, list) else tensors[0]
    if kind == "call":
        return (lambda it: flatten(model(it, training=False))), tensor
    if kind == "signature":
        _, _, served, _ = open_signature(tf, export(tf, model, folder))
        return served, as_list(given)

    def run(it):
        return model(it, training=False)

    compiled = compile_xla(tf, run) if kind == "xla" else tf.function(run)
    return (lambda it: flatten(compiled(it))), tensor


def compile_xla(tf, run):
    """Return a function that XLA compiles; the option has had two names."""
    try:
        return tf.function(run, jit_compile=True)  # since 2.5
    except TypeError:
        return tf.function(run, experimental_compile=True)


def export(tf, model, folder):
    """Write the model as a SavedModel; return its folder."""
    path = os.path.join(folder, "exported")
    if hasattr(model, "export"):  # Keras 2.13 and later
        model.export(path)
    else:
        tf.saved_model.save(model, path)
    return path


def save_predictions(folder, arrays):
    """Keep the first predictions, from which the harness makes what is expected."""
    named = {"%03d" % index: plain(array) for index, array in enumerate(arrays)}
    np.savez(os.path.join(folder, "predictions.npz"), **named)


def plain(array):
    """Return an array that can be kept without pickling."""
    array = np.asarray(array)
    if array.dtype.kind == "O":
        return array.astype(str)
    return array if array.dtype.isbuiltin != 2 else array.astype(np.float32)


def read_expected(path):
    """Return [(array, tolerance), ...] of the expected predictions; None where none are given."""
    if path is None:
        return None
    with np.load(path) as kept:
        names = sorted(name for name in kept.files if not name.startswith("tolerance"))
        return [(kept[name], kept["tolerance-" + name]) for name in names]


def describe_kernels(tf):
    """Return which threads and kernels this release has chosen, as far as it says so."""
    threading = getattr(tf.config, "threading", None)
    found = {"affinity": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None}
    if threading is not None:
        found["inter_op"] = threading.get_inter_op_parallelism_threads()
        found["intra_op"] = threading.get_intra_op_parallelism_threads()
    if hasattr(os, "getpriority"):
        found["nice"] = os.getpriority(os.PRIO_PROCESS, 0)
    found["onednn"] = os.environ.get("TF_ENABLE_ONEDNN_OPTS", "default")
    return found
