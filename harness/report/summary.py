"""The header above a table, and the summary below it."""

from collections import Counter
from collections.abc import Iterable

from harness.errors import count
from harness.origin.answer import clean
from harness.results.judgement import BUG, group_by_path, is_as_declared
from harness.results.outcome import Outcome
from harness.results.run import RunEnvironment

MOST_REASONS = 5  # of errors for which nothing is declared


def say_who_restored(environments: Iterable[RunEnvironment], outcomes: list[Outcome]) -> list[str]:
    """Return a line saying who saved and who restored, where that was not one environment."""
    named = {each.name: f"TensorFlow {each.tensorflow}" for each in environments}
    pairs = dict.fromkeys((each.writer, each.reader) for each in outcomes)
    apart = [(w, r) for w, r in pairs if w != r and w in named and r in named]
    return [f"Saved by {named[w]}, restored by {named[r]}." for w, r in apart]


def describe_environments(environments: Iterable[RunEnvironment]) -> list[str]:
    """Return a line per environment, and a line per device."""
    lines = []
    for environment in environments:
        lines.append(
            f"TensorFlow {environment.tensorflow}, {environment.keras_home}"
            f" {environment.keras}, numpy {environment.numpy}, Python {environment.python}"
        )
        gpus = [each for each in environment.devices if each.name.startswith("GPU")]
        for gpu in gpus:
            lines.append(f"{gpu.name}: {gpu.model}, compute capability {gpu.compute_capability}")
        if not gpus:
            lines.append("No GPU: everything runs on the CPU.")
    return lines


def summarize(outcomes: list[Outcome]) -> str:
    """Return what came of the paths, and why paths failed for which nothing is declared."""
    return summarize_paths(outcomes) + describe_errors(outcomes)


def summarize_paths(outcomes: list[Outcome]) -> str:
    """Return the counts of broken and fixed paths as declared, and the paths that changed.

    The counts are of paths, not of outcomes. With several seeds, a broken path failed as declared
    if its rate is the declared rate. A fixed path matches if it matches on every seed.
    """
    paths = group_by_path(outcomes)
    all_ran = [group for group in paths if group[0].verdict != "skip"]
    ran = [group for group in all_ran if group[0].judgement]
    broken = [group for group in ran if group[0].side == "broken"]
    fixed = [group for group in ran if group[0].side == "fixed"]
    failing = [group for group in broken if group[0].expected != "match"]
    as_declared = sum(group[0].judgement == "expected" for group in failing)
    matching = sum(all(each.verdict == "match" for each in group) for group in fixed)
    sentences = []
    if failing:
        sentences.append(f"Broken paths that failed as declared: {as_declared} of {len(failing)}.")
    if fixed:
        sentences.append(
            f"Fixed paths that match the model before it was saved: {matching} of {len(fixed)}."
        )
    harmless = [group for group in broken if group[0].expected == "match"]
    if harmless:
        working = sum(group[0].judgement == "expected" for group in harmless)
        sentences.append(f"Broken paths that work here, as declared: {working} of {len(harmless)}.")
    healthy = [group for group in ran if group[0].side == "healthy"]
    if healthy:
        matching = sum(group[0].judgement == "expected" for group in healthy)
        sentences.append(
            f"Healthy paths that only look broken: {matching} of {len(healthy)} match."
        )
    measured = [group for group in all_ran if not group[0].judgement]
    if measured:
        sentences.append(describe_measured(measured))
    skipped = len(paths) - len(all_ran)
    if skipped:
        sentences.append(f"{count(skipped, 'path')} skipped: not applicable to this environment.")
    changed = [group for group in paths if group[0].judgement == "changed"]
    bugs = [each for each in outcomes if each.error and each.error.type == BUG]
    if bugs:
        sentences.append(describe_bugs(bugs))
    if not ran and measured:
        return " ".join(sentences)
    if not changed:
        return " ".join([*sentences, "Nothing changed."])
    sentences.append(f"{count(len(changed), 'path')} changed:")
    several = len({group[0].reader for group in all_ran}) > 1
    said = [
        describe_change(group) + (f" [{group[0].reader}]" if several else "") for group in changed
    ]
    return "\n  ".join([" ".join(sentences), *said])


def describe_bugs(bugs: list[Outcome]) -> str:
    """Say that restorebench itself has failed, and what to do about it."""
    return (
        f"{count(len(bugs), 'outcome')} cost by a bug of restorebench: please report it with the"
        f" traceback that `show RUN --output {bugs[0].scenario}` prints."
    )


def describe_measured(paths: list[list[Outcome]]) -> str:
    """Return the verdicts for which nothing is declared: of other doses, or read elsewhere."""
    verdicts = Counter(outcome.verdict for group in paths for outcome in group)
    told = ", ".join(f"{number} {verdict}" for verdict, number in verdicts.most_common())
    cures = [group for group in paths if group[0].side != "broken"]
    matching = sum(all(each.verdict == "match" for each in group) for group in cures)
    if all(group[0].writer == group[0].reader for group in paths):
        return f"No verdicts are declared for doses but the lesson's own: {told}."
    return (
        f"One release saved, another restored, and no verdicts are declared for that: {told}."
        f" Fixed and healthy paths that match: {matching} of {len(cures)}."
    )


def describe_errors(outcomes: Iterable[Outcome]) -> str:
    """Return the reasons of undeclared errors, the most frequent first; "" without any."""
    failed = [each for each in outcomes if each.verdict == "error" and not each.judgement]
    reasons = Counter(explain_reason(each).strip(" ()") for each in failed)
    common = reasons.most_common(MOST_REASONS)
    lines = [f"  {number} x {reason}" for reason, number in common]
    more = len(reasons) - len(common)
    lines += [f"  and {count(more, 'other reason')}"] if more else []
    return "\n".join(["\nErrors for which nothing is declared:", *lines]) if lines else ""


def describe_change(group: list[Outcome]) -> str:
    """Return a changed path's verdict, the declared verdict, and the beginning of its error."""
    deviating = [outcome for outcome in group if not is_as_declared(outcome)]
    outcome = (deviating or group)[0]
    words = f" with {outcome.raises!r}" if outcome.raises else ""
    gave = f"{outcome.verdict}, declared {outcome.expected}{words}"
    if len(group) > 1:
        low, high = outcome.declared_rate
        declared = "always" if (low, high) == (1.0, 1.0) else f"in {low:.2f} to {high:.2f} of them"
        hits = len(group) - len(deviating)
        gave = f"{outcome.expected} on {hits} of {len(group)} seeds, declared {declared}"
        seeds = [f"{each.verdict} on seed {each.seed}" for each in deviating[:5]]
        gave += f" ({', '.join(seeds)}{', ...' if len(deviating) > 5 else ''})" if seeds else ""
    return f"{outcome.scenario} {outcome.path} on {outcome.device}: {gave}{explain_reason(outcome)}"


def explain_reason(outcome: Outcome) -> str:
    """Return the known reason: the error, or whether the weights were restored."""
    if outcome.error:
        message = clean(outcome.error.message)
        shown = message if len(message) <= 160 else f"{message[:80]} ... {message[-75:]}"
        return f" ({outcome.error.type}: {shown})"
    weights = outcome.statistics.weights if outcome.statistics else None
    if weights == "equal" and outcome.verdict != "match":
        return " (the weights are equal, but the function changed)"
    return " (the weights differ)" if weights == "changed" else ""
