"""Layers of Keras that move numbers and compute nothing new but means of neighbours."""

import math

import numpy as np

from harness.diagnose.forward.call import CannotCompute, as_list, from_last, is_first, to_last
from harness.diagnose.network.layer import Layer
from harness.formats.facts import plain
from harness.verdicts.statistics import Array

MOST_NUMBERS = 1 << 26  # of one array


def flatten(layer: Layer, values: Array) -> Array:
    if is_first(layer.config) and values.ndim > 2:
        values = np.moveaxis(values, 1, -1)
    return values.reshape(len(values), -1)


def reshape(layer: Layer, values: Array) -> Array:
    shape = layer.config.get("target_shape", [])
    return values.reshape(len(values), *shape)


def permute(layer: Layer, values: Array) -> Array:
    return values.transpose(0, *layer.config["dims"])


def repeat(layer: Layer, values: Array) -> Array:
    if values.ndim != 2:
        raise CannotCompute(f"the input of {plain(layer.name, 40)}")
    count = as_list(layer.config.get("n"))[0]
    check_size(layer, values.size * count)
    return np.repeat(values[:, None], count, axis=1)


def keep(layer: Layer, values: Array) -> Array:  # noqa: ARG001
    return values


def pad(layer: Layer, values: Array) -> Array:
    """Return ZeroPadding1D to 3D."""
    values = to_last(layer.config, values)
    sides = read_sides(layer, "padding", values.ndim - 2)
    check_size(
        layer,
        values.size
        // max(1, math.prod(values.shape[1:-1]))
        * math.prod(
            length + sum(side) for length, side in zip(values.shape[1:-1], sides, strict=True)
        ),
    )
    return from_last(layer.config, np.pad(values, [(0, 0), *sides, (0, 0)]))


def crop(layer: Layer, values: Array) -> Array:
    """Return Cropping1D to 3D."""
    values = to_last(layer.config, values)
    sides = read_sides(layer, "cropping", values.ndim - 2)
    cut = [
        slice(before, length - after)
        for length, (before, after) in zip(values.shape[1:-1], sides, strict=True)
    ]
    result = values[(slice(None), *cut)]
    if not result.size:
        raise CannotCompute(f"the cropping of {plain(layer.name, 40)}")
    return from_last(layer.config, result)


def read_sides(layer: Layer, key: str, spatial: int) -> list[tuple[int, int]]:
    """Return (before, after) for each dimension: from one number, one for each, or pairs."""
    given = layer.config.get(key, 1)
    if spatial == 1:
        given = [given]
    listed = given if isinstance(given, list | tuple) else [given] * spatial
    if len(listed) != spatial:
        raise CannotCompute(f"the {key} of {plain(layer.name, 40)}")
    pairs = [as_list(each, 2, least=0) for each in listed]
    return [(before, after) for before, after in pairs]


def upsample(layer: Layer, values: Array) -> Array:
    """Return UpSampling1D to 3D, nearest or bilinear."""
    values = to_last(layer.config, values)
    spatial = values.ndim - 2
    factors = as_list(layer.config.get("size", 2), spatial)
    check_size(layer, values.size * math.prod(factors))
    how = layer.config.get("interpolation", "nearest")
    if how == "nearest":
        for at, factor in enumerate(factors):
            values = np.repeat(values, factor, axis=at + 1)
    elif how == "bilinear" and spatial == 2:
        for at, factor in enumerate(factors):
            values = interpolate(values, at + 1, values.shape[at + 1] * factor)
    else:
        raise CannotCompute(f"the interpolation of {plain(layer.name, 40)}")
    return from_last(layer.config, values)


def resize(layer: Layer, values: Array) -> Array:
    """Return Resizing, nearest or bilinear, without regard to the aspect ratio."""
    values, config = to_last(layer.config, values), layer.config
    if values.ndim != 4:
        raise CannotCompute(f"the input of {plain(layer.name, 40)}")
    sizes = [as_list(config.get(each))[0] for each in ("height", "width")]
    check_size(layer, len(values) * math.prod(sizes) * values.shape[-1])
    how = str(config.get("interpolation", "bilinear")).lower()
    if how not in ("nearest", "bilinear"):
        raise CannotCompute(f"the interpolation of {plain(layer.name, 40)}")
    for axis, size in enumerate(sizes, 1):
        if how == "bilinear":
            values = interpolate(values, axis, size)
        else:
            values = values.take(find_nearest(values.shape[axis], size), axis)
    return from_last(config, values)


def interpolate(values: Array, axis: int, size: int) -> Array:
    """Return values interpolated along one axis; centers of pixels are at halves."""
    length = values.shape[axis]
    places = (np.arange(size) + 0.5) * (length / size) - 0.5
    low = np.floor(places)
    share = (places - low).reshape([-1 if at == axis else 1 for at in range(values.ndim)])
    lower = values.take(np.maximum(low, 0).astype(int), axis)
    upper = values.take(np.minimum(np.ceil(places), length - 1).astype(int), axis)
    return np.asarray(lower + (upper - lower) * share)


def find_nearest(length: int, size: int) -> Array:
    """Return the places that "nearest" takes, in float32 as TensorFlow computes them."""
    scale = np.float32(length) / np.float32(size)
    places = np.floor((np.arange(size, dtype=np.float32) + np.float32(0.5)) * scale)
    return np.asarray(np.minimum(places.astype(int), length - 1))


def check_size(layer: Layer, numbers: int) -> None:
    """Raise CannotCompute where a layer would make too many numbers."""
    if numbers > MOST_NUMBERS:
        raise CannotCompute(f"the size of what {plain(layer.name, 40)} gives")
