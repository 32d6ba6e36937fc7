"""A forward pass without TensorFlow, and what it tells of the model's surroundings."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.catalog.load import PACKAGED
from harness.diagnose.__main__ import answer_file
from harness.diagnose.causes.input import INPUT_CAUSES
from harness.diagnose.evaluation.corpus_files import Made, dense, write_archive, write_h5
from harness.diagnose.file_answer import OwnOutputs, Samples, read_file_answer
from harness.diagnose.forward.call import CannotCompute
from harness.diagnose.forward.convolution import convolve, pool
from harness.diagnose.forward.run import predict, trace
from harness.diagnose.network.layer import Layer, Network, Node
from harness.diagnose.network.read import read_network
from harness.formats.recognize import read_facts
from tests.conftest import REPOSITORY

ARTIFACTS = PACKAGED / "version/artifacts"
random = np.random.default_rng(0)
# Written and predicted by real releases, TensorFlow 1.15 to 2.21.
COMPUTED = (
    "article_listing_three/artifact/model.h5",
    "functional_archive_module/artifact/model.keras",
    "initializer_dtype_from_tf1/artifact/model.h5",
    "keras2_compile_objects/artifact/model.keras",
    "keras3_file_in_keras2/artifact/model.h5",
    "keras3_file_in_keras2/artifact/model.keras",
    "keras_name_hdf5_inside/artifact/model.keras",
    "nested_model_h5/artifact/model.h5",
    "newer_keras_file/artifact/model.keras",
    "sequential_archive_shape/artifact/model.keras",
)
REFUSED = (
    "hard_sigmoid_redefined/artifact/model.h5",
    "lambda_other_python/artifact/model.h5",
    "mixed_float16_policy/artifact/model.keras",
    "nested_list_of_layers/artifact/model.h5",
    "tfoplambda_unknown/artifact/model.h5",
    "weights_h5_layout_2_12/artifact/weights.h5",
)


def read(path: Path) -> Network:
    """Return the model in a file."""
    network = read_network(read_facts(path))
    assert network is not None
    return network


@pytest.mark.parametrize("name", COMPUTED)
def test_a_committed_model_predicts_what_its_release_predicted(name: str) -> None:
    reference = np.load(ARTIFACTS / name.partition("/")[0] / "reference.npz")
    own = predict(read(ARTIFACTS / name), [reference["inputs"]])
    np.testing.assert_allclose(own, reference["predictions"], rtol=1e-4, atol=1e-4)


# Written by Keras 2.15 and 3.13 with tests/data/recurrent/write.py: LSTM, GRU (both kinds, and
# backwards), SimpleRNN.
@pytest.mark.parametrize("name", ["keras3.keras", "keras2.h5", "keras2.keras"])
def test_recurrent_layers_predict_what_their_release_predicted(name: str) -> None:
    folder = REPOSITORY / "tests" / "data" / "recurrent"
    reference = np.load(folder / f"{name}.npz")
    own = predict(read(folder / name), [reference["inputs"]])
    np.testing.assert_allclose(own, reference["predictions"], rtol=1e-4, atol=1e-5)


def compute_layers(*layers: Layer, keras: tuple[int, int] | None = None) -> Any:
    """Return what a Sequential model of these layers gives for words."""
    return predict(Network(root=Node("Sequential", list(layers)), keras=keras), [WORDS])


def make_embedding(**options: Any) -> Layer:
    weights = {"embeddings": random.normal(size=(50, 3))}
    return Layer("words", "Embedding", {"mask_zero": True, **options}, weights=weights)


def test_a_mask_hides_steps_from_a_mean() -> None:
    embedding = make_embedding()
    table = embedding.weights["embeddings"][WORDS.astype(int)]
    shown = (WORDS != 0)[..., None]
    got = compute_layers(embedding, Layer("mean", "GlobalAveragePooling1D", {}))
    np.testing.assert_allclose(got, (table * shown).sum(1) / shown.sum(1))


def test_a_mask_of_which_releases_disagree_is_refused_where_it_is_used() -> None:
    rescaling = Layer("scaled", "Rescaling", {"scale": 2.0})
    mean = Layer("mean", "GlobalAveragePooling1D", {})
    with pytest.raises(CannotCompute, match="the mask that reaches mean"):
        compute_layers(make_embedding(), rescaling, mean)
    assert compute_layers(make_embedding(), rescaling, Layer("all", "Flatten", {})).shape == (
        20,
        18,
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"new_option": "fast"}, "the option new_option of words"),
        (
            {"dtype": {"class_name": "QuantizedDTypePolicy", "config": {}}},
            "words computes in Quant",
        ),
    ],
)
def test_an_option_that_is_not_known_is_refused_by_name(
    options: dict[str, Any], words: str
) -> None:
    with pytest.raises(CannotCompute, match=words):
        compute_layers(make_embedding(**options))


def test_a_class_of_the_user_with_the_name_of_a_layer_of_keras_is_refused() -> None:
    nodes = (
        {"class_name": "mine>Flatten"},
        {"class_name": "Flatten", "registered_name": "a>Flatten"},
    )
    for node in (*nodes, {"class_name": "Flatten", "module": "mine.layers"}):
        with pytest.raises(CannotCompute, match=r"the layer  \(Flatten\)"):
            compute_layers(Layer.from_node(node))


def test_a_layer_that_keeps_its_state_is_not_computed() -> None:
    """Nobody knows what was called before."""
    weights = {"kernel": np.ones((3, 2)), "recurrent_kernel": np.eye(2), "bias": np.zeros(2)}
    layer = Layer("memory", "SimpleRNN", {"stateful": True}, weights=weights)
    network = Network(root=Node("Sequential", [layer]))
    with pytest.raises(CannotCompute, match="the states of memory"):
        predict(network, [np.ones((4, 5, 3))])
    assert trace(network, [np.ones((4, 5, 3))]) == {}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_known_is_not_computed(name: str) -> None:
    with pytest.raises(CannotCompute):
        predict(read(ARTIFACTS / name), [np.ones((4, 4))])


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("size", [5, 6, 8])
def test_a_convolution_and_a_pooling_are_sums_and_maxima_of_windows(
    padding: str, stride: int, size: int
) -> None:
    images = random.normal(size=(2, size, size, 3))
    kernel, bias = random.normal(size=(3, 3, 3, 4)), random.normal(size=4)
    config = {"strides": [stride, stride], "padding": padding}
    layer = Layer("conv", "Conv2D", config, weights={"kernel": kernel, "bias": bias})
    count = -(-size // stride) if padding == "same" else (size - 3) // stride + 1
    before = max((count - 1) * stride + 3 - size, 0) // 2 if padding == "same" else 0
    pads = [(0, 0), (before, 3), (before, 3), (0, 0)]
    padded, lowest = np.pad(images, pads), np.pad(images, pads, constant_values=-np.inf)
    wanted, largest = np.zeros((2, count, count, 4)), np.zeros((2, count, count, 3))
    for row, column in itertools.product(range(count), repeat=2):
        there = (slice(row * stride, row * stride + 3), slice(column * stride, column * stride + 3))
        wanted[:, row, column] = np.einsum("nhwc,hwcf->nf", padded[:, *there], kernel) + bias
        largest[:, row, column] = lowest[:, *there].max(axis=(1, 2))
    np.testing.assert_allclose(convolve(layer, images), wanted)
    pooling = Layer("pool", "MaxPooling2D", config | {"pool_size": [3, 3]})
    np.testing.assert_allclose(pool(pooling, images), largest)


def test_a_softmax_where_channels_stand_first_goes_over_the_width() -> None:
    config = {"data_format": "channels_first", "activation": "softmax", "use_bias": False}
    layer = Layer("conv", "Conv2D", config, weights={"kernel": random.normal(size=(1, 1, 3, 2))})
    result = convolve(layer, random.normal(size=(4, 3, 5, 6)))
    np.testing.assert_allclose(result.sum(axis=-1), np.ones((4, 2, 5)))


FLAT = Made("Flatten", {"name": "flatten"})
IMAGES = random.integers(0, 256, (12, 6, 6, 3)).astype("float64")
SMALL = IMAGES / 255
TABLE = random.normal(size=(40, 4)) * [1, 5, 20, 3] + [2, 9, -30, 1]
WORDS = random.integers(1, 50, (20, 6)).astype("float64") * (np.arange(6) > 2)
ON_IMAGES = [FLAT, dense("last", random.normal(size=(108, 2)) * 0.1, np.array([0.5, 1]))]
ON_TABLE = [dense("last", random.normal(size=(4, 2)), np.array([0.5, 1]))]
ON_WORDS = [dense("last", random.normal(size=(6, 2)), np.array([0.5, 1]))]


def standardised(values: Any) -> Any:
    return (values - values.mean(0)) / values.std(0)


# Layers, the inputs at hand, the inputs that the model should get or gets in addition.
MISSING: dict[str, tuple[list[Made], Any, Any]] = {
    "missing-rescale-255": (ON_IMAGES, IMAGES, IMAGES / 255),
    "missing-rescale-255 ": (ON_IMAGES, IMAGES, IMAGES / 127.5 - 1),
    "double-rescale": (ON_IMAGES, SMALL, SMALL * 255),
    "dark-ink-on-white-paper": (ON_IMAGES, IMAGES, 255 - IMAGES),
    "bgr-instead-of-rgb": (ON_IMAGES, IMAGES, IMAGES[..., ::-1]),
    "input-axes-exchanged": (ON_IMAGES, IMAGES, IMAGES.transpose(0, 2, 1, 3)),
    "features-not-scaled": (ON_TABLE, TABLE, standardised(TABLE)),
    "columns-in-another-order": (ON_TABLE, TABLE, TABLE[:, [1, 0, 3, 2]]),
    "index-offset-forgotten": (ON_WORDS, WORDS, WORDS + 3),
    "padding-on-the-other-side": (ON_WORDS, WORDS, np.roll(WORDS, 3, axis=1)),
}
ADDED: dict[str, tuple[list[Made], Any, Any]] = {
    "double-rescale": (ON_IMAGES, IMAGES, IMAGES / 255),
    "missing-rescale-255": (ON_IMAGES, SMALL, SMALL * 255),
    "preprocess-input-wrong-module": (ON_IMAGES, IMAGES, IMAGES / 127.5 - 1),
    "uint8-truncation": (ON_IMAGES, SMALL * 9, np.trunc(SMALL * 9)),
    "scaler-refitted": (ON_TABLE, TABLE, standardised(TABLE)),
    "batch-never-filled": (ON_IMAGES, IMAGES, IMAGES * 0),
    "input-axis-reversed": (ON_IMAGES, IMAGES, IMAGES[:, ::-1]),
}


def save_samples(folder: Path, **arrays: Any) -> Samples:
    """Write arrays, and return their paths."""
    for name, values in arrays.items():
        np.save(folder / f"{name}.npy", np.asarray(values, "float32"))
    return Samples(**{name: str(folder / f"{name}.npy") for name in arrays})


def judge(folder: Path, layers: list[Made], **arrays: Any) -> tuple[OwnOutputs, list[str]]:
    """Return the own outputs of a model of these layers, and the causes that are found."""
    path = write_archive(folder / "m.keras", layers)
    answer = answer_file(path, "", save_samples(folder, **arrays))
    assert answer.own is not None
    return answer.own, [each.cause for each in answer.findings]


def compute(folder: Path, layers: list[Made], inputs: Any) -> Any:
    """Return what a model of these layers gives."""
    return predict(read(write_archive(folder / "m.keras", layers)), [np.asarray(inputs, "float32")])


@pytest.mark.parametrize("case", MISSING)
def test_a_step_that_the_inputs_lack_is_named(case: str, tmp_path: Path) -> None:
    layers, inputs, right = MISSING[case]
    expected = compute(tmp_path, layers, right)
    own, causes = judge(tmp_path, layers, inputs=inputs, expected=expected)
    assert (own.computed, causes) == ("as neither", [case.strip()])


@pytest.mark.parametrize("case", ADDED)
def test_a_step_that_is_made_in_addition_is_named(case: str, tmp_path: Path) -> None:
    layers, inputs, wrong = ADDED[case]
    expected, predicted = compute(tmp_path, layers, inputs), compute(tmp_path, layers, wrong)
    found = judge(tmp_path, layers, inputs=inputs, expected=expected, predicted=predicted)
    assert (found[0].computed, found[1]) == ("as expected", [case])
    assert judge(tmp_path, layers, inputs=inputs, predicted=predicted)[1] == [case]


def test_every_cause_of_the_inputs_is_named_in_a_test() -> None:
    named = {each.strip() for each in (*MISSING, *ADDED)}
    apart = {"inputs-far-from-training", "inputs-lack-a-step"}
    apart |= {"restored-otherwise", "another-model-in-the-file"}
    assert {each.id for each in INPUT_CAUSES} <= named | apart


def test_a_right_file_in_right_surroundings_gives_no_finding(tmp_path: Path) -> None:
    expected = compute(tmp_path, ON_TABLE, TABLE)
    for given in ({}, {"predicted": expected * (1 + 1e-6)}):
        own, causes = judge(tmp_path, ON_TABLE, inputs=TABLE, expected=expected, **given)
        assert (own.computed, causes) == ("as expected", [])
    own, causes = judge(tmp_path, ON_TABLE, inputs=TABLE, predicted=expected)
    assert (own.computed, causes) == ("as predicted", [])


def test_a_right_file_that_predicts_otherwise_was_restored_otherwise(tmp_path: Path) -> None:
    expected = compute(tmp_path, ON_TABLE, TABLE)
    other = random.normal(size=expected.shape)
    causes = judge(tmp_path, ON_TABLE, inputs=TABLE, expected=expected, predicted=other)[1]
    assert causes == ["restored-otherwise"]


def test_a_file_that_gives_what_is_predicted_now_leaves_the_side_open(tmp_path: Path) -> None:
    own = compute(tmp_path, ON_TABLE, TABLE)
    other = random.normal(size=own.shape)
    found = judge(tmp_path, ON_TABLE, inputs=TABLE, expected=other, predicted=own)
    assert (found[0].computed, found[1]) == (
        "as predicted",
        ["inputs-lack-a-step", "another-model-in-the-file"],
    )


def test_expected_outputs_in_another_unit_are_seen_beside_the_file(tmp_path: Path) -> None:
    computed = compute(tmp_path, ON_TABLE, TABLE)
    causes = judge(tmp_path, ON_TABLE, inputs=TABLE, expected=computed * 1000 + 7)[1]
    assert causes == ["output-in-another-unit"]


def test_inputs_with_nan_are_named(tmp_path: Path) -> None:
    expected = compute(tmp_path, ON_TABLE, TABLE)
    holed = np.where(np.eye(40, 4) == 1, np.nan, TABLE)
    own, causes = judge(tmp_path, ON_TABLE, inputs=holed, expected=expected)
    assert (own.computed, causes) == ("cannot", ["one-missing-cell"])


def test_batch_statistics_at_inference_are_named(tmp_path: Path) -> None:
    config = {"name": "norm", "axis": [1], "epsilon": 1e-3, "scale": True, "center": True}
    weights = {"gamma": np.ones(4), "beta": np.full(4, 0.5)}
    moving = {"moving_mean": np.zeros(4) + 0.1, "moving_variance": np.ones(4) * 2}
    layers = [Made("BatchNormalization", config, weights | moving), *ON_TABLE]
    inputs = standardised(TABLE) + 0.1
    network = read(write_archive(tmp_path / "m.keras", layers))
    expected, trained = predict(network, [inputs]), predict(network, [inputs], training=True)
    causes = judge(tmp_path, layers, inputs=inputs, expected=expected, predicted=trained)[1]
    assert causes == ["training-mode-at-inference"]


def test_inputs_far_from_a_normalization_are_named_and_near_ones_are_not(tmp_path: Path) -> None:
    config = {"name": "norm", "axis": [-1], "mean": None, "variance": None}
    weights = {"mean": np.zeros(4) + 0.1, "variance": np.ones(4), "count": np.int64(0)}
    layers = [Made("Normalization", config, weights), *ON_TABLE]
    near = standardised(TABLE)
    assert judge(tmp_path, layers, inputs=near * 3 + 5)[1] == []
    raw = near * [1, 2, 1, 1] + np.array([90, 0, 0, 0])
    assert judge(tmp_path, layers, inputs=raw)[1] == ["inputs-far-from-training"]


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        (TABLE[:, :3], TABLE),
        (TABLE[:7], TABLE),
        (np.array(["text"] * 40), TABLE),
        (TABLE * np.nan, TABLE),
        (np.float32(3), np.float32(3)),
    ],
)
def test_arrays_that_do_not_fit_give_no_finding_but_a_reason(
    inputs: Any, expected: Any, tmp_path: Path
) -> None:
    path = write_h5(tmp_path / "m.h5", ON_TABLE, loss="mean_squared_error")
    np.save(tmp_path / "i.npy", inputs)
    np.save(tmp_path / "e.npy", expected)
    given = Samples(inputs=str(tmp_path / "i.npy"), expected=str(tmp_path / "e.npy"))
    own = read_file_answer(path, "", given).own
    assert own is not None
    assert own.reason
    assert own.computed in ("cannot", "as neither")
