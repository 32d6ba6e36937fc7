"""What a restored model shows, and the rules that read it; nothing is restored here."""

import contextlib
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest

from harness.diagnose.evaluation.corpus_files import dense, write_archive
from harness.diagnose.findings import make_finding
from harness.diagnose.forward.run import trace
from harness.diagnose.load.dynamic_rules import RULES, Looks, judge_restored, list_facts, measure
from harness.diagnose.load.observation import (
    LayerOutput,
    Observation,
    describe_observation,
    tabulate_outputs,
)
from harness.diagnose.load.observe import Observer, ObserveReport, cut_rows
from harness.diagnose.load.probes import list_changes, write_probes
from harness.diagnose.load.prove import Prover
from harness.diagnose.load.trace_file import Traced, compare_layers
from harness.diagnose.network.read import read_network
from harness.diagnose.rules.input_changes import iterate_changes
from harness.formats.recognize import read_facts
from harness.origin.hide import hide_folders
from harness.origin.restore import RestoredModel, RunStep
from harness.origin.who_wrote import read_origin
from harness.processes.limits import Limits, StepEnd
from harness.processes.step import ModelStep, ObserveStep, Request
from harness.processes.variables import Environment
from harness.worker.observe_model import observe_model, predict_probes
from harness.worker.restore_model import save_list
from tests.unit.builders import MODEL_STEP

random = np.random.default_rng(0)
INPUTS = random.normal(size=(12, 3)) * [1, 9, 40] + [3, 0, 70]
OUTPUT = random.normal(size=(12, 2))
OTHER = random.normal(size=(12, 2))
SAME = OUTPUT * (1 + 1e-7)
SOUND = Looks(
    inputs=INPUTS,
    output=OUTPUT,
    given=True,
    again=SAME,
    reloaded=SAME,
    single=SAME[:4],
    training=SAME,
    elsewhere=SAME,
    traced=Traced(compared=2),
)
FLAT = np.ones((12, 2))
# What a network gives through which nothing passes, or only NaN.
DEAD: dict[str, Any] = {
    **dict.fromkeys(("output", "again", "reloaded", "elsewhere"), FLAT),
    "single": FLAT[:4],
}
HOLED = np.where(OUTPUT > 1, np.nan, OUTPUT)
BROKEN: dict[str, Any] = {
    **dict.fromkeys(("output", "again", "reloaded", "elsewhere"), HOLED),
    "single": HOLED[:4],
}
SMALL = random.normal(size=(12, 3))


def layer(name: str, **seen: Any) -> LayerOutput:
    return LayerOutput(
        name=name, kind="Dense", **{"minimum": 0, "maximum": 1, "zeros": 0.5, **seen}
    )


def find(looks: Looks) -> list[str]:
    """Return the causes that the rules name."""
    return [each.cause for rule in RULES if (each := rule(looks))]


def test_a_sound_model_gives_no_finding_and_a_fact_for_each_look() -> None:
    assert find(SOUND) == []
    assert len(list_facts(SOUND)) == 5
    one = replace(SOUND, traced=Traced(compared=1))
    assert "1 layer gives what its weights in the file say" in list_facts(one)


