"""`learn find`: what is asked, which answers are understood, what counts, and what is shown."""

import random
import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest

from harness.catalog.load import read_catalog
from harness.course.case_evidence import find_evidence
from harness.course.case_files import ARRAYS, MESSAGE, read_message
from harness.course.case_gate import find_case_problems
from harness.course.cases import (
    CASES,
    LETTERS,
    NOTHING,
    count_right,
    describe_choice,
    find_case,
    list_cases,
    read_answer,
)
from harness.course.progress import Progress, read_progress, write_progress
from harness.errors import EnvironmentUnusable, UsageError
from harness.processes.step import StepError, StepResult
from tests.unit.test_course import learn

CATALOG = read_catalog()
OF_A_FILE = find_case("greenhouse")  # a file of 2.15, committed: its case needs no TensorFlow
LOOK_ALIKE = next(each for each in CASES if each.cause == NOTHING)


@pytest.mark.parametrize("case", CASES, ids=lambda each: each.id)
def test_a_case_has_a_right_answer_and_plausible_wrong_ones_and_tells_nothing(case):
    assert find_case_problems(case, CATALOG) == []
    assert case.cause in case.choices
    assert 4 <= len(case.choices) <= len(LETTERS)


def test_the_cases_show_each_cause_of_the_article_and_files_in_which_nothing_is_wrong():
    families = {CATALOG.find(each.scenario).family for each in CASES if each.cause != NOTHING}
    assert families == {"preprocessing", "restore", "version"}
    assert len(CASES) >= 8
    assert len({each.id for each in CASES}) == len(CASES)
    assert any(each.cause == NOTHING for each in CASES)


def test_the_right_answer_is_not_always_at_the_same_letter():
    assert len({each.choices.index(each.cause) for each in CASES}) > 2


def test_no_choice_tells_the_example_of_its_case():
    for case in CASES:
        words = {word.strip(".,") for word in case.context.lower().split() if len(word) > 6}
        said = describe_choice(case.cause, CATALOG).lower()
        assert not {each for each in words if each in said.split()}, case.id


@pytest.mark.parametrize("number", range(3))
def test_a_letter_and_a_lesson_are_understood(number):
    case = random.Random(number).choice(CASES)
    letter = LETTERS[case.choices.index(case.cause)]
    assert read_answer(case, letter.upper(), CATALOG) == case.cause
    assert read_answer(case, case.scenario, CATALOG) == case.cause
    assert read_answer(case, " sigmoid-underflow\n", CATALOG) == "sigmoid-underflow"
    assert read_answer(case, NOTHING, CATALOG) == NOTHING


@pytest.mark.parametrize("answer", ["z", "ab", "double-rescal", "\x1b[2J", ""])
def test_what_is_no_answer_is_refused_with_a_sentence(answer):
    with pytest.raises(UsageError):
        read_answer(OF_A_FILE, answer, CATALOG)


def test_only_the_first_answer_counts_and_cases_that_are_gone_do_not():
    found = {OF_A_FILE.id: ["dead-relu-head", OF_A_FILE.cause], LOOK_ALIKE.id: [NOTHING], "x": []}
    assert count_right(found) == (1, 2)


def change(**fields):
    return msgspec.structs.replace(OF_A_FILE, **fields)


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (change(scenario="no-such-lesson"), "names a lesson that is not there"),
        (change(wrong=("no-such-lesson",)), "names a lesson that is not there"),
        (change(path="restore_worse"), "has no path restore_worse"),
        (change(path="restore_fixed_old_formula"), "has no path"),
        (change(evidence=""), "a look-alike has no evidence"),
        (change(evidence="bad-luck"), "diagnose knows no cause bad-luck"),
        (change(wrong=(OF_A_FILE.scenario, *OF_A_FILE.wrong[:3])), "is the right one"),
        (change(wrong=OF_A_FILE.wrong[:1] * 3), "is there twice"),
        (change(wrong=OF_A_FILE.wrong[:2]), "needs 3 to 5 wrong choices"),
        (change(wrong=(*OF_A_FILE.wrong[:3], "zero-at-night")), "is a look-alike"),
        (change(context=f"It is {OF_A_FILE.scenario}."), "names its lesson"),
        (change(context="long " * 60), "longer than"),
    ],
)
def test_the_gate_says_what_is_wrong_with_a_case(case, said):
    assert any(said in each for each in find_case_problems(case, CATALOG))


