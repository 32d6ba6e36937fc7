"""`rescue` without TensorFlow: the repairs, the plan, the proof, the new file."""

import copy
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import h5py
import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.catalog.load import PACKAGED
from harness.errors import UsageError
from harness.formats.facts import HDF5_MODEL, HDF5_WEIGHTS, KERAS_ARCHIVE
from harness.origin.answer import LayerWeights, ModelInput, ModelOutput
from harness.origin.restore import RestoredModel, make_step
from harness.origin.who_wrote import Origin
from harness.processes.variables import Environment
from harness.report.rescue import (
    describe_call,
    describe_load,
    describe_rescue,
    make_rescue_record,
)
from harness.rescue import rescue as rescue_module
from harness.rescue.last_resort import align_outputs, name_inputs
from harness.rescue.new_file import publish
from harness.rescue.nodes import CannotRepair, walk_objects
from harness.rescue.plan import NoPlan, Plan, plan_repairs
from harness.rescue.prove import prove
from harness.rescue.repairs import (
    Repair,
    drop_arguments,
    drop_initializer_dtypes,
    keep_hard_sigmoid,
    name_axis,
    repair_config,
    translate_policies,
)
from harness.rescue.rescue import Rescue, Rescuer, describe_new
from harness.rescue.states import pass_states
from harness.rescue.structure import count_calls, give_input_layer, name_modules, rename_layers
from harness.rescue.tensorflow_calls import replace_calls
from harness.rescue.training import read_training, repair_training
from harness.worker.merge_layers import NoCounterpart, replace_merges
from harness.worker.model_inputs import draw, find_layers
from harness.worker.prepare_model import prepare_model
from harness.worker.rebuild_model import check_names

ARTIFACTS = PACKAGED / "version" / "artifacts"
# Committed files of old releases, each with the repairs that it needs to be built by Keras 3.
NEEDED = {
    "time_major_keyword": {"drop-arguments"},
    "groups_keyword": {"drop-arguments"},
    "hard_sigmoid_redefined": {"keep-hard-sigmoid"},
    "initializer_dtype_from_tf1": {"drop-initializer-dtypes"},
    "mixed_float16_policy": {"translate-policies"},
    "tfoplambda_unknown": {"replace-calls"},
    "functional_archive_module": {"name-modules"},
}


def layer(kind, _name="a", **config):
    return {"class_name": kind, "config": {"name": _name, **config}}


def model(kind, *layers, **more):
    return {"class_name": kind, "config": {"name": "m", "layers": list(layers), **more}}


def node(kind, name, inbound, **config):
    return {**layer(kind, name, **config), "name": name, "inbound_nodes": inbound}


def functional(*nodes):
    first = node("InputLayer", "x", [], batch_input_shape=[None, 4])
    return model("Functional", first, *nodes, output_layers=[[nodes[-1]["name"], 0, 0]])


def find(config, kind):
    return next(each for each in walk_objects(config) if each.get("class_name") == kind)


def read_committed(name):
    path = next((ARTIFACTS / name).rglob("model.*"))
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return json.loads(archive.read("config.json"))
    with h5py.File(path) as file:
        return json.loads(file.attrs["model_config"])


@pytest.mark.parametrize(("name", "needed"), NEEDED.items(), ids=NEEDED)
def test_a_committed_file_gets_the_repair_that_its_scenario_is_about(name, needed):
    config = read_committed(name)
    before = copy.deepcopy(config)
    repaired, done = repair_config(config)
    assert needed <= {each.name for each in done}
    assert all(each.why for each in done)
    assert config == before, "a repair changed what it was given"
    assert repair_config(repaired) == (repaired, []), "once repaired, nothing is left to repair"


def test_arguments_without_effect_are_left_out_and_those_with_one_are_refused_by_name():
    config = model("Sequential", layer("LSTM", units=2, time_major=False))
    changed, why = drop_arguments(config)
    assert "time_major" not in changed["config"]["layers"][0]["config"]
    assert why.startswith("time_major left out")
    with pytest.raises(CannotRepair, match="layer a has time_major=True"):
        drop_arguments(model("Sequential", layer("LSTM", units=2, time_major=True)))
    assert drop_arguments(model("Sequential", layer("Conv2D", groups=2)))[1] == ""


