"""A mixed_float16 model of Keras 2 does not load in Keras 3: its dtype policy is read as a str.

Symptom:
    AttributeError: 'str' object has no attribute 'quantization_mode' (Keras 3.3: 'variable_dtype')
    from load_model, for .keras and .h5 alike. The same model without
    mixed_precision.set_global_policy("mixed_float16") loads.
Cause:
    Keras 2 writes the policy of each layer as {"class_name": "Policy", ...}. Keras 3 calls that
    class DTypePolicy. Keras 3 does not find the old name, and returns the word "Policy" itself, a
    str. from_config then reads quantization_mode of that str.
Fix:
    rebuild: build the model in code under the same policy, then load_weights on the file.
    edited: needs no code. In a copy of the .keras file replace each policy by its name: Keras 3
    accepts "mixed_float16" as a dtype. No cure: custom_objects={"Policy": tf.keras.DTypePolicy},
    which works up to Keras 3.6 and fails in 3.15.
    To predict, float32 is enough: rebuild without the policy agrees to a few thousandths.
Spot it:
        b'"Policy"' in zipfile.ZipFile("model.keras").read("config.json")
Evidence:
    Measured with this file, written by TensorFlow 2.15: the error in Keras 3.3.3 and from 3.4.1 to
    3.15.1; match in Keras 3.0.5, 3.1.1 and 3.2.1, in 2.15.0 and in tf_keras 2.21.
"""
import json
import zipfile

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "mixed-float16-policy",
    "family": "version",
    "tensorflow": ">=2.15",  # the readers; `save` wrote the committed files in TensorFlow 2.15.0
    "artifact": {"writer": "2.15.0", "folder": "mixed_float16_policy"},
    "seed": 0,
    "expect": {
        "restore_broken": [
            {"keras": ">=3.4", "verdict": "error", "why": "The policy is read as a str.",
             "raises": "'str' object has no attribute 'quantization_mode'"},
            {"keras": ">=3.3", "verdict": "error", "why": "The policy is read as a str.",
             "raises": "'str' object has no attribute 'variable_dtype'"},
            {"verdict": "match"}],
        "restore_fixed_rebuild": "match",
        "restore_fixed_edited": "match",
    },
    "minutes": 6,
    "hints": [
        "The message is not about your code. Which part of a layer's config is not a number?",
        "Read config.json in the archive and look at the \"dtype\" of a layer.",
        "Keras 3 takes a policy's name, \"mixed_float16\", in place of the whole object.",
    ],
}


def build():
    return tf.keras.Sequential([
        tf.keras.Input((4,)), tf.keras.layers.Dense(8, "tanh"), tf.keras.layers.Dense(1)])


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    leaf = rng.normal(size=(64, 4)).astype("float32")  # length, width, hue, age: z-scores
    chlorophyll = 2 + leaf[:, :1] - np.tanh(leaf[:, 2:3])  # milligrams per gram
    tf.keras.mixed_precision.set_global_policy("mixed_float16")
    model = build()
    model.layers[0].set_weights([0.5 * rng.normal(size=(4, 8)), rng.normal(size=8)])
    hidden = np.column_stack([model.layers[0](leaf), np.ones(len(leaf))]).astype("float32")
    head = np.linalg.lstsq(hidden, chlorophyll, rcond=None)[0]  # in place of a training
    model.layers[1].set_weights([head[:-1], head[-1]])
    model.save(artifact + "/model.keras")
    return leaf, model(leaf).numpy(), model


def restore_broken(artifact, file="/model.keras"):
    model = tf.keras.models.load_model(artifact + file, compile=False)
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_rebuild(artifact):
    tf.keras.mixed_precision.set_global_policy("mixed_float16")
    model = build()
    model.load_weights(artifact + "/model.keras")
    return lambda inputs: model(inputs).numpy(), model


def name_policies(node):
    if isinstance(node, dict) and node.get("class_name") == "Policy":
        return node["config"]["name"]
    if isinstance(node, dict):
        return {key: name_policies(value) for key, value in node.items()}
    return [name_policies(each) for each in node] if isinstance(node, list) else node


def restore_fixed_edited(artifact):
    with zipfile.ZipFile(artifact + "/model.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["config.json"] = json.dumps(name_policies(json.loads(members["config.json"].decode())))
    with zipfile.ZipFile(artifact + "/edited.keras", "w") as copy:
        for name, content in members.items():
            copy.writestr(name, content)
    return restore_broken(artifact, "/edited.keras")
