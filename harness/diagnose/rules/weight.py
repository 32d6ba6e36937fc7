"""Rules that read the weights in a file."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from harness.diagnose.findings import Finding, make_finding
from harness.diagnose.network.initializers import is_untouched, spell_initializer
from harness.diagnose.network.layer import Layer, Network
from harness.formats.facts import plain
from harness.formats.known import class_names
from harness.verdicts.statistics import Array

MULTIPLYING = ("kernel", "embeddings", "recurrent_kernel", "depthwise_kernel", "pointwise_kernel")
WEIGHTED = {"Dense", "Conv1D", "Conv2D", "Conv3D", "BatchNormalization", "Embedding", "LSTM", "GRU"}
SHAPES = ("batch_shape", "batch_input_shape", "build_input_shape", "build_config")
SUBNORMAL = 6.1e-5  # the smallest normal number of float16
PLAIN_OPTIMIZERS = {"adam", "adamw", "nadam", "adamax", "sgd", "rmsprop", "adagrad", "lion"}


def find_no_weights(network: Network) -> Finding | None:
    """Speak where the file has an architecture with weights, and no weight at all."""
    weighted = [layer for layer in network.layers if layer.class_name in WEIGHTED]
    if not weighted or network.arrays:
        return None
    said = f"the file describes {len(network.layers)} layers and holds no array of weights"
    if network.values and not says_shape(network.config):
        said += ", though it has a place for them; no layer says a shape of its input"
        return make_finding("saved-before-built", 0.95, said)
    if network.lacks:
        fix = 'model.save("model.keras")  # again, where it was trained; and copy the whole file'
        return make_finding("architecture-only", 0.95, f"{said}: no {network.lacks} in it", fix)
    return make_finding("architecture-only", 0.95, said)


def says_shape(config: Any) -> bool:
    """Return whether a configuration says the shape of any input: that a layer was built."""
    if isinstance(config, dict):
        named = any(config.get(each) is not None for each in SHAPES)
        return named or any(says_shape(each) for each in config.values())
    return isinstance(config, list) and any(says_shape(each) for each in config)


def find_untracked(network: Network) -> Finding | None:
    """Speak where a model has layers of the user's, and not one weight."""
    own = [layer.name for layer in network.layers if layer.class_name not in class_names()]
    if not own or network.arrays or not network.values or find_no_weights(network):
        return None
    said = f"the file holds no array of weights; {spell(own)} may have kept layers in nested lists"
    return make_finding("variables-lost", 0.6, said)


def find_missing_layer(network: Network) -> Finding | None:
    """Speak where a layer that Keras knows has no weights, and no array has its shape."""
    if not network.arrays:
        return None
    widths = {array.shape[-1] for array in network.arrays.values() if array.ndim}
    lost = [
        layer.name
        for layer in network.layers
        if layer.class_name == "Dense"
        and not layer.weights
        and layer.config.get("units") not in widths
    ]
    if not lost:
        return None
    said = f"{spell(lost)} has no weights in the file, and no array in it has its width"
    return make_finding("layer-without-weights", 0.8, said)


def find_not_finite(network: Network) -> Finding | None:
    """Speak where a weight is NaN or infinite."""
    for place, array in network.arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            broken = int((~np.isfinite(array)).sum())
            said = f"{plain(place)} holds {broken} of {array.size} numbers that are not finite"
            return make_finding("weights-not-finite", 0.95, said)
    return None


def find_underflow(network: Network) -> Finding | None:
    """Speak where the float16 weights of a layer are zero, or too small for float16."""
    for place, array in network.arrays.items():
        if array.dtype != np.float16 or array.ndim < 2 or array.size < 2:
            continue
        small = np.abs(array.astype(np.float32)) < SUBNORMAL
        if small.mean() > 0.9:
            said = f"{int(small.sum())} of {array.size} float16 numbers in {plain(place)}"
            return make_finding("fp16-weight-underflow", 0.9, f"{said} are below {SUBNORMAL}")
    return None


def find_zeros(network: Network) -> Finding | None:
    """Speak where a kernel is all zeros, and was not meant to begin so."""
    for layer in network.layers:
        for name, array in layer.weights.items():
            short = name.rpartition("/")[2]
            if short not in MULTIPLYING or array.size < 2 or array.any():
                continue
            begins = spell_initializer(layer.config.get(f"{short}_initializer"))[0].lower()
            if begins in ("zeros", "constant") or array.dtype == np.float16:
                continue
            said = (
                f"all {array.size} numbers of {plain(name)} of the layer {plain(layer.name)} are 0"
            )
            return make_finding("weights-all-zero", 0.85, said)
    return None


def find_never_trained(network: Network) -> Finding | None:
    """Speak where every layer looks as its initializer drew it, zero biases included."""
    layers = [layer for layer in network.layers if layer.weights and not is_adapted(layer)]
    untouched = {layer.name: is_untouched(layer) for layer in layers}
    if not layers or False in untouched.values() or network.partly:
        return None
    if not all(layer.config for layer in layers):
        return None  # how they were drawn is not known
    drawn = [layer for layer in layers if untouched[layer.name] and has_drawn_kernel(layer)]
    zeros = [layer for layer in layers if has_zero_bias(layer)]
    steps = network.optimizer.iterations
    if not drawn or not zeros or (steps or 0) > 0:
        return None
    kernels = ", ".join(plain(layer.name, 40) for layer in drawn[:3])
    said = f"kernels are still as they were drawn ({kernels}), and every bias is 0"
    if steps == 0:
        return make_finding("never-trained", 0.95, f"{said}; the optimizer has done 0 steps")
    return make_finding("never-trained", 0.85, said)


