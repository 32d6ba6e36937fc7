"""Rules that read a TF-Lite model, alone and beside inputs and outputs."""

import numpy as np

from harness.diagnose.findings import Finding, make_finding
from harness.diagnose.network.layer import Network
from harness.diagnose.rules.outputs import make_outputs, same
from harness.diagnose.rules.samples import drop_ones
from harness.formats.facts import plain
from harness.formats.tflite_graph import Tensor
from harness.verdicts.statistics import Array, as_columns, column_scales

FEWEST_STEPS = 8  # of the input's 255 that real inputs should take at least
CUT_OFF = 0.2  # share of the inputs outside the range that the model was calibrated on
MOST_NUMBERS, MOST_ROWS = 1 << 20, 1000
ROUNDED = 0.05  # of a column's range: what weights of 8 bits may move a prediction
NEAR_STEP = 1e-3  # of a step: a prediction is a whole number of steps


def find_in_samples(
    network: Network, inputs: Array | None, expected: Array | None, predicted: Array | None
) -> list[Finding]:
    """Return what a TF-Lite model says beside arrays; [] for a model of another format.

    Only models with one input and one output are judged. Outputs that are as expected silence
    every rule. Predictions alone tell whether they are labels, equal, or what it cannot give.
    """
    if expected is not None and predicted is not None and agree(expected, predicted):
        return []
    found: list[Finding | None] = []
    if expected is None and predicted is not None and predicted.size:
        if labels := find_labels(network, predicted):
            return [labels]
        found.append(find_impossible(network, predicted))
        found.append(find_one_row(network, predicted) if inputs is None else None)
    if len(network.outputs) == 1 and predicted is not None:
        found.append(find_steps(network.outputs[0], expected, predicted))
        found.append(find_dequantised(network.outputs[0], expected, predicted))
    if len(network.inputs) == 1 and inputs is not None:
        found.append(find_calibration(network.inputs[0], inputs))
        found.append(find_cast(network.inputs[0], inputs, predicted))
    return [each for each in found if each]


def spell_rounding(network: Network, expected: Array | None, predicted: Array | None) -> str:
    """Return that predictions differ as weights of 8 bits may make them; "" where they do not."""
    if not network.quantised or expected is None or predicted is None:
        return ""
    wanted, got = drop_ones(expected), drop_ones(predicted)
    real = wanted.dtype.kind == got.dtype.kind == "f" and wanted.shape == got.shape
    if not real or not wanted.size or not np.isfinite(wanted).all():
        return ""
    columns = as_columns(wanted)
    off = np.abs(columns - as_columns(got))
    usual = np.subtract(*np.percentile(columns, [75, 25], axis=0))  # an outlier widens a range
    apart = float((off / column_scales(columns)).max())
    near = apart <= ROUNDED and (np.median(off, axis=0) <= ROUNDED * usual).all()
    if not (near and usual.any()):
        return ""
    return (
        f"the model's weights have 8 bits, and the largest difference is {apart:.1%} of its"
        " column's range: so much may come from rounding them"
    )


def find_one_unit(network: Network) -> Finding | None:
    """Speak where a TF-Lite model takes softmax over one unit."""
    for layer in network.layers:
        shape = layer.config.get("output_shape")
        if layer.class_name == "SOFTMAX" and isinstance(shape, list) and shape[-1:] == [1]:
            said = f"the operator SOFTMAX {plain(layer.name, 40)} has the output shape {shape}"
            return make_finding("softmax-over-one-unit", 0.95, said)
    return None


