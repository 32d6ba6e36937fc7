"""Outcomes are durable once added: harness/results/store.py."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from harness.errors import EnvironmentUnusable, UsageError
from harness.results.outcome import Raw
from harness.results.rows import LARGEST_PREDICTIONS
from harness.results.schema import SCHEMA
from harness.results.store import FILE_NAME, Store
from tests.unit.builders import ENVIRONMENT, MACHINE, make_outcome, make_record

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def open_store(tmp_path):
    """A function that opens the store anew; all are closed at the end."""
    with contextlib.ExitStack() as stack:
        yield lambda: stack.enter_context(contextlib.closing(Store(tmp_path / "reports")))


@pytest.fixture
def store(open_store):
    return open_store()


def test_what_was_added_is_there_when_opened_again(store, open_store):
    run = store.start_run({"command": ["run"]}, MACHINE)
    store.set_environments(run, [ENVIRONMENT])
    predictions = np.array([[0.5], [np.nan]], np.float32)
    samples = np.array([1_500_000, 2_000_000])
    store.add(run, make_outcome(), Raw(samples, "printed", predictions))
    kept = open_store()
    loaded = kept.load(run)
    assert loaded.outcomes == [make_outcome()]
    assert loaded.request == {"command": ["run"]}
    assert (loaded.machine, loaded.environments) == (MACHINE, [ENVIRONMENT])
    key = make_outcome().key
    assert kept.load_samples(run) == {key: [0.0015, 0.002]}
    assert kept.load_output(run, "small-case") == {key: "printed"}
    assert kept.load_output(run, "other") == {}
    [(kept_key, kept_predictions)] = kept.load_predictions(run).items()
    assert kept_key == key
    np.testing.assert_array_equal(kept_predictions, predictions, strict=True)


def test_what_was_added_survives_a_kill_at_the_next_moment(tmp_path, open_store):
    script = (
        "import os, signal, sys\nfrom pathlib import Path\n"
        "from harness.results.outcome import Raw\nfrom harness.results.store import Store\n"
        "from tests.unit.builders import MACHINE, make_outcome\n"
        "store = Store(Path(sys.argv[1]))\nrun = store.start_run({}, MACHINE)\n"
        "store.add(run, make_outcome(), Raw())\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "reports")]
    ended = subprocess.run(command, cwd=REPOSITORY, check=False)
    assert ended.returncode == -signal.SIGKILL
    [run] = open_store().list_runs()
    assert run.finished is None
    assert open_store().load(run.id).outcomes == [make_outcome()]


def test_outcomes_come_back_in_the_order_they_arrived(store):
    run = store.start_run({}, MACHINE)
    for seed in (3, 1, 2):
        store.add(run, make_outcome(seed=seed), Raw())
    assert [outcome.seed for outcome in store.load(run).outcomes] == [3, 1, 2]


def test_an_outcome_measured_again_replaces_the_first(store):
    run = store.start_run({}, MACHINE)
    for verdict in ("differs", "zeros"):
        store.add(run, make_outcome(verdict=verdict), Raw())
    assert [outcome.verdict for outcome in store.load(run).outcomes] == ["zeros"]
    assert store.count_outcomes(run) == 1


def test_an_outcome_without_timing_has_no_samples(store):
    run = store.start_run({}, MACHINE)
    store.add(run, make_outcome(), Raw())
    assert store.load_samples(run) == {}


def test_runs_are_listed_newest_first_and_apart(store):
    first, second = store.start_run({"n": 1}, MACHINE), store.start_run({"n": 2}, MACHINE)
    store.add(first, make_outcome(), Raw())
    store.finish(first)
    listed = store.list_runs()
    assert [run.id for run in listed] == [second, first]
    assert [bool(run.finished) for run in listed] == [False, True]
    assert store.load(second).outcomes == []


def test_a_run_that_is_not_there_is_a_usage_error(store):
    with pytest.raises(UsageError, match="run not found: 7"):
        store.load(7)


def test_a_newer_database_is_refused(store, open_store):
    store.database.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    with pytest.raises(UsageError, match="written by a newer restorebench") as raised:
        open_store()
    assert raised.value.found == f"its schema is {SCHEMA + 1}, this version reads up to {SCHEMA}"


def test_a_damaged_database_is_a_sentence(tmp_path, open_store):
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / FILE_NAME).write_bytes(b"this is no database " * 100)
    with pytest.raises(EnvironmentUnusable, match="the database is damaged") as raised:
        open_store()
    assert "move the file away" in raised.value.tip


def test_damage_found_later_is_a_sentence_too(store, open_store):
    run = store.start_run({}, MACHINE)
    for seed in range(200):
        store.add(run, make_outcome(seed=seed), Raw())
    content = bytearray(store.path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    store.path.write_bytes(bytes(content))
    reopened = open_store()
    with pytest.raises(EnvironmentUnusable, match="the database is damaged"):
        reopened.load(run)


@pytest.mark.parametrize("record", ["{}", "{", "[]", '{"verdict": "fine"}'])
def test_a_record_that_is_no_outcome_is_a_sentence_too(store, record):
    run = store.start_run({}, MACHINE)
    store.add(run, make_outcome(), Raw())
    with store.database:
        store.database.execute("UPDATE outcomes SET record = ?", (record,))
    with pytest.raises(EnvironmentUnusable, match="the database is damaged"):
        store.load(run)


def test_a_folder_in_the_place_of_the_database_is_a_sentence(tmp_path, open_store):
    (tmp_path / "reports" / FILE_NAME).mkdir(parents=True)
    with pytest.raises(EnvironmentUnusable, match="cannot be written or read"):
        open_store()


def test_a_file_in_the_place_of_the_folder_is_a_usage_error(tmp_path, open_store):
    (tmp_path / "reports").write_text("")
    with pytest.raises(UsageError, match="reports folder cannot be made"):
        open_store()


def test_a_database_another_process_keeps_locked_is_a_sentence(store, open_store):
    other = open_store()
    other.database.execute("PRAGMA busy_timeout = 0")
    store.database.execute("BEGIN EXCLUSIVE")
    with pytest.raises(EnvironmentUnusable, match="cannot be written or read"):
        other.start_run({}, MACHINE)


def test_a_database_left_half_made_is_completed(tmp_path, open_store):
    (tmp_path / "reports").mkdir()
    with contextlib.closing(sqlite3.connect(tmp_path / "reports" / FILE_NAME)) as database:
        tables = Store(tmp_path / "whole")
        made = "SELECT sql FROM sqlite_master WHERE name = 'runs'"
        database.execute(tables.database.execute(made).fetchone()[0])
        tables.close()
    store = open_store()
    run = store.start_run({}, MACHINE)
    store.add(run, make_outcome(), Raw())
    assert store.count_outcomes(run) == 1


def test_outcomes_of_an_edited_scenario_are_dropped_before_a_run_is_resumed(store):
    run = store.start_run({}, MACHINE)
    for name in ("edited", "same"):
        store.add(run, make_outcome(scenario=name, source_sha256=name), Raw())
    store.drop_stale(run, {"edited": "another text", "same": "same"})
    assert [outcome.scenario for outcome in store.load(run).outcomes] == ["same"]


def test_the_number_of_a_forgotten_run_is_not_given_away_again(store):
    run = store.start_run({}, MACHINE)
    store.forget_run(run)
    assert store.list_runs() == []
    assert store.start_run({}, MACHINE) > run


def test_a_number_no_database_can_hold_is_no_run(store):
    with pytest.raises(UsageError, match="run not found"):
        store.load(10**30)


FIRST_SCHEMA = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created TEXT NOT NULL, finished TEXT, pid INTEGER NOT NULL,
    request TEXT NOT NULL, machine TEXT NOT NULL, environments TEXT NOT NULL
);
CREATE TABLE outcomes (
    run INTEGER NOT NULL REFERENCES runs, scenario TEXT NOT NULL, path TEXT NOT NULL,
    device TEXT NOT NULL, seed INTEGER NOT NULL, verdict TEXT NOT NULL,
    record TEXT NOT NULL, samples BLOB, output TEXT NOT NULL,
    PRIMARY KEY (run, scenario, path, device, seed)
);
INSERT INTO runs VALUES (1, 'then', 'then', 1, '{}', '{}', '[]');
PRAGMA user_version = 1;
"""


