"""`seal` and `verify` as a user types them: what is refused before TensorFlow starts."""

import dataclasses
import json
from pathlib import Path

import msgspec
import numpy as np
import pytest

from harness.catalog.load import PACKAGED
from harness.cli import diagnose_load
from harness.cli.verify import choose_next
from harness.diagnose.evaluation.corpus_files import dense, write_h5
from harness.origin.who_wrote import read_origin
from harness.report.seal import describe_verification
from harness.seals.run import name_classes
from harness.seals.verification import SealFinding, Verification
from restorebench_seal import seal

ARTIFACTS = PACKAGED / "version" / "artifacts"
WEIGHTS = ARTIFACTS / "gru_reset_after_tf1/artifact/weights.h5"
LAMBDA = ARTIFACTS / "lambda_other_python/artifact/model.h5"
VERIFIED = Verification(
    model="m.keras",
    verified=True,
    reader="this",
    versions={"tensorflow": "2.21.0"},
    sealed="sealed today",
    findings=[],
    compared=[],
)


@pytest.fixture
def sealed(tmp_path):
    """An `.h5` of one Dense layer, in the test's folder, and its seal."""
    random = np.random.default_rng(0)
    kernel, inputs = random.normal(size=(3, 2)), random.normal(size=(40, 3)).astype(np.float32)
    write_h5(tmp_path / "model.h5", [dense("dense", kernel, np.zeros(2))])
    np.save(tmp_path / "x.npy", inputs)
    seal(lambda x: (x @ kernel).astype(np.float32), inputs, tmp_path / "model.h5")
    return tmp_path / "model.h5"


CLASSES = [SealFinding(check="load", fails=True, says="TypeError", details=["the model needs X"])]


@pytest.mark.parametrize(
    ("verified", "findings", "inputs", "following"),
    [
        (True, [], None, "verify 'my model.h5' --code my.py --inputs today.npy"),
        (True, [], Path("x.npy"), "env list --all"),
        (False, [], Path("x.npy"), "diagnose 'my model.h5' --inputs x.npy --code my.py"),
        (False, CLASSES, None, "verify 'my model.h5' --code code.py"),
    ],
)
def test_verify_is_followed_by_what_is_fed_today_or_by_what_finds_the_cause(
    verified, findings, inputs, following
):
    found = msgspec.structs.replace(VERIFIED, verified=verified, findings=findings)
    said = choose_next(found, Path("my model.h5"), inputs, Path("my.py"))
    assert said == f"python -m harness {following}"


def test_a_model_whose_classes_are_missing_names_them(sealed):
    origin = read_origin(sealed)
    assert name_classes(origin) == []
    needs = dataclasses.replace(origin, custom=("shop>Discount", "Mine"))
    (said,) = name_classes(needs)
    assert said == "the model needs shop>Discount, Mine: name the Python file with --code"


def test_a_model_without_a_seal_is_not_verified(call, tmp_path):
    write_h5(tmp_path / "model.h5", [dense("dense", np.ones((3, 2)), np.zeros(2))])
    call("verify", "model.h5").assert_refused(2, "there is no seal beside", "seal MODEL --inputs")


@pytest.mark.parametrize(("reader", "called"), [("this", "your own environment"), ("2.18", "2.18")])
def test_the_environment_of_a_verification_is_called_as_the_user_knows_it(reader, called):
    """The pytest plugin prints these lines too."""
    found = msgspec.structs.replace(VERIFIED, reader=reader)
    assert describe_verification(found)[2] == f"  restored in {called}: TensorFlow 2.21.0"


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"seal": 2}', b"\xff", b"[" * 100_000])
def test_a_damaged_seal_is_a_sentence(content, call, sealed):
    (sealed.parent / "model.h5.seal" / "seal.json").write_bytes(content)
    call("verify", "model.h5").assert_refused(3, "cannot be read", "--replace")
    assert "the seal beside the model cannot be read" in call("diagnose", "model.h5").stdout


def test_outputs_of_other_inputs_are_not_compared_where_sealed_inputs_are_fed(
    call, sealed, monkeypatch
):
    taken = []

    def keep(*given):
        taken.append(given[-1])
        return given[-2]

    monkeypatch.setattr(diagnose_load, "look_inside", keep)
    np.save(sealed.parent / "a.npy", np.eye(9))
    for outputs in ((), ("--predicted", "a.npy", "--predicted", "a.npy")):
        assert call("diagnose", "model.h5", "--load", *outputs).code == 0
    assert [(each.inputs is not None, each.predicted) for each in taken] == 2 * [(True, None)]


def test_a_seal_that_contradicts_itself_is_a_sentence(call, sealed):
    file = sealed.parent / "model.h5.seal" / "seal.json"
    record = json.loads(file.read_text())
    record["inputs"][0]["columns"]["mean"].append(0.0)
    file.write_text(json.dumps(record))
    call("verify", "model.h5").assert_refused(3, "contradicts itself")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "seal needs a model"),
        (("model.h5",), "seal needs inputs"),
        (("model.h5", "--inputs", "absent.npy"), "there is no file absent.npy"),
        (("model.h5", "--inputs", "x.npy", "--code", "absent.py"), "there is no file absent.py"),
        (("model.h5", "--inputs", "x.npy", "--release", "9.99"), "9.99"),
        (("absent.h5", "--inputs", "x.npy"), "no readable model"),
        (("model.h5", "--inputs", "x.npy"), "is there already"),
        ((LAMBDA, "--inputs", "x.npy"), "it is unsafe"),
        ((WEIGHTS, "--inputs", "x.npy"), "holds no complete model"),
    ],
)
@pytest.mark.usefixtures("sealed")
def test_what_cannot_be_meant_is_refused_before_any_work(arguments, said, call):
    call("seal", *arguments).assert_refused(2, said)


def test_the_function_file_is_copied_and_never_written_over_another(call, tmp_path):
    ended = call("seal", "--function")
    ended.assert_ran()
    assert ended.stdout.endswith("Next: python -m harness verify model.keras\n")
    copy = tmp_path / "restorebench_seal.py"
    assert "def seal(" in copy.read_text()
    assert call("seal", "--function").stdout.startswith("restorebench_seal.py is here already. In")
    copy.write_text("mine")
    call("seal", "--function").assert_refused(2, "is there already")
    assert copy.read_text() == "mine"


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (("outputs", 0, "shape"), []),
        (("inputs", 0, "minimum"), None),
        (("inputs", 0, "columns"), None),
        (("inputs", 0, "name"), "\x1b[31mred<script>"),
        (("inputs", 0, "shape"), [-1, 3]),
        (("inputs", 0, "deviation"), 1e308),
        (("inputs", 0, "columns", "mean"), [1e308, -1e308, 0]),
        (("sealed",), "\x1b[2J"),
        (("layers",), [{"name": "dense", "class": "\x1b", "weights": []}]),
        (("versions",), {"tensorflow": "\x1b[31m" * 100}),
        (("files", "inputs"), "0"),
    ],
)
def test_a_strangers_seal_ends_in_no_traceback_and_steers_no_terminal(at, value, call, sealed):
    file = sealed.parent / "model.h5.seal" / "seal.json"
    record = json.loads(file.read_text())
    inside = record
    for key in at[:-1]:
        inside = inside[key]
    inside[at[-1]] = value
    file.write_text(json.dumps(record))
    ended = call("diagnose", "model.h5", "--inputs", "x.npy")
    assert ended.code in (0, 1)
    assert "\x1b" not in ended.stdout + ended.stderr
