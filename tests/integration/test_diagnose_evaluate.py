"""`diagnose --evaluate` with `--load` and `--prove`, on a few models that are really restored."""

import pytest

from harness.diagnose.evaluation.corpus_trials import WRITERS
from harness.diagnose.evaluation.evaluate import Evaluation
from harness.diagnose.evaluation.evaluate_load import add_load, add_proofs
from harness.processes.cage import find_obstacle

pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.long,
    pytest.mark.releases,
    pytest.mark.study,
    pytest.mark.skipif(bool(find_obstacle()), reason=find_obstacle()),
]
EMPTY = Evaluation(seeds=2, scores=[], confusions=[])


def test_models_of_both_keras_are_restored_and_healthy_ones_give_no_finding() -> None:
    told: list[str] = []
    found = add_load(EMPTY, 16, lambda what, *_: told.append(what))
    scored = found.scores[0]
    assert not found.failed
    assert scored.false_alarms.trials == 8 > len(WRITERS)
    assert scored.false_alarms.hits == 0, found.confusions
    assert scored.top1.hits >= 0.75 * scored.top1.trials > 4, found.confusions
    assert set(told) == {"writing models", "restoring models"}


def test_cures_are_carried_out_on_models_of_both_keras() -> None:
    found = add_proofs(EMPTY, 8, lambda *_: None)
    assert found.proven is not None
    assert not found.failed
    assert found.proven.trials >= 6
    assert found.proven.hits >= 0.75 * found.proven.trials, found.unproven
