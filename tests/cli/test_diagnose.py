"""`diagnose` at the command line."""

import json

import numpy as np
import pytest

from harness.catalog.load import PACKAGED, read_catalog
from harness.cli.diagnose_load import prove
from harness.diagnose.causes.table import ALL
from harness.diagnose.diagnosis import Diagnosis
from harness.diagnose.evaluation.corpus_files import (
    Made,
    dense,
    describe,
    draw_glorot,
    make_input,
    write_archive,
    write_h5,
)
from harness.diagnose.load.observation import Observation
from harness.diagnose.load.restoring import Restoring
from harness.errors import EnvironmentUnusable
from tests.conftest import REPOSITORY

ARTIFACTS = PACKAGED / "version" / "artifacts"
VALUES = np.random.default_rng(0).normal(size=(20, 2)) * [5, 20] + [3, -7]
UNRELATED = np.random.default_rng(1).normal(size=(20, 2))


@pytest.fixture
def outputs(tmp_path):
    """Write expected and predicted outputs; return the options that name them."""

    def write(expected, *predicted):
        np.save(tmp_path / "expected.npy", expected)
        options = ["--expected", "expected.npy"]
        for number, each in enumerate(predicted):
            np.save(tmp_path / f"predicted{number}.npy", each)
            options += ["--predicted", f"predicted{number}.npy"]
        return options

    return write


def test_a_cause_is_named_with_evidence_cure_and_the_next_command(call, outputs):
    given = outputs(VALUES, (VALUES - VALUES.mean(0)) / VALUES.std(0))
    ended = call("diagnose", *given)
    assert ended.code == 1
    assert "1. target-left-scaled (side: postprocessing, almost certain)" in ended.stdout
    assert " * predicted + " in ended.stdout
    assert "scaler.inverse_transform(" in ended.stdout
    assert ended.stdout.endswith("Next: python -m harness explain target-left-scaled\n")
    told = json.loads(call("diagnose", *given, "--json").stdout)
    assert told["findings"][0]["cause"] == "target-left-scaled"
    assert {"model", "format", "writer", "unsafe", "answer"} <= set(told)


def test_equal_outputs_are_no_fault(call, outputs):
    ended = call("diagnose", *outputs(VALUES, VALUES))
    assert (ended.code, "No fault found." in ended.stdout) == (0, True)


def test_outputs_that_differ_without_a_cause_are_wrong_nevertheless(call, outputs):
    ended = call("diagnose", *outputs(VALUES, UNRELATED))
    assert ended.code == 1
    assert "nothing in them names the cause" in ended.stdout


def test_two_calls_that_differ_need_no_expected_outputs(call, outputs):
    given = outputs(VALUES, VALUES, VALUES + 0.1 * UNRELATED)[2:]
    ended = call("diagnose", *given)
    assert ended.code == 1
    assert "1. training-mode-at-inference" in ended.stdout


def test_a_second_call_that_gives_nan_everywhere_ends_with_exit_code_one(call, outputs):
    given = outputs(VALUES, VALUES, VALUES * np.nan)
    for options in (given, given[2:]):
        ended = call("diagnose", *options)
        assert ended.code == 1
        assert "20 of 20 rows hold NaN or infinity in one call only" in ended.stdout
        assert "as expected." not in ended.stdout


def test_too_little_evidence_is_wrong_usage(call, outputs):
    for given in ([], outputs(VALUES, VALUES)[:2], outputs(VALUES, VALUES)[2:]):
        ended = call("diagnose", *given)
        assert ended.code == 2
        assert ended.stderr.startswith("ERROR  ")


def test_every_cause_is_listed_with_what_it_needs(call):
    listed = json.loads(call("diagnose", "--causes", "--json").stdout)
    assert [each["id"] for each in listed] == [each.id for each in ALL]
    text = call("diagnose", "--causes").stdout
    assert all(each.sentence in text for each in ALL)


def test_a_file_is_read_and_what_it_shares_with_the_outputs_comes_first(call, outputs, tmp_path):
    first = dense("first", VALUES[:8].repeat(2, 1), [0.1, 0, 0, 0], "relu")
    last = dense("last", VALUES[:4, :1], [0.1], "softmax")
    path = write_h5(tmp_path / "m.h5", [first, last])
    shares = 1 / (1 + np.exp(-UNRELATED[:, :1]))
    ended = call("diagnose", path, *outputs(shares, shares * 0 + 1))
    assert ended.code == 1
    assert ended.stdout.startswith("m.h5: HDF5 model, for release 2.15\n")
    assert "1. softmax-over-one-unit (side: code, almost certain)" in ended.stdout
    assert "\nlast   Dense" in ended.stdout
    told = json.loads(call("diagnose", path, "--json").stdout)
    assert (told["format"], told["layers"][0]["place"]) == (
        "HDF5 model",
        "model_weights/first/first",
    )


