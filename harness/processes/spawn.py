"""A worker that starts a new process, with its own import of TensorFlow, for every step."""

import json
import subprocess
import threading
from pathlib import Path

import msgspec

from harness.processes.facts import Device, EnvironmentFacts
from harness.processes.limits import (
    Limits,
    StepEnd,
    find_excess,
    kill_group,
    kill_tree,
    watch,
)
from harness.processes.step import DeviceAnswer, DeviceQuery, Request
from harness.processes.unusable import (
    read_last_lines,
    unusable_environment,
    unusable_interpreter,
)
from harness.processes.variables import WORKER_FOLDER, Environment, keep_needed


class SpawnWorker:
    """Runs steps of one environment in processes of their own; safe from several threads.

    `bare`: without the user's variables, and with an empty home in the step's folder.
    """

    def __init__(
        self, environment: Environment, work: Path, hide_gpu: bool = False, bare: bool = False
    ) -> None:
        self.environment, self.work, self.hide_gpu = environment, work, hide_gpu
        self.bare = bare
        self.answer: DeviceAnswer | None = None
        self.asking, self.starting = threading.Lock(), threading.Lock()
        self.running: set[int] = set()
        self.closed = False

    def ask(self) -> DeviceAnswer:
        """Import TensorFlow once in a throw-away process; raises EnvironmentUnusable."""
        with self.asking:
            if self.answer is None:
                folder = self.work / "devices-spawned"
                folder.mkdir(exist_ok=True)
                try:
                    self.start(DeviceQuery(folder=str(folder)), Limits(), hide_gpu=False)
                    answer = (folder / "devices.json").read_bytes()
                    self.answer = msgspec.json.decode(answer, type=DeviceAnswer)
                except (OSError, msgspec.MsgspecError) as error:
                    log = folder / "output.log"
                    said = read_last_lines(log) if log.exists() else str(error)
                    raise unusable_environment(self.environment, said) from error
        return self.answer

    def describe(self) -> EnvironmentFacts:
        """Return the environment's versions."""
        facts = self.ask().environment
        assert facts is not None, "a process of its own describes its environment"
        return facts

    def list_devices(self) -> list[Device]:
        """Return the devices TensorFlow sees."""
        return self.ask().devices

    def run(self, request: Request, limits: Limits) -> StepEnd:
        """Run one step in a process of its own and return how that ended."""
        return self.start(request, limits, self.hide_gpu)

    def start(self, request: Request, limits: Limits, hide_gpu: bool) -> StepEnd:
        """Start a process for the step and watch it to its end."""
        folder = Path(request.folder)
        file = folder / "step.json"
        file.write_text(json.dumps(msgspec.to_builtins(request)))
        scratch = folder / "scratch"
        scratch.mkdir(exist_ok=True)
        variables = self.environment.variables(self.work / "keras-home", hide_gpu)
        if self.bare:
            variables = keep_needed(variables, folder)
        with (folder / "output.log").open("wb") as log, self.starting:
            if self.closed:
                return StepEnd(worker_died=True)
            try:
                process = subprocess.Popen(
                    [self.environment.interpreter, str(WORKER_FOLDER), "step", str(file)],
                    stdin=subprocess.PIPE,  # closes when the harness dies, and the step with it
                    stdout=log,
                    stderr=log,
                    env=variables,
                    cwd=scratch,
                    start_new_session=True,
                )
            except OSError as error:
                raise unusable_interpreter(self.environment, error) from error
            self.running.add(process.pid)

        def wait(seconds: float) -> bool:
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                return False
            return True

        try:
            stopped_for = watch(
                process.pid,
                wait,
                limits,
                (folder / "begun").exists,
                excess=find_excess(process.pid, request.folder, limits),
            )
        finally:
            self.running.discard(process.pid)
            kill_group(process.pid)
            assert process.stdin is not None
            process.stdin.close()
        code = process.returncode
        if code is None:  # killed, and stuck in the kernel: a hung driver does that
            return StepEnd(stopped_for=stopped_for)
        return StepEnd(code if code >= 0 else None, -code if code < 0 else None, stopped_for)

    def close(self) -> None:
        """End every step under way."""
        with self.starting:  # a step either is running by now or will not start
            self.closed = True
        for pid in list(self.running):
            kill_tree(pid)
