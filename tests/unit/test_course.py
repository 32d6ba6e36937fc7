"""The course: exercises cut from the scenarios, endings in the learner's words, the progress."""

import dataclasses

import msgspec
import numpy as np
import pytest

from harness.catalog.load import read_catalog
from harness.cli import call_app
from harness.course.exercises import (
    BROKEN,
    MARK,
    cut_solution,
    cut_starter,
    diff_solution,
    find_exercise,
    find_nearest,
    list_solutions,
)
from harness.course.folder import UNFINISHED, fill_folder, prepare_folder
from harness.course.gate import (
    explain_misfit,
    find_problems,
    find_telling_hints,
    list_exercises,
)
from harness.course.judging import judge_result
from harness.course.models import UnseenModel
from harness.course.progress import (
    FILE,
    Progress,
    Status,
    list_course,
    read_progress,
    write_progress,
)
from harness.course.script import find_mistake, read_script
from harness.course.table import EXERCISES, FULL, TRACKS, list_track
from harness.errors import EnvironmentUnusable, UsageError
from harness.processes.facts import EnvironmentFacts
from harness.processes.step import StepError, StepResult
from harness.processes.variables import Environment

CATALOG = read_catalog()
CORE = list_track("core")
STARTERS = {each.id: cut_starter(each, CATALOG.find(each.scenario)) for each in EXERCISES}
WANTED = np.array([[4.43], [-1.29], [0.5]])
WHOLE = StepResult(ended="whole")


def leave(folder, values):
    np.savez(folder / "predictions.npz", predictions=np.asarray(values))


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda each: each.id)
def test_an_exercise_has_one_marked_place_a_cure_and_hints(exercise):
    assert find_problems(exercise, CATALOG.find(exercise.scenario)) == []
    assert STARTERS[exercise.id].count(MARK) == 1


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda each: each.id)
def test_a_starter_is_whole_and_tells_neither_the_cause_nor_how_to_save(exercise):
    starter = STARTERS[exercise.id]
    assert find_mistake(starter) == ""
    assert exercise.scenario not in starter
    assert "restore_fixed" not in starter
    assert "def save" not in starter


def test_a_starter_has_the_classes_without_which_it_cannot_be_mended():
    for exercise in EXERCISES:
        scenario = CATALOG.find(exercise.scenario)
        for path in list_solutions(scenario):
            needed = cut_solution(exercise, scenario, path)
            classes = [line for line in needed.split("\n") if line.startswith("class ")]
            assert all(line in STARTERS[exercise.id] for line in classes)


def test_an_unknown_exercise_is_answered_with_the_nearest():
    with pytest.raises(UsageError) as caught:
        find_exercise("bicycle")
    assert "bicycles" in caught.value.tip


def change(scenario, **declared):
    """Return a scenario that declares something else."""
    return dataclasses.replace(scenario, declared=scenario.declared | declared)


def test_the_gate_says_what_is_wrong_with_hints():
    exercise = find_exercise("ski-webcam")
    scenario = CATALOG.find(exercise.scenario)
    assert find_telling_hints(exercise, change(scenario, hints=["One."])) == [
        "double-rescale has too few hints"
    ]
    telling = change(scenario, hints=["Give it the raw pixels.", "Two."])
    assert find_telling_hints(exercise, telling) == [
        "the first hint of ski-webcam names the cure raw_pixels"
    ]


def test_the_gate_finds_a_script_that_tells_its_cause():
    exercise = find_exercise("ski-webcam")
    scenario = CATALOG.find(exercise.scenario)
    telling = msgspec.structs.replace(exercise, context="This is double-rescale.")
    assert "names its scenario" in find_problems(telling, scenario)[0]


def test_the_gate_finds_a_scenario_without_a_place_to_start():
    scenario = CATALOG.find("tflite-int8-scale-ignored")
    exercise = msgspec.structs.replace(EXERCISES[0], scenario=scenario.id)
    assert find_problems(exercise, scenario) == [
        "tflite-int8-scale-ignored has no path restore_broken to start from"
    ]


def test_forty_exercises_stand_for_forty_mechanisms():
    assert len({each.id for each in EXERCISES}) == 40
    assert len({each.mechanism for each in EXERCISES}) == 40
    assert all(list_exercises(CATALOG.find(each.scenario)) == [each] for each in EXERCISES)


