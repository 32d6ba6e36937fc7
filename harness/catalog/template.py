"""The file that `new` writes, and what of it is still in a scenario that was made from it."""

import ast

TEMPLATE = '''"""Say in one sentence what goes wrong.

Symptom:
    What the user sees, in words they would search for.
Cause:
    The mechanism.
Fix:
    What the fixed path does, and when to prefer it.
Spot it:
    The quickest check on one's own model.
Evidence:
    An issue, a release note or a source line.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {{
    "id": "{identifier}",
    "family": "{family}",
    "tensorflow": ">=2.13",
    "seed": 0,
    "expect": {{"restore_broken": "differs", "restore_fixed_same_scale": "match"}},
    "minutes": 5,
    "hints": ["A nudge.", "Where to look.", "Nearly the answer."],
}}


def save(artifact, seed):
    draw = np.random.default_rng(seed)
    inputs = draw.normal(size=(64, 4)).astype("float32")
    targets = inputs.sum(axis=1, keepdims=True)
    model = tf.keras.Sequential([tf.keras.Input((4,)), tf.keras.layers.Dense(1)])
    kernel = np.linalg.lstsq(inputs, targets, rcond=None)[0]  # what training would have found
    model.layers[0].set_weights([kernel, np.zeros(1)])
    model.save(artifact + "/model.keras")
    return inputs, model.predict_on_batch(inputs), model


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    return lambda inputs: model.predict_on_batch(inputs / 10), model  # the mistake


def restore_fixed_same_scale(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    return model.predict_on_batch, model
'''


def find_leftovers(source: str) -> list[tuple[int, str]]:
    """Return (line, sentence) for every text of the template that is still in a scenario's file.

    `save` and the fixed path of the template may stay: they are sound. Its mistake may not.
    """
    template, tree = ast.parse(TEMPLATE.format(identifier="", family="")), ast.parse(source)
    placeholders = {each.strip() for each in (ast.get_docstring(template) or "").splitlines()}
    placeholders = {each for each in placeholders if each.endswith(".")} | find_texts(template)
    found = [
        (line, f"the template's text is still there: {text!r}")
        for text in placeholders
        for line, written in enumerate(source.splitlines(), 1)
        if written.strip().strip("\"'[],") == text or f'"{text}"' in written
    ]
    mistake = dump_function(template)
    found += [
        (node.lineno, "restore_broken is still the template's")
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and ast.dump(node) == mistake
    ]
    return sorted(found)


def find_texts(template: ast.Module) -> set[str]:
    """Return the template's hints."""
    declared = next(each for each in template.body if isinstance(each, ast.Assign))
    return set(ast.literal_eval(declared.value)["hints"])


def dump_function(template: ast.Module) -> str:
    """Return the template's mistake, its broken path, in a form that can be compared."""
    functions = (each for each in template.body if isinstance(each, ast.FunctionDef))
    return next(ast.dump(each) for each in functions if each.name == "restore_broken")
