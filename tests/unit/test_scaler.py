"""A scaler is read without running it, and says whether inputs are raw, scaled or scaled twice."""

import io
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.cli.diagnose_inputs import diagnose_inputs
from harness.diagnose import file_answer
from harness.diagnose.evaluation.corpus_files import dense, write_h5
from harness.diagnose.file_answer import (
    CannotRead,
    Expectation,
    Samples,
    read_file_answer,
    read_scaler_file,
)
from harness.diagnose.read_scaler import read_range, read_scaler
from harness.diagnose.rules.scaler import compare_scaler
from harness.diagnose.scaler import Scaler, pack, unpack
from harness.errors import UsageError
from harness.formats.facts import Unreadable
from harness.formats.reading import NotRead, run_reader

preprocessing = pytest.importorskip("sklearn.preprocessing")
joblib = pytest.importorskip("joblib")
CENTER, SPREAD = np.array([293.0, 1013, 55, -3]), np.array([8.0, 9, 15, 0.4])
MAKERS = {
    "standard": preprocessing.StandardScaler,
    "range": preprocessing.MinMaxScaler,
    "signed": lambda: preprocessing.MinMaxScaler((-1, 1)),
    "robust": preprocessing.RobustScaler,
    "largest": preprocessing.MaxAbsScaler,
    "no mean": lambda: preprocessing.StandardScaler(with_mean=False),
    "no deviation": lambda: preprocessing.StandardScaler(with_std=False),
}


def draw(seed: int, rows: int) -> Any:
    """Return raw rows as training had them."""
    return np.random.default_rng(seed).normal(CENTER, SPREAD, (rows, 4))


def fit(kind: str) -> Any:
    """Return a scaler fitted on 500 rows."""
    return MAKERS[kind]().fit(draw(0, 500))


def save(scaler: Any, path: Path) -> Any:
    """Return the scaler as it is read from a joblib file."""
    joblib.dump(scaler, path)
    return read_scaler(path)


@pytest.mark.parametrize("kind", MAKERS)
def test_what_is_read_scales_as_the_scaler_does(kind: str, tmp_path: Path) -> None:
    scaler = fit(kind)
    read = save(scaler, tmp_path / "s.joblib")
    rows = draw(1, 20)
    np.testing.assert_allclose(read.transform(rows), scaler.transform(rows))
    np.testing.assert_allclose(read.undo(read.transform(rows)), rows)
    assert str(read).startswith(f"{type(scaler).__name__} of 4 columns: ")


def test_npz_and_json_hold_the_same(tmp_path: Path) -> None:
    scaler = fit("standard")
    np.savez(tmp_path / "a.npz", mean=scaler.mean_, scale=scaler.scale_)
    np.savez(tmp_path / "b.npz", mean_=scaler.mean_, var_=scaler.var_)
    (tmp_path / "c.json").write_text(
        json.dumps({"mean": scaler.mean_.tolist(), "std": scaler.scale_.tolist()})
    )
    for name in ("a.npz", "b.npz", "c.json"):
        read = read_scaler(tmp_path / name)
        np.testing.assert_allclose(read.transform(draw(1, 5)), scaler.transform(draw(1, 5)))
    ranges = fit("range")
    np.savez(tmp_path / "d.npz", min=ranges.data_min_, max=ranges.data_max_)
    read = read_scaler(tmp_path / "d.npz")
    np.testing.assert_allclose(read.transform(draw(1, 5)), ranges.transform(draw(1, 5)))


@pytest.mark.parametrize("kind", ["standard", "range", "signed", "robust"])
@pytest.mark.parametrize("rows", [4, 12, 200])
def test_raw_scaled_and_twice_scaled_inputs_are_told_apart(
    kind: str, rows: int, tmp_path: Path
) -> None:
    scaler = fit(kind)
    read = save(scaler, tmp_path / "s.joblib")
    raw = draw(7, rows)
    once = scaler.transform(raw)
    assert [each.cause for each in compare_scaler(read, raw)] == ["features-not-scaled"]
    assert compare_scaler(read, once) == []
    twice = [each.cause for each in compare_scaler(read, scaler.transform(once))]
    assert twice == ["scaled-twice"]


def test_columns_in_another_order_are_named_before_and_after_scaling(tmp_path: Path) -> None:
    scaler = fit("standard")
    read = save(scaler, tmp_path / "s.joblib")
    mixed = draw(3, 60)[:, [2, 0, 1, 3]]
    for values in (mixed, scaler.transform(mixed)):
        (found,) = compare_scaler(read, values)
        assert found.cause == "columns-in-another-order"
        order = json.loads(found.fix.partition("[:, ")[2].partition("]")[0] + "]")
        assert (mixed[:, order] == draw(3, 60)).all()


