"""What holds for every command: --json, releases, help, the program's name, folders left alone."""

import json
import os
import pty
import re
import shlex
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import msgspec
import pytest
import typer

from harness.catalog.load import PACKAGED
from harness.cli import app
from harness.cli.commands import walk_commands
from harness.errors import RestorebenchError
from harness.results.outcome import Raw
from harness.results.store import Store
from tests.conftest import REPOSITORY
from tests.unit.builders import ENVIRONMENT, MACHINE, make_outcome, write_scenario

MODEL = PACKAGED / "version" / "artifacts" / "newer_keras_file"
READING = {
    "list": ["list", "zeros"],
    "search": ["search", "predicts zeros"],
    "explain": ["explain", "dead-relu-head"],
    "explain --hint": ["explain", "dead-relu-head", "--hint", "1"],
    "explain --symptom": ["explain", "--symptom", "zeros"],
    "env list": ["env", "list"],
    "env for": ["env", "for", MODEL, "--no-restore"],
    "artifact --check": ["artifact", "--all", "--check"],
    "runs": ["runs"],
}
KEPT = {"runs": ["runs"], "show": ["show", 1], "diff": ["diff", 1, 1]}


@pytest.fixture
def kept(call, tmp_path):
    """The command line in a folder where one finished run is kept."""
    store = Store(tmp_path / "reports")
    run = store.start_run({"scenarios": [], "root": "", "command": ["run"]}, MACHINE)
    store.set_environments(run, [ENVIRONMENT])
    store.add(run, make_outcome(scenario="dead-relu-head", verdict="match"), Raw())
    store.finish(run)
    store.close()
    return call


def check_json(call, arguments):
    """`--json` alone takes stdout; with a FILE that is written, and the text is as without."""
    plain = call(*arguments)
    alone = call(*arguments, "--json")
    record = json.loads(alone.stdout)
    assert alone.code == plain.code
    assert alone.stderr.splitlines()[-1:] == plain.stdout.splitlines()[-1:]
    for option in (["--json", "out.json"], ["--json=out.any"]):
        filed = call(*arguments, *option)
        assert filed.stdout == plain.stdout
        assert json.loads(Path(option[-1].removeprefix("--json=")).read_text()) == record
    return record


@pytest.mark.parametrize("arguments", READING.values(), ids=READING)
def test_json_means_the_same_in_every_command_that_reads(call, arguments):
    check_json(call, arguments)


@pytest.mark.parametrize("arguments", KEPT.values(), ids=KEPT)
def test_json_means_the_same_in_every_command_that_shows_runs(kept, arguments):
    assert check_json(kept, arguments)


@pytest.mark.tensorflow
@pytest.mark.parametrize("command", ["run", pytest.param("check", marks=pytest.mark.long)])
def test_json_alone_keeps_stdout_for_the_record_of_a_run(cli, faulty, command):
    ended = cli(command, "returns-nan", "--json", "--scenarios", faulty)
    record = json.loads(ended.stdout)
    if command == "run":
        assert [each["scenario"] for each in record["outcomes"]] == ["returns-nan"] * 2
    else:
        assert record == {"scenario": "returns-nan", "run": 2, "ran": True, "faults": []}
    assert ended.stderr.splitlines()[-1].startswith("Next: ")


def test_a_word_after_json_is_a_file_only_if_it_is_named_so(call, tmp_path):
    found = json.loads(call("list", "--json", "zeros").stdout)
    assert found == json.loads(call("list", "zeros", "--json").stdout)
    assert list(tmp_path.iterdir()) == []
    assert json.loads(call("list", "zeros", "--json", "-").stdout) == found


@pytest.mark.parametrize("arguments", READING.values(), ids=READING)
def test_a_command_that_reads_makes_no_folder_and_no_database(call, tmp_path, arguments):
    call(*arguments).assert_ran()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["show", 1], ["diff", 1, 2]], ids=["show", "diff"])
