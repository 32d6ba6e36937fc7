"""`diagnose` beside a seal, and as a function."""

import hashlib
import json
from pathlib import Path

import msgspec
import numpy as np
import pytest

from harness import api
from harness.diagnose.describe import describe_diagnosis
from harness.diagnose.evaluation.corpus_files import dense, write_h5
from harness.diagnose.file_answer import LayerSummary
from harness.diagnose.load.restoring import Restoring
from harness.diagnose.rules.seal import find_by_seal, open_seal, read_sealed
from harness.errors import UsageError
from harness.seals import seal_file
from harness.seals.place import find_seal, has_seal
from harness.seals.seal_file import SealedLayer, SealUnreadable, WeightStatistics
from restorebench_seal import describe, seal

KERNEL = np.random.default_rng(0).normal(size=(3, 2)).astype(np.float32)
INPUTS = (np.random.default_rng(1).normal(size=(40, 3)) * 60 + 120).astype(np.float32)


def predict(inputs):
    return np.asarray(inputs, np.float32) @ KERNEL


@pytest.fixture
def model(tmp_path):
    """An `.h5` of one Dense layer with the seal of its outputs."""
    path = tmp_path / "model.h5"
    write_h5(path, [dense("dense", KERNEL, np.zeros(2))])
    seal(predict, INPUTS, path)
    return path


def causes(diagnosis):
    return [each.cause for each in diagnosis.findings]


def test_the_sealed_inputs_and_outputs_show_that_the_file_is_right(model):
    found = api.diagnose(model)
    assert (causes(found), found.own.computed) == ([], "as expected")
    assert found.seal.endswith("its 32 inputs and outputs stand for --inputs and --expected")
    assert f"  {found.seal}" in describe_diagnosis(found)


def test_another_model_under_the_same_name_is_found(model):
    write_h5(model, [dense("dense", KERNEL * 2 + 1, np.zeros(2))])
    found = api.diagnose(model)
    assert found.own.computed == "as neither"
    assert found.wrong


def test_a_layer_whose_weights_are_not_as_sealed_is_named(model):
    """The seal of a live Keras model records its layers; here it is written as such a seal."""

    weight = msgspec.convert(dict(describe(KERNEL), sha256=""), WeightStatistics)
    sealed, _ = open_seal(model)
    sealed = msgspec.structs.replace(
        sealed, layers=[SealedLayer(name="dense", kind="Dense", weights=[weight])]
    )
    model.write_bytes(b"another file")
    as_sealed = {"minimum": float(KERNEL.min()), "maximum": float(KERNEL.max())}
    for given, named in (
        (as_sealed, []),
        (as_sealed | {"minimum": 0.0}, ["weights-unlike-sealed"]),
    ):
        layer = LayerSummary(name="dense", kind="Dense", place="", count=6, zeros=0.0, **given)
        assert [each.cause for each in find_by_seal(model, sealed, [layer], None)] == named


@pytest.mark.parametrize(
    ("change", "fix"),
    [
        (lambda x: x * 255, "/ 255.0"),
        (lambda x: x / 255, "without / 255"),
        (lambda x: (x - x.mean(0)) / x.std(0), "inputs.npz"),
    ],
)
def test_inputs_of_today_are_compared_with_the_sealed_ones(change, fix, model):
    found = api.diagnose(model, inputs=change(INPUTS))
    assert causes(found) == ["inputs-unlike-sealed"]
    assert fix in found.findings[0].fix


def test_what_is_restored_is_fed_the_sealed_inputs(model):
    inputs, outputs = read_sealed(model)
    (sealed,) = np.load(inputs).values()
    assert np.array_equal(sealed, INPUTS[:32])
    assert np.array_equal(outputs, predict(INPUTS[:32]))


def test_shapes_that_no_array_has_make_a_seal_unreadable(model):
    """The product of a million sizes would take minutes."""
    file = find_seal(model) / "seal.json"
    record = json.loads(file.read_text())
    for shape in ([9] * 65, [-1], [2**63]):
        record["outputs"][0]["shape"] = shape
        file.write_text(json.dumps(record))
        seal, said = open_seal(model)
        assert (seal, "cannot be read" in said) == (None, True)


