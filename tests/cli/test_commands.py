"""Every command and option, as a user types it."""

import json
import re
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from importlib import import_module

import pytest

import harness
from harness.catalog.likelihood import read_chances
from harness.catalog.load import PACKAGED, read_catalog
from harness.catalog.scenario import FAMILIES
from harness.report.table import SEVERITY
from tests.conftest import REPOSITORY, TIMED

IDS = [scenario.id for scenario in read_catalog().scenarios]


def last_line(ended):
    return ended.stdout.splitlines()[-1]


def test_list_names_every_scenario_and_what_to_do_next(cli):
    ended = cli("list")
    ended.assert_ran()
    assert all(identifier in ended.stdout for identifier in IDS)
    assert f"{len(IDS)} of {len(IDS)} scenarios." in ended.stdout
    assert last_line(ended) == f"Next: python -m harness explain {IDS[0]}"


def list_ids(cli, *arguments):
    ended = cli("list", "--json", *arguments)
    ended.assert_ran()
    return [each["id"] for each in json.loads(ended.stdout)]


@pytest.mark.parametrize("family", FAMILIES)
def test_list_filters_by_family(cli, family):
    wanted = [each.id for each in read_catalog().scenarios if each.family == family]
    assert list_ids(cli, "--family", family) == wanted


def test_list_filters_by_verdict_and_by_words_together(cli):
    zeros = list_ids(cli, "--verdict", "zeros")
    assert "dead-relu-head" in zeros
    assert "missing-custom-objects" not in zeros
    assert list_ids(cli, "ReLU", "weather", "--verdict", "zeros") == ["dead-relu-head"]
    assert list_ids(cli, "no-such-word-anywhere") == []


def test_list_as_json_holds_what_a_tool_needs(cli):
    first = json.loads(cli("list", "--json").stdout)[0]
    assert set(first) >= {"id", "family", "summary", "broken", "paths", "tensorflow", "file"}


def test_list_filters_by_layer_and_by_look_alikes(cli):
    scenarios = read_catalog().scenarios
    wanted = [each.id for each in scenarios if "LSTM" in each.layers]
    assert list_ids(cli, "--layer", "lstm") == wanted
    alike = [each.id for each in scenarios if each.is_look_alike]
    assert len(alike) >= 8
    assert list_ids(cli, "--look-alikes") == alike


def test_every_mechanism_that_gives_zeros_is_on_a_shelf_of_its_own(cli):
    zeros = list_ids(cli, "--verdict", "zeros")
    assert len(zeros) >= 11
    assert set(zeros) >= {
        "sigmoid-underflow",
        "dead-relu-head",
        "custom-relu-shadowed",
        "architecture-only",
    }


def test_search_finds_by_symptom_and_by_error_and_says_what_is_next(cli):
    ended = cli("search", "ValueError: Unknown layer: 'TFOpLambda'. Please ensure")
    ended.assert_ran()
    assert ended.stdout.splitlines()[2].startswith("tfoplambda-unknown")
    assert last_line(ended) == "Next: python -m harness explain tfoplambda-unknown"
    few = cli("search", "predicts", "zeros", "--limit", 2, "--format", "github")
    few.assert_ran()
    rows = [line for line in few.stdout.splitlines() if re.match(r"\| [a-z]", line)]
    assert len(rows) == 1 + 2  # the header, and what was asked for


def test_search_says_that_no_lesson_fits_and_what_to_do_instead(cli):
    ended = cli("search", "pip cannot install tensorflow: DLL load failed")
    ended.assert_ran(0)
    first = ended.stdout.splitlines()[:3]
    assert first == [
        "None of our lessons fits well.",
        "The question seems to be about installing or importing TensorFlow.",
        "The nearest lessons:",
    ]
    assert last_line(ended) == "Next: python -m harness env for FILE"
    found = json.loads(cli("search", "pip cannot install tensorflow", "--json").stdout)
    assert not any(each["fits"] for each in found)