def test_a_batch_that_a_new_scaler_was_fitted_on_is_too_exact(tmp_path: Path) -> None:
    read = save(fit("standard"), tmp_path / "s.joblib")
    new = preprocessing.StandardScaler().fit_transform(draw(3, 60))
    assert [each.cause for each in compare_scaler(read, new)] == ["scaler-refitted"]
    own = preprocessing.StandardScaler().fit_transform(draw(0, 500))
    assert compare_scaler(read, own) == []  # all of training has this mean


def test_the_whole_training_set_beside_a_scaler_that_counts_no_rows_is_no_finding() -> None:
    scaler = fit("standard")
    read = Scaler("StandardScaler", scaler.mean_, scaler.scale_)
    assert compare_scaler(read, scaler.transform(draw(0, 500))) == []


def test_columns_that_are_not_scaled_beside_those_that_are_get_a_note_only(tmp_path: Path) -> None:
    scaler = fit("standard")
    np.savez(tmp_path / "s.npz", mean=scaler.mean_, scale=scaler.scale_)
    one_hot = np.eye(4)[np.arange(30) % 4]
    np.save(tmp_path / "x.npy", np.hstack([scaler.transform(draw(1, 30)), one_hot]))
    answer = diagnose_inputs(tmp_path / "x.npy", None, tmp_path / "s.npz")
    assert answer.findings == []
    said = "the scaler learned 4 columns, and the inputs have 8; not compared"
    assert answer.notes[1:] == [said]


def test_a_model_that_scales_by_itself_wants_raw_inputs(tmp_path: Path) -> None:
    scaler = fit("standard")
    read = save(scaler, tmp_path / "s.joblib")
    inside = Expectation(
        layer="normalization",
        kind="Normalization",
        mean=scaler.mean_.tolist(),
        variance=scaler.var_.tolist(),
    )
    assert compare_scaler(read, draw(2, 50), inside) == []
    (found,) = compare_scaler(read, scaler.transform(draw(2, 50)), inside)
    assert (found.cause, "the layer normalization has" in found.evidence) == ("scaled-twice", True)
    other = Expectation(layer="n", kind="Normalization", mean=[0.1] * 4, variance=[1.0] * 4)
    assert [each.cause for each in compare_scaler(read, draw(2, 50), other)] == [
        "features-not-scaled"
    ]


def test_another_number_of_columns_and_a_missing_cell_are_said(tmp_path: Path) -> None:
    read = save(fit("standard"), tmp_path / "s.joblib")
    fewer = draw(1, 9)[:, :3]
    wanted = Expectation(layer="n", kind="Normalization", mean=[0.1] * 4, variance=[1.0] * 4)
    (found,) = compare_scaler(read, fewer, wanted)
    assert (found.cause, "4 columns" in found.evidence) == ("inputs-of-another-shape", True)
    (found,) = compare_scaler(read, np.full((3, 4), np.nan))
    assert found.cause == "one-missing-cell"
    for odd in (np.zeros(3), np.array([["a"]]), np.zeros((0, 4))):
        assert compare_scaler(read, odd) == []


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 9999), st.integers(1, 80), st.floats(-1, 1), st.floats(0.5, 1.5))
def test_an_unusual_season_that_is_scaled_rightly_is_no_finding(
    seed: int, rows: int, shift: float, spread: float
) -> None:
    scaler = fit("standard")
    raw = CENTER + SPREAD * (shift + spread * (draw(seed, rows) - CENTER) / SPREAD)
    read = Scaler("StandardScaler", scaler.mean_, scaler.scale_, rows=500)
    assert compare_scaler(read, scaler.transform(raw)) == []


@pytest.mark.parametrize("kind", ["largest", "no mean", "no deviation"])
def test_scalers_whose_output_says_little_are_shown_and_not_compared(
    kind: str, tmp_path: Path
) -> None:
    read = save(fit(kind), tmp_path / "s.joblib")
    for values in (draw(2, 30), read.transform(draw(2, 30))):
        assert compare_scaler(read, values) == []


class Attack:
    def __reduce__(self) -> Any:
        import os

        return os.system, ("touch marker",)


def test_a_file_that_runs_code_is_said_to_do_so_and_is_not_run(
    tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "evil.pkl").write_bytes(pickle.dumps(Attack()))
    with pytest.raises(CannotRead) as caught:
        read_scaler_file(tmp_path / "evil.pkl")
    assert "evil.pkl with pickle or joblib runs posix.system" in caught.value.found.replace(
        "nt.", "posix."
    )
    assert caught.value.tip.startswith("do not open it")
    (tmp_path / "both.pkl").write_bytes(pickle.dumps([fit("standard"), Attack()]))
    assert read_scaler(tmp_path / "both.pkl").dangers
    assert not (tmp_path / "marker").exists()