@pytest.mark.parametrize(
    ("seen", "cause"),
    [
        ({"redrawn": ["hidden"]}, "variables-lost"),
        ({"reloaded": OTHER, "elsewhere": None}, "variables-lost"),
        ({"again": OTHER}, "training-mode-at-inference"),
        (
            {"again": OTHER, "stateful": ["lstm"], "predicted": OTHER, "expected": SAME},
            "stateful-rnn-residue",
        ),
        (
            {"again": OTHER, "stateful": ["lstm"], "predicted": OUTPUT + 3 * OTHER},
            "stateful-rnn-residue",
        ),
        ({"single": OTHER[:4]}, "depends-on-the-batch"),
        ({"single": SAME[:4] * np.nan}, "depends-on-the-batch"),
        ({"single": SAME[:4, :1]}, "depends-on-the-batch"),
        ({"reloaded": SAME * np.nan, "elsewhere": None}, "variables-lost"),
        ({"again": np.where(SAME > 0, SAME, np.inf)}, "training-mode-at-inference"),
        ({"elsewhere": OTHER}, "vocabulary-from-a-set"),
        (
            {"layers": [layer("a"), layer("b", zeros=1.0, activation="relu"), layer("c")], **DEAD},
            "dead-layer",
        ),
        ({"layers": [layer("a", ends=0.995), layer("b")]}, "saturated-layer"),
        ({"layers": [layer("a"), layer("b", broken=3)], **BROKEN}, "layer-not-finite"),
        (  # half precision overflows in one layer, and the next gives other numbers
            {
                "layers": [layer("a", broken=3), layer("b")],
                "traced": Traced(compared=2, name="b", difference=1.0, largest=2.0),
                **BROKEN,
            },
            "layer-not-finite",
        ),
        (
            {
                "inputs": SMALL,
                "layers": [layer("far", maximum=900), layer("b", ends=1), layer("c")],
            },
            "saturated-layer",
        ),
        (
            {"traced": Traced(compared=2, name="b", difference=1.0, largest=2.0)},
            "layer-computes-otherwise",
        ),
    ],
)
def test_each_look_that_differs_is_one_finding(seen: dict[str, Any], cause: str) -> None:
    assert find(replace(SOUND, **seen)) == [cause]


def test_a_row_that_gives_nan_alone_is_not_said_to_be_predicted_as_in_its_batch() -> None:
    facts = list_facts(replace(SOUND, single=SAME[:4] * np.nan))
    assert not any("alone" in each for each in facts)
    assert len(facts) == 4
    trained = list_facts(replace(SOUND, training=SAME * np.nan))
    assert trained[-1].endswith("differ: in shape, in words, or in where NaN stands")


def test_nan_in_the_same_places_is_the_same() -> None:
    holed = np.where(np.arange(12)[:, None] == 2, np.nan, OUTPUT)
    same = dict.fromkeys(("output", "again", "reloaded", "training", "elsewhere"), holed)
    assert find(replace(SOUND, **same, single=holed[:4])) == []
    assert measure(holed * np.nan, holed * np.nan) == 0


def test_words_are_compared_as_words() -> None:
    words = np.array([["rain", "sun"]] * 12)
    same = dict.fromkeys(("output", "again", "reloaded", "training", "elsewhere"), words)
    sound = replace(SOUND, **same, single=words[:4])
    assert (find(sound), len(list_facts(sound))) == ([], 5)
    other = words[:, ::-1]
    assert find(replace(sound, again=other)) == ["training-mode-at-inference"]
    assert judge_restored(replace(sound, expected=words)) == ("as expected", [])
    assert judge_restored(replace(sound, expected=other)) == ("as neither", [])


def test_layers_are_judged_by_inputs_of_the_user_alone_and_not_where_all_is_right() -> None:
    dead = replace(SOUND, layers=[layer("a", zeros=1.0, activation="relu")], **DEAD)
    assert find(dead) == ["dead-layer"]
    assert find(replace(dead, given=False)) == []
    assert find(replace(dead, expected=FLAT)) == []
    assert find(replace(dead, inputs=np.ones((12, 3)))) == []  # equal rows are predicted alike


def test_certain_outputs_are_no_saturated_layer_and_a_mask_is_no_dead_one() -> None:
    assert find(replace(SOUND, layers=[layer("mask", zeros=1.0), layer("output")])) == []
    assert find(replace(SOUND, layers=[layer("a"), layer("output", ends=1.0)])) == []
    heads = [layer("a"), layer("left", ends=1.0, head=True), layer("right", head=True)]
    assert find(replace(SOUND, layers=heads)) == []


@pytest.mark.parametrize(
    "seen",
    [
        {"layers": [layer("branch", zeros=1.0, activation="relu"), layer("output")]},
        {"layers": [layer("masked", broken=9), layer("output")]},
        {"inputs": SMALL, "layers": [layer("codes", ends=1.0), layer("output")]},
        {"again": OTHER, "single": OTHER[:4], "stateful": ["lstm"]},
        {"again": OTHER, "stateful": ["lstm"], "expected": SAME, "predicted": SAME},
    ],
    ids=["a branch that is off", "masked", "codes", "a state", "a state and equal outputs"],
)
def test_what_is_odd_by_design_is_no_finding(seen: dict[str, Any]) -> None:
    healthy = replace(SOUND, **seen)
    assert find(healthy) == []
    assert judge_restored(healthy)[1] == []