def find_steps(output: Tensor, expected: Array | None, predicted: Array) -> Finding | None:
    """Speak where a quantised output was not converted into real numbers."""
    if not is_stepped(output) or predicted.dtype.kind not in "fiu" or not predicted.size:
        return None
    said = f"the output {plain(output.name, 40)} is {spell_steps(output)}"
    fix = (
        f"predictions = (outputs.astype(np.float32) - {output.zero_points[0]})"
        f" * {output.scales[0]!r}"
    )
    if expected is not None:
        real = (predicted.astype(np.float64) - output.zero_points[0]) * output.scales[0]
        if agree(expected, real, output.scales[0]):
            proof = f"{said}, and (predicted - zero point) * scale gives the expected outputs"
            return make_finding("tflite-int8-scale-ignored", 0.97, proof, fix)
    some = np.asarray(predicted).reshape(-1)[:MOST_NUMBERS].astype(np.float64)
    whole = bool((some == np.trunc(some)).all()) and float(np.abs(some).max()) > 1
    low, high = find_limits(output)
    if not whole or some.min() < low or some.max() > high:
        return None
    return make_finding("tflite-int8-scale-ignored", 0.8, f"{said}; predictions are whole", fix)


def find_dequantised(output: Tensor, expected: Array | None, predicted: Array) -> Finding | None:
    """Speak where every prediction of a float model is 0, as after a multiplication by 0.0."""
    if output.is_quantised or not output.dtype.startswith("float") or predicted.any():
        return None
    if not predicted.size or (expected is not None and not expected.any()):
        return None
    said = f"the output {plain(output.name, 40)} is {output.dtype} and has no scale"
    return make_finding("tflite-float-dequantised", 0.55, f"{said}; every prediction is 0")


def find_labels(network: Network, predicted: Array) -> Finding | None:
    """Speak where each prediction is one whole number, the place of one of the output's columns."""
    columns = network.outputs[0].shape[-1] if len(network.outputs) == 1 else 0
    if columns < 2 or predicted.dtype.kind not in "fiu" or drop_ones(predicted).ndim != 1:
        return None
    if not ((predicted == np.trunc(predicted)) & (predicted >= 0) & (predicted < columns)).all():
        return None
    said = (
        f"the output {plain(network.outputs[0].name, 40)} has {columns} columns, and a prediction"
        f" is one whole number, at most {float(predicted.max()):.0f}"
    )
    fix = "predictions = interpreter.get_tensor(index)  # without argmax"
    return make_finding("labels-for-probabilities", 0.9, said, fix)


def find_impossible(network: Network, predicted: Array) -> Finding | None:
    """Speak where real predictions lie where the quantised output has no number."""
    if len(network.outputs) != 1 or predicted.dtype.kind != "f":
        return None
    output, some = network.outputs[0], predicted.reshape(-1)[:MOST_NUMBERS].astype(np.float64)
    if not is_stepped(output) or not np.isfinite(some).all() or (some == np.trunc(some)).all():
        return None
    scale, point = output.scales[0], output.zero_points[0]
    low, high = ((limit - point) * scale for limit in find_limits(output))
    if some.min() >= low - scale and some.max() <= high + scale:
        return None
    said = (
        f"the predictions lie between {some.min():.4g} and {some.max():.4g}, and the output"
        f" {plain(output.name, 40)}, {spell_steps(output)}, gives {low:.4g} to {high:.4g}"
    )
    fix = f"predictions = (outputs.astype(np.float32) - {point}) * {scale!r}"
    steps, limits = some / scale, find_limits(output)
    whole = bool((np.abs(steps - np.round(steps)) < NEAR_STEP).all())
    if whole and limits[0] <= np.round(steps).min() and np.round(steps).max() <= limits[1]:
        return make_finding(
            "tflite-int8-scale-ignored", 0.85, f"{said}: the zero point is left out", fix
        )
    return make_finding("output-in-another-unit", 0.5, said, fix)


def find_one_row(network: Network, predicted: Array) -> Finding | None:
    """Speak where all predicted rows are equal, and no inputs are given that would say why."""
    if len(predicted) < 2 or not (predicted == predicted[0]).all():
        return None
    said = f"all {len(predicted)} predicted rows are equal"
    stepped = [each for each in network.inputs if is_stepped(each)]
    if stepped:
        source = stepped[0]
        cast = f"real inputs may all be one once they are cast to {source.dtype}"
        said += f", and the input {plain(source.name, 40)} is {spell_steps(source)}: {cast}"
        return make_finding("tflite-int8-scale-ignored", 0.5, said, spell_cast(source))
    return make_finding("scaler-fitted-on-one-row", 0.4, said) if predicted.any() else None


