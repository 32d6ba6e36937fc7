"""`diff`: two runs or two releases, what a user types and gets."""

import contextlib
import json
import sys
from dataclasses import replace
from xml.etree import ElementTree

import msgspec
import numpy as np
import pytest

from harness.catalog.load import read_catalog
from harness.cli.diff_releases import choose_outcomes, find_kept
from harness.results.json_files import make_result_file, write_json
from harness.results.outcome import Raw
from harness.results.store import Store
from tests.unit.builders import ENVIRONMENT, MACHINE, as_outcomes, make_record

NAMES = {
    "2.20": "tensorflow-2.20.0+keras-3.11.3",
    "2.21": "tensorflow-2.21.0+keras-3.15.1",
    "nightly": "tensorflow-2.23.0-dev1+keras-3.16.0",
}
ERROR = {
    "verdict": "error",
    "error": {"type": "TypeError", "message": "no such layer\n::error::"},
    "statistics": None,
}
DIFFERS = {"verdict": "differs", "scenario": "double-rescale"}
EACH = "Trained, saved and restored in each: "
REQUEST = {"scenarios": [], "root": "", "command": ["run"]}
ONE = np.linspace(0, 1, 8, dtype="float32")[:, None]


def last_line(ended):
    return ended.stdout.splitlines()[-1]


@pytest.fixture
def keep_run(cli):
    """A function that keeps a finished run with these outcomes by release; returns its number."""

    def keep(outcomes, predictions=None, finish=True, request=None):
        with contextlib.closing(Store(cli.folder / "reports")) as store:
            run = store.start_run(REQUEST | (request or {}), MACHINE)
            environments = [
                msgspec.structs.replace(
                    ENVIRONMENT, name=NAMES[each], release=each, tensorflow=f"{each}.0"
                )
                for each in outcomes
            ]
            store.set_environments(run, environments)
            for release, records in outcomes.items():
                name = {"writer": NAMES[release], "reader": NAMES[release]}
                for record in records:
                    [outcome] = as_outcomes([record | name])
                    store.add(run, outcome, Raw(predictions=predictions))
            if finish:
                store.finish(run)
            return run

    return keep


def make(**changes):
    return make_record(**{"scenario": "dead-relu-head", "verdict": "match"} | changes)


def test_something_that_worked_and_no_longer_does_is_exit_code_1(cli, keep_run):
    keep_run({"2.20": [make()]})
    keep_run({"2.21": [make(**ERROR)]})
    ended = cli("diff", 1, 2)
    ended.assert_ran(1)
    assert ended.stdout.startswith(f"{EACH}2.20 → 2.21\n2.20  TensorFlow 2.20.0")
    assert "REGRESSED: 1 path that worked in 2.20 no longer works in 2.21" in ended.stdout
    assert last_line(ended) == "Next: python -m harness explain dead-relu-head"
    assert ended.stderr == ""
    back = cli("diff", 2, 1)
    back.assert_ran(0)
    assert "Works in 2.20, did not work in 2.21: 1 path" in back.stdout


def test_a_run_compared_with_itself_is_unchanged(cli, keep_run):
    keep_run({"2.20": [make(), make(path="restore_fixed", **ERROR)]}, ONE)
    ended = cli("diff", 1, 1)
    ended.assert_ran(0)
    assert "Paths: 2 unchanged." in ended.stdout
    assert last_line(ended) == "Next: python -m harness runs"
    assert "restore_fixed" not in ended.stdout
    assert "fixed" in cli("diff", 1, 1, "--all").stdout


def test_kept_predictions_are_compared_and_result_files_fall_back_on_statistics(cli, keep_run):
    for run, predictions in enumerate((ONE, ONE + 0.5), 1):
        keep_run({"2.21": [make(**DIFFERS)]}, predictions)
        with contextlib.closing(Store(cli.folder / "reports")) as store:
            write_json(cli.folder / f"{run}.json", make_result_file(store.load(run)))
    ended = cli("diff", 1, 2)
    ended.assert_ran(0)
    assert "2.21 (run 1) → 2.21 (run 2)" in ended.stdout
    assert "up to 0.5 apart in 100% of the values" in ended.stdout
    assert last_line(ended) == "Next: python -m harness explain double-rescale"
    files = cli("diff", "1.json", "2.json")
    files.assert_ran(0)
    assert "compared only by their statistics" in files.stdout
    assert "Paths: 1 unchanged." in files.stdout


def test_readers_that_both_runs_have_are_compared_each_with_itself(cli, keep_run):
    keep_run({"2.20": [make()], "2.21": [make()]})
    keep_run({"2.21": [make(**ERROR)], "2.20": [make()]})
    ended = cli("diff", 1, 2)
    ended.assert_ran(1)
    assert "2.20 (run 1) → 2.20 (run 2)" in ended.stdout
    assert "REGRESSED: 1 path that worked in 2.21 (run 1)" in ended.stdout


