"""The ladder of the README, "Your restored model predicts zeros tonight?", works as printed.

Every Python block of it is run, in order, on a model in which what each rung looks for is planted.
"""

import ast
import os
import re
import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY

PLANT = """
import numpy as np
import tensorflow as tf

class Forgetful(tf.keras.layers.Layer):
    def __init__(self, factor=1.0, kept=3, **kwargs):
        super().__init__(**kwargs)
        self.factor, self.kept = factor, kept

    def call(self, inputs):
        return inputs * self.factor

    def get_config(self):
        return {**super().get_config(), "kept": self.kept}

class Plain(tf.keras.layers.Layer):
    def call(self, inputs):
        return inputs

class Stateful(tf.keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.scale, self.several = tf.Variable(2.0), [tf.Variable(1.0)]
        self.inner = [tf.keras.layers.Dense(2, name="in_a_list")]

    def call(self, inputs):
        return self.inner[0](inputs) * self.scale * self.several[0]

def relu(x):
    return tf.nn.leaky_relu(x)

rescaling = tf.keras.layers.Rescaling(1 / 9, name="rescaling_inside")
nested = [tf.keras.Input((2,)), rescaling, tf.keras.layers.Dense(4, relu, name="own")]
model = tf.keras.Sequential([
    tf.keras.Input((2,)), tf.keras.Sequential(nested), Plain(), Forgetful(name="forgetful"),
    Stateful(name="stateful"), tf.keras.layers.Dense(2, "relu", name="builtin"),
    tf.keras.layers.Dense(1, "sigmoid", kernel_initializer="zeros", name="head"),
])
inputs = np.full((8, 2), 300.0, "float32")
model.save("model.keras")
"""

# A model in which no rung has anything to find: a class of the user's own that is written rightly.
SOUND = """
import numpy as np
import tensorflow as tf

class Scaled(tf.keras.layers.Layer):
    def __init__(self, factor=1.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def build(self, shape):
        self.shift = self.add_weight(name="shift", shape=(shape[-1],), initializer="ones")

    def call(self, inputs):
        return inputs * self.factor + self.shift

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}

inner = tf.keras.Sequential([tf.keras.Input((2,)), tf.keras.layers.Dense(4, "relu", name="inner")])
model = tf.keras.Sequential([
    tf.keras.Input((2,)), inner, Scaled(2.0, name="scaled"),
    tf.keras.layers.Dense(1, "sigmoid", name="head"),
])
inputs = np.random.default_rng(0).normal(size=(4096, 2)).astype("float32")
model.save("model.keras")
"""


def read_blocks():
    """Return the Python blocks of the ladder, in order."""
    text = (REPOSITORY / "README.md").read_text()
    ladder = text[text.index("## Your restored model") : text.index("## Commands")]
    blocks = re.findall(r"^( *)```python\n(.*?)^\1```$", ladder, re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", block, flags=re.MULTILINE) for indent, block in blocks]


def climb(model, legacy, folder):
    """Return what each block of the ladder prints for a model, in Keras 3 or in Keras 2."""
    numbered = [
        f"print('\\nBLOCK {number}')\n{block}" for number, block in enumerate(read_blocks())
    ]
    environment = {**os.environ, "TF_USE_LEGACY_KERAS": legacy, "CUDA_VISIBLE_DEVICES": "-1"}
    ended = subprocess.run(
        [sys.executable, "-c", "\n".join([model, *numbered])],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    return re.split(r"\nBLOCK \d+\n", ended.stdout)[1:]


@pytest.mark.tensorflow
@pytest.mark.parametrize("legacy", ["0", "1"], ids=["keras-3", "keras-2"])
def test_every_rung_shows_what_is_wrong_with_a_model(legacy, tmp_path):
    printed = climb(PLANT, legacy, tmp_path)
    raw, _, columns, activations, arguments, variables, head, weights, release = printed
    assert "(8, 1) float32 [[0.5]" in raw
    assert "[300. 300.] [0. 0.]" in columns
    assert "'rescaling_inside'" in columns
    modules = dict(ast.literal_eval(activations))
    assert modules["own"] == "__main__"
    assert "keras" in modules["builtin"]
    assert modules.keys() >= {"in_a_list", "head"}
    assert arguments.split("\n")[:2] == ["forgetful {'factor'}", "stateful set()"]
    assert {"stateful scale", "stateful several"} <= {*variables.splitlines()}
    if legacy == "0":
        assert len(variables.splitlines()) == 2, "nothing that Keras 3 saves is named"
    assert "[[0.]" in head
    assert "head [0.0, 0.0]" in weights.splitlines()
    assert "keras_version" in release


@pytest.mark.tensorflow
@pytest.mark.parametrize("legacy", ["0", "1"], ids=["keras-3", "keras-2"])
def test_no_rung_finds_anything_in_a_sound_model(legacy, tmp_path):
    printed = climb(SOUND, legacy, tmp_path)
    raw, _, columns, activations, arguments, variables, head, weights, _ = printed
    assert "(4096, 1) float32" in raw
    numbers = [float(each) for each in re.findall(r"-?\d+\.\d*(?:e-?\d+)?", columns)]
    assert [round(each, 1) for each in numbers] == [0.0, 0.0, 1.0, 1.0]
    assert not any(word in columns for word in ("rescaling", "normalization"))
    assert all("keras" in module for _, module in ast.literal_eval(activations))
    assert set(re.findall(r"(?m)^\w+ (.+)$", arguments)) == {"set()"}
    assert not variables.strip() or legacy == "1"  # Keras 2 saves such a variable
    assert "[[0.]" not in head
    assert "head [0.0" not in weights
