"""seal() and verify() of restorebench_seal.py, with models that only look like Keras' own."""

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import restorebench_seal
from restorebench_seal import Finding, Report, SealError, seal, verify
from tests.conftest import REPOSITORY
from tests.unit.toy_keras import Dense, Variable, make_inputs, make_model

INPUTS = make_inputs()


@pytest.fixture
def path(tmp_path):
    """A model file with the seal of make_model() beside it."""
    file = tmp_path / "model.keras"
    file.write_bytes(b"the model")
    seal(make_model(), INPUTS, file)
    return file


def make_random_model():
    """Return a model with weights that gives other outputs in each call, and its call alone."""
    random, model, predict = np.random.default_rng(0), make_model(), make_model().predict_on_batch

    def draw(inputs):
        return predict(inputs) + random.normal(size=(len(inputs), 2))

    model.predict_on_batch = draw
    return model, draw


def fails(report):
    return [each.check for each in report.findings if each.fails]


def test_the_same_model_is_verified(path):
    report = verify(make_model(), path, INPUTS)
    assert report.verified
    assert report.compared == ["outputs of 32 rows", "weights of 2 layers"]
    assert str(report) == "verified"


def test_an_older_seal_stays_where_the_disk_fails_while_a_new_one_is_written(path, monkeypatch):
    write = np.savez_compressed

    def fail(file, **arrays):
        if str(file).endswith("layers.npz"):
            raise OSError("no space left on device")
        write(file, **arrays)

    monkeypatch.setattr("numpy.savez_compressed", fail)
    with pytest.raises(OSError, match="no space left"):
        seal(make_model(factor=3.0), INPUTS, path)
    assert verify(make_model(), path).verified
    monkeypatch.setattr("numpy.savez_compressed", write)
    seal(make_model(factor=3.0), INPUTS, path)
    assert verify(make_model(factor=3.0), path).verified
    assert sorted(each.name for each in path.parent.iterdir()) == [
        "model.keras",
        "model.keras.seal",
    ]


def test_without_a_model_file_an_older_seal_stays_as_it_is(path):
    path.unlink()
    with pytest.raises(SealError, match="there is no saved model"):
        seal(make_model(factor=3.0), INPUTS, path)
    assert verify(make_model(), path).verified


def test_the_first_layer_that_differs_is_named_although_its_weights_are_as_sealed(path):
    report = verify(make_model(factor=3.0), path)
    assert fails(report) == ["outputs"]
    assert report.findings[0].details == [
        "the first layer that differs: scale (Scale) gives other outputs, from weights that are as"
        " sealed: look at its code and its arguments"
    ]


def test_a_layer_that_lost_its_weights_is_named(path):
    model = make_model()
    model.layers[2] = Dense("second", np.zeros((5, 2)), np.zeros(2))
    report = verify(model, path)
    assert fails(report) == ["outputs", "weights"]
    assert "all are zeros; the sealed ones reach" in report.findings[0].says
    assert report.findings[1].details == [
        "second (Dense) has a weight that is all zeros, and was not"
    ]


def test_layers_that_one_side_could_not_watch_are_no_fault(path, monkeypatch):
    """TensorFlow 1 calls graphs: what its layers give is not known there."""
    model = make_model()
    monkeypatch.setattr(model, "call", None)
    monkeypatch.setattr(model, "predict_on_batch", make_model().predict_on_batch)
    assert verify(model, path).verified
    seal(model, INPUTS, path)
    assert verify(make_model(), path).verified


def test_the_count_of_a_layer_is_no_weight(path):
    model = make_model()
    model.layers[0].non_trainable_weights = [Variable("count", 0)]
    model.layers[0].non_trainable_weights[0].values = np.asarray(7)
    assert verify(model, path).verified


def test_layers_that_are_named_anew_are_found_by_their_order(path):
    model = make_model()
    for number, layer in enumerate(model.layers):
        layer.name = f"other_{number}"
    assert verify(model, path).verified


