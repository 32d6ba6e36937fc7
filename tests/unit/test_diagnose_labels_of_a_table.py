"""Labels in place of the probabilities that a model of a wide table gives."""

from pathlib import Path

import numpy as np

from harness.diagnose.__main__ import answer_file
from harness.diagnose.evaluation.corpus_files import dense, write_archive
from harness.diagnose.file_answer import Samples


def test_labels_of_a_wide_table_end_in_an_answer_and_no_traceback(tmp_path: Path) -> None:
    """Orders of the columns are tried, and outputs of another size have no order."""
    random = np.random.default_rng(0)
    kernel, inputs = random.normal(size=(8, 12)), random.normal(size=(40, 8))
    outputs = (inputs @ kernel).astype("float32")
    arrays = {"inputs": inputs, "expected": outputs, "predicted": outputs.argmax(axis=1)}
    for name, values in arrays.items():
        np.save(tmp_path / f"{name}.npy", values)
    model = write_archive(tmp_path / "m.keras", [dense("only", kernel, np.zeros(12))])
    samples = Samples(**{name: str(tmp_path / f"{name}.npy") for name in arrays})
    own = answer_file(model, "", samples).own
    assert own is not None
    assert own.computed == "as expected"
