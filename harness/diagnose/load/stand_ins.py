"""What training knew, for a cure that needs it: from the scaler or sample that the user gives.

Where nobody gives it, it is taken from the inputs at hand.
"""

import ast
import builtins
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from harness.diagnose.scaler import Scaler
from harness.verdicts.statistics import Array

# of tables and series column by column, of images as a whole
AXES = "None if np.ndim(inputs) > 3 else tuple(range(np.ndim(inputs) - 1))"

STAND_INS = {
    "mean_of_training": f"np.mean(inputs, axis={AXES})",
    "std_of_training": f"np.std(inputs, axis={AXES})",
    "means_of_training": "np.nanmean(inputs, axis=0)",
}
OF_FILE = ("center", "divisor", "raw")
KNOWN = {"tf", "np", "os", "keras", "path", "inputs", "images", "model", "predictions"}
OF_SCALER = {
    "mean_of_training": "center_of_scaler",
    "std_of_training": "divisor_of_scaler",
    "raw_inputs": "raw_of_scaler",
    "scaler": "type('Scaler', (), {'transform': lambda self, values:"
    " (values - center_of_scaler) / divisor_of_scaler, 'inverse_transform':"
    " lambda self, values: values * divisor_of_scaler + center_of_scaler})()",
}


def find_unknown(code: str) -> set[str]:
    """Return the names that a cure uses, and that nobody gives."""
    nodes = [each for each in ast.walk(ast.parse(code)) if isinstance(each, ast.Name)]
    bound = {each.id for each in nodes if isinstance(each.ctx, ast.Store)}
    bound |= {each.arg for each in ast.walk(ast.parse(code)) if isinstance(each, ast.arg)}
    return {each.id for each in nodes} - bound - KNOWN - set(dir(builtins))


@dataclass
class Known:
    """The lines that give a cure the names it needs; `needed`: these names.

    `folder`: where the worker finds arrays. `stand_ins`: names for which the inputs stand in, or
    --train-sample; `taken_from`: which of the two.
    """

    needed: set[str]
    folder: Path
    lines: list[str] = field(default_factory=list)
    stand_ins: tuple[str, ...] = ()
    taken_from: str = "these inputs"
    by_scaler: bool = False

    @property
    def needs_scaler(self) -> bool:
        """Return whether a scaler gives something that is needed."""
        return bool(self.needed & OF_SCALER.keys())

    def list_missing(self) -> list[str]:
        """Return the names that neither the user nor the inputs give."""
        return sorted(self.needed - STAND_INS.keys())

    def take_scaler(self, scaler: Scaler, inputs: Array, undoes: bool) -> None:
        """Take what the scaler of training gives. `undoes`: the cure goes back to raw inputs.

        What was scaled and scaled again has lost digits, so that its raw inputs are rough.
        """
        given = np.asarray(inputs, np.float64)
        raw = find_raw(scaler, given)
        if undoes or ("raw_inputs" in self.needed and raw is not given):
            self.stand_ins = ("raw_inputs",)
        file = str(self.folder / "scaler.npz")
        np.savez(
            file,
            center=scaler.center,
            divisor=scaler.divisor,
            raw=raw,
        )
        kept = [f"{each}_of_scaler = np.load({file!r})[{each!r}]" for each in OF_FILE]
        self.lines += [*kept, *(f"{name} = {code}" for name, code in OF_SCALER.items())]
        self.needed -= OF_SCALER.keys()
        self.by_scaler = True

    def take_sample(self, sample: Array) -> None:
        """Take the means of rows as the model got them in training."""
        if "means_of_training" not in self.needed or sample.dtype.kind not in "fiu":
            return
        file = str(self.folder / "sample.npz")
        np.savez(file, means=np.nanmean(sample, axis=0))
        self.lines.append(f"means_of_training = np.load({file!r})['means']")
        self.needed.remove("means_of_training")
        self.stand_ins, self.taken_from = (*self.stand_ins, "means_of_training"), "--train-sample"

    def take_inputs(self) -> None:
        """Let the inputs at hand stand in for the rest."""
        rest = tuple(sorted(self.needed & STAND_INS.keys()))
        self.lines += [f"{name} = {STAND_INS[name]}" for name in rest]
        self.stand_ins += rest


def find_raw(scaler: Scaler, inputs: Array) -> Array:
    """Return the inputs, or those before the scaler, once or twice: what is most like training.

    Columns may come in another order, so that their means are compared sorted.
    """
    forms = [inputs, scaler.undo(inputs), scaler.undo(scaler.undo(inputs))]
    usual = scaler.undo(
        np.full(scaler.center.shape, np.mean(scaler.to) if scaler.low is not None else 0.0)
    )
    order = np.argsort(usual)

    def measure(form: Array) -> float:
        means = np.sort(np.nanmean(form.reshape(-1, len(usual)), axis=0))
        return float(np.mean(np.abs(means - usual[order]) / scaler.divisor[order]))

    return min(forms, key=measure)
