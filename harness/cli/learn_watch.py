"""`learn` without a command: checks each script as it is saved, and answers single keys."""

import queue
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer

from harness.cli.keys import read_keys
from harness.cli.learn_show import (
    describe_done,
    find_master,
    open_progress,
    reset_script,
    show_checked,
    show_hint,
    show_list,
    warn_without_cage,
)
from harness.cli.printer import Printer
from harness.course.checking import Checker, open_checker
from harness.course.folder import SCRIPT
from harness.course.models import UnseenModel
from harness.course.progress import (
    describe_status,
    find_next,
    leave_for_later,
    list_course,
    note_check,
)
from harness.course.table import EXERCISES, Exercise
from harness.errors import EnvironmentUnusable, UsageError, count, printable
from harness.processes.variables import Environment
from harness.program import command_line

KEYS = "Keys: h hint, n next, l list, r reset, f where it failed, q quit."
SETTLE_SECONDS = 0.05  # an editor has written a file when nothing has changed for so long
REPLACE_SECONDS = 0.3  # how long a file may be gone while an editor puts another in its place
SAME_SAVE_SECONDS = 1.0  # an editor that writes twice has saved once


@dataclass(frozen=True)
class Saved:
    """A script was saved."""

    exercise: Exercise


@dataclass(frozen=True)
class Pressed:
    """A key was pressed."""

    key: str


@dataclass(frozen=True)
class Ready:
    """TensorFlow is imported and the first model is saved, or that failed."""

    saving: Future[UnseenModel]


@dataclass(frozen=True)
class Failed:
    """The files are not watched any more, or never were."""

    error: Exception


Event = Saved | Pressed | Ready | Failed


def watch_course(folder: Path, environment: Environment) -> None:
    """Watch the course's folder until the learner quits.

    Raises UsageError where it holds no course, EnvironmentUnusable where TensorFlow does not work.
    """
    open_progress(folder)
    warn_without_cage()
    events: queue.Queue[Event] = queue.Queue()
    with (
        end_in_order(),
        open_checker(environment) as checker,
        watch_files(folder, events),
        read_keys(lambda key: events.put(Pressed(key))) as has_keys,
    ):
        Watch(folder, checker, events, has_keys).run()


@contextmanager
def end_in_order() -> Iterator[None]:
    """Let a closed terminal, or `kill`, end as Ctrl-C does: processes and folders are cleared away.

    Use from the main thread.
    """

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    names = [name for name in ("SIGHUP", "SIGTERM") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), interrupt) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


@contextmanager
def watch_files(folder: Path, events: queue.Queue[Event]) -> Iterator[None]:
    """Put an event for every script that is saved, whichever way the editor writes it."""
    try:
        import watchfiles
    except ImportError as error:
        tip = f"pip install watchfiles, or see: {command_line('learn check --help')}"
        raise EnvironmentUnusable("the package watchfiles is not installed", "", tip) from error

    known = {each.id: each for each in EXERCISES}
    stop = threading.Event()

    def watch() -> None:
        step = int(SETTLE_SECONDS * 1000)
        changed = watchfiles.watch(
            folder, stop_event=stop, step=step, raise_interrupt=False, watch_filter=None
        )
        for changes in changed:
            paths = [Path(path) for _, path in changes]
            for name in sorted({path.parent.name for path in paths if path.name == SCRIPT}):
                if name in known:
                    events.put(Saved(known[name]))

    def report() -> None:
        try:
            watch()
        except Exception as error:  # such as the system's limit of watches, in many containers
            events.put(Failed(error))

    watching = threading.Thread(target=report, daemon=True)
    watching.start()
    try:
        yield
    finally:
        stop.set()
        watching.join(5.0)


