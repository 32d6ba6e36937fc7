"""What is to be changed of a model: worked out in a process of its own, with limits.

The configuration comes from a process that may have run code of the file, so it is parsed and
repaired where a hostile one can neither crash the harness nor exhaust its memory.
"""

import os
import subprocess
import sys
from pathlib import Path

import msgspec

from harness.formats.reading import READING_SECONDS, ROOT
from harness.rescue.repairs import Repair

REFUSED_EXIT = 4  # the child's exit code where its stdout is the reason


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A repaired configuration and the arguments of compile, both as JSON; what was changed.

    `training_repairs`: what was changed of the arguments of compile.
    """

    config: msgspec.Raw
    training: msgspec.Raw
    repairs: list[Repair]
    training_repairs: list[Repair]


class NoPlan(Exception):
    """The model cannot be built in Keras 3; the message says why."""


def plan_repairs(config: Path, model: Path, kind: str) -> Plan:
    """Return what Keras 3 should build from a configuration; raises NoPlan."""
    variables = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "harness.rescue", str(config), os.path.abspath(model), kind],
            cwd=ROOT,
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=READING_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NoPlan("repairing its configuration took too long") from error
    if done.returncode == REFUSED_EXIT:
        raise NoPlan(done.stdout.decode("utf-8", "replace"))
    if done.returncode:
        raise NoPlan("its configuration is too large to be repaired, or damaged")
    return msgspec.json.decode(done.stdout, type=Plan)
