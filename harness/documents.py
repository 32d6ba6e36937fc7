"""A run as a JSON file: what `run --json` writes and `show FILE` reads."""

import json
import os
from pathlib import Path
from typing import Any

from harness.errors import EnvironmentUnusable, UsageError
from harness.judge import judge_outcomes
from harness.store import Run

# 1: schema, created, environments, machine, outcomes (0.1.0)
SCHEMA = 1


def make_document(run: Run) -> dict[str, Any]:
    """Return the run as JSON-ready dict, every outcome judged."""
    judge_outcomes(run.outcomes)
    return {
        "schema": SCHEMA,
        "created": run.created,
        "environments": run.environments,
        "machine": run.machine,
        "outcomes": run.outcomes,
    }


def write_file(path: Path, document: dict[str, Any]) -> None:
    """Write JSON whole or not at all; raises UsageError or EnvironmentUnusable with a sentence."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(json.dumps(document, indent=2) + "\n")
        os.replace(part, path)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise UsageError(
            f"cannot write {path}",
            error.strerror or str(error),
            "name a file in an existing folder",
        ) from error
    except OSError as error:
        part.unlink(missing_ok=True)
        raise EnvironmentUnusable(
            f"cannot write {path}",
            error.strerror or str(error),
            "make room; the run itself is kept, see: python -m harness runs",
        ) from error


def read_document(path: Path) -> dict[str, Any]:
    """Read a result file of this or an older schema; raises UsageError for anything else."""
    try:
        document = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise UsageError(
            f"no such run or result file: {path}", "", "see: python -m harness runs"
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(
            f"not a result file: {path}", str(error), "give a file written by run --json"
        ) from error
    schema = document.get("schema") if isinstance(document, dict) else None
    if not isinstance(schema, int) or not isinstance(document.get("outcomes"), list):
        raise UsageError(
            f"not a result file: {path}", "it has no 'schema' number and list of 'outcomes'",
            "give a file written by run --json",
        )  # fmt: skip
    if schema > SCHEMA:
        raise UsageError(
            f"{path} was written by a newer restorebench",
            f"its schema is {schema}, this version reads up to {SCHEMA}",
            "upgrade restorebench",
        )
    return dict(document)
