"""A worker that imports TensorFlow once and forks a fresh child for every step."""

import contextlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import msgspec

from harness.processes.facts import Device, EnvironmentFacts
from harness.processes.limits import (
    IMPORT_SECONDS,
    SILENT,
    Limits,
    StepEnd,
    find_excess,
    kill_group,
    kill_tree,
    watch,
)
from harness.processes.step import DeviceAnswer, DeviceQuery, Request, Step
from harness.processes.unusable import (
    read_last_lines,
    unusable_environment,
    unusable_interpreter,
)
from harness.processes.variables import WORKER_FOLDER, Environment, keep_needed

START_SECONDS = 60.0  # a worker that takes longer to fork does not answer any more


def can_fork() -> bool:
    """Forking after importing TensorFlow was seen to work on Linux only (docs/decisions)."""
    return sys.platform == "linux"


class WorkerDied(Exception):
    """The worker process ended while a step was under way."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker tells (worker/server.py): of its import of TensorFlow, or of the step `id`."""

    event: Literal["ready", "failed", "started", "ended"]
    id: int = 0
    pid: int = 0
    exit: int | None = None
    signal: int | None = None
    error: str = ""
    environment: EnvironmentFacts | None = None


class Pending:
    """One request under way: filled by the listening thread, awaited by the step's own."""

    def __init__(self) -> None:
        self.started, self.ended = threading.Event(), threading.Event()
        self.pid = 0
        self.end: StepEnd | None = None