def test_with_inputs_the_file_is_told_from_what_surrounds_it(call, outputs, tmp_path):
    path = write_h5(tmp_path / "m.h5", [dense("only", VALUES[:2], np.ones(2))])
    right = UNRELATED @ VALUES[:2] + 1
    np.save(tmp_path / "x.npy", UNRELATED)
    wrong = UNRELATED[:, ::-1] @ VALUES[:2] + 1
    ended = call("diagnose", path, "--inputs", "x.npy", *outputs(right, wrong))
    assert ended.code == 1
    assert "the file itself gives the expected outputs" in ended.stdout
    assert "1. columns-in-another-order (side: preprocessing" in ended.stdout
    call("diagnose", path, "--inputs", "y.npy").assert_refused(2, "there is no file y.npy")
    call("diagnose", "--inputs", "x.npy").assert_refused(2, "--inputs needs a model file")


def test_the_dynamic_tier_refuses_what_it_cannot_load_or_must_not(call, tmp_path):
    for option in ("--load", "--prove"):
        call("diagnose", option).assert_refused(2, f"{option} needs a model file")
    (tmp_path / "m.json").write_text(json.dumps(describe([dense("only", VALUES[:2], [1, 2])])))
    refused = call("diagnose", "m.json", "--load")
    refused.assert_refused(2, "only a whole model can be restored")
    unsafe = ARTIFACTS / "lambda_other_python/artifact/model.h5"
    refused = call("diagnose", unsafe, "--load", "--reader", "2.21")
    refused.assert_refused(2, "because it is unsafe")
    assert refused.stderr.endswith(f"diagnose {unsafe} --load --reader 2.21 --trust\n")


def test_a_release_that_cannot_be_built_leaves_what_the_file_told(call, tmp_path, monkeypatch):
    def refuse(release):
        raise EnvironmentUnusable(f"{release} cannot be built", "no network", "connect it")

    for module in ("observe", "prove"):
        monkeypatch.setattr(f"harness.diagnose.load.{module}.open_portable", refuse)
    right = UNRELATED @ VALUES[:2] + 1
    path = write_h5(tmp_path / "m.h5", [dense("only", VALUES[:2], np.ones(2))])
    np.save(tmp_path / "x.npy", UNRELATED[:, ::-1])
    np.save(tmp_path / "right.npy", right)
    given = (path, "--inputs", "x.npy", "--expected", "right.npy", "--reader", "2.15", "--trust")
    ended = call("diagnose", *given, "--load", "--html", "r.html")
    ended.assert_refused(3, "2.15 cannot be built", "connect it")
    assert "1. columns-in-another-order" in ended.stdout
    assert "2.15 cannot be built" in (tmp_path / "r.html").read_text()
    told = json.loads(call("diagnose", *given, "--load", "--json").stdout)
    assert [each["cause"] for each in told["findings"]] == ["columns-in-another-order"]
    proved = call("diagnose", *given, "--prove")
    assert proved.code == 1
    assert "Not proven: columns-in-another-order: 2.15 cannot be built." in proved.stdout


def test_a_cure_for_people_is_left_to_them_and_nothing_is_loaded(call, tmp_path):
    drawn = draw_glorot(np.random.default_rng(0), 4, 16)
    path = write_archive(tmp_path / "m.keras", [make_input(4), dense("d", drawn, np.zeros(16))])
    ended = call("diagnose", path, "--prove")
    assert ended.code == 1
    assert "Not proven: never-trained: the model has to be trained again." in ended.stdout
    sound = write_archive(tmp_path / "n.keras", [dense("d", VALUES[:2], np.ones(2))])
    ended = call("diagnose", sound, "--prove")
    assert (ended.code, "--prove has no cure to carry out" in ended.stdout) == (0, True)


def test_what_was_given_already_is_not_asked_for_again_where_nothing_was_found(call, tmp_path):
    sound = write_archive(tmp_path / "n.keras", [dense("d", VALUES[:2], np.ones(2))])
    np.save(tmp_path / "x.npy", UNRELATED)
    np.save(tmp_path / "right.npy", UNRELATED @ VALUES[:2] + 1)
    ended = call("diagnose", sound, "--inputs", "x.npy", "--expected", "right.npy", "--prove")
    assert "give --inputs" not in ended.stdout
    said = "nothing was found, so --prove has no cure to carry out: add --load"
    assert said in " ".join(ended.stdout.split())