def test_the_advice_where_no_lesson_fits_has_the_width_of_the_terminal(call, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    lines = call("search", "pip cannot install tensorflow: DLL load failed").stdout.splitlines()
    assert any("A report of what is missing here" in line for line in lines)
    assert max(map(len, lines)) <= 80


def test_search_for_a_bare_symptom_points_at_its_ladder(cli):
    ended = cli("search", "my", "restored", "keras", "model", "predicts", "zeros")
    ended.assert_ran()
    assert "zero-at-night" not in ended.stdout
    assert "python -m harness explain --symptom zeros" in ended.stdout


def test_one_scenario_is_not_called_several(call):
    call("new", "my-case", "--family", "restore", "--scenarios", "own").assert_ran(0)
    assert "\n1 of 1 scenario.\n" in call("list", "--scenarios", "own").stdout
    assert "None of 1 scenario contains" in call("search", "xyzzy", "--scenarios", "own").stdout
    assert "0 environments in " in call("env", "list").stdout


def test_search_for_words_that_nobody_has_points_at_the_list(cli):
    ended = cli("search", "xyzzy")
    ended.assert_ran()
    assert last_line(ended) == "Next: python -m harness list"


def test_index_is_written_and_checked(cli, faulty):
    folder = cli.folder / "own" / "restore"
    folder.mkdir(parents=True)
    (folder / "hangs.py").write_text((faulty / "restore" / "hangs.py").read_text())
    stale = cli("index", "--check", "--scenarios", "own")
    stale.assert_ran(1)
    assert last_line(stale) == "Next: python -m harness index --scenarios own"
    cli("index", "--scenarios", "own").assert_ran()
    cli("index", "--check", "--scenarios", "own").assert_ran()
    assert "[hangs](restore/hangs.py)" in (cli.folder / "own" / "README.md").read_text()


def test_explain_is_a_lesson_with_the_broken_code_and_every_cure_whole(cli):
    ended = cli("explain", "dead-relu-head")
    ended.assert_ran()
    titles = re.findall(r"^([A-Z][a-z ]+)(?: \(.*\))?:$|^--- (.*) ---$", ended.stdout, re.M)
    assert ["".join(title) for title in titles] == [
        "Symptom",
        "Hints",
        "Cause",
        "Fix",
        "Spot it",
        "Evidence",
        "The broken code",
        "The cure saved_statistics",
        "The cure folded_scaling",
        "How saved_statistics differs",
        "How folded_scaling differs",
    ]
    assert ended.stdout.count("def save(") == 1
    assert ended.stdout.count("\nimport tensorflow as tf\n") == 3
    assert re.search(r"^\s*\+.*statistics", ended.stdout, re.MULTILINE)
    assert last_line(ended) == "Next: python -m harness run dead-relu-head"
    lesson = json.loads(cli("explain", "dead-relu-head", "--json").stdout)
    assert lesson["id"] == "dead-relu-head"
    assert len(lesson["hints"]) == 3
    assert list(lesson["broken"]) == ["restore_broken"]
    assert list(lesson["cures"]) == list(lesson["diffs"])


def test_a_hint_comes_without_the_answer_and_leads_to_the_next(cli):
    scenario = read_catalog().find("dead-relu-head")
    for number in (1, 2, 3):
        ended = cli("explain", scenario.id, "--hint", number, COLUMNS="200")
        ended.assert_ran()
        shown = [hint in ended.stdout for hint in scenario.hints]
        assert shown == [each < number for each in range(3)]
        assert "def save(" in ended.stdout
        for answer in (scenario.summary, "Cause:", "Fix:", "restore_fixed", "SCENARIO"):
            assert answer not in ended.stdout
        command = last_line(ended).removeprefix("Next: python -m harness ").split()
        following = ["--hint", str(number + 1)] if number < 3 else []
        assert command == ["explain", scenario.id, *following]
    riddle = json.loads(cli("explain", scenario.id, "--hint", 2, "--json").stdout)
    assert riddle.keys() == {"id", "sections", "broken", "hints"}
    assert list(riddle["sections"]) == ["Symptom"]
    assert riddle["hints"] == scenario.hints[:2]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["dead-relu-head", "--hint", 4], "dead-relu-head has the hints 1 to 3"),
        (["dead-relu-head", "--hint", 0], "--hint 1"),
        (["--symptom", "zeros", "--hint", 1], "--hint belongs to one scenario"),
        (["--hint", 1], "give a scenario's id or --symptom"),
    ],
    ids=str,
)
def test_a_hint_that_there_is_not_is_refused(cli, arguments, words):
    cli("explain", *arguments).assert_refused(2, words)