def test_every_track_fits_its_time():
    minutes = {
        track: sum(CATALOG.find(each.scenario).minutes for each in list_track(track))
        for track in TRACKS
    }
    assert len(list_track("core")) == 8
    assert len(list_track("fast")) == 3
    assert list_track(FULL) == EXERCISES
    assert minutes["core"] <= 60  # and half an hour to read
    assert minutes["fast"] <= 25


def test_the_zeros_track_fails_with_zeros():
    for exercise in list_track("zeros"):
        rules = CATALOG.find(exercise.scenario).rules[BROKEN]
        assert "zeros" in {rule.verdict for rule in rules}


def test_a_track_that_is_not_there_is_answered_with_the_nearest(tmp_path, capsys):
    code, _ = learn(capsys, "init", tmp_path / "course", "--track", "zero")
    assert code == 2
    assert not (tmp_path / "course").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def restore(artifact:\n", "line 1"),
        ("def mended(artifact): pass\n", "no function restore()"),
        ("import harness.api\ndef restore(artifact): pass\n", "imports the course"),
        ("def restore(artifact):\n    from scenarios import restore\n", "imports the course"),
        (
            "import importlib\nimportlib.import_module('scenarios.restore')\ndef restore(): 0",
            "course",
        ),
        ("def restore(artifact):\n    __import__('harness')", "imports the course"),
        ("\0", "cannot read the file"),
    ],
)
def test_a_file_that_cannot_count_is_answered_with_a_sentence(text, said):
    assert said in find_mistake(text)


def test_a_script_that_is_gone_is_answered_with_reset(tmp_path):
    with pytest.raises(UsageError) as caught:
        read_script(tmp_path / "bicycles" / "restore.py")
    assert caught.value.tip.endswith(f"learn reset bicycles --dir {tmp_path}")


def test_right_predictions_end_as_done(tmp_path):
    leave(tmp_path, WANTED)
    checked = judge_result(WHOLE, tmp_path, WANTED, CATALOG.find("target-left-scaled"))
    assert checked.ending == "done"


def test_predictions_that_fail_as_the_starter_does_are_shown_with_the_right_ones(tmp_path):
    leave(tmp_path, WANTED / 9)
    checked = judge_result(WHOLE, tmp_path, WANTED, CATALOG.find("target-left-scaled"))
    assert checked.ending == "still failing"
    assert checked.said.startswith("predictions are 0.4922, -0.1433, 0.05556; before saving")
    assert checked.said.endswith("gave 4.43, -1.29, 0.5")


def test_the_predictions_that_are_most_wrong_are_shown(tmp_path):
    wanted = np.zeros((30, 1), np.float32)
    wanted[[7, 21]] = [[2.5], [4.0]]
    leave(tmp_path, wanted * 0)
    checked = judge_result(WHOLE, tmp_path, wanted, CATALOG.find("dead-relu-head"))
    assert checked.said == "predictions are all 0.0; before saving the model gave 0, 0, 2.5, 4, ..."


def test_predictions_that_do_not_vary_are_called_so(tmp_path):
    leave(tmp_path, np.full_like(WANTED, 2.5))
    checked = judge_result(WHOLE, tmp_path, WANTED, CATALOG.find("target-left-scaled"))
    assert checked.said.startswith("predictions are the same for every row (2.5); before saving")
    assert checked.ending == "still failing"  # declared is that the predictions differ


def test_other_wrong_predictions_than_most_models_give_are_the_same_failure(tmp_path):
    scenario = CATALOG.find("sigmoid-underflow")  # zeros for 7 to 9.5 models of 10, so declared
    wanted = np.linspace(0.1, 0.9, 12, dtype=np.float32)[:, None]
    for predicted in (wanted * 0, wanted > 0.5):
        leave(tmp_path, predicted.astype(np.float32))
        assert judge_result(WHOLE, tmp_path, wanted, scenario).ending == "still failing"
    leave(tmp_path, wanted[:5])
    assert judge_result(WHOLE, tmp_path, wanted, scenario).ending == "fails differently now"


