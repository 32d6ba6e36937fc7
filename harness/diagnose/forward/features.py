"""Preprocessing layers of Keras in numpy, those that give the same in every release.

Formulas: keras/src/layers/preprocessing. Random layers keep images as they are in inference.
"""

import numpy as np

from harness.diagnose.forward.call import CannotCompute, as_axes, as_list, take
from harness.diagnose.network.layer import Layer
from harness.formats.facts import plain
from harness.verdicts.statistics import Array


def normalize(layer: Layer, values: Array) -> Array:
    """Return Normalization over the last axis or over everything, also inverted."""
    config = layer.config
    if config.get("mean") is not None:
        mean, variance = np.asarray(config["mean"], float), np.asarray(config["variance"], float)
    else:
        mean, variance = take(layer, "mean"), take(layer, "variance")
    axis = config.get("axis", -1)
    whole = axis is None or axis in ([], ())
    if values.ndim < 2 or not (whole or as_axes(axis, values.ndim) == [values.ndim - 1]):
        raise CannotCompute(f"the axis of {plain(layer.name, 40)}")
    if mean.size not in (1, 1 if whole else values.shape[-1]) or mean.size != variance.size:
        raise CannotCompute(f"the statistics of {plain(layer.name, 40)}")
    mean, deviation = mean.reshape(-1), np.maximum(np.sqrt(variance.reshape(-1)), 1e-7)
    result: Array = (
        mean + values * deviation if config.get("invert") else (values - mean) / deviation
    )
    return result


def rescale(layer: Layer, values: Array) -> Array:
    """Return Rescaling; a scale for each channel stands last."""
    scale, offset = (
        np.asarray(layer.config.get(key, usual), float)
        for key, usual in (("scale", 1.0), ("offset", 0.0))
    )
    if scale.ndim > 1 or offset.ndim > 1:
        raise CannotCompute(f"the scale of {plain(layer.name, 40)}")
    return np.asarray(values * scale + offset)


def discretize(layer: Layer, values: Array) -> Array:
    """Return the number of the bin of each number; bins are compared in float32."""
    bounds = layer.config.get("bin_boundaries")
    if layer.config.get("output_mode", "int") != "int" or not isinstance(bounds, list):
        raise CannotCompute(f"the output_mode or the bins of {plain(layer.name, 40)}")
    bins = np.asarray(bounds, np.float32)
    if bins.ndim != 1 or (np.diff(bins) < 0).any():
        raise CannotCompute(f"the bins of {plain(layer.name, 40)}")
    return np.asarray(np.searchsorted(bins, values.astype(np.float32), side="right"), float)


def look_up(layer: Layer, values: Array) -> Array:
    """Return IntegerLookup: the place of each number in the vocabulary, after the special ones."""
    config = layer.config
    words, mask = config.get("vocabulary"), config.get("mask_token", config.get("mask_value"))
    if not isinstance(words, list) or not all(isinstance(each, int) for each in words):
        raise CannotCompute(f"the vocabulary of {plain(layer.name, 40)}")
    unknown = config.get("num_oov_indices", 1)
    mode = config.get("output_mode", "int")
    if unknown not in (0, 1) or config.get("invert") or mode != "int":
        raise CannotCompute(f"the output_mode or the unknown words of {plain(layer.name, 40)}")
    special = {mask, config.get("oov_token", config.get("oov_value", -1))}
    if special & set(words) or len(set(words)) != len(words):
        raise CannotCompute(f"the special words of {plain(layer.name, 40)}")
    first = unknown + (mask is not None)
    table = {word: at + first for at, word in enumerate(words)}
    table |= {} if mask is None else {mask: 0}
    if unknown == 0 and not set(values.reshape(-1)) <= set(table):
        raise CannotCompute(f"a word that {plain(layer.name, 40)} does not know")
    other = first - 1 if unknown else 0
    return np.asarray(np.vectorize(lambda each: table.get(each, other), otypes=[float])(values))


def encode(layer: Layer, values: Array) -> Array:
    """Return CategoryEncoding of whole numbers, shape (rows, tokens)."""
    mode = {"binary": "multi_hot"}.get(mode := layer.config.get("output_mode", "multi_hot"), mode)
    count = as_list(layer.config.get("num_tokens", layer.config.get("max_tokens")))[0]
    if values.ndim == 1 and mode == "one_hot":
        values = values[:, None]
    if values.ndim != 2 or mode not in ("one_hot", "multi_hot", "count"):
        raise CannotCompute(f"the output_mode or the input of {plain(layer.name, 40)}")
    if mode == "one_hot" and values.shape[1] != 1:
        raise CannotCompute(f"several numbers for {plain(layer.name, 40)}")
    places = values.astype(int)
    if (places != values).any() or places.min() < 0 or places.max() >= count:
        raise CannotCompute(f"a number that {plain(layer.name, 40)} does not know")
    result = np.zeros((len(values), count))
    np.add.at(result, (np.arange(len(values))[:, None], places), 1)
    return result if mode == "count" else np.minimum(result, 1)
