"""Tables and plots of dosed runs: harness/report/dose.py."""

import copy
import os
import re
from pathlib import Path

from harness.report.dose import has_doses, make_dose_table, plot_doses
from harness.results.judgement import any_changed, judge_outcomes
from tests.unit.builders import make_outcome

GOLDEN = Path(__file__).parent.parent / "data" / "dose-table.txt"


def make_dosed(dose, verdict, zeros, error, seed=0):
    outcome = make_outcome(
        dose=dose,
        dose_of="metres off",
        own_dose=2,
        verdict=verdict,
        seed=seed,
        expected="zeros" if dose == 2 else "",
        default_seed=False,
        judgement=None,
    )
    outcome.statistics.near_zeros, outcome.statistics.max_relative_error = zeros, error
    return outcome


OUTCOMES = [
    make_dosed(2, "zeros", 1.0, 1.25),
    make_dosed(2, "zeros", 1.0, 1.75, seed=1),
    make_dosed(0, "match", 0.0, 0.0),
    make_dosed(0, "match", 0.02, 1e-7, seed=1),
    make_dosed(0.5, "differs", 0.25, 0.5),
    make_dosed(0.5, "zeros", 1.0, 1.0, seed=1),
]


def test_the_table_goes_up_the_doses_with_medians_over_seeds():
    shown = make_dose_table(OUTCOMES)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(shown + "\n")
    assert shown + "\n" == GOLDEN.read_text()


def test_only_the_lessons_own_dose_is_judged():
    outcomes = copy.deepcopy(OUTCOMES)
    judge_outcomes(outcomes)
    assert [outcome.judgement for outcome in outcomes] == ["expected"] * 2 + [None] * 4
    assert not any_changed(outcomes)


def test_the_lessons_own_dose_can_change():
    outcomes = [make_dosed(2, "match", 0.0, 0.0), make_dosed(0, "match", 0.0, 0.0)]
    judge_outcomes(outcomes)
    assert any_changed(outcomes)


def test_a_run_without_doses_has_none():
    assert not has_doses([make_outcome()])
    assert has_doses(OUTCOMES)


def test_the_plots_stand_alone_and_hold_every_dose(tmp_path):
    files = plot_doses(OUTCOMES, tmp_path)
    assert sorted(file.name for file in files) == [
        "dose-small-case.html",
        "dose-small-case.png",
        "dose-small-case.svg",
    ]
    page = (tmp_path / "dose-small-case.html").read_text()
    assert not re.search(r"<script[^>]+src=", page)
    assert "metres off" in page
    drawn = (tmp_path / "dose-small-case.svg").read_text()
    assert drawn.count("verdict: zeros") == 2 * 3  # a dot per seed and panel
    assert (tmp_path / "dose-small-case.png").read_bytes().startswith(b"\x89PNG")