def test_a_run_that_cannot_be_there_is_refused_and_nothing_is_made(call, tmp_path, arguments):
    call(*arguments).assert_refused(2, "no runs are kept in reports", "run --all")
    assert list(tmp_path.iterdir()) == []


def test_the_form_of_an_older_version_is_understood_and_said_to_be_old(call):
    old = call("diff", "--tf", "2.20", "2.21", "ded-relu-head")
    old.assert_refused(2, "scenario not found: ded-relu-head", "Please write: --tf 2.20,2.21")
    old = call("requirements", "2.15")
    old.assert_ran()
    assert "Please write: python -m harness env requirements" in old.stderr
    assert old.stdout == call("env", "requirements", "2.15").stdout
    assert "requirements" not in call("--help").stdout


@pytest.mark.parametrize("options", [["--tf", "2.15,2.99"], ["--tf", "2.15", "--tf", "2.99"]])
def test_releases_are_one_word_or_several_options(call, options):
    ended = call("run", "--all", *options)
    ended.assert_refused(2, "unknown release: 2.99")
    assert "Please write" not in ended.stderr


@pytest.mark.parametrize(
    "arguments",
    [["list"], ["run"], ["run", "--frob"], ["runs"], ["--help"], ["show", "7"], ["env", "--help"]],
    ids=" ".join,
)
def test_tips_and_usage_name_the_program_that_was_started(call, arguments):
    ended = call(*arguments, program="/home/ada/.venv/bin/restorebench")
    said = ended.stdout + ended.stderr
    assert "restorebench " in said
    assert "python -m harness" not in said


def find_commands():
    """Return every command's name and help, hidden ones left out."""
    return dict(walk_commands(typer.main.get_command(app)))