def test_the_two_readers_of_one_run_are_compared(cli, keep_run):
    keep_run({"2.20": [make()], "2.21": [make(**ERROR)]})
    ended = cli("diff", 1)
    ended.assert_ran(1)
    assert ended.stdout.startswith(f"{EACH}2.20 → 2.21\n")
    for name in ("2.21", "2.21.0", NAMES["2.21"]):
        cli("diff", 1, 1, "--reader-a", name, "--reader-b", "2.20").assert_ran(0)


def test_what_one_release_saved_and_two_restored_says_who_saved(cli):
    with contextlib.closing(Store(cli.folder / "reports")) as store:
        run = store.start_run(REQUEST, MACHINE)
        readers = [NAMES["2.20"], NAMES["2.21"]]
        store.set_environments(
            run, [msgspec.structs.replace(ENVIRONMENT, name=each) for each in readers]
        )
        for reader, verdict in zip(readers, ("match", "zeros"), strict=True):
            record = make(writer=NAMES["2.20"], reader=reader, verdict=verdict)
            [outcome] = as_outcomes([record])
            store.add(run, outcome, Raw())
        store.finish(run)
    ended = cli("diff", 1, 1, "--reader-a", readers[0], "--reader-b", readers[1])
    ended.assert_ran(1)
    assert ended.stdout.startswith(f"Saved by {NAMES['2.20']}, restored in each: ")


def test_readers_that_are_not_clear_must_be_named(cli, keep_run):
    keep_run({"2.20": [make()], "2.21": [make()]})
    keep_run({"2.20": [make()], "nightly": [make()]})
    keep_run({"2.20": [make()], "2.21": [make()], "nightly": [make()]})
    cli("diff", 1, 2).assert_refused(2, "not clear", "run 2 has 2.20, nightly", "--reader-a NAME")
    cli("diff", 3).assert_refused(2, "not clear", "run 3 has 2.20, 2.21, nightly")
    cli("diff", 1, 2, "--reader-a", "2.21").assert_refused(
        2, "run 2 has several", "--reader-b 2.20"
    )
    cli("diff", 1, 2, "--reader-a", "2.2", "--reader-b", "nightly").assert_refused(
        2, "run 1 has no reader 2.2", "known: 2.20, 2.21"
    )
    ended = cli("diff", 1, 2, "--reader-a", "2.21", "--reader-b", "nightly")
    ended.assert_ran(0)
    assert "2.21 → nightly" in ended.stdout


def test_an_unfinished_run_is_compared_and_said_to_be_unfinished(cli, keep_run):
    keep_run({"2.20": [make(), make(path="restore_fixed")]})
    keep_run({"2.21": [make()]}, finish=False)
    ended = cli("diff", 1, 2)
    ended.assert_ran(0)
    assert "Run 2 is unfinished" in ended.stderr
    assert "Ran only in 2.20: 1 path\n  1 path: not run" in ended.stdout


def test_json_junit_and_annotations_are_written(cli, keep_run):
    keep_run({"2.20": [make()], "2.21": [make(**ERROR)]})
    ended = cli("diff", 1, "--json", "d.json", "--junit", "d.xml", "--annotations")
    ended.assert_ran(1)
    document = json.loads((cli.folder / "d.json").read_text())
    assert document["comparisons"][0]["counts"]["regressed"] == 1
    root = ElementTree.parse(cli.folder / "d.xml").getroot()
    assert root.get("failures") == "1"
    commands = [line for line in ended.stderr.splitlines() if line.startswith("::")]
    assert len(commands) == 1
    assert commands[0].startswith("::error file=")
    assert "dead_relu_head.py,line=" in commands[0]
    assert not any(line.startswith("::") for line in ended.stdout.splitlines())


def test_annotations_are_on_where_github_runs_and_can_be_turned_off(cli, keep_run):
    keep_run({"2.20": [make()], "2.21": [make(**ERROR)]})
    assert "::error" in cli("diff", 1, GITHUB_ACTIONS="true").stderr
    assert "::error" not in cli("diff", 1, "--no-annotations", GITHUB_ACTIONS="true").stderr
    assert "::error" not in cli("diff", 1, GITHUB_ACTIONS="").stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], ["give two runs, or two releases"]),
        ([1, 2, 3], ["runs given: 3"]),
        ([7, 8], ["no runs are kept in reports"]),
        (["nofile.json", "other.json"], ["no such run or result file: nofile.json"]),
        (["--tf", "2.21"], ["diff --tf needs two different releases", "given: 2.21"]),
        (["--tf", "2.21,2.21"], ["two different releases"]),
        (["--tf", "2.20,2.99"], ["unknown release: 2.99"]),
        (["--tf", "2.20,2.21", "ded-relu-head"], ["scenario not found: ded-relu-head"]),
        (["--tf", "2.20", "--tf", "2.21", "--reader-a", "x"], ["cannot be used with --tf"]),
        ([1, 2, "--format", "nope"], ["unknown table format: nope"]),
        ([1, 2, "--junit", "no/where.xml"], ["cannot write no/where.xml"]),
        ([1, 2, "--json=."], ["cannot write ."]),
    ],
)
def test_a_diff_that_makes_no_sense_is_refused_with_a_sentence(cli, arguments, words):
    ended = cli("diff", *arguments)
    ended.assert_refused(2, *words)
    assert ended.stdout == ""