@pytest.mark.parametrize(
    ("kind", "argument", "value"),
    [
        ("ConvLSTM2D", "time_major", False),
        ("Conv2DTranspose", "groups", 1),
        ("SeparableConv2D", "kernel_regularizer", None),
        ("MultiHeadAttention", "query_shape", [None, 5, 8]),
        ("Embedding", "input_length", 10),
        ("BatchNormalization", "renorm", False),
        ("InputLayer", "ragged", False),
    ],
)
def test_these_layers_of_keras_2_had_arguments_that_keras_3_refuses(kind, argument, value):
    changed, why = drop_arguments(model("Sequential", layer(kind, **{argument: value})))
    assert argument not in changed["config"]["layers"][0]["config"]
    assert argument in why


def test_a_sequential_model_without_input_layer_gets_one_with_the_batch():
    config = model("Sequential", layer("Dense", units=2, batch_input_shape=[None, 4]))
    changed, why = give_input_layer(config)
    first, second = changed["config"]["layers"]
    assert first["class_name"] == "InputLayer"
    assert first["config"]["batch_shape"] == [None, 4]
    assert "batch_input_shape" not in second["config"]
    assert why


def test_a_sequential_model_that_was_built_later_gets_the_shape_it_was_built_with():
    config = model("Sequential", layer("Dense", units=2), build_input_shape=[None, 5])
    changed, _ = give_input_layer(config)
    assert changed["config"]["layers"][0]["config"]["batch_shape"] == [None, 5]


def test_an_input_layer_says_batch_shape_and_is_not_doubled():
    config = model("Sequential", layer("InputLayer", batch_input_shape=[None, 4]), layer("Dense"))
    changed, why = give_input_layer(config)
    assert [each["class_name"] for each in changed["config"]["layers"]] == ["InputLayer", "Dense"]
    assert changed["config"]["layers"][0]["config"]["batch_shape"] == [None, 4]
    assert why == ""


def test_inner_layers_keep_no_shape_of_an_input():
    inner = layer("LSTM", units=2, batch_input_shape=[None, 3, 4])
    changed, _ = give_input_layer(model("Sequential", layer("Bidirectional", layer=inner)))
    assert not any(
        "batch_input_shape" in each or "shape_of_input" in each for each in walk_objects(changed)
    )


def test_layers_are_named_with_modules_and_what_is_yours_is_left_alone():
    inner = layer("LSTM", units=2)
    config = model("Model", layer("Bidirectional", layer=inner), layer("MyLayer", "mine"))
    changed, why = name_modules(config)
    assert (changed["class_name"], changed["module"]) == (
        "Functional",
        "keras.src.models.functional",
    )
    assert find(changed, "LSTM")["module"] == "keras.layers"
    assert "module" not in find(changed, "MyLayer")
    assert why


def test_names_with_a_slash_are_changed_everywhere():
    changed, why = rename_layers(functional(node("Dense", "a/b", [[["x", 0, 0, {}]]])))
    assert find(changed, "Dense")["config"]["name"] == "a_b"
    assert find(changed, "Dense")["name"] == "a_b"
    assert changed["config"]["output_layers"] == [["a_b", 0, 0]]
    assert why


def test_calls_of_nested_models_are_counted_from_zero():
    inner = model("Sequential", layer("Dense", units=1)) | {
        "name": "inner",
        "inbound_nodes": [[["x", 0, 0, {}]], [["x", 0, 0, {}]]],
    }
    last = node("Add", "sum", [[["inner", 1, 0, {}], ["inner", 2, 0, {}]]])
    changed, why = count_calls(functional(inner, last))
    assert find(changed, "Add")["inbound_nodes"] == [[["inner", 0, 0, {}], ["inner", 1, 0, {}]]]
    assert changed["config"]["output_layers"] == [["sum", 0, 0]]
    assert why
    assert count_calls(changed) == (changed, "")


