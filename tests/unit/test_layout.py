"""Results fitted to a width, and in colour: harness/report/layout.py and what it draws."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.catalog.index import name_verdicts
from harness.catalog.load import read_catalog
from harness.cli.output import present
from harness.report.difference import present_comparisons
from harness.report.layout import Layout, draw_table, fill_lines
from harness.verdicts.names import VERDICTS
from tests.unit.builders import (
    RELEASES,
    make_file,
    make_record,
    make_release_file,
    name_of,
)
from tests.unit.test_difference_report import SEEDS as SEEDED_DIFFERENCE
from tests.unit.test_difference_report import WHOLE
from tests.unit.test_report import RECORDS, SEEDS, TWO_DEVICES, WITH_GPU

LONG = {"scenario": "preprocess-input-wrong-module-of-three"}
LONGEST = [
    make_record(**LONG, path="restore_broken_registered_after_loading"),
    make_record(**LONG, path="restore_fixed_statistics_in_the_model_itself", verdict="match"),
]
SAMPLE = {
    "rows": [0, 1, 2, 3, 4],
    "row_count": 365,
    "value_count": 10,
    "reference": [[0.25 * row, 1.0, -1234.5678] for row in range(5)],
    "restored": [[0.0, 0.0, "nan"]] * 5,
}
SAMPLED = [make_record(path=path, sample=SAMPLE) for path in ("restore_broken", "restore_fixed_it")]
DOSES = [
    make_record(dose=dose, dose_of="metres that the sensor is off, " * 5, own_dose=0.5)
    for dose in (0.0, 0.5, 123456.0)
]
SCENARIOS = read_catalog().scenarios
LIST = [[each.id, each.family, name_verdicts(each), each.summary] for each in SCENARIOS[:40]]
SHOWN = {
    "run": lambda layout: present(make_file(RECORDS), layout),
    "long names": lambda layout: present(make_file(LONGEST), layout),
    "devices": lambda layout: present(make_file(TWO_DEVICES, [WITH_GPU]), layout),
    "seeds": lambda layout: present(make_file(SEEDS), layout),
    "releases": lambda layout: present(
        make_release_file(["zeros", "nan", "error", "zeros"]), layout
    ),
    "writer and readers": lambda layout: present(
        make_release_file(["zeros"] * 4, name_of(RELEASES[0]), expected=""), layout
    ),
    "doses": lambda layout: present(make_file(DOSES), layout),
    "predictions": lambda layout: present(make_file(SAMPLED), layout),
    "diff": lambda layout: present_comparisons([WHOLE, SEEDED_DIFFERENCE], layout, True),
    "list": lambda layout: draw_table(
        ["id", "family", "shows", "what goes wrong"],
        LIST,
        layout,
        verdicts=("shows",),
        spare=("family",),
        whole=("id",),
        limits={"shows": 16, "what goes wrong": 60},
    ),
}


def strip_colours(text):
    return re.sub(r"\x1b\[\d+m", "", text)


@pytest.mark.parametrize("name", SHOWN)
@given(width=st.integers(60, 140))
@example(width=80)
def test_no_line_is_wider_than_the_terminal(name, width):
    shown = SHOWN[name](Layout(width=width))
    assert max(map(len, shown.split("\n"))) <= width


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("width", [60, 80, 200])
def test_colours_change_no_column(name, width):
    coloured = SHOWN[name](Layout(width=width, colour=True))
    assert strip_colours(coloured) == SHOWN[name](Layout(width=width))


@pytest.mark.parametrize("name", [name for name in SHOWN if name != "doses"])
def test_verdicts_are_coloured(name):
    coloured = SHOWN[name](Layout(width=100, colour=True))
    assert re.search(r"\x1b\[31m(zeros|error|nan)\x1b\[0m|\x1b\[32mmatch\x1b\[0m", coloured)
    assert coloured.count("\x1b[0m") * 2 == coloured.count("\x1b[")


def test_what_changed_is_bold_and_nothing_else():
    coloured = present(make_file(RECORDS), Layout(width=100, colour=True))
    assert set(re.findall(r"\x1b\[1m(.*?)\x1b", coloured)) == {
        "no: zeros",
        "no: match",
        "3 paths changed",
    }
    assert "\x1b[1m" not in present(make_file(RECORDS[:2]), Layout(width=100, colour=True))


@pytest.mark.parametrize("name", SHOWN)
def test_where_there_is_room_everything_stands_as_in_a_pipe(name):
    wide, piped = SHOWN[name](Layout(width=1000)), SHOWN[name](Layout())
    assert [line.split() for line in wide.split("\n") if "---" not in line] == [
        line.split() for line in piped.split("\n") if "---" not in line
    ]


def test_the_times_go_first_and_a_line_says_so():
    shown = present(make_file(RECORDS), Layout(width=80))
    assert "p50" not in shown.split("\n\n")[1]
    assert "\n\nLeft out: load ms, p50 ms, calls. A wider terminal or --format plain" in shown
    assert "Left out" not in present(make_file(RECORDS), Layout(width=110))


def test_a_rate_stays_readable_at_80_columns():
    shown = present(make_file(SEEDS), Layout(width=80))
    assert "Left out: declared rate, 95% interval. A wider terminal" in shown
    assert re.search(r"^small-case +broken +zeros +16/20 +0.80 +yes +differs$", shown, re.MULTILINE)
    assert "Left out" not in present(make_file(SEEDS), Layout(width=110))


@pytest.mark.parametrize(
    ("path", "left_out"),
    [
        ("fixed_saved_statistics", "load ms, p50 ms, calls"),
        ("fixed_statistics_in_model", "zeros %, load ms, p50 ms, calls"),
    ],
)
def test_names_stay_whole_at_80_columns_before_the_zeros_are_shown(path, left_out):
    record = make_record(scenario="missing-custom-objects", path=f"restore_{path}")
    shown = present(make_file([record]), Layout(width=80))
    assert re.search(rf"^missing-custom-objects +{path} +zeros", shown, re.MULTILINE)
    assert f"Left out: {left_out}. A wider" in shown


def test_in_a_table_of_rates_names_stay_whole_before_the_interval_is_shown():
    named = {"scenario": "missing-custom-objects", "path": "restore_broken_registered"}
    seeds = [make_record(**named, seed=seed, default_seed=False) for seed in range(5)]
    shown = present(make_file(seeds), Layout(width=80))
    assert re.search(r"^missing-custom-objects +broken_registered +zeros +5/5", shown, re.MULTILINE)


def test_times_that_nothing_has_are_left_out_without_a_word():
    untimed = [record | {"timing": None} for record in LONGEST]
    shown = present(make_file(untimed), Layout(width=80))
    assert "load ms" not in shown
    assert "calls" not in shown


def read_cells(table):
    """Return every cell of a "simple" table, its lines joined without blanks."""
    lines = table.split("\n")
    [line] = [number for number, text in enumerate(lines) if set(text) == {"-", " "}]
    spans = [found.span() for found in re.finditer("-+", lines[line])]
    rows = []
    for text in lines[line + 1 :]:
        cells = [text[start:end].strip() for start, end in spans]
        rows.append(cells)
    return spans, ["".join(row[place] for row in rows) for place in range(len(spans))]


WORDS = st.text("abc-_/.0123456789 ", min_size=1, max_size=60).map(
    lambda text: " ".join(text.split())
)
TABLES = st.lists(st.lists(WORDS, min_size=3, max_size=3), min_size=1, max_size=4)


@given(TABLES, st.integers(20, 90))
def test_wrapping_loses_no_character(rows, width):
    drawn = draw_table(["first", "second", "third"], rows, Layout(width=width), right=["third"])
    assert max(map(len, drawn.split("\n"))) <= width
    spans, columns = read_cells(drawn)
    assert spans[-1][1] <= width
    for place, column in enumerate(columns):
        assert column.replace(" ", "") == "".join(row[place] for row in rows).replace(" ", "")


@given(st.lists(st.floats(allow_nan=False).map(lambda each: f"{each:.3g}"), min_size=1))
def test_figures_and_verdicts_stay_whole_at_60_columns(figures):
    rows = [["one-scenario-of-many " * 3, "zeros", each, each] for each in figures]
    headers = ["scenario", "verdict", "zeros %", "error vs ref"]
    drawn = draw_table(headers, rows, Layout(width=60), right=headers[2:])
    assert drawn.count("zeros") >= len(rows)
    for each in figures:
        assert re.search(rf"(?<!\S){re.escape(each)} +{re.escape(each)}$", drawn, re.MULTILINE)


@pytest.mark.parametrize("style", ["github", "html", "grid"])
def test_formats_for_other_programs_are_as_wide_as_they_get(style):
    shown = present(make_file(LONGEST), Layout(style))
    assert max(map(len, shown.split("\n\n")[1].split("\n"))) > 100


@given(
    st.lists(st.sampled_from(["a", "word", "\n ", "\n", "much-longer-words"])), st.integers(24, 60)
)
def test_prose_is_filled_without_losing_a_word(parts, width):
    text = " ".join(parts)
    filled = fill_lines(text, width)
    assert filled.split() == text.split()
    assert max(map(len, filled.split("\n"))) <= width


def test_the_second_line_of_an_item_stands_under_its_words():
    assert fill_lines("- one two three\nfour five six", 12) == "- one two\n  three\nfour five\nsix"


def test_what_goes_on_after_a_number_stands_under_its_words():
    assert fill_lines("1. load: no such layer", 14) == "1. load: no\n   such layer"
    assert fill_lines("12. load: no such layer", 14) == "12. load: no\n    such layer"


def test_a_name_is_broken_only_where_it_does_not_fit_alone():
    rows = [["a b image_dataset_from_directory"]]
    drawn = draw_table(["what"], rows, Layout(width=28))
    assert drawn.split("\n")[2:] == ["a b", "image_dataset_from_directory"]
    drawn = draw_table(["what"], rows, Layout(width=20))
    assert drawn.split("\n")[2:] == ["a b image_dataset_", "from_directory"]


@pytest.mark.parametrize("width", [20, 80])
def test_a_table_without_rows_has_its_headings(width):
    drawn = draw_table(["scenario", "verdict", "expected?"], [], Layout(width=width))
    assert drawn.split()[0].startswith("scena")
    assert drawn.count("\n") >= 1


def test_every_verdict_has_a_colour():
    for verdict in VERDICTS:
        drawn = draw_table(["v"], [[verdict]], Layout(width=80, colour=True), verdicts=["v"])
        assert re.search(rf"\x1b\[\d+m{verdict}\x1b\[0m", drawn)
