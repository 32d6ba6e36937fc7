"""Tables and paragraphs: harness/report/ and harness/cli/output.py.

What they look like is kept in tests/data/golden/. To write those files anew, and then read the
diff: UPDATE_GOLDEN=1 python -m pytest tests/unit/test_report.py
"""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tabulate import tabulate_formats

from harness.cli.output import next_step, present
from harness.processes.facts import Device
from harness.program import folders
from harness.report.layout import Layout
from harness.report.summary import describe_change, describe_environments, summarize
from harness.report.table import make_rate_table, make_table, show_number
from harness.results.json_files import ResultFile
from harness.results.judgement import any_changed, is_as_declared, judge_outcomes
from harness.verdicts.names import SEVERITY
from tests.unit.builders import (
    ENVIRONMENT,
    MACHINE,
    RELEASES,
    as_outcomes,
    make_file,
    make_outcome,
    make_record,
    make_release_file,
    name_of,
    write_scenario,
)
from tests.unit.golden import assert_golden

GOLDEN = Path(__file__).parent.parent / "data" / "golden"
FIXED = {"path": "restore_fixed_it", "side": "fixed", "verdict": "match", "expected": "match"}
MATCHING = {"near_zeros": 0.0, "max_absolute_error": 0.0, "weights": "equal"}
RECORDS = [
    make_record(),
    make_record(**FIXED, statistics=MATCHING),
    make_record(
        scenario="odd-case",
        verdict="error",
        judgement="changed",
        statistics=None,
        timing=None,
        error={"type": "ValueError", "message": "Unknown layer:\n  'Mine'.  " + "Register. " * 30},
    ),
    make_record(
        scenario="odd-case",
        verdict="differs",
        judgement="changed",
        path="restore_broken_too",
        statistics=MATCHING | {"max_absolute_error": 123456.0, "weights": "changed"},
    ),
    make_record(scenario="odd-case", **FIXED | {"verdict": "nan", "judgement": "changed"}),
    make_record(
        scenario="odd-case",
        path="restore_broken_here",
        verdict="match",
        expected="match",
        statistics=MATCHING | {"max_absolute_error": 3.3e-5},
    ),
    make_record(
        scenario="old-case",
        verdict="skip",
        expected="skip",
        statistics=None,
        timing=None,
        error={"type": "skip", "message": "the scenario is for TensorFlow <2"},
    ),
]
GPU = Device("GPU:0", "NVIDIA H100", "9.0")
WITH_GPU = msgspec.structs.replace(ENVIRONMENT, devices=(GPU,))
TWO_DEVICES = [make_record(device=device) for device in ("CPU:0", "GPU:0")]
SEEDS = [
    make_record(
        seed=seed,
        default_seed=seed == 7,
        declared_rate=[0.7, 0.9],
        verdict="zeros" if seed % 5 else "differs",
    )
    for seed in range(20)
] + [make_record(seed=seed, default_seed=seed == 7, **FIXED) for seed in range(20)]
SHOWN = {
    "run": present(make_file(RECORDS)),
    "run-github": present(make_file(RECORDS), Layout("github")),
    "run-calm": present(make_file(RECORDS[:2])),
    "run-seeds": present(make_file(SEEDS)),
    "run-two-devices": present(make_file(TWO_DEVICES, [WITH_GPU])),
    "run-releases": present(make_release_file(["zeros", "zeros", "differs", "zeros"])),
    "run-writer-and-readers": present(
        make_release_file(["zeros", "zeros", "differs", "skip"], name_of(RELEASES[0]), expected="")
    ),
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_run_looks_as_in_its_golden_file(name):
    assert_golden(GOLDEN / f"{name}.txt", SHOWN[name])


def test_every_golden_file_is_compared():
    assert {file.stem for file in GOLDEN.glob("*.txt")} == set(SHOWN)


@pytest.mark.parametrize("style", tabulate_formats)
def test_every_format_of_tabulate_shows_every_row(style):
    table = make_table(as_outcomes(RECORDS), Layout(style))
    assert table.count("odd-case") == 4
    assert make_rate_table(as_outcomes(SEEDS), Layout(style)).count("small-case") == 2
    empty = make_table([], Layout(style))
    assert all(header in empty for header in ("scenario", "path", "verdict", "expected?"))


def test_the_worst_comes_first_and_what_changed_before_all():
    judged = [
        make_outcome(verdict=verdict, judgement=judgement)
        for judgement in ("expected", "changed")
        for verdict in reversed(SEVERITY)
    ]
    rows = [line.split() for line in make_table(judged, Layout("plain")).splitlines()[1:]]
    assert [row[2] for row in rows] == [*SEVERITY, *SEVERITY]
    assert [row[3].rstrip(":") for row in rows] == ["no"] * 10 + ["yes"] * 10


def test_device_and_seed_are_columns_only_where_they_vary():
    assert "device" not in make_table(as_outcomes(RECORDS))
    assert "device" in make_table(as_outcomes(TWO_DEVICES)).splitlines()[0]
    assert "seed" not in make_table(as_outcomes(RECORDS))
    assert "seed" in make_table([make_outcome(default_seed=False)]).splitlines()[0]
    assert "device" in make_rate_table(as_outcomes(TWO_DEVICES)).splitlines()[0]


def read_rows(table):
    """Return the rows of a `github` table as {column: cell}."""
    header, _, *rows = (
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()
    )
    return [dict(zip(header, row, strict=True)) for row in rows]


def make_seeds(verdicts, declared):
    """A broken path on as many seeds as there are verdicts, judged."""
    seeds = [
        make_outcome(seed=seed, default_seed=seed == 7, declared_rate=declared, verdict=verdict)
        for seed, verdict in enumerate(verdicts)
    ]
    judge_outcomes(seeds)
    return seeds


# The intervals are Wilson's at 95%, from R: binom.confint(hits, trials, methods = "wilson").
@pytest.mark.parametrize(
    ("verdicts", "declared", "shown"),
    [
        (
            ["zeros"] * 16 + ["nan"] * 1 + ["differs"] * 3,
            [0.7, 0.9],
            ("16/20", "0.70-0.90", "0.80", "0.58-0.92", "yes", "differs, nan"),
        ),
        (["zeros"] * 20, [1.0, 1.0], ("20/20", "always", "1.00", "0.84-1.00", "yes", "")),
        (["match"] * 5, [0.5, 1.0], ("0/5", "0.50-1.00", "0.00", "0.00-0.43", "no", "match")),
        (["zeros"], [1.0, 1.0], ("1/1", "always", "1.00", "0.21-1.00", "yes", "")),
    ],
    ids=["most", "always", "never", "once"],
)
def test_a_row_of_the_rate_table_holds_the_numbers_of_its_path(verdicts, declared, shown):
    [row] = read_rows(make_rate_table(make_seeds(verdicts, declared), Layout("github")))
    assert (row["scenario"], row["path"], row["verdict"]) == ("small-case", "broken", "zeros")
    columns = (
        "seeds",
        "declared rate",
        "measured rate",
        "95% interval",
        "expected?",
        "other verdicts",
    )
    assert tuple(row[column] for column in columns) == shown


def test_every_path_and_device_has_a_rate_of_its_own():
    records = make_seeds(["zeros", "zeros", "differs"], [0.5, 1.0])
    records += [make_outcome(**FIXED, seed=seed, default_seed=seed == 7) for seed in range(2)]
    records += [make_outcome(device="GPU:0", seed=seed, verdict="nan") for seed in range(4)]
    rows = read_rows(make_rate_table(records, Layout("github")))
    found = {(row["path"], row["device"]): (row["seeds"], row["measured rate"]) for row in rows}
    assert found == {
        ("broken", "CPU:0"): ("2/3", "0.67"),
        ("fixed_it", "CPU:0"): ("2/2", "1.00"),
        ("broken", "GPU:0"): ("0/4", "0.00"),
    }


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, ""), (0.0, "0"), (3.337e-05, "3.34e-05"), (11.45, "11.4"), (-123456.0, "-1.23e+05")],
)
def test_numbers_have_three_digits(value, shown):
    assert show_number(value) == shown


