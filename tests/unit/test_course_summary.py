"""`learn summary`: how a class stands, read from the progress files of its learners."""

import csv
import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.course.cases import CASES
from harness.course.exercises import find_exercise
from harness.course.progress import FILE, Progress, Tries, note_check, read_progress, write_progress
from harness.course.summary import (
    LONGEST,
    MANY_TRIES,
    find_obstacle,
    find_stuck,
    measure_minutes,
    read_class,
    summarize_exercises,
)
from harness.course.table import list_track
from harness.errors import UsageError
from harness.files import to_json
from tests.unit.test_course import learn

FIRST, SECOND, THIRD = list_track("core")[:3]
BEGUN = 1_795_700_000  # seconds since 1970


def at(exercise, done, failed, hints=0):
    """Return the progress of somebody who is at an exercise."""
    return Progress(
        done=[each.id for each in done],
        hints={exercise.id: hints},
        tries={
            exercise.id: Tries(failed=failed, first=BEGUN, last=BEGUN + 60),
            **{each.id: Tries(failed=1, first=BEGUN, last=BEGUN + 300) for each in done},
        },
    )


@pytest.fixture
def group(tmp_path):
    """Make a class: three folders, of which one is damaged, and a copied file."""
    for name, progress in {
        "anna": at(THIRD, [FIRST, SECOND], failed=7, hints=3),
        "ben": at(SECOND, [FIRST], failed=1),
        "cleo": Progress(),
    }.items():
        folder = tmp_path / name / "my-course"
        folder.mkdir(parents=True)
        write_progress(folder, progress)
    (tmp_path / "cleo" / "my-course" / FILE).write_text('{"done": [3')
    (tmp_path / "dora.json").write_text(to_json(Progress(predicted=[(3, 8), (6, 8)])))
    return tmp_path


def test_folders_of_a_class_and_copied_files_are_found_by_the_names_of_their_learners(group):
    learners, said = read_class([group])
    assert [each.name for each in learners] == ["anna", "ben", "dora"]
    assert said == [f"{group}/cleo/my-course/{FILE} is damaged."]
    named, _ = read_class([group / "anna" / "my-course" / FILE, group / "dora.json"])
    assert [each.name for each in named] == ["dora", "my-course"]


def test_a_file_that_is_named_twice_counts_once(group):
    assert len(read_class([group, group / "dora.json"])[0]) == 3


def test_two_learners_of_one_name_are_told_apart(group):
    folders = [group / name / "my-course" for name in ("anna", "ben")]
    assert [each.name for each in read_class(folders)[0]] == [str(each) for each in folders]


def test_a_damaged_file_stays_as_it_is(group):
    read_class([group])
    assert (group / "cleo" / "my-course" / FILE).read_text() == '{"done": [3'


