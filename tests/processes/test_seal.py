"""Seals of real models, with this environment's TensorFlow."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from harness import api
from harness.environments.resolve import OWN, open_environment
from harness.errors import UsageError
from harness.processes.cage import find_obstacle
from harness.seals.run import NotSealed
from tests.conftest import REPOSITORY

pytestmark = pytest.mark.tensorflow
TRUSTED = bool(find_obstacle())

LAYERS = """
import tensorflow as tf

class Scale(tf.keras.layers.Layer):
    def __init__(self, factor=1.0, **options):
        super().__init__(**options)
        self.factor = factor

    def call(self, inputs):
        return inputs * self.factor

    def get_config(self):
        return super().get_config()  # forgets the factor
"""
SAVE = """
import numpy as np
from layers import Scale
import tensorflow as tf
from restorebench_seal import seal, verify

tf.keras.utils.set_random_seed(0)
inputs = np.random.default_rng(0).normal([5, 50, -20], [1, 10, 3], (100, 3)).astype("float32")
np.save("x.npy", inputs)

def dense():
    return tf.keras.Sequential(
        [tf.keras.Input((3,)), tf.keras.layers.Dense(4, "tanh", name="hidden"),
         tf.keras.layers.BatchNormalization(name="norm"), tf.keras.layers.Dense(2, name="out")],
        name="inner",
    )

model = dense()
model.save("dense.keras")
seal(model, inputs, "dense.keras")
print(verify(tf.keras.models.load_model("dense.keras"), "dense.keras", inputs))

first = tf.keras.Input((3,), name="first")
second = tf.keras.Input((2,), dtype="int32", name="second")
words = tf.keras.layers.Flatten()(tf.keras.layers.Embedding(9, 2, name="words")(second))
joined = tf.keras.layers.Concatenate()([dense()(first), words])
outputs = {"a": tf.keras.layers.Dense(1, name="a")(joined), "b": joined}
two = tf.keras.Model([first, second], outputs)
two.save("two.keras")
numbers = np.random.default_rng(1).integers(0, 9, (100, 2)).astype("int32")
seal(two, {"first": inputs, "second": numbers}, "two.keras")

entry = tf.keras.Input((3,))
lost = tf.keras.Model(entry, tf.keras.layers.Dense(1, name="end")(Scale(3.0, name="scale")(entry)))
lost.save("lost.keras")
seal(lost, inputs, "lost.keras")
np.save("y.npy", lost.predict(inputs, verbose=0))

dense().export("exported", verbose=False)

class Noise(tf.keras.Model):
    def call(self, inputs):
        return inputs + tf.random.normal(tf.shape(inputs))
noise = Noise()
noise(inputs)
noise.save_weights("noise.weights.h5")
seal(noise, inputs, "noise.weights.h5")
print(verify(noise, "noise.weights.h5"))
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A folder with sealed models, and what the script that saved them printed."""
    folder = tmp_path_factory.mktemp("sealed")
    (folder / "layers.py").write_text(LAYERS)
    (folder / "save.py").write_text(SAVE)
    kept = {key: each for key, each in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "save.py"],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        env=kept | {"CUDA_VISIBLE_DEVICES": "-1", "PYTHONPATH": str(REPOSITORY)},
    )
    assert done.returncode == 0, done.stderr
    (folder / "printed.txt").write_text(done.stdout)
    return folder


def checks(found):
    return [each.check for each in found.findings if each.fails]


def test_a_model_that_was_restored_in_the_same_session_is_verified(models):
    printed = (models / "printed.txt").read_text()
    assert printed.splitlines()[0] == "verified"
    assert "two calls with the same inputs differ" in printed


@pytest.mark.parametrize(
    ("name", "layers"), [("dense", 3), pytest.param("two", 5, marks=pytest.mark.long)]
)
def test_a_model_is_verified_in_a_cage(name, layers, models):
    found = api.verify(models / f"{name}.keras", reader=OWN, trusted=TRUSTED)
    assert found.verified, found.findings
    assert found.compared == ["outputs of 32 rows", f"weights of {layers} layers"]
    assert found.versions["tensorflow"] in found.sealed


def test_an_argument_that_get_config_forgot_is_found_at_its_layer(models):
    inputs = np.load(models / "x.npy") * 255
    found = api.verify(
        models / "lost.keras",
        reader=OWN,
        code=models / "layers.py",
        inputs=inputs,
        trusted=TRUSTED,
    )
    assert checks(found) == ["inputs", "outputs"]
    assert "a division by 255 is missing" in found.findings[0].says
    assert found.findings[1].details == [
        "the first layer that differs: scale (Scale) gives other outputs, from weights that are as"
        " sealed: look at its code and its arguments"
    ]


@pytest.mark.long
def test_a_model_that_does_not_load_is_not_verified(models):
    found = api.verify(models / "lost.keras", reader=OWN, trusted=TRUSTED)
    assert checks(found) == ["load"]
    assert "Scale" in found.findings[0].says


def test_a_file_is_sealed_only_if_it_gives_the_expected_outputs(models, tmp_path):
    """`lost.keras` gives something else than the live model: its seal would prove the wrong."""
    copy = tmp_path / "lost.keras"
    shutil.copy(models / "lost.keras", copy)
    with pytest.raises(NotSealed) as raised:
        api.seal(
            copy,
            np.load(models / "x.npy"),
            expected=np.load(models / "y.npy"),
            release=OWN,
            code=models / "layers.py",
            trusted=TRUSTED,
        )
    assert "does not give the expected outputs" in raised.value.found
    assert not copy.with_name("lost.keras.seal").exists()


def test_a_saved_model_folder_is_sealed_and_verified_by_its_signature(models, tmp_path):
    copy = tmp_path / "exported"
    shutil.copytree(models / "exported", copy)
    inputs = np.load(models / "x.npy")
    made = api.seal(copy, inputs, release=OWN, trusted=TRUSTED)
    assert (made.model.name, made.inputs[0].shape) == ("exported", [100, 3])
    assert api.verify(copy, reader=OWN, trusted=TRUSTED).verified
    with pytest.raises(UsageError, match="is there already"):
        api.seal(copy, inputs, release=OWN, trusted=TRUSTED)


@pytest.mark.long
@pytest.mark.releases
def test_a_model_of_2_16_is_sealed_and_verified_there(tmp_path):
    environment = open_environment("2.16")
    script = (
        "import numpy as np, tensorflow as tf\n"
        "layers = [tf.keras.Input((3,)), tf.keras.layers.Dense(2, name='out')]\n"
        "tf.keras.Sequential(layers).save('model.keras')\n"
    )
    subprocess.run(
        [environment.interpreter, "-c", script],
        cwd=tmp_path,
        check=True,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1"},
    )
    inputs = np.random.default_rng(0).normal(120, 60, (20, 3)).astype("float32")
    sealed = api.seal(tmp_path / "model.keras", inputs, release="2.16", trusted=TRUSTED)
    assert sealed.versions["tensorflow"].startswith("2.16.")
    assert [each.name for each in sealed.layers] == ["out"]
    found = api.verify(tmp_path / "model.keras", reader="2.16", trusted=TRUSTED)
    assert (found.verified, found.findings) == (True, [])
    wrong = api.verify(
        tmp_path / "model.keras", reader="2.16", inputs=inputs / 255, trusted=TRUSTED
    )
    assert [each.check for each in wrong.findings if each.fails] == ["inputs"]
