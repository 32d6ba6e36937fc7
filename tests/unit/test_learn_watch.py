"""`learn` at work, without TensorFlow: what it does about saved files and pressed keys."""

import os
import queue
import signal
import sys
import threading
from concurrent.futures import Future

import pytest

from harness.cli.keys import read_keys
from harness.cli.learn_watch import (
    KEYS,
    Failed,
    Pressed,
    Ready,
    Saved,
    Watch,
    end_in_order,
    watch_files,
)
from harness.course.exercises import find_exercise
from harness.course.folder import SCRIPT
from harness.course.judging import Checked
from harness.course.progress import Progress, read_progress, write_progress
from harness.course.script import read_script
from harness.course.table import list_track
from harness.errors import EnvironmentUnusable

CORE = list_track("core")
BICYCLES = find_exercise("bicycles")
FAILING = Checked("still failing", "predictions are all 0.0", 'File "restore.py", line 9')
DONE = Checked("done", "Predictions are 4.43, as before saving.")
PATIENCE = 20.0


class FakeChecker:
    """Says of every script what it was told to say, and prints that it was asked."""

    def __init__(self, checked):
        self.checked = checked

    def prepare(self, scenario):
        del scenario
        return Future()

    def check(self, exercise, scenario, script):
        del exercise, scenario
        read_script(script)
        print("(the check runs)")
        return self.checked


@pytest.fixture
def course(tmp_path):
    write_progress(tmp_path, Progress())
    for each in CORE:
        (tmp_path / each.id).mkdir()
        (tmp_path / each.id / SCRIPT).write_text("def restore(artifact): pass\n")
    return tmp_path


def watch(course, *events, checked=FAILING):
    """Let `learn` answer events, and quit."""
    waiting = queue.Queue()
    for event in (*events, Pressed("q")):
        waiting.put(event)
    Watch(course, FakeChecker(checked), waiting, has_keys=True).run()


def test_a_check_is_announced_before_it_runs(course, capsys):
    watch(course, Saved(BICYCLES))
    said = capsys.readouterr().out
    order = ["checking bicycles ...", "(the check runs)", "bicycles: still failing.", KEYS]
    places = [said.rindex(each) for each in order]
    assert places == sorted(places)


def test_an_exercise_that_is_done_is_kept_and_the_next_is_introduced(course, capsys):
    watch(course, Saved(find_exercise(CORE[0].id)), checked=DONE)
    assert read_progress(course)[0].done == [CORE[0].id]
    said = capsys.readouterr().out
    assert "Spot it:" in said
    assert CORE[1].context.split(".")[0] in said


def test_n_leaves_an_exercise_for_later(course, capsys):
    watch(course, Pressed("n"), Pressed("l"))
    assert read_progress(course)[0].skipped == [CORE[0].id]
    assert f"later  {CORE[0].id}" in capsys.readouterr().out


def test_the_last_exercise_is_followed_by_those_left_for_later(course):
    write_progress(course, Progress(skipped=[CORE[0].id], done=[each.id for each in CORE[2:]]))
    watch(course, Saved(CORE[1]), Saved(CORE[0]), checked=DONE)
    progress, _ = read_progress(course)
    assert sorted(progress.done) == sorted(each.id for each in CORE)
    assert progress.skipped == []


def test_h_gives_one_more_hint_each_time(course, capsys):
    watch(course, Pressed("h"), Pressed("h"))
    said = capsys.readouterr().out
    assert said.count("\n1. ") == 2
    assert said.count("\n2. ") == 1
    assert read_progress(course)[0].hints == {CORE[0].id: 2}


def test_r_writes_the_script_anew_and_does_not_check_that(course, capsys):
    watch(course, Pressed("r"), Saved(CORE[0]))
    assert "MEND" in (course / CORE[0].id / SCRIPT).read_text()
    kept = course / CORE[0].id / f"{SCRIPT}.mine"
    assert kept.read_text() == "def restore(artifact): pass\n"
    assert "checking" not in capsys.readouterr().out


def test_f_shows_the_lines_of_the_learner(course, capsys):
    watch(course, Pressed("f"), Saved(BICYCLES), Pressed("f"))
    said = capsys.readouterr().out
    assert "No error was raised." in said
    assert FAILING.frames in said.rpartition("still failing")[2]


def test_an_unknown_key_shows_the_keys_and_enter_nothing(course, capsys):
    watch(course, Pressed("\n"))
    assert capsys.readouterr().out.count(KEYS) == 1
    watch(course, Pressed("x"))
    assert capsys.readouterr().out.count(KEYS) == 2