def test_what_is_odd_by_design_is_a_fact() -> None:
    kept = replace(SOUND, again=OTHER, single=OTHER[:4], stateful=["lstm"])
    said = list_facts(kept)
    assert "stateful, so that goes on from the last call: lstm" in said
    assert not any("agree" in each or "a row alone" in each for each in said)
    off = replace(SOUND, layers=[layer("branch", zeros=1.0, activation="relu"), layer("output")])
    assert "branch gives only zeros; the predictions vary all the same" in list_facts(off)


def test_a_state_that_explains_the_predictions_leaves_no_other_cause() -> None:
    kept = replace(SOUND, again=OTHER, stateful=["lstm"], predicted=OTHER)
    assert judge_restored(kept)[1] == []
    assert [each.cause for each in judge_restored(replace(kept, stateful=[]))[1]] == [
        "restored-otherwise"
    ]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_rounds_more_and_hides_no_fault(dtype: str) -> None:
    near = OUTPUT * (1 + 0.01 * random.uniform(-1, 1, size=OUTPUT.shape))
    looks: dict[str, Any] = {"again": near, "reloaded": near, "single": near[:4], "elsewhere": near}
    rounded = replace(SOUND, **looks, expected=near, predicted=SAME)
    half = replace(rounded, computes_in=dtype)
    assert find(half) == []
    assert judge_restored(half) == ("as expected", [])
    assert find(rounded) != []
    assert find(replace(half, again=OTHER)) == ["training-mode-at-inference"]
    assert find(replace(half, reloaded=OTHER)) == ["variables-lost"]
    assert find(replace(half, single=OTHER[:4])) == ["depends-on-the-batch"]


def test_of_changes_that_fit_in_half_precision_the_nearest_is_named() -> None:
    changes = [each for each in iterate_changes(INPUTS) if each.missing and each.added]
    near = OTHER * (1 + 0.004 * random.uniform(-1, 1, size=OTHER.shape))
    changed = [(changes[0], near), (changes[1], OTHER), (changes[2], OUTPUT)]
    seen = replace(SOUND, computes_in="float16", expected=OTHER, changed=changed)
    found = judge_restored(seen)[1]
    assert changes[1].words in found[0].evidence


@pytest.mark.parametrize("missing", [True, False])
def test_a_changed_input_that_explains_the_predictions_is_named(missing: bool) -> None:
    changes = list(iterate_changes(INPUTS))
    changed = [(each, random.normal(size=(12, 2))) for each in changes]
    at = next(place for place, each in enumerate(changes) if each.added and each.missing)
    told = {"expected": SAME, "predicted": changed[at][1]}
    if missing:
        told = {"expected": changed[at][1]}
    gives, found = judge_restored(replace(SOUND, changed=changed, **told))
    wanted = changes[at].missing if missing else changes[at].added
    assert [each.cause for each in found] == [wanted]
    assert gives == ("as neither" if missing else "as expected")
    assert ("as given: not" in found[0].fix) is not missing


def test_what_no_change_explains_is_the_code_around_or_another_model() -> None:
    def causes(**told: Any) -> list[str]:
        return [each.cause for each in judge_restored(replace(SOUND, **told))[1]]

    assert causes(expected=SAME, predicted=OTHER) == ["restored-otherwise"]
    assert causes(predicted=OTHER) == ["restored-otherwise"]
    assert causes(expected=OTHER, predicted=SAME) == [
        "inputs-lack-a-step",
        "another-model-in-the-file",
    ]
    assert causes(expected=OTHER) == []
    assert causes(expected=SAME, predicted=SAME) == causes(expected=SAME) == []
    trained = replace(SOUND, training=OTHER, expected=SAME, predicted=OTHER)
    assert judge_restored(trained)[1][0].cause == "training-mode-at-inference"


