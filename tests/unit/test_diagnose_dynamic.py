"""What a restored model shows, and the rules that read it; nothing is restored here."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from harness.diagnose.corpus_files import dense, write_archive
from harness.diagnose.dynamic_rules import RULES, Looks, judge_restored, list_facts
from harness.diagnose.forward import trace
from harness.diagnose.input_changes import iterate_changes
from harness.diagnose.observation import (
    LayerOutput,
    Observation,
    describe_observation,
    tabulate_outputs,
)
from harness.diagnose.observe import Observer, cut_rows, list_changes, write_probes
from harness.diagnose.read_network import read_network
from harness.diagnose.trace_file import Traced, compare_layers
from harness.formats.recognize import read_facts
from harness.origin.who_wrote import read_origin
from harness.processes.limits import StepEnd
from harness.processes.step import ObserveStep, Request
from harness.processes.variables import Environment

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
BROKEN: dict[str, Any] = {"output": np.where(OUTPUT > 1, np.nan, OUTPUT)}
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
        ({"elsewhere": OTHER}, "vocabulary-from-a-set"),
        (
            {"layers": [layer("a"), layer("b", zeros=1.0, activation="relu"), layer("c")], **DEAD},
            "dead-layer",
        ),
        ({"layers": [layer("a", ends=0.995), layer("b")]}, "saturated-layer"),
        ({"layers": [layer("a"), layer("b", broken=3)], **BROKEN}, "layer-not-finite"),
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
    assert causes(expected=OTHER, predicted=SAME) == ["another-model-in-the-file"]
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


def test_why_a_model_was_not_restored_names_no_folder_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_archive(tmp_path / "m.keras", [dense("only", np.ones((3, 2)), np.ones(2))])
    deep = tmp_path / ("folder-" * 20)

    def refuse(_: Environment, step: Request, folder: Path) -> StepEnd:
        assert isinstance(step, ObserveStep)
        said = f"cannot open {step.model}, nor {folder}/x of {path}: " + "why " * 40
        error = {"type": "OSError", "message": said}
        (folder / "result.json").write_bytes(msgspec.json.encode({"error": error}))
        return StepEnd(exit=0)

    monkeypatch.setattr("harness.diagnose.observe.open_environment", lambda _: Environment())
    deep.mkdir()
    seen = Observer(read_origin(path), deep, "2.15", trusted=True, run=refuse).observe()
    assert seen.error.startswith("OSError: cannot open m.keras, nor observed/x of m.keras: why")
    assert "folder-" not in str(seen)
