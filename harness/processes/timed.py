"""A process of one environment that times blocks of calls for `bench` (worker/bench.py).

Unlike fork.py and spawn.py the process stays, and answers one request after the other.
"""

import contextlib
import json
import os
import selectors
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.processes.limits import IMPORT_SECONDS, kill_group, kill_tree
from harness.processes.variables import WORKER_FOLDER, Environment

PADDING = "RESTOREBENCH_PADDING"  # moves the stack by the size of the environment


class TimedProcessFailed(Exception):
    """The process crashed, hung, or said what went wrong."""

    def __init__(self, message: str, not_applicable: bool = False) -> None:
        super().__init__(message)
        self.not_applicable = not_applicable


class TimedProcess:
    """One live process; use from one thread. `hash_seed` and `padding` vary its memory layout."""

    def __init__(
        self,
        environment: Environment,
        folder: Path,
        core: int,
        hash_seed: int,
        padding: int,
        priority: bool = False,
        hide_gpu: bool = True,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "keras-home").mkdir(exist_ok=True)
        self.folder, self.log = folder, folder / "output.log"
        variables = replace(environment, portable_kernels=False).variables(
            folder / "keras-home", hide_gpu=hide_gpu
        )
        variables |= {"PYTHONHASHSEED": str(hash_seed), PADDING: "x" * padding}
        words = ["bench", str(core), *(["priority"] if priority else [])]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [environment.interpreter, str(WORKER_FOLDER), *words],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=variables,
                cwd=folder,
                start_new_session=True,
            )
        self.pending = b""

    def greet(self) -> dict[str, Any]:
        """Wait until TensorFlow is imported; return what the process says of itself."""
        return self.receive(IMPORT_SECONDS)

    def ask(self, request: dict[str, object], seconds: float) -> dict[str, Any]:
        """Return the answer to a request; raises TimedProcessFailed, also after `seconds`."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
        except OSError as error:
            raise self.explain_end() from error
        return self.receive(seconds)

    def receive(self, seconds: float) -> dict[str, Any]:
        """Return the next answer; raises TimedProcessFailed."""
        assert self.process.stdout is not None
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while b"\n" not in self.pending:
                left = deadline - time.monotonic()
                if left <= 0 or not selector.select(left):
                    raise TimedProcessFailed(f"it did not answer within {seconds:.0f} s")
                received = os.read(self.process.stdout.fileno(), 1 << 20)
                if not received:
                    raise self.explain_end()
                self.pending += received
        line, _, self.pending = self.pending.partition(b"\n")
        try:
            answer = json.loads(line)
            assert isinstance(answer, dict)
        except (ValueError, AssertionError) as error:
            raise TimedProcessFailed("its answer is not readable") from error
        if error_said := answer.get("error"):
            if isinstance(error_said, str):
                raise TimedProcessFailed(error_said)
            kind, message = error_said["type"], error_said["message"].split("\n")[0]
            raise TimedProcessFailed(f"{kind}: {message}", kind == "NotApplicable")
        return answer

    def explain_end(self) -> TimedProcessFailed:
        """Return how the process ended, with the last line that it printed."""
        try:
            code = self.process.wait(10)
        except subprocess.TimeoutExpired:
            return TimedProcessFailed("it closed its channel")
        ended = f"ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        lines = self.log.read_text(errors="replace").strip().splitlines() or [""]
        return TimedProcessFailed(f"{ended} {lines[-1][:200]}".strip())

    def close(self) -> None:
        """End the process and what it has started; one that has ended is only collected."""
        if self.process.poll() is None:  # its number may be another process's once it is collected
            kill_tree(self.process.pid)
            kill_group(self.process.pid)
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):  # what was still to be written has no reader
                    stream.close()
        with contextlib.suppress(
            subprocess.TimeoutExpired
        ):  # stuck in the kernel: not ours to wait
            self.process.wait(10)
