"""Executes the "Spot it" of a lesson in one program of its scenario. Runs in the worker.

`case.json` beside the artifact names the scenario, one path, the `code` of the section, and what
to bind before (`setup`). The names that the code finds are those of a reader who has stopped in
that program: the variables of the path and of its predict, the scenario's own, and `inputs`, what
the model was given last. What it prints, as Python's prompt would, is kept in `printed.txt`.
"""

import ast
import contextlib
import importlib
import io
import json
import os
import sys

import numpy as np
import tensorflow as tf

MODULES = ("h5py", "inspect", "json", "os", "re", "zipfile")  # what a reader imports first


def load_scenario(source):
    """Execute the scenario as the worker does, under a name that nothing can import."""
    steps = next(each for name, each in sys.modules.items() if name.endswith("worker.steps"))
    return steps.load_scenario(source)


@contextlib.contextmanager
def keep_variables(source, found):
    """Keep the variables of every function of `source` that returns."""

    def look(frame, event, _):
        if event == "return" and frame.f_code.co_filename == source:
            found.update(frame.f_locals)

    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(None)


@contextlib.contextmanager
def keep_inputs(found):
    """Keep what the outermost model is given, as `inputs`."""
    depth = []
    kept = {name: getattr(tf.keras.Model, name) for name in ("__call__", "predict_on_batch")}

    def wrap(method):
        def call(model, *arguments, **options):
            if not depth and arguments and not isinstance(arguments[0], tf.keras.KerasTensor):
                found["inputs"] = arguments[0]
            depth.append(model)
            try:
                return method(model, *arguments, **options)
            finally:
                depth.pop()

        return call

    for name, method in kept.items():
        setattr(tf.keras.Model, name, wrap(method))
    try:
        yield
    finally:
        for name, method in kept.items():
            setattr(tf.keras.Model, name, method)


def execute(code, names):
    """Execute `code` statement by statement, as Python's prompt does; return what is printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        for statement in ast.parse(code).body:
            exec(compile(ast.Interactive([statement]), "Spot it", "single"), names)
    return printed.getvalue()


def restore(artifact):
    base = os.path.dirname(artifact)
    with open(os.path.join(base, "case.json"), encoding="utf-8") as text:
        case = json.load(text)
    with np.load(os.path.join(base, "reference.npz")) as reference:
        raw, wanted = reference["inputs"], reference["predictions"]
    names = dict(load_scenario(case["source"]).__dict__, np=np, tf=tf, artifact=artifact)
    names.update({name: importlib.import_module(name) for name in MODULES}, raw=raw, wanted=wanted)
    fed = {"inputs": raw}
    with keep_variables(case["source"], names), keep_inputs(fed):
        try:
            names["program"] = names[case["path"]]
            restored = names["program"](artifact)
            predict = restored[0] if isinstance(restored, tuple) else restored
            predictions = np.asarray(predict(raw))
        except Exception as error:  # the program that the reader has may end in one
            predict = predictions = error
    names.update(fed, predict=predict, predictions=predictions)
    os.chdir(artifact)
    exec(case["setup"], names)
    printed = execute(case["code"], names)
    with open(os.path.join(base, "printed.txt"), "w", encoding="utf-8") as text:
        text.write(printed)
    return lambda inputs: np.zeros(len(inputs))