def test_hard_sigmoid_keeps_its_formula():
    changed, why = keep_hard_sigmoid(
        model("Sequential", layer("LSTM", units=1, recurrent_activation="hard_sigmoid"))
    )
    kept = find(changed, "LSTM")["config"]["recurrent_activation"]
    assert find(kept, "Rescaling")["config"] == {"scale": 0.2, "offset": 0.5}
    assert find(kept, "ReLU")["config"] == {"max_value": 1.0}
    assert "0.2x + 0.5" in why


def test_policies_axes_and_initializers_are_spelled_as_keras_3_does():
    policy = {"class_name": "Policy", "config": {"name": "mixed_float16"}}
    initializer = {"class_name": "Zeros", "config": {"dtype": "float32"}}
    config = model(
        "Sequential",
        layer("Dense", units=1, dtype=policy, bias_initializer=initializer),
        layer("BatchNormalization", "b", axis=[3]),
    )
    changed, why = translate_policies(config)
    assert find(changed, "Dense")["config"]["dtype"] == "mixed_float16"
    assert "policy mixed_float16 is" in why
    assert find(name_axis(config)[0], "BatchNormalization")["config"]["axis"] == 3
    assert find(drop_initializer_dtypes(config)[0], "Zeros")["config"] == {}


@pytest.mark.parametrize(
    ("function", "inbound", "kind", "expected"),
    [
        ("math.multiply", ["x", 0, 0, {"y": 2.0, "name": None}], "Multiply", {}),
        ("math.subtract", ["_CONSTANT_VALUE", -1, 1.0, {"y": ["x", 0, 0]}], "Subtract", {}),
        (
            "concat",
            [["x", 0, 0, {"axis": 1}], ["x", 0, 0, {"axis": 1}]],
            "Concatenate",
            {"axis": 1},
        ),
        (
            "math.reduce_mean",
            ["x", 0, 0, {"axis": [1], "keepdims": True}],
            "Mean",
            {"axis": [1], "keepdims": True},
        ),
        ("reshape", ["x", 0, 0, {"shape": [-1, 2]}], "Reshape", {"newshape": [-1, 2]}),
        (
            "__operators__.getitem",
            ["x", 0, 0, {"slice_spec": [{"start": 1, "stop": None, "step": None}, 2]}],
            "GetItem",
            {},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_call_of_tensorflow_becomes_the_operation_of_keras(function, inbound, kind, expected):
    config = functional(node("TFOpLambda", "op", [inbound], function=function))
    changed, why = replace_calls(config)
    operation = find(changed, kind)
    assert operation["module"].startswith("keras.src.ops.")
    assert operation["config"] == {"name": "op", **expected}
    named = [
        each["config"]["keras_history"]
        for each in walk_objects(operation["inbound_nodes"])
        if each.get("class_name") == "__keras_tensor__"
    ]
    assert named
    assert all(each == ["x", 0, 0] for each in named)
    assert f"tf.{function}" in why


def test_the_same_call_as_a_node_of_a_graph_is_the_same_operation():
    graph = {"op": "Sub", "attr": {}}
    config = functional(
        node("TensorFlowOpLayer", "op", [[["x", 0, 0, {}]]], node_def=graph, constants={"0": 1.0})
    )
    operation = find(replace_calls(config)[0], "Subtract")
    first, second = operation["inbound_nodes"][0]["args"]
    assert first == 1.0
    assert second["config"]["keras_history"] == ["x", 0, 0]


def test_slices_of_a_graph_are_read_from_their_masks():
    graph = {"op": "StridedSlice", "attr": {"begin_mask": {"i": "1"}, "end_mask": {"i": "1"}}}
    config = functional(
        node(
            "TensorFlowOpLayer",
            "op",
            [[["x", 0, 0, {}]]],
            node_def=json.dumps(graph),
            constants={"1": [0, 1], "2": [0, 3], "3": [1, 1]},
        )
    )
    _, key = find(replace_calls(config)[0], "GetItem")["inbound_nodes"][0]["args"]
    assert [each["config"] for each in key] == [
        {"start": None, "stop": None, "step": 1},
        {"start": 1, "stop": 3, "step": 1},
    ]


@pytest.mark.parametrize(
    "unknown",
    [
        node("TFOpLambda", "op", [["x", 0, 0, {}]], function="image.sobel_edges"),
        node("TFOpLambda", "op", [["x", 0, 0, {"extra": 1}]], function="nn.relu"),
        node("TensorFlowOpLayer", "op", [[["x", 0, 0, {}]]], node_def={"op": "Fft"}, constants={}),
    ],
    ids=["function", "argument", "graph"],
)
def test_a_call_that_nothing_stands_for_is_refused_by_its_name(unknown):
    with pytest.raises(CannotRepair, match=r"sobel_edges|relu with extra|computes Fft"):
        replace_calls(functional(unknown))


def test_a_layer_that_takes_a_tensor_by_keyword_is_called_as_keras_3_reads_it():
    config = functional(node("MultiHeadAttention", "h", [[["x", 0, 0, {"value": ["x", 0, 0]}]]]))
    called = find(replace_calls(config)[0], "MultiHeadAttention")["inbound_nodes"][0]
    assert called["args"][0]["config"]["keras_history"] == ["x", 0, 0]
    assert called["kwargs"]["value"]["config"]["keras_history"] == ["x", 0, 0]


def test_states_that_a_decoder_starts_from_are_passed_by_name():
    encoder = node("LSTM", "e", [[["x", 0, 0, {}]]], return_state=True)
    decoder = node("LSTM", "d", [[["x", 0, 0, {}], ["e", 0, 1, {}], ["e", 0, 2, {}]]])
    changed, why = pass_states(functional(encoder, decoder))
    _, first, second = changed["config"]["layers"]
    assert first["inbound_nodes"] == [[["x", 0, 0, {}]]]
    called = second["inbound_nodes"][0]
    assert called["args"][0]["config"]["keras_history"] == ["x", 0, 0]
    states = [each["config"]["keras_history"] for each in called["kwargs"]["initial_state"]]
    assert states == [["e", 0, 1], ["e", 0, 2]]
    assert why
    assert pass_states(functional(encoder))[1] == ""


def test_the_arguments_of_compile_get_todays_names():
    training = {
        "optimizer_config": {"class_name": "Adam", "config": {"lr": 0.5, "decay": 0.0}},
        "loss": "mse",
        "metrics": ["acc", {"class_name": "MeanMetricWrapper", "config": {"fn": "mae"}}],
    }
    changed, done = repair_training(training)
    assert changed["optimizer_config"]["config"] == {"learning_rate": 0.5}
    assert changed["loss"] == "mean_squared_error"
    assert changed["metrics"] == ["accuracy", "mean_absolute_error"]
    assert {each.name for each in done} == {"name-learning-rate", "name-metrics"}
    assert repair_training({"loss": "mse"}) == (None, [])


def test_a_loss_that_is_an_object_loses_the_arguments_that_keras_3_has_not():
    optimizer = {"class_name": "Adam", "config": {"learning_rate": 0.01}}
    huber = {"class_name": "Huber", "config": {"fn": "huber", "reduction": "auto", "delta": 2.0}}
    changed, done = repair_training({"loss": {"a": huber}, "optimizer_config": optimizer})
    made = changed["loss"]["a"]
    assert made["config"] == {"reduction": "sum_over_batch_size", "delta": 2.0}
    assert made["module"] == "keras.losses"
    assert [each.name for each in done] == ["name-metrics"]


def test_an_optimizer_that_scales_losses_still_does():
    adam = {"class_name": "Adam", "config": {"learning_rate": 0.01, "decay": 0.0}}
    scales = {"class_name": "LossScaleOptimizer", "config": {"inner_optimizer": adam}}
    changed, _ = repair_training({"loss": "mean_squared_error", "optimizer_config": scales})
    made = changed["optimizer_config"]
    assert made["class_name"] == "LossScaleOptimizer"
    assert made["config"]["inner_optimizer"]["config"] == {"learning_rate": 0.01}


def test_a_loss_that_keras_does_not_know_is_found_before_training():
    def find(name):
        if name != "mean_squared_error":
            raise ValueError(name)

    check_names(find, {"a": "mean_squared_error", "b": ["accuracy", None, {"class_name": "Mine"}]})
    with pytest.raises(ValueError, match="my_loss"):
        check_names(find, {"a": ["my_loss"]})


def test_words_are_fed_to_a_text_model_although_an_embedding_follows():
    spec = {"shape": [None, 1], "dtype": "string", "below": 20}
    drawn = draw(np.random.RandomState(0), spec, 4)
    assert drawn.shape == (4, 1)
    assert all(isinstance(each, str) for each in drawn.ravel())


def test_the_arguments_of_compile_are_read_from_both_formats(tmp_path):
    wanted = {"optimizer_config": {"class_name": "SGD", "config": {}}}
    old, new = tmp_path / "a.h5", tmp_path / "a.keras"
    with h5py.File(old, "w") as file:
        file.attrs["training_config"] = json.dumps(wanted)
    with zipfile.ZipFile(new, "w") as archive:
        archive.writestr("config.json", json.dumps({"compile_config": wanted}))
    assert read_training(old, HDF5_MODEL) == wanted
    assert read_training(new, KERAS_ARCHIVE) == wanted


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 100_000, "nested too deeply"),
        ("[]", "not that of a model"),
        ('{"class_name": "Sequential", "config": {"layers": 3}}', "none that Keras writes"),
        (
            '{"class_name": "Functional", "config": {"layers": [1], "output_layers": []}}',
            "none that",
        ),
        ("x", "not JSON"),
    ],
    ids=["deep", "list", "number", "layer", "text"],
)
def test_a_hostile_configuration_ends_in_a_sentence(text, said, tmp_path):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(NoPlan, match=said):
        plan_repairs(tmp_path / "config.json", tmp_path, "SavedModel")


