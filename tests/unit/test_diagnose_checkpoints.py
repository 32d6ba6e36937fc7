"""What a checkpoint says: its arrays, by the names of Keras 2 and of Keras 3."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.catalog.load import PACKAGED
from harness.diagnose.__main__ import answer_file
from tests.formats.hostile.base import tag
from tests.unit.test_checkpoints import number
from tests.unit.test_leveldb import write_block, write_table

COMMITTED = (
    "checkpoint_across_keras/artifact/ckpt-1.index",
    "savedmodel_folder_keras3/artifact/model",
    "functional_archive_module/artifact/exported",
    "article_listing_three/artifact/version_mismatch_model",
)
KERNEL = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
ONES, ZEROS = np.ones(3, "float32"), np.zeros(3, "float32")
COUNT = np.ones(1, "float32")
NAN = np.where(np.eye(4, 3) == 1, np.nan, KERNEL).astype("float32")
MOVED = ONES + np.float32([0, 0.1, 0])
LAYER, FUNCTIONAL = "model/layer_with_weights-0", "model/_functional/_operations/1"


def statistics(gamma: Any) -> dict[str, Any]:
    """Return a BatchNormalization whose moving statistics are as they began."""
    named = {"gamma": gamma, "beta": ZEROS, "moving_mean": ZEROS, "moving_variance": ONES}
    return {f"{LAYER}/{name}": values for name, values in named.items()}


SPEAKS = {
    "weights-not-finite": {f"{LAYER}/kernel": NAN},
    "weights-not-finite ": {"_all_variables/0": NAN},
    "weights-all-zero": {f"{LAYER}/kernel": KERNEL * 0, f"{LAYER}/bias": ONES},
    "weights-all-zero ": {"_all_variables/0": KERNEL * 0, "_all_variables/1": ONES},
    "normalization-never-adapted": {
        f"{FUNCTIONAL}/adapt_mean": ZEROS,
        f"{FUNCTIONAL}/adapt_variance": ONES,
        f"{FUNCTIONAL}/count": COUNT,
    },
    "batch-statistics-at-default": statistics(MOVED),
}
SILENT = {
    "healthy": {f"{LAYER}/kernel": KERNEL, f"{LAYER}/bias": ZEROS},
    "an untrained BatchNormalization": statistics(ONES),
    "slots that are zero": {
        f"{LAYER}/kernel": KERNEL,
        f"{LAYER}/kernel/.OPTIMIZER_SLOT/optimizer/m": KERNEL * 0,
        "optimizer/_variables/2": KERNEL * 0,
    },
    "slots of TensorFlow 1": {"dense/kernel": KERNEL, "dense/kernel/Adam": KERNEL * 0},
}


def write_checkpoint(folder: Path, arrays: dict[str, Any]) -> Path:
    """Write float32 arrays as TensorFlow does; return the `.index`."""
    entries, data = [(b"", number(1, 1))], b""
    for name, values in sorted(arrays.items()):
        shape = b"".join(tag(2, number(1, size)) for size in values.shape)
        place = number(4, len(data)) + number(5, values.nbytes)
        attribute = "" if name.startswith("dense/") else "/.ATTRIBUTES/VARIABLE_VALUE"
        entries.append(((name + attribute).encode(), number(1, 1) + tag(2, shape) + place))
        data += values.tobytes()
    index = folder / "c.index"
    index.write_bytes(write_table([(b"z", write_block(entries))]))
    (folder / "c.data-00000-of-00001").write_bytes(data)
    return index


@pytest.mark.parametrize("case", SPEAKS)
def test_the_fault_in_a_checkpoint_is_named(case: str, tmp_path: Path) -> None:
    found = answer_file(write_checkpoint(tmp_path, SPEAKS[case])).findings
    assert [each.cause for each in found] == [case.strip()]


@pytest.mark.parametrize("case", SILENT)
def test_a_healthy_checkpoint_gives_no_finding(case: str, tmp_path: Path) -> None:
    answer = answer_file(write_checkpoint(tmp_path, SILENT[case]))
    assert (answer.findings, answer.unread) == ([], "")
    assert answer.layers


@pytest.mark.parametrize("name", COMMITTED)
def test_the_arrays_of_committed_files_are_read(name: str) -> None:
    answer = answer_file(PACKAGED / "version/artifacts" / name)
    assert (answer.findings, answer.unread) == ([], "")
    assert answer.layers


def test_a_checkpoint_whose_data_are_gone_has_no_arrays_and_no_traceback(tmp_path: Path) -> None:
    model = shutil.copytree(PACKAGED / "version/artifacts" / COMMITTED[1], tmp_path / "model")
    (model / "variables/variables.data-00000-of-00001").unlink()
    answer = answer_file(model)
    assert (answer.layers, answer.findings, answer.unread) == ([], [], "")
