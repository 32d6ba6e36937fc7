"""The layers of a model in numbers, and the inputs and outputs of a TF-Lite model."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from harness.diagnose.file_answer import LayerSummary, TensorSummary
from harness.diagnose.network.layer import Layer, Network
from harness.formats.facts import plain
from harness.verdicts.statistics import Array

if TYPE_CHECKING:  # takes time to import, and most models are of Keras
    from harness.formats.tflite_graph import Tensor

MOST_SHOWN = 500  # layers
MOST_INPUTS = 20  # arrays of a model


def summarize_tensors(network: Network) -> list[TensorSummary]:
    """Return a line for each input and output of a TF-Lite model."""
    sides: list[tuple[Literal["input", "output"], list[Tensor]]] = [
        ("input", network.inputs),
        ("output", network.outputs),
    ]
    return [
        TensorSummary(
            role=role,
            name=plain(each.name),
            dtype=each.dtype,
            shape=list(each.shape),
            scale=each.scales[0] if len(each.scales) == 1 else None,
            zero_point=each.zero_points[0] if len(each.zero_points) == 1 else None,
        )
        for role, tensors in sides
        for each in tensors[:MOST_INPUTS]
    ]


def summarize(network: Network) -> list[LayerSummary]:
    """Return a line for each layer with weights, for each array where no layer is known."""
    if network.root is not None:
        layers = [layer for layer in network.layers if layer.weights]
    else:
        layers = [Layer(at, "", {}, None, {at: array}, at) for at, array in network.arrays.items()]
    return [summarize_layer(layer) for layer in layers[:MOST_SHOWN]]


def summarize_layer(layer: Layer) -> LayerSummary:
    """Return a layer in numbers; the range is that of finite numbers."""
    parts = [array.reshape(-1) for array in layer.weights.values() if array.size]
    ranges = [find_range(part) for part in parts]
    count = sum(part.size for part in parts)
    zeros = count - sum(int(np.count_nonzero(part)) for part in parts)
    with np.errstate(all="ignore"):  # weights may be infinite
        mean, deviation = find_moments(parts)
    return LayerSummary(
        name=plain(layer.name),
        kind=plain(layer.class_name),
        place=plain(layer.place),
        count=count,
        minimum=min((low for low, _ in filter(None, ranges)), default=None),
        maximum=max((high for _, high in filter(None, ranges)), default=None),
        zeros=zeros / count if count else 0.0,
        mean=mean,
        deviation=deviation,
    )


def find_range(values: Array) -> tuple[float, float] | None:
    """Return the least and the largest finite number, None where no number is finite."""
    low, high = float(values.min()), float(values.max())
    if np.isfinite(low) and np.isfinite(high):
        return low, high
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else None


def find_moments(parts: Sequence[Array]) -> tuple[float | None, float | None]:
    """Return mean and standard deviation of the finite numbers, None where there are none."""
    moments = []
    for part in parts:
        mean, deviation, count = (
            float(part.mean(dtype=float)),
            float(part.std(dtype=float)),
            part.size,
        )
        if not np.isfinite(deviation):
            finite = part[np.isfinite(part)].astype(float)
            if not finite.size:
                continue
            mean, deviation, count = float(finite.mean()), float(finite.std()), finite.size
        moments.append((mean, deviation, count))
    total = sum(count for _, _, count in moments)
    if not total:
        return None, None
    mean = sum(count * each for each, _, count in moments) / total
    square = sum(count * (each**2 + width**2) for each, width, count in moments) / total
    return mean, max(0.0, square - mean**2) ** 0.5