def test_a_plan_holds_the_repaired_configuration(tmp_path):
    config = functional(node("LSTM", "l", [[["x", 0, 0, {}]]], units=1, time_major=False))
    (tmp_path / "config.json").write_text(json.dumps(config | {"keras_version": "2.9.0"}))
    plan = plan_repairs(tmp_path / "config.json", tmp_path, "SavedModel")
    assert "time_major" not in bytes(plan.config).decode()
    assert "keras_version" not in json.loads(bytes(plan.config))
    assert bytes(plan.training) == b"null"
    assert "drop-arguments" in {each.name for each in plan.repairs}


def restored(values, weights=(), **more):
    array = np.asarray(values, dtype="float32")
    return RestoredModel(
        outputs=[ModelOutput(name="out", shape=list(array.shape), dtype="float32")],
        predictions=[array],
        layers=[LayerWeights("a", [np.asarray(each, dtype="float32") for each in weights])],
        loaded=True,
        **more,
    )


VARIED = [[0.0], [1.0], [2.0]]


def test_a_proof_holds_where_predictions_are_the_same():
    proof = prove(restored(VARIED, [[1, 2], [3]]), restored(VARIED, [[3], [1, 2.5]]), given=False)
    assert proof.holds
    assert (proof.same_weights, proof.weights) == (1, 2)


