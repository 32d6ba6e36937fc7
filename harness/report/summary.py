"""The header over a table and the paragraph under it."""

from collections.abc import Iterable
from typing import Any

from harness.judge import group_by_path

Records = list[dict[str, Any]]


def describe_environments(environments: list[dict[str, Any]]) -> list[str]:
    """Return a line per environment, and one that says which devices were found."""
    lines = []
    for environment in environments:
        lines.append(
            f"TensorFlow {environment['tensorflow']}, {environment['keras_home']}"
            f" {environment['keras']}, numpy {environment['numpy']}, Python {environment['python']}"
        )
        gpus = [each for each in environment.get("devices", []) if each["name"].startswith("GPU")]
        for gpu in gpus:
            lines.append(
                f"{gpu['name']}: {gpu['model']}, compute capability {gpu['compute_capability']}"
            )
        if not gpus:
            lines.append("No GPU: everything runs on the CPU.")
    return lines


def count(number: int, noun: str) -> str:
    """Return "1 path", "2 paths"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def summarize(records: Records) -> str:
    """Say how many broken paths failed as declared, how many fixed ones match, what changed.

    Counts paths, not outcomes: with several seeds a broken path failed as declared if its rate is
    the declared one, a fixed path matches if it does so on every seed.
    """
    paths = group_by_path(records)
    ran = [group for group in paths if group[0]["verdict"] != "skip"]
    broken = [group for group in ran if group[0]["side"] == "broken"]
    fixed = [group for group in ran if group[0]["side"] == "fixed"]
    failing = [group for group in broken if group[0]["expected"] != "match"]
    as_declared = sum(group[0]["judgement"] == "expected" for group in failing)
    matching = sum(all(each["verdict"] == "match" for each in group) for group in fixed)
    sentences = [
        f"Broken paths that failed as declared: {as_declared} of {len(failing)}."
        f" Fixed paths that match the model before it was saved: {matching} of {len(fixed)}."
    ]
    harmless = [group for group in broken if group[0]["expected"] == "match"]
    if harmless:
        working = sum(group[0]["judgement"] == "expected" for group in harmless)
        sentences.append(f"Broken paths that work here, as declared: {working} of {len(harmless)}.")
    skipped = len(paths) - len(ran)
    if skipped:
        sentences.append(f"{count(skipped, 'path')} skipped: not for this environment.")
    changed = [record for record in records if record["judgement"] == "changed"]
    if not changed:
        sentences.append("Nothing changed.")
        return " ".join(sentences)
    sentences.append(f"{count(len(changed), 'outcome')} changed:")
    return " ".join(sentences) + "".join(f"\n  {describe_change(record)}" for record in changed)


def describe_change(record: dict[str, Any]) -> str:
    """Say what a changed outcome gave, what was declared, and the first words of its error."""
    said = ""
    if record["error"]:
        message = " ".join(record["error"]["message"].split())
        said = f" ({record['error']['type']}: {message[:160]})"
    weights = (record["statistics"] or {}).get("weights")
    if weights == "equal" and record["verdict"] not in ("match", "error"):
        said += " (the weights arrived, the function changed)"
    elif weights == "changed":
        said += " (the weights did not arrive)"
    return (
        f"{record['scenario']} {record['path']} seed {record['seed']} on {record['device']}:"
        f" {record['verdict']}, declared {record['expected']}{said}"
    )


def any_changed(records: Iterable[dict[str, Any]]) -> bool:
    """Say whether a run ends with exit code 1."""
    return any(record["judgement"] == "changed" for record in records)
