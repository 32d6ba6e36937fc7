"""Rules over a restored model: what its layers gave, and whether it predicts the same each time."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from harness.diagnose.file_answer import Computed
from harness.diagnose.findings import Finding, make_finding
from harness.diagnose.load.observation import LayerOutput
from harness.diagnose.load.trace_file import COARSE, Traced
from harness.diagnose.rules.either_side import weigh_sides
from harness.diagnose.rules.input_changes import Change
from harness.diagnose.rules.samples import agree
from harness.origin.predictions import find_kind
from harness.verdicts.statistics import Array

CLOSE = 1e-3  # of the largest prediction: more than another order of sums explains
AT_ENDS = 0.99
FAR_OUT = 10.0  # no standardised number is so large
FEWEST_ROWS = 4


@dataclass(frozen=True)
class Looks:
    """What was seen of one restored model; arrays are those of its first output, rows first.

    None or empty: not looked at. `changed`: the output for each change of the inputs. `reloaded`:
    the output of a second load, `elsewhere` of a second process. `traced`: the layers against
    their file. `computes_in`: a dtype coarser than float32, or "".
    """

    inputs: Array
    output: Array
    given: bool = False
    again: Array | None = None
    reloaded: Array | None = None
    single: Array | None = None
    training: Array | None = None
    elsewhere: Array | None = None
    layers: Sequence[LayerOutput] = ()
    redrawn: Sequence[str] = ()
    stateful: Sequence[str] = ()
    traced: Traced | None = None
    expected: Array | None = None
    predicted: Array | None = None
    changed: list[tuple[Change, Array]] = field(default_factory=list)
    computes_in: str = ""

    def differs(self, output: Array | None) -> float:
        """Return by which share another output differs, 0.0 for rounding and for None."""
        return 0.0 if output is None else self.measure(self.output, output)

    def measure(self, first: Array, second: Array) -> float:
        """Return the largest difference as a share of the largest number; 0.0 for rounding."""
        apart = measure(first, second)
        return apart if apart > COARSE.get(self.computes_in, CLOSE) else 0.0

    def fits(self, outputs: Array, own: Array) -> bool:
        """Return whether outputs that the user gives are what the model gave."""
        return agree(outputs, own, self.computes_in)


def measure(first: Array, second: Array) -> float:
    """Return the largest difference as a share of the largest number.

    Infinite where the shapes differ, other numbers are NaN or infinite, or words differ.
    """
    if first.shape != second.shape:
        return np.inf
    if not {first.dtype.kind, second.dtype.kind} <= set("fiub"):
        return 0.0 if np.array_equal(first, second) else np.inf
    one, other = first.astype(float), second.astype(float)
    kept = np.isfinite(one)
    broken = np.where(kept, 0, one), np.where(np.isfinite(other), 0, other)
    if not np.array_equal(*broken, equal_nan=True):
        return np.inf
    if not kept.any():
        return 0.0
    largest = float(np.abs(one[kept]).max())
    return float(np.abs(one[kept] - other[kept]).max()) / max(largest, 1e-6)


def spell_share(apart: float) -> str:
    """Return a difference that `measure` gave, as it is said after "differs"."""
    if np.isfinite(apart):
        return f" by {apart:.0%} of the largest prediction"
    return ": in shape, in words, or in where NaN stands"


def find_redrawn(seen: Looks) -> Finding | None:
    """Speak where two loads of the file give a layer other weights, or other predictions."""
    apart = seen.differs(seen.reloaded)
    if not seen.redrawn:
        if not apart or find_chance(seen):
            return None
        said = f"the predictions of two loads of the file differ{spell_share(apart)}"
        return make_finding("variables-lost", 0.85, said)
    named = ", ".join(seen.redrawn[:3]) + (", ..." if len(seen.redrawn) > 3 else "")
    said = f"two loads of the file give other weights to {named}"
    return make_finding("variables-lost", 0.95, said)


def find_chance(seen: Looks) -> Finding | None:
    """Speak where two calls with the same inputs differ, and no layer is there to keep a state."""
    apart = seen.differs(seen.again)
    if not apart or seen.stateful:
        return None
    return make_finding("training-mode-at-inference", 0.9, spell_calls(apart))


def find_residue(seen: Looks) -> Finding | None:
    """Speak where a kept state explains predictions; that it is kept is what stateful asks for."""
    apart = seen.differs(seen.again)
    if not apart or not seen.stateful or seen.again is None or seen.predicted is None:
        return None
    if seen.fits(seen.predicted, seen.output):
        return None
    said = f"{spell_calls(apart)}; stateful: {', '.join(seen.stateful[:3])}"
    if seen.fits(seen.predicted, seen.again):
        said = f"the second call gives the predictions of now; {said}"
        return make_finding("stateful-rnn-residue", 0.95, said)
    return make_finding("stateful-rnn-residue", 0.7, said)


def spell_calls(apart: float) -> str:
    """Return by how much two calls differ."""
    return f"two calls of predict differ{spell_share(apart)}"


def find_dependence(seen: Looks) -> Finding | None:
    """Speak where a row alone is predicted otherwise than in its batch."""
    if seen.single is None or seen.differs(seen.again):
        return None
    apart = seen.measure(seen.output[: len(seen.single)], seen.single)
    if not apart:
        return None
    said = f"a row predicted alone differs{spell_share(apart)}"
    return make_finding("depends-on-the-batch", 0.9, said)


def find_other_process(seen: Looks) -> Finding | None:
    """Speak where another process predicts otherwise, although two calls and two loads agree."""
    apart = seen.differs(seen.elsewhere)
    if not apart or find_redrawn(seen) or find_chance(seen):
        return None
    said = f"a second process differs{spell_share(apart)}"
    return make_finding("vocabulary-from-a-set", 0.6, said)


def find_dying(seen: Looks) -> Finding | None:
    """Speak where values die: the first layer that is not finite, all zero, or at its ends.

    A layer that is so by design does no harm that shows: a branch that is switched off, a masked
    number. So rows that differ must end in predictions that do not vary; and a sigmoid must get
    numbers that are far too large.
    """
    if not seen.given or len(seen.inputs) < FEWEST_ROWS or is_right(seen):
        return None
    if find_kind(seen.inputs) != "varies":  # rows that are equal, or broken themselves
        return None
    died = find_kind(seen.output) != "varies"
    reach = float(np.abs(seen.inputs).max()) if seen.inputs.dtype.kind in "fiu" else 0.0
    for each in seen.layers:
        where = f"the layer {each.name} ({each.kind})"
        if each.broken and died:
            said = f"{where} is the first: {each.broken} of its numbers are NaN or infinite"
            return make_finding("layer-not-finite", 0.8, said)
        if is_dead(each) and died:
            return make_finding("dead-layer", 0.7, f"{where} gives only zeros, the first to do so")
        head = each.head or each is seen.layers[-1]
        if each.ends is not None and each.ends >= AT_ENDS and not head and reach > FAR_OUT:
            said = f"{each.ends:.0%} of the numbers that {where} gives are at its ends"
            return make_finding("saturated-layer", 0.6, said)
        reach = max(abs(each.minimum or 0.0), abs(each.maximum or 0.0))
    return None


def is_dead(each: LayerOutput) -> bool:
    """Return whether a ReLU gives 0 for every row."""
    return each.zeros == 1 and "relu" in (each.activation, each.kind.lower())


def find_otherwise(seen: Looks) -> Finding | None:
    """Speak where a layer gives other numbers than its weights in the file say.

    Behind one that is not finite, as where half precision overflows, every layer does.
    """
    if seen.traced is None or not seen.traced.name or find_redrawn(seen):
        return None
    found = seen.traced
    until = itertools.takewhile(lambda each: each.name != found.name, seen.layers)
    if any(each.broken for each in until):
        return None
    said = (
        f"{found.name} is the first: off by {found.difference:.3g}, of at most {found.largest:.3g}"
    )
    return make_finding("layer-computes-otherwise", 0.85, said)


RULES: tuple[Callable[[Looks], Finding | None], ...] = (
    find_redrawn,
    find_chance,
    find_residue,
    find_dependence,
    find_other_process,
    find_dying,
    find_otherwise,
)


def is_right(seen: Looks) -> bool:
    """Return whether the restored model gives the expected predictions."""
    return seen.expected is not None and seen.fits(seen.expected, seen.output)


def judge_restored(seen: Looks) -> tuple[Computed | None, list[Finding]]:
    """Return what the predictions are like, and the changes of the inputs that explain them."""
    if seen.expected is None and seen.predicted is None:
        return None, []
    now = seen.predicted is not None and seen.fits(seen.predicted, seen.output)
    if seen.expected is not None and not is_right(seen):
        gives: Computed = "as predicted" if now else "as neither"
        found = explain(seen, seen.expected, True)
        numbers = seen.expected.dtype.kind + seen.output.dtype.kind + seen.inputs.dtype.kind
        if not found and now and set(numbers) <= set("fiub"):
            found = weigh_sides([seen.inputs], seen.output, seen.expected)
        return gives, found
    if seen.predicted is None or now:
        return ("as predicted" if seen.expected is None else "as expected"), []
    found = explain(seen, seen.predicted, False)
    said = "restored anew with load_model, the file gives other predictions than yours"
    if not (found or find_residue(seen)):
        found = [make_finding("restored-otherwise", 0.6, said)]
    return ("as neither" if seen.expected is None else "as expected"), found


def explain(seen: Looks, outputs: Array, missing: bool) -> list[Finding]:
    """Return the change of the inputs, or the mode, with which the model gives `outputs`."""
    if outputs.dtype.kind not in "fiub" or not outputs.any():
        return []  # zeros fit whatever kills the network
    which = "expected outputs" if missing else "predictions of now"
    if not missing and seen.training is not None and seen.fits(outputs, seen.training):
        said = f"the restored model gives the {which} when it is called with training=True"
        return [make_finding("training-mode-at-inference", 0.95, said)]
    fitting = [
        (measure(outputs.reshape(output.shape), output), at)
        for at, (change, output) in enumerate(seen.changed)
        if (change.missing if missing else change.added)
        and output.size
        and seen.fits(outputs, output)
    ]
    if not fitting:
        return []
    change = seen.changed[min(fitting)[1]][0]  # in half precision several may fit
    said = f"the restored model gives the {which} for inputs {change.words}"
    cause = change.missing if missing else change.added
    return [make_finding(cause, 0.95, said, change.spell_cure(missing))]


def list_facts(seen: Looks) -> list[str]:
    """Return what was tried and came out well, and what differs without being a fault."""
    calls = seen.differs(seen.again)
    tried = [
        (seen.reloaded, find_redrawn(seen), "two loads of the file predict the same"),
        (seen.again, calls, "two calls of predict agree"),
        (seen.single, calls or find_dependence(seen), "a row alone is predicted as in its batch"),
        (seen.elsewhere, find_other_process(seen), "a second process predicts the same"),
    ]
    facts = [said for array, wrong, said in tried if array is not None and not wrong]
    if seen.traced and seen.traced.compared and not seen.traced.name:
        several = seen.traced.compared > 1
        said = "layers give what their weights" if several else "layer gives what its weights"
        facts.append(f"{seen.traced.compared} {said} in the file say")
    if apart := seen.differs(seen.training):
        facts.append(f"with training=True, as with dropout, predictions differ{spell_share(apart)}")
    if seen.stateful and calls:
        named = ", ".join(seen.stateful[:3])
        facts += [spell_calls(calls), f"stateful, so that goes on from the last call: {named}"]
    if find_kind(seen.output) == "varies":
        dead = [each.name for each in seen.layers if is_dead(each)]
        facts += [f"{each} gives only zeros; the predictions vary all the same" for each in dead]
    return facts
