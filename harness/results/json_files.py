"""A run as a JSON file: what `run --json` writes and `show FILE` reads."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from harness.errors import UsageError, printable
from harness.files import to_json, write_whole
from harness.program import command_line
from harness.results.judgement import judge_outcomes
from harness.results.outcome import Outcome
from harness.results.run import MachineFacts, Run, RunEnvironment

# 1: schema, created, environments, machine, outcomes (0.1.0)
# 2: of an outcome also dose, raises, cpu_ms; of an environment extra_modules (0.2.0)
# 3: several environments, each with its "release"; of an outcome "reference_sha256" (0.3.0)
# 4: an outcome's "trespasses" are "side_effects"; a quantile of too few calls is null (0.4.0)
SCHEMA = 4


class ResultFile(msgspec.Struct, kw_only=True):
    """What is in a result file; every outcome is judged."""

    schema: int = SCHEMA
    created: str = ""
    environments: list[RunEnvironment]
    machine: MachineFacts = MachineFacts()
    outcomes: list[Outcome]


def make_result_file(run: Run) -> ResultFile:
    """Return a run as its result file holds it, every outcome judged."""
    judge_outcomes(run.outcomes)
    return ResultFile(
        created=run.created,
        environments=run.environments,
        machine=run.machine,
        outcomes=run.outcomes,
    )


def write_json(path: Path, record: object) -> None:
    """Write JSON whole or not at all; raises UsageError or EnvironmentUnusable with a sentence."""
    write_whole(path, to_json(record) + "\n")


def read_result_file(path: Path) -> ResultFile:
    """Read a result file of this or an older schema; raises UsageError for anything else.

    msgspec takes neither NaN nor half a character, which json does and no terminal prints. Texts
    come without what steers a terminal.
    """
    try:
        document = clean_texts(msgspec.json.decode(path.read_bytes()))
    except FileNotFoundError as error:
        raise UsageError(
            f"no such run or result file: {path}", "", f"see: {command_line('runs')}"
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise refuse_file(path, str(error)) from error
    schema = document.get("schema") if isinstance(document, dict) else None
    if isinstance(schema, int) and schema > SCHEMA:
        raise UsageError(
            f"{path} was written by a newer restorebench",
            f"its schema is {schema}, this version reads up to {SCHEMA}",
            "upgrade restorebench",
        )
    if type(schema) is not int or schema not in range(1, SCHEMA + 1):  # True and 1.0 are 1 too
        raise refuse_file(path, "it has no 'schema' number")
    try:
        upgrade(document)
        found = msgspec.convert(document, ResultFile)
    except (msgspec.ValidationError, RecursionError, OverflowError) as error:
        raise refuse_file(path, str(error)) from error
    lacking = [each for each in found.outcomes if each.dose is not None and not each.dose_of]
    if lacking:
        raise refuse_file(path, f"an outcome of {lacking[0].scenario} has a dose of nothing")
    return found


def clean_texts(value: Any) -> Any:
    """Return a JSON value whose texts are printable; they keep their lines and tabs."""
    if isinstance(value, str):
        return "\t".join(map(printable, value.split("\t")))
    if isinstance(value, list):
        return [clean_texts(each) for each in value]
    if isinstance(value, dict):
        return {key: clean_texts(each) for key, each in value.items()}
    return value


def refuse_file(path: Path, found: str) -> UsageError:
    """Return the error for a file that no run has written."""
    return UsageError(f"not a result file: {path}", found, "give a file written by run --json")


def upgrade(document: dict[str, Any]) -> None:
    """Make a document of an older schema one of this schema."""
    document["schema"] = SCHEMA
    outcomes = document.get("outcomes")
    for outcome in outcomes if isinstance(outcomes, list) else ():
        if isinstance(outcome, dict):
            upgrade_outcome(outcome)


def upgrade_outcome(outcome: dict[str, Any]) -> Mapping[str, Any]:
    """Give one outcome of an older schema the keys of this one; return it."""
    if "trespasses" in outcome:
        outcome["side_effects"] = outcome.pop("trespasses")
    return outcome