def test_nothing_to_say_of_no_outcomes():
    assert summarize([]) == "Nothing changed."


def test_a_look_alike_is_not_counted_among_broken_and_fixed_paths():
    healthy = {"path": "restore_healthy", "side": "healthy", "verdict": "match"}
    said = summarize([make_outcome(**healthy, expected="match")])
    assert said == "Healthy paths that only look broken: 1 of 1 match. Nothing changed."


def test_a_broken_path_that_should_work_and_fails_is_not_said_to_work():
    failing = make_outcome(expected="match", verdict="error", judgement="changed", statistics=None)
    said = summarize(
        [failing, make_outcome(path="restore_broken_too", expected="match", verdict="match")]
    )
    assert "Broken paths that work here, as declared: 1 of 2." in said
    assert "1 path changed:" in said


def test_a_fixed_path_matches_only_if_it_does_on_every_seed():
    seeds = [make_outcome(**FIXED, seed=seed) for seed in range(3)]
    assert "before it was saved: 1 of 1." in summarize(seeds)
    seeds[1].verdict = "differs"
    assert "before it was saved: 0 of 1." in summarize(seeds)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"verdict": "differs"}, "(the weights are equal, but the function changed)"),
        ({"statistics": {"weights": "changed"}}, "(the weights differ)"),
        (
            {"error": {"type": "OSError", "message": "no  \n such file"}},
            "(OSError: no such file)",
        ),
    ],
)
def test_a_change_is_said_with_its_reason(changes, words):
    said = describe_change([make_outcome(**changes)])
    assert said.startswith("small-case restore_broken on CPU:0: ")
    assert words in said