def test_another_failure_is_told_from_the_first(tmp_path):
    leave(tmp_path, np.zeros_like(WANTED))
    checked = judge_result(WHOLE, tmp_path, WANTED, CATALOG.find("target-left-scaled"))
    assert checked.ending == "fails differently now"
    assert checked.said.startswith("predictions are all 0.0; before saving the model gave 4.43")


def test_an_error_is_one_line_and_its_frames_begin_in_the_file_of_the_learner(tmp_path):
    trace = (
        'Traceback (most recent call last):\n  File "/x/steps.py", line 1, in run\n    f()\n'
        f'  File "{tmp_path}/restore.py", line 9, in restore\n    1 / 0\nZeroDivisionError: no'
    )
    error = StepError(type="ZeroDivisionError", message="no\nmore", traceback=trace)
    result = StepResult(ended="error", error=error)
    scenario = CATALOG.find("target-left-scaled")
    checked = judge_result(result, tmp_path / "learner", WANTED, scenario)
    assert checked.ending == "fails differently now"
    assert checked.said == "ZeroDivisionError: no"
    assert checked.frames.startswith('  File "restore.py", line 9')


def test_of_an_error_behind_an_error_the_line_is_shown_that_the_hint_speaks_of(tmp_path):
    message = (
        "<class 'Sequential'> could not be deserialized properly.\n\nconfig={'name': 'x'}.\n\n"
        "Exception encountered: Could not locate class 'Mine'. Make sure it is decorated."
        " Full object config: {'module': None}"
    )
    result = StepResult(ended="error", error=StepError(type="TypeError", message=message))
    checked = judge_result(result, tmp_path, WANTED, CATALOG.find("missing-custom-objects"))
    assert checked.said == "TypeError: Could not locate class 'Mine'. Make sure it is decorated."
    assert "Could not locate" in CATALOG.find("missing-custom-objects").hints[0]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (
            "A total of 1 objects could not be loaded. Example error message for object <Dense"
            " name=tags>:\n\nThe target has the shape (8, 3), the value (8, 4). Target variable: [["
            "0.1\n0.2]]\n\n"
            "List of objects that could not be loaded:\n[<Dense name=tags>]",
            "ValueError: A total of 1 objects could not be loaded. Example error message for object"
            " <Dense name=tags>: The target has the shape (8, 3), the value (8, 4).",
        ),
        (
            "Exception encountered when calling Lambda.call().\n\n\x1b[1mPEAK is not defined"
            "\x1b[0m\n\nArguments received by Lambda.call():\n  \u2022 inputs=tf.Tensor",
            "ValueError: Exception encountered when calling Lambda.call(). PEAK is not defined",
        ),
        ("Graph execution error:", "ValueError: Graph execution error:"),
    ],
)
def test_what_keras_only_announces_in_the_first_line_is_shown(message, said, tmp_path):
    trace = f'  File "{tmp_path}/restore.py", line 9, in restore\nValueError: {message}'
    error = StepError(type="ValueError", message=message, traceback=trace)
    result = StepResult(ended="error", error=error)
    scenario = CATALOG.find("skip-mismatch-head")
    checked = judge_result(result, tmp_path / "learner", WANTED, scenario)
    assert checked.said == said
    assert "\x1b" not in checked.frames


def test_an_endless_loop_is_called_timeout(tmp_path):
    result = StepResult(ended="timeout", error=StepError(type="timeout", message="stopped"))
    checked = judge_result(result, tmp_path, WANTED, CATALOG.find("target-left-scaled"))
    assert checked.said.startswith("timeout: ")


def test_predictions_that_are_no_array_are_no_traceback(tmp_path):
    (tmp_path / "predictions.npz").write_bytes(b"PK\3\4 and nothing else")
    checked = judge_result(WHOLE, tmp_path, WANTED, CATALOG.find("target-left-scaled"))
    assert "left no predictions" in checked.said


def test_the_folder_is_looked_at_before_tensorflow_is_opened(tmp_path, capsys, monkeypatch):
    def download():
        raise EnvironmentUnusable("the download was stopped")

    monkeypatch.setattr("harness.cli.learn_show.open_default", download)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    assert learn(capsys, "init", tmp_path / "full")[0] == 2
    assert learn(capsys, "init", tmp_path / "new")[0] == 3
    assert list((tmp_path / "new").iterdir()) == []