def test_a_function_is_compared_by_its_outputs_alone(path):
    model = make_model()
    report = verify(model.predict_on_batch, path)
    assert report.verified
    assert report.compared == ["outputs of 32 rows"]
    assert fails(verify(lambda inputs: model.predict_on_batch(inputs) + 1, path)) == ["outputs"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x: x / 255, "divided by 255 once too often"),
        (lambda x: x * 255, "a division by 255 is missing"),
        (lambda x: (x - x.mean(0)) / x.std(0), "they are standardised, and the sealed ones were"),
        (lambda x: x[:, [1, 0, 2, 3]], "the columns come in another order"),
        (lambda x: x * 0, "all values are zero"),
        (lambda x: np.where(x > 70, np.nan, x), "values are NaN or infinite"),
        (lambda x: x[:, :3], "a row has the shape [3], sealed [4]"),
        (lambda x: x + np.array([0, 0, 40, 0]), "column 2 has the mean"),
    ],
)
def test_inputs_of_today_are_compared_with_the_sealed_statistics(change, words, path):
    report = verify(make_model(), path, change(INPUTS))
    assert fails(report) == ["inputs"]
    assert words in report.findings[0].says


def draw_images(random, rows):
    """Some are dark."""
    light = random.uniform(0.1, 1, (rows, 1, 1, 1))
    return (random.integers(0, 256, (rows, 8, 8, 3)) * light).astype("uint8")


def draw_words(random, rows):
    """Numbers of words, padded: the last positions are 0 in most rows."""
    numbers = np.minimum(random.zipf(1.3, (rows, 12)), 5000)
    return np.where(np.arange(12) < random.integers(1, 13, (rows, 1)), numbers, 0)


def draw_flags(random, rows):
    """Columns that are 0 or 1, some of them almost never 1."""
    return (random.random((rows, 8)) < [0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.003, 0.001]).astype(
        float
    )


def draw_table(random, rows):
    return random.normal([0, 5, 100, -3], [1, 2, 30, 0.1], (rows, 4))


def draw_skewed(random, rows):
    return random.lognormal(0, 1, (rows, 3))


@pytest.mark.parametrize("draw", [draw_images, draw_words, draw_flags, draw_table, draw_skewed])
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(1, 50))
def test_other_inputs_of_the_same_kind_are_no_fault(draw, seed, rows):
    random = np.random.default_rng(seed)
    sealed = draw(random, 1000)
    record = {"inputs": [dict(restorebench_seal.describe(sealed, True), name="x")]}
    today = draw(random, rows)
    found = restorebench_seal.compare_inputs(record, [today])
    assert not [each for each in found if each.fails]


@pytest.mark.parametrize("draw", [draw_images, draw_words, draw_flags])
@given(seed=st.integers(0, 2**32 - 1), sealed_rows=st.integers(8, 64))
def test_whole_numbers_that_few_rows_have_not_shown_are_no_fault(draw, seed, sealed_rows):
    random = np.random.default_rng(seed)
    record = restorebench_seal.describe(draw(random, sealed_rows), True)
    found = restorebench_seal.compare_inputs(
        {"inputs": [dict(record, name="x")]}, [draw(random, 32)]
    )
    assert not [each for each in found if each.fails and "lie far" in each.says]


@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(2, 7))
def test_few_sealed_rows_show_another_scale_and_nothing_finer(seed, rows):
    random = np.random.default_rng(seed)
    sealed, today = random.normal(5, 1, (rows, 10)), random.normal(5, 1, (32, 10))
    record = {"inputs": [dict(restorebench_seal.describe(sealed, True), name="x")]}
    (found,) = restorebench_seal.compare_inputs(record, [today])
    said = f"the statistics are of {rows} rows: columns are compared from 8 rows on"
    assert (found.fails, found.says) == (False, said)
    (found,) = restorebench_seal.compare_inputs(record, [today * 255])
    assert found.fails


def test_a_file_that_was_written_again_is_worth_knowing_and_no_failure(path):
    path.write_bytes(b"another model")
    report = verify(make_model(), path)
    assert report.verified
    assert "written again after it was sealed" in report.findings[0].says


def test_custom_code_that_has_changed_is_named(path):
    record = json.loads((path.parent / "model.keras.seal" / "seal.json").read_text())
    assert [each["name"] for each in record["code"]] == ["Dense", "Model", "Scale"]
    sealed = [{"name": "Scale", "sha256": "0"}, {"name": "Gone", "sha256": "0"}]
    (found,) = restorebench_seal.compare_code(sealed, record["code"])
    assert (found.fails, found.says) == (False, "changed since the model was sealed: Scale")


def test_outputs_that_change_from_call_to_call_are_not_compared(tmp_path):
    (tmp_path / "m").write_bytes(b"x")
    model, _ = make_random_model()
    seal(model, INPUTS, tmp_path / "m")
    report = verify(model, tmp_path / "m")
    assert (report.verified, report.compared) == (True, ["weights of 2 layers"])
    assert "two calls with the same inputs differ" in report.findings[0].says


