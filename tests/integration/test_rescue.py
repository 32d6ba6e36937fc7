"""Old models, rescued for real: written by their own release, loaded by today's, and proven."""

import io
import json
import subprocess
import zipfile
from dataclasses import replace

import h5py
import numpy as np
import pytest

from harness.catalog.load import PACKAGED
from harness.environments.resolve import open_environment
from harness.origin.who_wrote import read_origin
from harness.processes.cage import find_obstacle
from harness.processes.variables import Environment
from harness.rescue.rescue import Rescuer

ARTIFACTS = PACKAGED / "version" / "artifacts"
pytestmark = pytest.mark.tensorflow


def rescue(name, work, own, target, **options):
    path = next((ARTIFACTS / name / "artifact").glob("model.*"))
    rescuer = Rescuer(
        read_origin(path), own, target, work, trusted=bool(find_obstacle()), **options
    )
    return rescuer.carry_out()


def write_and_rescue(code, release, folder):
    """Have a release write model.h5 with `code`, and rescue that file."""
    own, target = open_both(release)
    subprocess.run([own.interpreter, "-c", code], cwd=folder, check=True, capture_output=True)
    (folder / "work").mkdir()
    origin = read_origin(folder / "model.h5")
    trusted = bool(find_obstacle())
    return Rescuer(origin, own, target, folder / "work", trusted=trusted).carry_out()


def open_both(release):
    return [replace(open_environment(each), portable_kernels=True) for each in (release, "2.21")]


def test_a_model_that_loads_as_it_is_is_written_anew_and_proven(tmp_path):
    environment = Environment(portable_kernels=True)
    with np.load(ARTIFACTS / "newer_keras_file/reference.npz") as reference:
        inputs = {"": reference["inputs"]}
    made = rescue("newer_keras_file", tmp_path, environment, environment, inputs=inputs)
    assert made.reason == ""
    assert made.as_it_is
    assert made.file.suffix == ".keras"
    assert made.proof.same_weights == made.proof.weights > 0


@pytest.mark.releases
@pytest.mark.parametrize(
    ("name", "release", "repair"),
    [
        ("time_major_keyword", "2.15", "drop-arguments"),
        ("hard_sigmoid_redefined", "2.15", "keep-hard-sigmoid"),
        ("initializer_dtype_from_tf1", "1.15", "drop-initializer-dtypes"),
        ("tfoplambda_unknown", "2.15", "replace-calls"),
    ],
)
def test_a_file_that_todays_keras_refuses_or_misreads_is_rescued(name, release, repair, tmp_path):
    made = rescue(name, tmp_path, *open_both(release))
    assert made.reason == ""
    assert not made.as_it_is
    assert repair in {each.name for each in made.repairs}
    assert made.proof.holds
    assert made.proof.same_weights == made.proof.weights > 0


# Keras 2 renamed the arguments and joined the arrays of the gates.
OF_KERAS_1 = """
from keras import layers, models
import numpy as np
model = models.Sequential()
model.add(layers.Convolution1D(4, 3, border_mode="same", input_shape=(7, 3)))
model.add(layers.LSTM(5))
model.add(layers.Dense(2))
model.compile("adam", "mse")
model.set_weights([np.random.normal(size=each.shape) for each in model.get_weights()])
model.save("model.h5")
"""


# The branches are of unequal length, so Keras 2 reads their weights in another order.
OF_BRANCHES = """
from keras import layers, models
import numpy as np
short, long = models.Sequential(), models.Sequential()
short.add(layers.Dense(4, input_shape=(4,)))
long.add(layers.Dense(4, activation="tanh", input_shape=(4,)))
long.add(layers.Dense(4))
model = models.Sequential()
model.add(layers.Merge([short, long], mode="concat"))
model.add(layers.Dense(2))
model.set_weights([np.random.normal(size=each.shape) for each in model.get_weights()])
model.save("model.h5")
"""


@pytest.mark.releases
@pytest.mark.parametrize(
    ("code", "repairs"),
    [
        (OF_KERAS_1, {"read-keras-1", "keep-hard-sigmoid"}),
        (OF_BRANCHES, {"read-keras-1", "replace-merge"}),
    ],
)
def test_a_file_of_keras_1_is_proven_against_keras_1(code, repairs, tmp_path):
    made = write_and_rescue(code, "1.15 with keras==1.2.2", tmp_path)
    assert made.reason == ""
    assert made.old.versions["keras"] == "1.2.2"
    assert repairs <= {each.name for each in made.repairs}
    assert made.proof.holds


# Keras 2.0 to 2.2.2 wrote the layers of a Sequential as a list, without a dictionary around it.
WITH_LISTS = """
from keras import layers, models
import numpy as np
inner = models.Sequential()
inner.add(layers.Dense(5, activation="tanh", input_shape=(4, 3)))
model = models.Sequential()
model.add(inner)
model.add(layers.Bidirectional(layers.LSTM(2)))
model.add(layers.Dense(2))
model.compile("adam", "mse", metrics=["acc"])
model.set_weights([np.random.normal(size=each.shape) for each in model.get_weights()])
model.save("model.h5")
inputs = np.random.normal(size=(8, 4, 3)).astype("float32")
np.savez("writer.npz", inputs=inputs, predictions=model.predict(inputs))
"""


