"""The course's files, broken in many ways: each is a sentence, and what the learner wrote stays."""

import codecs
import io
import os
import re
import shutil
import sys
import zipfile

import numpy as np
import pytest

from harness.catalog.load import read_catalog
from harness.course.checking import Checker
from harness.course.exercises import cut_starter, find_exercise
from harness.course.folder import SCRIPT
from harness.course.judging import judge_result
from harness.course.models import UnseenModel
from harness.course.progress import (
    FILE,
    LARGEST,
    Progress,
    Tries,
    note_check,
    read_progress,
    write_progress,
)
from harness.course.script import LARGEST as LARGEST_SCRIPT
from harness.course.script import find_mistake, read_script
from harness.course.summary import read_class, summarize_exercises
from harness.course.table import list_track
from harness.errors import UsageError
from harness.processes.step import StepResult
from harness.processes.variables import Environment
from tests.unit.test_course import learn

CATALOG = read_catalog()
CORE = list_track("core")
FIRST = CORE[0]
STARTER = cut_starter(FIRST, CATALOG.find(FIRST.scenario))
FULL = Progress(
    done=["bicycles"],
    skipped=["runners"],
    hints={"runners": 2},
    predicted=[(3, 8)],
    tries={"bicycles": Tries(failed=2, first=1, last=9)},
    found={"greenhouse": ["dead-relu-head"]},
)


@pytest.fixture
def course(tmp_path):
    """Make a course whose models are empty."""
    write_progress(tmp_path, Progress())
    for each in CORE:
        (tmp_path / each.id / "artifact").mkdir(parents=True)
        (tmp_path / each.id / "inputs.npz").touch()
        (tmp_path / each.id / SCRIPT).write_text(cut_starter(each, CATALOG.find(each.scenario)))
    return tmp_path


def test_a_progress_file_cut_off_at_any_byte_is_kept_and_the_count_starts_again(tmp_path):
    write_progress(tmp_path, FULL)
    whole = (tmp_path / FILE).read_bytes()
    for length in range(len(whole.rstrip())):
        (tmp_path / FILE).write_bytes(whole[:length])
        progress, said = read_progress(tmp_path)
        assert progress == Progress()
        kept = tmp_path / re.search(r"kept as (\S+);", said)[1]
        assert kept.read_bytes() == whole[:length]
    assert len(list(tmp_path.glob(f"{FILE}.damaged*"))) == len(whole.rstrip())


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"more": ' + "[" * 100_000,
        '{"hints": {"runners": -1}}',
        '{"predicted": [[-1, 8]]}',
        '{"track": "best"}',
        '{"left_out": ["' + '", "'.join(each.id for each in CORE) + '"]}',
        " " * (LARGEST + 1) + "{}",
    ],
    ids=["nested", "nested inside", "negative", "negative score", "track", "all left out", "large"],
)
def test_a_progress_file_that_says_what_cannot_be_is_damaged(text, tmp_path):
    (tmp_path / FILE).write_text(text)
    progress, said = read_progress(tmp_path)
    assert progress == Progress()
    assert said.startswith(f"{FILE} was damaged.")
    assert (tmp_path / f"{FILE}.damaged").read_text() == text


def test_a_file_damaged_twice_is_kept_twice(tmp_path):
    for text in ("one", "two"):
        (tmp_path / FILE).write_text(text)
        read_progress(tmp_path)
    assert (tmp_path / f"{FILE}.damaged").read_text() == "one"
    assert (tmp_path / f"{FILE}.damaged-2").read_text() == "two"


def test_a_progress_file_that_an_editor_of_windows_has_saved_still_counts(tmp_path):
    write_progress(tmp_path, FULL)
    text = (tmp_path / FILE).read_bytes().replace(b"\n", b"\r\n")
    (tmp_path / FILE).write_bytes(codecs.BOM_UTF8 + text)
    assert read_progress(tmp_path) == (FULL, "")
    assert read_class([tmp_path])[0][0].progress == FULL


@pytest.mark.parametrize(
    "make", [os.mkdir, getattr(os, "mkfifo", os.mkdir)], ids=["folder", "pipe"]
)
def test_what_is_no_file_in_the_place_of_the_progress_is_a_sentence(make, tmp_path):
    make(tmp_path / FILE)
    with pytest.raises(UsageError, match="is no file"):
        read_progress(tmp_path)


def test_a_clock_that_jumps_back_counts_no_minutes(tmp_path, monkeypatch):
    write_progress(tmp_path, Progress())
    for now, done in ((2_000_000_000, False), (1_000_000_000, True)):
        monkeypatch.setattr("harness.course.progress.time.time", lambda now=now: now)
        note_check(tmp_path, read_progress(tmp_path)[0], FIRST, done)
    progress, said = read_progress(tmp_path)
    assert (progress.done, said) == ([FIRST.id], "")
    assert summarize_exercises(read_class([tmp_path])[0])[0].minutes is None


