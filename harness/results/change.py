"""Why a path came out otherwise: the reason in words, and the cause that paths share."""

from collections import Counter

from harness.results.outcome import Outcome
from harness.verdicts.messages import find_cause, normalise, read_alike

Pair = tuple[Outcome, Outcome]  # of one seed, before and after


def explain_absence(outcomes: list[Outcome]) -> str:
    """Say why a side has no outcome of a path."""
    if not outcomes:
        return "not run"
    return outcomes[0].error.message if outcomes[0].error else "skipped"


def explain_change(pairs: list[Pair], kind: str) -> tuple[str, str]:
    """Return (reason, cause) of a change of verdict, told by the side that does not work."""
    telling = 0 if kind == "mended" else 1
    failing = [pair for pair in pairs if pair[telling].verdict != "match"]
    outcome = next(
        (pair[telling] for pair in failing if pair[0].verdict != pair[1].verdict),
        failing[0][telling],
    )
    if outcome.error:
        return describe_error(outcome), cause_of(outcome)
    arrived = outcome.statistics.weights if outcome.statistics else None
    told = {
        "equal": ": the weights arrived, the function changed",
        "changed": ": the weights did not arrive",
    }.get(str(arrived), "")
    return f"{describe_verdicts(pairs)}{told}", f"{outcome.verdict} {arrived} {kind}"


def describe_verdicts(pairs: list[Pair]) -> str:
    """Return "match → zeros", over several seeds with how many of each."""
    return " → ".join(count_verdicts([pair[side] for pair in pairs]) for side in (0, 1))


def count_verdicts(outcomes: list[Outcome]) -> str:
    """Return the verdict of one seed, or how many of several had which."""
    if not outcomes:
        return "—"
    if len(outcomes) == 1:
        return outcomes[0].verdict
    counts = Counter(each.verdict for each in outcomes)
    return ", ".join(f"{counts[each]}/{len(outcomes)} {each}" for each in sorted(counts))


def describe_error(outcome: Outcome) -> str:
    """Return type and message of an outcome's error, on one line."""
    error = outcome.error
    return normalise(f"{error.type}: {error.message}") if error else ""


def cause_of(outcome: Outcome) -> str:
    """Return what outcomes that failed for the same reason share."""
    error = outcome.error
    told = f"{error.type}: {find_cause(error.message)}" if error else ""
    return f"{outcome.verdict} {told}"


def has_other_error(one: Outcome, other: Outcome) -> bool:
    """Say whether two outcomes of the same verdict failed in other ways."""
    if one.error is None or other.error is None or one.verdict != other.verdict:
        return False
    return not read_alike(describe_error(one), describe_error(other))