def test_weights_that_arrived_explain_no_match():
    assert "weights" not in describe_change([make_outcome(verdict="match")])


def test_an_error_is_told_without_the_bold_of_keras():
    error = {"type": "TypeError", "message": "\x1b[1mCould not\x1b[0m\nlocate \x1b[2J"}
    said = describe_change([make_outcome(verdict="error", error=error)])
    assert said.endswith("(TypeError: Could not locate \\x1b[2J)")


def test_of_several_seeds_only_those_that_deviate_are_named():
    seeds = [make_outcome(**FIXED, seed=seed) for seed in range(20)]
    seeds[3].verdict = "differs"
    judge_outcomes(seeds)
    said = summarize(seeds)
    assert "1 path changed:" in said
    assert "match on 19 of 20 seeds, declared always (differs on seed 3)" in said


def test_a_gpu_is_named_with_its_capability():
    [line] = describe_environments([WITH_GPU])[1:]
    assert line == "GPU:0: NVIDIA H100, compute capability 9.0"


def test_one_change_decides_the_exit_code():
    assert any_changed(as_outcomes(RECORDS))
    assert not any_changed(as_outcomes(RECORDS[:2]))


def test_the_next_step_is_what_changed_then_zeros_then_the_gravest(tmp_path, monkeypatch):
    for name in ("odd-case", "small-case", RECORDS[1]["scenario"]):
        write_scenario(tmp_path, name)
    monkeypatch.setitem(folders, "--scenarios", str(tmp_path))
    steps = [next_step(make_file(records)) for records in (RECORDS, RECORDS[:2], RECORDS[1:2])]
    assert [step.split()[5] for step in steps] == [
        "odd-case",
        "small-case",
        RECORDS[1]["scenario"],
    ]


def test_the_next_step_for_a_scenario_that_is_not_here_is_the_list(monkeypatch):
    monkeypatch.delitem(folders, "--scenarios", raising=False)
    assert next_step(make_file(RECORDS)) == "Next: python -m harness list"