def test_a_layer_that_computes_otherwise_than_its_file_is_found(tmp_path: Path) -> None:
    first = dense("first", random.normal(size=(3, 4)), np.ones(4), "relu")
    path = write_archive(tmp_path / "m.keras", [first, dense("last", np.ones((4, 2)), [0.5, 1])])
    network = read_network(read_facts(path))
    assert network is not None
    own = trace(network, [INPUTS])
    assert list(own) == ["first", "last"]

    def compare(dtype: str = "", **changed: Any) -> Traced:
        layers = {**own, **changed}
        arrays = {f"{at:03d}": each for at, each in enumerate(layers.values())}
        file = tmp_path / "layers.npz"
        np.savez(file, names=np.array(list(layers)), inputs=INPUTS, **arrays)
        return compare_layers(path, file, dtype)

    assert compare() == Traced(compared=2)
    assert compare(first=own["first"] * (1 + 1e-6)).name == ""
    assert compare(first=own["first"] * 3, last=own["last"] * 2).name == "first"
    assert compare(first=own["first"] * 1.01).name == "first"
    assert compare("float16", first=own["first"] * 1.01).name == ""
    assert compare("bfloat16", first=own["first"] * 3).name == "first"
    assert compare(last=own["last"][:, :1]) == Traced(compared=1)


def test_probes_are_limited_and_sequences_are_padded(tmp_path: Path) -> None:
    whole = {"": np.arange(12).reshape(4, 3)}
    words = [each.words for each in list_changes(whole)]
    assert words[-2:] == ["with zeros after each sequence", "with zeros before each sequence"]
    file = write_probes(list_changes(whole), whole, tmp_path / "p.npz")
    assert file
    with np.load(file) as kept:
        assert kept[kept.files[-1]].shape == (4, 6)
    assert list_changes({"a": INPUTS, "b": INPUTS}) == []
    assert list_changes({"": np.array(["text"])}) == []
    assert write_probes([], whole, tmp_path / "q.npz") is None
    cut = cut_rows({"": np.zeros((999, 5000))})
    assert cut
    assert cut[""].shape == (8, 5000)


def test_a_probe_that_the_model_refuses_costs_only_itself(tmp_path: Path) -> None:
    counts = {"": random.integers(0, 90, (12, 3))}
    changes = list_changes(counts)
    step = {"probes": write_probes(changes, counts, tmp_path / "p.npz")}
    kernel = random.normal(size=(3, 2))

    def predict(inputs: list[Any]) -> list[Any]:
        assert inputs[0].dtype == np.float32
        if inputs[0].shape[1] != len(kernel):
            raise ValueError("expected axis -1 to have value 3")
        return [inputs[0] @ kernel]

    found = predict_probes(step, [{"dtype": "float32"}], predict)
    assert [each.size for each in found[-2:]] == [0, 0]
    turned = next(at for at, each in enumerate(changes) if "[2, 1, 0]" in each.words)
    np.testing.assert_allclose(found[turned], counts[""][:, ::-1] @ kernel, rtol=1e-5)
    expected = replace(
        SOUND, expected=found[turned], changed=list(zip(changes, found, strict=True))
    )
    assert [each.cause for each in judge_restored(expected)[1]] == ["columns-in-another-order"]


def test_bytes_are_divided_for_a_model_of_floats_and_not_wrapped_for_one_of_bytes(
    tmp_path: Path,
) -> None:
    images = {"": random.integers(0, 256, (5, 4, 4, 1)).astype("uint8")}
    changes = list_changes(images)
    step = {"probes": write_probes(changes, images, tmp_path / "p.npz")}

    def give_back(inputs: list[Any]) -> list[Any]:
        return [inputs[0]]

    floats = predict_probes(step, [{"dtype": "float32"}], give_back)
    for change, found in zip(changes, floats, strict=True):
        np.testing.assert_allclose(found, change.make(images[""].astype(float)), rtol=1e-6)
    whole = predict_probes(step, [{"dtype": "uint8"}], give_back)
    for change, found in zip(changes, whole, strict=True):
        made = change.make(images[""].astype(float))
        assert bool(found.size) is bool(np.array_equal(made, np.clip(np.trunc(made), 0, 255)))
    assert 0 < sum(bool(each.size) for each in whole) < len(whole)