def test_a_run_without_outcomes_cannot_be_compared(cli, keep_run):
    keep_run({"2.20": []})
    cli("diff", 1, 1).assert_refused(2, "run 1 has no outcomes")


def test_a_result_file_of_an_older_schema_can_be_compared(cli, request):
    data = request.config.rootpath / "tests" / "data"
    for schema in (1, 2):
        file = data / f"run-schema-{schema}.json"
        ended = cli("diff", file, file)
        ended.assert_ran(0)
        assert "Paths:" in ended.stdout
        assert "regressed" not in ended.stdout


def plain_request():
    return {"doses": False, "seeds": None, "spawn": False, "timing": False, "writers": []}


def keep_scenario(keep_run, scenario, releases, **request):
    """Keep a run of every path of a scenario, as its file is now, that matched in each release."""
    paths = [
        make(scenario=scenario.id, path=path, source_sha256=scenario.source_hash)
        for path in scenario.paths()
    ]
    keep_run(dict.fromkeys(releases, paths), ONE, request=plain_request() | request)


def test_releases_that_are_kept_are_not_run_again(cli, keep_run, faulty):
    scenario = read_catalog(faulty).find("returns-nan")
    keep_scenario(keep_run, scenario, ["2.20", "2.21"])
    keep_scenario(keep_run, scenario, ["2.20", "2.21"], writers=["2.20"])
    ended = cli("diff", "--tf", "2.20,2.21", "returns-nan", "--scenarios", faulty)
    ended.assert_ran(0)
    assert ended.stdout.startswith(f"- {EACH}2.20 → 2.21: Nothing that worked in 2.20 fails")
    assert ended.stdout.count("Paths: 2 unchanged.") == 2
    assert ended.stderr == ""


def test_what_is_kept_counts_only_where_it_would_be_measured_the_same_now(cli, keep_run, faulty):
    scenario = read_catalog(faulty).find("returns-nan")
    older = replace(scenario, source=scenario.source + "# edited\n")
    keep_scenario(keep_run, older, ["2.20"])
    keep_scenario(keep_run, scenario, ["2.20"], timing=True)
    keep_scenario(keep_run, scenario, ["2.20"], doses=True)
    keep_scenario(keep_run, scenario, ["nightly"])
    with contextlib.closing(Store(cli.folder / "reports")) as store:
        for release in ("2.20", "nightly"):
            assert choose_outcomes(find_kept(store, release), release, scenario) is None
        kept = choose_outcomes(find_kept(store, "2.20"), "2.20", older)
        assert kept is not None
        assert kept[0].id == 1


@pytest.mark.long
@pytest.mark.tensorflow
def test_what_is_missing_is_run_and_kept(cli, faulty):
    """This interpreter with Keras 3 and with tf_keras: two environments that need no building."""
    legacy = f"{sys.executable}+legacy"
    arguments = ["--tf", f"this,{legacy}", "returns-nan", "--scenarios", faulty]
    ended = cli("diff", *arguments, "--junit", "d.xml")
    ended.assert_ran(0)
    assert ended.stdout.count("Paths: 2 unchanged.") == 2
    assert EACH in ended.stdout
    assert "Saved by tensorflow-" in ended.stdout
    assert "Run 1 is saved in reports;" in ended.stderr
    assert [len(cli.outcomes(run)) for run in (1, 2)] == [4, 4]
    assert ElementTree.parse(cli.folder / "d.xml").getroot().get("failures") == "0"
    again = cli("diff", 1)
    again.assert_ran(0)
    assert "Paths: 2 unchanged." in again.stdout


@pytest.mark.tensorflow
def test_a_release_that_cannot_be_used_is_a_sentence_and_the_other_is_kept(cli, faulty):
    broken = cli.folder / "python"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    ended = cli("diff", "--tf", "this", "--tf", broken, "returns-nan", "--scenarios", faulty)
    assert ended.code == 3
    assert "one of the releases could not be used" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""
    assert len(cli.outcomes(1)) == 2