def test_a_seal_that_holds_more_outputs_than_it_names_proves_nothing(model):
    folder = find_seal(model)
    np.savez(folder / "outputs.npz", one=INPUTS, two=INPUTS)
    record = json.loads((folder / "seal.json").read_text())
    content = (folder / "outputs.npz").read_bytes()
    record["files"]["outputs"] = hashlib.sha256(content).hexdigest()
    (folder / "seal.json").write_text(json.dumps(record))
    assert read_sealed(model) == (None, None)


def test_arrays_that_grow_beyond_measure_are_not_opened(model, monkeypatch):
    monkeypatch.setattr(seal_file, "LARGEST_ARRAYS", 400)
    with pytest.raises(SealUnreadable, match="cannot be read"):
        seal_file.check_arrays(find_seal(model), seal_file.read_seal(model))


def test_a_share_of_zeros_beyond_one_is_no_seal(model):
    file = find_seal(model) / "seal.json"
    record = json.loads(file.read_text())
    record["inputs"][0]["zeros"] = 2.0
    file.write_text(json.dumps(record))
    found = causes(api.diagnose(model, inputs=np.zeros((4000, 3))))
    assert found == ["batch-never-filled"], "and not what the seal says"
    seal, said = open_seal(model)
    assert (seal, "cannot be read" in said) == (None, True)


def test_given_outputs_stand_before_the_sealed_ones(model):
    found = api.diagnose(model, inputs=INPUTS, expected=predict(INPUTS))
    assert (causes(found), found.own.computed) == ([], "as expected")
    assert found.seal.endswith("; --inputs are compared with its statistics")
    assert "stand for" not in found.seal


def test_the_seal_speaks_also_where_outputs_are_given(model):
    today = INPUTS / 255
    given = {"expected": predict(INPUTS), "predicted": predict(today)}
    assert "inputs-unlike-sealed" in causes(api.diagnose(model, inputs=today, **given))
    write_h5(model, [dense("dense", KERNEL * 2 + 1, np.zeros(2))])
    file = find_seal(model) / "seal.json"
    record = json.loads(file.read_text())
    weights = [dict(describe(each), sha256="") for each in (KERNEL, np.zeros(2))]
    record["layers"] = [{"name": "dense", "class": "Dense", "weights": weights}]
    file.write_text(json.dumps(record))
    assert "weights-unlike-sealed" in causes(api.diagnose(model, **given))


@pytest.mark.parametrize("name", ["file", "allow_pickle", "features"])
def test_an_input_may_have_any_name(name, model):
    assert causes(api.diagnose(model, inputs={name: INPUTS * 255})) == ["inputs-unlike-sealed"]


def test_the_root_folder_has_no_seal():
    assert not has_seal(Path("/"))


def test_predictions_of_the_sealed_inputs_are_compared_with_the_sealed_outputs(model):
    right = predict(INPUTS[:32])
    assert api.diagnose(model, predicted=right).answer == "equal"
    found = api.diagnose(model, predicted=right[:, ::-1])
    assert (causes(found)[0], found.own.computed) == ("output-columns-permuted", "as expected")
    assert found.seal


def test_predictions_of_other_inputs_are_not_compared_with_the_seal(model):
    found = api.diagnose(model, predicted=predict(INPUTS[:9]))
    assert (found.answer, causes(found)) == (None, [])
    assert "--predicted is not compared with the seal" in found.needed[0]
    assert "model.h5.seal/inputs.npz" in found.needed[0]


def test_what_is_restored_is_given_the_seal_where_the_user_gives_nothing(model):
    right = predict(INPUTS[:32])
    sealed = Restoring(model, predicted=right).beside_seal()
    assert np.array_equal(next(iter(sealed.inputs.values())), INPUTS[:32])
    assert np.array_equal(sealed.expected, right)
    assert (sealed.predicted is right, sealed.sealed) == (True, True)
    assert Restoring(model, predicted=right[:9]).beside_seal().predicted is None
    for given in ({"inputs": {"": INPUTS}}, {"expected": right}):
        own = Restoring(model, **given)
        assert own.beside_seal() is own


def test_outputs_alone_are_diagnosed():
    found = api.diagnose(expected=predict(INPUTS), predicted=predict(INPUTS) * 3 + 1)
    assert causes(found) == ["output-in-another-unit"]


def test_nothing_is_a_sentence():
    with pytest.raises(UsageError, match="nothing to diagnose"):
        api.diagnose(expected=[[1.0]])
