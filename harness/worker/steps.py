"""Run one step of one scenario in this process and write down what happened.

A step is a dict, made by harness/processes/step.py:
    source, function, kind ("save" or "restore"), seed (None: one is drawn here, and nobody else
    knows it), device, logical_cpus, cores,
    artifact (folder), reference (npz file), folder (where the result goes), timing (bool),
    dose (a number for a path that takes one, else absent or None),
    note_side_effects (bool: note what it does beyond its folder),
    stdout (a file for what it prints, apart from what is logged; absent or "": the log).
The result is `result.json` in the folder, and for a restore `predictions.npz` beside it.
"""

import json
import os
import random
import re
import tempfile
import time
import traceback
import types

import numpy as np

from .cores import pin_threads
from .devices import assert_placement, prepare_device
from .memory import growth_since, resident_bytes
from .side_effects import SideEffects
from .stopwatch import measure, time_call
from .weights import collect_weights

# Not importable, and never in sys.modules: Keras 3.0-3.6 finds a class by importing the module it
# was defined in, which would cure a broken path that lacks `custom_objects`.
SCENARIO_MODULE = "restorebench scenario"
SEEDS = 1 << 31  # so many that no script can try them all; TensorFlow's own seeds end there
COLOURS = re.compile(r"\x1b\[[0-9;]*m")  # Keras 3 prints some sentences in bold


def keep_to_scratch(folder):
    """Work in a folder that is thrown away; temporary files, autograph's for one, go there too."""
    scratch = os.path.join(folder, "scratch")
    os.makedirs(scratch, exist_ok=True)
    os.chdir(scratch)
    tempfile.tempdir = scratch
    os.environ["TMPDIR"] = os.environ["TMP"] = os.environ["TEMP"] = scratch


def load_scenario(source):
    """Execute the scenario file `source` under a name nothing can import; return the module."""
    module = types.ModuleType(SCENARIO_MODULE)
    module.__file__ = source
    with open(source, encoding="utf-8") as text:
        code = compile(text.read(), source, "exec")
    exec(code, module.__dict__)
    return module


def seed_everything(tf, seed):
    """Seed Python, numpy, TensorFlow and Keras alike, in every release since 1.15."""
    random.seed(seed)
    np.random.seed(seed)
    getattr(tf.random, "set_seed", tf.compat.v1.set_random_seed)(seed)
    if hasattr(tf.keras.utils, "set_random_seed"):  # since TensorFlow 2.7
        tf.keras.utils.set_random_seed(seed)


def write_atomically(path, write):
    """Let `write(file)` fill a new file and move it to `path` only when it is whole."""
    with open(path + ".part", "wb") as part:
        write(part)
    os.replace(path + ".part", path)


def save_arrays(path, predictions, inputs=None, weights=()):
    """Write one npz: `predictions`, `inputs`, `weight.0000`, `weight.0001`, ...

    numpy's file format does not know TensorFlow's own dtypes: they are kept as float32, which
    holds every bfloat16 and float8, and their names as `predictions.dtype` and `inputs.dtype`.
    """
    arrays = {"weight.%04d" % index: widen(weight) for index, weight in enumerate(weights)}
    for name, values in (("predictions", predictions), ("inputs", inputs)):
        if values is not None:
            values = np.asarray(values)
            arrays[name] = widen(values)
            if arrays[name].dtype != values.dtype:
                arrays[name + ".dtype"] = np.array(values.dtype.name)
    write_atomically(path, lambda part: np.savez(part, **arrays))


def widen(values):
    """Return an array as float32 where its dtype is none of numpy's own, else as it is."""
    values = np.asarray(values)
    own = values.dtype.isbuiltin != 2  # 2: another package has registered it
    return values if own else values.astype(np.float32)


def read_inputs(tf, path):
    """Return the inputs of a reference, in the dtype they had."""
    with np.load(path) as reference:
        inputs = reference["inputs"]
        if "inputs.dtype" in reference.files:
            inputs = inputs.astype(tf.as_dtype(str(reference["inputs.dtype"])).as_numpy_dtype)
    return inputs