AS_SAVED = {
    "as it is": STARTER.encode(),
    "lines of Windows": STARTER.replace("\n", "\r\n").encode(),
    "lines of an old Mac": STARTER.replace("\n", "\r").encode(),
    "a mark before the text": codecs.BOM_UTF8 + STARTER.encode(),
    "no last line end": STARTER.rstrip("\n").encode(),
    "tabs": STARTER.replace("    ", "\t").encode(),
}


@pytest.mark.parametrize("how", AS_SAVED)
def test_however_an_editor_saves_what_was_handed_out_it_is_not_attempted(how, course, monkeypatch):
    script = course / FIRST.id / SCRIPT
    script.write_bytes(AS_SAVED[how])
    assert find_mistake(read_script(script)) == ""
    monkeypatch.setattr(Checker, "__init__", lambda *_: None)
    checked = Checker(None, course).check(FIRST, CATALOG.find(FIRST.scenario), script)
    assert checked.ending == "not attempted"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (STARTER.encode("utf-16"), "it must be text in UTF-8"),
        ("é".encode("latin-1"), "it must be text in UTF-8"),
        (b"#" * (LARGEST_SCRIPT + 1), "a script has at most"),
    ],
    ids=["utf-16", "latin-1", "large"],
)
def test_what_is_no_script_is_a_sentence(content, said, course):
    (course / FIRST.id / SCRIPT).write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_script(course / FIRST.id / SCRIPT)
    assert said in caught.value.found


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_a_pipe_in_the_place_of_a_script_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / SCRIPT)
    with pytest.raises(UsageError, match="cannot be read"):
        read_script(tmp_path / SCRIPT)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def restore(a):\n\tx = 1\n        y = 2\n", "tabs and spaces in indentation (line 3)"),
        ("def restore(a):\n\u00a0\u00a0return 1\n", "U+00A0 (line 2)"),
        ("def restore(a):\n    return \u201cx\u201d\n", "(U+201C) (line 2)"),
        ("x = " + "-" * 100_000 + "1\n", "cannot read the file: "),
        ("x = a" + ".b" * 100_000 + "\n", "cannot read the file: "),
        ("async def restore(a): 0\n", "no function restore()"),
        ("restore = lambda a: 0\n", "no function restore()"),
    ],
)
def test_what_python_cannot_read_is_one_sentence_with_its_line(text, said):
    mistake = find_mistake(text)
    assert said in mistake
    assert not mistake.endswith(": .")


def test_pythons_warnings_about_a_script_are_not_ours_to_print(recwarn):
    assert find_mistake('def restore(a):\n    return "\\d" is a\n') == ""
    assert not recwarn.list


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_script_that_is_a_link_is_read_and_reset_keeps_the_link(course, tmp_path_factory, capsys):
    mine = tmp_path_factory.mktemp("mine") / "mine.py"
    mine.write_text("def restore(artifact): 0\n")
    script = course / FIRST.id / SCRIPT
    script.unlink()
    script.symlink_to(mine)
    assert read_script(script) == mine.read_text()
    assert learn(capsys, "reset", FIRST.id, "--dir", course)[0] == 0
    assert (script.read_text(), mine.read_text()) == (STARTER, "def restore(artifact): 0\n")
    assert (course / FIRST.id / f"{SCRIPT}.mine").is_symlink()


def test_reset_twice_loses_nothing_of_what_the_learner_wrote(course, capsys):
    script = course / FIRST.id / SCRIPT
    for text in ("first", "second"):
        script.write_text(text)
        for _ in range(2):
            code, said = learn(capsys, "reset", FIRST.id, "--dir", course)
            assert code == 0
        assert "There is nothing of yours in it." in " ".join(said.split())
    kept = [(course / FIRST.id / f"{SCRIPT}.mine{end}").read_text() for end in ("", "-2")]
    assert kept == ["first", "second"]


def test_an_exercise_that_was_removed_comes_back_with_reset(course, capsys, monkeypatch):
    def save_model(worker, scenario, work):
        del worker, scenario
        (work / "artifact").mkdir(parents=True)
        (work / "inputs.npz").touch()
        return UnseenModel(work, WORDS)

    monkeypatch.setattr("harness.course.folder.save_model", save_model)
    monkeypatch.setattr("harness.cli.learn_show.open_default", Environment)
    shutil.rmtree(course / FIRST.id)
    code, said = learn(capsys, "reset", FIRST.id, "--dir", course)
    assert (code, "as it was" in " ".join(said.split())) == (0, True)
    assert (course / FIRST.id / SCRIPT).read_text() == STARTER
    names = {each.name for each in (course / FIRST.id).iterdir()}
    assert names == {SCRIPT, "artifact", "inputs.npz", "README.txt"}


