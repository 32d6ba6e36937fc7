"""The scaler that the user gives: what the file gives with exactly its numbers, and its cures."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.diagnose.__main__ import answer_file
from harness.diagnose.evaluation.corpus_files import dense, write_archive
from harness.diagnose.file_answer import Samples
from harness.diagnose.findings import Finding, make_finding
from harness.diagnose.load.compare_cure import Tried, compare
from harness.diagnose.load.probes import list_changes
from harness.diagnose.load.prove import NotBegun, Prover
from harness.diagnose.read_scaler import read_scaler
from harness.diagnose.scaler import Scaler
from harness.diagnose.scaler_changes import spell_formulas
from harness.origin.who_wrote import read_origin
from harness.verdicts.statistics import Array

random = np.random.default_rng(0)
KERNEL = random.normal(size=(3, 2))
TRAINING = random.normal([1500, 3, 0.02], [400, 1, 0.01], size=(300, 3))
MEAN, SCALE = TRAINING.mean(axis=0), TRAINING.std(axis=0)
LOW, HIGH = TRAINING.min(axis=0), TRAINING.max(axis=0)
# of another season: the mean of these rows is far from that of training
RAW = random.normal([2500, 4, 0.05], [300, 1, 0.01], size=(40, 3))
SCALED = (RAW - MEAN) / SCALE


def predict(inputs: Array) -> Array:
    result: Array = (inputs @ KERNEL).astype("float32")
    return result


def write_npz(path: Path) -> None:
    np.savez(path, mean=MEAN, scale=SCALE)


def write_json(path: Path) -> None:
    path.write_text(json.dumps({"mean": MEAN.tolist(), "scale": SCALE.tolist()}))


def write_joblib(path: Path) -> None:
    joblib = pytest.importorskip("joblib")
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    joblib.dump(preprocessing.StandardScaler().fit(TRAINING), path)


WRITERS = {"s.npz": write_npz, "s.json": write_json, "s.joblib": write_joblib}


def find(folder: Path, scaler: Path, **arrays: Array) -> list[Finding]:
    """Return what is found beside a model that gives its inputs times KERNEL."""
    model = write_archive(folder / "m.keras", [dense("only", KERNEL, np.zeros(2))])
    for name, values in arrays.items():
        np.save(folder / f"{name}.npy", values)
    paths = {name: str(folder / f"{name}.npy") for name in arrays}
    return answer_file(model, "", Samples(**paths, scaler=str(scaler))).findings


@pytest.mark.parametrize("name", WRITERS)
def test_a_scaler_of_every_form_that_explains_raw_inputs_is_the_finding(
    name: str, tmp_path: Path
) -> None:
    WRITERS[name](tmp_path / name)
    given = {"inputs": RAW, "expected": predict(SCALED), "predicted": predict(RAW)}
    (found,) = find(tmp_path, tmp_path / name, **given)
    assert (found.cause, found.confidence) == ("features-not-scaled", 0.97)
    assert found.fix == (
        "# scaler.transform(inputs) is (inputs - mean) / scale\n"
        "predictions = model.predict(scaler.transform(inputs))"
    )


@pytest.mark.parametrize(
    ("inputs", "expected", "predicted", "cause"),
    [
        ((SCALED - MEAN) / SCALE, SCALED, None, "scaled-twice"),
        (SCALED, SCALED, (SCALED - MEAN) / SCALE, "scaled-twice"),
        (SCALED, SCALED, RAW, "features-not-scaled"),
        (RAW, SCALED, (RAW - RAW.mean(axis=0)) / RAW.std(axis=0), "scaler-refitted"),
        (SCALED, SCALED, SCALED, ""),
    ],
)
def test_what_the_scaler_did_or_did_not_is_named_by_exact_numbers(
    inputs: Array, expected: Array, predicted: Array | None, cause: str, tmp_path: Path
) -> None:
    write_npz(tmp_path / "s.npz")
    now = {} if predicted is None else {"predicted": predict(predicted)}
    found = find(tmp_path, tmp_path / "s.npz", inputs=inputs, expected=predict(expected), **now)
    assert [each.cause for each in found][:1] == ([cause] if cause else [])


def make_prover(folder: Path, **given: Any) -> Prover:
    origin = read_origin(write_archive(folder / "m.keras", [dense("o", KERNEL, np.zeros(2))]))
    return Prover(origin, folder, reader="2.21", **given)


def carry_out(prover: Prover, finding: Finding, folder: Path) -> Any:
    """Return what the cure gives, executed here."""
    known = prover.gather_known(finding, folder)
    assert prover.inputs is not None
    names: dict[str, Any] = {"np": np, "inputs": prover.inputs[""]}
    names["model"] = type("Model", (), {"predict": staticmethod(predict)})
    exec("\n".join([*known.lines, finding.fix]), names)
    return names["predictions"]


@pytest.mark.parametrize(
    ("cause", "fix", "inputs"),
    [
        ("features-not-scaled", "", RAW),
        ("dead-relu-head", "", RAW),
        ("features-not-scaled", "predictions = model.predict(scaler.transform(inputs))", RAW),
        ("scaled-twice", "", (SCALED - MEAN) / SCALE),
        (
            "scaled-twice",
            "predictions = model.predict(scaler.inverse_transform(inputs))",
            (SCALED - MEAN) / SCALE,
        ),
        (
            "columns-in-another-order",
            "predictions = model.predict(scaler.transform(raw_inputs[:, [2, 0, 1]]))",
            RAW[:, [1, 2, 0]],
        ),
        (
            "columns-in-another-order",
            "predictions = model.predict(scaler.transform(raw_inputs[:, [2, 0, 1]]))",
            (RAW[:, [1, 2, 0]] - MEAN) / SCALE,
        ),
    ],
)
@pytest.mark.parametrize("name", WRITERS)
def test_a_cure_is_tried_with_exactly_the_numbers_of_the_scaler(
    cause: str, fix: str, inputs: Array, name: str, tmp_path: Path
) -> None:
    """The mean of today's rows, which stands in where no scaler is given, is another one."""
    WRITERS[name](tmp_path / name)
    prover = make_prover(tmp_path, inputs={"": inputs}, scaler=read_scaler(tmp_path / name))
    given = carry_out(prover, make_finding(cause, 0.9, "seen", fix), tmp_path)
    np.testing.assert_allclose(given, predict(SCALED), rtol=1e-4, atol=1e-4)