SECOND_SCHEMA = (
    FIRST_SCHEMA.replace(
        "seed INTEGER NOT NULL, verdict", "seed INTEGER NOT NULL, dose TEXT NOT NULL, verdict"
    )
    .replace("device, seed)", "device, seed, dose)")
    .replace("version = 1", "version = 2")
)


def test_a_database_of_the_second_schema_learns_who_wrote_and_who_read(tmp_path, open_store):
    reports = tmp_path / "reports"
    reports.mkdir()
    old = sqlite3.connect(reports / FILE_NAME)
    old.executescript(SECOND_SCHEMA)
    for dose in (None, 0.5):
        record = make_record(dose=dose)
        old.execute(
            "INSERT INTO outcomes VALUES (1, 'small-case', 'restore_broken', 'CPU:0', 7, ?,"
            " 'zeros', ?, NULL, 'printed')",
            ("" if dose is None else str(dose), json.dumps(record)),
        )
    old.commit()
    old.close()
    store = open_store()
    assert [outcome.dose for outcome in store.load(1).outcomes] == [None, 0.5]
    keys = [outcome.key for outcome in store.load(1).outcomes]
    assert list(store.load_output(1, "small-case")) == keys
    store.add(1, make_outcome(), Raw())
    assert store.count_outcomes(1) == 2