@pytest.mark.releases
@pytest.mark.parametrize("keras", ["2.0.8", "2.1.6"])
def test_a_list_of_layers_predicts_as_it_did_where_it_was_written(keras, tmp_path):
    writer = open_environment(f"1.15 with keras=={keras}").interpreter
    subprocess.run([writer, "-c", WITH_LISTS], cwd=tmp_path, check=True, capture_output=True)
    with h5py.File(tmp_path / "model.h5") as file:
        assert isinstance(json.loads(file.attrs["model_config"])["config"], list)
    origin = read_origin(tmp_path / "model.h5")
    with np.load(tmp_path / "writer.npz") as kept:
        inputs, predictions = {"": kept["inputs"]}, kept["predictions"]
    own, target = open_both(origin.releases[0])
    (tmp_path / "work").mkdir()
    trusted = bool(find_obstacle())
    made = Rescuer(
        origin, own, target, tmp_path / "work", trusted=trusted, inputs=inputs
    ).carry_out()
    assert made.reason == ""
    assert made.proof.holds
    np.testing.assert_allclose(made.new.predictions[0], predictions, rtol=1e-5, atol=1e-6)
    with zipfile.ZipFile(made.file) as archive:
        weights = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(weights) as file:  # built: else load_model warns that variables are skipped
        assert len(file["optimizer/vars"]) > 2


CODE = """
import tensorflow as tf

class Doubled(tf.keras.layers.Layer):
    def call(self, inputs):
        return 2 * inputs
"""
WITH_CODE = (
    CODE
    + """
model = tf.keras.Sequential([tf.keras.layers.Dense(3, input_shape=(4,)), Doubled()])
model.save("model.h5")
"""
)


@pytest.fixture(scope="module")
def model_with_a_class(tmp_path_factory):
    folder = tmp_path_factory.mktemp("custom")
    interpreter = open_environment("2.15").interpreter
    subprocess.run([interpreter, "-c", WITH_CODE], cwd=folder, check=True, capture_output=True)
    return folder / "model.h5"


def rescue_with_code(model, text, tmp_path):
    code = tmp_path / "classes.py"
    code.write_text(text)
    own, target = open_both("2.15")
    (tmp_path / "work").mkdir()
    trusted = bool(find_obstacle())
    return Rescuer(read_origin(model), own, target, tmp_path / "work", code, trusted).carry_out()


@pytest.mark.releases
def test_a_model_with_a_class_of_the_user_is_rescued_with_code(model_with_a_class, tmp_path):
    made = rescue_with_code(model_with_a_class, CODE, tmp_path)
    assert made.reason == ""
    assert made.proof.holds


@pytest.mark.releases
def test_a_fault_in_the_code_of_the_user_is_named_as_theirs(model_with_a_class, tmp_path):
    made = rescue_with_code(model_with_a_class, CODE + "\nabsent_name\n", tmp_path)
    assert "your --code raised NameError" in made.reason


RARE_CALL = """
import tensorflow as tf
image, other = tf.keras.Input((6, 6, 1), name="the image"), tf.keras.Input((4,), name="b")
edges = tf.image.sobel_edges(tf.keras.layers.Conv2D(2, 3)(image))
tf.keras.Model([image, other], [tf.keras.layers.Dense(3)(other), edges]).save("model.h5")
"""
LOCAL = """
import tensorflow as tf
image = tf.keras.Input((6, 6, 1))
local = tf.keras.layers.LocallyConnected2D(2, 3)(image)
tf.keras.Model(image, tf.keras.layers.Flatten()(local)).save("model.h5")
"""


@pytest.mark.releases
@pytest.mark.parametrize(
    ("release", "code", "why"),
    [("2.15", RARE_CALL, "tf.compat.v1.shape"), ("1.15", LOCAL, "LocallyConnected2D")],
)
def test_a_model_that_keras_3_cannot_build_becomes_a_saved_model(release, code, why, tmp_path):
    made = write_and_rescue(code, release, tmp_path)
    assert made.reason == ""
    assert why in made.not_rebuilt
    assert made.new.signature == "serving_default"
    assert made.proof.holds
    assert (made.file / "saved_model.pb").is_file()


# Trained before 2.11: the slots of its optimizer keep tf.saved_model.load of 2.21 from loading it.
TRAINED = """
import numpy as np, tensorflow as tf
class Own(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.head = tf.keras.layers.Dense(1)
    def call(self, inputs):
        return self.head(inputs)
model = Own()
model.compile("adam", "mse")
model.fit(np.random.rand(8, 5), np.random.rand(8, 1), verbose=0)
model.save("model")
"""


@pytest.mark.releases
def test_a_trained_saved_model_is_written_anew_without_its_optimizer(tmp_path):
    own, target = open_both("2.10")
    subprocess.run([own.interpreter, "-c", TRAINED], cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "work").mkdir()
    origin, trusted = read_origin(tmp_path / "model"), bool(find_obstacle())
    made = Rescuer(origin, own, target, tmp_path / "work", trusted=trusted).carry_out()
    assert made.reason == ""
    assert "without its classes (Own)" in made.not_rebuilt
    assert (made.file / "saved_model.pb").exists()
    assert made.proof.holds
