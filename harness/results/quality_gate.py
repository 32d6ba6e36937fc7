"""What every scenario must show when it is run twice under one seed."""

from harness.results.outcome import Outcome
from harness.verdicts.tolerances import SAME_TWICE

LARGEST_ARTIFACT = 2**20  # bytes; a lesson's model is small


def find_faults(first: list[Outcome], second: list[Outcome]) -> list[str]:
    """Return a sentence for every path that is not as declared or not the same twice."""
    faults: list[str] = []
    again = {outcome.path: outcome for outcome in second}
    for outcome in first:
        name, error = outcome.path, outcome.error
        if outcome.judgement != "expected":
            said = f" ({error.type}: {error.message})" if error else ""
            wanted = f" with {outcome.raises!r}" if outcome.raises else ""
            faults.append(
                f"{name} gave {outcome.verdict}, declared {outcome.expected}{wanted}{said}"
            )
        faults += [f"{name} {side_effect}" for side_effect in outcome.side_effects]
        size = outcome.artifact_bytes or 0
        if size > LARGEST_ARTIFACT:
            large = f"{size / 2**20:.1f} MiB"
            faults.append(f"the artifact that {name} reads is {large}; 1 MiB is the most")
        if not have_same_numbers(outcome, again[name]):
            faults.append(f"{name} gave other numbers the second time under the same seed")
    cures = [each for each in first if each.side in ("fixed", "healthy")]
    if cures and all(each.verdict == "skip" for each in cures):
        return faults
    if not any(each.verdict == "match" for each in cures):
        faults.append("no fixed path matches, so nothing here is cured")
    return list(dict.fromkeys(faults))


def have_same_numbers(one: Outcome, other: Outcome) -> bool:
    """Say whether two outcomes of one path agree in verdict, mean and error."""
    if one.verdict != other.verdict:
        return False
    if one.statistics is None or other.statistics is None:
        return one.statistics is other.statistics
    for name in ("mean", "standard_deviation", "max_absolute_error"):
        left: float | None = getattr(one.statistics, name)
        right: float | None = getattr(other.statistics, name)
        if left is None or right is None:
            if left is not right:
                return False
            continue
        scale = abs(one.statistics.reference.maximum or 1.0)
        if abs(left - right) > SAME_TWICE * max(abs(left), scale):
            return False
    return True