@pytest.mark.parametrize(
    ("old", "new", "given", "holds"),
    [
        (restored(VARIED), restored([[0.0], [1.0], [2.1]]), False, False),
        (restored(VARIED), restored([[0.0, 1.0]] * 3), False, False),
        (restored([[1.0]] * 3), restored([[1.0]] * 3), False, False),
        (restored([[1.0]] * 3), restored([[1.0]] * 3), True, True),
        (restored([[np.nan]] * 3), restored([[np.nan]] * 3), True, False),
        (restored(VARIED), RestoredModel(error="no"), False, False),
        (restored(VARIED), restored(VARIED, plain_error="no"), False, False),
        (RestoredModel(loaded=True), RestoredModel(loaded=True), False, False),
    ],
    ids=["other", "shape", "constant", "constant given", "nan", "error", "not plainly", "nothing"],
)
def test_what_is_not_proven_is_not_called_so(old, new, given, holds):
    assert prove(old, new, given).holds == holds


def test_the_new_file_never_takes_the_place_of_another(tmp_path):
    made, there = tmp_path / "made", tmp_path / "there.keras"
    made.write_bytes(b"new")
    there.write_bytes(b"old")
    with pytest.raises(UsageError, match="is there already"):
        publish(made, there)
    assert there.read_bytes() == b"old"
    publish(made, tmp_path / "free.keras")
    assert (tmp_path / "free.keras").read_bytes() == b"new"


