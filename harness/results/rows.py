"""What stands in a row of the database: records as JSON, arrays in numpy's own format."""

import io
import json
from typing import Any

import msgspec
import numpy as np

from harness.results.json_files import upgrade_outcome
from harness.results.outcome import Outcome
from harness.results.run import MachineFacts, Run, RunEnvironment
from harness.verdicts.statistics import Array

UNREADABLE_RECORDS = (json.JSONDecodeError, msgspec.ValidationError)
LARGEST_PREDICTIONS = 2**18  # bytes kept of an outcome's predictions; a lesson has a few hundred


def pack_array(values: Array | None) -> bytes | None:
    """Return an array in numpy's own format, None where there is none or it is large."""
    if values is None or values.nbytes > LARGEST_PREDICTIONS:
        return None
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()


def write_record(record: object) -> str:
    """Return a record as it is kept: JSON."""
    return json.dumps(msgspec.to_builtins(record))


def read_outcome(record: str) -> Outcome:
    """Return an outcome as it was kept, by this or an older version."""
    return msgspec.convert(upgrade_outcome(json.loads(record)), Outcome)


def read_run(row: tuple[Any, ...], outcomes: list[Outcome] | None = None) -> Run:
    """Turn a row of `runs` into a Run."""
    identifier, created, finished, pid, request, machine, environments = row
    return Run(
        identifier,
        created,
        finished,
        pid,
        json.loads(request),
        msgspec.convert(json.loads(machine), MachineFacts),
        msgspec.convert(json.loads(environments), list[RunEnvironment]),
        outcomes or [],
    )