class Watch:
    """One learner at work: the exercise at hand, and what is done about each event."""

    def __init__(
        self, folder: Path, checker: Checker, events: queue.Queue[Event], has_keys: bool
    ) -> None:
        self.folder, self.checker, self.events, self.has_keys = folder, checker, events, has_keys
        progress = open_progress(folder)
        self.exercise = find_next(progress) or list_course(progress)[0]
        self.frames = ""
        self.last: tuple[str, bytes, float] = ("", b"", 0.0)  # exercise, text, when it was checked

    def run(self) -> None:
        """Answer events until the learner quits.

        Raises EnvironmentUnusable where TensorFlow or the watching of the files fails.
        """
        typer.echo("Starting TensorFlow ...")
        saving = self.checker.prepare(find_master(self.exercise))
        saving.add_done_callback(lambda done: self.events.put(Ready(done)))
        self.introduce()
        while True:
            event = self.take_event()
            if event == Pressed("q"):
                break
            if isinstance(event, Ready):
                event.saving.result()
                typer.echo("TensorFlow is ready.")
            elif isinstance(event, Failed):
                raise EnvironmentUnusable(
                    "the files of the course are not watched",
                    str(event.error),
                    "set WATCHFILES_FORCE_POLLING=1 in the shell, then try again",
                ) from event.error
            elif isinstance(event, Pressed):
                self.answer_key(event.key)
            else:
                self.check(event.exercise)
        typer.echo("Everything is kept.")

    def take_event(self) -> Event:
        """Wait for the next event. Short waits: on Windows Ctrl-C does not end a long one."""
        while True:
            try:
                return self.events.get(timeout=1.0)
            except queue.Empty:
                continue

    def introduce(self) -> None:
        """Say which exercise is at hand, and what to do."""
        status = describe_status(open_progress(self.folder), find_master)
        script = self.folder / self.exercise.id / SCRIPT
        minutes = count(find_master(self.exercise).minutes, "minute")
        prose = Printer(None).prose
        prose(f"\n{self.exercise.id} (about {minutes}). {describe_done(status)}")
        prose(self.exercise.context)
        prose(printable(f"Mend {script} and save it: it is checked then."))
        typer.echo(KEYS if self.has_keys else "Ctrl-C ends the watching.")

    def answer_key(self, key: str) -> None:
        """Do what a key stands for."""
        if key == "h":
            show_hint(self.folder, self.exercise)
        elif key == "l":
            show_list(self.folder)
        elif key == "r":
            reset_script(self.folder, self.exercise)
            self.last = (self.exercise.id, self.read_script(self.exercise), time.monotonic())
        elif key == "n":
            self.go_on()
        elif key == "f":
            typer.echo(printable(self.frames) or "No error was raised.")
        elif not key.isspace():
            typer.echo(KEYS)

    def go_on(self) -> None:
        """Take the next exercise; one that is not done is left for later."""
        progress = open_progress(self.folder)
        if self.exercise.id not in progress.done:
            leave_for_later(self.folder, progress, self.exercise)
        following = find_next(open_progress(self.folder))
        if following is None:
            typer.echo("All exercises of this track are done.")
            typer.echo(f"Next: {command_line('learn init DIR --track full')}")
            return
        self.exercise, self.frames = following, ""
        self.checker.prepare(find_master(following))
        self.introduce()

    def check(self, exercise: Exercise) -> None:
        """Check a script that was saved and say how it stands."""
        text = self.read_script(exercise)
        name, checked_text, when = self.last
        recently = time.monotonic() - when < SAME_SAVE_SECONDS
        if recently and (exercise.id, text) == (name, checked_text):
            return
        typer.echo(f"\nchecking {exercise.id} ...")
        self.exercise, scenario = exercise, find_master(exercise)
        try:
            checked = self.checker.check(exercise, scenario, self.folder / exercise.id / SCRIPT)
        except UsageError as error:  # the file is gone, or is no text
            typer.echo(error.render())
            return
        finally:
            self.last = (exercise.id, text, time.monotonic())
        self.frames = checked.frames
        show_checked(self.folder, exercise, checked)
        done = checked.ending == "done"
        if checked.ending != "not attempted":
            note_check(self.folder, open_progress(self.folder), exercise, done)
        if done:
            self.go_on()
        else:
            typer.echo(KEYS if self.has_keys else "Save again when it is mended.")
        self.checker.prepare(find_master(self.exercise))

    def read_script(self, exercise: Exercise) -> bytes:
        """Return what a script holds, b"" where it stays gone; an editor may be replacing it."""
        deadline = time.monotonic() + REPLACE_SECONDS
        while True:
            try:
                return (self.folder / exercise.id / SCRIPT).read_bytes()
            except OSError:
                if time.monotonic() > deadline:
                    return b""
                time.sleep(0.02)