def run_save(tf, step, function):
    """Let the scenario train and save; keep inputs, reference predictions and weights."""
    result = function(step["artifact"], step["seed"])
    inputs, predictions = result[0], np.asarray(result[1])
    weights = collect_weights(tf, result[2]) if len(result) > 2 else []
    save_arrays(step["reference"], predictions, inputs, weights)
    return {"rows": len(predictions)}


def run_restore(tf, step, function):
    """Restore, predict, and time it. Predictions are written before any steady timing begins."""
    inputs = read_inputs(tf, step["reference"])
    before = resident_bytes()
    started = time.perf_counter_ns()
    dosed = {} if step.get("dose") is None else {"dose": step["dose"]}
    restored = function(step["artifact"], **dosed)
    loaded = time.perf_counter_ns()
    predict, model = restored if isinstance(restored, tuple) else (restored, None)
    first_call, predictions = time_call(predict, inputs)
    weights = collect_weights(tf, model) if model is not None else []
    save_arrays(os.path.join(step["folder"], "predictions.npz"), predictions, weights=weights)
    result = {"rows": len(inputs)}
    if step["device"] != "CPU:0" or step.get("logical_cpus"):
        result["placement"] = assert_placement(tf, step["device"], predict(inputs), model)
    if step["timing"]:
        timing = {"load_ms": (loaded - started) / 1e6, "first_call_ms": first_call / 1e6}
        steady, samples = measure(predict, inputs)
        timing.update(steady)
        timing["memory_growth_bytes"] = growth_since(before)
        samples_path = os.path.join(step["folder"], "samples.npy")
        write_atomically(samples_path, lambda part: np.save(part, samples))
        result["timing"] = timing
    return result


def start_device(tf, step):
    """Configure the device and start TensorFlow's context now: no load is billed for it."""
    prepare_device(tf, step["device"], step.get("logical_cpus", 0))
    if tf.executing_eagerly():
        tf.zeros(())


def describe_error(error):
    """Return type, message and traceback of an exception, also of one that cannot be printed."""
    try:
        message = str(error)
    except BaseException as second:  # whatever a scenario's __str__ does
        message = "(its __str__ raises %s)" % type(second).__name__
    try:
        trace = traceback.format_exc()
    except BaseException:
        trace = None
    return {
        "type": type(error).__name__,
        "message": make_printable(COLOURS.sub("", message)),
        "traceback": None if trace is None else make_printable(COLOURS.sub("", trace)),
    }


def make_printable(text):
    """Return `text` without halves of characters, which no terminal and no file takes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def run_step(tf, step):
    """Run `step` with the imported TensorFlow `tf`; always leaves a `result.json`, never raises.

    `error` in the result holds type, message and traceback of whatever the scenario raised.
    """
    begun, side_effects = time.process_time(), None
    if step.get("cores"):
        pin_threads(step["cores"])
    if step.get("stdout"):
        os.dup2(os.open(step["stdout"], os.O_CREAT | os.O_WRONLY | os.O_APPEND), 1)
    try:
        start_device(tf, step)
        scenario = load_scenario(step["source"])
        if step["seed"] is None:
            step["seed"] = int.from_bytes(os.urandom(8), "big") % SEEDS
        seed_everything(tf, step["seed"])
        if step.get("note_side_effects"):
            side_effects = SideEffects([step["folder"], step["artifact"]])
        run = run_save if step["kind"] == "save" else run_restore
        with tf.device("/" + step["device"]):
            result = run(tf, step, getattr(scenario, step["function"]))
        result["error"] = None
    except BaseException as error:  # SystemExit and KeyboardInterrupt are the scenario's doing too
        result = {"error": describe_error(error)}
    if side_effects is not None:
        result["side_effects"] = [make_printable(each) for each in side_effects.sentences]
    result["cpu_ms"] = (time.process_time() - begun) * 1e3
    text = json.dumps(result).encode("utf-8")
    write_atomically(os.path.join(step["folder"], "result.json"), lambda part: part.write(text))