@given(st.binary(max_size=60))
def test_no_file_is_too_damaged_for_a_sentence(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("class")
    (folder / "broken.json").write_bytes(content)
    (folder / "whole.json").write_text(to_json(Progress()))
    learners, said = read_class([folder])
    assert (len(learners), len(said)) in ((1, 1), (2, 0))


def test_where_nobody_is_found_every_place_is_named(tmp_path):
    (tmp_path / "results.json").write_text('{"outcomes": []}')
    with pytest.raises(UsageError) as caught:
        read_class([tmp_path, tmp_path / "nowhere"])
    assert caught.value.found.split("\n") == [
        f"{tmp_path}/results.json is no progress file.",
        f"{tmp_path}/nowhere is not there.",
    ]


def test_an_exercise_is_counted_over_the_class(group):
    first, second, third = summarize_exercises(read_class([group])[0])
    assert (first.id, first.learners, first.done, first.at) == (FIRST.id, 3, 2, 1)
    assert (first.failed, first.minutes) == (2, 5.0)
    assert (second.done, second.at, second.failed, second.hints) == (1, 1, 2, 0)
    assert (third.done, third.at, third.failed, third.hints) == (0, 1, 7, 3)
    assert third.minutes is None


def test_the_exercise_at_which_most_people_are_holds_them_up(group):
    (group / "ella.json").write_text(to_json(at(THIRD, [], failed=2)))
    held = find_obstacle(summarize_exercises(read_class([group])[0]))
    assert held is not None
    assert (held.id, held.at) == (THIRD.id, 2)
    assert find_obstacle([]) is None


def test_whoever_has_tried_often_or_read_every_hint_needs_help(group):
    (group / "ella.json").write_text(to_json(at(SECOND, [], failed=MANY_TRIES)))
    (group / "fred.json").write_text(to_json(at(SECOND, [], failed=0, hints=3)))
    stuck = find_stuck(read_class([group])[0])
    assert [each.name for each in stuck] == ["anna", "ella", "fred"]


def test_whoever_has_done_everything_is_at_nothing_and_needs_no_help(tmp_path):
    (tmp_path / "anna.json").write_text(to_json(at(FIRST, list_track("core"), failed=9, hints=3)))
    learners, _ = read_class([tmp_path])
    assert learners[0].at is None
    assert find_stuck(learners) == []


@pytest.mark.parametrize("seconds", [0, -3600, LONGEST + 1])
def test_minutes_are_not_measured_by_a_clock_that_jumped(seconds):
    assert measure_minutes(Tries(failed=1, first=BEGUN, last=BEGUN + seconds)) is None


def test_a_check_is_noted_and_none_after_the_exercise_is_done(tmp_path, monkeypatch):
    clock = iter([BEGUN, BEGUN + 90])
    monkeypatch.setattr(time, "time", lambda: next(clock))
    exercise = find_exercise("bicycles")
    write_progress(tmp_path, Progress())
    for done in (False, True):
        note_check(tmp_path, read_progress(tmp_path)[0], exercise, done)
    progress, _ = read_progress(tmp_path)
    assert progress.tries["bicycles"] == Tries(failed=1, first=BEGUN, last=BEGUN + 90)
    note_check(tmp_path, progress, exercise, False)
    assert read_progress(tmp_path)[0] == progress


def test_the_page_says_who_is_where_what_holds_people_up_and_who_needs_help(
    group, capsys, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "80")
    code, said = learn(capsys, "summary", group)
    assert code == 0
    assert max(map(len, said.replace(str(group), "").split("\n"))) <= 80
    assert f"{THIRD.id} holds people up most: 1 of 3 learners is at it" in said
    assert f"- anna: {THIRD.id}, 7 failed checks, 3 hints read" in said
    assert said.strip().endswith(f"learn summary {group} --csv class.csv")


def test_an_exercise_that_is_behind_everybody_is_said_to_have_held_them_up(tmp_path, capsys):
    tries = {FIRST.id: Tries(failed=2, first=BEGUN, last=BEGUN + 60)}
    write_progress(tmp_path, Progress(done=[FIRST.id], tries=tries))
    said = " ".join(learn(capsys, "summary", tmp_path)[1].split())  # lines end where they are full
    assert f"{FIRST.id} has held people up most: nobody is at it now, 2 checks of it failed" in said


def test_the_csv_has_a_line_for_each_learner_and_exercise_and_for_each_round(group, capsys):
    found = {CASES[0].id: [CASES[0].cause], CASES[1].id: [CASES[1].wrong[0], CASES[1].cause]}
    (group / "=ella.json").write_text(to_json(Progress(found=found)))
    code, said = learn(capsys, "summary", group, "--csv", "-")
    rows = list(csv.DictReader(io.StringIO(said)))
    assert code == 0
    assert {each["learner"] for each in rows} == {"anna", "ben", "dora", "'=ella"}
    hers = {each["id"]: each for each in rows if each["learner"] == "anna"}
    assert (hers[FIRST.id]["state"], hers[FIRST.id]["minutes"]) == ("done", "5.0")
    assert (hers[THIRD.id]["state"], hers[THIRD.id]["failed"]) == ("to do", "7")
    assert [each["state"] for each in rows if each["kind"] == "predict"] == ["3 of 8", "6 of 8"]
    assert [each["state"] for each in rows if each["kind"] == "case"] == ["right", "wrong"]


def test_the_csv_file_is_written_beside_the_page(group, capsys):
    code, said = learn(capsys, "summary", group, "--csv", group / "class.csv")
    assert code == 0
    assert said.strip().endswith("class.csv.")
    assert (group / "class.csv").read_text() == learn(capsys, "summary", group, "--csv", "-")[1]
    assert learn(capsys, "summary", group, "--csv", group / "no" / "class.csv")[0] == 2


def test_exercises_that_are_done_without_a_check_are_named(tmp_path, capsys):
    write_progress(tmp_path, Progress(done=[FIRST.id, THIRD.id], tries={FIRST.id: Tries(first=1)}))
    said = learn(capsys, "summary", tmp_path)[1]
    assert "Done without a check (a file that was edited, or is of an older release):\n" in said
    assert f": {THIRD.id}\n" in said.rpartition("Done without a check")[2]
    note_check(tmp_path, read_progress(tmp_path)[0], SECOND, done=True)
    write_progress(tmp_path, Progress(done=[SECOND.id], tries=read_progress(tmp_path)[0].tries))
    assert "without a check" not in learn(capsys, "summary", tmp_path)[1]