def test_a_folder_that_is_not_empty_stays_as_it_is(tmp_path):
    (tmp_path / "mine.txt").touch()
    with pytest.raises(UsageError, match="is not empty"):
        prepare_folder(tmp_path)
    with pytest.raises(UsageError, match="is a file"):
        prepare_folder(tmp_path / "mine.txt")
    with pytest.raises(UsageError, match="is a file"):
        prepare_folder(tmp_path / "mine.txt" / "course")
    assert [each.name for each in tmp_path.iterdir()] == ["mine.txt"]


CHOSEN = [(each, CATALOG.find(each.scenario)) for each in CORE[:2]]


def save_nothing(worker, scenario, work):
    """Stand in for saving a model."""
    del worker, scenario
    (work / "artifact").mkdir(parents=True)
    (work / "inputs.npz").touch()
    return UnseenModel(work, WANTED)


class FakeWorker:
    """Stands in for TensorFlow: says which release it is."""

    def __init__(self, tensorflow="2.21.0", keras="3.15.1"):
        self.facts = EnvironmentFacts(tensorflow=tensorflow, keras=keras, numpy="2.0.0")

    def describe(self):
        return self.facts

    def close(self):
        pass


@pytest.fixture
def worker(monkeypatch):
    """Give a function that sets which TensorFlow there is; nothing starts."""
    monkeypatch.setattr("harness.course.folder.save_model", save_nothing)

    def choose(*versions):
        made = FakeWorker(*versions)
        monkeypatch.setattr("harness.course.folder.make_worker", lambda *_: made)

    choose()
    return choose


def interrupt_at_the_second(worker, scenario, work):
    if scenario is CHOSEN[1][1]:
        raise KeyboardInterrupt
    return save_nothing(worker, scenario, work)


@pytest.mark.usefixtures("worker")
def test_an_interrupted_init_leaves_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("harness.course.folder.save_model", interrupt_at_the_second)
    prepare_folder(tmp_path / "course")
    with pytest.raises(KeyboardInterrupt):
        fill_folder(tmp_path / "course", CHOSEN, Environment(), Progress())
    assert list((tmp_path / "course").iterdir()) == []


@pytest.mark.usefixtures("worker")
def test_what_a_killed_init_left_is_taken_away_by_the_next(tmp_path):
    for left in (f"{UNFINISHED}/{CORE[1].id}/artifact", f"{CORE[0].id}/artifact"):
        (tmp_path / left).mkdir(parents=True)
    prepare_folder(tmp_path)
    fill_folder(tmp_path, CHOSEN, Environment(), Progress(track="fast"))
    found = {each.name for each in tmp_path.iterdir()}
    assert found == {CORE[0].id, CORE[1].id, FILE}
    assert read_progress(tmp_path)[0].track == "fast"


def test_exercises_that_do_not_fail_with_this_tensorflow_are_left_out(tmp_path, worker):
    worker("2.15.0", "2.15.0")
    chosen = [(each, CATALOG.find(each.scenario)) for each in EXERCISES]
    progress = Progress(track="full")
    prepare_folder(tmp_path)
    fill_folder(tmp_path, chosen, Environment(), progress)
    assert read_progress(tmp_path)[0] == progress
    assert "flight-delays" in progress.left_out  # TFSMLayer is of Keras 3
    assert "flight-delays" not in {each.id for each in list_course(progress)}
    assert {each.name for each in tmp_path.iterdir() if each.is_dir()} == {
        each.id for each in list_course(progress)
    }
    assert len(list_course(progress)) > 25


def test_where_nothing_can_be_done_that_is_a_sentence(tmp_path, worker):
    worker("2.0.0", "2.2.4")
    prepare_folder(tmp_path)
    chosen = [(each, CATALOG.find(each.scenario)) for each in EXERCISES[:1]]
    with pytest.raises(EnvironmentUnusable, match="no exercise can be done"):
        fill_folder(tmp_path, chosen, Environment(), Progress())
    assert list(tmp_path.iterdir()) == []


def test_everything_can_be_done_with_the_tensorflow_that_is_installed_today():
    facts = FakeWorker().facts
    misfits = {each.id: explain_misfit(CATALOG.find(each.scenario), facts) for each in EXERCISES}
    assert {name: why for name, why in misfits.items() if why} == {}


