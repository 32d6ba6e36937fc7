"""Properties over models that nobody has written: what restores them does, what loses them shows.

Every example is saved and restored in processes of its own, by the worker that runs scenarios.
The same few examples every time, so that no clean clone fails by chance; to look longer, and at
random (reports/generated-models.md): RESTOREBENCH_EXAMPLES=400 pytest tests/generated
"""

import itertools
import json
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, Phase, assume, event, given, settings
from hypothesis import strategies as st

from harness.catalog.scenario import side_of
from harness.processes.fork import ForkWorker
from harness.processes.limits import Limits
from harness.processes.step import Step, run_step
from harness.processes.variables import Environment
from harness.results.outcome import read_step_arrays
from harness.verdicts.judge import find_verdict, refuse_reference
from tests.conftest import REPOSITORY
from tests.generated.strategy import model_specs

pytestmark = pytest.mark.tensorflow

STEPS = REPOSITORY / "tests" / "generated" / "model_steps.py"
PATHS = re.findall(r"^def (restore_\w+)", STEPS.read_text(), re.MULTILINE)
EXAMPLES = os.environ.get("RESTOREBENCH_EXAMPLES")
searching = settings(
    max_examples=int(EXAMPLES or 12),
    deadline=None,
    database=None,
    derandomize=not EXAMPLES,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
)


class Laboratory:
    """Saves a drawn model in one process and restores it in others."""

    def __init__(self, folder):
        (folder / "keras-home").mkdir()
        self.folder, self.numbers = folder, itertools.count()
        self.worker = ForkWorker(Environment(portable_kernels=True), folder)
        self.pool = ThreadPoolExecutor(2)

    def run(self, function, kind, seed, artifact, reference):
        """Run one step; return its folder, and raise AssertionError if it fails."""
        folder = self.folder / f"step-{next(self.numbers)}"
        folder.mkdir()
        step = Step(
            kind=kind,
            source=str(STEPS),
            function=function,
            folder=str(folder),
            artifact=str(artifact),
            reference=str(reference),
            seed=seed,
        )
        result = run_step(self.worker, step, Limits())
        assert result.ended == "whole", f"{function}: {result.error}"
        return folder

    def save(self, spec, seed):
        """Return (artifact, reference file) of a model that is worth restoring."""
        base = self.folder / f"model-{next(self.numbers)}"
        artifact = base / "artifact"
        artifact.mkdir(parents=True)
        (artifact / "spec.json").write_text(json.dumps(spec))
        self.run("save", "save", seed, artifact, base / "reference.npz")
        return artifact, base / "reference.npz"

    def judge(self, spec, seed, paths):
        """Return the verdict of every path over one drawn model."""
        artifact, reference = self.save(spec, seed)
        wanted = read_step_arrays(reference).predictions
        assume(refuse_reference(wanted) is None)

        def restore(path):
            folder = self.run(path, "restore", seed, artifact, reference)
            return find_verdict(read_step_arrays(folder / "predictions.npz").predictions, wanted)

        verdicts = dict(zip(paths, self.pool.map(restore, paths), strict=True))
        for folder in [artifact.parent, *self.folder.glob("step-*")]:
            shutil.rmtree(folder, ignore_errors=True)
        return verdicts


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory):
    laboratory = Laboratory(tmp_path_factory.mktemp("generated"))
    yield laboratory
    laboratory.pool.shutdown()
    laboratory.worker.close()


@pytest.mark.long
@searching
@given(spec=model_specs(), seed=st.integers(0, 2**31 - 1))
def test_every_format_gives_the_model_back_and_every_general_failure_shows(laboratory, spec, seed):
    verdicts = laboratory.judge(spec, seed, PATHS)
    for path, verdict in verdicts.items():
        event(f"{path}: {verdict}")
        assert (verdict == "match") == (side_of(path) == "fixed"), f"{path}: {verdict}"


def test_there_are_formats_and_failures_to_look_at():
    sides = [side_of(path) for path in PATHS]
    assert (sides.count("fixed"), sides.count("broken")) == (5, 4)