def test_a_new_folder_never_takes_the_place_of_another(tmp_path):
    made, there = tmp_path / "made", tmp_path / "there"
    (made / "variables").mkdir(parents=True)
    (made / "saved_model.pb").write_bytes(b"new")
    there.mkdir()
    with pytest.raises(UsageError, match="is there already"):
        publish(made, there)
    assert not list(there.iterdir())
    publish(made, tmp_path / "free")
    assert (tmp_path / "free/saved_model.pb").read_bytes() == b"new"


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_an_interrupted_copy_leaves_nothing_half_there(tmp_path, monkeypatch, kind):
    def copy_a_part(_, target):
        if kind == "file":
            target.write(b"ne")
        else:
            target.joinpath("saved_model.pb").write_bytes(b"ne")
        raise KeyboardInterrupt

    made = tmp_path / "made"
    made.mkdir() if kind == "folder" else made.write_bytes(b"new")
    (tmp_path / "out").mkdir()
    monkeypatch.setattr("shutil.copyfileobj", copy_a_part)
    monkeypatch.setattr("shutil.copytree", lambda made, to, **_: copy_a_part(made, make(to)))
    with pytest.raises(KeyboardInterrupt):
        publish(made, tmp_path / "out" / "new.keras")
    assert not list((tmp_path / "out").iterdir())


def make(folder):
    folder.mkdir(exist_ok=True)
    return folder


@given(st.lists(st.text(), min_size=1, max_size=4, unique=True))
def test_a_signature_takes_its_inputs_by_keywords_each_once(names):
    changed = name_inputs(names)
    assert len(set(changed)) == len(names)
    assert all(name.isidentifier() for name in changed)


@pytest.mark.parametrize("not_compiled", ["", "ValueError: unknown loss"])
def test_names_of_losses_are_said_to_be_changed_only_where_the_new_model_is_compiled(
    not_compiled, monkeypatch, tmp_path
):
    done = Plan(
        config=msgspec.Raw(b"{}"),
        training=msgspec.Raw(b"{}"),
        repairs=[Repair("drop-arguments", "groups left out")],
        training_repairs=[Repair("name-metrics", "losses have the names")],
    )
    monkeypatch.setattr(rescue_module, "restore_model", lambda *_, **__: restored(VARIED))
    monkeypatch.setattr(rescue_module, "plan_repairs", lambda *_: done)
    monkeypatch.setattr(Rescuer, "try_as_it_is", lambda *_: None)
    monkeypatch.setattr(
        Rescuer, "build", lambda _, __, old, *___: Rescue(old, not_compiled=not_compiled)
    )
    origin = Origin(HDF5_MODEL, tmp_path / "m.h5", "2.4.0", None, ("2.4",), (), (), ())
    environment = Environment("python", False)
    made = Rescuer(origin, environment, environment, tmp_path).rebuild()
    names = [each.name for each in made.repairs]
    assert names == ["drop-arguments", *["name-metrics"] * (not not_compiled)]
    said = "\n".join(describe_rescue(made, Path("m.h5"), "2.4", "2.21"))
    assert ("losses have the names" in said) != ("before training, compile" in said)


def test_the_new_file_is_loaded_without_the_json_that_lay_beside_the_old_one(tmp_path):
    for name in ("w.h5", "model.json", "new.keras"):
        (tmp_path / name).write_text("{}")
    old = Origin(HDF5_WEIGHTS, tmp_path / "w.h5", "2.1.6", None, ("1.15",), (), (), ())
    old = replace(old, architecture=tmp_path / "model.json")
    step = make_step(old, tmp_path / "old", None, True, None)
    assert Path(step.architecture).read_text() == "{}"
    step = make_step(describe_new(old, tmp_path / "new.keras"), tmp_path / "new", None, True, None)
    assert step.architecture is None
    assert [each.name for each in Path(step.model).parent.iterdir()] == ["model.keras"]


