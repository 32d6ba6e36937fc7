"""A run as it is kept, and as a result file holds it."""

from dataclasses import dataclass
from typing import Any

import msgspec

from harness.processes.facts import Device, EnvironmentFacts
from harness.results.outcome import Outcome


class RunEnvironment(EnvironmentFacts, frozen=True, kw_only=True):
    """An environment of a run: `release` as it was asked for, "" for the harness's own.

    `name` is the one under which outcomes are kept: no other environment of the run has it. Files
    of schema 1 and 2 name neither.
    """

    name: str = ""
    release: str = ""
    devices: tuple[Device, ...] = ()

    @property
    def shares_its_versions(self) -> bool:
        """Whether another environment of the run has the same TensorFlow and Keras."""
        return self.name.endswith(")")


class MachineFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The machine a run was made on; `cores` are those the process may use."""

    system: str = ""
    processor: str = ""
    cores: int | None = None
    memory_bytes: int | None = None
    python: str = ""


@dataclass(frozen=True)
class Run:
    """One execution: what was asked, where it ran, and its outcomes as they arrived.

    `request` is JSON as execution/request.py wrote it.
    """

    id: int
    created: str
    finished: str | None
    pid: int
    request: dict[str, Any]
    machine: MachineFacts
    environments: list[RunEnvironment]
    outcomes: list[Outcome]
