"""The author's gate on real processes: starters fail, cures pass, and cheats are found out."""

import json
from pathlib import Path

import msgspec
import pytest

from harness.catalog.load import read_catalog
from harness.course.checking import open_checker
from harness.course.doctor import check_restore
from harness.course.exercises import cut_solution, cut_starter, find_exercise
from harness.course.gate import find_failures
from harness.course.opened import OpenExercise
from harness.course.predicting import GUESSES, Question, run_question
from harness.course.table import EXERCISES
from harness.processes.cage import find_obstacle
from harness.processes.variables import Environment
from tests.processes import escapes
from tests.processes.test_cage import describe, make_place

pytestmark = pytest.mark.tensorflow
CATALOG = read_catalog()
SAME = GUESSES["s"]
OBSTACLE = find_obstacle()
LIMITED = {"take_much_memory", "write_a_large_file"}  # refused by limits, which are wider here


@pytest.fixture(scope="module")
def checker():
    with open_checker(Environment()) as opened:
        yield opened


@pytest.mark.parametrize(
    "exercise",
    [
        pytest.param(each, marks=() if "core" in each.tracks else pytest.mark.long)
        for each in EXERCISES
    ],
    ids=lambda each: each.id,
)
def test_the_starter_fails_as_declared_and_every_cure_passes_on_a_seed_drawn_now(exercise, checker):
    assert find_failures(exercise, CATALOG.find(exercise.scenario), checker) == []


def test_the_gate_finds_a_starter_that_passes(checker):
    exercise = find_exercise("street-lamps")
    scenario = CATALOG.find(exercise.scenario)
    passes = msgspec.structs.replace(exercise, edits=(("images * (dose / 255.0)", "images / 255"),))
    assert find_failures(passes, scenario, checker)[0].startswith(
        "the script of street-lamps should fail as restore_broken declares it. It ended so: done."
    )


@pytest.mark.parametrize(("mended", "outcome"), [(False, "zeros"), (True, SAME)])
def test_what_a_script_predicts_is_found_by_running_it(mended, outcome, checker):
    exercise = find_exercise("rain-forecast")
    scenario = CATALOG.find(exercise.scenario)
    code = cut_starter(exercise, scenario)
    if mended:
        code = cut_solution(exercise, scenario, "restore_fixed_saved_statistics")
    assert run_question(checker, Question(exercise, scenario, code))[0] == outcome


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
    "an edited artifact": "    open(artifact + '/model.keras', 'w').close()\n",
    "answers kept for the next check": "    open('/tmp/answers', 'a').close()\n",
    "a result of its own": (
        "    import json, numpy as np, os\n"
        "    np.savez('../predictions.npz', predictions=np.ones((64, 1), 'float32'))\n"
        "    json.dump({'error': None}, open('../result.json', 'w'))\n    os._exit(0)\n"
    ),
    "frames": (
        "    import sys\n    frame, found = sys._getframe(), []\n"
        "    while frame:\n"
        "        found += [name for name in frame.f_locals if 'predict' in name]\n"
        "        frame = frame.f_back\n    raise RuntimeError(str(found))\n"
    ),
    "memory of the parent": "    import os\n    open('/proc/%d/mem' % os.getppid())\n",
    "an import by pieces": "    __import__('har' + 'ness')\n",
    "arrays in memory": (
        "    import gc, numpy as np\n"
        "    found = [each for each in gc.get_objects() if isinstance(each, np.ndarray)]\n"
        "    raise RuntimeError([each.shape for each in found if each.ndim == 2])\n"
    ),
    "an array that agrees with everything": (
        "    import numpy as np\n"
        "    class Agreeing(np.ndarray):\n"
        "        __eq__ = __le__ = __sub__ = lambda self, other: np.zeros(self.shape)\n"
        "    return lambda table: np.zeros((len(table), 1)).view(Agreeing)\n"
    ),
    "objects": (
        "    import numpy as np\n"
        "    return lambda table: np.array([[print] for _ in table], dtype=object)\n"
    ),
    "not a number": (
        "    import numpy as np\n    return lambda table: np.full((len(table), 1), np.nan)\n"
    ),
    "a guess for every row": (
        "    import numpy as np\n"
        "    return lambda table: np.linspace(0, 900, 10**4)[None].repeat(len(table), 0)\n"
    ),
    "a row for each file above": (
        "    import os\n    raise RuntimeError(sorted(os.listdir(artifact + '/..')))\n"
    ),
}


SAID = {  # so that no cheat fails for another reason, such as a process that did not start
    "numbers": "predictions are the same for every row (116)",
    "reference": "IndexError",
    "numpy": "predictions are all 0.0",
    "catches all": "predictions are ",
    "an edited artifact": "PermissionError",
    "answers kept for the next check": "PermissionError",
    "a result of its own": "predictions are ",
    "frames": "RuntimeError: []",
    "memory of the parent": "PermissionError",
    "an import by pieces": "ModuleNotFoundError",
    "arrays in memory": "RuntimeError: [",
    "an array that agrees with everything": "predictions are all 0.0",
    "objects": "restore() left no predictions",
    "not a number": "predictions are nan",
    "a guess for every row": "predictions are of shape",
    "a row for each file above": "PermissionError",
}


def check(checker, tmp_path, text):
    """Return what is said of a script for the exercise `bicycles`."""
    script = tmp_path / "restore.py"
    script.write_text(text)
    exercise = find_exercise("bicycles")
    return checker.check(exercise, CATALOG.find(exercise.scenario), script)