def name_dotted(module: str, name: str) -> bytes:
    """Return the opcodes by which protocol 4 names something inside a module."""
    texts = (b"\x8c" + bytes([len(each)]) + each.encode() for each in (module, name))
    return b"".join(texts) + b"\x93"


@pytest.mark.parametrize(
    "hidden",
    [
        name_dotted("sklearn.base", "inspect.types.FunctionType") + b")R0",
        name_dotted("sklearn.preprocessing._data", "sparse.sys.Modules") + b"0",
        name_dotted("sklearn.preprocessing._data", "StandardScaler") + b")R)R0",
        name_dotted("sklearn.preprocessing._data", "StandardScaler") + b")R)\x810",
        name_dotted("sklearn.preprocessing._data", "StandardScaler") + b"}b0",
    ],
    ids=["function", "inside", "call of a result", "class of a result", "changed class"],
)
def test_code_hidden_behind_a_class_of_sklearn_is_a_danger(hidden: bytes, tmp_path: Path) -> None:
    (tmp_path / "s.pkl").write_bytes(pickle.dumps(fit("standard"), 4)[:-1] + hidden + b".")
    assert read_scaler(tmp_path / "s.pkl").dangers


def test_code_in_the_bytes_of_an_array_of_joblib_is_a_danger(tmp_path: Path) -> None:
    wrapper = (
        b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(X\x05\x00\x00\x00dtypecnumpy\ndtype\n"
    )
    state = b"X\x02\x00\x00\x00f8\x85RX\x05\x00\x00\x00shapeK\x02\x85ub"
    array = b"cposix\nsystem\nNN"  # two numbers for joblib, opcodes for pickle
    raw = pickle.dumps(fit("standard"), 2)[:-1] + wrapper + state + array + b"."
    (tmp_path / "s.pkl").write_bytes(raw)
    (danger,) = read_scaler(tmp_path / "s.pkl").dangers
    assert "runs posix.system" in danger


@pytest.mark.parametrize("kind", MAKERS)
def test_a_usual_joblib_file_is_no_danger(kind: str, tmp_path: Path) -> None:
    assert save(fit(kind), tmp_path / "s.joblib").dangers == ()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_usual_preprocessor_is_no_danger(protocol: int, tmp_path: Path) -> None:
    compose = pytest.importorskip("sklearn.compose")
    parts = [("a", preprocessing.StandardScaler(), [0, 1])]
    parts += [("b", preprocessing.OneHotEncoder(handle_unknown="ignore"), [2])]
    whole = compose.ColumnTransformer(parts, remainder="passthrough").fit(np.round(draw(0, 20)))
    (tmp_path / "s.pkl").write_bytes(pickle.dumps([fit("standard"), whole], protocol))
    assert read_scaler(tmp_path / "s.pkl").dangers == ()


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (np.array([-1.0, 1]), (-1, 1)),
        (np.array([[-1], [2]], "int64"), (-1, 2)),
        ((np.float32(-1), np.int64(1)), (-1, 1)),
        ([-1, 1], (-1, 1)),
        (5, (0, 1)),
        ([1, 0], (0, 1)),
        ([0, float("inf")], (0, 1)),
        ([0, 10**400], (0, 1)),
        ([[0], [1]], (0, 1)),
        (None, (0, 1)),
    ],
)
def test_the_range_of_a_scaler_is_read_in_any_spelling(given: Any, wanted: Any) -> None:
    assert read_range(given) == wanted


def test_the_range_of_a_pickled_scaler_may_hold_numbers_of_numpy(tmp_path: Path) -> None:
    scaler = preprocessing.MinMaxScaler((np.float32(-1), np.int64(1))).fit(draw(0, 50))
    assert save(scaler, tmp_path / "s.joblib").to == (-1, 1)


def test_a_tuple_that_is_shared_many_times_over_is_not_unfolded(tmp_path: Path) -> None:
    mean = b"X\x05\x00\x00\x00mean_" + b"K\x01" + b"2\x86" * 12  # 4096 numbers in 36 bytes
    scale = b"X\x06\x00\x00\x00scale_" + b"K\x01" + b"2\x86" * 12
    named = b"csklearn.preprocessing._data\nStandardScaler\n"
    raw = b"\x80\x02" + named + b")\x81}(" + mean + scale + b"ub."
    (tmp_path / "s.pkl").write_bytes(raw)
    with pytest.raises(Unreadable, match="no numbers"):
        read_scaler(tmp_path / "s.pkl")


