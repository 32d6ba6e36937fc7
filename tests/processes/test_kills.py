"""Ctrl-C, and kill -9 of the harness or of its worker: nothing already measured is lost."""

import contextlib
import os
import re
import select
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

from harness.errors import count

pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals are those of POSIX"),
]

SLOW = "takes-its-time"
PATHS = 6  # of takes-its-time


def reported(said):
    """Return the (scenario, path) of every outcome announced on stderr."""
    return re.findall(r"^\[\d+/\d+\] (\S+) (\S+): ", said, re.MULTILINE)


def counted(said):
    """Return the numbers of the outcomes announced on stderr, and the total beside each."""
    return re.findall(r"^\[(\d+)/(\d+)\]", said, re.MULTILINE)


@pytest.fixture
def ledger(tmp_path):
    """A function that returns the steps of takes-its-time begun so far, in order."""
    file = tmp_path / "ledger"
    file.touch()
    return lambda: file.read_text().split()


@pytest.fixture
def start_slow(start, faulty, tmp_path):
    """Start a run of takes-its-time, whose steps report to the ledger."""

    def start_slow(*options):
        return start(
            "run",
            SLOW,
            "--scenarios",
            faulty,
            "--no-timing",
            *options,
            RESTOREBENCH_LEDGER=str(tmp_path / "ledger"),
        )

    return start_slow


def kept_paths(cli, run=1):
    return [(record["scenario"], record["path"]) for record in cli.outcomes(run)]


def finish_by_resuming(cli, ledger, tmp_path):
    """Resume; assert that it ends as expected and repeats no path that was finished before."""
    finished = {path for _, path in kept_paths(cli)}
    begun = len(ledger())
    resumed = cli("run", "--resume", RESTOREBENCH_LEDGER=str(tmp_path / "ledger"))
    resumed.assert_ran(0)
    assert len(kept_paths(cli)) == PATHS
    assert finished.isdisjoint(ledger()[begun:])
    numbers = range(len(finished) + 1, PATHS + 1)  # what is done counts
    assert counted(resumed.stderr) == [(str(number), str(PATHS)) for number in numbers]
    assert "unfinished" not in cli("runs").stdout