def test_explain_a_symptom_lists_what_to_check(cli):
    ended = cli("explain", "--symptom", "zeros")
    ended.assert_ran()
    zeros = list_ids(cli, "--verdict", "zeros")
    for number, identifier in enumerate(zeros, 1):
        assert f"\n{number}. " in ended.stdout
        assert f"See it: python -m harness explain {identifier}" in ended.stdout
    assert last_line(ended) == f"Next: python -m harness explain {zeros[0]}"
    places = [ended.stdout.index(f" explain {each}\n") for each in zeros]
    assert places == sorted(places)
    assert "Met often (as we judge); the check takes about 1 minute." in ended.stdout


def test_a_symptom_shows_common_mistakes_first_never_by_the_alphabet(cli):
    for command in (["list", "--verdict", "error"], ["explain", "--symptom", "error"]):
        found = [each["id"] for each in json.loads(cli(*command, "--json").stdout)]
        chances = [read_chances()[each].likelihood for each in found]
        assert chances == sorted(chances, key=["many", "some", "rare"].index)
        assert found != sorted(found)


def test_explain_a_symptom_nobody_has_yet_says_so(cli):
    ended = cli("explain", "--symptom", "crash")
    ended.assert_ran()
    assert "No scenario shows 'crash' yet" in ended.stdout
    assert last_line(ended) == "Next: python -m harness list"


def test_a_symptom_that_is_nearly_one_is_recognised(cli):
    cli("explain", "--symptom", "zeroes").assert_refused(2, "unknown symptom", "mean zeros?")
    cli("explain", "--symptom", "match").assert_refused(2, "unknown symptom")  # nobody's trouble


def test_a_word_that_is_a_verdict_lists_what_shows_it(cli):
    ended = cli("list", "zeros", "--json")
    found = json.loads(ended.stdout)
    assert found
    assert all("zeros" in each["broken"] for each in found)


def test_the_version_is_printed(cli):
    assert cli("--version").stdout.strip() == f"restorebench {harness.__version__}"