def test_what_was_printed_is_the_error_or_the_false_alarm_without_the_places_of_a_machine():
    place = Path("/tmp/model/artifact")
    scenario = CATALOG.find("automatic-names-changed")
    error = StepError(type="ValueError", message=f"File not found: {place}/model.keras")
    failed = StepResult(ended="error", error=error)
    assert read_message(failed, scenario, place) == "ValueError: File not found: model.keras"
    printed = f"I0 starts\n{scenario.file}:79: UserWarning: {scenario.alarm}\n  warnings.warn(x)\n"
    whole = StepResult(ended="whole", output=printed)
    assert read_message(whole, scenario, place) == f"UserWarning: {scenario.alarm}"
    assert read_message(whole, CATALOG.find("gru-reset-after-tf1"), place) == ""


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Make a course whose cases are made without TensorFlow: from committed files."""

    def prepare(folder, case, catalog, named):
        del named
        committed = catalog.find(OF_A_FILE.scenario).artifact_folder
        place = folder / "find" / case.id
        place.mkdir(parents=True)
        shutil.copy(committed / "artifact" / OF_A_FILE.files[0], place / case.files[0])
        with np.load(committed / "reference.npz") as arrays:
            np.save(place / ARRAYS["inputs"], arrays["inputs"])
            np.save(place / ARRAYS["before"], arrays["predictions"])
            np.save(place / ARRAYS["now"], arrays["predictions"] * 1.01 - 0.02)
        (place / MESSAGE).write_text("a warning\n")
        return case, place

    monkeypatch.setattr("harness.cli.learn_find.prepare", prepare)
    monkeypatch.setenv("COLUMNS", "80")
    write_progress(tmp_path, Progress())
    return tmp_path


def type_in(monkeypatch, *lines):
    """Answer questions; after the last the input ends."""
    waiting = iter(lines)

    def read(prompt):
        del prompt
        try:
            return next(waiting)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", read)


def test_a_case_is_shown_and_stays_open_where_nobody_answers(course, capsys, monkeypatch):
    type_in(monkeypatch)
    code, said = learn(capsys, "find", OF_A_FILE.id, "--dir", course)
    assert code == 0
    assert f"{OF_A_FILE.id}: case " in said
    assert all(f"{choice}: " in said for choice in OF_A_FILE.choices)
    assert "before.npy   what the model gave" in said
    assert max(map(len, said.replace(str(course), "").split("\n"))) <= 80
    assert said.rstrip().endswith(f"learn find {OF_A_FILE.id} --answer a --dir {course}")
    assert read_progress(course)[0].found == {}


def test_an_answer_comes_with_the_evidence_and_the_command_that_shows_it(course, capsys):
    code, said = learn(
        capsys, "find", OF_A_FILE.id, "--answer", OF_A_FILE.scenario, "--dir", course
    )
    assert code == 0
    assert said.startswith(f"Right: {OF_A_FILE.scenario}.\nEvidence: ")
    assert "Evidence: The" not in said
    assert f"diagnose {course}/find/{OF_A_FILE.id}/{OF_A_FILE.files[0]} \\\n" in said
    assert f"--reader {OF_A_FILE.reader}" in said
    assert "Spot it:" in said
    assert "1 of 1 case right at once" in said
    status = learn(capsys, "status", "--dir", course)[1]
    assert "Cases of find: 1 of 1 right at once.\n" in status
    assert read_progress(course)[0].found == {OF_A_FILE.id: [OF_A_FILE.cause]}


def test_a_wrong_answer_is_told_the_cause_and_the_first_answer_stays(course, capsys):
    for answer in (OF_A_FILE.wrong[0], OF_A_FILE.scenario):
        _, said = learn(capsys, "find", OF_A_FILE.id, "--answer", answer, "--dir", course)
        if answer in OF_A_FILE.wrong:
            assert said.startswith(f"No: not {answer}.\nIt is {OF_A_FILE.cause}: ")
    assert "0 of 1 case right at once" in said
    assert read_progress(course)[0].found[OF_A_FILE.id] == [OF_A_FILE.wrong[0], OF_A_FILE.cause]


def test_nothing_is_an_answer_too(course, capsys):
    said = learn(capsys, "find", OF_A_FILE.id, "--answer", NOTHING, "--dir", course)[1]
    assert said.startswith(f"No.\nIt is {OF_A_FILE.cause}: ")
    said = learn(capsys, "find", LOOK_ALIKE.id, "--answer", "a", "--dir", course)[1]
    assert said.startswith(f"No: not {LOOK_ALIKE.choices[0]}.\nNothing is wrong: ")


def test_a_question_is_asked_again_until_the_answer_is_one(course, capsys, monkeypatch):
    type_in(monkeypatch, "zz", "dead-relu")
    code, said = learn(capsys, "find", OF_A_FILE.id, "--dir", course)
    assert (code, said.count("Your answer, a to ")) == (0, 3)
    type_in(monkeypatch, LETTERS[OF_A_FILE.choices.index(OF_A_FILE.cause)])
    assert "Right: " in learn(capsys, "find", OF_A_FILE.id, "--dir", course)[1]


def test_without_an_id_the_next_case_that_is_not_answered_is_taken(course, capsys, monkeypatch):
    type_in(monkeypatch)
    answered = {each.id: [each.cause] for each in CASES[:2]}
    write_progress(course, Progress(found=answered, left_out=[CASES[2].id]))
    assert learn(capsys, "find", "--dir", course)[1].startswith(f"{CASES[3].id}: case 4 of ")


def test_an_answer_to_a_case_that_cannot_be_shown_is_not_kept_for_the_next(
    course, capsys, monkeypatch
):
    from harness.cli import learn_find

    type_in(monkeypatch)
    prepare, second = learn_find.prepare, CASES[1]
    monkeypatch.setattr(
        learn_find,
        "prepare",
        lambda folder, _, catalog, named: prepare(folder, second, catalog, named),
    )
    code, said = learn(capsys, "find", "--answer", "c", "--dir", course)
    assert code == 0
    assert said.startswith(f"{second.id}: case 2 of ")
    assert read_progress(course)[0].found == {}


def test_when_all_are_answered_the_score_is_the_answer(course, capsys):
    write_progress(course, Progress(found={each.id: [each.cause] for each in CASES}))
    code, said = learn(capsys, "find", "--dir", course)
    assert code == 0
    assert said.startswith(f"{len(CASES)} of {len(CASES)} cases right at once; 0 to go.")


def test_a_file_that_the_learner_has_changed_costs_the_evidence_alone(course, capsys):
    learn(capsys, "find", OF_A_FILE.id, "--answer", "a", "--dir", course)
    place = course / "find" / OF_A_FILE.id
    for file in place.iterdir():
        file.write_bytes(b"\0")
    code, said = learn(capsys, "find", OF_A_FILE.id, "--answer", OF_A_FILE.cause, "--dir", course)
    assert code == 0
    assert said.startswith("Right: ")
    assert "was a file changed?" in said


def test_again_makes_the_case_anew(course, capsys, monkeypatch):
    type_in(monkeypatch)
    asked = []
    monkeypatch.setattr(
        "harness.cli.learn_find.prepare",
        lambda folder, case, catalog, named: (
            asked.append((catalog.find(case.scenario).id, named)) or (case, folder)
        ),
    )
    learn(capsys, "find", OF_A_FILE.id, "--dir", course, "--again")
    assert asked == [(OF_A_FILE.scenario, True)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["greenhous"], "did you mean greenhouse?"),
        (["greenhouse", "--answer", "z"], "z is no answer"),
    ],
)
def test_bad_input_is_a_sentence(course, capsys, arguments, said):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["harness", "learn", "find", *arguments, "--dir", str(course)])
        from harness.cli import call_app

        assert call_app() == 2
    assert said in capsys.readouterr().err
    assert read_progress(course)[0] == Progress()


def test_the_evidence_names_what_else_the_files_show(course):
    case = change(evidence="dead-output")
    prepared = course / "find" / case.id
    learn_place = __import__("harness.cli.learn_find", fromlist=["prepare"])
    learn_place.prepare(course, case, CATALOG, named=True)
    evidence = find_evidence(case, prepared)
    assert evidence.found == ""
    assert OF_A_FILE.evidence in evidence.others


def test_every_case_is_listed_with_its_scenario():
    for case in CASES:
        assert case in list_cases(CATALOG.find(case.scenario))


def test_a_case_that_cannot_be_made_leaves_no_folder(tmp_path, monkeypatch):
    from harness.cli.learn_find import put_in_place

    (tmp_path / "made").mkdir()
    monkeypatch.setattr("shutil.copytree", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(EnvironmentUnusable):
        put_in_place(tmp_path / "made", tmp_path / "find" / "x")
    assert not (tmp_path / "find" / "x").exists()


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    from harness.cli.learn_find import put_in_place

    (tmp_path / "made").mkdir()
    (tmp_path / "find").write_text("a file")
    with pytest.raises(EnvironmentUnusable, match="cannot write"):
        put_in_place(tmp_path / "made", tmp_path / "find" / "greenhouse")