def hold_still(running, database):
    """Stop a run, which might end while another command starts; not in the middle of a commit."""
    while True:
        os.kill(running.process.pid, signal.SIGSTOP)
        with contextlib.closing(sqlite3.connect(database, timeout=0.05)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError:
                os.kill(running.process.pid, signal.SIGCONT)
                time.sleep(0.01)


def test_kill_9_of_the_harness_loses_nothing_and_leaves_no_process(
    cli, start_slow, ledger, tmp_path
):
    running = start_slow()
    running.wait_for(lambda: len(reported(running.said())) >= 2)
    hold_still(running, tmp_path / "reports" / "restorebench.sqlite")
    cli("run", "--resume").assert_refused(
        2, "no unfinished run to resume", "run 1 is being carried out by process"
    )
    ended = running.end(signal.SIGKILL)
    assert ended.code == -signal.SIGKILL
    running.assert_no_strays()
    kept = kept_paths(cli)
    assert set(reported(ended.stderr)) <= set(kept)
    assert len(kept) < PATHS
    listed = cli("runs")
    assert "unfinished" in listed.stdout
    assert listed.stdout.splitlines()[-1] == "Next: python -m harness run --resume"
    finish_by_resuming(cli, ledger, tmp_path)


@pytest.mark.long
def test_kill_9_of_a_harness_that_spawns_ends_the_step_and_the_next_run_clears_its_folder(
    cli, start_slow, faulty, ledger, tmp_path
):
    running = start_slow("--spawn")
    running.wait_for(lambda: "save" in ledger())
    running.end(signal.SIGKILL)
    running.assert_no_strays()
    work = tmp_path / "reports" / "work"
    assert len([each for each in work.iterdir() if each.is_dir()]) == 1
    cli("run", "segfaults", "--scenarios", faulty, "--python", "echo").assert_refused(3)
    assert list(work.iterdir()) == []


@pytest.mark.long
def test_a_run_is_resumed_from_another_folder_by_its_interpreter_under_another_name(
    cli, start, faulty, ledger, tmp_path
):
    """`python -m harness` began it, the script that pip made starts another name of that Python."""
    names = [Path(sys.executable).with_name(name) for name in ("python", "python3", "python3.11")]
    others = [name for name in names if name.exists() and name != Path(sys.executable)]
    if not others:
        pytest.skip("this Python has one name")
    variables = {"RESTOREBENCH_LEDGER": str(tmp_path / "ledger")}
    mine = os.path.relpath(faulty, tmp_path)
    running = start("run", SLOW, "--scenarios", mine, "--no-timing", **variables)
    running.wait_for(lambda: len(reported(running.said())) >= 2)
    running.end(signal.SIGKILL)
    finished, begun = {path for _, path in kept_paths(cli)}, len(ledger())
    command = [others[0], "-m", "harness", "run", "--resume", "--reports", tmp_path / "reports"]
    resumed = subprocess.run(
        command,
        cwd="/",
        env=cli.environment(variables),
        capture_output=True,
        text=True,
        check=False,
    )
    assert resumed.returncode == 0, resumed.stderr
    assert finished.isdisjoint(ledger()[begun:])
    assert len(kept_paths(cli)) == PATHS
    assert len({record["reader"] for record in cli.outcomes()}) == 1


def test_ctrl_c_keeps_what_was_measured_and_says_how_to_go_on(cli, start_slow):
    running = start_slow()
    running.wait_for(lambda: len(reported(running.said())) >= 1)
    ended = running.end(signal.SIGINT)
    assert ended.code == 130
    assert "Traceback" not in ended.stderr
    assert ended.stderr.splitlines()[-1] == "Interrupted. To finish: python -m harness run --resume"
    assert f"{count(len(kept_paths(cli)), 'outcome')} of run 1 " in ended.stderr
    running.assert_no_strays()
    assert cli("runs").stdout.splitlines()[-1] == "Next: python -m harness run --resume"


@pytest.mark.parametrize("options", [[], ["--spawn"]], ids=["fork", "spawn"])
def test_ctrl_c_during_the_import_of_tensorflow_ends_at_once(start_slow, options):
    running = start_slow(*options)
    running.wait_for(lambda: "importing TensorFlow" in running.said())
    running.wait_for(lambda: any(map(psutil.pid_exists, running.family)))  # `uname` has ended
    ended = running.end(signal.SIGINT)
    assert ended.code == 130
    assert "Traceback" not in ended.stderr
    assert "Interrupted" in ended.stderr
    running.assert_no_strays()


@pytest.mark.long
def test_ctrl_c_twice_in_a_terminal_shows_no_traceback(cli, faulty, tmp_path):
    """The whole foreground group gets the signal there, and the progress bar is on the screen."""
    import pty

    ledger = tmp_path / "ledger"
    ledger.touch()
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", "run", SLOW, "--scenarios", str(faulty), "--no-timing"],
        cwd=tmp_path,
        env=cli.environment({"RESTOREBENCH_LEDGER": str(ledger), "TERM": "xterm"}),
        preexec_fn=lambda: os.login_tty(theirs),
    )
    os.close(theirs)
    screen, pressed = b"", 0
    try:
        while select.select([ours], [], [], 120)[0]:  # a run that hangs fails below
            try:
                screen += os.read(ours, 1 << 16)
            except OSError:  # the terminal's other side has closed
                break
            if pressed < 2 and "restore_broken" in ledger.read_text():
                os.write(ours, b"\x03")
                pressed += 1
        assert process.wait(60) == 130
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    assert b"Traceback" not in screen
    assert b"Interrupted" in screen


@pytest.mark.long
def test_a_run_outlives_kill_9_of_its_worker(cli, start_slow, ledger):
    """Once while the model is saved, once while one is restored: each step is repeated."""
    running = start_slow()
    running.wait_for(lambda: "save" in ledger())
    first = running.find_worker()
    first.kill()
    running.wait_for(lambda: "restore_broken" in ledger())
    second = running.find_worker()  # the newest: the one before repeats what the first lost
    assert second != first
    second.kill()
    ended = running.end()
    ended.assert_ran(0)
    assert len(kept_paths(cli)) == PATHS
    assert {record["verdict"] for record in cli.outcomes()} == {"match"}
    begun = Counter(ledger())
    assert begun["save"] == 2
    assert max(begun.values()) == 2  # nothing was repeated more than once
    running.assert_no_strays()
