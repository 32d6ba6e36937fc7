"""Files that are mended by the code that `env for` prints; signatures where a class is missing."""

import io
import shutil
import zipfile

import h5py
import numpy as np
import pytest

from harness.catalog.load import PACKAGED
from harness.origin import restore
from harness.origin.restore import RestoredModel, restore_model
from harness.origin.who_wrote import Origin, read_origin
from harness.processes.limits import StepEnd
from harness.processes.variables import Environment
from harness.report.cures import cure_windows_names
from harness.report.model_file import describe_restored

ARTIFACTS = PACKAGED / "version/artifacts"


def write_windows_archive(path):
    """A `.keras` whose groups are named as Keras named them on Windows."""
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        file.create_group("layers\\dense").create_group("vars")["0"] = np.arange(3.0)
        file.create_group("optimizer").create_group("vars")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.0.5"}')
        archive.writestr("config.json", '{"class_name": "Sequential", "config": {"layers": []}}')
        archive.writestr("model.weights.h5", weights.getvalue())
    return path


def test_groups_named_on_windows_are_renamed_by_the_code_that_is_printed(tmp_path):
    origin = read_origin(write_windows_archive(tmp_path / "model.keras"))
    assert "hold backslashes: layers\\dense/vars/0" in " ".join(origin.evidence)
    said = cure_windows_names(origin)
    assert "#18528" in " ".join(said)
    assert max(map(len, said)) <= 80 + len(str(tmp_path))
    code = "\n".join(line[4:] for line in said if line.startswith("    "))
    exec(code, {})
    mended = tmp_path / "model-renamed.keras"
    assert cure_windows_names(read_origin(mended)) == []
    with zipfile.ZipFile(mended) as archive:
        weights = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(weights) as file:
        assert file["layers/dense/vars/0"][:].tolist() == [0.0, 1.0, 2.0]
    with pytest.raises(FileExistsError):  # nothing is overwritten
        exec(code, {})


def test_other_archives_need_no_renaming():
    assert (
        cure_windows_names(read_origin(ARTIFACTS / "newer_keras_file/artifact/model.keras")) == []
    )


@pytest.mark.parametrize(
    ("custom", "with_code", "by_keras"),
    [((), False, True), (("Mine",), False, False), (("Mine",), True, True)],
)
def test_a_saved_model_is_called_by_its_signature_where_its_own_class_is_missing(
    tmp_path, monkeypatch, custom, with_code, by_keras
):
    steps = []

    class Worker:
        def __init__(self, *given, **options):
            pass

        def run(self, step, _limits):
            steps.append(step)
            return StepEnd(exit=0)

        def close(self):
            pass

    monkeypatch.setattr(restore, "SpawnWorker", Worker)
    monkeypatch.setattr(restore, "find_obstacle", lambda: "")
    monkeypatch.setattr(restore, "make_cage", lambda *_: None)
    shutil.copytree(ARTIFACTS / "savedmodel_folder_keras3/artifact/model", tmp_path / "model")
    origin = make_origin(tmp_path / "model", custom)
    code = tmp_path / "code.py" if with_code else None
    restore_model(Environment("python", False), origin, tmp_path / "work", code)
    assert steps[0].keras_inside is by_keras


def test_a_model_called_by_its_signature_is_said_to_lack_its_class(tmp_path):
    origin = make_origin(tmp_path, ("Mine",))
    there = RestoredModel(loaded=True, signature="serving_default")
    assert "Its own classes are not here" in "\n".join(
        describe_restored(there, "2.13", origin, None)
    )
    assert "Its own" not in "\n".join(
        describe_restored(there, "2.13", origin, tmp_path / "code.py")
    )


def make_origin(path, custom):
    return Origin("SavedModel", path, "2.13.1", "2.13.0", ("2.13",), (), custom, ())
