"""Every mistake a user can make, every state a folder can be in: one sentence, one exit code."""

import json
import os
import subprocess
import sys

import pytest

from harness.results.store import Store
from tests.conftest import Ended

UNKNOWN_IDS = [
    ["run", "ded-relu-head"],
    ["explain", "ded-relu-head"],
    ["check", "ded-relu-head"],
    ["artifact", "ded-relu-head"],
]


@pytest.mark.parametrize("arguments", UNKNOWN_IDS, ids=lambda arguments: arguments[0])
def test_an_unknown_id_is_answered_with_the_nearest_one(cli, arguments):
    cli(*arguments).assert_refused(
        2, "scenario not found: ded-relu-head", "TIP    did you mean dead-relu-head?"
    )


def test_an_id_like_no_other_gets_no_guess(cli):
    ended = cli("run", "xyzzy")
    ended.assert_refused(2, "scenario not found: xyzzy", "see: python -m harness list")
    assert "did you mean" not in ended.stderr


SENSELESS = [
    (["run"], ["nothing to run"]),
    (["run", "--all", "--memory-limit", "1"], ["--memory-limit", "512"]),
    (["run", "dead-relu-head", "--all"], ["ids or --all, not both"]),
    (
        ["run", "--all", "--seed", 1, "--seeds", 2],
        ["--seed and --seeds cannot be used together"],
    ),
    (["run", "--all", "--device", "tpu"], ["unknown device: tpu", "cpu, gpu or all"]),
    (["run", "--all", "--format", "nope"], ["unknown table format: nope", "github"]),
    (["list", "--format", "nope"], ["unknown table format: nope", "known: "]),
    (["runs", "--format", "nope"], ["unknown table format: nope"]),
    (["show", 1, "--format", "nope"], ["unknown table format: nope"]),
    (["list", "--family", "x"], ["unknown family: x", "preprocessing, restore, version"]),
    (["list", "--verdict", "x"], ["unknown verdict: x", "zeros"]),
    (["list", "--scenarios", "nowhere"], ["scenario folder not found: nowhere"]),
    (["list", "--layer", "LSMT"], ["no scenario uses the layer LSMT", "did you mean LSTM?"]),
    (["search", " "], ["nothing to search for"]),
    (["search", "zeros", "--format", "nope"], ["unknown table format: nope"]),
    (["run", "missing-custom-objects", "--dose"], ["none of these scenarios declares a dose"]),
    (["run", "--all", "--tf", "2.99"], ["unknown release: 2.99", "known: 1.15"]),
    (["env", "add", "2.15+legacy"], ["2.15 has no legacy Keras"]),
    (
        ["run", "--all", "--tf", "2.15", "--legacy-keras"],
        ["--tf, --writer and --reader cannot be used with"],
    ),
    (["run", "--all", "--writer", "2.15"], ["must be given together", "--reader is missing"]),
    (["run", "--all", "--reader", "2.15"], ["must be given together", "--writer is missing"]),
    (
        ["run", "--all", "--tf", "2.4", "--writer", "2.4", "--reader", "2.4"],
        ["separate the two"],
    ),
    (["run", "--all", "--writer", "2.15", "--reader", "2.2l"], ["unknown release: 2.2l"]),
    (["run", "--all", "--executor", "dusk"], ["unknown executor: dusk", "threads, dask"]),
    (["run", "--all", "--executor", "dask"], ["--scheduler ADDRESS must be given together"]),
    (
        ["run", "--all", "--timing", "--executor", "dask", "--scheduler", "x"],
        ["cannot be timed"],
    ),
    (["env", "add", "2.16", "--with", "--help"], ["not a package requirement"]),
    (["env", "add", "two"], ["unknown release: two"]),
    (["env", "show", "2.15"], ["2.15 is not built", "env add 2.15"]),
    (["env", "remove", "2.15"], ["2.15 is not built"]),
    (["explain"], ["give a scenario's id or --symptom"]),
    (["explain", "--symptom", "x"], ["unknown symptom: x", "zeros"]),
    (["new", "A B"], ["not a valid id: A B"]),
    (["new", "a-b", "--family", "x"], ["unknown family: x"]),
    (["artifact", "dead-relu-head"], ["has no committed files"]),
    (["show", 7], ["no runs are kept in reports", "python -m harness run --all"]),
    (["diff", 7, 8], ["no runs are kept in reports"]),
    (["show", 7, "--output", "x", "--json"], ["--output prints text"]),
    (["run", "x", "--writer", "2.15", "--reader", "2.16", "2.21"], ["--reader 2.20,2.21"]),
    (["run", "--tf", "2.15", "2.21"], ["write: --tf 2.15,2.21", "nothing to run"]),
    (["run", "--all", "--tf", "2.15", "2.99"], ["unknown release: 2.99"]),
    (["show", "9" * 5000], ["not a result file"]),
    (["diff", "9" * 5000, "1"], ["not a result file"]),
    (["show", "nofile.json"], ["no such run or result file: nofile.json"]),
    (["run", "--resume"], ["there is no unfinished run to resume"]),
    (["run", "--all", "--json", "no/where.json"], ["cannot write no/where.json"]),
    (["run", "--all", "--json=."], ["cannot write ."]),
    (["list", "--json", "no/where.json"], ["cannot write no/where.json"]),
    (["run", "--all", "--benchmark-json", "no/where.json"], ["cannot write no/where.json"]),
]


