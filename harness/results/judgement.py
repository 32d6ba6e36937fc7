"""Whether outcomes are as their scenarios declare, all seeds of a path together."""

from collections.abc import Iterable

from harness.results.outcome import Outcome
from harness.verdicts.judge import judge

BUG = "RestorebenchBug"  # the type of an outcome's error that is our own exception
# Errors that are never a path's own: refusals of ours. "ParcelDamaged" stands in older files.
REFUSALS = (
    "ReferenceRefused",
    "ProvenanceRefused",
    "UnreadableResult",
    "PlacementError",
    "AlarmSilent",
    "BundleDamaged",
    "ParcelDamaged",
    "MachineLost",
    "ArtifactRefused",
    BUG,
)


def is_as_declared(outcome: Outcome) -> bool:
    """Say whether an outcome shows the declared verdict, and by the path's own doing.

    A lesson on an error proves nothing if it was `save` that failed, if we refused the result, or
    if the error is another one than declared.
    """
    error = outcome.error
    if error is not None:
        if error.step == "save" or error.type in REFUSALS:
            return False
        if outcome.verdict == "error" and outcome.raises not in f"{error.type}: {error.message}":
            return False
    return outcome.verdict == outcome.expected


def group_by_path(outcomes: Iterable[Outcome]) -> list[list[Outcome]]:
    """Return the outcomes of each path, device, dose and environment together: all its seeds."""
    groups: dict[tuple[object, ...], list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(outcome.key._replace(seed=0), []).append(outcome)
    return list(groups.values())


def judge_outcomes(outcomes: Iterable[Outcome]) -> None:
    """Set `judgement` on every outcome for which a verdict is declared."""
    for group in group_by_path(outcomes):
        if not group[0].expected:  # a dose for which nothing is declared
            continue
        lone = len(group) == 1 and group[0].default_seed
        hits = [is_as_declared(each) for each in group]
        judgement = judge(hits, group[0].declared_rate, lone)
        for outcome in group:
            outcome.judgement = judgement


def any_changed(outcomes: Iterable[Outcome]) -> bool:
    """Say whether a run ends with exit code 1."""
    return any(outcome.judgement == "changed" for outcome in outcomes)
