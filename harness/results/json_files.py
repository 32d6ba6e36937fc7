"""A run as a JSON file: what `run --json` writes and `show FILE` reads."""

import json
from pathlib import Path
from typing import Any

from harness.catalog.expectations import VERDICTS
from harness.errors import UsageError
from harness.files import write_whole
from harness.program import command_line
from harness.results.store import Run
from harness.verdicts.judge import judge_outcomes

# 1: schema, created, environments, machine, outcomes (0.1.0)
# 2: of an outcome also dose, raises, cpu_ms; of an environment extra_modules (0.2.0)
# 3: several environments, each with its "release"; of an outcome "reference_sha256" (0.3.0)
SCHEMA = 3
# What `show` reads of them.
ENVIRONMENT_KEYS = {"tensorflow", "keras_home", "keras", "numpy", "python"}
OUTCOME_KEYS = {
    "scenario",
    "path",
    "side",
    "device",
    "seed",
    "default_seed",
    "verdict",
    "expected",
    "declared_rate",
    "judgement",
    "statistics",
    "timing",
    "error",
    "reader",
    "writer",
}


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
    tip = f"make room; the run itself is kept, see: {command_line('runs')}"
    write_whole(path, json.dumps(document, indent=2) + "\n", tip)


def read_document(path: Path) -> dict[str, Any]:
    """Read a result file of this or an older schema; raises UsageError for anything else."""
    try:
        document = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise UsageError(
            f"no such run or result file: {path}", "", f"see: {command_line('runs')}"
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(
            f"not a result file: {path}", str(error), "give a file written by run --json"
        ) from error
    schema = document.get("schema") if isinstance(document, dict) else None
    if isinstance(schema, int) and schema > SCHEMA:
        raise UsageError(
            f"{path} was written by a newer restorebench",
            f"its schema is {schema}, this version reads up to {SCHEMA}",
            "upgrade restorebench",
        )
    if schema not in range(1, SCHEMA + 1) or not is_showable(document):
        raise UsageError(
            f"not a result file: {path}",
            "it has no 'schema' number, or no lists of whole 'environments' and 'outcomes'",
            "give a file written by run --json",
        )
    return dict(document)


def is_showable(document: dict[str, Any]) -> bool:
    """Say whether every outcome has what tables and summaries show."""
    outcomes, environments = document.get("outcomes"), document.get("environments")
    if not isinstance(outcomes, list) or not isinstance(environments, list):
        return False
    doses = [each.get("dose") for each in outcomes if isinstance(each, dict)]
    if any(dose is not None for dose in doses) and not all(
        isinstance(dose, (int, float)) and {"dose_of", "own_dose"} <= each.keys()
        for dose, each in zip(doses, outcomes, strict=False)
    ):
        return False
    return all(
        isinstance(each, dict) and set(each) >= ENVIRONMENT_KEYS for each in environments
    ) and all(
        isinstance(each, dict) and set(each) >= OUTCOME_KEYS and each["verdict"] in VERDICTS
        for each in outcomes
    )
