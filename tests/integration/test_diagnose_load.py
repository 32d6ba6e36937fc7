"""`diagnose --load` and `--prove` on models that this Python's Keras has saved."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import api
from harness.api import read_model_file
from harness.catalog.load import PACKAGED
from harness.diagnose.findings import Finding, make_finding
from harness.diagnose.load.observation import Observation, describe_observation
from harness.diagnose.load.observe import Observer
from harness.diagnose.load.proof import Proof
from harness.diagnose.load.prove import Prover
from harness.diagnose.load.restoring import Restoring
from harness.processes.cage import find_obstacle
from restorebench_seal import seal
from tests.conftest import save_models

pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.skipif(bool(find_obstacle()), reason=find_obstacle()),
]
ARTIFACTS = PACKAGED / "version" / "artifacts"
CODE = """
import tensorflow as tf

class Noisy(tf.keras.layers.Layer):
    def build(self, shape):
        self.state = tf.Variable(tf.random.normal((3,)))
    def call(self, inputs):
        return inputs * self.state

class Centred(tf.keras.layers.Layer):
    def call(self, inputs):
        return inputs - tf.reduce_mean(inputs, axis=0)

class Hashed(tf.keras.layers.Layer):
    def call(self, inputs):
        return inputs * (hash("word") % 997 + 1.0)

class Dropping(tf.keras.layers.Layer):
    def call(self, inputs):
        return tf.nn.dropout(inputs, 0.5)
"""
SHADOW = """
import tensorflow as tf

class Dense(tf.keras.layers.Dense):
    def call(self, inputs):
        return 3.0 * super().call(inputs)
"""
FUNCTIONS = """
import tensorflow as tf

def swish2(x):
    return x * tf.sigmoid(2 * x)

def own_loss(wanted, given):
    return tf.reduce_mean(tf.abs(wanted - given))

def halve(x):
    return x / 2
"""
SAVE = """
import numpy as np
keras, layers = tf.keras, tf.keras.layers
random = np.random.RandomState(0)
x = random.normal(size=(16, 3)).astype("float32")
np.save("x.npy", x)

def save(name, *made, shape=(3,)):
    model = keras.Sequential([keras.Input(shape), *made])
    model.set_weights([random.normal(size=each.shape) for each in model.get_weights()])
    model.save(name + ".keras")
    return model

sound = save("sound", layers.Dense(4, "relu"), layers.Dense(2))
np.save("sound.npy", sound.predict_on_batch(x))
words = random.normal(size=(16, 5, 3)).astype("float32") * 40 + 200
np.save("words.npy", words)
lstm = save("lstm", layers.LSTM(4), layers.Dense(1), shape=(5, 3))
np.save("lstm.npy", lstm.predict_on_batch((words - words.mean((0, 1))) / words.std((0, 1))))
save("noisy", Noisy(), layers.Dense(2))
save("centred", Centred(), layers.Dense(2))
save("hashed", Hashed(), layers.Dense(2))
dead = save("dead", layers.Dense(4, "relu"), layers.Dense(2))
dead.layers[0].set_weights([np.ones((3, 4)), -np.full(4, 1e3)])
dead.save("dead.keras")
save("dropping", Dropping(), layers.Dense(2))
sound.save("sound.h5")
np.save("steps.npy", (words - words.mean()) / words.std())  # large ones close the gates
kept = keras.Input(batch_shape=(16, 5, 3))
stateful = keras.Model(kept, layers.LSTM(3, stateful=True)(kept))
stateful.save("stateful.keras")
steps = np.load("steps.npy")
stateful.predict_on_batch(steps)
np.save("second.npy", stateful.predict_on_batch(steps))
activation = save("activation", layers.Dense(4, swish2), layers.Dense(2))
activation.save("activation.h5")
np.save("activation.npy", activation.predict_on_batch(x))
halved = save("halved", layers.Dense(4), layers.Lambda(halve), layers.Dense(2))
np.save("halved.npy", halved.predict_on_batch(x))
sound.compile("sgd", own_loss)
sound.fit(x, np.zeros((16, 2)), epochs=0)
sound.save("loss.keras")
for dtype in ("mixed_float16", "mixed_bfloat16"):
    half = [layers.Dense(8, "relu", dtype=dtype), layers.Dense(2, dtype=dtype)]
    np.save(dtype + ".npy", np.asarray(save(dtype, *half).predict_on_batch(x), "float32"))
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models that another process has saved, their code and their inputs."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "own.py").write_text(CODE)
    (folder / "shadow.py").write_text(SHADOW)
    (folder / "functions.py").write_text(FUNCTIONS)
    return save_models(folder, CODE + FUNCTIONS + SAVE)