@pytest.mark.parametrize(
    ("arguments", "words"),
    SENSELESS,
    ids=lambda value: " ".join(map(str, value))[:60] if isinstance(value, list) else "",
)
def test_a_request_that_makes_no_sense_is_refused_with_a_sentence(call, arguments, words):
    ended = call(*arguments)
    ended.assert_refused(2, *words)
    assert ended.stdout == ""
    assert ended.stderr.splitlines()[-1].startswith("TIP    ")


OUT_OF_RANGE = [
    "frob",
    "run --frob",
    "run --all --seeds 0",
    "run --all --seed -1",
    "run --all --time-limit 0",
    "run --all --time-limit nan",
    "run --all --time-limit inf",
    "run --all --time-limit soon",
    "bench 2.20 2.21 --time-limit 0",
    "bench 2.20 2.21 --time-limit nan",
    "bench 2.20 2.21 --time-limit inf",
    "verify model.keras --tolerance nan",
    "verify model.keras --tolerance=-1",
    "verify model.keras --tolerance 2",
    "run --all --memory-limit 0",
    "run --all --seeds many",
]


@pytest.mark.parametrize("arguments", OUT_OF_RANGE)
def test_an_option_out_of_range_is_named(call, arguments):
    ended = call(*arguments.split())
    ended.assert_refused(2)
    assert ended.stderr.splitlines()[-1].startswith("TIP    python -m harness ")
    assert ended.stderr.endswith(" --help\n")


def break_file(kind, file):
    """Write a scenario file with one mistake; return words of the sentence that names it."""
    if kind == "syntax":
        file.write_text("def save(artifact, seed)\n")
        return "syntax error: expected ':'"
    if kind == "newer syntax":
        file.write_text("if (n := 1):\n    pass\n")
        return "not Python 3.7"
    if kind == "binary":
        file.write_bytes(b"\xff\xfe\x00garbage")
        return "the file cannot be read"
    if kind == "null byte":
        file.write_bytes(b"x = 1\x00\n")
        return "my_case.py:1:"
    if kind == "empty":
        file.write_text("")
        return "no `SCENARIO = {...}`"
    if kind == "computed":
        file.write_text("SCENARIO = dict(id='my-case')\n")
        return "SCENARIO must be a literal"
    if kind == "folder":
        file.mkdir()
        return "the file cannot be read"
    return ""


@pytest.mark.parametrize(
    "kind", ["syntax", "newer syntax", "binary", "null byte", "empty", "computed", "folder"]
)
def test_a_broken_scenario_file_is_named_with_its_line_and_hides_no_other(cli, faulty, kind):
    folder = cli.folder / "own" / "restore"
    folder.mkdir(parents=True)
    (folder / "hangs.py").write_text((faulty / "restore" / "hangs.py").read_text())
    words = break_file(kind, folder / "my_case.py")
    listed = cli("list", "--scenarios", "own")
    listed.assert_refused(2, words, "my_case.py:1: ")
    assert "hangs" in listed.stdout


def test_asking_for_a_broken_scenario_says_that_its_file_has_a_mistake(cli):
    folder = cli.folder / "own" / "restore"
    folder.mkdir(parents=True)
    break_file("empty", folder / "my_case.py")
    ended = cli("explain", "my-case", "--scenarios", "own")
    assert ended.code == 2
    assert "ERROR  the scenario file of my-case has a mistake" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_file_where_the_reports_folder_should_be_is_said_to_be_one(cli):
    (cli.folder / "reports").write_text("not a folder")
    cli("run", "--all").assert_refused(2, "the reports folder cannot be made", "a file stands")
    assert "There are no runs in reports." in cli("runs").stdout
    (cli.folder / "reports").unlink()
    (cli.folder / "file").write_text("not a folder")
    cli("run", "--all", "--reports", "file/deeper").assert_refused(2, "file/deeper")


