"""Real faults in steps: each is named for what it is, and costs only its own path.

One run holds every scenario of tests/data/scenarios that has a fault, on one import of TensorFlow
(and one more for each path that takes its worker down).
"""

import json
import re
from pathlib import Path

import psutil
import pytest

from tests.conftest import FAULTY

pytestmark = pytest.mark.tensorflow

NOT_HERE = ("takes_its_time", "fills_the_disk", "stays_on_its_device")  # used by other tests
# scenario: verdict of its broken path, error type, words of its error message
FAULTS = {
    "calls-sys-exit": ("error", "SystemExit", "no model today"),
    "constant-reference": ("error", "ReferenceRefused", "a match would prove nothing"),
    "eats-memory": ("crash", "memory", "memory limit"),
    "exits-with-three": ("crash", "exit", "exit code 3"),
    "exits-with-zero": ("crash", "exit", "exit code 0"),
    "hangs": ("timeout", "timeout", "time limit"),
    "imports-itself": ("error", "ModuleNotFoundError", "restorebench scenario"),
    "kills-its-worker": ("crash", "signal", "took its worker process down"),
    "leaves-a-dangling-link": ("error", "ArtifactRefused", "latest is a link that leads nowhere"),
    "leaves-a-pipe": ("error", "ArtifactRefused", "events is a named pipe"),
    "leaves-a-socket": ("error", "ArtifactRefused", "server is a socket"),
    "raises-the-unprintable": ("error", "Unprintable", "(its __str__ raises SystemExit)"),
    "returns-objects": ("error", "UnreadableResult", "predictions.npz"),
    "save-raises": ("error", "RuntimeError", "in save_raising: nothing was saved"),
    "save-segfaults": ("crash", "signal", "in save_dying: ended by signal 11"),
    "segfaults": ("crash", "signal", "ended by signal 11"),
    "stops-its-worker": ("timeout", "timeout", "time limit"),
}
# Their broken path gives the declared verdict, but not by its own doing.
PROVE_NOTHING = {
    "constant-reference",
    "leaves-a-dangling-link",
    "leaves-a-pipe",
    "leaves-a-socket",
    "returns-objects",
    "save-raises",
    "save-segfaults",
}
HARMLESS = (
    "leaves-a-grandchild",
    "predicts-bfloat16",
    "prints-garbage",
    "writes-temporary-files",
)


@pytest.fixture(scope="module")
def faulty_run(make_cli, tmp_path_factory):
    """Every faulty scenario in one run; returns (command line, how it ended, outcomes by path)."""
    folder = tmp_path_factory.mktemp("faulty")
    (folder / "temporary").mkdir()
    command = make_cli(folder)
    files = (FAULTY / "restore").glob("*.py")
    ids = sorted(file.stem.replace("_", "-") for file in files if file.stem not in NOT_HERE)
    ended = command(
        "run",
        *ids,
        "--scenarios",
        FAULTY,
        "--no-timing",
        "--time-limit",
        8,
        "--memory-limit",
        512,
        "--json",
        "run.json",
        TMPDIR=str(folder / "temporary"),
    )
    assert (folder / "run.json").exists(), ended.stdout + ended.stderr
    records = json.loads((folder / "run.json").read_text())["outcomes"]
    return command, ended, {(each["scenario"], each["path"]): each for each in records}


def test_a_run_full_of_faults_ends_as_its_scenarios_declare(faulty_run):
    _, _, outcomes = faulty_run
    changed = {key for key, record in outcomes.items() if record["judgement"] == "changed"}
    assert {scenario for scenario, _ in changed} == PROVE_NOTHING


def test_a_fault_in_save_or_a_refusal_is_never_as_declared(faulty_run):
    _, ended, outcomes = faulty_run
    ended.assert_ran(1)
    for scenario in PROVE_NOTHING:
        record = outcomes[scenario, "restore_broken"]
        assert (record["verdict"], record["judgement"]) == (record["expected"], "changed")


@pytest.mark.parametrize("scenario", FAULTS)
def test_a_fault_is_named_for_what_it_is(faulty_run, scenario):
    verdict, kind, words = FAULTS[scenario]
    record = faulty_run[2][scenario, "restore_broken"]
    assert record["verdict"] == verdict
    assert record["error"]["type"] == kind
    assert words in record["error"]["message"]
    assert record["statistics"] is None