def test_inputs_that_lost_digits_in_a_second_scaling_are_rough(tmp_path: Path) -> None:
    """The cure is right, and in float32 it only comes near."""
    scaler = Scaler("StandardScaler", MEAN, SCALE)
    twice = ((SCALED - MEAN) / SCALE).astype("float32")
    prover = make_prover(tmp_path, inputs={"": twice}, scaler=scaler)
    known = prover.gather_known(make_finding("scaled-twice", 0.9, "seen"), tmp_path)
    assert known.stand_ins == ("raw_inputs",)
    right, near, wrong = predict(SCALED), predict(SCALED) + np.float32(0.01), predict(twice)
    tried = Tried([twice], [wrong], [near], "", {}, stand_ins=known.stand_ins, by_scaler=True)
    proof = compare("scaled-twice", "2.21", tried, [right], None, "--expected")
    assert proof.result == "cannot"
    assert proof.reason.startswith("raw_inputs, taken from these inputs, bring predictions nearer")


def test_numbers_of_a_min_max_scaler_bring_the_inputs_to_its_range(tmp_path: Path) -> None:
    np.savez(tmp_path / "s.npz", min=LOW, max=HIGH)
    prover = make_prover(tmp_path, inputs={"": RAW}, scaler=read_scaler(tmp_path / "s.npz"))
    given = carry_out(prover, make_finding("features-not-scaled", 0.9, "seen"), tmp_path)
    np.testing.assert_allclose(given, predict((RAW - LOW) / (HIGH - LOW)), rtol=1e-4, atol=1e-4)