@pytest.fixture
def leave(monkeypatch: pytest.MonkeyPatch) -> Callable[..., RunStep]:
    """Return what runs a step that leaves these arrays and this report; no second process does."""

    def leave(arrays: dict[str, Any], **report: Any) -> RunStep:
        def run(_: Environment, __: Request, folder: Path, ___: Limits) -> StepEnd:
            for kind, values in arrays.items():
                described = save_list({"folder": str(folder)}, kind, [values])
                report[f"{kind}_files"] = described
            said = msgspec.json.encode({"error": None, **report})
            (folder / "result.json").write_bytes(said)
            return StepEnd(exit=0)

        module = "harness.diagnose.load.observe"
        monkeypatch.setattr(f"{module}.restore_model", lambda *_, **__: RestoredModel(error="no"))
        monkeypatch.setattr(f"{module}.open_portable", lambda _: Environment())
        return run

    return leave


def observe(folder: Path, **given: Any) -> Observation:
    """Return what a model shows, with what `leave` says that the step leaves."""
    path = write_archive(folder / "m.keras", [dense("only", np.ones((3, 2)), np.ones(2))])
    return Observer(read_origin(path), folder, reader="2.21", trusted=True, **given).observe()


def test_outputs_for_inputs_that_are_not_given_are_not_compared(
    tmp_path: Path, leave: Callable[..., RunStep]
) -> None:
    """What the model was fed was drawn at random."""
    run = leave({"input": INPUTS, "output": OUTPUT})
    for given in ({"expected": OTHER}, {"predicted": OTHER}, {"expected": SAME, "predicted": SAME}):
        work = tmp_path / str(len(list(tmp_path.iterdir())))
        work.mkdir()
        seen = observe(work, run=run, **given)
        assert (seen.gives, seen.findings) == (None, [])
        assert seen.facts == ["not compared with your outputs: give their --inputs"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"expected": OTHER}, "it does not predict what is expected"),
        ({"predicted": OTHER}, "it does not predict what you get now"),
        (
            {"expected": OTHER, "predicted": -OTHER},
            "it predicts neither what is expected nor what you get now",
        ),
        ({"expected": SAME}, "it predicts as expected"),
    ],
)
def test_what_the_restored_model_predicts_is_said_of_what_was_given(
    given: dict[str, Any], said: str, tmp_path: Path, leave: Callable[..., RunStep]
) -> None:
    run = leave({"input": INPUTS, "output": OUTPUT})
    assert observe(tmp_path, run=run, inputs={"": INPUTS}, **given).facts[0] == said


def test_what_could_not_be_looked_at_is_said(tmp_path: Path, leave: Callable[..., RunStep]) -> None:
    run = leave({"input": INPUTS, "output": OUTPUT}, left_out=["single", "layer", "\x1b[2J"])
    assert observe(tmp_path, run=run).facts == [
        "not looked at: rows one by one, what each layer gives"
    ]


@pytest.mark.parametrize("kind", ["input", "output", "single", "layer"])
def test_an_array_without_rows_ends_in_no_traceback(
    kind: str, tmp_path: Path, leave: Callable[..., RunStep]
) -> None:
    arrays = {"input": INPUTS, "output": OUTPUT, "layer": OUTPUT, "single": OUTPUT[:4]}
    run = leave({**arrays, kind: np.float32(1)}, layers=[msgspec.to_builtins(layer("only"))])
    said = observe(tmp_path, run=run, inputs={"": INPUTS}).error
    assert ("has no rows" in said) is (kind != "layer")


