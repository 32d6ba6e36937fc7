"""What `seal` and `verify` print."""

from collections.abc import Sequence
from pathlib import Path

from harness.environments.resolve import OWN
from harness.errors import count
from harness.formats.facts import plain
from harness.seals.seal_file import Seal
from harness.seals.verification import SealFinding, Verification

MOST_DETAILS = 6
ONLY_NOW = (
    "The seal holds what the restored model gives now. Whether the live model gave the same, only"
    " --expected tells, or seal() in the script that saves the model."
)


def describe_seal(seal: Seal, folder: Path, proven: bool) -> list[str]:
    """Return what was sealed as lines; `proven`: the model gave the expected outputs."""
    rows = ", ".join(str(each.shape[0]) for each in seal.outputs[:1] if each.shape)
    weights = [len(each.weights) for each in seal.layers if each.weights]
    given = max((each.shape[0] for each in seal.inputs if each.shape), default=0)
    lines = [f"Sealed: outputs of {rows} rows, and the statistics of {given} rows of inputs"]
    if seal.layers:
        held = f"{count(sum(weights), 'weight')} of {count(len(weights), 'layer')}"
        lines.append(f"  {held}, and in short what each layer gives")
    if seal.code:
        lines.append(f"  the source of {', '.join(plain(each.name, 60) for each in seal.code)}")
    if not seal.repeatable:
        lines.append("  The outputs will not be compared: two calls with the same inputs differ.")
    lines.append("It gives the expected outputs." if proven else ONLY_NOW)
    lines.append(f"Wrote {plain(folder.name)}/: seal.json is for reading. Keep it with the model.")
    return lines


def describe_verification(found: Verification) -> list[str]:
    """Return the answer of `verify` as lines, the worst first."""
    called = "your own environment" if found.reader == OWN else found.reader
    versions = ", ".join(
        f"{name} {found.versions[key]}"
        for key, name in (("tensorflow", "TensorFlow"), ("keras", "Keras"))
        if found.versions.get(key)
    )
    verdict = "verified" if found.verified else "NOT VERIFIED"
    lines = [f"{plain(Path(found.model).name)}: {verdict}", f"  {found.sealed}"]
    lines.append(f"  restored in {called}{f': {versions}' if versions else ''}")
    if found.verified and found.compared:
        lines.append(f"  as sealed: {', '.join(found.compared)}")
    wrong = [each for each in found.findings if each.fails]
    for number, each in enumerate(wrong, 1):
        lines += ["", f"{number}. {each.check}: {each.says}", *list_details(each.details)]
    notes = [each for each in found.findings if not each.fails]
    if notes:
        lines += ["", "Worth knowing:", *map(describe_note, notes)]
    return lines


def describe_note(finding: SealFinding) -> str:
    """Return what does not fail as one line."""
    return f"  {finding.check}: {finding.says}"


def list_details(details: Sequence[str]) -> list[str]:
    """Return the first details of a finding as lines."""
    more = len(details) - MOST_DETAILS
    rest = [f"   {more} more: see --json"] if more > 0 else []
    return [*(f"   {each}" for each in details[:MOST_DETAILS]), *rest]