def test_a_model_that_is_not_restored_is_not_said_to_have_no_cure_as_well(tmp_path):
    model = write_archive(tmp_path / "n.keras", [dense("d", VALUES[:2], np.ones(2))])
    unloaded = Diagnosis(findings=[], restored=Observation(release="2.21", error="it fails"))
    assert prove(unloaded, Restoring(model)) == unloaded


def test_code_is_read_and_named_by_its_line(call, tmp_path):
    (tmp_path / "mine.py").write_text("class Own(tf.keras.layers.Layer):\n    x = 1\n")
    assert call("diagnose", "--code", "mine.py").code == 0
    (tmp_path / "mine.py").write_text(
        "class Own(tf.keras.layers.Layer):\n"
        "    def __init__(self, factor): pass\n"
        "    def get_config(self): return {}\n"
    )
    path = write_h5(tmp_path / "m.h5", [dense("only", VALUES[:2], np.ones(2))])
    for given in ([], [path]):
        ended = call("diagnose", *given, "--code", "mine.py")
        assert ended.code == 1
        assert "Evidence: Own, line 3: no factor." in ended.stdout
        assert ended.stdout.endswith("explain get-config-drops-argument\n")


def test_a_healthy_file_is_no_fault_and_a_broken_one_cannot_be_read(call, tmp_path):
    kernel = VALUES[:4].repeat(2, 1)
    path = write_h5(tmp_path / "m.h5", [dense("only", kernel, [0.1, 0, 0, 0])])
    healthy = call("diagnose", path)
    assert (healthy.code, "No fault found." in healthy.stdout) == (0, True)
    (tmp_path / "n.h5").write_bytes(path.read_bytes()[:999])
    broken = call("diagnose", tmp_path / "n.h5")
    assert (broken.code, broken.stdout) == (3, "")
    assert broken.stderr.startswith("ERROR  there is no readable model")


def test_every_lesson_that_a_cause_names_is_there():
    lessons = {each.id for each in read_catalog(None).scenarios}
    assert {each.scenario for each in ALL if each.scenario} <= lessons


def test_reports_are_written_beside_the_answer_and_never_over_the_model(call, outputs, tmp_path):
    given = outputs(VALUES, (VALUES - VALUES.mean(0)) / VALUES.std(0))
    ended = call("diagnose", *given, "--sarif", "r.sarif", "--html", "r.html")
    assert ended.code == 1
    assert "Written: r.sarif\nWritten: r.html\nNext: " in ended.stdout
    told = json.loads((tmp_path / "r.sarif").read_text())
    assert told["runs"][0]["results"][0]["ruleId"] == "target-left-scaled"
    assert "1 finding: target-left-scaled" in (tmp_path / "r.html").read_text()
    path = write_h5(tmp_path / "m.h5", [dense("only", VALUES[:2], np.ones(2))])
    before = path.read_bytes()
    call("diagnose", path, "--html", "m.h5").assert_refused(2, "--html would overwrite m.h5")
    code = tmp_path / "layers.py"
    code.write_text("")
    refused = call("diagnose", path, "--code", code, "--html", "layers.py")
    refused.assert_refused(2, "--html would overwrite layers.py")
    assert code.read_text() == ""
    call("diagnose", path, "--sarif", "no/r.sarif").assert_refused(2, "cannot write")
    call("diagnose", "--html", "r.html").assert_refused(2, "none is named")
    assert path.read_bytes() == before


def test_predictions_without_rows_are_refused_and_give_no_traceback(call, tmp_path):
    path = write_h5(tmp_path / "m.h5", [dense("only", VALUES[:2], np.ones(2))])
    np.save(tmp_path / "one.npy", np.float32(0.5))
    np.save(tmp_path / "x.npy", VALUES[:, :2])
    given = ("--inputs", "x.npy", "--load")
    ended = call("diagnose", path, *given, "--expected", "one.npy")
    ended.assert_refused(2, "one number, and no rows")


