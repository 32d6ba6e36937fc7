"""Tables and plots of dosed runs: harness/report/dose.py, dose_plot.py and dose_panel.py."""

import copy
import math
import os
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
import vl_convert
from hypothesis import given
from hypothesis import strategies as st

from harness.report.axis import PIXELS_PER_CHARACTER, assign_rows, choose_dose_scale
from harness.report.dose import group_by_dose, has_doses, make_dose_table
from harness.report.dose_plot import draw_response, plot_doses
from harness.report.table import show_exactly
from harness.results.judgement import any_changed, judge_outcomes
from tests.unit.builders import make_outcome

GOLDEN = Path(__file__).parent.parent / "data" / "dose-table.txt"


def make_dosed(dose, verdict, zeros, error, seed=0, own_dose=2, **others):
    outcome = make_outcome(
        dose=dose,
        dose_of="metres off",
        own_dose=own_dose,
        verdict=verdict,
        seed=seed,
        expected="zeros" if dose == 2 else "",
        default_seed=False,
        judgement=None,
        **others,
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


def test_two_releases_are_two_responses_and_not_two_seeds():
    outcomes = [make_dosed(2, "zeros", 1.0, 1.0), make_dosed(2, "match", 0.0, 0.0, reader="newer")]
    assert [len(response.doses[2]) for response in group_by_dose(outcomes)] == [1, 1]


def test_the_plots_stand_alone_and_hold_every_dose(tmp_path):
    files = plot_doses(OUTCOMES, tmp_path, {"small-case": "The weights arrive."})
    assert sorted(file.name for file in files) == [
        "dose-small-case.html",
        "dose-small-case.png",
        "dose-small-case.svg",
    ]
    page = (tmp_path / "dose-small-case.html").read_text()
    assert not re.search(r"<script[^>]+src=|<link", page)
    assert "metres off" in page
    drawn = (tmp_path / "dose-small-case.svg").read_text()
    assert drawn.count("verdict: zeros") == 2 * 3  # a mark per seed and panel
    assert (tmp_path / "dose-small-case.png").read_bytes().startswith(b"\x89PNG")


def test_where_no_dose_gave_a_number_there_is_no_plot(tmp_path):
    skipped = make_outcome(dose=2, dose_of="metres", own_dose=2, verdict="skip", statistics=None)
    assert plot_doses([skipped], tmp_path, {}) == []
    assert list(tmp_path.iterdir()) == []


def draw(outcomes):
    """Return the Vega-Lite specification of the one response in these outcomes."""
    (response,) = group_by_dose(outcomes)
    return draw_response(response, "Metres are taken for feet.").to_dict()


def list_headings(specification):
    return [panel["title"]["text"].split(":")[0] for panel in specification["vconcat"]]


def find_channel(specification, panel, channel):
    return specification["vconcat"][panel]["layer"][0]["encoding"][channel]


def read_dose_labels(specification):
    """Return the labels under the first panel, as they stand in the picture."""
    picture = ElementTree.fromstring(vl_convert.vegalite_to_svg(specification))
    groups = picture.iter("{http://www.w3.org/2000/svg}g")
    axis = next(each for each in groups if each.get("aria-label", "").startswith("X-axis"))
    (labels,) = (each for each in axis.iter() if "role-axis-label" in each.get("class", ""))
    return ["".join(each.itertext()).strip() for each in labels]


@pytest.mark.parametrize(
    "doses",
    [
        [1, 1.1, 1.5, 2, 5, 255],
        [0, 0.1, 0.25, 0.75, 1.25],
        [-2, 0, 0.0001, 1e-3, 12345678],
        [1000000, 1000001, 1000002],
    ],
    ids=str,
)
def test_the_labels_of_the_axis_are_exactly_the_doses(doses):
    outcomes = [make_dosed(dose, "differs", 0.0, 0.5, own_dose=doses[1]) for dose in doses]
    specification = draw(outcomes)
    assert find_channel(specification, 0, "x")["axis"]["values"] == doses
    assert [float(label) for label in read_dose_labels(specification)] == doses


@pytest.mark.parametrize(
    ("doses", "kind"),
    [
        ([0, 2, 3, 4, 5], "linear"),
        ([8, 9, 12, 20, 40], "linear"),
        ([1, 1.1, 1.5, 2, 5, 255], "log"),
        ([1, 2, 4, 8, 16, 32, 64], "log"),
        ([0, 0.001, 0.003, 0.01, 0.03, 0.1, 1], "symlog"),
    ],
)
def test_the_scale_of_the_doses_keeps_them_apart(doses, kind):
    outcomes = [make_dosed(dose, "differs", 0.0, 0.5) for dose in doses]
    scale = find_channel(draw(outcomes), 0, "x")["scale"]
    assert scale["type"] == kind
    assert scale["domain"] == [doses[0], doses[-1]]
    assert scale.get("constant") == (0.001 if kind == "symlog" else None)


@pytest.mark.parametrize(
    ("errors", "kind"),
    [
        ([("match", 0.0), ("differs", 0.5), ("differs", 1.3)], "linear"),
        ([("match", 1.6e-7), ("differs", 0.5), ("differs", 1.3)], "linear"),
        ([("match", 9e-5), ("differs", 4e-4), ("zeros", 1.1)], "log"),
        ([("match", 0.0), ("differs", 0.01), ("differs", 57.0)], "symlog"),
    ],
)
def test_the_scale_of_the_errors_is_linear_unless_the_wrong_ones_span_decades(errors, kind):
    outcomes = [make_dosed(dose, said, 0.0, error) for dose, (said, error) in enumerate(errors)]
    channel = find_channel(draw(outcomes), 0, "y")
    assert channel["scale"]["type"] == kind
    lowest, highest = channel["scale"]["domain"]
    assert lowest <= min(error for _, error in errors)
    assert highest == max(error for _, error in errors)
    assert (0.0 in channel["axis"].get("values", ())) == (kind == "symlog")


def test_a_panel_of_zeros_is_drawn_only_where_there_are_any():
    assert list_headings(draw(OUTCOMES)) == ["zeros %", "error / spread"]
    without = [make_dosed(dose, "differs", 0.0, 0.5 * dose) for dose in (0, 1, 2)]
    assert list_headings(draw(without)) == ["error / spread"]


def test_the_lessons_own_dose_is_marked_and_named():
    specification = draw(OUTCOMES)
    assert "Dashed line: the lesson itself, dose 2." in specification["title"]["subtitle"]
    marked = [
        specification["datasets"][layer["data"]["name"]]
        for panel in specification["vconcat"]
        for layer in panel["layer"]
        if layer["mark"]["type"] == "rule" and "x" in layer["encoding"]
    ]
    assert marked == [[{"dose": 2.0}]] * 2


def test_the_title_says_what_goes_wrong():
    assert draw(OUTCOMES)["title"]["text"] == ["Metres are taken for feet."]


def test_a_dose_without_a_number_is_named_by_its_verdict():
    outcomes = [*OUTCOMES, make_dosed(3, "nan", 0.0, None), make_dosed(3, "differs", 0.0, 9.0, 1)]
    datasets = draw(outcomes)["datasets"].values()
    assert [{"dose": 3.0, "said": "nan 1/2"}] in datasets


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**15), 10**15))
def test_the_label_of_a_dose_gives_back_the_dose(dose):
    label = show_exactly(dose)
    assert float(label) == dose
    assert "e+" not in label
    assert len(label) <= max(7, len(repr(float(dose))))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9, unique=True).map(sorted))
def test_labels_in_one_row_never_overlap(doses):
    positions = choose_dose_scale(doses, 582.0).spread_out(doses, 582.0)
    assert all(math.isfinite(position) for position in positions)
    ends = {}
    for dose, position, row in zip(doses, positions, assign_rows(doses, positions), strict=True):
        half = PIXELS_PER_CHARACTER * len(show_exactly(dose)) / 2
        assert ends.get(row, -math.inf) <= position - half
        ends[row] = position + half
