"""The cases and the scores of `diagnose --evaluate --load` and `--prove`; nothing is restored."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.cli.diagnose_evaluate import EvaluationProgress, print_evaluation
from harness.cli.printer import Printer
from harness.diagnose.causes.cures import CARRIED_OUT
from harness.diagnose.evaluation import evaluate_load
from harness.diagnose.evaluation.corpus import HEALTHY
from harness.diagnose.evaluation.corpus_files import make_input, write_archive
from harness.diagnose.evaluation.corpus_loaded import LOADED
from harness.diagnose.evaluation.corpus_trials import (
    CURABLE,
    FAULTS,
    WRITERS,
    LoadCase,
    choose_curable_cases,
    choose_load_cases,
    make_healthy,
)
from harness.diagnose.evaluation.evaluate import Evaluation, TierScore, describe_confusions
from harness.diagnose.evaluation.evaluate_load import Proven, add_load, add_proofs, explain_proofs
from harness.diagnose.evaluation.write_trials import Written, describe_trial
from harness.diagnose.findings import Finding, make_finding
from harness.diagnose.load.proof import Proof, leave_to_people
from harness.errors import UsageError

SEEDS = 9  # as the documents say
MOST = 240


def test_the_cases_are_the_same_each_time_half_of_them_healthy_and_all_kinds_are_there() -> None:
    cases = choose_load_cases(SEEDS, MOST)
    assert cases == choose_load_cases(SEEDS, MOST)
    healthy = [each for each in cases if each.label == HEALTHY]
    assert {(each.architecture, each.writer) for each in healthy} == {
        (name, writer) for name in LOADED for writer in WRITERS
    }
    assert len(healthy) >= 100
    assert {each.label for each in cases} == {HEALTHY, *(label for label, _ in FAULTS)}
    assert {each.held_out for each in cases} == {True, False}


def test_a_limit_keeps_half_of_the_cases_healthy_and_takes_kinds_in_turn() -> None:
    cases = choose_load_cases(2, 41)
    labels = [each.label for each in cases]
    assert (len(cases), labels.count(HEALTHY)) == (41, 21)
    assert len(set(labels)) > 15
    assert len({each.architecture for each in cases if each.label == HEALTHY}) == len(LOADED)
    assert len({each.label for each in choose_curable_cases(2, 14)}) > 10


def test_every_case_that_counts_as_curable_has_a_cure_that_prove_carries_out() -> None:
    assert {label for label, _ in CURABLE} <= CARRIED_OUT


@pytest.mark.parametrize("name", LOADED)
def test_a_healthy_model_becomes_a_file_that_gives_no_finding_without_tensorflow(
    name: str, tmp_path: Path
) -> None:
    for seed in range(6):
        case = LoadCase(HEALTHY, name, seed, "this", make_healthy)
        trial = case.build()
        assert trial is not None
        layers = [make_input(*trial.inputs.shape[1:]), *trial.layers]
        path = write_archive(tmp_path / f"{seed}.keras", layers)
        given = trial.inputs if trial.fed else None
        assert (
            evaluate_load.find_unloaded(Written(case, path, given, None, None, None), tmp_path)
            == []
        )


def test_a_trial_is_described_with_its_weights_in_their_order(tmp_path: Path) -> None:
    case = choose_load_cases(1, 2)[0]
    trial = case.build()
    assert trial is not None
    told = describe_trial(case, trial, tmp_path / "000")
    with np.load(told["arrays"]) as kept:
        weights = [name for name in kept.files if name.startswith("weight")]
    assert len(weights) == sum(number for _, number in told["layers"])
    assert told["config"]["config"]["layers"][0]["class_name"] == "InputLayer"


EMPTY = Evaluation(seeds=3, scores=[], confusions=[])


def write(cases: list[LoadCase], work: Path) -> tuple[list[Written], list[str]]:
    """Return cases as if their models had been written, but for one."""
    given = work / "m.keras", np.ones((4, 2)), np.ones(4), np.ones(4)
    return [Written(each, *given, None) for each in cases[:-1]], ["the last: ValueError: no"]


def load(monkeypatch: pytest.MonkeyPatch, seen: Callable[[str], list[str] | str]) -> Evaluation:
    """Return the evaluation where --load finds these causes, or says why a model does not load."""

    def observe(each: Written, *_: Any) -> tuple[list[Finding], str]:
        found = seen(each.case.label)
        if isinstance(found, str):
            return [], found
        return [make_finding(cause, 0.9, "seen") for cause in found], ""

    monkeypatch.setattr(evaluate_load, "write_trials", write)
    monkeypatch.setattr(evaluate_load, "observe", observe)
    told: list[tuple[str, int, int]] = []
    found = add_load(EMPTY, 60, lambda *said: told.append(said))
    assert told[-1] == ("restoring models", 58, 59)
    return found


def find(evaluation: Evaluation) -> TierScore:
    """Return the score of all cases of the tier."""
    assert [(each.tier, each.held_out) for each in evaluation.scores] == [
        ("load", False),
        ("load", True),
    ]
    return evaluation.scores[0]


def test_what_is_found_in_restored_models_is_scored_as_in_the_other_tiers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = find(load(monkeypatch, lambda label: [] if label == HEALTHY else [label]))
    assert (right.top1.hits, right.top1.trials) == (29, 29)
    assert (right.false_alarms.hits, right.false_alarms.trials) == (0, 30)
    wrong = load(monkeypatch, lambda label: ["dead-layer"] if label == HEALTHY else [])
    scored = find(wrong)
    assert (scored.top1.hits, scored.false_alarms.hits, scored.precision.hits) == (0, 30, 0)
    assert (HEALTHY, "dead-layer", 30) in wrong.confusions


def test_a_model_that_was_not_written_or_does_not_load_is_named_and_not_scored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = load(monkeypatch, lambda label: [] if label == HEALTHY else "ValueError: cannot load")
    assert find(found).top1.trials == 0
    assert len(found.failed) == 30
    said = "\n".join(describe_confusions(found))
    assert "Left out: the last: ValueError: no" in said
    assert "m.keras: ValueError: cannot load" in said


def test_a_cure_counts_where_the_expected_predictions_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def prove(each: Written, *_: Any) -> Proven:
        why = "double-rescale: not so" if each.case.label == "bgr-instead-of-rgb" else ""
        label = f"{each.case.label}, {each.case.architecture}"
        return Proven(label=label, held_out=each.case.held_out, why=why)

    monkeypatch.setattr(evaluate_load, "write_trials", write)
    monkeypatch.setattr(evaluate_load, "prove_case", prove)
    found = add_proofs(EMPTY, 30, lambda *_: None)
    assert found.proven is not None
    assert found.proven_held_out is not None
    failed = sum(count for _, count in found.unproven)
    assert (found.proven.hits, found.proven.trials) == (29 - failed, 29)
    assert 0 < found.proven_held_out.trials < 29
    assert failed > 0
    said = "\n".join(describe_confusions(found))
    assert f"--prove cures, in Keras: {29 - failed}/29" in said
    assert "not cured: bgr-instead-of-rgb, images: double-rescale: not so" in said


def test_why_a_case_is_not_cured_is_said_by_the_first_cure_that_was_tried() -> None:
    by_hand = leave_to_people("never-trained")
    tried = Proof(cause="double-rescale", result="not cured", reason="no")
    cured = Proof(cause="bgr-instead-of-rgb", result="cured", reason="yes")
    assert explain_proofs([by_hand, tried]) == "double-rescale: no"
    assert explain_proofs([by_hand]) == explain_proofs([]) == "no cure to carry out"
    assert explain_proofs([tried, cured]) == ""


def test_without_a_cage_no_model_is_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.processes.cage.find_obstacle", lambda: "no Landlock")
    with pytest.raises(UsageError, match="no cage") as refused:
        print_evaluation(1, True, False, 10, Printer(None))
    assert refused.value.found == "no Landlock"


def test_progress_is_a_line_for_every_ten_models_in_a_log(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with EvaluationProgress() as progress:
        for number in range(25):
            progress.tell("restoring models", number, 25)
    said = capsys.readouterr().err.splitlines()
    assert said == [f"restoring models: {number} of 25 ..." for number in (0, 10, 20)]
