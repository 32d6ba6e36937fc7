"""What the user asked for; kept with the run, so that `--resume` can finish it."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from harness.environments.interpreter import is_same_interpreter
from harness.environments.resolve import make_absolute
from harness.errors import UsageError
from harness.processes.limits import Limits


@dataclass(frozen=True)
class Part:
    """A part of a run: one environment that saves, and those that restore what it saved."""

    writer: str
    readers: tuple[str, ...]

    @property
    def environments(self) -> tuple[str, ...]:
        return (self.writer, *self.readers)


class RunRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which scenarios to run, where and how.

    `releases` each save and restore for themselves; every one of `writers` saves for every one of
    `readers`. Without any of them it is `interpreter`. All are names that
    harness/environments/resolve.py knows. Paths are absolute: it may be resumed elsewhere.
    """

    scenarios: list[str]
    root: str
    paths: list[str] = []  # of the scenarios; none: every one
    device: str = "all"
    seeds: list[int] | None = None
    timing: bool = True
    spawn: bool = False
    interpreter: str = sys.executable
    legacy_keras: bool = False
    time_limit: float = Limits.seconds
    memory_limit_mb: int = Limits.memory_bytes // 2**20
    command: list[str] = []
    doses: bool = False
    note_side_effects: bool = False
    releases: list[str] = []
    writers: list[str] = []
    readers: list[str] = []
    scheduler: str | None = None  # of the Dask cluster that carries it out

    def __post_init__(self) -> None:
        if self.root:
            msgspec.structs.force_setattr(self, "root", os.path.abspath(self.root))
        for field in ("releases", "writers", "readers"):
            named = [make_absolute(each) for each in getattr(self, field)]
            msgspec.structs.force_setattr(self, field, named)

    @property
    def split(self) -> bool:
        """Whether saving and restoring are asked for apart."""
        return bool(self.writers)

    @property
    def names_environments(self) -> bool:
        """Whether environments are asked for by name; else `interpreter` is the only one."""
        return bool(self.releases or self.writers)

    @property
    def parts(self) -> list[Part]:
        """The parts of the run: each environment is imported once for all of them."""
        if self.split:
            return [Part(writer, tuple(self.readers)) for writer in self.writers]
        own = "" if is_same_interpreter(self.interpreter, sys.executable) else self.interpreter
        own += "+legacy" if self.legacy_keras else ""
        return [Part(each, (each,)) for each in self.releases or [own]]

    @property
    def environments(self) -> list[str]:
        """Every environment of the run, each once, in order."""
        return list(dict.fromkeys(each for part in self.parts for each in part.environments))

    def to_json(self) -> dict[str, Any]:
        """Return the request as it is kept with the run."""
        return dict(msgspec.to_builtins(self))


def read_request(kept: Mapping[str, Any]) -> RunRequest:
    """Return a request that was kept by this version or an older one; what it lacks is empty.

    Raises UsageError if the request was kept by something else.
    """
    try:
        return msgspec.convert({"scenarios": [], "root": "", **kept}, RunRequest)
    except msgspec.ValidationError as error:
        raise UsageError("what was asked of a run cannot be read", str(error)) from error