def test_a_python_that_lacks_the_harness_own_packages_says_so():
    bare = [sys.executable, "-S", "-m", "harness", "list"]  # -S: no site-packages
    done = subprocess.run(bare, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stderr.startswith("ERROR  ")
    assert "source .venv/bin/activate" in done.stderr


def test_runs_in_a_new_folder_says_how_to_make_one(cli):
    ended = cli("runs")
    ended.assert_ran()
    assert last_line(ended) == "Next: python -m harness run --all"
    assert json.loads(cli("runs", "--json").stdout) == []


@pytest.mark.parametrize(
    "command",
    [
        "",
        "run",
        "list",
        "search",
        "explain",
        "runs",
        "show",
        "new",
        "check",
        "index",
        "env",
        "env add",
        "env list",
    ],
)
def test_help_comes_without_tensorflow_and_without_a_mistake(cli, command):
    ended = cli(*command.split(), "--help")
    ended.assert_ran()
    assert ended.stdout.startswith(f"Usage: python -m harness{' ' * bool(command)}{command} ")
    assert ended.stderr == ""


def test_the_restorebench_command_is_this_command_line(cli):
    scripts = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["scripts"]
    module, function = scripts["restorebench"].split(":")
    assert callable(getattr(import_module(module), function))
    code = f"from {module} import {function}; {function}()"
    done = subprocess.run(
        [sys.executable, "-c", code, "list", "--json"],
        env=cli.environment({}),
        cwd=cli.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert [each["id"] for each in json.loads(done.stdout)] == IDS


def test_a_reader_that_has_seen_enough_is_no_error(cli):
    """`python -m harness list | head -1`."""
    command = f"{sys.executable} -m harness list --json | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command],
        env=cli.environment({}),
        cwd=cli.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "[\n"
    assert "Traceback" not in done.stderr


@pytest.mark.tensorflow
class TestTheSharedRun:
    """What `run --all --no-timing --json` printed and left."""

    def test_results_are_on_stdout_and_progress_on_stderr(self, whole_run):
        out, err = whole_run.ended.stdout, whole_run.ended.stderr
        assert out.startswith("TensorFlow ")
        assert "scenario " in out
        assert f"[1/{len(whole_run.document['outcomes'])}]" in err
        assert "[1/" not in out
        assert "scenario " not in err

    def test_the_last_line_is_the_next_command(self, whole_run, cli):
        line = last_line(whole_run.ended)
        assert line.startswith("Next: python -m harness ")
        cli(*line.removeprefix("Next: python -m harness ").split()).assert_ran()

    def test_the_worst_comes_first(self, whole_run):
        order = re.findall(rf"^\S+ +\S+ +({'|'.join(SEVERITY)})\b", whole_run.ended.stdout, re.M)
        assert [SEVERITY.index(verdict) for verdict in order] == sorted(
            SEVERITY.index(verdict) for verdict in order
        )
        assert len(order) == len(whole_run.document["outcomes"])

    def test_no_colour_reaches_a_pipe(self, whole_run):
        assert "\x1b" not in whole_run.ended.stdout + whole_run.ended.stderr

    def test_no_color_and_force_color_do_not_reach_the_results(self, whole_run):
        for variables in ({"NO_COLOR": "1"}, {"FORCE_COLOR": "1"}):
            assert "\x1b" not in whole_run.cli("show", 1, **variables).stdout

    def test_show_prints_the_run_as_it_was_printed(self, whole_run):
        kept, file = whole_run.cli("show", 1), whole_run.cli("show", "run.json")
        kept.assert_ran(0)
        assert kept.stdout == file.stdout
        printed = whole_run.ended.stdout.splitlines()
        assert kept.stdout.splitlines() == [
            line for line in printed if not line.startswith("Run 1 is saved")
        ]

    def test_show_as_json_is_the_file_that_run_wrote(self, whole_run):
        ended = whole_run.cli("show", 1, "--json")
        ended.assert_ran()
        assert json.loads(ended.stdout) == whole_run.document

    def test_show_output_of_a_scenario_the_run_lacks_is_refused(self, whole_run):
        whole_run.cli("show", 1, "--output", "xyzzy").assert_refused(2, "no outcomes of xyzzy")

    def test_runs_lists_it_as_finished(self, whole_run):
        ended = whole_run.cli("runs")
        ended.assert_ran()
        assert last_line(ended) == "Next: python -m harness show 1"
        listed = json.loads(whole_run.cli("runs", "--json").stdout)
        assert [(each["run"], each["state"]) for each in listed] == [(1, "finished")]
        assert listed[0]["outcomes"] == len(whole_run.document["outcomes"])
        assert listed[0]["command"].startswith("run --all --no-timing --json run.json")

    def test_a_finished_run_leaves_nothing_to_resume(self, whole_run):
        whole_run.cli("run", "--resume").assert_refused(2, "there is no unfinished run to resume")

    def test_github_and_html_tables_hold_every_outcome(self, whole_run):
        count = len(whole_run.document["outcomes"])
        github = whole_run.cli("show", "run.json", "--format", "github").stdout
        assert sum(line.startswith("| ") for line in github.splitlines()) == count + 1
        html = whole_run.cli("show", "run.json", "--format", "html").stdout
        rows = []
        parser = HTMLParser()
        parser.handle_starttag = lambda tag, _: rows.append(tag) if tag == "tr" else None
        parser.feed(html)
        assert len(rows) == count + 1

    def test_a_terminal_without_the_characters_of_a_table_gets_others(self, whole_run):
        ended = whole_run.cli("show", 1, "--format", "fancy_grid", PYTHONIOENCODING="ascii")
        ended.assert_ran(0)
        assert "dead-relu-head" in ended.stdout


@pytest.mark.tensorflow
class TestATimedRun:
    """What `run SCENARIO... --json --benchmark-json` printed and left."""

    def test_the_table_shows_a_time_wherever_there_is_one(self, timed_run):
        header, _, *rows = timed_run.cli("show", 1).stdout.split("\n\n")[1].splitlines()
        assert header.split()[-6:] == ["ref", "load", "ms", "p50", "ms", "calls"]
        timed = [each for each in timed_run.document["outcomes"] if each["timing"]]
        ends_in_times = re.compile(r"(\s+\d+(\.\d\d)?){3}\s*$")
        assert sum(bool(ends_in_times.search(row)) for row in rows) == len(timed)

    def test_every_timed_outcome_is_in_the_benchmark_file(self, timed_run):
        timed = [each for each in timed_run.document["outcomes"] if each["timing"]]
        benchmarks = read_benchmarks(timed_run)
        assert len(benchmarks) == len(timed) > len(TIMED)
        for benchmark in benchmarks:
            stats = benchmark["stats"]
            assert 0 < stats["min"] <= stats["median"] <= stats["max"]
            assert stats["rounds"] >= 5

    def test_the_benchmark_file_holds_the_times_that_the_run_shows(self, timed_run):
        shown = sorted(
            each["timing"]["p50_ms"] for each in timed_run.document["outcomes"] if each["timing"]
        )
        kept = sorted(each["stats"]["median"] * 1e3 for each in read_benchmarks(timed_run))
        assert kept == pytest.approx(shown, rel=1e-6)

    def test_pytest_benchmark_compare_reads_the_benchmark_file(self, timed_run):
        done = subprocess.run(
            [sys.executable, "-m", "pytest_benchmark", "compare", "benchmarks.json"],
            cwd=timed_run.cli.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "dead-relu-head" in done.stdout


def read_benchmarks(run):
    return json.loads((run.cli.folder / "benchmarks.json").read_text())["benchmarks"]


def line_of(text, words):
    return next(line for line, each in enumerate(text.splitlines(), 1) if words in each)


@pytest.mark.long
@pytest.mark.tensorflow
def test_a_new_scenario_passes_its_check_once_its_text_is_written(cli):
    ended = cli("new", "my-case", "--family", "preprocessing", "--scenarios", "own")
    ended.assert_ran()
    file = cli.folder / "own" / "preprocessing" / "my_case.py"
    assert file.exists()
    assert not (PACKAGED / "preprocessing" / "my_case.py").exists()
    following = last_line(ended).removeprefix("Next: python -m harness ")
    assert following == "check my-case --scenarios own"
    text = file.read_text().replace("Say in one sentence what goes wrong.", "It is a tenth.")
    file.write_text(text)
    checked = cli(*following.split())
    checked.assert_ran(1)
    assert f"my_case.py:{line_of(text, 'The mechanism.')}: the template's text" in checked.stdout
    assert "restore_broken is still the template's" in checked.stdout
    for number, left in enumerate(re.findall(r"still there: '(.*)'", checked.stdout)):
        text = text.replace(left, f"Sentence {number}.")
    text = text.replace("The quickest check on one's own model.", "Look.")
    file.write_text(text.replace("inputs / 10", "inputs / 3"))
    checked = cli(*following.split())
    checked.assert_ran(0)
    assert "my-case: 2 paths as declared, with equal numbers in both runs." in checked.stdout
    again = cli("new", "my-case", "--family", "restore", "--scenarios", "own")
    again.assert_refused(2, "my-case exists in preprocessing", "choose another id")


@pytest.mark.tensorflow
def test_check_names_every_fault_of_a_scenario(cli, faulty):
    folder = cli.folder / "own" / "restore"
    folder.mkdir(parents=True)
    text = (faulty / "restore" / "calls_sys_exit.py").read_text()
    text = text.replace('"restore_broken": "error"', '"restore_broken": "zeros"')
    text = text.replace("inputs @ weights\n", "inputs @ (weights + np.random.rand())\n")
    text = text.replace("np.random.rand()", "np.frombuffer(os.urandom(2), 'u2')[0]")
    (folder / "calls_sys_exit.py").write_text(text.replace("import sys", "import os\nimport sys"))
    ended = cli("check", "calls-sys-exit", "--scenarios", "own")
    assert ended.code == 1
    faults = [line for line in ended.stdout.splitlines() if line.startswith("FAULT  ")]
    assert "FAULT  restore_broken gave error, declared zeros (SystemExit: no model today)" in faults
    assert not any("template's text" in fault for fault in faults)
    assert "FAULT  no fixed path matches, so nothing here is cured" in faults
    assert any("other numbers the second time" in fault for fault in faults)
    assert last_line(ended).startswith("Next: python -m harness check ")


@pytest.mark.tensorflow
def test_a_dosed_run_shows_the_response_and_plots_it(cli):
    ended = cli("run", "double-rescale", "--dose", "--json", "dose.json")
    ended.assert_ran(0)
    dose = read_catalog().find("double-rescale").dose
    assert dose.of in ended.stdout
    document = json.loads((cli.folder / "dose.json").read_text())
    assert sorted(each["dose"] for each in document["outcomes"]) == dose.values
    verdicts = {each["dose"]: each["verdict"] for each in document["outcomes"]}
    assert verdicts[dose.values[0]] == "match"
    assert verdicts[dose.own] == "zeros"
    assert {file.name for file in (cli.folder / "reports").glob("dose-*")} == {
        f"dose-double-rescale.{ending}" for ending in ("html", "png", "svg")
    }
    cli("show", 1).assert_ran(0)


@pytest.mark.long
@pytest.mark.tensorflow
def test_a_dose_that_counts_something_reaches_the_lesson_as_an_integer(cli):
    cli("run", "columns-in-another-order", "--dose", "--json", "dose.json").assert_ran(0)
    document = json.loads((cli.folder / "dose.json").read_text())
    assert [each["error"] for each in document["outcomes"]] == [None] * 5


@pytest.mark.tensorflow
def test_run_takes_every_option_it_has(cli, faulty):
    common = ["--scenarios", faulty, "--reports", "kept", "--device", "cpu"]
    rates = cli(
        "run",
        "returns-nan",
        *common,
        "--seeds",
        3,
        "--no-timing",
        "--time-limit",
        60,
        "--memory-limit",
        2048,
        "--format",
        "github",
        "--python",
        sys.executable,
    )
    rates.assert_ran(0)
    assert rates.stdout.count("| 3/3 ") == 2
    assert (cli.folder / "kept" / "restorebench.sqlite").exists()
    one = cli(
        "run",
        "returns-nan",
        *common,
        "--seed",
        3,
        "--timing",
        "--legacy-keras",
        "--json",
        "one.json",
        "--benchmark-json",
        "benchmarks.json",
    )
    one.assert_ran(0)
    document = json.loads((cli.folder / "one.json").read_text())
    assert {each["seed"] for each in document["outcomes"]} == {3}
    assert document["environments"][0]["keras_home"] == "tf_keras"
    assert all(each["timing"] for each in document["outcomes"])
    listed = json.loads(cli("runs", "--json", "--reports", "kept").stdout)
    assert [each["run"] for each in listed] == [2, 1]
    assert listed[0]["command"].startswith("run returns-nan --scenarios")


@pytest.mark.tensorflow
def test_something_that_changed_is_exit_code_1_and_comes_first(cli, faulty):
    """A scenario that declares another verdict than it gives; its message holds odd characters."""
    folder = cli.folder / "own" / "restore"
    folder.mkdir(parents=True)
    text = (faulty / "restore" / "calls_sys_exit.py").read_text()
    text = text.replace('"restore_broken": "error"', '"restore_broken": "zeros"')
    text = text.replace("no model today", r"odd \udc80 \u2603 \x1b[31m")
    (folder / "calls_sys_exit.py").write_text(text)
    (folder / "segfaults.py").write_text((faulty / "restore" / "segfaults.py").read_text())
    ended = cli("run", "--all", "--scenarios", "own", "--no-timing", "--json", "run.json")
    ended.assert_ran(1)
    table = ended.stdout.splitlines()
    assert table[table.index("") + 3].startswith("calls-sys-exit")
    assert "no: zeros" in ended.stdout
    assert "calls-sys-exit restore_broken on CPU:0: error, declared zeros" in ended.stdout
    assert last_line(ended).startswith("Next: python -m harness explain calls-sys-exit")
    for run in (1, "run.json"):
        cli("show", run).assert_ran(1)