def test_weights_exchanged_within_a_layer_are_found_where_outputs_are_not_compared(tmp_path):
    (tmp_path / "m").write_bytes(b"x")
    statistics = [Variable("mean", [1, 2]), Variable("variance", [3, 4])]
    model, _ = make_random_model()
    model.layers[0].non_trainable_weights = statistics
    seal(model, INPUTS, tmp_path / "m")
    model.layers[0].non_trainable_weights = statistics[::-1]
    report = verify(model, tmp_path / "m")
    assert fails(report) == ["weights"]
    assert report.findings[0].details == ["first (Dense) has its weights in another order"]


def test_the_order_of_weights_is_no_fault_where_the_outputs_are_as_sealed(tmp_path):
    """A layer of layers lists weights in another order once it is frozen."""
    (tmp_path / "m").write_bytes(b"x")
    statistics = [Variable("mean", [1, 2]), Variable("variance", [3, 4])]
    model = make_model()
    model.layers[0].non_trainable_weights = statistics
    seal(model, INPUTS, tmp_path / "m")
    model.layers[0].non_trainable_weights = statistics[::-1]
    assert verify(model, tmp_path / "m").verified


def make_half_model():
    """Return the model of make_model() as it computes in float16."""
    model = make_model()
    predict = model.predict_on_batch
    model.predict_on_batch = lambda inputs: predict(inputs).astype("float16").astype("float32")
    for layer in model.layers:
        layer.compute_dtype = "float16"
    return model


def test_a_model_sealed_in_float32_is_not_verified_by_outputs_that_half_precision_has_rounded(path):
    report = verify(make_half_model(), path)
    assert fails(report) == ["outputs"]
    said = "it computes in float16, and was sealed in float32"
    assert Finding("versions", False, said, []) in report.findings


def test_a_model_sealed_in_half_precision_is_compared_with_its_tolerance(path):
    seal(make_half_model(), INPUTS, path)
    assert verify(make_half_model(), path).verified
    report = verify(make_model(), path)
    said = "it computes in float32, and was sealed in float16"
    assert report.findings == [Finding("versions", False, said, [])]


def test_a_function_of_a_model_of_half_precision_is_compared_with_its_tolerance(path):
    """A signature tells neither what it computes in nor its layers."""
    seal(make_model().predict_on_batch, INPUTS, path)
    report = verify(make_half_model(), path)
    assert (report.findings, report.compared) == ([], ["outputs of 32 rows"])


def test_a_model_of_which_nothing_can_be_compared_is_not_verified(tmp_path):
    (tmp_path / "m").write_bytes(b"x")
    _, draw = make_random_model()
    seal(draw, INPUTS, tmp_path / "m")
    report = verify(draw, tmp_path / "m")
    assert (report.verified, report.compared) == (False, [])
    assert "nothing is left to compare" in report.findings[0].says


class Heads:
    """A model of two outputs, as Keras names them: a list, or a dict."""

    def __init__(self, names, by_name=False):
        self.output_names, self.by_name = names, by_name

    def __call__(self, inputs):
        heads = {"price": inputs[:, :1] * 2, "sale": inputs[:, 1:2] - 5}
        return heads if self.by_name else [heads[name] for name in self.output_names]


@pytest.mark.parametrize("by_name", [(False, False), (False, True), (True, False), (True, True)])
def test_a_list_of_outputs_in_another_order_is_found_and_a_dict_has_no_order(by_name, tmp_path):
    (tmp_path / "m").write_bytes(b"x")
    seal(Heads(["price", "sale"], by_name[0]), INPUTS, tmp_path / "m")
    assert verify(Heads(["price", "sale"], by_name[1]), tmp_path / "m").verified
    report = verify(Heads(["sale", "price"], by_name[1]), tmp_path / "m")
    assert report.verified == any(by_name)
    if not report.verified:
        assert report.findings[0].says.endswith("in another order: sale, price; sealed price, sale")


@pytest.mark.parametrize(
    ("model", "inputs", "words"),
    [
        (lambda x: x * 0, INPUTS, "zeros: a seal would prove nothing"),
        (lambda x: x * 0 + 1, INPUTS, "the same for every row"),
        (lambda x: x * np.nan, INPUTS, "NaN or infinity"),
        (lambda x: x, INPUTS[:1], "at least two rows"),
        (lambda x: x, 3.0, "no arrays with rows first"),
    ],
)
def test_what_proves_nothing_is_not_sealed(model, inputs, words, tmp_path):
    (tmp_path / "m").write_bytes(b"x")
    with pytest.raises(SealError, match=words):
        seal(model, inputs, tmp_path / "m")
    assert not (tmp_path / "m.seal").exists()