@pytest.mark.parametrize(
    ("there", "needed"), [([[1.0]] * 3, "inputs of yours: --inputs"), ([[2.0]] * 3, None)]
)
def test_a_saved_model_that_only_lacks_better_inputs_asks_for_them(
    there, needed, monkeypatch, tmp_path
):
    monkeypatch.setattr(rescue_module, "call_by_signature", lambda *_: restored(there))
    origin = Origin("SavedModel", tmp_path, "2.10.0", "2.10.0", ("2.10",), (), (), ())
    environment = Environment("python", False)
    made = Rescue(restored([[1.0]] * 3), "it calls something")
    called = Rescuer(origin, environment, environment, tmp_path).call(made, origin, "called")
    assert called.needed.startswith(needed) if needed else called is None
    assert called is None or called.reason == "it calls something"


def test_outputs_of_a_signature_are_put_into_the_order_of_the_model():
    first, second = (ModelOutput(name=name, shape=[1], dtype="float32") for name in "ab")
    sorted_by_name = RestoredModel(outputs=[first, second], predictions=[np.zeros(1), np.ones(1)])
    aligned = align_outputs(sorted_by_name, ["b", "a"])
    assert [each.name for each in aligned.outputs] == ["b", "a"]
    assert [each.item() for each in aligned.predictions] == [1, 0]
    assert align_outputs(sorted_by_name, ["b", "c"]) is sorted_by_name


def last_resort(file):
    called = ModelInput(name="x", shape=[None, 2], dtype="float32", fed="standard normal")
    new = RestoredModel(inputs=[called], signature="serving_default")
    why = "it calls tf.image.sobel_edges, which is not on the list of operations that Keras 3 has"
    return Rescue(restored(VARIED), new=new, proof=None, file=file, not_rebuilt=why)


def test_a_saved_model_is_reported_with_the_lines_that_were_proven():
    made = last_resort(Path("kept"))
    text = "\n".join(describe_rescue(made, Path("m.h5"), "2.15", "2.21"))
    text += "\n" + "\n".join(describe_call(made, Path("m-rescued"), "2.21"))
    assert "cannot have it as a Keras model: it calls tf.image.sobel_edges" in text
    assert "no layers and cannot be trained" in " ".join(text.split())
    assert "tf.saved_model.load('m-rescued')\n  model.signatures['serving_default'](x=...)" in text
    assert max(map(len, text.splitlines())) <= 80
    record = make_rescue_record(made, "2.15", "2.21", Path("m-rescued"))
    assert (record["output"], record["signature"]) == ("m-rescued", "serving_default")


def test_the_lines_that_load_the_new_file_bring_the_classes_of_the_user():
    bare = describe_load(Path("m-rescued.keras"), (), Path("mine.py"))
    assert bare == ["  tf.keras.models.load_model('m-rescued.keras')"]
    told = "\n".join(describe_load(Path("m.keras"), ("Own>Scale", "my_loss"), Path("mine.py")))
    assert "from mine import Scale, my_loss" in told
    assert "custom_objects={'Own>Scale': Scale, 'my_loss': my_loss})" in told


def test_an_old_saved_model_that_the_target_calls_is_enough():
    said = " ".join(describe_call(last_resort(None), Path("old"), "2.21"))
    assert "The old SavedModel is enough" in said
    assert "tf.saved_model.load('old')" in said


def test_computing_in_float16_is_compared_by_its_own_tolerance():
    near = [[0.0], [1.0], [2.001]]
    assert not prove(restored(VARIED), restored(near), given=False).holds
    assert prove(restored(VARIED, computes_in="float16"), restored(near), given=False).holds


