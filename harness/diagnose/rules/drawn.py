"""Rules that find layers which are as their initializer drew them, beside layers that are trained.

A trained layer always moves its bias, since every step of an optimizer does.
"""

from collections.abc import Callable, Mapping, Sequence

from harness.diagnose.findings import Finding, make_finding
from harness.diagnose.network.initializers import is_untouched
from harness.diagnose.network.layer import Layer, Network
from harness.diagnose.rules.weight import has_drawn_kernel, has_zero_bias, is_adapted, spell

FEWEST_FROZEN = 2  # layers; a single frozen random layer may be meant so
FEWEST_NUMBERS = 1000  # of an embedding
IN_BACKBONES = ("Conv", "Depthwise", "Separable", "Dense")


def find_partly_drawn(network: Network) -> Finding | None:
    """Speak where the last layer, or a frozen part, was neither trained nor loaded."""
    layers = [layer for layer in network.layers if layer.weights and not is_adapted(layer)]
    if not layers or network.partly or not all(layer.config for layer in layers):
        return None
    untouched = {id(layer): is_untouched(layer) for layer in layers}
    if not any(value is False for value in untouched.values()):
        return None  # all are drawn, or nobody can tell

    def is_drawn(layer: Layer) -> bool:
        drawn = untouched[id(layer)] is True
        return drawn and has_drawn_kernel(layer) and has_zero_bias(layer)

    trained = spell([layer.name for layer in layers if untouched[id(layer)] is False])
    head = list_head(layers, untouched)
    if any(is_drawn(each) for each in head):
        several = len(head) > 1
        said = f"the kernel{'s' if several else ''} of {spell([each.name for each in head])}"
        said += " are as they were drawn" if several else " is as it was drawn"
        said += f", and {'their biases' if several else 'its bias'} 0"
        return make_finding("layers-as-drawn", 0.8, f"{said}; {trained} was trained")
    for layer in layers:  # a step of training moves some number of so many over the bound
        if layer.class_name == "Embedding" and untouched[id(layer)] and is_large(layer):
            said = f"all numbers of {spell([layer.name])} lie as they were drawn"
            return make_finding("layers-as-drawn", 0.7, f"{said}; {trained} was trained")
    frozen = [each for each in layers if each.config.get("trainable") is False]
    kernels = [each for each in frozen if each.class_name.startswith(IN_BACKBONES)]
    kernels = [each for each in kernels if has_drawn_kernel(each)]
    if len(kernels) >= FEWEST_FROZEN and all(untouched[id(each)] is not False for each in frozen):
        said = f"{spell([each.name for each in kernels])} were frozen as they were drawn"
        return make_finding("layers-as-drawn", 0.7, f"{said}; {trained} was trained")
    return None


def list_head(layers: Sequence[Layer], untouched: Mapping[int, bool | None]) -> list[Layer]:
    """Return the last layers that could be trained and are as they were drawn, with a bias of 0."""
    head: list[Layer] = []
    for layer in reversed(layers):
        drawn = untouched[id(layer)] is True and has_zero_bias(layer)
        if not drawn or layer.config.get("trainable") is False:
            break
        head.insert(0, layer)
    return head


def is_large(layer: Layer) -> bool:
    """Return whether an embedding that could have been trained is large enough to be judged."""
    size = sum(each.size for each in layer.weights.values())
    return size >= FEWEST_NUMBERS and layer.config.get("trainable") is not False


RULES: tuple[Callable[[Network], Finding | None], ...] = (find_partly_drawn,)
