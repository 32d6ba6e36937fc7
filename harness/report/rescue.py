"""What `rescue` prints: what was changed and why, and the proof."""

from pathlib import Path

from harness.origin.predictions import describe_predictions
from harness.report.model_file import spell_tensor
from harness.rescue.rescue import Rescue


def describe_rescue(rescue: Rescue, model: Path, own: str, target: str) -> list[str]:
    """Return the report as lines; `own` and `target` are the releases."""
    lines = []
    if rescue.as_it_is and not rescue.reason:
        lines.append(f"{target} loads {model.name} as it is; the new file has today's format.")
    if rescue.repairs:
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
    lines.append(f"  and through the new file in {target}{new.spell_versions()}:")
    lines += [f"  in   {spell_tensor(each)}: {each.fed}" for each in old.inputs]
    for tensor, output, array in zip(old.outputs, proof.outputs, old.predictions, strict=False):
        lines.append(f"  out  {spell_tensor(tensor)}: {output.kind}, {describe_predictions(array)}")
        verdict = "the same" if output.same else "NOT THE SAME"
        lines.append(f"       {verdict}: {output.said}")
    lines.append(
        f"  weights: {proof.same_weights} of {proof.weights} arrays are the same, bit for bit"
    )
    return lines


def make_rescue_record(
    rescue: Rescue, own: str, target: str, output: Path | None
) -> dict[str, object]:
    """Return the JSON object of a rescue; `output`: where the new file is."""
    proof = rescue.proof
    return {
        "release": own,
        "target": target,
        "output": str(output) if output else None,
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