def test_one_writer_and_one_reader_are_named_and_errors_give_their_reasons():
    other = msgspec.structs.replace(ENVIRONMENT, name="other", tensorflow="2.15.1")
    missing = {"type": "ValueError", "message": "Unknown layer: Mine"}
    records = [
        make_outcome(
            path=path,
            writer="other",
            verdict="error",
            expected="",
            judgement=None,
            error=missing,
            statistics=None,
        )
        for path in ("restore_broken", "restore_fixed_it")
    ]
    judge_outcomes(records)
    document = ResultFile(environments=[other, ENVIRONMENT], machine=MACHINE, outcomes=records)
    said = present(document)
    assert f"Saved by TensorFlow 2.15.1, restored by TensorFlow {ENVIRONMENT.tensorflow}." in said
    assert "declared:\n  2 x ValueError: Unknown layer: Mine" in said


@pytest.mark.parametrize("expected", ["zeros", ""])
def test_a_bug_of_restorebench_is_called_one_and_where_its_traceback_is(expected):
    bug = {"type": "RestorebenchBug", "message": "KeyError: 'x'", "traceback": "Traceback ..."}
    cost = make_outcome(verdict="error", expected=expected, error=bug, statistics=None)
    judge_outcomes([cost])
    said = summarize([cost])
    assert "1 outcome cost by a bug of restorebench: please report it" in said
    assert "show RUN --output small-case" in said
    assert "bug of restorebench" not in summarize([make_outcome()])


WRONG_WORDS = {"type": "ValueError", "message": "something else"}


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (WRONG_WORDS, "error with other words"),
        (WRONG_WORDS | {"message": "in save: the declared words", "step": "save"}, "error in save"),
        ({"type": "RestorebenchBug", "message": "the declared words"}, "RestorebenchBug"),
        ({"type": "ReferenceRefused", "message": "the declared words"}, "ReferenceRefused"),
    ],
)
def test_an_error_that_proves_nothing_is_no_hit_in_any_table(error, words):
    declared = {"verdict": "error", "expected": "error", "raises": "the declared words"}
    seeds = [
        make_outcome(**declared, error=error, statistics=None, seed=seed, default_seed=seed == 7)
        for seed in range(20)
    ]
    judge_outcomes(seeds)
    [row] = read_rows(make_rate_table(seeds, Layout("github")))
    shown = ("seeds", "measured rate", "expected?", "other verdicts")
    assert tuple(row[column] for column in shown) == ("0/20", "0.00", "no", words)
    alone = seeds[7:8]
    judge_outcomes(alone)
    assert f"no: {words}" in make_table(alone)
    assert "error, declared error with 'the declared words'" in summarize(alone)


def test_a_path_with_nothing_declared_has_no_rate_of_anything():
    verdicts = ["zeros"] * 3 + ["match"]
    seeds = [
        make_outcome(seed=seed, verdict=each, expected="") for seed, each in enumerate(verdicts)
    ]
    judge_outcomes(seeds)
    [row] = read_rows(make_rate_table(seeds, Layout("github")))
    assert list(row.values())[2:] == ["", "4", "", "", "", "", "3 zeros, 1 match"]


@given(
    st.lists(st.sampled_from(["zeros", "error", "skip", "match"]), min_size=1, max_size=30),
    st.sampled_from(["zeros", "error", "match", ""]),
    st.sampled_from([[1.0, 1.0], [0.2, 0.6], [0.0, 1.0]]),
)
def test_a_rate_of_what_always_comes_says_yes_exactly_where_every_seed_hit(
    verdicts, expected, declared
):
    seeds = [
        make_outcome(
            seed=seed,
            default_seed=False,
            verdict=verdict,
            expected=expected,
            declared_rate=declared,
            error=WRONG_WORDS if verdict == "error" else None,
            raises="the declared words" if seed % 2 else "something",
        )
        for seed, verdict in enumerate(verdicts)
    ]
    judge_outcomes(seeds)
    [row] = read_rows(make_rate_table(seeds, Layout("github")))
    hits = sum(map(is_as_declared, seeds))
    if not expected:
        assert row["expected?"] == row["measured rate"] == ""
        return
    assert row["seeds"] == f"{hits}/{len(seeds)}"
    if declared == [1.0, 1.0]:
        assert row["expected?"] == ("yes" if hits == len(seeds) else "no")
    assert (row["other verdicts"] == "") == (hits == len(seeds))