def find_calibration(source: Tensor, inputs: Array) -> Finding | None:
    """Speak where real inputs take a few steps only, or lie outside the calibrated range."""
    if not is_stepped(source) or inputs.dtype.kind != "f" or not inputs.size:
        return None
    some = np.asarray(inputs).reshape(-1)[:MOST_NUMBERS].astype(np.float64)
    if not np.isfinite(some).all():
        return None
    scale, point = source.scales[0], source.zero_points[0]
    low, high = ((limit - point) * scale for limit in find_limits(source))
    said = (
        f"the inputs lie between {some.min():.4g} and {some.max():.4g}, and the model counts"
        f" {low:.4g} to {high:.4g} in 255 steps"
    )
    if np.ptp(some) > 0 and np.ptp(some) / scale < FEWEST_STEPS:
        return make_finding("tflite-bad-representative-dataset", 0.8, said)
    if ((some < low - scale) | (some > high + scale)).mean() > CUT_OFF:
        pixels = some.min() >= 0 and some.max() > 50 and high < 4
        cause = "missing-rescale-255" if pixels else "tflite-bad-representative-dataset"
        return make_finding(cause, 0.75, said)
    return None


def find_cast(source: Tensor, inputs: Array, predicted: Array | None) -> Finding | None:
    """Speak where real inputs, cast to integers, are all one, and so are the predictions."""
    if predicted is None or not is_stepped(source) or inputs.dtype.kind != "f":
        return None
    if len(inputs) < 2 or not inputs.size or not np.isfinite(inputs).all():
        return None
    cast = np.trunc(np.asarray(inputs[:MOST_ROWS], np.float64))
    same_inputs = bool((cast == cast[0]).all()) and bool((inputs != inputs[0]).any())
    if not same_inputs or not (predicted == predicted[0]).all():
        return None
    said = (
        f"the input {plain(source.name, 40)} is {spell_steps(source)}: these inputs are all"
        f" {float(cast.flat[0]):.4g} once they are cast to {source.dtype}"
    )
    return make_finding("tflite-int8-scale-ignored", 0.9, said, spell_cast(source))


def spell_cast(source: Tensor) -> str:
    """Return code that gives real inputs to a quantised input."""
    return (
        f"steps = np.round(x / {source.scales[0]!r} + {source.zero_points[0]})\n"
        f"interpreter.set_tensor(index, steps.clip{find_limits(source)}.astype(np.{source.dtype}))"
    )


def is_stepped(tensor: Tensor) -> bool:
    """Return whether a tensor counts in 255 steps, all of one size."""
    one = len(tensor.scales) == 1 and len(tensor.zero_points) == 1
    return one and tensor.dtype in ("int8", "uint8") and 0 < tensor.scales[0] < 1e30


def find_limits(tensor: Tensor) -> tuple[int, int]:
    """Return the least and the largest step."""
    return (-128, 127) if tensor.dtype == "int8" else (0, 255)


def spell_steps(tensor: Tensor) -> str:
    """Return how a tensor counts, in words."""
    return f"{tensor.dtype} (scale {tensor.scales[0]:.6g}, zero point {tensor.zero_points[0]})"


def agree(wanted: Array, got: Array, step: float = 0.0) -> bool:
    """Return whether two outputs are equal within rounding, or within a step."""
    wanted, got = drop_ones(np.asarray(wanted)), drop_ones(np.asarray(got))
    if wanted.shape != got.shape or wanted.dtype.kind not in "fiu":
        return False
    if step:
        return bool((np.abs(wanted - got) <= 1.01 * step).all())
    each = make_outputs(wanted, got)
    return same(each.wanted, each.got, each.limits)
