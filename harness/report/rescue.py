"""What `rescue` prints: what was changed and why, and the proof."""

from pathlib import Path

from harness.catalog.prose import hang
from harness.origin.predictions import describe_predictions
from harness.report.model_file import SPELLABLE, spell_tensor
from harness.rescue.rescue import Rescue


def describe_rescue(rescue: Rescue, model: Path, own: str, target: str) -> list[str]:
    """Return the report as lines; `own` and `target` are the releases."""
    lines = []
    if rescue.as_it_is and not rescue.reason:
        lines.append(f"{target} loads {model.name} as it is; the new file has today's format.")
    if rescue.not_rebuilt:
        lines += fold(f"{target} cannot have it as a Keras model: {rescue.not_rebuilt}.")
    if rescue.repairs or rescue.not_compiled:
        lines.append("Changed:")
        lines += [f"  {each.why}" for each in rescue.repairs]
    if rescue.not_compiled:
        lines.append(f"  before training, compile the new model: {rescue.not_compiled}")
    elif rescue.repairs:
        lines.append("  loss and metrics are kept; the optimizer begins anew: training goes on")
        lines.append("    without its moments and step count, predictions do not change")
    if rescue.proof is None or rescue.new is None or not rescue.proof.outputs:
        return lines
    old, new, proof = rescue.old, rescue.new, rescue.proof
    lines.append(
        f"{'Proof' if proof.holds else 'Compared'}: {proof.rows} rows through the old file in"
        f" {own}{old.spell_versions()}"
    )
    through = "the SavedModel" if rescue.not_rebuilt else "the new file"
    lines.append(f"  and through {through} in {target}{new.spell_versions()}:")
    lines += [f"  in   {spell_tensor(each)}: {each.fed}" for each in old.inputs]
    for tensor, output, array in zip(old.outputs, proof.outputs, old.predictions, strict=False):
        lines.append(f"  out  {spell_tensor(tensor)}: {output.kind}, {describe_predictions(array)}")
        verdict = "the same" if output.same else "NOT THE SAME"
        lines.append(f"       {verdict}: {output.said}")
    if rescue.not_rebuilt:
        return lines
    lines.append(
        f"  weights: {proof.same_weights} of {proof.weights} arrays are the same, bit for bit"
    )
    return lines


def fold(sentence: str) -> list[str]:
    """Return a sentence as lines of at most 80 columns; words are never cut, for they are names."""
    return hang(sentence, 80, "", "  ")


def describe_load(written: Path, custom: tuple[str, ...], code: Path | None) -> list[str]:
    """Return the lines of Python that load the new file; with the user's classes, if it has any."""
    named = {each: each.rpartition(">")[2] for each in custom if SPELLABLE.fullmatch(each)}
    if code is None or not named:
        return [f"  tf.keras.models.load_model({str(written)!r})"]
    brought = ", ".join(sorted(set(named.values())))
    objects = ", ".join(f"{key!r}: {name}" for key, name in named.items())
    return [
        f"  from {code.stem} import {brought}",
        f"  tf.keras.models.load_model({str(written)!r},",
        f"      custom_objects={{{objects}}})",
    ]


def describe_call(rescue: Rescue, saved: Path, target: str) -> list[str]:
    """Return how the SavedModel of a last resort is loaded and called, and what it cannot do."""
    assert rescue.new is not None
    inputs = ", ".join(f"{each.name}=..." for each in rescue.new.inputs)
    what = f"Wrote {saved}, a SavedModel." if rescue.file else "The old SavedModel is enough."
    return [
        *fold(f"{what} It only predicts: it has no layers and cannot be trained."),
        f"It is proven: load and call it in {target} with",
        f"  model = tf.saved_model.load({str(saved)!r})",
        f"  model.signatures[{rescue.new.signature!r}]({inputs})",
    ]


def make_rescue_record(
    rescue: Rescue, own: str, target: str, output: Path | None
) -> dict[str, object]:
    """Return the JSON object of a rescue; `output`: where the new file is."""
    proof = rescue.proof
    return {
        "release": own,
        "target": target,
        "output": str(output) if output else None,
        "signature": rescue.new.signature if rescue.new and rescue.not_rebuilt else None,
        "not_rebuilt": rescue.not_rebuilt or None,
        "proven": bool(proof and proof.holds),
        "loads_as_it_is": rescue.as_it_is and not rescue.reason,
        "reason": rescue.reason or None,
        "needed": rescue.needed or None,
        "repairs": [{"name": each.name, "why": each.why} for each in rescue.repairs],
        "not_compiled": rescue.not_compiled or None,
        "outputs": [
            {"name": each.name, "found": each.kind, "same": each.same, "said": each.said}
            for each in (proof.outputs if proof else [])
        ],
        "weights": {"same": proof.same_weights, "all": proof.weights} if proof else None,
    }
