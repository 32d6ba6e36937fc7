"""The author's gate on real processes: starters fail, cures pass, and cheats are found out."""

import numpy as np
import pytest

from harness.catalog.load import read_catalog
from harness.course.checking import check_script, judge_result, make_step
from harness.course.exercises import CORE, cut_solution, cut_starter, find_exercise, list_solutions
from harness.course.folder import save_model
from harness.processes.cage import find_obstacle
from harness.processes.fork import ForkWorker, can_fork
from harness.processes.limits import Limits
from harness.processes.spawn import SpawnWorker
from harness.processes.step import run_step
from harness.processes.variables import Environment

pytestmark = pytest.mark.tensorflow
CATALOG = read_catalog()


@pytest.fixture(scope="module")
def worker(tmp_path_factory):
    make = ForkWorker if can_fork() else SpawnWorker
    made = make(Environment(), tmp_path_factory.mktemp("course"))
    yield made
    made.close()


@pytest.mark.parametrize("exercise", CORE, ids=lambda each: each.id)
def test_the_starter_fails_as_declared_and_every_cure_passes_on_a_seed_drawn_now(
    exercise, worker, tmp_path
):
    scenario = CATALOG.find(exercise.scenario)
    reference = save_model(worker, scenario, tmp_path)
    with np.load(reference) as arrays:
        wanted = arrays["predictions"]
    cures = [cut_solution(scenario, path) for path in list_solutions(scenario)]
    wanted_endings = [("still failing", cut_starter(exercise, scenario))]
    wanted_endings += [("done", cure) for cure in cures]
    for ending, text in wanted_endings:
        result = run_step(worker, make_step(text, tmp_path, caged=False), Limits())
        checked = judge_result(result, tmp_path / "learner", wanted, scenario)
        assert (checked.ending, text) == (ending, text), checked.said
        (tmp_path / "learner").rename(tmp_path / f"ran-{len(list(tmp_path.iterdir()))}")


CHEATS = {
    "numbers": "    import numpy as np\n    return lambda table: np.full((len(table), 1), 116.0)\n",
    "reference": (
        "    import glob, numpy as np\n    found = glob.glob(artifact + '/../reference.npz')\n"
        "    return lambda table: np.load(found[0])['predictions']\n"
    ),
    "numpy": (
        "    import numpy as np\n    np.load = np.array_equal = lambda *a, **k: True\n"
        "    return lambda table: np.zeros((len(table), 1))\n"
    ),
    "catches all": (
        "    try:\n        1 / 0\n    except Exception:\n"
        "        return lambda table: table[:, :1]\n"
    ),
}


SAID = {  # so that no cheat fails for another reason, such as a process that did not start
    "numbers": "predictions are 116, 116",
    "reference": "IndexError",
    "numpy": "predictions are all 0.0",
    "catches all": "predictions are ",
}


@pytest.mark.parametrize("cheat", CHEATS)
def test_a_cheat_does_not_count(cheat, tmp_path):
    script = tmp_path / "restore.py"
    script.write_text(f"def restore(artifact):\n{CHEATS[cheat]}")
    exercise = find_exercise("bicycles")
    checked = check_script(exercise, CATALOG.find(exercise.scenario), script, Environment())
    assert checked.ending in ("still failing", "fails differently now")
    assert checked.said.startswith(SAID[cheat])


@pytest.mark.skipif(bool(find_obstacle()), reason="this machine has no cage")
def test_a_script_cannot_read_the_master(tmp_path):
    scenario = CATALOG.find("target-left-scaled")
    script = tmp_path / "restore.py"
    script.write_text(f"def restore(artifact):\n    open({str(scenario.file)!r})\n")
    checked = check_script(find_exercise("bicycles"), scenario, script, Environment())
    assert checked.ending == "fails differently now"
    assert checked.said.startswith("PermissionError")