@pytest.mark.parametrize("width", [60, 80])
def test_no_sentence_of_the_help_is_cut_off(call, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    ended = call("--help")
    ended.assert_ran()
    assert max(map(len, ended.stdout.splitlines())) <= width
    said = " ".join(ended.stdout.split())
    for name, command in find_commands().items():
        if " " not in name or name == "env for":
            assert f" {name} {' '.join(command.help.splitlines()[0].split())}" in said


@pytest.mark.parametrize("name", find_commands())
def test_the_help_of_every_command_fits_into_80_columns(call, monkeypatch, name):
    monkeypatch.setenv("COLUMNS", "80")
    ended = call(*name.split(), "--help")
    ended.assert_ran()
    assert max(map(len, ended.stdout.splitlines())) <= 80
    assert " <str>" not in ended.stdout  # an option says what it takes
    assert "<path>" not in ended.stdout


def test_the_help_has_a_section_for_each_kind_of_user(call):
    titles = re.findall(r"^(?:If|To) .*(?=:$)", call("--help").stdout, re.MULTILINE)
    assert titles == [
        "If your model is broken",
        "To see failures happen",
        "To compare TensorFlow releases",
        "To add a failure of your own",
    ]


def test_without_a_command_the_help_is_the_result(call):
    for arguments in ([], ["env"]):
        ended = call(*arguments)
        ended.assert_ran(0)
        assert ended.stdout == call(*arguments, "--help").stdout


def run_on_terminal(cli, *arguments, **variables):
    """Return what a command prints on a terminal."""
    terminal, end = pty.openpty()
    environment = cli.environment({"TERM": "xterm", "COLUMNS": "200"} | variables)
    with subprocess.Popen(
        [sys.executable, "-m", "harness", *arguments],
        env=environment,
        cwd=cli.folder,
        stdout=end,
        stderr=subprocess.DEVNULL,
    ):
        os.close(end)
        chunks = []
        try:
            while chunk := os.read(terminal, 65536):
                chunks.append(chunk)
        except OSError:  # the other end is closed
            pass
    os.close(terminal)
    return b"".join(chunks).decode().replace("\r\n", "\n")


@pytest.mark.parametrize("arguments", [["dead-relu-head"], ["--symptom", "zeros"]], ids=" ".join)
def test_code_is_coloured_on_a_terminal_and_only_there(cli, arguments):
    piped = cli("explain", *arguments, FORCE_COLOR="1", COLUMNS="200").stdout
    assert "\x1b" not in piped
    shown = run_on_terminal(cli, "explain", *arguments)
    assert "\x1b[" in shown
    assert re.sub(r"\x1b\[[\d;]*m", "", shown) == piped
    assert run_on_terminal(cli, "explain", *arguments, NO_COLOR="1") == piped
    assert run_on_terminal(cli, "explain", *arguments, TERM="dumb") == piped


NARROW = {name: words for name, words in (READING | KEPT).items() if not name.startswith("explain")}


@pytest.mark.parametrize("arguments", NARROW.values(), ids=NARROW)
def test_no_line_is_longer_than_80_columns_where_the_terminal_has_80(
    kept, monkeypatch, tmp_path, arguments
):
    monkeypatch.setenv("COLUMNS", "80")
    lines = kept(*arguments).stdout.splitlines()
    assert lines
    long = [line for line in lines if len(line) > 80]
    assert [line for line in long if str(tmp_path) not in line and str(MODEL) not in line] == []


def run_in_shell(folder, words):
    """Return how a command with a shell's redirections ended."""
    command = f"{shlex.quote(sys.executable)} -m harness {words}"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    return done


@pytest.mark.parametrize("closed", [">&-", "<&-", "2>&-", "<&- >&- 2>&-"])
def test_a_stream_that_the_shell_has_closed_stops_no_command(tmp_path, closed):
    assert run_in_shell(tmp_path, f"list {closed}").returncode == 0
    assert run_in_shell(tmp_path, f"explain nothing-such {closed}").returncode == 2
    done = run_in_shell(tmp_path, f"list --json=list.json {closed}")
    assert (done.returncode, (tmp_path / "list.json").stat().st_size > 1000) == (0, True)


def test_a_reader_that_leaves_early_costs_neither_the_work_nor_the_exit_code(tmp_path):
    saved = next((REPOSITORY / "reports").glob("bench-selftest-2*.bench"))
    code = run_in_shell(tmp_path, f"bench show {saved}").returncode
    done = run_in_shell(tmp_path, f"bench show {saved} --json=all.json --junit=all.xml 2>&1 | true")
    assert done.returncode == code
    assert json.loads((tmp_path / "all.json").read_text())["comparisons"]
    assert (tmp_path / "all.xml").stat().st_size > 0


@pytest.mark.parametrize(("unbuffered", "kept"), [("", "err"), ("1", "outerr")])
def test_what_is_written_is_there_at_once_as_python_has_it(unbuffered, kept):
    code = (
        "import os, sys\n"
        "from harness.cli.streams import prepare_streams\n"
        "prepare_streams()\n"
        "print('out')\n"
        "print('err', file=sys.stderr)\n"
        "os._exit(0)"  # what waits in a buffer is lost
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout + done.stderr).split() == [each for each in ("out", "err") if each in kept]


def test_a_table_in_a_pipe_is_as_wide_as_it_gets(kept):
    assert max(map(len, kept("list").stdout.splitlines())) > 100
    assert "p50 ms" in kept("show", 1).stdout


def test_runs_names_few_environments_and_counts_the_others(call, monkeypatch, tmp_path):
    store = Store(tmp_path / "reports")
    run = store.start_run({"scenarios": [], "root": "", "command": ["run", "--all"]}, MACHINE)
    names = ["2.4", "2.10", "2.12", "2.13", "2.15", "2.16", "2.21"]
    environments = [
        msgspec.structs.replace(ENVIRONMENT, name=f"tensorflow-{name}.0+keras-3", release=name)
        for name in names
    ]
    store.set_environments(run, environments)
    store.finish(run)
    store.close()
    assert "  2.4, 2.10, 2.12 and 4 more  " in call("runs").stdout
    monkeypatch.setenv("COLUMNS", "80")
    assert max(map(len, call("runs").stdout.splitlines())) <= 80
    listed = json.loads(call("runs", "--json").stdout)[0]["environment"]
    assert listed.count("tensorflow-") == len(names)


@pytest.mark.parametrize("arguments", [["list", "zeros"], ["search", "zeros"]], ids=" ".join)
def test_verdicts_are_coloured_on_a_terminal_and_only_there(cli, arguments):
    shown = run_on_terminal(cli, *arguments, COLUMNS="80")
    assert "\x1b[31mzeros\x1b[0m" in shown
    piped = cli(*arguments, FORCE_COLOR="1", COLUMNS="80").stdout
    assert re.sub(r"\x1b\[\d+m", "", shown) == piped
    assert "\x1b" not in piped
    assert run_on_terminal(cli, *arguments, COLUMNS="80", NO_COLOR="1") == piped
    github = run_on_terminal(cli, *arguments, "--format", "github", COLUMNS="80")
    assert github == cli(*arguments, "--format", "github").stdout


@pytest.mark.parametrize("name", ["", *find_commands()])
def test_h_is_help_everywhere(call, name):
    assert call(*name.split(), "-h").stdout == call(*name.split(), "--help").stdout != ""


@pytest.mark.parametrize(
    ("arguments", "option"),
    [(each, ["--json", "-"]) for each in READING.values()]
    + [(each, ["--json=-"]) for each in READING.values()],
)
def test_a_dash_is_stdout_and_no_file(call, tmp_path, arguments, option):
    assert json.loads(call(*arguments, *option).stdout) is not None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["explain", "check", "run", "artifact"])
