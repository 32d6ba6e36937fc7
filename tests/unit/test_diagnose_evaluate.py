"""The corpus of made models, and the scores of `diagnose` on it."""

import numpy as np
import pytest

from harness.diagnose.evaluation.corpus import HEALTHY, IN_FILES, IN_INPUTS, IN_OUTPUTS, make_corpus
from harness.diagnose.evaluation.evaluate import (
    Evaluation,
    Result,
    TierScore,
    describe_confusions,
    evaluate,
    score,
    tabulate_scores,
)
from harness.diagnose.evaluation.evaluate_cures import LACKING, UNFINISHED, cures, make_cure_cases
from harness.diagnose.findings import make_finding

SEEDS = 2


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return evaluate(SEEDS)


def find(evaluation: Evaluation, tier: str) -> TierScore:
    """Return the score of all cases of a tier."""
    return next(each for each in evaluation.scores if each.tier == tier and not each.held_out)


@pytest.mark.parametrize("tier", ["file", "outputs", "inputs"])
def test_the_goals_of_the_issue_are_met_on_made_models(evaluation: Evaluation, tier: str) -> None:
    found = find(evaluation, tier)
    assert found.false_alarms.hits == 0
    assert found.false_alarms.trials >= 4 * SEEDS
    for each, least in ((found.top1, 0.9), (found.top3, 0.98), (found.side, 0.95)):
        assert each.trials >= 10
        assert each.hits >= least * each.trials


def test_most_printed_cures_cure_and_all_kinds_are_tried(evaluation: Evaluation) -> None:
    cured, held_out = evaluation.cured, evaluation.cured_held_out
    assert cured is not None
    assert held_out is not None
    assert 0 < held_out.trials < cured.trials
    assert cured.hits >= 0.8 * cured.trials
    assert cured.trials - cured.hits == sum(count for _, count in evaluation.uncured)
    tried = {case.label for case in make_cure_cases(SEEDS)}
    assert tried == {*LACKING, *UNFINISHED}
    said = " ".join(describe_confusions(evaluation))
    said_of_numpy = f"a printed cure cures, in numpy: {cured.hits}/{cured.trials}"
    assert f"Curable cases that {said_of_numpy}" in said


def test_a_cure_that_fails_or_gives_something_else_cures_nothing() -> None:
    right = np.arange(8.0).reshape(4, 2)

    def cure(fix: str) -> bool:
        finding = make_finding("bgr-instead-of-rgb", 0.9, "seen", fix)
        return cures([finding], lambda x: x, right[:, ::-1], right[:, ::-1], right)

    assert cure("predictions = model.predict(inputs[:, ::-1])")
    assert not cure("predictions = model.predict(inputs)")
    assert not cure("predictions = model.predict(unknown)")
    assert not cure("pass")


def test_what_is_held_out_is_a_part_of_every_tier(evaluation: Evaluation) -> None:
    held_out = [each for each in evaluation.scores if each.held_out]
    assert [each.tier for each in held_out] == ["file", "outputs", "inputs"]
    assert all(0 < each.top1.trials < find(evaluation, each.tier).top1.trials for each in held_out)


def test_the_corpus_is_the_same_each_time_and_has_every_label() -> None:
    cases = list(make_corpus(1))
    assert cases == list(make_corpus(1))
    assert {each.label for each in cases} == {HEALTHY, *IN_FILES, *IN_OUTPUTS, *IN_INPUTS}


def test_a_wrong_cause_a_missing_one_and_a_false_alarm_are_counted() -> None:
    def result(label: str, *found: str) -> Result:
        return Result(label=label, tier="file", held_out=False, found=list(found))

    counted = score(
        "file",
        False,
        [
            result("weights-all-zero", "weights-all-zero"),
            result("weights-all-zero", "weights-not-finite", "weights-all-zero"),
            result("weights-all-zero", "never-trained"),
            result("weights-all-zero"),
            result(HEALTHY),
            result(HEALTHY, "never-trained"),
        ],
    )
    got = (counted.top1, counted.top3, counted.side, counted.precision, counted.false_alarms)
    assert [(each.hits, each.trials) for each in got] == [(1, 4), (2, 4), (2, 4), (1, 4), (1, 2)]


def test_the_scores_are_told_with_intervals_and_what_was_taken_for_what() -> None:
    confused = [("weights-all-zero", "nothing", 2)]
    head, rows = tabulate_scores(
        Evaluation(seeds=1, scores=[score("file", True, [])], confusions=[])
    )
    assert (head[0], rows[0][:2]) == ("evidence", ["file, held out", "0/0\n0-100%"])
    said = describe_confusions(Evaluation(seeds=1, scores=[], confusions=confused))
    assert "  weights-all-zero taken for nothing: 2" in said