def test_where_nothing_may_be_written_reset_is_a_sentence(course, capsys, monkeypatch):
    (course / FIRST.id / SCRIPT).write_text("mine")

    def refuse(*_):
        raise PermissionError(13, "Permission denied", "restore.py")

    monkeypatch.setattr("pathlib.Path.rename", refuse)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["harness", "learn", "reset", FIRST.id, "--dir", str(course)])
        from harness.cli import call_app

        assert call_app() == 3
    assert capsys.readouterr().err == "ERROR  restore.py: Permission denied\n"
    assert (course / FIRST.id / SCRIPT).read_text() == "mine"


WORDS = np.array(["north", "south", "west"])


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            np.arange(3.0),
            "predictions are 0, 1, 2; before saving the model gave north, south, west",
        ),
        (np.array(["north", "x", "y"]), "predictions are north, x, y; before saving"),
        (np.array([b"north"] * 3), "predictions are b'north', b'north', b'north'"),
        (np.array([1j] * 3), "predictions are 1j, 1j, 1j"),
        (np.array(0.0), "predictions are of shape () instead of (3,)"),
        (np.array([{}] * 3), "restore() left no predictions that are an array"),
        (np.array(["2020"] * 3, "M8[D]"), "restore() left no predictions that are an array"),
        (np.zeros(3, [("a", "f4")]), "restore() left no predictions that are an array"),
    ],
    ids=lambda value: str(value.dtype) if isinstance(value, np.ndarray) else "",
)
def test_predictions_of_any_kind_are_a_sentence(found, said, tmp_path):
    np.savez(tmp_path / "predictions.npz", predictions=found)
    scenario = CATALOG.find(find_exercise("parcel-bays").scenario)
    checked = judge_result(StepResult(ended="whole"), tmp_path, WORDS, scenario)
    assert checked.said.startswith(said)
    assert checked.ending != "done"


def pack(header, body=b"", method=zipfile.ZIP_STORED):
    """Return an archive with predictions whose header is written by hand."""
    archive, start = io.BytesIO(), b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little")
    with zipfile.ZipFile(archive, "w", method) as packed:
        packed.writestr("predictions.npy", start + header + body)
    return archive.getvalue()


def spoil(archive, local, central, value):
    """Return an archive with another byte in both of a member's headers."""
    spoiled = bytearray(archive)
    spoiled[local] = spoiled[spoiled.index(b"PK\x01\x02") + central] = value
    return bytes(spoiled)


SHAPE = b"{'descr': '<f4', 'fortran_order': False, 'shape': (%d, 1), }\n"
WHOLE = pack(SHAPE % 3, bytes(12))
LEFT = {
    "a shape beyond all memory": pack(SHAPE % 10**15),
    "a negative shape": pack(SHAPE % -1),
    "zeros that unpack to gigabytes": pack(SHAPE % 750_000, bytes(3_000_000), zipfile.ZIP_DEFLATED),
    "a header nested deeply": pack(b"(" * 4000 + b")" * 4000 + b"\n"),
    "a pickle": pack(b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n", b"cos\nsystem"),
    "an encrypted member": spoil(WHOLE, 6, 8, 1),
    "an unknown compression": spoil(WHOLE, 8, 10, 99),
    "rubbish said to be packed otherwise": spoil(WHOLE, 8, 10, zipfile.ZIP_LZMA),
    "an archive without predictions": b"PK\5\6" + bytes(18),
    "nothing": b"",
}


@pytest.mark.parametrize("left", LEFT)
def test_whatever_a_script_leaves_as_predictions_is_read_within_limits(left, tmp_path, monkeypatch):
    monkeypatch.setattr("harness.course.judging.LARGEST", 1 << 20)
    (tmp_path / "predictions.npz").write_bytes(LEFT[left])
    scenario = CATALOG.find(find_exercise("bicycles").scenario)
    wanted = np.array([[4.43], [-1.29], [0.5]])
    checked = judge_result(StepResult(ended="whole"), tmp_path, wanted, scenario)
    assert checked.said.startswith("restore() left no predictions")


def test_words_that_are_wrong_are_shown_first(tmp_path):
    wanted = np.array(list("abcdefgh"))
    np.savez(tmp_path / "predictions.npz", predictions=np.array(list("abcdefxy")))
    scenario = CATALOG.find(find_exercise("parcel-bays").scenario)
    checked = judge_result(StepResult(ended="whole"), tmp_path, wanted, scenario)
    assert (
        checked.said
        == "predictions are a, b, x, y, ...; before saving the model gave a, b, g, h, ..."
    )