def test_a_database_of_the_first_schema_keeps_its_outcomes_in_their_order(tmp_path, open_store):
    reports = tmp_path / "reports"
    reports.mkdir()
    old = sqlite3.connect(reports / FILE_NAME)
    old.executescript(FIRST_SCHEMA)
    for seed in (3, 1, 2):
        record = make_record(seed=seed)
        old.execute(
            "INSERT INTO outcomes VALUES (1, 'small-case', 'restore_broken', 'CPU:0', ?, 'zeros',"
            " ?, NULL, 'printed')",
            (seed, json.dumps(record)),
        )
    old.commit()
    old.close()
    store = open_store()
    assert [outcome.seed for outcome in store.load(1).outcomes] == [3, 1, 2]
    store.add(1, make_outcome(seed=3, dose=0.5), Raw())
    assert store.count_outcomes(1) == 4
    assert open_store().count_outcomes(1) == 4


def test_a_database_of_the_third_schema_keeps_what_steps_did_beyond_their_folders(
    store, open_store
):
    run = store.start_run({}, MACHINE)
    store.add(run, make_outcome(), Raw())
    record = make_record(trespasses=["wrote outside its folder: /x"])
    record.pop("side_effects", None)
    with store.database:
        store.database.execute("UPDATE outcomes SET record = ?", (json.dumps(record),))
        store.database.execute("PRAGMA user_version = 3")
    again = open_store()
    assert again.read_version() == SCHEMA
    assert again.load(run).outcomes[0].side_effects == ["wrote outside its folder: /x"]


def test_outcomes_of_different_doses_stand_side_by_side(store):
    run = store.start_run({}, MACHINE)
    for dose in (None, 0, 0.5):
        store.add(run, make_outcome(dose=dose), Raw())
    assert [outcome.dose for outcome in store.load(run).outcomes] == [None, 0, 0.5]


def test_outcomes_of_different_writers_and_readers_stand_side_by_side(store):
    run = store.start_run({}, MACHINE)
    pairs = [("a", "a"), ("a", "b"), ("b", "b")]
    for writer, reader in pairs:
        store.add(run, make_outcome(writer=writer, reader=reader), Raw())
    kept = store.load(run).outcomes
    assert [(outcome.writer, outcome.reader) for outcome in kept] == pairs


def test_predictions_too_large_to_keep_are_left_out(store):
    run = store.start_run({}, MACHINE)
    store.add(run, make_outcome(), Raw(predictions=np.zeros(LARGEST_PREDICTIONS)))
    assert store.load_predictions(run) == {}
    assert store.count_outcomes(run) == 1


HOLD = (
    "import sys\nfrom pathlib import Path\nfrom harness.results.store import Store\n"
    "from tests.unit.builders import MACHINE\n"
    "store = Store(Path(sys.argv[1]))\nprint(store.start_run({}, MACHINE), flush=True)\n"
    "sys.stdin.read()\n"
)


def test_a_run_is_its_process_own_until_that_is_killed_whatever_the_process_ids(tmp_path, store):
    """A process of its number, in another container or later on, is not its process."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "reports")],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        number = int(process.stdout.readline())
        for pid in (process.pid, 2**22 + 1):  # it lives, there is none
            store.database.execute("UPDATE runs SET pid = ?", (pid,))
            store.database.commit()
            assert not store.claim(store.load(number))
    finally:
        process.kill()
        process.communicate()
    store.database.execute("UPDATE runs SET pid = ?", (os.getppid(),))  # somebody else's by now
    store.database.commit()
    assert store.claim(store.load(number))


def test_a_run_that_has_ended_leaves_no_lock_and_is_not_claimed(tmp_path, store, open_store):
    finished, forgotten, released = (store.start_run({}, MACHINE) for _ in range(3))
    listed = {run.id: run for run in open_store().list_runs()}
    assert not open_store().claim(listed[finished])
    store.finish(finished)
    store.forget_run(forgotten)
    assert not open_store().claim(listed[finished])
    assert not open_store().claim(listed[forgotten])
    assert not open_store().claim(listed[released])
    store.held.release(released)
    other = open_store()
    assert other.claim(listed[released])
    other.finish(released)
    assert list((tmp_path / "reports").glob("*.lock")) == []


def test_a_run_whose_lock_another_process_holds_is_not_started(tmp_path, store, open_store):
    number = store.start_run({}, MACHINE)
    store.path.rename(tmp_path / "moved.sqlite")  # its numbers begin anew, and the run goes on
    fresh = open_store()
    with pytest.raises(EnvironmentUnusable, match=f"another process carries out a run {number}"):
        fresh.start_run({}, MACHINE)
    assert fresh.list_runs() == []