def test_a_pipeline_says_that_its_first_scaler_is_read(tmp_path: Path) -> None:
    pipeline = pytest.importorskip("sklearn.pipeline")
    two = pipeline.make_pipeline(preprocessing.StandardScaler(), preprocessing.MaxAbsScaler())
    assert "(the first of 2 scalers)" in str(save(two.fit(draw(0, 50)), tmp_path / "p.joblib"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", b"[1, 2]"),
        ("b.json", b'{"mean": "x", "scale": [1]}'),
        ("c.json", b'{"mean": [1, 2], "scale": [1]}'),
        ("d.json", b'{"mean": [1e999], "scale": [1]}'),
        ("e.json", b"{" * 100_000),
        ("f.pkl", pickle.dumps({"mean": [1.0]})),
        ("g.joblib", b"\x04\x22\x4d\x18 lz4"),
        ("h.pkl", b""),
        ("i.json", b'{"mean": [[1], [1, 2]], "scale": [1]}'),
        ("k.json", b'{"min": [0, 1, 2], "max": [3, 4]}'),
        ("l.json", b'{"mean": [0, 1, 2], "scale": [3, 4], "with_mean": false}'),
        ("j.json", b'{"mean": [1], "n_samples_seen_": "x"}'),
    ],
)
def test_what_is_no_scaler_gets_a_sentence_and_the_way_round_it(
    name: str, content: bytes, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Unreadable) as caught:
        read_scaler(tmp_path / name)
    assert "np.savez(" in caught.value.tip


def test_a_scaler_goes_from_one_process_to_another_as_it_is(tmp_path: Path) -> None:
    for kind in ("standard", "signed"):
        joblib.dump(fit(kind), tmp_path / "s.joblib")
        here, there = read_scaler(tmp_path / "s.joblib"), read_scaler_file(tmp_path / "s.joblib")
        assert pack(here) == there
        assert str(unpack(there)) == str(here)
    (tmp_path / "s.pkl").write_bytes(b"no pickle")
    with pytest.raises(CannotRead, match=r"no scaler can be read in s\.pkl") as caught:
        read_scaler_file(tmp_path / "s.pkl")
    assert caught.value.tip.startswith("where it opens: np.savez(")
    with pytest.raises(UsageError, match="there is no file"):
        read_scaler_file(tmp_path / "absent")


def test_a_scaler_is_read_in_the_process_that_reads_the_model(
    tmp_path: Path, monkeypatch: Any
) -> None:
    model = write_h5(tmp_path / "m.h5", [dense("only", np.ones((4, 2)), np.zeros(2))])
    joblib.dump(fit("standard"), tmp_path / "s.joblib")
    started = []

    def run(module: str, path: Path, *arguments: str) -> bytes:
        started.append(module)
        return run_reader(module, path, *arguments)

    monkeypatch.setattr(file_answer, "run_reader", run)
    said = read_file_answer(model, "", Samples(scaler=str(tmp_path / "s.joblib")))
    assert started == ["harness.diagnose"]
    assert said.scaler == pack(read_scaler(tmp_path / "s.joblib"))
    (tmp_path / "s.joblib").write_bytes(b"no pickle")
    with pytest.raises(CannotRead, match=r"no scaler can be read in s\.joblib"):
        read_file_answer(model, "", Samples(scaler=str(tmp_path / "s.joblib")))


def test_a_scaler_that_ends_its_process_is_told_from_a_model_that_does(
    tmp_path: Path, monkeypatch: Any
) -> None:
    model = write_h5(tmp_path / "m.h5", [dense("only", np.ones((4, 2)), np.zeros(2))])
    joblib.dump(fit("standard"), tmp_path / "s.joblib")
    guilty = "model"

    def run(module: str, path: Path, *arguments: str) -> bytes:
        both = any("joblib" in each for each in arguments)
        if both or (guilty == "model") == (module == "harness.diagnose"):
            raise NotRead("it took too long", died=True)
        return run_reader(module, path, *arguments)

    monkeypatch.setattr(file_answer, "run_reader", run)
    samples = Samples(scaler=str(tmp_path / "s.joblib"))
    with pytest.raises(CannotRead, match="no readable model"):
        read_file_answer(model, "", samples)
    guilty = "scaler"
    with pytest.raises(CannotRead, match=r"no scaler can be read in s\.joblib") as caught:
        read_file_answer(model, "", samples)
    assert caught.value.found == "it took too long"


def test_a_hostile_scaler_takes_neither_the_time_nor_the_memory_of_the_command(
    tmp_path: Path,
) -> None:
    tiny = io.BytesIO()
    np.save(tiny, np.zeros(1))
    with zipfile.ZipFile(tmp_path / "slow.npz", "w") as archive:
        for number in range(40_000):
            archive.writestr(f"{number}.npy", tiny.getvalue())
    np.savez_compressed(tmp_path / "large.npz", mean=np.zeros(300 << 17))  # 300 MiB
    for name, said in (("slow.npz", "more than 2 s of CPU"), ("large.npz", "Unable to allocate")):
        with pytest.raises(CannotRead, match="no scaler can be read") as caught:
            read_scaler_file(tmp_path / name)
        assert said in caught.value.found
