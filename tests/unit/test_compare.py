"""What changed between two sides: harness/results/compare.py and harness/verdicts/agreement.py."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.results.compare import KINDS, Side, any_regressed, compare_sides
from harness.verdicts.agreement import measure_difference
from harness.verdicts.names import VERDICTS
from tests.unit.builders import ENVIRONMENT, MACHINE, as_outcomes, make_outcome, make_record

OLD, NEW = "tensorflow-2.20.0+keras-3.11.3", "tensorflow-2.21.0+keras-3.15.1"
SWAPPED = {"regressed": "mended", "mended": "regressed", "only_a": "only_b", "only_b": "only_a"}


def make_side(label, records, predictions=None):
    """A side on which every record was saved and restored by the environment of its label."""
    name = OLD if label == "2.20" else NEW
    outcomes = as_outcomes(each | {"writer": name, "reader": name} for each in records)
    kept = {each.key: value for each, value in zip(outcomes, predictions or [], strict=False)}
    environment = msgspec.structs.replace(ENVIRONMENT, name=name)
    return Side(label, environment, MACHINE, outcomes, kept)


def compare_records(before, after, predictions=(None, None)):
    """Compare records of 2.20 with those of 2.21."""
    return compare_sides(
        make_side("2.20", before, predictions[0]), make_side("2.21", after, predictions[1])
    )


def find_kind(before, after, **options):
    """Return the kind of the one path there is."""
    [difference] = compare_records(before, after, **options).differences
    return difference.kind


def make_error(message, type_="ValueError", **changes):
    return make_record(
        verdict="error",
        error={"type": type_, "message": message},
        statistics=None,
        reference_sha256=None,
        **changes,
    )


MATCH = make_record(verdict="match")
SKIP = make_record(
    verdict="skip",
    statistics=None,
    reference_sha256=None,
    error={"type": "skip", "message": "the scenario is for TensorFlow <2.21"},
)
STOPPED = make_record(verdict="timeout", error={"type": "timeout", "message": "stopped"})
CASES = {
    "unchanged": [(MATCH, MATCH), (SKIP, SKIP), (make_error("at 0x12"), make_error("at 0xab"))],
    "regressed": [(MATCH, make_record()), (MATCH, make_error("no")), (MATCH, STOPPED)],
    "mended": [(make_record(), MATCH), (make_error("no"), MATCH)],
    "verdict": [(make_record(), make_error("no")), (make_record(), make_record(verdict="nan"))],
    "error": [
        (make_error("no"), make_error("nay")),
        (make_error("no"), make_error("no", "OSError")),
    ],
    "incomparable": [(MATCH, make_record(source_sha256="1" * 64)), (MATCH, MATCH | {"seed": 8})],
    "only_a": [(MATCH, SKIP)],
    "only_b": [(SKIP, make_error("no"))],
}


@pytest.mark.parametrize(
    ("kind", "before", "after"), [(kind, *pair) for kind, pairs in CASES.items() for pair in pairs]
)
def test_a_path_is_of_one_kind_of_change(kind, before, after):
    assert find_kind([before], [after]) == kind
    assert find_kind([after], [before]) == SWAPPED.get(kind, kind)


def test_a_path_that_was_not_run_on_one_side_says_so():
    [gone] = compare_records([MATCH], []).differences
    [no_longer] = compare_records([MATCH], [SKIP]).differences
    assert (gone.kind, gone.reason) == ("only_a", "not run")
    assert (no_longer.kind, no_longer.reason) == ("only_a", "the scenario is for TensorFlow <2.21")


def test_paths_that_regressed_for_one_reason_are_one_group_and_the_largest_comes_first():
    named = [{"scenario": f"case-{number}"} for number in range(4)]
    before = [MATCH | name for name in named]
    after = [make_error(f"Unknown layer: 'Mine{number}'", **named[number]) for number in (1, 2, 3)]
    after.append(make_error("cannot be read", **named[0]))
    groups = compare_records(before, after).group("regressed")
    assert [len(group) for group in groups] == [3, 1]
    assert groups[0][0].reason == "ValueError: Unknown layer: 'Mine1'"


def test_a_mended_path_says_what_was_wrong():
    [difference] = compare_records([make_error("no such layer")], [MATCH]).differences
    assert difference.reason == "ValueError: no such layer"


FLOATS = np.linspace(0, 1, 8, dtype="float32").reshape(8, 1)
MEASURED = make_record(verdict="differs")


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        (FLOATS, FLOATS + 1e-6, "unchanged"),
        (FLOATS, FLOATS + 1e-2, "predictions"),
        (FLOATS, FLOATS.T, "predictions"),
        (FLOATS, np.where(FLOATS > 0.5, np.nan, FLOATS), "predictions"),
        (np.full((8, 1), np.nan), np.full((8, 1), np.nan), "unchanged"),
        (np.arange(8), np.arange(8), "unchanged"),
        (np.arange(8), np.arange(8) + 1, "predictions"),
        (np.array(["cat", "dog"]), np.array(["cat", "dog"]), "unchanged"),
        (np.array(["cat", "dog"]), np.array(["cat", "cow"]), "predictions"),
    ],
)
def test_predictions_of_the_same_model_are_compared_within_the_tolerance(one, other, kind):
    assert find_kind([MEASURED], [MEASURED], predictions=([one], [other])) == kind
    assert find_kind([MEASURED], [MEASURED], predictions=([other], [one])) == kind


def test_predictions_of_other_models_are_not_compared_and_are_counted():
    other = MEASURED | {"reference_sha256": "e" * 64}
    comparison = compare_records([MEASURED], [other], predictions=([FLOATS], [FLOATS + 1]))
    assert [each.kind for each in comparison.differences] == ["unchanged"]
    assert (comparison.other_models, comparison.by_statistics) == (1, 0)


def test_without_predictions_their_statistics_are_compared():
    moved = MEASURED | {"statistics": MEASURED["statistics"] | {"mean": 0.5}}
    comparison = compare_records([MEASURED], [moved])
    [difference] = comparison.differences
    assert (difference.kind, difference.reason) == ("predictions", "mean 0 → 0.5")
    assert comparison.by_statistics == 1
    rounded = MEASURED | {"statistics": MEASURED["statistics"] | {"mean": 1e-5}}
    assert find_kind([MEASURED], [rounded]) == "unchanged"
    nothing = MEASURED | {"statistics": MEASURED["statistics"] | {"mean": None}}
    assert find_kind([MEASURED], [nothing]) == "predictions"


def test_without_hashes_the_references_statistics_say_whether_the_models_are_the_same():
    old = {"reference_sha256": None}
    other = {"statistics": MEASURED["statistics"] | {"mean": 3.0, "reference": {"maximum": 2.0}}}
    assert compare_records([MEASURED | old], [MEASURED | old]).by_statistics == 1
    assert compare_records([MEASURED | old], [MEASURED | old | other]).other_models == 1


def make_seeds(*verdicts, **changes):
    return [
        make_record(seed=seed, default_seed=seed == 7, verdict=verdict, **changes)
        for seed, verdict in enumerate(verdicts)
    ]


def test_a_path_that_always_worked_regresses_when_one_seed_no_longer_does():
    before, after = make_seeds(*["match"] * 5), make_seeds(*["match"] * 4, "zeros")
    [difference] = compare_records(before, after).differences
    assert difference.kind == "regressed"
    assert difference.reason.startswith("5/5 match → 4/5 match, 1/5 zeros")


@pytest.mark.parametrize(
    ("worked", "works", "kind"), [(12, 10, "draw"), (20, 2, "regressed"), (1, 19, "mended")]
)
def test_a_path_with_a_declared_rate_changes_only_beyond_the_draw(worked, works, kind):
    rate = {"declared_rate": [0.3, 0.7]}
    before = make_seeds(*["match"] * worked, *["zeros"] * (20 - worked), **rate)
    after = make_seeds(*["match"] * works, *["zeros"] * (20 - works), **rate)
    assert find_kind(before, after) == kind


def test_the_default_seed_of_a_path_with_a_rate_counts_as_it_is():
    rate = {"declared_rate": [0.3, 0.7]}
    assert find_kind([MATCH | rate], [make_record(**rate)]) == "regressed"


def test_devices_and_doses_are_compared_each_with_its_own():
    before = [MATCH, MATCH | {"device": "GPU:0"}, MATCH | {"dose": 2.0}]
    after = [MATCH, make_record(device="GPU:0"), MATCH | {"dose": 2.0}]
    kinds = {
        (each.device, each.dose): each.kind for each in compare_records(before, after).differences
    }
    assert kinds == {
        ("CPU:0", None): "unchanged",
        ("GPU:0", None): "regressed",
        ("CPU:0", 2.0): "unchanged",
    }


def test_what_several_writers_saved_is_compared_writer_by_writer():
    def make(label, verdicts):
        records = [
            MATCH | {"writer": writer, "verdict": verdict, "reader": label}
            for writer, verdict in verdicts.items()
        ]
        return Side(label, ENVIRONMENT, MACHINE, as_outcomes(records))

    sides = make("2.20", {"a": "match", "b": "match"}), make("2.21", {"a": "match", "b": "zeros"})
    kinds = [(each.before[0].writer, each.kind) for each in compare_sides(*sides).differences]
    assert kinds == [("a", "unchanged"), ("b", "regressed")]


RECORDS = st.lists(
    st.builds(
        lambda number, verdict, message, reference, source: make_record(
            scenario=f"case-{number}",
            verdict=verdict,
            reference_sha256=reference,
            source_sha256=source,
            statistics=None if message else make_record()["statistics"],
            error={"type": "ValueError", "message": message} if message else None,
        ),
        st.integers(0, 5),
        st.sampled_from(sorted(VERDICTS)),
        st.sampled_from(["", "no", "nay"]),
        st.sampled_from(["a" * 64, "b" * 64]),
        st.sampled_from(["0" * 64] * 4 + ["1" * 64]),
    ),
    max_size=6,
    unique_by=lambda each: each["scenario"],
)


@given(RECORDS)
def test_a_side_compared_with_itself_is_unchanged(records):
    comparison = compare_records(records, records)
    assert {each.kind for each in comparison.differences} <= {"unchanged"}
    assert not any_regressed([comparison])


@given(RECORDS, RECORDS)
def test_swapping_the_sides_swaps_regressed_and_mended(before, after):
    there, back = compare_records(before, after), compare_records(after, before)
    assert len(there.differences) == len(back.differences)
    for kind in KINDS:
        named = [(each.scenario, each.path) for each in there.of(kind)]
        assert named == [(each.scenario, each.path) for each in back.of(SWAPPED.get(kind, kind))]


@given(RECORDS, RECORDS)
def test_every_path_of_either_side_has_one_difference(before, after):
    found = [each.scenario for each in compare_records(before, after).differences]
    assert found == sorted({each["scenario"] for each in before + after})


def test_a_difference_of_predictions_says_how_large_it_is():
    one = np.zeros((4, 1), "float32") + np.arange(4, dtype="float32")[:, None]
    told = measure_difference(one, one + np.array([[0], [0], [0], [0.5]], "float32"))
    assert told == "up to 0.5 apart in 25% of the values"


def test_what_a_bug_of_ours_cost_is_not_compared():
    bug = {"type": "RestorebenchBug", "message": "KeyError", "traceback": ""}
    cost = make_outcome(verdict="error", error=bug, statistics=None)
    a = Side("a", ENVIRONMENT, MACHINE, [make_outcome()])
    b = Side("b", ENVIRONMENT, MACHINE, [cost])
    (found,) = compare_sides(a, b).differences
    assert (found.kind, found.reason) == ("incomparable", "a bug of restorebench ended it")