def read(file: Path) -> Any:
    return np.load(file)


def observe(models: Path, name: str, work: Path, x: str = "x", **given: Any) -> Observation:
    """Return what a model shows in this Python's TensorFlow."""
    inputs = {"": read(models / f"{x}.npy")}
    origin = read_model_file(models / name)
    return Observer(origin, work, reader="this", inputs=inputs, **given).observe()


def causes(seen: Observation) -> list[str]:
    assert not seen.error
    return [each.cause for each in seen.findings]


def test_a_sound_model_is_looked_at_from_all_sides_and_nothing_is_found(
    models: Path, tmp_path: Path
) -> None:
    seen = observe(models, "sound.keras", tmp_path, expected=read(models / "sound.npy"))
    assert causes(seen) == []
    assert seen.gives == "as expected"
    assert [each.kind for each in seen.layers] == ["Dense", "Dense"]
    said = " ".join(seen.facts)
    for look in ("two loads", "two calls", "a row alone", "a second process", "2 layers give what"):
        assert look in said


@pytest.mark.long
def test_weights_that_no_file_holds_are_seen_in_two_loads(models: Path, tmp_path: Path) -> None:
    seen = observe(models, "noisy.keras", tmp_path, code=models / "own.py")
    assert causes(seen) == ["variables-lost"]


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "code", "cause"),
    [
        ("centred.keras", "own", "depends-on-the-batch"),
        ("hashed.keras", "own", "vocabulary-from-a-set"),
        ("dead.keras", "", "dead-layer"),
        ("dropping.keras", "own", "training-mode-at-inference"),
        ("sound.h5", "shadow", "layer-computes-otherwise"),
    ],
)
def test_what_only_a_running_model_shows_is_named(
    name: str, code: str, cause: str, models: Path, tmp_path: Path
) -> None:
    file = models / f"{code}.py" if code else None
    assert causes(observe(models, name, tmp_path, code=file)) == [cause]


@pytest.mark.long
def test_a_state_that_is_kept_is_a_fact_until_predictions_show_it(
    models: Path, tmp_path: Path
) -> None:
    (tmp_path / "alone").mkdir()
    seen = observe(models, "stateful.keras", tmp_path / "alone", "steps")
    assert causes(seen) == []
    assert any(each.startswith("stateful, so that goes on") for each in seen.facts)
    now = read(models / "second.npy")
    seen = observe(models, "stateful.keras", tmp_path, "steps", predicted=now)
    assert causes(seen) == ["stateful-rnn-residue"]


@pytest.mark.long
@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16"])
def test_a_healthy_model_in_half_precision_is_judged(
    dtype: str, models: Path, tmp_path: Path
) -> None:
    seen = observe(models, f"{dtype}.keras", tmp_path, expected=read(models / f"{dtype}.npy"))
    assert causes(seen) == []
    assert seen.gives == "as expected"
    assert [each.kind for each in seen.layers] == ["Dense", "Dense"]
    assert "2 layers give what their weights in the file say" in seen.facts


def test_a_model_that_does_not_load_says_why(models: Path, tmp_path: Path) -> None:
    seen = observe(models, "noisy.keras", tmp_path)
    assert "Noisy" in seen.error
    assert str(tmp_path) not in seen.error


