"""Old models, rescued for real: written by their own release, loaded by today's, and proven."""

from dataclasses import replace

import numpy as np
import pytest

from harness.catalog.load import PACKAGED
from harness.environments.resolve import open_environment
from harness.origin.who_wrote import read_origin
from harness.processes.cage import find_obstacle
from harness.processes.variables import Environment
from harness.rescue.rescue import Rescuer

ARTIFACTS = PACKAGED / "version" / "artifacts"
pytestmark = pytest.mark.tensorflow


def rescue(name, work, own, target, **options):
    path = next((ARTIFACTS / name / "artifact").glob("model.*"))
    rescuer = Rescuer(
        read_origin(path), own, target, work, trusted=bool(find_obstacle()), **options
    )
    return rescuer.carry_out()


def open_both(release):
    return [replace(open_environment(each), portable_kernels=True) for each in (release, "2.21")]


def test_a_model_that_loads_as_it_is_is_written_anew_and_proven(tmp_path):
    environment = Environment(portable_kernels=True)
    with np.load(ARTIFACTS / "newer_keras_file/reference.npz") as reference:
        inputs = {"": reference["inputs"]}
    made = rescue("newer_keras_file", tmp_path, environment, environment, inputs=inputs)
    assert made.reason == ""
    assert made.as_it_is
    assert made.file.suffix == ".keras"
    assert made.proof.same_weights == made.proof.weights > 0


@pytest.mark.releases
@pytest.mark.parametrize(
    ("name", "release", "repair"),
    [
        ("time_major_keyword", "2.15", "drop-arguments"),
        ("hard_sigmoid_redefined", "2.15", "keep-hard-sigmoid"),
        ("initializer_dtype_from_tf1", "1.15", "drop-initializer-dtypes"),
        ("tfoplambda_unknown", "2.15", "replace-calls"),
    ],
)
def test_a_file_that_todays_keras_refuses_or_misreads_is_rescued(name, release, repair, tmp_path):
    made = rescue(name, tmp_path, *open_both(release))
    assert made.reason == ""
    assert not made.as_it_is
    assert repair in {each.name for each in made.repairs}
    assert made.proof.holds
    assert made.proof.same_weights == made.proof.weights > 0