def test_an_editor_that_writes_twice_has_saved_once(course, capsys):
    watch(course, Saved(BICYCLES), Saved(BICYCLES))
    assert capsys.readouterr().out.count("checking") == 1


def test_a_script_that_is_gone_is_a_sentence_and_the_watching_goes_on(course, capsys):
    (course / "bicycles" / SCRIPT).unlink()
    watch(course, Saved(BICYCLES), Pressed("l"))
    said = capsys.readouterr().out
    assert "ERROR  there is no file" in said
    assert "learn reset bicycles" in said
    assert "0 of 8 done." in said


def test_a_tensorflow_that_does_not_start_ends_the_watching(course):
    failed = Future()
    failed.set_exception(EnvironmentUnusable("TensorFlow cannot be imported"))
    with pytest.raises(EnvironmentUnusable, match="cannot be imported"):
        watch(course, Ready(failed))


def test_where_there_are_no_keys_none_are_promised(course, capsys):
    waiting = queue.Queue()
    waiting.put(Pressed("q"))
    Watch(course, FakeChecker(FAILING), waiting, has_keys=False).run()
    said = capsys.readouterr().out
    assert "Keys:" not in said
    assert "Ctrl-C" in said


def write_in_place(script):
    script.write_text("mended")


def replace_by_a_temporary_file(script):
    part = script.with_name(".restore.py.swp")
    part.write_text("mended")
    os.replace(part, script)


def keep_a_backup_and_write_anew(script):
    script.rename(script.with_name("restore.py~"))
    script.write_text("mended")
    script.with_name("restore.py~").unlink()


WAYS = [write_in_place, replace_by_a_temporary_file, keep_a_backup_and_write_anew]


@pytest.mark.parametrize("save", WAYS, ids=lambda each: each.__name__)
def test_whichever_way_an_editor_saves_it_is_seen(save, course):
    pytest.importorskip("watchfiles")
    events = queue.Queue()
    with watch_files(course, events):
        (course / "bicycles" / "notes.txt").touch()
        (course / "mine.py").touch()
        for _ in range(50):  # the watching begins in a thread, when that comes to it
            save(course / "bicycles" / SCRIPT)
            try:
                event = events.get(timeout=PATIENCE / 50)
            except queue.Empty:
                continue
            break
    assert event == Saved(BICYCLES)


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_a_closed_terminal_ends_the_watching_as_ctrl_c_does():
    before = signal.getsignal(signal.SIGHUP)
    with pytest.raises(KeyboardInterrupt), end_in_order():
        signal.raise_signal(signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) is before


def test_without_watchfiles_the_tip_says_what_to_do(course, monkeypatch):
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    with pytest.raises(EnvironmentUnusable) as caught, watch_files(course, queue.Queue()):
        pass
    assert "pip install watchfiles" in caught.value.tip


def test_where_the_files_cannot_be_watched_learn_ends_with_a_sentence(course, monkeypatch):
    """In a container many processes share the system's limit of watches."""
    watchfiles, events = pytest.importorskip("watchfiles"), queue.Queue()
    failure = OSError("OS file watch limit reached")
    monkeypatch.setattr(watchfiles, "watch", lambda *_, **__: (_ for _ in ()).throw(failure))
    with watch_files(course, events):
        event = events.get(timeout=PATIENCE)
    assert event == Failed(failure)
    with pytest.raises(EnvironmentUnusable, match="are not watched") as caught:
        watch(course, event)
    assert caught.value.found == "OS file watch limit reached"
    assert "WATCHFILES_FORCE_POLLING=1" in caught.value.tip


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_keys_come_without_enter_arrows_do_not_and_the_terminal_is_as_before(monkeypatch):
    import pty
    import termios

    master, terminal = pty.openpty()
    before = termios.tcgetattr(terminal)
    taken, pressed = [], threading.Event()

    def take(key):
        taken.append(key)
        pressed.set()

    with os.fdopen(terminal, "r") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        with read_keys(take) as has_keys:
            assert has_keys
            for key in (b"\x1b[A", b"h"):
                pressed.clear()
                os.write(master, key)
                pressed.wait(1.0 if key != b"h" else PATIENCE)
        assert taken == ["h"]
        assert termios.tcgetattr(terminal) == before
    os.close(master)


def test_where_stdin_is_no_terminal_nothing_is_read(monkeypatch, tmp_path):
    with (tmp_path / "empty").open("w+") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        with read_keys(lambda key: pytest.fail(key)) as has_keys:
            assert not has_keys
