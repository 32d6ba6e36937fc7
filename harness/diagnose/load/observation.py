"""What a restored model showed while it predicted, and how it is said."""

import msgspec

from harness.diagnose.file_answer import Computed
from harness.diagnose.findings import Finding

MOST_LAYERS_SHOWN = 12


class LayerOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What one layer gave over all rows.

    `zeros`: the share that is 0; `ends`: the share of a sigmoid or tanh that lies at its ends, None
    for another layer; `broken`: how many numbers are NaN or infinite; `head`: the model gives them.
    """

    name: str
    kind: str
    activation: str = ""
    minimum: float | None
    maximum: float | None
    zeros: float
    ends: float | None = None
    broken: int = 0
    head: bool = False


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """A model restored in a cage. `error`: why it did not load or predict, "" where it did.

    `given`: the inputs are the user's; `sealed`: those of the seal. `gives`: what the predictions
    are like, beside --expected and --predicted. `lacking`: which code of the user's it
    needs, and how that is given. `facts`: what was tried, one sentence each.
    """

    release: str
    versions: dict[str, str | None] = {}
    error: str = ""
    lacking: str = ""
    rows: int = 0
    given: bool = False
    sealed: bool = False
    gives: Computed | None = None
    facts: list[str] = []
    layers: list[LayerOutput] = []
    findings: list[Finding] = []


def describe_observation(seen: Observation) -> list[str]:
    """Return an observation as lines."""
    where = spell_versions(seen.versions) or f"release {seen.release}"
    if seen.error:
        lacking = [f"  {seen.lacking}."] if seen.lacking else []
        return [f"NOT RESTORED in a cage ({where}):", f"  {seen.error}", *lacking]
    source = "of the seal" if seen.sealed else "of --inputs" if seen.given else "drawn at random"
    fed = f"{seen.rows} rows {source}"
    return [f"Restored in a cage ({where}), fed {fed}:", *(f"  {each}" for each in seen.facts)]


def spell_versions(versions: dict[str, str | None]) -> str:
    """Return versions as they are said, "" where they are not known."""
    names = {"TensorFlow": versions.get("tensorflow"), "Keras": versions.get("keras")}
    return ", ".join(f"{name} {version}" for name, version in names.items() if version)


def tabulate_outputs(seen: Observation) -> tuple[list[str], list[list[str]]]:
    """Return the head and the rows of a table of what each layer gives."""
    rows = [
        [
            each.name[:30],
            each.kind[:24],
            "-" if each.minimum is None else f"{each.minimum:.3g}",
            "-" if each.maximum is None else f"{each.maximum:.3g}",
            f"{each.zeros:.0%}",
            "-" if each.ends is None else f"{each.ends:.0%}",
        ]
        for each in seen.layers[:MOST_LAYERS_SHOWN]
    ]
    return ["what it gives", "class", "min", "max", "zeros", "at ends"], rows