def test_a_course_that_was_begun_is_never_taken_away(tmp_path):
    (tmp_path / UNFINISHED).mkdir()
    (tmp_path / CORE[0].id).mkdir()
    write_progress(tmp_path, Progress())
    with pytest.raises(UsageError, match="is not empty"):
        prepare_folder(tmp_path)
    assert (tmp_path / CORE[0].id).is_dir()


def test_a_starter_has_nothing_of_what_the_master_has_for_other_ends():
    for text in STARTERS.values():
        assert "dose" not in text.replace("dosed", "")
        assert "custom_objects" not in text


def test_our_solution_is_shown_as_a_diff_of_the_script_that_the_learner_has():
    exercise = find_exercise("street-lamps")
    scenario = CATALOG.find(exercise.scenario)
    starter = STARTERS["street-lamps"]
    mended = starter.replace("model(images)", "model(images / 255.0)")
    path, diff = find_nearest(mended, exercise, scenario)
    assert diff == ""
    shown = diff_solution(starter, exercise, scenario, path)
    assert "-    return lambda images: model(images).numpy(), model" in shown
    assert "+    return lambda images: model(images / 255.0).numpy(), model" in shown


def test_a_damaged_progress_file_is_kept_and_the_course_goes_on(tmp_path):
    (tmp_path / FILE).write_text('{"done": [3')
    progress, said = read_progress(tmp_path)
    assert progress == Progress()
    assert "damaged" in said
    assert (tmp_path / f"{FILE}.damaged").exists()
    assert read_progress(tmp_path) == (Progress(), "")


def test_a_damaged_progress_file_does_not_change_the_track(tmp_path):
    for each in list_track("fast"):
        (tmp_path / each.id).mkdir()
    (tmp_path / "find").mkdir()  # the cases of `learn find`
    (tmp_path / FILE).write_bytes(b"\xff")
    assert read_progress(tmp_path)[0] == Progress(track="fast")


def test_progress_comes_back_as_it_was_written(tmp_path):
    progress = Progress(done=["bicycles"], hints={"runners": 2})
    write_progress(tmp_path, progress)
    assert read_progress(tmp_path) == (progress, "")
    with pytest.raises(UsageError, match="holds no course"):
        read_progress(tmp_path / "elsewhere")


def learn(capsys, *arguments):
    """Run a command of `learn` in this process; return its exit code and its standard output."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["harness", "learn", *map(str, arguments)])
        code = call_app()
    return code, capsys.readouterr().out


def test_skip_puts_an_exercise_behind_the_others(tmp_path, capsys):
    write_progress(tmp_path, Progress())
    code, said = learn(capsys, "skip", "--dir", tmp_path)
    assert (code, said.split("\n")[0]) == (0, f"{CORE[0].id} is left for later.")
    assert f"learn check {CORE[1].id} --dir" in said
    assert read_progress(tmp_path)[0].skipped == [CORE[0].id]


def test_skip_leaves_what_is_done_as_it_is(tmp_path, capsys):
    write_progress(tmp_path, Progress(done=["bicycles"]))
    assert learn(capsys, "skip", "bicycles", "--dir", tmp_path)[1].startswith("bicycles is done.")
    assert read_progress(tmp_path)[0] == Progress(done=["bicycles"])


def test_status_says_what_is_done_what_is_next_and_how_long_it_takes(tmp_path, capsys):
    write_progress(tmp_path, Progress(done=["bicycles"], skipped=[CORE[0].id], hints={"robot": 1}))
    code, said = learn(capsys, "status", "--json", "--dir", tmp_path)
    status = msgspec.json.decode(said, type=Status)
    assert code == 0
    states = {each.id: each.state for each in status.exercises}
    assert (states["bicycles"], states[CORE[0].id], states["runners"]) == ("done", "later", "to do")
    assert status.next == CORE[1].id
    left = [CATALOG.find(each.scenario).minutes for each in CORE if each.id != "bicycles"]
    assert status.minutes_left == sum(left)
    assert f"{sum(left)} minutes left." in learn(capsys, "status", "--dir", tmp_path)[1]


def test_a_progress_file_of_the_first_slice_still_counts(tmp_path):
    (tmp_path / FILE).write_text('{"version": 1, "done": ["runners"], "hints": {}}')
    assert read_progress(tmp_path)[0].done == ["runners"]
