"""The public Python API, where it needs no TensorFlow."""

import json

import numpy as np
import pytest

from harness import api
from harness.catalog.load import PACKAGED
from harness.diagnose.evaluation.corpus_files import dense, describe
from harness.diagnose.findings import make_finding
from harness.errors import UsageError


@pytest.mark.parametrize("pair", [([[1, 2], [3]], [[1, 2], [3, 4]]), ([[1], [2]], [[1], [2, 3]])])
def test_lists_that_are_no_array_are_refused_with_a_sentence(pair):
    with pytest.raises(UsageError, match="one of them is no array"):
        api.compare_outputs(*pair)


def test_rows_of_unequal_length_are_refused_with_a_sentence(tmp_path):
    for given in ({"predicted": [[1], [1, 2]]}, {"expected": [[1], [1, 2]]}):
        with pytest.raises(UsageError, match="a list is no array"):
            api.diagnose(**{"predicted": [1], "expected": [1]} | given)
        with pytest.raises(UsageError, match="a list is no array"):
            api.observe(tmp_path, **given)
    with pytest.raises(UsageError, match="a list is no array"):
        api.diagnose(tmp_path, inputs=[[1], [1, 2]])


def test_a_path_of_a_lesson_may_be_named_as_in_tables():
    with pytest.raises(UsageError, match="has no path restore_brokn"):
        api.run_lesson("dead-relu-head", path="brokn")
    assert api.complete_path("broken") == api.complete_path("restore_broken") == "restore_broken"


def test_what_cannot_be_restored_is_refused_in_words_of_python(tmp_path):
    finding = make_finding("lambda-safe-mode", 0.9, "seen")
    (tmp_path / "m.json").write_text(json.dumps(describe([dense("only", np.ones((1, 1)), [0])])))
    unsafe = PACKAGED / "version/artifacts/lambda_other_python/artifact/model.h5"
    for restore in (api.observe, lambda path, **given: api.prove(path, [finding], **given)):
        with pytest.raises(UsageError, match="only a whole model can be restored"):
            restore(tmp_path / "m.json")
        with pytest.raises(UsageError, match="because it is unsafe") as refused:
            restore(unsafe)
        assert refused.value.tip == "if you trust its author: trusted=True"
        with pytest.raises(UsageError, match="expected has no rows"):
            restore(unsafe, expected=1.0)


def test_cures_that_nobody_can_carry_out_need_no_model(tmp_path):
    finding = make_finding("never-trained", 0.9, "seen")
    (proof,) = api.prove(tmp_path / "absent.keras", [finding])
    assert (proof.result, proof.reason) == ("cannot", "the model has to be trained again")
    assert api.prove(tmp_path / "absent.keras", []) == []


def test_code_that_is_not_there_is_refused_before_a_model_is_restored(tmp_path):
    for call in (api.verify, lambda model, code: api.seal(model, [[1.0]], code=code)):
        with pytest.raises(UsageError, match=r"there is no file absent\.py"):
            call(tmp_path / "model.keras", code="absent.py")
