"""Fixtures: the command line as a subprocess, one real run of every scenario shared by all tests.

No test process imports TensorFlow: a process that has run an op must not fork a worker.
"""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

# Before numpy is imported: threads of several test processes wait for one another on few cores, and
# a fit of small matrices takes twenty times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
REPOSITORY = Path(__file__).resolve().parent.parent
FAULTY = Path(__file__).resolve().parent / "data" / "scenarios"
# The few scenarios that tests time; `make run` times all of them. Each is here for a reason.
TIMED = (
    "dead-relu-head",  # the ordinary one: a Keras model and its `predict`
    "missing-custom-objects",  # its broken paths end before there is anything to time
    "class-names-sorted-otherwise",  # predicts words: no statistics
    "preprocess-input-in-place",  # changes what it is fed, and is called over and over
    "stateful-rnn-residue",  # so does its model: every call starts from another state
    "tflite-int8-scale-ignored",  # no Keras model, one row per call
    "tfsm-layer-returns-dict",  # a SavedModel's signature
    "certain-softmax",  # a look-alike: one healthy path
    "leaky-relu-spelling",  # committed files: nothing is saved beside the timed restores
    "attention-not-restored",  # for Keras 2: skipped, so not timed
)
PATIENCE = 240.0  # seconds before a test gives up; nothing is asserted about time
# What a shell may have set, and what must not decide how a command prints.
UNSET = ("PYTHONDONTWRITEBYTECODE", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "TF_USE_LEGACY_KERAS")


# A shell that starts tests in the background has them ignore Ctrl-C, and so would what they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
FRAMEWORKS = {"tensorflow", "keras", "tf_keras"}
# Session fixtures that cost seconds or minutes. Where several processes run tests (`make test`),
# a module stays in one process, and so do the modules that share the first of these.
SHARED_RUNS = {"whole_run", "timed_run", "legacy_run", "outcomes", "observed"}
SHARED_IN_A_MODULE = {"cache"}
RUN_FILES = ("contract/test_scenarios.py", "cli/test_commands.py", "test_fork_and_spawn.py")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep a module's tests together, and the modules that share runs (SHARED_RUNS).

    Not with xdist's marks: its 3.8 names groups in a way that pytest 9.2 does not see.
    """
    from xdist.scheduler import LoadFileScheduling

    class KeepingTogether(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::", 1)[0]
            return "runs" if file.endswith(RUN_FILES) else file

    return KeepingTogether(config, log)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """Fail the test after which this process has imported a framework."""
    if imported := FRAMEWORKS & sys.modules.keys():
        pytest.fail(f"a test process has imported {', '.join(sorted(imported))}", pytrace=False)


@dataclass(frozen=True)
class Ended:
    """A command that has ended: its exit code and what it wrote."""

    code: int
    stdout: str
    stderr: str

    def assert_refused(self, code: int, *words: str) -> None:
        """Exit code `code`, one ERROR sentence that holds every word, and no traceback."""
        assert self.code == code, self.stderr
        assert "Traceback" not in self.stderr + self.stdout
        errors = [line for line in self.stderr.splitlines() if line.startswith("ERROR  ")]
        assert len(errors) == 1, self.stderr
        told = " ".join(self.stderr.split())  # a long path may stand in a line of its own
        for word in words:
            assert word in self.stderr or word in told, self.stderr

    def assert_ran(self, code: int = 0) -> None:
        """Exit code `code` and nothing that reads like a failure of the harness itself."""
        assert self.code == code, self.stdout + self.stderr
        assert "Traceback" not in self.stderr
        assert "ERROR" not in self.stderr


class Running:
    """A command under way, in a session of its own as a terminal gives it."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.process, self.log = process, log
        self.family: dict[int, psutil.Process] = {}

    def said(self) -> str:
        """Return what it has written to stderr so far."""
        return self.log.read_text()

    def wait_for(self, condition: Callable[[], Any]) -> None:
        """Wait until `condition()` holds, noting every process the command starts meanwhile."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert self.process.poll() is None, f"it ended too early:\n{self.said()}"
            assert time.monotonic() < deadline, f"it never came to that:\n{self.said()}"
            self.note_family()
            time.sleep(0.02)
        self.note_family()

    def note_family(self) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in psutil.Process(self.process.pid).children(recursive=True):
                self.family.setdefault(child.pid, child)

    def find_worker(self) -> psutil.Process | None:
        """Return the newest live process that imports TensorFlow once and forks."""
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in reversed(psutil.Process(self.process.pid).children()):
                if child.cmdline()[2:3] == ["serve"]:
                    return child
        return None

    def end(self, number: int = 0) -> Ended:
        """Send signal `number`, if any, and wait for the end."""
        if number:
            os.kill(self.process.pid, number)
        stdout, _ = self.process.communicate(timeout=PATIENCE)
        return Ended(self.process.returncode, stdout, self.said())

    def assert_no_strays(self) -> None:
        """Every process it was seen to start is gone, or goes within seconds."""
        _, alive = psutil.wait_procs(list(self.family.values()), timeout=30)
        assert [process.cmdline() for process in alive] == []
        assert self.family, "the test saw no process to wait for"


class CommandLine:
    """`python -m harness` in a folder of its own: call it, or start it and do something to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def environment(self, variables: dict[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in UNSET}
        kept.setdefault("RESTOREBENCH_ENVIRONMENTS", str(self.folder / "environments"))
        return kept | {"PYTHONPATH": str(REPOSITORY)} | variables

    def __call__(self, *arguments: object, **variables: str) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "harness", *map(str, arguments)],
            cwd=self.folder,
            env=self.environment(variables),
            capture_output=True,
            text=True,
            timeout=PATIENCE * 2,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: object, **variables: str) -> Running:
        log = self.folder / "stderr.log"
        with log.open("w") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-m", "harness", *map(str, arguments)],
                cwd=self.folder,
                env=self.environment(variables),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                start_new_session=True,
            )
        return Running(process, log)

    def outcomes(self, run: int = 1) -> list[dict[str, Any]]:
        """Return the records kept in the database, in the order they arrived."""
        database = sqlite3.connect(self.folder / "reports" / "restorebench.sqlite")
        try:
            rows = database.execute(
                "SELECT record FROM outcomes WHERE run = ? ORDER BY rowid", (run,)
            ).fetchall()
        finally:
            database.close()
        return [json.loads(record) for (record,) in rows]