def restore(models: Path, name: str, **given: Any) -> Restoring:
    """Return a model that is to be restored in this Python's TensorFlow."""
    inputs = {"": read(models / "x.npy")}
    return Restoring(models / name, reader="this", inputs=inputs, **given)


@pytest.mark.parametrize("name", ["activation.keras", "activation.h5"])
def test_an_activation_of_the_users_own_is_asked_for_and_found_in_a_file_of_functions(
    name: str, models: Path
) -> None:
    expected = read(models / "activation.npy")
    lines = describe_observation(restore(models, name).observe())
    assert lines[-1] == (
        "  swish2: this is your own code; give the file that defines it with --code FILE."
    )
    given = {"code": models / "functions.py", "expected": expected}
    seen = restore(models, name, **given).observe()
    assert (seen.error, seen.gives) == ("", "as expected")


@pytest.mark.long
def test_a_function_of_a_lambda_is_found_in_a_file_of_functions(models: Path) -> None:
    given = {"expected": read(models / "halved.npy"), "trusted": True}
    assert "halve" in restore(models, "halved.keras", **given).observe().lacking
    given["code"] = models / "functions.py"
    seen = restore(models, "halved.keras", **given).observe()
    assert (seen.error, seen.gives) == ("", "as expected")


@pytest.mark.long
def test_a_loss_of_the_users_own_is_found_in_a_file_of_functions(models: Path) -> None:
    finding = make_finding("keras2-compile-objects", 0.9, "seen")
    expected = read(models / "sound.npy")
    for code, error in ((None, "own_loss"), (models / "functions.py", "")):
        given = {"code": code, "expected": expected}
        (proof,) = restore(models, "loss.keras", **given).prove([finding])
        assert bool(error) == bool(proof.before_error)
        assert error in proof.before_error
        assert proof.after == [float(each) for each in expected.ravel()[:4]]


def prove(models: Path, name: str, work: Path, finding: Finding, **given: Any) -> Proof:
    """Return the proof of a finding, in this Python's TensorFlow."""
    origin = read_model_file(models / name)
    return Prover(origin, work, reader="this", **given).prove(finding, work / "cure")


@pytest.mark.long
def test_inputs_that_explain_a_model_unknown_to_numpy_are_found_and_the_cure_is_proved(
    models: Path, tmp_path: Path
) -> None:
    expected = read(models / "lstm.npy")
    seen = observe(models, "lstm.keras", tmp_path, "words", expected=expected)
    assert causes(seen) == ["features-not-scaled"]
    words = {"": read(models / "words.npy")}
    proof = prove(models, "lstm.keras", tmp_path, seen.findings[0], inputs=words, expected=expected)
    assert (proof.result, proof.reference, proof.rows) == ("cured", "--expected", 16)
    assert proof.difference_before is not None
    assert proof.difference_after is not None
    assert proof.difference_before > 0.1
    assert proof.difference_after < 1e-4


@pytest.mark.long
def test_a_cure_that_does_not_help_is_said_to_be_none_and_one_for_people_is_left_to_them(
    models: Path, tmp_path: Path
) -> None:
    inputs, expected = {"": read(models / "x.npy")}, read(models / "sound.npy")
    wrong = make_finding("dark-ink-on-white-paper", 0.9, "seen")
    proof = prove(models, "sound.keras", tmp_path, wrong, inputs=inputs, expected=expected)
    assert (proof.result, "without it" in proof.reason) == ("not needed", True)
    given = {"inputs": inputs, "expected": expected + 1}
    (tmp_path / "other").mkdir()
    proof = prove(models, "sound.keras", tmp_path / "other", wrong, **given)
    assert proof.result == "not cured"
    for cause, said in (
        ("never-trained", "trained again"),
        ("scaler-fitted-on-one-row", "the scaler"),
    ):
        (tmp_path / cause).mkdir()
        finding = make_finding(cause, 0.9, "seen")
        proof = prove(models, "sound.keras", tmp_path / cause, finding)
        assert (proof.result, said in proof.reason) == ("cannot", True)