def test_a_scaler_of_other_columns_is_said_to_be_so_and_none_is_tried(tmp_path: Path) -> None:
    scaler = Scaler("StandardScaler", MEAN[:2], SCALE[:2])
    prover = make_prover(tmp_path, inputs={"": RAW}, scaler=scaler)
    finding = make_finding("features-not-scaled", 0.9, "seen")
    with pytest.raises(NotBegun, match="learned 2 columns, and the inputs have 3"):
        prover.gather_known(finding, tmp_path)
    assert len(list_changes({"": RAW}, scaler)) == len(list_changes({"": RAW}))


def test_the_means_of_a_train_sample_fill_missing_cells_and_are_no_means_of_today(
    tmp_path: Path,
) -> None:
    holes = RAW.copy()
    holes[3, 0] = np.nan
    finding = make_finding("one-missing-cell", 0.9, "seen")
    prover = make_prover(tmp_path, inputs={"": holes}, sample=TRAINING)
    filled = np.where(np.isnan(holes), MEAN, holes)
    np.testing.assert_allclose(carry_out(prover, finding, tmp_path), predict(filled), rtol=1e-4)
    known = prover.gather_known(finding, tmp_path)
    assert (known.stand_ins, known.taken_from) == (("means_of_training",), "--train-sample")


def test_the_inputs_of_the_scaler_are_the_first_that_a_restored_model_is_probed_with() -> None:
    scaler = Scaler("StandardScaler", MEAN, SCALE)
    first, second, *_ = list_changes({"": RAW}, scaler)
    np.testing.assert_allclose(first.make(RAW), SCALED)
    np.testing.assert_allclose(second.make(SCALED), RAW)
    assert (first.missing, second.missing) == ("features-not-scaled", "scaled-twice")


@pytest.mark.parametrize("to", [(0.0, 1.0), (-1.0, 1.0)])
@pytest.mark.parametrize("low", [None, LOW])
def test_the_formula_beside_a_cure_is_what_the_scaler_computes(
    low: Array | None, to: tuple[float, float]
) -> None:
    if low is None:
        scaler = Scaler("StandardScaler", MEAN, SCALE)
    else:
        width = (HIGH - LOW) / (to[1] - to[0])
        scaler = Scaler("MinMaxScaler", LOW - to[0] * width, width, LOW, HIGH, to)
    names = {"inputs": RAW, "mean": MEAN, "scale": SCALE, "min": LOW, "max": HIGH}
    there, back = spell_formulas(scaler)
    np.testing.assert_allclose(eval(there, dict(names)), scaler.transform(RAW))
    np.testing.assert_allclose(eval(back, dict(names)), scaler.undo(RAW))


def test_a_proof_says_that_the_numbers_are_those_of_the_scaler() -> None:
    right, wrong = predict(SCALED), predict(RAW)
    tried = Tried([RAW], [wrong], [right], "", {}, by_scaler=True)
    proof = compare("features-not-scaled", "2.21", tried, [right], None, "--expected")
    assert proof.reason == "all 40 rows are as expected, with the numbers of --scaler"


@pytest.mark.parametrize("computed", [True, False])
def test_a_step_around_the_model_is_not_judged_by_what_the_file_gives_without_it(
    computed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file knows nothing of a scaler: without --expected its own outputs prove nothing."""
    prover = make_prover(tmp_path, inputs={"": RAW})
    if not computed:
        unknown: Callable[..., None] = lambda *_: None  # noqa: E731
        monkeypatch.setattr(Prover, "compute", unknown)
    tried = Tried([RAW], [predict(RAW)], [predict(SCALED)], "", {"tensorflow": "2.21.0"})
    proof = prover.judge("features-not-scaled", tried, tmp_path)
    assert proof.result == "cannot"
    assert proof.reason.startswith("nothing tells what it should predict")
    assert proof.after == [float(each) for each in predict(SCALED).ravel()[:4]]