def make_database(cli):
    """Make the database of a reports folder, as a first run does; return its file."""
    store = Store(cli.folder / "reports")
    store.close()
    return store.path


@pytest.mark.parametrize("damage", ["no database", "torn"])
def test_a_damaged_database_is_named_and_left_as_it_is(cli, damage):
    file = make_database(cli)
    whole = file.read_bytes()
    torn = whole[:100] + b"\xa5" * (len(whole) - 100)
    file.write_bytes(b"this is no database " * 200 if damage == "no database" else torn)
    before = file.read_bytes()
    for command in (["run", "--all"], ["runs"]):
        cli(*command).assert_refused(3, "the database is damaged", "move the file away")
    assert file.read_bytes() == before


def test_a_database_of_a_newer_restorebench_is_refused(cli):
    file = make_database(cli)
    code = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA user_version = 99')"
    subprocess.run([sys.executable, "-c", code, str(file)], check=True)
    cli("runs").assert_refused(2, "written by a newer restorebench", "schema is 99", "upgrade")


def test_a_database_whose_making_was_cut_short_is_made_whole(cli):
    """Tables without a version number, as a kill between the two would once have left them."""
    file = make_database(cli)
    code = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA user_version = 0')"
    subprocess.run([sys.executable, "-c", code, str(file)], check=True)
    cli("runs").assert_ran()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"schema": 99, "environments": [], "outcomes": []}', "written by a newer restorebench"),
        ('{"schema": 1, "environments": [], "outcomes": [{}]}', "not a result file"),
        ('{"schema": 1, "outcomes": []}', "not a result file"),
        ('{"schema": "1"}', "not a result file"),
        ("[1, 2]", "not a result file"),
        ("{", "not a result file"),
        ("", "not a result file"),
        ("[" * 100_000, "not a result file"),
        ("\x00\xff", "not a result file"),
    ],
    ids=["newer", "hollow", "half", "text-schema", "list", "torn", "empty", "deep", "binary"],
)
def test_a_file_that_is_no_result_file_is_refused(cli, text, words):
    (cli.folder / "run.json").write_text(text, encoding="latin-1")
    cli("show", "run.json").assert_refused(2, words, "run.json", "TIP")


def test_a_folder_is_no_result_file(cli):
    cli("show", ".").assert_refused(2, "not a result file: .")