@dataclass(frozen=True)
class SharedRun:
    """A run that many tests look at: how the command ended, and the file it wrote."""

    cli: CommandLine
    ended: Ended
    document: dict[str, Any]

    def files(self) -> set[str]:
        """Return every file below the folder that was its home, temporary and working folder."""
        folder = self.cli.folder
        return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def save_models(folder: Path, script: str) -> Path:
    """Run a script that saves models into `folder`, in a process of its own; return the folder."""
    (folder / "save.py").write_text(script)
    done = subprocess.run(
        [sys.executable, "save.py"],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1"},
    )
    assert done.returncode == 0, done.stderr
    return folder


def share_run(folder: Path, *arguments: object) -> SharedRun:
    """Run once for many tests, with a home and a temporary folder to watch."""
    for name in ("home", "temporary"):
        (folder / name).mkdir()
    command = CommandLine(folder)
    ended = command(
        "run",
        *arguments,
        "--json",
        "run.json",
        HOME=str(folder / "home"),
        TMPDIR=str(folder / "temporary"),
    )
    assert (folder / "run.json").exists(), ended.stdout + ended.stderr
    return SharedRun(command, ended, json.loads((folder / "run.json").read_text()))


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    """The command line, in the test's own folder."""
    return CommandLine(tmp_path)


@pytest.fixture
def start(cli: CommandLine) -> Iterator[Callable[..., Running]]:
    """Start a command; whatever the test does to it, nothing of it outlives the test."""
    started: list[Running] = []

    def start(*arguments: object, **variables: str) -> Running:
        started.append(cli.start(*arguments, **variables))
        return started[-1]

    yield start
    for running in started:
        running.note_family()
        if running.process.poll() is None:
            running.process.send_signal(signal.SIGKILL)
        running.process.communicate()
        for process in running.family.values():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


@pytest.fixture
def faulty() -> Path:
    """The folder of scenarios that each have one fault."""
    return FAULTY


@pytest.fixture(scope="session")
def make_cli() -> type[CommandLine]:
    """For fixtures of a wider scope: `make_cli(folder)`."""
    return CommandLine


@pytest.fixture(scope="session")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> SharedRun:
    """`run --all`, untimed: what every scenario shows through the command line."""
    return share_run(tmp_path_factory.mktemp("whole"), "--all", "--no-timing")


@pytest.fixture(scope="session")
def timed_run(tmp_path_factory: pytest.TempPathFactory) -> SharedRun:
    """The scenarios of TIMED with times, and their benchmark file."""
    folder = tmp_path_factory.mktemp("timed")
    return share_run(folder, *TIMED, "--benchmark-json", "benchmarks.json")
