"""The key c of `learn`: a case of `learn find` is shown, and the next letter answers it."""

import os
import queue
import shutil
import sys
import threading

import numpy as np
import pytest

from harness.cli.keys import read_keys
from harness.cli.learn_watch import KEYS, Pressed, Saved, Watch
from harness.course.case_files import ARRAYS
from harness.course.cases import CASES, LETTERS
from harness.course.progress import Progress, read_progress, write_progress
from harness.errors import EnvironmentUnusable
from tests.unit.test_course_find import CATALOG, OF_A_FILE
from tests.unit.test_learn_watch import BICYCLES, FAILING, FakeChecker, course, watch

__all__ = ["course"]  # a fixture
RIGHT = LETTERS[OF_A_FILE.choices.index(OF_A_FILE.cause)]
LAST = LETTERS[len(OF_A_FILE.choices) - 1]


@pytest.fixture(autouse=True)
def ready(course, monkeypatch):
    """Let OF_A_FILE be the next case; it is made without TensorFlow. Return what was made."""
    others = {each.id: [each.cause] for each in CASES if each != OF_A_FILE}
    write_progress(course, Progress(found=others))
    made = []

    def prepare_with(worker, folder, case, catalog, named):
        del worker, catalog, named
        committed = CATALOG.find(case.scenario).artifact_folder
        place = folder / "find" / case.id
        place.mkdir(parents=True)
        shutil.copy(committed / "artifact" / case.files[0], place / case.files[0])
        with np.load(committed / "reference.npz") as arrays:
            np.save(place / ARRAYS["inputs"], arrays["inputs"])
            np.save(place / ARRAYS["before"], arrays["predictions"])
            np.save(place / ARRAYS["now"], arrays["predictions"] * 1.01 - 0.02)
        made.append(case.id)
        return case, place

    monkeypatch.setattr("harness.cli.learn_watch_case.prepare_with", prepare_with)
    monkeypatch.setattr(FakeChecker, "worker", None, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    return made


def test_c_shows_a_case_and_a_letter_answers_it(course, capsys):
    watch(course, Pressed("c"), Pressed(RIGHT), Pressed("l"))
    said = capsys.readouterr().out
    order = [
        f'"{OF_A_FILE.context.split()[0]}',
        "What is the cause?",
        f"Press a letter from a to {LAST}, or Enter to answer later.",
        f"Right: {OF_A_FILE.cause}.",
        "Spot it:",
        f"{len(CASES)} of {len(CASES)} cases right at once; 0 to go.",
        KEYS,
        "0 of 8 done.",  # l lists again
    ]
    places = [said.rindex(each) for each in order]
    assert places == sorted(places)
    assert read_progress(course)[0].found[OF_A_FILE.id] == [OF_A_FILE.cause]


def test_a_letter_that_is_a_key_elsewhere_is_an_answer_as_long_as_a_case_is_open(course, capsys):
    watch(course, Pressed("c"), Pressed("c"), Pressed("h"))
    assert read_progress(course)[0].found[OF_A_FILE.id] == [OF_A_FILE.choices[2]]
    assert "\n1. " in capsys.readouterr().out  # h is a hint again


def test_enter_leaves_the_case_open_and_another_key_asks_again(course, capsys, ready):
    watch(course, Pressed("c"), Pressed("x"), Pressed("\n"), Pressed("h"), Pressed("c"))
    said = capsys.readouterr().out
    assert said.count("Press a letter from a to") == 3
    assert "The case waits: press c to see it again." in said
    assert "\n1. " in said
    assert ready == [OF_A_FILE.id]  # it is made once
    assert OF_A_FILE.id not in read_progress(course)[0].found


def test_q_quits_from_an_open_case_and_a_save_is_checked(course, capsys):
    watch(course, Pressed("c"), Saved(BICYCLES), Pressed("h"))
    said = capsys.readouterr().out
    assert "bicycles: still failing." in said
    assert "\n1. " in said
    watch(course, Pressed("c"))
    assert capsys.readouterr().out.endswith("Everything is kept.\n")


def test_when_every_case_is_answered_c_says_so(course, capsys):
    watch(course, Pressed("c"), Pressed(RIGHT), Pressed("c"))
    assert "Every case is answered." in capsys.readouterr().out


def test_a_case_that_cannot_be_made_is_a_sentence_and_the_watching_goes_on(
    course, capsys, monkeypatch
):
    def fail(*_, **__):
        raise EnvironmentUnusable("cannot write find", "No space left on device")

    monkeypatch.setattr("harness.cli.learn_watch_case.prepare_with", fail)
    watch(course, Pressed("c"), Pressed("l"))
    said = capsys.readouterr().out
    assert "ERROR  cannot write find" in said
    assert "0 of 8 done." in said


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_on_a_terminal_a_case_is_answered_with_single_keys(course, capsys, monkeypatch):
    import pty

    master, terminal = pty.openpty()
    events = queue.Queue()
    with os.fdopen(terminal, "r") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        with read_keys(lambda key: events.put(Pressed(key))) as has_keys:
            typing = threading.Thread(target=os.write, args=(master, f"c{RIGHT}q".encode()))
            typing.start()
            Watch(course, FakeChecker(FAILING), events, has_keys).run()
            typing.join()
    os.close(master)
    assert f"Right: {OF_A_FILE.cause}." in capsys.readouterr().out
    assert read_progress(course)[0].found[OF_A_FILE.id] == [OF_A_FILE.cause]