def test_the_path_of_a_scenario_file_is_taken_as_its_id(call, monkeypatch, command):
    def stop(*_):
        raise RestorebenchError("it begins")

    monkeypatch.setattr("harness.api.start_run", stop)
    monkeypatch.setattr("harness.artifacts.regenerate.open_writer", stop)
    file = PACKAGED / "version" / "newer_keras_file.py"
    ended = call(command, os.path.relpath(file))
    if command == "explain":
        ended.assert_ran()
    else:
        ended.assert_refused(2, "it begins")


def test_the_path_of_a_file_in_another_folder_says_which_folder_to_name(call, tmp_path):
    file = write_scenario(tmp_path / "own")
    call("explain", file).assert_refused(2, "is not a scenario of", f"--scenarios {tmp_path}/own")
    call("explain", file, "--scenarios", "own").assert_ran()
    call("explain", "no/where.py").assert_refused(2, "scenario not found: no/where.py")


def test_an_error_of_the_system_that_only_has_a_message_is_told(call, monkeypatch):
    """shutil.Error is one: it has no strerror."""
    monkeypatch.setattr("harness.cli.app", Mock(side_effect=OSError("the copy has failed")))
    call("list").assert_refused(3, "ERROR  output: the copy has failed")


def test_a_second_run_that_is_missing_is_said_to_be_missing(kept):
    kept("diff", 1).assert_refused(2, "a second run is missing", "run 1 has one environment")


def test_a_list_without_a_match_says_so(call):
    ended = call("list", "zzzz")
    ended.assert_ran()
    assert ended.stdout.startswith("No scenario matches; ")


INTERRUPTED = """
import threading
from concurrent.futures import ThreadPoolExecutor
import harness.cli

def carry_out(**options):
    ThreadPoolExecutor(1).submit(threading.Event().wait)
    raise KeyboardInterrupt

harness.cli.app = carry_out
harness.cli.main()
"""


def test_an_interrupted_command_ends_although_a_thread_of_it_waits_for_ever():
    """So a thread waits for a future whose lock the main thread held when Ctrl-C came."""
    command = [sys.executable, "-c", INTERRUPTED]
    ended = subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "Interrupted.\n")
