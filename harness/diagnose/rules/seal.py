"""What the seal beside a model says of the file, and of today's inputs."""

import math
from pathlib import Path

from harness.diagnose.file_answer import LayerSummary, Samples
from harness.diagnose.findings import Finding, make_finding
from harness.formats.facts import plain
from harness.origin.samples import read_samples
from harness.seals.place import find_seal, has_seal
from harness.seals.run import compare_inputs, describe_file
from harness.seals.seal_file import (
    Seal,
    SealedLayer,
    SealUnreadable,
    check_arrays,
    read_seal,
)
from harness.verdicts.statistics import Array

CLOSE = 1e-5  # statistics are sealed with six digits


def open_seal(model: Path) -> tuple[Seal | None, str]:
    """Return the seal beside a model, None where there is none, and why one cannot be read."""
    if not has_seal(model):
        return None, ""
    try:
        seal = read_seal(model)
        check_arrays(find_seal(model), seal)
    except SealUnreadable as error:
        return None, f"the seal beside the model cannot be read: {error.found}"
    return seal, ""


def use_arrays(model: Path, seal: Seal) -> Samples:
    """Return the sealed inputs and outputs as samples; only of one output, and if repeatable."""
    folder = find_seal(model)
    if not seal.repeatable or len(seal.outputs) != 1:
        return Samples()
    return Samples(inputs=str(folder / "inputs.npz"), expected=str(folder / "outputs.npz"))


def read_sealed(model: Path) -> tuple[Path | None, Array | None]:
    """Return the file of the sealed inputs, and the outputs; None where they prove nothing."""
    seal, _ = open_seal(model)
    samples = use_arrays(model, seal) if seal else Samples()
    if not samples.inputs:
        return None, None
    outputs = list(read_samples(Path(samples.expected), "--expected").values())
    if len(outputs) != 1:  # a stranger's seal may name one, and hold several
        return None, None
    return Path(samples.inputs), outputs[0]


def find_by_seal(
    model: Path, seal: Seal, layers: list[LayerSummary], inputs: dict[str, Array] | None
) -> list[Finding]:
    """Return what differs from the seal: weights of the file, and `inputs` of today."""
    found = []
    for each in compare_inputs(seal, inputs) if inputs else []:
        if each.fails:
            said = "; ".join([each.says, *each.details])
            fix = choose_fix(each.says, find_seal(model).name)
            found.append(make_finding("inputs-unlike-sealed", 0.9, said, fix))
    if (changed := find_changed(seal, layers)) and describe_file(model) != seal.model:
        found.append(make_finding("weights-unlike-sealed", 0.9, changed))
    return found


def choose_fix(said: str, folder: str) -> str:
    """Return code for what the statistics show exactly, else code that shows the sealed inputs."""
    if said.endswith("a division by 255 is missing"):
        return "predictions = model.predict(images / 255.0)"
    if said.endswith("divided by 255 once too often"):
        return "predictions = model.predict(images)  # 0..255, without / 255"
    return (
        f"sealed = np.load({str(Path(folder, 'inputs.npz'))!r})  # as the model was fed\n"
        "print([(sealed[name].min(), sealed[name].max()) for name in sealed.files])"
    )


def find_changed(seal: Seal, layers: list[LayerSummary]) -> str:
    """Return the first layer whose weights in the file have another range, "" for none."""
    sealed = {each.name: each for each in seal.layers}
    for layer in layers:
        one = sealed.get(layer.name)
        if one is None or layer.minimum is None or layer.maximum is None:
            continue
        count, low, high = find_range(one)
        if count != layer.count:
            continue
        ends = ((low, layer.minimum), (high, layer.maximum))
        if not all(math.isclose(a, b, rel_tol=CLOSE, abs_tol=1e-12) for a, b in ends):
            return (
                f"the weights of {plain(layer.name, 60)} lie from {layer.minimum:.4g} to"
                f" {layer.maximum:.4g}, and were sealed from {low:.4g} to {high:.4g}"
            )
    return ""


def find_range(layer: SealedLayer) -> tuple[int, float, float]:
    """Return how many numbers a layer was sealed with, the smallest and the largest of them."""
    numbers = [each for each in layer.weights if each.minimum is not None]
    count = sum(math.prod(each.shape) for each in numbers)
    low = min((each.minimum for each in numbers if each.minimum is not None), default=0.0)
    high = max((each.maximum for each in numbers if each.maximum is not None), default=0.0)
    return count, low, high