def test_inputs_are_compared_with_those_of_training_without_a_model(call, tmp_path):
    random = np.random.default_rng(0)
    training, now = random.normal([20, 1013], [8, 9], (2, 100, 2))
    np.save(tmp_path / "training.npy", (training - [20, 1013]) / [8, 9])
    np.save(tmp_path / "now.npy", now)
    given = ("--inputs", "now.npy", "--train-sample", "training.npy")
    ended = call("diagnose", *given)
    assert ended.code == 1
    assert "1. features-not-scaled (side: preprocessing, almost certain)" in ended.stdout
    path = write_h5(tmp_path / "m.h5", [dense("only", VALUES[:2], np.ones(2))])
    assert "1. features-not-scaled" in call("diagnose", path, *given).stdout
    np.savez(tmp_path / "a.npz", left=now, right=now)
    np.savez(tmp_path / "b.npz", left=training, right=training * [1, 100])
    named = call("diagnose", "--inputs", "a.npz", "--train-sample", "b.npz")
    assert "Evidence: in right: column 1 has mean" in named.stdout
    call("diagnose", "--inputs", "now.npy", "--train-sample", "b.npz").assert_refused(2, "names")
    call("diagnose", *given[2:]).assert_refused(2, "--inputs is missing")
    call("diagnose", *given[:3], "absent.npy").assert_refused(2, "there is no file absent.npy")
    right = call("diagnose", "--inputs", "now.npy", "--train-sample", "now.npy")
    assert (right.code, right.stdout.startswith("No fault found.")) == (0, True)


def test_a_scaler_is_shown_and_compared_with_the_inputs(call, tmp_path):
    random = np.random.default_rng(0)
    np.save(tmp_path / "x.npy", random.normal([20, 1013], [8, 9], (50, 2)))
    np.savez(tmp_path / "s.npz", mean=[20.0, 1013], scale=[8.0, 9])
    ended = call("diagnose", "--inputs", "x.npy", "--scaler", "s.npz", "--html", "r.html")
    assert ended.code == 1
    assert ended.stdout.startswith("s.npz: StandardScaler of 2 columns: mean 20, 1013; scale 8, 9")
    assert "1. features-not-scaled (side: preprocessing, almost certain)" in ended.stdout
    assert "StandardScaler of 2 columns" in (tmp_path / "r.html").read_text()
    path = write_h5(tmp_path / "m.h5", [dense("only", VALUES[:2], np.ones(2))])
    given = ("--inputs", "x.npy", "--scaler", "s.npz")
    told = json.loads(call("diagnose", path, *given, "--json").stdout)
    assert told["findings"][0]["cause"] == "features-not-scaled"
    call("diagnose", "--scaler", "s.npz").assert_refused(2, "--inputs is missing")
    (tmp_path / "s.pkl").write_bytes(b"no pickle")
    call("diagnose", "--inputs", "x.npy", "--scaler", "s.pkl").assert_refused(3, "no scaler")


def test_a_scaler_beside_a_model_that_scales_by_itself_scales_twice(call, tmp_path):
    mean, variance = np.float32([20, 1013]), np.float32([64, 81])
    config = {"name": "scale", "axis": [-1], "mean": None, "variance": None}
    inside = Made("Normalization", config, {"mean": mean, "variance": variance, "count": 0})
    path = write_archive(tmp_path / "m.keras", [inside, dense("only", VALUES[:2], np.ones(2))])
    raw = np.random.default_rng(0).normal(mean, [8, 9], (50, 2))
    np.savez(tmp_path / "s.npz", mean=mean, scale=[8.0, 9])
    for values, code in ((raw, 0), ((raw - mean) / [8, 9], 1)):
        np.save(tmp_path / "x.npy", values)
        ended = call("diagnose", path, "--inputs", "x.npy", "--scaler", "s.npz")
        assert (ended.code, "1. scaled-twice" in ended.stdout) == (code, bool(code))
        assert "s.npz: StandardScaler of 2 columns" in ended.stdout


def test_predictions_of_a_tflite_model_alone_tell_something_or_say_what_is_missing(call, tmp_path):
    pumps = REPOSITORY / "tests" / "data" / "tflite" / "pumps.tflite"
    arrays = np.load(pumps.with_suffix(".npz"))
    np.save(tmp_path / "now.npy", arrays["raw_output"])
    told = call("diagnose", pumps, "--predicted", "now.npy")
    assert (told.code, "1. tflite-int8-scale-ignored" in told.stdout) == (1, True)
    np.save(tmp_path / "now.npy", arrays["predictions"])
    silent = call("diagnose", pumps, "--predicted", "now.npy")
    assert silent.code == 0
    assert "To know more: give --expected: the predictions alone are no labels" in silent.stdout
    path = write_h5(tmp_path / "m.h5", [dense("only", VALUES[:2], np.ones(2))])
    tip = f"diagnose {path} --inputs x.npy --expected before.npy"
    refused = call("diagnose", path, "--predicted", "now.npy")
    refused.assert_refused(2, "--expected is missing", tip)