def test_a_model_that_does_not_give_the_expected_outputs_is_not_sealed(tmp_path):
    (tmp_path / "m").write_bytes(b"x")
    model = make_model()
    with pytest.raises(SealError, match="32 of 32 rows differ"):
        seal(model, INPUTS, tmp_path / "m", expected=model.predict_on_batch(INPUTS) + 1)
    assert seal(model, INPUTS, tmp_path / "m", expected=model.predict_on_batch(INPUTS))


def test_a_model_that_was_not_saved_is_not_sealed(tmp_path):
    with pytest.raises(SealError, match="save it first, then seal it"):
        seal(make_model(), INPUTS, tmp_path / "absent.keras")


@pytest.mark.parametrize("damage", ["gone", "array", "json", "format"])
def test_a_seal_that_cannot_be_read_is_a_sentence(damage, path):
    folder = path.parent / "model.keras.seal"
    record = folder / "seal.json"
    if damage == "gone":
        record.unlink()
    elif damage == "array":
        (folder / "outputs.npz").write_bytes(b"no array")
    else:
        record.write_text(
            "{" if damage == "json" else record.read_text().replace('"seal": 1', '"seal": 2')
        )
    with pytest.raises(SealError, match="seal"):
        verify(make_model(), path)


def test_words_and_inputs_by_name_are_sealed(tmp_path):
    (tmp_path / "m").write_bytes(b"x")
    inputs = {"word": np.array(["a", "bb", "ccc"], object), "number": np.arange(3.0)}

    def predict(given):
        return {"length": np.array([len(each) for each in given["word"]]) + given["number"]}

    seal(predict, inputs, tmp_path / "m")
    assert verify(predict, tmp_path / "m", inputs).verified
    assert not verify(lambda given: {"length": given["number"]}, tmp_path / "m").verified


def test_inputs_by_name_are_compared_by_name_in_whatever_order_they_come(tmp_path):
    (tmp_path / "m").write_bytes(b"x")
    inputs = {"image": INPUTS[:, :2] * 255, "age": INPUTS[:, 2:]}

    def predict(given):
        return given["image"] + given["age"]

    seal(predict, inputs, tmp_path / "m")
    assert verify(predict, tmp_path / "m", dict(reversed(inputs.items()))).verified
    exchanged = {"image": inputs["age"], "age": inputs["image"]}
    assert fails(verify(predict, tmp_path / "m", exchanged)) == ["inputs", "inputs"]


def test_the_file_runs_alone(tmp_path):
    """A user copies it beside a script: it needs nothing of the package."""
    (tmp_path / "restorebench_seal.py").write_text(
        (REPOSITORY / "restorebench_seal.py").read_text()
    )
    code = "import restorebench_seal, sys; print('harness' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


def test_an_error_of_several_lines_stands_indented_under_its_heading():
    report = Report([Finding("outputs", True, "it cannot be called:\nfirst\nsecond", ["why"])], [])
    assert str(report).splitlines() == [
        "NOT VERIFIED",
        "outputs: it cannot be called:",
        "  first",
        "  second",
        "  why",
    ]


@pytest.mark.parametrize("reach", [1e160, 1e200, 1.7e308])
def test_numbers_whose_squares_are_out_of_range_are_sealed_in_json_and_compared(path, reach):
    def predict(inputs):
        return np.tanh(inputs[:, :2].astype(np.float64)) * reach

    folder = seal(predict, INPUTS, path)
    with open(folder + "/seal.json") as file:  # numbers that JSON lacks raise here
        record = json.load(file, parse_constant=pytest.fail)
    assert 0 < record["outputs"][0]["deviation"] < reach
    assert verify(predict, path).verified
    assert fails(verify(lambda inputs: predict(inputs) * 0.9, path)) == ["outputs"]
    assert fails(verify(lambda inputs: -predict(inputs), path)) == ["outputs"]


def test_the_output_of_a_layer_beyond_float32_is_sealed_as_it_is():
    kept = restorebench_seal.sample([np.array([1.0, 1e200])])
    assert kept.tolist() == [1.0, 1e200]
    assert restorebench_seal.sample([np.array([1.0, np.inf])]).dtype == np.float32