def make_interpreter(folder, tensorflow=None):
    """Make an environment without TensorFlow, or with a package of that name; return its Python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    if tensorflow is not None:
        package = next(folder.glob("lib/python*/site-packages")) / "tensorflow"
        package.mkdir()
        (package / "__init__.py").write_text(tensorflow)
    return folder / "bin" / "python"


def assert_unusable(ended: Ended, *words: str) -> None:
    ended.assert_refused(3, *words)
    assert len(ended.stderr.splitlines()) <= 6, ended.stderr


@pytest.mark.parametrize("options", [[], ["--spawn"]], ids=["fork", "spawn"])
def test_an_interpreter_without_tensorflow_is_named(cli, options):
    make_interpreter(cli.folder / "bare")
    ended = cli("run", "dead-relu-head", "--python", "bare/bin/python", *options)
    assert_unusable(
        ended,
        f"TensorFlow is not installed for {cli.folder}/bare/bin/python",
        "pip install tensorflow",
    )


@pytest.mark.parametrize("options", [[], ["--spawn"]], ids=["fork", "spawn"])
def test_a_tensorflow_that_does_not_import_is_quoted(cli, options):
    said = "libtensorflow_framework.so.2: cannot open shared object file"
    python = make_interpreter(cli.folder / "broken", f"raise ImportError({said!r})")
    ended = cli("run", "dead-relu-head", "--python", python, *options)
    assert_unusable(ended, "TensorFlow cannot be imported by", f"ImportError: {said}")


def test_a_tensorflow_that_dies_when_imported_is_said_to(cli):
    """As one built for instructions that the processor lacks."""
    dying = "import os, signal\nos.kill(os.getpid(), signal.SIGILL)"
    python = make_interpreter(cli.folder / "dying", dying)
    ended = cli("run", "dead-relu-head", "--python", python)
    assert_unusable(ended, "TensorFlow cannot be imported by", "ended by signal 4")


@pytest.mark.parametrize("option", ["--python", "--tf"])
@pytest.mark.parametrize(
    ("python", "words"),
    [("nowhere/python", "there is no such file"), ("./", "is a folder, not an interpreter")],
)
def test_an_interpreter_that_is_none_is_named(cli, python, words, option):
    cli("run", "dead-relu-head", option, python).assert_refused(2, words)
    assert "There are no runs" in cli("runs").stdout


def test_a_program_that_is_no_python_is_quoted(cli):
    assert_unusable(
        cli("run", "dead-relu-head", "--python", "echo"), "echo is not a Python interpreter"
    )


@pytest.mark.parametrize("program", ["/bin/ls", "/bin/bash", "/bin/true"])
def test_a_program_that_is_no_python_repeats_no_source(cli, program):
    ended = cli("run", "dead-relu-head", "--python", program)
    assert_unusable(ended, f"{program} is not a Python interpreter", "TIP")
    assert "find_spec" not in ended.stderr


def test_a_run_that_could_not_begin_leaves_no_result_file_and_nothing_to_resume(cli):
    make_interpreter(cli.folder / "bare")
    cli("run", "dead-relu-head", "--python", "bare/bin/python", "--json", "run.json")
    assert not (cli.folder / "run.json").exists()
    assert json.loads(cli("runs", "--json").stdout) == []


def test_a_path_that_no_scenario_has_is_refused_with_the_nearest(cli):
    ended = cli("run", "dead-relu-head", "--path", "restore_broke")
    ended.assert_refused(2, "no path is called broke", "known: broken", "did you mean broken?")


COURSE = [
    (["learn"], 2, ["this folder holds no course", "learn init DIR"]),
    (["learn", "check"], 2, ["holds no course"]),
    (["learn", "status", "--json"], 2, ["holds no course"]),
    (["learn", "--dir", "x", "list"], 2, ["--dir belongs behind the command"]),
    (["learn", "init", "course", "--track", "zero"], 2, ["no track zero", "did you mean zeros?"]),
    (["learn", "init", "file.txt"], 2, ["file.txt is a file"]),
    (["learn", "init", "."], 2, ["is not empty"]),
    (["learn", "check", "bicycels", "--dir", "taken"], 2, ["did you mean bicycles?"]),
    (["learn", "check", "bread", "--dir", "taken"], 2, ["there is no exercise bread"]),
    (["learn", "check", "--dir", "taken"], 2, ["there is no file", "learn reset sensor-model"]),
    (["learn", "check", "runners", "--dir", "taken"], 2, ["cannot be read"]),
    (
        ["learn", "solution", "bicycles", "--dir", "taken"],
        2,
        ["is not done yet", "hint bicycles --dir taken, or add --reveal"],
    ),
]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    COURSE,
    ids=lambda value: " ".join(map(str, value))[:40] if isinstance(value, list) else "",
)
def test_a_mistake_in_the_course_is_a_sentence(cli, arguments, code, words):
    taken = cli.folder / "taken"
    (taken / "runners" / "restore.py").mkdir(parents=True)
    (taken / "progress.json").write_text("{}")
    (cli.folder / "file.txt").touch()
    cli(*arguments).assert_refused(code, *words)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_course_where_nothing_may_be_written_is_a_sentence(cli):
    (cli.folder / "closed").mkdir(mode=0o500)
    cli("learn", "init", "closed/course").assert_refused(2, "cannot write")
    cli("learn", "init", "closed").assert_refused(2, "cannot write")


def test_a_learners_mistake_before_anything_runs_is_a_sentence_and_no_error(cli):
    (cli.folder / "bicycles").mkdir()
    (cli.folder / "progress.json").write_text("{}")
    (cli.folder / "bicycles" / "restore.py").write_text("def restore(artifact:\n")
    ended = cli("learn", "check", "bicycles")
    assert ended.code == 1
    assert "bicycles: fails differently now." in ended.stdout
    assert "(line 1)." in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr


@pytest.mark.parametrize("name", ["2.15.part", ".."])
def test_what_is_no_environment_is_not_removed(call, tmp_path, name):
    """A build that is under way works in a .part folder, and another lock holds it."""
    under_way = tmp_path / "environments" / "2.15.part"
    under_way.mkdir(parents=True)
    call("env", "remove", name).assert_refused(2, f"unknown release: {name}")
    assert under_way.is_dir()
