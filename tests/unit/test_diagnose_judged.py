"""Faults that models of somebody else showed first: forms of pixels, orders, layers as drawn."""

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.diagnose.__main__ import answer_file
from harness.diagnose.evaluation.corpus_files import (
    Made,
    dense,
    draw_glorot,
    write_archive,
    write_h5,
)
from harness.diagnose.file_answer import Samples
from harness.diagnose.findings import Finding
from harness.diagnose.forward.call import CannotCompute
from harness.diagnose.forward.run import predict
from harness.diagnose.forward.wrappers import clean_keywords
from harness.diagnose.network.checkpoint import group
from harness.diagnose.network.layer import Layer, Network, Node
from harness.diagnose.network.read import read_network
from harness.diagnose.rules.chance import find_varying
from harness.diagnose.rules.code import find_in_code
from harness.diagnose.rules.pixel_forms import FORMS, iterate_forms
from harness.diagnose.rules.samples import compare_samples
from harness.diagnose.rules.surroundings import judge_surroundings
from harness.diagnose.rules.training_inputs import compare_inputs
from harness.formats.recognize import read_facts

random = np.random.default_rng(0)
FLAT = Made("Flatten", {"name": "flatten"})
IMAGES = random.integers(0, 256, (24, 6, 6, 3)).astype("float64")
VGG = IMAGES[..., ::-1] - [103.939, 116.779, 123.68]
TORCH = (IMAGES / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
SERIES = random.normal(size=(24, 12, 4))
WORDS = random.integers(1, 50, (20, 9)) * (np.arange(9) > 2)
TABLE = random.normal(size=(400, 9)) * np.geomspace(0.01, 5000, 9) + np.geomspace(5, 9000, 9)
MEAN, DEVIATION = TABLE.mean(0), TABLE.std(0)
SCALED = (TABLE - MEAN) / DEVIATION


def make_flat(width: int) -> list[Made]:
    """Return a linear model of inputs of any shape."""
    kernel = random.normal(size=(width, 2)) / width
    return [FLAT, dense("last", kernel, np.array([0.5, 1]))]


def make_deep(width: int) -> list[Made]:
    """Return a model of a table with a hidden layer."""
    first = dense("first", random.normal(size=(width, 16)), random.normal(size=16), "tanh")
    return [first, dense("last", random.normal(size=(16, 1)), np.array([0.5]))]


def compute(folder: Path, layers: list[Made], inputs: Any) -> Any:
    """Return what a model of these layers gives."""
    network = read_network(read_facts(write_archive(folder / "m.keras", layers)))
    assert network is not None
    return predict(network, [np.asarray(inputs, "float64")])


def find(path: Path, **arrays: Any) -> list[Finding]:
    """Return what is found in a file beside arrays."""
    for name, values in arrays.items():
        np.save(path.parent / f"{name}.npy", np.asarray(values, "float32"))
    given = {name: str(path.parent / f"{name}.npy") for name in arrays}
    return answer_file(path, "", Samples(**given)).findings


def judge(folder: Path, layers: list[Made], **arrays: Any) -> list[Finding]:
    """Return what is found in a model of these layers beside arrays."""
    return find(write_archive(folder / "m.keras", layers), **arrays)


# The inputs at hand, and the inputs that the model should get.
LACKING = {
    "preprocess-input-wrong-module": (IMAGES / 255, IMAGES / 127.5 - 1),
    "preprocess-input-wrong-module ": (IMAGES / 255, VGG),
    "preprocess-input-wrong-module  ": (IMAGES, TORCH),
    "preprocess-input-wrong-module   ": (VGG, IMAGES / 255),
    "double-rescale": (IMAGES / 255 / 255, IMAGES / 255),
    "missing-rescale-255": (IMAGES.reshape(24, -1), IMAGES.reshape(24, -1) / 255),
    "dark-ink-on-white-paper": (1 - IMAGES[..., :1] / 255, IMAGES[..., :1] / 255),
    "input-axes-exchanged": (
        IMAGES.transpose(0, 3, 1, 2).reshape(IMAGES.shape),
        IMAGES,
    ),
    "input-axes-exchanged ": (SERIES.transpose(0, 2, 1).reshape(SERIES.shape), SERIES),
    "input-axis-reversed": (SERIES[:, ::-1], SERIES),
    "input-axis-reversed ": (IMAGES[:, ::-1], IMAGES),
    "input-axis-reversed  ": (IMAGES[:, :, ::-1], IMAGES),
    "input-axis-reversed   ": (WORDS[:, ::-1], WORDS),
    "index-offset-forgotten": (WORDS, np.where(WORDS > 0, WORDS + 3, 0)),
}


@pytest.mark.parametrize("case", LACKING)
def test_a_step_that_the_inputs_lack_is_named_with_code_that_makes_it(
    case: str, tmp_path: Path
) -> None:
    inputs, right = LACKING[case]
    layers = make_flat(int(np.prod(inputs.shape[1:])))
    expected, now = compute(tmp_path, layers, right), compute(tmp_path, layers, inputs)
    found = judge(tmp_path, layers, inputs=inputs, expected=expected, predicted=now)
    assert [each.cause for each in found] == [case.strip()]
    names = {"np": np, "inputs": inputs, "model": Network()}
    code = found[0].fix.rpartition("model.predict(")[2].removesuffix(")")
    np.testing.assert_allclose(eval(code, names), right, atol=1e-3)


@pytest.mark.parametrize("case", ["input-axes-exchanged", "input-axis-reversed"])
def test_a_step_that_is_made_in_addition_is_named(case: str, tmp_path: Path) -> None:
    wrong, inputs = LACKING[case]
    layers = make_flat(int(np.prod(inputs.shape[1:])))
    expected, now = compute(tmp_path, layers, inputs), compute(tmp_path, layers, wrong)
    found = judge(tmp_path, layers, inputs=inputs, expected=expected, predicted=now)
    assert [each.cause for each in found] == [case]


@pytest.mark.parametrize("source", FORMS)
def test_every_form_of_pixels_leads_to_every_other(source: str) -> None:
    inputs = FORMS[source].make(IMAGES)
    for words, code, function, _, _ in iterate_forms(inputs):
        there = function(inputs)
        np.testing.assert_allclose(eval(code, {"inputs": inputs}), there, atol=1e-6)
        target = words.rpartition(" to ")[2] if " from " in words else words
        target = {"divided by 255": "0..1", "times 255": "0..255"}.get(target, target)
        target = target.removeprefix("brought to ")
        np.testing.assert_allclose(FORMS[target].back(there), IMAGES, atol=1e-6)


def test_the_order_of_nine_columns_is_found_by_swaps(tmp_path: Path) -> None:
    order, rows, layers = random.permutation(9), SCALED[:40], make_deep(9)
    expected, now = (compute(tmp_path, layers, each) for each in (rows, rows[:, order]))
    found = judge(tmp_path, layers, inputs=rows[:, order], expected=expected, predicted=now)
    assert [each.cause for each in found] == ["columns-in-another-order"]
    assert str(np.argsort(order).tolist()) in found[0].fix


def test_raw_rows_come_near_when_they_are_standardised_and_other_weights_do_not(
    tmp_path: Path,
) -> None:
    layers = [dense("first", random.normal(size=(9, 16)) / 5, np.zeros(16) + 0.1, "tanh")]
    layers.append(dense("last", random.normal(size=(16, 1)), np.array([0.5])))
    expected = compute(tmp_path, layers, SCALED[:60])
    raw, now = TABLE[:60], compute(tmp_path, layers, TABLE[:60])
    found = judge(tmp_path, layers, inputs=raw, expected=expected, predicted=now)
    assert found[0].cause == "features-not-scaled"
    assert "18 fitted numbers explain 60" in found[0].evidence
    names: dict[str, Any] = {"np": np, "inputs": raw, "model": _Model()}
    exec(found[0].fix, names)
    np.testing.assert_allclose(names["predictions"], SCALED[:60], atol=0.02)
    found = judge(tmp_path, layers, inputs=raw, expected=expected.round(2), predicted=now)
    assert found[0].cause == "features-not-scaled"
    assert "come near" in found[0].evidence
    other = random.normal(size=expected.shape)
    found = judge(tmp_path, layers, inputs=raw, expected=other, predicted=now)
    assert [each.cause for each in found] == ["inputs-lack-a-step", "another-model-in-the-file"]


def normalize(name: str, values: Any, **more: Any) -> Made:
    """Return a BatchNormalization that learned from these values, rows first."""
    config = {"name": name, "axis": [1], "epsilon": 1e-3, "scale": True, "center": True, **more}
    width = values.shape[1]
    weights = {"gamma": np.full(width, 1.1), "beta": np.full(width, 0.2)}
    moving = {"moving_mean": values.mean(0), "moving_variance": values.var(0)}
    return Made("BatchNormalization", config, weights | moving)


def make_inner(training: Any, share: float = 1.0, **more: Any) -> list[Made]:
    """Return a model whose BatchNormalization learned, up to a share, from these inputs."""
    flat = training.reshape(len(training), -1)
    first = dense("first", random.normal(size=(flat.shape[1], 8)), random.normal(size=8))
    norm = normalize("norm", flat @ first.weights["kernel"] + first.weights["bias"], **more)
    for name, start in (("moving_mean", 0), ("moving_variance", 1)):
        norm.weights[name] = share * norm.weights[name] + (1 - share) * start
    return [FLAT, first, norm, dense("last", random.normal(size=(8, 2)), np.array([0.5, 1]))]


@pytest.mark.parametrize(
    ("training", "today", "cause"),
    [
        (IMAGES / 255, IMAGES, "missing-rescale-255"),
        (IMAGES, IMAGES / 255, "double-rescale"),
        (IMAGES / 255, IMAGES / 255, ""),
        (SCALED, TABLE, "inputs-far-from-training"),
        (SCALED, SCALED[:50] + 0.5, ""),
    ],
)
def test_inputs_are_compared_with_the_first_batch_normalization(
    training: Any, today: Any, cause: str, tmp_path: Path
) -> None:
    found = judge(tmp_path, make_inner(training), inputs=today)
    assert [each.cause for each in found] == [cause] * bool(cause)


def test_moving_statistics_that_took_few_steps_are_named(tmp_path: Path) -> None:
    away = SCALED * 3 + 5
    for momentum, steps, cause in ((0.999, 32, True), (0.9, 320, False)):
        layers = make_inner(away, 1 - momentum**steps, momentum=momentum)
        found = find(write_h5(tmp_path / "m.h5", layers, steps=steps), inputs=away[:60])
        assert [each.cause for each in found] == ["batch-statistics-unsettled"] * cause


def drawn(name: str, rows: int, columns: int, **more: Any) -> Made:
    kernel = draw_glorot(random, rows, columns)
    return dense(name, kernel, np.zeros(columns, "float32"), "relu", **more)


def trained(name: str, rows: int, columns: int, **more: Any) -> Made:
    return dense(name, random.normal(size=(rows, columns)), random.normal(size=columns), **more)


FROZEN = {"trainable": False}
PARTLY = {
    "the last layer was not loaded": ([trained("a", 8, 16), drawn("b", 16, 5)], True),
    "a frozen part was never loaded": (
        [drawn("a", 8, 16, **FROZEN), drawn("b", 16, 16, **FROZEN), trained("c", 16, 2)],
        True,
    ),
    "all is trained": ([trained("a", 8, 16), trained("b", 16, 5)], False),
    "one random layer is frozen, as in an echo state network": (
        [drawn("a", 8, 16, **FROZEN), trained("b", 16, 5)],
        False,
    ),
    "a frozen part that was trained": (
        [trained("a", 8, 16, **FROZEN), drawn("b", 16, 16, **FROZEN), trained("c", 16, 2)],
        False,
    ),
}


@pytest.mark.parametrize("case", PARTLY)
def test_layers_as_drawn_beside_trained_ones_are_named(case: str, tmp_path: Path) -> None:
    layers, speaks = PARTLY[case]
    found = find(write_archive(tmp_path / "m.keras", layers))
    assert [each.cause for each in found] == ["layers-as-drawn"] * speaks


@pytest.mark.parametrize(
    ("config", "causes"),
    [
        ({"stateful": True}, ["stateful-rnn-residue"]),
        ({"rate": 0.3}, ["training-mode-at-inference"]),
        ({"stateful": False, "dropout": 0.0}, []),
    ],
)
def test_what_makes_two_calls_differ_is_looked_up_in_the_file(
    config: dict[str, Any], causes: list[str]
) -> None:
    network = Network(root=Node("Sequential", [Layer("one", "LSTM", config)]))
    first = random.normal(size=(9, 2))
    assert [each.cause for each in find_varying(network, first, first + 1)] == causes
    assert find_varying(network, first, first) == []


def test_the_second_call_is_read_beside_the_file(tmp_path: Path) -> None:
    layers = [*make_deep(9), Made("Dropout", {"name": "drop", "rate": 0.5})]
    now = random.normal(size=(9, 1))
    found = find(write_archive(tmp_path / "m.keras", layers), predicted=now, again=now + 1)
    assert [each.cause for each in found] == ["training-mode-at-inference"]


def test_zeros_for_any_input_are_told_from_zeros_for_these(tmp_path: Path) -> None:
    first = trained("first", 9, 8, activation="relu")
    for bias, cause in ((-1e9, "dead-output"), (0.0, "dead-relu-head")):
        kernel = -np.abs(random.normal(size=(8, 1))) if bias else random.normal(size=(8, 1))
        layers = [first, dense("last", kernel, np.array([bias]), "relu")]
        inputs = SCALED[:20] if bias else np.full((20, 9), -1e6) * np.sign(SCALED[:20])
        now = compute(tmp_path, layers, inputs)
        if now.any():  # keep the rows that die
            inputs = inputs[(now == 0).all(axis=1)]
            now = compute(tmp_path, layers, inputs)
        found = judge(tmp_path, layers, inputs=inputs, predicted=now)
        assert found[0].cause == cause


def test_a_target_that_is_still_a_logarithm_is_named() -> None:
    prices = random.lognormal(12, 0.4, (40, 1))
    for inverse, function in (("np.expm1", np.log1p), ("np.exp", np.log)):
        found = compare_samples(prices, function(prices)).findings
        assert [each.cause for each in found] == ["target-left-scaled"]
        assert inverse in found[0].fix


def test_zeros_where_labels_are_expected_are_an_argmax_rather_than_a_cast() -> None:
    labels = (np.arange(40) % 3 == 0).astype(int)
    assert compare_samples(labels, labels * 0).findings[0].cause == "argmax-of-one-sigmoid"


SERVICE = """
model = keras.models.load_model("m.keras")
def answer(texts):
    {}
    return model.predict(pad_sequences(tokens.texts_to_sequences(texts)))
"""
CODES = {
    "tokenizer-refitted": SERVICE.format("tokens.fit_on_texts(texts)"),
    "tokenizer-refitted ": SERVICE.format(
        "words = layers.TextVectorization(500); words.adapt(texts)"
    ),
    "scaler-refitted": SERVICE.format("rows = scaler.fit_transform(rows)"),
    "": SERVICE.format("rows = scaler.transform(rows)"),
    " ": SERVICE.format("model.fit(texts, labels, epochs=3); tokens.fit_on_texts(texts)"),
    "  ": SERVICE.format("norm = layers.Normalization(); norm.adapt(texts)"),
}


@pytest.mark.parametrize("case", CODES)
def test_a_service_that_restores_at_its_top_and_fits_in_a_function_is_named(case: str) -> None:
    found = find_in_code(ast.parse(CODES[case]))
    assert [each.cause for each in found] == [case.strip()] * bool(case.strip())


def test_another_scale_of_temperature_is_told_from_a_heat_wave() -> None:
    weather = np.column_stack([random.normal(14, 6, 400), random.uniform(20, 95, 400)])
    for today, cause in (
        (weather[:90] * [1.8, 1] + [32, 0], "column-in-another-unit"),
        (weather[:90] * [1, 1] + [273.15, 0], "column-in-another-unit"),
        (weather[:90] * [0.5, 1] + [22, 0], ""),
    ):
        found = compare_inputs(weather, today)
        assert [each.cause for each in found] == [cause] * bool(cause)
        if cause:
            names = {"inputs": today.copy(), "model": _Model()}
            exec(found[0].fix, names)
            np.testing.assert_allclose(names["predictions"], weather[:90], atol=1e-6)


class _Model:
    """Gives back what it is fed."""

    def predict(self, inputs: Any) -> Any:
        return inputs


def test_place_holders_of_adam_before_keras_2_3_are_no_lost_variables(tmp_path: Path) -> None:
    layers = [trained("a", 8, 16), trained("b", 16, 5)]
    slots = [each for layer in layers for each in layer.weights.values()]
    slots += [np.zeros(1)] * len(slots)  # vhats without amsgrad
    assert find(write_h5(tmp_path / "m.h5", layers, steps=9, slots=tuple(slots))) == []
    slots += [np.zeros((5, 1)), np.zeros(1)]  # of a last layer that the file lacks
    found = find(write_h5(tmp_path / "m.h5", layers, steps=9, slots=tuple(slots)))
    assert [each.cause for each in found] == ["variables-lost"]


@pytest.mark.parametrize(("more", "speaks"), [({}, True), ({"axis": [1], "epsilon": 1e-3}, False)])
def test_a_class_with_the_name_of_a_layer_and_none_of_its_settings_is_somebodys_own(
    more: dict[str, Any], speaks: bool, tmp_path: Path
) -> None:
    config = {"name": "norm", "trainable": True, "dtype": "float32", **more}
    own = Made("LayerNormalization", config, {"gamma": np.full(16, 0.9)})
    layers = [trained("a", 8, 16), own, trained("b", 16, 5)]
    found = find(write_h5(tmp_path / "m.h5", layers))
    assert [each.cause for each in found] == ["name-of-a-built-in"] * speaks


def test_the_bias_of_a_gru_in_a_checkpoint_is_no_kernel() -> None:
    arrays = {"variables/3": np.ones((8, 24)), "variables/4": np.zeros((2, 24))}
    assert list(group(arrays)["variables"]) == ["3/kernel", "4"]


def test_a_dead_model_of_word_numbers_stays_judged() -> None:
    """Numbers that are drawn at random are no numbers of words, and cannot be computed."""
    random = np.random.default_rng(0)
    table = {"embeddings": random.normal(size=(30, 4))}
    head = {"kernel": np.zeros((4, 1)), "bias": np.full(1, -1.0)}
    layers = [
        Layer("words", "Embedding", {}, weights=table),
        Layer("mean", "GlobalAveragePooling1D", {}),
        Layer("head", "Dense", {"activation": "relu"}, weights=head),
    ]
    network = Network(root=Node("Sequential", layers))
    words = random.integers(1, 30, (20, 6)).astype("float32")
    told = judge_surroundings(network, [words], None, np.zeros((20, 1)))
    assert told.computed == "as predicted"
    assert told.findings == []


@pytest.mark.parametrize(
    ("shape", "spoil", "cause"),
    [
        ((6, 4), lambda x: x[..., [2, 0, 3, 1]], "columns-in-another-order"),
        ((8, 8, 2), lambda x: np.rot90(x, 1, (1, 2)), "input-axes-exchanged"),
        ((8, 8, 2), lambda x: np.rot90(x, 3, (1, 2)), "input-axes-exchanged"),
    ],
)
def test_columns_of_series_and_turned_photographs_are_named_with_their_cure(
    shape: tuple[int, ...], spoil: Any, cause: str
) -> None:
    random = np.random.default_rng(0)
    right = random.normal(size=(20, *shape))
    head = {"kernel": random.normal(size=(int(np.prod(shape)), 3)), "bias": np.zeros(3)}
    dense = Layer("head", "Dense", {"units": 3}, weights=head)
    network = Network(root=Node("Sequential", [Layer("flat", "Flatten", {}), dense]))
    wanted = right.reshape(20, -1) @ head["kernel"]
    now = spoil(right)
    told = judge_surroundings(network, [now], wanted, now.reshape(20, -1) @ head["kernel"])
    assert [each.cause for each in told.findings] == [cause]
    names: dict[str, Any] = {"inputs": now, "np": np, "model": _Model()}
    exec(told.findings[0].fix, names)
    np.testing.assert_array_equal(names["predictions"], right)


def test_a_kernel_that_holds_its_lora_has_lost_no_variable(tmp_path: Path) -> None:
    adapted = trained("a", 8, 16)
    adapted.config["lora_rank"] = 2
    slots = (np.zeros((8, 2)), np.zeros((2, 16)), np.zeros((8, 2)), np.zeros((2, 16)))
    layers = [adapted, trained("b", 16, 1)]
    assert find(write_h5(tmp_path / "m.h5", layers, steps=9, slots=slots)) == []


def test_a_layer_that_turns_images_in_training_is_computed_as_predict_does() -> None:
    turns = Layer("turns", "RandomFlip", {"mode": "horizontal"})
    assert clean_keywords({"training": True}, turns) == {}
    with pytest.raises(CannotCompute):
        clean_keywords({"training": True}, Layer("norm", "BatchNormalization", {}))