@pytest.mark.skipif(bool(OBSTACLE), reason="this machine has no cage")
@pytest.mark.parametrize("cheat", CHEATS)
def test_a_cheat_does_not_count(cheat, checker, tmp_path):
    checked = check(checker, tmp_path, f"def restore(artifact):\n{CHEATS[cheat]}")
    assert checked.ending in ("still failing", "fails differently now")
    assert checked.said.startswith(SAID[cheat])


OF_THE_BATCH = {  # exercise, what is replaced: what a row gets depends on the rows beside it
    "pixels divided by the brightest": (
        "street-lamps",
        "model(images)",
        "model(images / images.max())",
    ),
    "no dropout": ("runners", "dropped=0.25", "dropped=0.0"),
    "the mode of training": (
        "vibration",
        "return model.predict_on_batch, model",
        "return lambda inputs: model(inputs, training=True).numpy(), model",
    ),
    "statistics of the batch at hand": (
        "vibration",
        "    return model.predict_on_batch, model",
        "    def predict(inputs):\n"
        "        model.layers[0].moving_mean.assign(inputs.mean(axis=0))\n"
        "        model.layers[0].moving_variance.assign(inputs.var(axis=0))\n"
        "        return model.predict_on_batch(inputs)\n\n"
        "    return predict, model",
    ),
    "columns standardised by themselves": (
        "rain-forecast",
        "return model.predict_on_batch, model",
        "return lambda x: model.predict_on_batch((x - x.mean(0)) / x.std(0)), model",
    ),
    "observations standardised by themselves": (
        "boiler",
        "    return load(artifact, Running())",
        "    wrapper = Running()\n    policy, model = load(artifact, wrapper)\n"
        "    return lambda x: (wrapper.learn(x), policy(x))[1], model",
    ),
}


@pytest.mark.parametrize("cheat", OF_THE_BATCH)
def test_a_script_that_is_right_for_one_batch_only_does_not_count(cheat, checker, tmp_path):
    name, old, new = OF_THE_BATCH[cheat]
    exercise = find_exercise(name)
    scenario = CATALOG.find(exercise.scenario)
    starter = cut_starter(exercise, scenario)
    assert starter.count(old) == 1
    (tmp_path / "restore.py").write_text(starter.replace(old, new))
    checked = checker.check(exercise, scenario, tmp_path / "restore.py")
    assert checked.ending in ("still failing", "fails differently now")
    assert checked.verdict in ("differs", "constant", "zeros")


def test_the_check_of_a_notebook_finds_such_a_script_too(tmp_path):
    name, old, new = OF_THE_BATCH["no dropout"]
    exercise = find_exercise(name)
    with OpenExercise(exercise, CATALOG.find(exercise.scenario), Environment()) as opened:
        (tmp_path / "restore.py").write_text(opened.starter.replace(old, new))
        assert opened.check(tmp_path / "restore.py").verdict == "differs"


@pytest.mark.skipif(bool(OBSTACLE), reason="this machine has no cage")
def test_a_script_cannot_read_the_master(checker, tmp_path):
    file = CATALOG.find("target-left-scaled").file
    checked = check(checker, tmp_path, f"def restore(artifact):\n    open({str(file)!r})\n")
    assert checked.ending == "fails differently now"
    assert checked.said.startswith("PermissionError")


@pytest.mark.skipif(bool(OBSTACLE), reason="this machine has no cage")
def test_the_cage_holds_in_a_process_that_was_forked_with_tensorflow_imported(checker, tmp_path):
    make_place(tmp_path / "place")
    before = describe(tmp_path / "place")
    text = Path(escapes.__file__).read_text() + (
        "\n\ndef restore(artifact):\n"
        f"    place = Place({str(tmp_path / 'place')!r})\n"
        f"    kinds = set(KINDS) - {LIMITED!r}\n"
        "    raise RuntimeError(json.dumps({name: try_kind(KINDS[name], place) for name in kinds}))"
    )
    checked = check(checker, tmp_path, text)
    outcomes = json.loads(checked.said.removeprefix("RuntimeError: "))
    assert len(outcomes) > 90
    assert [kind for kind, outcome in outcomes.items() if outcome == "escaped"] == []
    assert describe(tmp_path / "place") == before


def test_a_second_check_has_another_model_and_what_the_first_left_is_gone(checker, tmp_path):
    text = (
        "def restore(artifact):\n    import os\n"
        "    found = os.path.exists(os.path.join(artifact, '..', 'learner', 'mine'))\n"
        "    open('../mine', 'w').close()\n    raise RuntimeError(str(found))\n"
    )
    assert check(checker, tmp_path, text).said == "RuntimeError: False"
    assert check(checker, tmp_path, text).said == "RuntimeError: False"
    wrong = "def restore(artifact):\n    return lambda table: table[:, :1]\n"
    said = {check(checker, tmp_path, wrong).said for _ in range(2)}
    assert len(said) == 2


def test_what_a_script_prints_is_shown_without_what_tensorflow_logs(checker, tmp_path):
    text = "def restore(artifact):\n    print('looking')\n    raise ValueError('no')\n"
    checked = check(checker, tmp_path, text)
    assert (checked.said, checked.printed) == ("ValueError: no", "looking")


def test_a_script_that_ends_its_process_is_told_so(checker, tmp_path):
    checked = check(checker, tmp_path, "def restore(artifact):\n    import os\n    os._exit(0)\n")
    assert checked.said == "the script ended its own process (left with exit code 0)"


def test_doctor_saves_and_restores_one_model():
    check = check_restore()
    assert check.ok, check.said
