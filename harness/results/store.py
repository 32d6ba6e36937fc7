"""Runs and their outcomes in SQLite, each outcome committed as it arrives.

The file opens in any SQLite tool: one row per outcome, the record itself as JSON.
"""

import io
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from harness.errors import CannotWrite, EnvironmentUnusable, UsageError
from harness.program import command_line
from harness.results.outcome import Outcome, OutcomeKey, Raw
from harness.results.ownership import HeldRuns
from harness.results.rows import (
    UNREADABLE_RECORDS,
    pack_array,
    read_outcome,
    read_run,
    write_record,
)
from harness.results.run import MachineFacts, Run, RunEnvironment
from harness.results.schema import CHANGES, SCHEMA
from harness.verdicts.statistics import Array

FILE_NAME = "restorebench.sqlite"
KEY = "scenario, path, device, seed, dose, writer, reader"


def now() -> str:
    """Return the time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def prepare_reports(reports: Path) -> Path:
    """Make the reports folder; raises UsageError or EnvironmentUnusable where that cannot be."""
    try:
        reports.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise UsageError(
            f"the reports folder cannot be made: {reports}",
            "a file stands in its place",
            "move that file, or name another folder with --reports",
        ) from error
    except OSError as error:
        raise EnvironmentUnusable(
            f"the reports folder cannot be made: {reports}",
            str(error),
            "name another folder with --reports",
        ) from error
    return reports


class Store:
    """The database in a reports folder. Use from one thread.

    A run that is started or claimed here is `held` until it has come to its end or been released,
    or this process has ended.
    """

    def __init__(self, reports: Path) -> None:
        self.reports = reports
        self.path = prepare_reports(reports) / FILE_NAME
        self.held = HeldRuns(reports)
        with self.explaining():
            self.database = sqlite3.connect(self.path)
        try:
            self.open_tables()
        except BaseException:
            self.close()
            raise

    @staticmethod
    def exists(reports: Path) -> bool:
        """Say whether a run was ever kept in a reports folder."""
        return (reports / FILE_NAME).is_file()

    @classmethod
    def open_existing(cls, reports: Path) -> "Store":
        """Open the database of a reports folder to read it; nothing is made where none is.

        Raises UsageError where no run was ever kept.
        """
        if not cls.exists(reports):
            raise UsageError(
                f"no runs are kept in {reports}", "", command_line("run --all", reports)
            )
        return cls(reports)

    def open_tables(self) -> None:
        """Make or change the tables to this schema; raises UsageError for a newer one."""
        with self.explaining():
            version = self.read_version()
            if version in CHANGES:
                self.change_tables()
        if version > SCHEMA:
            raise UsageError(
                f"{self.path} was written by a newer restorebench",
                f"its schema is {version}, this version reads up to {SCHEMA}",
                "upgrade restorebench, or name another folder with --reports",
            )

    def read_version(self) -> int:
        """Return the schema of the database, 0 for a new one."""
        return int(self.database.execute("PRAGMA user_version").fetchone()[0])

    def change_tables(self) -> None:
        """Bring an older database to this schema: whole or not at all, whoever else opens it."""
        with self.database:
            self.database.execute("BEGIN IMMEDIATE")
            script = CHANGES.get(self.read_version(), "")  # another process may have been first
            for statement in [*script.split(";"), f"PRAGMA user_version = {SCHEMA}"]:
                self.database.execute(statement)

    @contextmanager
    def explaining(self) -> Iterator[None]:
        """Turn what SQLite raises into a sentence."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise CannotWrite(
                f"the database cannot be written or read: {self.path}",
                str(error),
                "make room or wait for the other run, then: "
                + command_line("run --resume", self.reports),
            ) from error
        except OverflowError as error:  # a number SQLite cannot hold is no run's
            raise UsageError("run not found", str(error), self.see_runs()) from error
        except (sqlite3.DatabaseError, *UNREADABLE_RECORDS) as error:
            raise EnvironmentUnusable(
                f"the database is damaged: {self.path}",
                str(error),
                "move the file away and run again; a new one is made",
            ) from error

    def see_runs(self) -> str:
        """Return the tip for whoever named a run that is not there."""
        return f"see: {command_line('runs', self.reports)}"

    def start_run(self, request: dict[str, Any], machine: MachineFacts) -> int:
        """Record that a run has begun, and hold it; return its id. Raises EnvironmentUnusable."""
        with self.explaining(), self.database:  # nobody sees the run before it is held
            cursor = self.database.execute(
                "INSERT INTO runs (created, pid, request, machine, environments)"
                " VALUES (?, ?, ?, ?, '[]')",
                (now(), os.getpid(), json.dumps(request), write_record(machine)),
            )
            run = cursor.lastrowid
            assert run is not None
            if not self.held.hold(run):  # of an older database, whose file was moved away
                raise EnvironmentUnusable(
                    f"another process carries out a run {run} in {self.reports}",
                    f"it holds run-{run}.lock, and this database does not know of it",
                    "wait until it has ended, or name another folder with --reports",
                )
        return run

    def set_environments(self, run: int, environments: list[RunEnvironment]) -> None:
        """Record the releases and devices found, once a worker has said what they are."""
        with self.explaining(), self.database:
            self.database.execute(
                "UPDATE runs SET environments = ?, pid = ? WHERE id = ?",
                (write_record(environments), os.getpid(), run),
            )

    def add(self, run: int, outcome: Outcome, raw: Raw) -> None:
        """Commit one outcome; once this returns, no kill can lose it."""
        samples = None if raw.samples is None else raw.samples.astype("<i8").tobytes()
        values = (
            run,
            outcome.scenario,
            outcome.path,
            outcome.device,
            outcome.seed,
            "" if outcome.dose is None else str(outcome.dose),
            outcome.writer,
            outcome.reader,
            outcome.verdict,
            write_record(outcome),
            samples,
            pack_array(raw.predictions),
            raw.output,
        )
        with self.explaining(), self.database:
            marks = ", ".join("?" * len(values))
            self.database.execute(f"INSERT OR REPLACE INTO outcomes VALUES ({marks})", values)

    def claim(self, run: Run) -> bool:
        """Hold an unfinished run, unless somebody else does or has just finished it."""
        if not self.held.hold(run.id):
            return False
        with self.explaining(), self.database:
            cursor = self.database.execute(
                "UPDATE runs SET pid = ? WHERE id = ? AND finished IS NULL", (os.getpid(), run.id)
            )
        if not cursor.rowcount:
            self.held.end(run.id)
        return cursor.rowcount == 1

    def finish(self, run: int) -> None:
        """Record that nothing of the run is missing."""
        with self.explaining(), self.database:
            self.database.execute("UPDATE runs SET finished = ? WHERE id = ?", (now(), run))
        self.held.end(run)

    def forget_run(self, run: int) -> None:
        """Remove a run that ended before its first outcome."""
        with self.explaining(), self.database:
            self.database.execute("DELETE FROM outcomes WHERE run = ?", (run,))
            self.database.execute("DELETE FROM runs WHERE id = ?", (run,))
        self.held.end(run)

    def drop_stale(self, run: int, hashes: dict[str, str]) -> None:
        """Remove the outcomes of scenarios whose file is not the one they were measured with."""
        with self.explaining(), self.database:
            for outcome in self.load(run).outcomes:
                present = hashes.get(outcome.scenario)  # None: gone, or not readable just now
                if present is not None and outcome.source_sha256 != present:
                    self.database.execute(
                        "DELETE FROM outcomes WHERE run = ? AND scenario = ?",
                        (run, outcome.scenario),
                    )

    def list_runs(self) -> list[Run]:
        """Return every run, newest first, without outcomes loaded."""
        with self.explaining():
            rows = self.database.execute(
                "SELECT id, created, finished, pid, request, machine, environments FROM runs"
                " ORDER BY id DESC"
            ).fetchall()
            return [read_run(row) for row in rows]

    def load(self, identifier: int) -> Run:
        """Return one run with its outcomes; raises UsageError where there is none."""
        with self.explaining():
            row = self.database.execute(
                "SELECT id, created, finished, pid, request, machine, environments FROM runs"
                " WHERE id = ?",
                (identifier,),
            ).fetchone()
            if row is None:
                raise UsageError(
                    f"run not found: {identifier}",
                    f"looked in {self.path}",
                    self.see_runs(),
                )
            records = self.database.execute(
                "SELECT record FROM outcomes WHERE run = ? ORDER BY rowid", (identifier,)
            ).fetchall()
            return read_run(row, [read_outcome(record) for (record,) in records])

    def load_samples(self, identifier: int) -> dict[OutcomeKey, list[float]]:
        """Return seconds per call of every timed outcome of a run."""
        blobs = self.load_column(identifier, "samples")
        return {key: (np.frombuffer(blob, "<i8") / 1e9).tolist() for key, blob in blobs.items()}

    def load_predictions(self, identifier: int) -> dict[OutcomeKey, Array]:
        """Return what every restored model of a run predicted, where that was kept."""
        blobs = self.load_column(identifier, "predictions")
        return {key: np.load(io.BytesIO(blob), allow_pickle=False) for key, blob in blobs.items()}

    def load_output(self, identifier: int, scenario: str) -> dict[OutcomeKey, str]:
        """Return what the steps of a scenario printed in a run."""
        output = self.load_column(identifier, "output")
        return {key: said for key, said in output.items() if key[0] == scenario}

    def load_column(self, identifier: int, column: str) -> dict[OutcomeKey, Any]:
        """Return one column of a run's outcomes, where it is not empty."""
        with self.explaining():
            rows = self.database.execute(
                f"SELECT {column}, {KEY} FROM outcomes"
                f" WHERE run = ? AND {column} IS NOT NULL ORDER BY rowid",
                (identifier,),
            ).fetchall()
        return {
            OutcomeKey(
                scenario, path, device, seed, float(dose) if dose else None, writer, reader
            ): value
            for value, scenario, path, device, seed, dose, writer, reader in rows
        }

    def count_outcomes(self, identifier: int) -> int:
        """Return how many outcomes of a run are kept."""
        with self.explaining():
            query = "SELECT COUNT(*) FROM outcomes WHERE run = ?"
            return int(self.database.execute(query, (identifier,)).fetchone()[0])

    def close(self) -> None:
        """Let go of the runs and close the database; what was added is in it already."""
        self.held.release_all()
        self.database.close()