@pytest.mark.parametrize("eager", [True, False])
def test_a_saved_model_of_a_class_of_its_own_is_seen_by_its_signature(
    eager: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keras 2 loads it, and it does not say what its inputs are; 1.15 calls it eagerly only."""
    called: list[str] = []
    keras = SimpleNamespace(
        __version__="2.15.0",
        models=SimpleNamespace(
            load_model=lambda path, compile: SimpleNamespace(inputs=None, given=(path, compile))
        ),
        utils=SimpleNamespace(custom_object_scope=lambda _: contextlib.nullcontext()),
    )
    v1 = SimpleNamespace(enable_eager_execution=lambda: called.append("eager"))
    tf = SimpleNamespace(
        __version__="2.15.0",
        keras=keras,
        executing_eagerly=lambda: eager,
        compat=SimpleNamespace(v1=v1),
    )
    spec = {"name": "x", "shape": [None, 3], "dtype": "float32"}
    signature = [spec], ["y"], lambda inputs: [inputs[0] * 2], "serving_default"
    monkeypatch.setattr("harness.worker.restore_model.open_signature", lambda *_: signature)
    given = MODEL_STEP | {"saved_model": True, "rows": 8}
    step = ObserveStep(folder=str(tmp_path), model="saved", **given)
    observe_model(tf, msgspec.to_builtins(step))
    report = msgspec.json.decode((tmp_path / "result.json").read_bytes(), type=ObserveReport)
    assert (report.error, report.left_out) == (None, [])
    assert report.output_files[0].shape == [8, 3]
    assert report.again_files
    assert report.single_files
    assert not report.training_files
    assert called == ([] if eager else ["eager"])


def test_an_observation_is_said_in_lines_of_eighty_columns() -> None:
    versions = {"tensorflow": "2.21.0", "keras": "3.15.1"}
    seen = Observation(
        release="2.21", versions=versions, rows=12, given=True, facts=list_facts(SOUND)
    )
    lines = describe_observation(seen)
    assert lines[0] == (
        "Restored in a cage (TensorFlow 2.21.0, Keras 3.15.1), fed 12 rows of --inputs:"
    )
    assert all(len(each) <= 80 for each in lines)
    failed = describe_observation(Observation(release="2.15", error="ValueError: no"))
    assert failed == ["NOT RESTORED in a cage (release 2.15):", "  ValueError: no"]
    head, rows = tabulate_outputs(Observation(release="x", layers=[layer("a", ends=0.5)]))
    assert rows == [["a", "Dense", "0", "1", "50%", "50%"]]
    assert len(head) == len(rows[0])
    alone = Observation(release="2.15", versions={"tensorflow": "2.15.0"}, error="ValueError: no")
    assert describe_observation(alone)[0] == "NOT RESTORED in a cage (TensorFlow 2.15.0):"


def fail(_: Environment, step: ModelStep, folder: Path, *_limits: Limits) -> StepEnd:
    """Leave the report of a step that failed, with the folders that it knew."""
    said = f"cannot open {step.model}, nor {folder}/x, nor {sys.prefix}/bin/x: " + "why " * 40
    error = {"type": "OSError", "message": said}
    (folder / "result.json").write_bytes(msgspec.json.encode({"error": error}))
    return StepEnd(exit=0)


def test_why_a_model_was_not_restored_names_no_folder_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_archive(tmp_path / "m.keras", [dense("only", np.ones((3, 2)), np.ones(2))])
    deep = tmp_path / ("folder-" * 20)
    for module in ("observe", "prove"):
        monkeypatch.setattr(
            f"harness.diagnose.load.{module}.open_portable", lambda _: Environment()
        )
    deep.mkdir()
    seen = Observer(read_origin(path), deep, reader="2.15", trusted=True, run=fail).observe()
    assert seen.error.startswith("OSError: cannot open m.keras, nor observed/x, nor x: why")
    assert "folder-" not in str(seen)
    prover = Prover(read_origin(path), deep, reader="2.16", trusted=True, run=fail)
    executed = prover.prove(make_finding("lambda-safe-mode", 0.9, "seen"), deep / "cure-0")
    assert executed.reason.startswith(
        "the cure fails here: OSError: cannot open m.keras, nor cure-0/x, nor x: why"
    )
    restored = prover.prove(make_finding("removed-layers", 0.9, "seen"), deep / "cure-1")
    assert restored.reason.startswith(
        "2.16+legacy does not restore it: OSError: cannot open m.keras, nor x, nor x: why"
    )


def test_only_paths_of_this_machine_are_shortened(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "m.keras", [dense("only", np.ones((3, 2)), np.ones(2))])
    code = tmp_path / "own code.py"
    packages = tmp_path / "lib/site-packages/keras/src/saving.py"

    def hide(said: str) -> str:
        return hide_folders(said, read_origin(path), "/tmp/copy/model.keras", tmp_path / "w", code)

    assert hide(f'File "{packages}", line 3') == 'File "site-packages/keras/src/saving.py", line 3'
    assert hide(f"{code}:3 and {tmp_path / 'w'}") == "own code.py:3 and the work folder"
    assert hide(f"in {path}, /tmp/copy/model.keras.") == "in m.keras, m.keras."
    for kept in ("/layers/dense/vars/0", "https://keras.io/api/x", "a/b/c", "1/2 of ../x/y", "/"):
        assert hide(kept) == kept