@pytest.mark.long
def test_a_file_that_needs_another_call_to_load_is_cured_by_that_call(tmp_path: Path) -> None:
    folder = ARTIFACTS / "functional_archive_module"
    finding = make_finding("functional-archive-module", 0.9, "seen")
    proof = prove(folder / "artifact", "model.keras", tmp_path, finding)
    assert proof.result == "cured"
    assert proof.reference == "the file, computed without TensorFlow"
    assert "Functional" in proof.before_error
    assert proof.before == []


def test_the_command_leaves_the_file_as_it_is_and_tells_the_proof_as_json(
    models: Path, tmp_path: Path
) -> None:
    x = read(models / "x.npy")
    np.save(tmp_path / "turned.npy", x[:, [1, 0, 2]])
    before = hashlib.sha256((models / "sound.keras").read_bytes()).hexdigest()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "harness", "diagnose", str(models / "sound.keras")),
            *("--inputs", str(tmp_path / "turned.npy"), "--expected", str(models / "sound.npy")),
            *("--prove", "--reader", "this", "--json"),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)["proofs"]
    assert [(each["cause"], each["result"]) for each in told] == [
        ("columns-in-another-order", "cured")
    ]
    assert told[0]["versions"]["tensorflow"]
    assert hashlib.sha256((models / "sound.keras").read_bytes()).hexdigest() == before


def test_a_seal_stands_for_inputs_and_expected_where_a_cure_is_proved(
    models: Path, tmp_path: Path
) -> None:
    model = Path(shutil.copy(models / "sound.keras", tmp_path))
    x, expected = read(models / "x.npy"), read(models / "sound.npy")
    seal(lambda _: expected, x, model)
    found = api.diagnose(model, predicted=expected[:, ::-1]).findings
    needless, proof = api.prove(model, found, predicted=expected[:, ::-1], reader="this")
    assert (needless.cause, needless.result) == ("output-columns-permuted", "not needed")
    assert "leave out what your code adds" in needless.reason
    assert (proof.cause, proof.result) == ("restored-otherwise", "cured")
    assert (proof.reference, proof.rows) == ("the seal", 16)
    seen = api.observe(model, reader="this")
    assert (seen.error, seen.gives, seen.sealed) == ("", "as expected", True)
    assert "fed 16 rows of the seal" in describe_observation(seen)[0]


@pytest.mark.long
@pytest.mark.releases
@pytest.mark.parametrize(
    ("cause", "file"),
    [
        ("hard-sigmoid-redefined", "hard_sigmoid_redefined/artifact/model.h5"),
        ("keras2-compile-objects", "keras2_compile_objects/artifact/model.keras"),
        ("savedmodel-folder-keras3", "savedmodel_folder_keras3/artifact/model"),
        ("keras-name-hdf5-inside", "keras_name_hdf5_inside/artifact/model.keras"),
        ("time-major-keyword", "time_major_keyword/artifact/model.h5"),
        ("groups-keyword", "groups_keyword/artifact/model.h5"),
        ("sequential-archive-shape", "sequential_archive_shape/artifact/model.keras"),
        ("removed-layers", "removed_layers/artifact/model.h5"),
        ("nested-model-h5", "nested_model_h5/artifact/model.h5"),  # whose load never ends
    ],
)
def test_a_file_of_an_old_release_is_cured_in_a_new_one(
    cause: str, file: str, tmp_path: Path
) -> None:
    origin = read_model_file(ARTIFACTS / file)
    prover = Prover(origin, tmp_path, reader="2.16")
    proof = prover.prove(make_finding(cause, 0.9, "seen"), tmp_path / "cure")
    assert proof.result == "cured", proof