def is_adapted(layer: Layer) -> bool:
    """Return whether the weights of a layer come from adapt, or are the state of a generator."""
    return layer.class_name in ("Normalization", "Dropout", "Discretization")


def has_drawn_kernel(layer: Layer) -> bool:
    """Return whether a layer has a kernel that is large enough to be judged."""
    return any(
        name.rpartition("/")[2] in MULTIPLYING and array.size >= 32
        for name, array in layer.weights.items()
    )


def has_zero_bias(layer: Layer) -> bool:
    """Return whether a layer has a bias of zeros."""
    return any(
        name.rpartition("/")[2] == "bias" and not array.any()
        for name, array in layer.weights.items()
    )


def find_unadapted(network: Network) -> Finding | None:
    """Speak where a Normalization layer has mean 0 and variance 1, exactly."""
    for layer in network.layers:
        mean, variance = layer.weights.get("mean"), layer.weights.get("variance")
        if layer.class_name != "Normalization" or mean is None or variance is None:
            continue
        if not mean.any() and (variance == 1).all() and layer.config.get("mean") is None:
            said = f"{plain(layer.name)}: mean is exactly 0 and variance exactly 1"
            return make_finding("normalization-never-adapted", 0.9, f"{said}, {spell_shape(mean)}")
    return None


def find_default_statistics(network: Network) -> Finding | None:
    """Speak where BatchNormalization was trained, and its moving statistics are as they began."""
    defaults, trained = [], False
    for layer in network.layers:
        if layer.class_name != "BatchNormalization" or layer.config.get("trainable") is False:
            continue
        mean, variance = layer.weights.get("moving_mean"), layer.weights.get("moving_variance")
        if mean is None or variance is None:
            continue
        gamma, beta = layer.weights.get("gamma"), layer.weights.get("beta")
        moved = (gamma is not None and bool((gamma != 1).any())) or (
            beta is not None and bool(beta.any())
        )
        if not mean.any() and (variance == 1).all():
            defaults.append(layer.name)
            trained = trained or moved
    if not defaults or not trained:
        return None
    said = f"{spell(defaults)}: moving mean 0 and variance 1, while gamma or beta was trained"
    return make_finding("batch-statistics-at-default", 0.9, said)


def find_lost_variables(network: Network) -> Finding | None:
    """Speak where the optimizer has slots for variables that the file does not hold."""
    optimizer = network.optimizer
    if optimizer.class_name not in PLAIN_OPTIMIZERS or not network.arrays:
        return None
    shapes = Counter(tuple(array.shape) for array in network.arrays.values())
    # Adam of Keras 2.1 and 2.2 keeps a (1,) for each weight where amsgrad would keep a slot
    slots = Counter(shape for shape in optimizer.slots if shape and shape != (1,))
    lost = sorted(shape for shape in slots if not shapes[shape])
    adapted = any(each.config.get("lora_rank") for each in network.layers)  # saved in its kernel
    if not lost or network.partly or adapted:
        return None
    said = f"the optimizer has {slots[lost[0]]} slots of shape {lost[0]}"
    return make_finding("variables-lost", 0.9, f"{said}, and no weight in the file has this shape")


def find_dead_output(network: Network) -> Finding | None:
    """Speak where a ReLU output is 0 for every input, since what feeds it is not negative."""
    layers = [layer for layer in network.layers if layer.class_name not in ("Dropout", "Flatten")]
    if len(layers) < 2 or network.root is None or network.root.class_name != "Sequential":
        return None
    before, last = layers[-2], layers[-1]
    kernel, bias = last.weights.get("kernel"), last.weights.get("bias")
    if last.class_name != "Dense" or last.activation != "relu" or kernel is None:
        return None
    most = {"relu": np.inf, "sigmoid": 1.0, "softmax": 1.0, "softplus": np.inf}.get(
        before.activation
    )
    if before.class_name != "Dense" or most is None or before.config.get("units") is None:
        return None
    reach = np.zeros(kernel.shape)
    reach[kernel > 0] = most * kernel[kernel > 0]
    highest = reach.sum(axis=0) + (0 if bias is None else bias)
    if not (highest <= 0).all():
        return None
    said = f"the output of {plain(last.name)} can reach {float(highest.max()):.3g} before its relu"
    return make_finding("dead-output", 0.9, f"{said}, whatever comes in")


def spell(names: list[str]) -> str:
    """Return names from the file as they are said."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(plain(name, 40) for name in names[:3]) + more


def spell_shape(values: Array) -> str:
    """Return how many features an array has."""
    return f"{values.size} features" if values.size != 1 else "1 feature"


RULES: tuple[Callable[[Network], Finding | None], ...] = (
    find_no_weights,
    find_untracked,
    find_missing_layer,
    find_not_finite,
    find_underflow,
    find_zeros,
    find_never_trained,
    find_unadapted,
    find_default_statistics,
    find_lost_variables,
    find_dead_output,
)
