"""Several environments in one run, one of which fails: the others finish, nothing is lost."""

import os
import shutil
import sqlite3
import sys

import pytest

pytestmark = pytest.mark.tensorflow

CASE = "exits-with-three"  # two paths
CASE_OF_THREE = "dead-relu-head"


@pytest.fixture
def interpreter(tmp_path):
    """A program that passes for a Python with TensorFlow, until it is asked for it."""

    def interpreter(name, script):
        file = tmp_path / name / "python"
        file.parent.mkdir()
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)
        return file

    return interpreter


def test_an_environment_that_cannot_be_used_costs_only_its_part(cli, faulty, interpreter):
    broken = interpreter("broken", "echo 'no libc here' >&2; exit 1")
    ended = cli(
        "run", CASE, "--scenarios", faulty, "--no-timing", "--tf", f"{broken},{sys.executable}"
    )
    assert ended.code == 3
    assert "Traceback" not in ended.stderr
    assert ended.stderr.count("ERROR") == 1
    assert "no libc here" in ended.stderr
    assert len(cli.outcomes()) == 2
    assert "Outcomes are missing: an environment could not be used" in ended.stdout
    assert ended.stdout.splitlines()[-1] == "Next: python -m harness run --resume"


@pytest.mark.long
def test_a_run_that_lacked_an_environment_is_finished_once_it_can_be_used(cli, faulty, interpreter):
    repaired = interpreter("repaired", "exit 1")
    cli("run", CASE, "--scenarios", faulty, "--no-timing", "--tf", f"{sys.executable},{repaired}")
    first = cli.outcomes()
    assert len(first) == 2
    repaired.unlink()
    repaired.write_text(f'#!/bin/sh\nTF_USE_LEGACY_KERAS=1 exec {sys.executable} "$@"\n')
    os.chmod(repaired, 0o755)
    ended = cli("run", "--resume")
    ended.assert_ran(0)
    records = cli.outcomes()
    assert records[:2] == first
    assert len({record["reader"] for record in records}) == 2
    assert ended.stderr.count(f"{CASE} restore") == 2  # what was done is not done again


def test_where_no_environment_can_be_used_nothing_is_kept(cli, faulty, interpreter):
    named = ",".join(str(interpreter(name, "exit 1")) for name in ("one", "two"))
    ended = cli("run", CASE, "--scenarios", faulty, "--no-timing", "--tf", named)
    assert ended.code == 3
    assert "none of the 2 environments can be used" in ended.stderr
    assert "There are no runs" in cli("runs").stdout


def test_a_writer_that_cannot_be_used_is_a_sentence(cli, faulty, interpreter):
    broken = interpreter("broken", "exit 1")
    ended = cli(
        "run",
        CASE,
        "--scenarios",
        faulty,
        "--no-timing",
        "--writer",
        broken,
        "--reader",
        sys.executable,
    )
    assert ended.code == 3
    assert "Traceback" not in ended.stderr
    assert "ERROR" in ended.stderr


def test_one_release_writes_and_another_reads_and_each_is_imported_once(cli, interpreter, tmp_path):
    """Both are this interpreter, once with Keras 3 and once with tf_keras."""
    ledger = tmp_path / "ledger"
    script = f'[ "$2" = serve ] && echo "$2" >> {ledger}; exec {sys.executable} "$@"'
    counted = interpreter("counted", script)
    ended = cli(
        "run",
        "dead-relu-head",
        "get-config-drops-argument",
        "--no-timing",
        "--writer",
        f"{counted}+legacy",
        "--reader",
        counted,
    )
    ended.assert_ran(0)
    assert ledger.read_text().split() == ["serve"] * 2
    records = cli.outcomes()
    assert {record["writer"].split("+")[1].split("-")[0] for record in records} == {"tf_keras"}
    assert {record["reader"].split("+")[1].split("-")[0] for record in records} == {"keras"}
    assert {record["judgement"] for record in records} == {None}
    assert "no verdicts are declared for that" in ended.stdout


@pytest.mark.long
def test_two_environments_of_the_same_release_are_measured_each(cli, interpreter):
    other = interpreter("other", f'exec {sys.executable} "$@"')
    arguments = ["run", CASE_OF_THREE, "--no-timing"]
    cli(*arguments, "--tf", f"this,{other}").assert_ran(0)
    readers = [record["reader"] for record in cli.outcomes()]
    assert sorted(map(readers.count, set(readers))) == [3, 3]
    assert {reader.partition(" (")[2] for reader in readers} == {"", f"{other})"}
    ended = cli(*arguments, "--writer", "this", "--reader", "this", "--reader", other)
    ended.assert_ran(0)
    assert len(cli.outcomes(2)) == 6
    compared = cli("diff", 2)
    compared.assert_ran(0)
    assert "Paths: 3 unchanged." in compared.stdout


@pytest.mark.long
def test_an_environment_that_fails_half_way_costs_its_part_and_the_next_is_run(
    cli, faulty, interpreter
):
    """Without forking every step starts the interpreter, which from the third time on refuses."""
    script = 'echo x >> "$0.count"; [ $(wc -l < "$0.count") -lt 4 ] || exec /no/such/program\n'
    failing = interpreter("failing", f'{script}exec {sys.executable} "$@"')
    ended = cli(
        "run", CASE, "--scenarios", faulty, "--spawn", "--no-timing", "--tf", f"{failing},this"
    )
    assert "Traceback" not in ended.stderr
    records = cli.outcomes()
    own = [record for record in records if not record["reader"].endswith(f"({failing})")]
    assert len(own) >= 2
    assert ended.code in (1, 3)


def test_a_scenario_that_cannot_be_read_just_now_keeps_its_outcomes(cli, faulty, tmp_path):
    copied = tmp_path / "scenarios"
    shutil.copytree(faulty, copied)
    cli("run", CASE, "returns-nan", "--scenarios", copied, "--no-timing").assert_ran(0)
    database = tmp_path / "reports" / "restorebench.sqlite"
    with sqlite3.connect(database) as kept:
        kept.execute("UPDATE runs SET finished = NULL, pid = 0")
    file = next(copied.rglob("returns_nan.py"))
    file.write_text(file.read_text() + "\ndef (")
    cli("run", "--resume")
    assert len(cli.outcomes()) == 4
