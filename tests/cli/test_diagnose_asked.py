"""`diagnose` without a file asks, and says what to check."""

import io
import json
import os
import sys
from pathlib import Path

import pytest

from harness.catalog.load import read_catalog
from harness.diagnose.evaluation.corpus_files import dense, write_h5
from harness.diagnose.suspects import SuspectRanker
from tests.asked.measure import measure, read_cases


class Typed(io.StringIO):
    """A terminal at which lines are typed; `stop`: Ctrl-C after them."""

    stop = False

    def isatty(self) -> bool:
        return True

    def readline(self, *arguments):
        line = super().readline(*arguments)
        if not line and self.stop:
            raise KeyboardInterrupt
        return line


@pytest.fixture
def typed(monkeypatch):
    """Have lines typed at a terminal."""

    def give(*lines, stop=False):
        terminal = Typed("".join(f"{line}\n" for line in lines))
        terminal.stop = stop
        monkeypatch.setattr(sys, "stdin", terminal)

    return give


def test_six_questions_lead_to_a_ranked_list_with_checks(call, typed):
    typed("1 forecast says 0 mm of rain each day", "", "1", "StandardScaler", "1", "2")
    ended = call("diagnose")
    assert ended.code == 0
    assert ended.stdout.count("See it: python -m harness explain ") == 5
    assert "zeros, table, h5, your words." in " ".join(ended.stdout.split())
    assert ended.stdout.endswith("Next: python -m harness explain dead-relu-head\n")
    assert ended.stderr.count(" of 6. ") == 6


@pytest.mark.parametrize("option", ["--load", "--prove"])
def test_an_option_that_needs_a_model_asks_no_questions(call, typed, option):
    typed("1 forecast says 0 mm of rain each day", "", "1", "StandardScaler", "1", "2")
    call("diagnose", option).assert_refused(2, f"{option} needs a model file")


def test_an_answer_that_is_not_understood_is_asked_again(call, typed):
    typed("1", "purple", "9", "2", "", "", "", "absent.keras", "keras")
    ended = call("diagnose")
    assert ended.code == 0
    assert ended.stderr.count("That is none of the answers. Type a number from 1 to 2") == 2
    assert "There is no file absent.keras." in ended.stderr


def test_stopping_keeps_the_answers_and_overwrites_none(call, typed, tmp_path):
    for name in ("diagnose-answers.txt", "diagnose-answers-2.txt"):
        typed("constant: every photo is a dog", "", "unknown", stop=True)
        ended = call("diagnose")
        assert ended.code == 130
        assert f"python -m harness diagnose --answers {name}" in ended.stderr
        assert "\nInterrupted. Your answers are kept" in ended.stderr
        assert "see: constant: every photo is a dog" in (tmp_path / name).read_text()
    gone_on = call("diagnose", "--answers", name)
    assert gone_on.code == 0
    assert "Not answered: before, custom, file. Each" in gone_on.stdout


def test_stopping_before_the_first_answer_leaves_nothing(call, typed, tmp_path):
    typed(stop=True)
    ended = call("diagnose")
    assert (ended.code, ended.stdout, list(tmp_path.glob("*.txt"))) == (130, "", [])


def test_without_a_terminal_nothing_is_waited_for(call):
    call("diagnose").assert_refused(2, "or answers")


@pytest.mark.parametrize(
    ("text", "scenario"),
    [
        ("see: zeros\nbefore: images\n", "double-rescale"),
        ('{"see": "0", "before": "cv2"}', "missing-image-is-black"),
    ],
)
def test_answers_come_from_a_file_as_lines_or_as_json(call, tmp_path, text, scenario):
    (tmp_path / "a.txt").write_text(text)
    told = json.loads(call("diagnose", "--answers", "a.txt", "--json").stdout)
    assert told["suspects"][0]["scenario"] == scenario
    assert told["diagnosis"] is None
    assert told["suspects"][0]["fits"] == ["zeros", "images"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seen: zeros", "there is no question 'seen'"),
        ("zeros", "line 1 is no answer"),
        ('{"see": 3}', "holds no answers"),
        ('{"saw": "zeros"}', "holds no answers"),
        ("{" * 100_000, "holds no answers"),
        ("see: \x1b[31mzeros\nx\x1b: y", "there is no question 'x"),
        ("file: absent.keras", "there is no file absent.keras"),
    ],
)
def test_answers_that_cannot_be_used_are_wrong_usage(call, tmp_path, text, said):
    (tmp_path / "a.txt").write_text(text)
    call("diagnose", "--answers", "a.txt").assert_refused(2, said)


def test_unreadable_answers_and_answers_beside_a_model_are_wrong_usage(call, tmp_path):
    call("diagnose", "--answers", "absent.txt").assert_refused(2, "cannot read the answers")
    call("diagnose", "--answers", tmp_path).assert_refused(2, "cannot read the answers")
    (tmp_path / "long.txt").write_bytes(b"#" * (1 << 21))
    call("diagnose", "--answers", "long.txt").assert_refused(2, "is larger than 1 MiB")
    if hasattr(os, "mkfifo"):  # a FIFO would be waited for
        os.mkfifo(tmp_path / "fifo")
        call("diagnose", "--answers", "fifo").assert_refused(2, "is not a regular file")
    (tmp_path / "b.txt").write_bytes(b"\xff\xfe\x00")
    call("diagnose", "--answers", "b.txt").assert_refused(2, "holds no answers")
    call("diagnose", "m.keras", "--answers", "b.txt").assert_refused(2, "--answers is for those")


def test_a_file_that_is_answered_is_diagnosed_and_its_lesson_comes_first(call, tmp_path):
    kernel = [[1.0], [-2.0]]
    path = write_h5(tmp_path / "m.h5", [dense("only", kernel, [0.1], "softmax")])
    (tmp_path / "a.txt").write_text(f"see: constant\nfile: {path}\n")
    ended = call("diagnose", "--answers", "a.txt")
    assert ended.code == 1
    assert ended.stdout.startswith("m.h5: HDF5 model")
    assert ended.stdout.endswith("Next: python -m harness explain softmax-over-one-unit\n")


def test_a_pasted_traceback_is_one_answer(tmp_path):
    pty = pytest.importorskip("pty")
    here, there = pty.openpty()
    child = os.fork()
    if child == 0:
        os.setsid()
        for descriptor in (0, 2):
            os.dup2(there, descriptor)
        os.chdir(Path(__file__).parents[2])
        out = os.open(tmp_path / "out", os.O_CREAT | os.O_WRONLY)
        os.dup2(out, 1)
        os.execv(sys.executable, [sys.executable, "-m", "harness", "diagnose"])
    os.close(there)
    pasted = "Traceback (most recent call last):\n  File x\nValueError: No model config found\n"
    said = b""
    for answer in (pasted, *"\n\n\n\n\n"):
        while not said.rstrip(b" ").endswith(b">"):
            said += os.read(here, 1000)
        said = b""
        os.write(here, answer.encode())
    try:
        while os.read(here, 1000):
            pass
    except OSError:  # the terminal's other side is closed
        pass
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert "explain weights-only-confusion" in (tmp_path / "out").read_text().splitlines()[-1]


def test_what_users_would_answer_leads_to_their_lesson():
    ranker, cases = SuspectRanker(read_catalog(None)), read_cases()
    for apart, least in ((False, 24), (True, 11)):  # measured: 26 of 26, and 12 of 16
        found = measure(ranker, [each for each in cases if each.apart is apart], True)
        assert found.in_three >= least