class Server:
    """One live `harness/worker serve` process and the thread that listens to it."""

    def __init__(
        self, environment: Environment, work: Path, modules: Iterable[str], bare: bool
    ) -> None:
        self.log = work / "worker.log"
        variables = environment.variables(work / "keras-home", hide_gpu=True)
        if bare:
            (work / "scratch").mkdir(exist_ok=True)
            variables = keep_needed(variables, work)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [environment.interpreter, str(WORKER_FOLDER), "serve", *modules],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=variables,
                cwd=work,
                start_new_session=True,  # Ctrl-C is for the harness; it ends its workers itself
            )
        self.pending: dict[int, Pending] = {}
        self.facts: EnvironmentFacts | None = None  # from when TensorFlow is imported
        self.failure = ""
        self.greeted = threading.Event()
        self.lock = threading.Lock()
        self.dead = False
        self.listener = threading.Thread(target=self.listen, daemon=True)
        self.listener.start()

    def listen(self) -> None:
        """Take events until the worker closes the channel, dies, or says what is no event."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            try:
                self.take(msgspec.json.decode(line, type=Event))
            except (ValueError, KeyError, RecursionError):  # msgspec's own errors are ValueErrors
                self.failure = f"it answered {line[:80]!r}"
                break
        with self.lock:
            self.dead = True
            waiting = list(self.pending.values())
        self.greeted.set()
        for pending in waiting:
            pending.started.set()
            pending.ended.set()

    def take(self, event: Event) -> None:
        """Pass an event on to whoever waits for it; raises KeyError for a step that nobody runs."""
        if event.event == "started":
            pending = self.pending[event.id]
            pending.pid = event.pid
            pending.started.set()
        elif event.event == "ended":
            pending = self.pending.pop(event.id)
            pending.end = StepEnd(event.exit, event.signal)
            pending.ended.set()
        else:
            self.facts, self.failure = event.environment, event.error
            self.greeted.set()

    def send(self, identifier: int, request: Request) -> Pending:
        """Ask for a step; raises WorkerDied if nobody is there to ask."""
        pending = Pending()
        text = json.dumps(msgspec.to_builtins(request) | {"id": identifier}) + "\n"
        with self.lock:
            if self.dead:
                raise WorkerDied
            self.pending[identifier] = pending
            assert self.process.stdin is not None
            try:
                self.process.stdin.write(text.encode())
                self.process.stdin.flush()
            except OSError as error:
                raise WorkerDied from error
        return pending

    def last_words(self) -> str:
        """Return why the worker ended without a greeting, as far as it can be known."""
        code = self.process.wait()
        ended = f"it was ended by signal {-code}\n" if code < 0 else ""
        return ended + read_last_lines(self.log)

    def close(self) -> None:
        """Kill the worker and its steps, and collect it."""
        if self.process.poll() is None:  # its number may be another process's once it is collected
            kill_tree(self.process.pid)
        self.process.wait()
        self.listener.join(5.0)
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):  # what was still to be written has no reader
                    stream.close()


class ForkWorker:
    """Runs steps of one environment in forked children; safe to use from several threads.

    `bare`: without the user's variables, and with an empty home in `work`.
    """

    def __init__(
        self,
        environment: Environment,
        work: Path,
        modules: Iterable[str] = (),
        bare: bool = False,
    ) -> None:
        self.environment, self.work, self.bare = environment, work, bare
        self.modules = list(modules)  # what the steps will import, paid once
        self.identifiers = itertools.count(1)
        self.starting, self.closing = threading.Lock(), threading.Lock()
        self.repeating = threading.Lock()  # one step at a time has the spare
        self.server: Server | None = None
        self.spare: Server | None = None
        self.started: list[Server] = []
        self.closed = False

    def live_server(self) -> Server:
        """Return a server that has imported TensorFlow, starting one where there is none.

        Raises EnvironmentUnusable if TensorFlow cannot be imported.
        """
        with self.starting:
            self.server = self.renew(self.server)
            return self.server

    def renew(self, server: Server | None) -> Server:
        """Return `server` while it lives, else a new one in its place."""
        if server is not None and not server.dead:
            return server
        if server is not None:
            server.close()
        return self.start_server()

    def start_server(self) -> Server:
        """Start a worker process and wait until it has imported TensorFlow."""
        with self.closing:  # so that `close` sees every server there is
            if self.closed:
                raise WorkerDied
            try:
                server = Server(self.environment, self.work, self.modules, self.bare)
            except OSError as error:
                raise unusable_interpreter(self.environment, error) from error
            self.started.append(server)
        greeted = server.greeted.wait(IMPORT_SECONDS)
        if server.facts is None:
            if self.closed:
                raise WorkerDied
            if not greeted:
                said = f"importing took longer than {IMPORT_SECONDS:.0f} s"
            else:
                said = server.failure or server.last_words()
            server.close()
            raise unusable_environment(self.environment, said)
        return server

    def describe(self) -> EnvironmentFacts:
        """Return the environment's versions, importing TensorFlow if that has not happened yet."""
        facts = self.live_server().facts
        assert facts is not None
        return facts

    def list_devices(self) -> list[Device]:
        """Return the devices TensorFlow sees, from a throw-away child with every GPU visible."""
        folder = self.work / "devices"
        folder.mkdir(exist_ok=True)
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        self.run(DeviceQuery(folder=str(folder), cuda_visible_devices=visible), Limits())
        answer = folder / "devices.json"
        if not answer.exists():
            raise unusable_environment(self.environment, read_last_lines(folder / "output.log"))
        return msgspec.json.decode(answer.read_bytes(), type=DeviceAnswer).devices

    def run(self, request: Request, limits: Limits) -> StepEnd:
        """Run one step in a child of its own and return how that ended.

        A worker may die under a step: killed from outside, or by a step beside it. The step is
        then repeated alone in a spare worker, and one that takes that down too did it itself: it
        ends as `worker_died`. Raises EnvironmentUnusable when TensorFlow can no longer be imported.
        """
        try:
            return self.run_on(self.live_server(), request, limits)
        except WorkerDied:
            remove_traces(request)
        with self.repeating:
            try:
                self.spare = self.renew(self.spare)
                return self.run_on(self.spare, request, limits)
            except WorkerDied:
                return StepEnd(worker_died=True)

    def run_on(self, server: Server, request: Request, limits: Limits) -> StepEnd:
        """Run one step on `server`; raises WorkerDied if that ends before the step does."""
        pending = server.send(next(self.identifiers), request)
        if not pending.started.wait(START_SECONDS):
            server.close()
        if not pending.pid:
            raise WorkerDied
        excess = find_excess(pending.pid, request.folder, limits)
        stopped_for = watch(pending.pid, pending.ended.wait, limits, excess=excess)
        if pending.end is None:  # the worker has died, or does not answer any more
            kill_tree(pending.pid)
            kill_group(pending.pid)
            server.close()
            if stopped_for in (None, SILENT):
                raise WorkerDied
            return StepEnd(stopped_for=stopped_for)
        if stopped_for == SILENT:  # the worker has answered after all
            stopped_for = None
        return StepEnd(pending.end.exit, pending.end.signal, stopped_for)

    def close(self) -> None:
        """End the worker and whatever it runs."""
        with self.closing:
            self.closed = True
        for server in self.started:
            server.close()


def remove_traces(request: Request) -> None:
    """Give a step that is to be repeated the folders as it would have found them."""
    if isinstance(request, Step) and request.kind == "save":
        shutil.rmtree(request.artifact, ignore_errors=True)
        Path(request.artifact).mkdir()
    for name in ("result.json", "output.log", "scratch"):
        trace = Path(request.folder, name)
        if trace.is_dir():
            shutil.rmtree(trace, ignore_errors=True)
        else:
            trace.unlink(missing_ok=True)