def test_cudnn_layers_are_named_as_what_keras_2_converts_their_weights_to(tmp_path):
    path = tmp_path / "model.h5"
    config = model("Sequential", layer("CuDNNGRU", units=2), layer("Dense", "b", units=1))
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config).encode()
    assert prepare_model(str(path)) == ["cudnn"]
    with h5py.File(path) as file:
        changed = json.loads(file.attrs["model_config"])
    gru = find(changed, "GRU")["config"]
    assert (gru["recurrent_activation"], gru["reset_after"]) == ("sigmoid", True)
    assert prepare_model(str(path)) == []


def merge(mode, *branches, **arguments):
    return layer("Merge", "merge_1", mode=mode, mode_type="raw", layers=list(branches), **arguments)


def branch(*names):
    first, *others = [layer("Dense", name) for name in names]
    first["config"]["batch_input_shape"] = [None, 3]
    return {"class_name": "Sequential", "config": [first, *others]}


def test_branches_of_keras_1_become_a_model_with_weights_in_the_order_of_keras_2():
    joined = merge("concat", branch("short"), branch("long_1", "long_2"), concat_axis=1)
    old = {"class_name": "Sequential", "config": [joined, layer("Dense", "last")]}
    changed, order = replace_merges(old)
    assert changed["class_name"] == "Model"
    called_on = {
        each["name"]: [node[0] for node in each["inbound_nodes"][0]]
        if each["inbound_nodes"]
        else []
        for each in changed["config"]["layers"]
    }
    assert called_on == {
        "short_input": [],
        "short": ["short_input"],
        "long_1_input": [],
        "long_1": ["long_1_input"],
        "long_2": ["long_1"],
        "merge_1": ["short", "long_2"],
        "last": ["merge_1"],
    }
    assert find(changed, "Concatenate")["config"]["axis"] == 1
    # Keras 2 counts from the output: the branches' last layers are equally far, long_1 is farther.
    heavy = [name for name in order if not name.endswith("_input")]
    assert heavy == ["long_1", "short", "long_2", "merge_1", "last"]


@pytest.mark.parametrize(
    ("mode", "name"), [("sum", "Add"), ("mul", "Multiply"), ("ave", "Average"), ("max", "Maximum")]
)
def test_a_merge_called_on_tensors_is_replaced_where_it_stands(mode, name):
    called = layer("Merge", "merge_1", mode=mode, mode_type="raw")
    changed, order = replace_merges(model("Model", called))
    assert find(changed, name)["config"]["name"] == "merge_1"
    assert order is None


@pytest.mark.parametrize(
    "joined",
    [
        merge("cos", branch("a"), branch("b")),
        merge("sum", branch("a"), branch("a")),
        merge("sum", branch("a"), {"class_name": "Model", "config": {}}),
        layer("Merge", "code", mode="f", mode_type="lambda"),
    ],
)
def test_a_merge_without_a_counterpart_is_left_to_keras_2_to_refuse(joined):
    with pytest.raises(NoCounterpart):
        replace_merges({"class_name": "Sequential", "config": [joined]})


def test_groups_with_the_backslash_of_windows_become_groups_in_groups(tmp_path):
    path, weights = tmp_path / "model.keras", tmp_path / "weights.h5"
    with h5py.File(weights, "w") as file:
        file["layers\\dense/vars/0"] = np.arange(3)
        file["layers\\dense_1\\cell/vars/0"] = np.arange(2)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")
        archive.write(weights, "model.weights.h5")
    assert prepare_model(str(path)) == ["windows-names"]
    with zipfile.ZipFile(path) as archive:
        assert archive.read("config.json") == b"{}"
        with h5py.File(archive.open("model.weights.h5")) as file:
            assert file["layers/dense/vars/0"][:].tolist() == [0, 1, 2]
            assert file["layers/dense_1/cell/vars/0"][:].tolist() == [0, 1]
    assert prepare_model(str(path)) == []


def test_a_layer_whose_list_of_layers_is_none_has_no_layers_in_it():
    """The Merge of Keras 1 is such a layer."""
    merge = SimpleNamespace(layers=None)
    assert find_layers(SimpleNamespace(layers=[merge])) == [merge]