@pytest.mark.parametrize("scenario", HARMLESS)
def test_noise_and_litter_change_no_verdict(faulty_run, scenario):
    assert faulty_run[2][scenario, "restore_broken"]["verdict"] == "match"


def test_a_fault_costs_only_its_own_path(faulty_run):
    others = {
        scenario: record["verdict"]
        for (scenario, path), record in faulty_run[2].items()
        if path.startswith("restore_fixed") and scenario != "constant-reference"
    }
    ran = {*FAULTS, *HARMLESS, "returns-nan", "wrong-shape", "skipped-here"}
    assert set(others) == ran - {"constant-reference"}
    assert set(others.values()) == {"match"}


def test_a_reference_that_proves_nothing_refuses_the_fixed_path_too(faulty_run):
    record = faulty_run[2]["constant-reference", "restore_fixed_without_fault"]
    assert (record["verdict"], record["error"]["type"]) == ("error", "ReferenceRefused")


def test_a_path_that_a_rule_leaves_out_is_skipped_and_says_why(faulty_run):
    record = faulty_run[2]["skipped-here", "restore_broken"]
    assert (record["verdict"], record["judgement"]) == ("skip", "expected")
    assert record["error"]["message"] == "Keras 1 only."


def test_one_row_of_nan_makes_the_verdict_nan(faulty_run):
    record = faulty_run[2]["returns-nan", "restore_broken"]
    assert record["verdict"] == "nan"
    assert record["statistics"] is not None


@pytest.mark.parametrize("path", ["restore_broken", "restore_broken_scalar"])
def test_predictions_of_another_shape_are_no_match_and_no_error(faulty_run, path):
    record = faulty_run[2]["wrong-shape", path]
    assert (record["verdict"], record["error"]) == ("shape", None)


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ("segfaults", "about to read address zero"),
        ("hangs", "about to sleep"),
        ("save-raises", "about to raise in save"),
        ("prints-garbage", "garbage ends here"),
    ],
)
def test_what_a_step_printed_is_kept_and_shown(faulty_run, scenario, words):
    ended = faulty_run[0]("show", 1, "--output", scenario)
    ended.assert_ran()
    broken, fixed = ended.stdout.split("--- restore_fixed_without_fault")
    assert words in broken
    assert words not in fixed


def test_a_scenario_cannot_be_imported_by_the_step_that_runs_it(faulty_run):
    """Keras 3.0-3.6 would find its classes by module path, and cure a broken path in silence."""
    record = faulty_run[2]["imports-itself", "restore_fixed_without_fault"]
    assert record["verdict"] == "match", record["error"]


def test_a_grandchild_ends_with_the_step_that_started_it(faulty_run):
    shown = faulty_run[0]("show", 1, "--output", "leaves-a-grandchild").stdout
    found = re.search(r"grandchild (\d+)", shown)
    assert found
    assert not psutil.pid_exists(int(found[1]))


def test_no_process_of_a_run_outlives_it(faulty_run):
    folder = str(faulty_run[0].folder)
    strays = []
    for process in psutil.process_iter(["cwd", "cmdline"]):
        if (process.info["cwd"] or "").startswith(folder):
            strays.append(process.info["cmdline"])
    assert strays == []


def test_a_run_leaves_nothing_but_the_database_and_what_was_asked_for(faulty_run):
    folder: Path = faulty_run[0].folder
    left = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert left == {"run.json", "reports/restorebench.sqlite"}


def test_bfloat16_stays_bfloat16_from_the_step_to_the_judge(faulty_run):
    record = faulty_run[2]["predicts-bfloat16", "restore_broken_tenth"]
    assert record["verdict"] == "differs"
    assert record["statistics"]["dtype"] == "bfloat16"
    assert record["statistics"]["reference"]["dtype"] == "bfloat16"
    plain = faulty_run[2]["returns-nan", "restore_broken"]["statistics"]
    assert (plain["dtype"], plain["reference"]["dtype"]) == ("float64", "float32")
