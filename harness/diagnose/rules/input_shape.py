"""Do inputs have the shape that the file says its model takes? If not, what may have happened.

A Sequential computes what it can: other lengths of texts, height and width exchanged. So a shape
that differs is a fault only where the outputs are not as expected.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from harness.diagnose.findings import Finding, make_finding
from harness.diagnose.forward.call import CannotCompute
from harness.diagnose.forward.graph import read_ends
from harness.diagnose.forward.run import predict
from harness.diagnose.network.layer import MODELS, Layer, Network, Node
from harness.diagnose.rules.input_repairs import Repair, Shape, fits, iterate_repairs
from harness.diagnose.rules.samples import agree
from harness.formats.facts import plain
from harness.verdicts.statistics import Array

NAMES = "print({each.name: each.shape for each in model.inputs})  # what each input takes"
CERTAIN, COMPUTED = 0.9, 0.7  # the model refuses the shape; it computes something all the same
MOST_ROWS = 64
MOST_INPUTS = 4  # that are named
MOST_REPAIRS = 300  # that are computed, one for each column of a table
MOST_NUMBERS = 1 << 22  # of the inputs, for all repairs together


def read_shapes(network: Network) -> list[tuple[str, Shape]]:
    """Return name and shape of a row for each input, [] where the file does not say them all."""
    if network.root is None or network.root.own:
        return []
    found = [read_shape(each) for each in list_inputs(network.root)]
    known = [(name, shape) for name, shape in found if shape is not None]
    return known if len(known) == len(found) else []


def list_inputs(node: Node) -> list[Layer]:
    """Return the layers that say what a model takes, in its order."""
    if node.class_name == "Sequential":
        first = node.layers[0] if node.layers else None
        return list_inputs(first) if isinstance(first, Node) else [first] if first else []
    layers = {each.name: each for each in node.layers if isinstance(each, Layer)}
    starts = read_ends(node.ends.get("input_layers")) if node.class_name in MODELS else []
    return [layers[each.name] for each in starts if each.name in layers]


def read_shape(layer: Layer) -> tuple[str, Shape | None]:
    """Return the name of an input and the shape of its rows; None where the file does not say."""
    said = layer.config.get("batch_shape", layer.config.get("batch_input_shape"))
    row = said[1:] if isinstance(said, list | tuple) else []
    if not row or not all(each is None or (type(each) is int and each > 0) for each in row):
        return layer.name, None
    return layer.name, tuple(row)


def order_names(network: Network) -> list[str]:
    """Return the names of the inputs in the order in which the model takes them."""
    layers = [each for each in network.layers if each.class_name == "InputLayer"]
    listed = list_inputs(network.root) if network.root else []
    return [each.name for each in (listed if len(listed) == len(layers) else layers)]


def fit_last_axes(network: Network, inputs: Sequence[Array]) -> list[Array]:
    """Return inputs as Keras brings them to its model: with a last axis of 1, or without it."""
    shapes = read_shapes(network)
    if len(shapes) != len(inputs):
        return list(inputs)
    return [fit_last_axis(values, shape) for values, (_, shape) in zip(inputs, shapes, strict=True)]


def fit_last_axis(values: Array, shape: Shape) -> Array:
    """Return one array so."""
    if shape[-1] == 1 and values.ndim == len(shape):
        return values[..., np.newaxis]
    if values.ndim == len(shape) + 2 and values.shape[-1] == 1:
        return values[..., 0]
    return values


def has_axes(network: Network, inputs: Sequence[Array]) -> bool:
    """Return whether inputs have as many axes as the model takes, as far as the file says it."""
    shapes = read_shapes(network)
    return len(shapes) != len(inputs) or all(
        each.ndim == len(shape) + 1 for each, (_, shape) in zip(inputs, shapes, strict=True)
    )


def find_misfit(
    network: Network, inputs: Sequence[Array], outputs: Array | None, computes: bool
) -> Finding | None:
    """Speak where inputs have another shape than the model takes.

    `outputs`: the expected ones, or else those of now. `computes`: the model takes it all the same.
    """
    shapes = read_shapes(network)
    if not shapes or any(each.dtype.kind not in "fiub" or not each.ndim for each in inputs):
        return None
    if len(shapes) != len(inputs):
        return say_count(shapes, inputs)
    given = fit_last_axes(network, inputs)
    pairs = zip(shapes, given, strict=True)
    wrong = [at for at, ((_, shape), each) in enumerate(pairs) if not fits(shape, each.shape[1:])]
    if not wrong:
        return None
    (name, shape), values = shapes[wrong[0]], inputs[wrong[0]]
    sure = COMPUTED if computes else CERTAIN
    if len(inputs) > 1:
        said = f"the input {plain(name, 40)} takes {spell_rows(shape)}, and its array has the shape"
        said += f" {values.shape}{find_exchange(shapes, given)}"
        return make_finding("inputs-of-another-shape", sure, said, NAMES)
    words = any(each.class_name == "Embedding" for each in network.layers[:2])
    said = f"the model takes {spell_rows(shape, words)}, and --inputs has the shape {values.shape}"
    rows = None if outputs is None else len(outputs)
    repairs = list(iterate_repairs(shape, values, rows, words))
    for repair in cut(repairs, values):
        if outputs is not None and gives(network, repair.make(values), outputs):
            proof = f"{repair.words}; once this is mended, the file gives the outputs beside them"
            return make_finding(repair.cause, 0.95, f"{said}: {proof}", repair.fix)
    if repairs:
        return make_finding(repairs[0].cause, sure, f"{said}: {repairs[0].words}", repairs[0].fix)
    return make_finding("inputs-of-another-shape", sure, said)


def say_count(shapes: list[tuple[str, Shape]], inputs: Sequence[Array]) -> Finding:
    """Return the finding for another number of arrays than the model has inputs."""
    listed = [f"{plain(name, 40)}: {spell_rows(shape)}" for name, shape in shapes[:MOST_INPUTS]]
    more = "; ..." if len(shapes) > MOST_INPUTS else ""
    said = f"the model takes {len(shapes)} inputs ({'; '.join(listed)}{more}), and --inputs has"
    if len(shapes) == 1:
        said = f"the model takes one input, {spell_rows(shapes[0][1])}, and --inputs has"
    named = ", ".join(f"{name}={name}" for name, _ in shapes[:MOST_INPUTS] if name.isidentifier())
    fix = f'np.savez("inputs.npz", {named})  # one array for each input, by its name'
    return make_finding(
        "inputs-of-another-shape",
        CERTAIN,
        f"{said} {len(inputs)} array{'s' if len(inputs) > 1 else ''}",
        fix if len(shapes) > 1 and named else "",
    )


def find_exchange(shapes: list[tuple[str, Shape]], inputs: Sequence[Array]) -> str:
    """Return that each array fits another input, "" where that is not so."""
    order = []
    for _, shape in shapes:
        fitting = [at for at, each in enumerate(inputs) if fits(shape, each.shape[1:])]
        if len(fitting) != 1:
            return ""
        order += fitting
    all_fit = sorted(order) == list(range(len(inputs)))
    return f"; in the order {order} the arrays fit" if all_fit else ""


def cut(repairs: list[Repair], values: Array) -> Iterator[Repair]:
    """Yield as many repairs as can be computed in a short time."""
    most = max(1, MOST_NUMBERS // max(1, values.size))
    yield from repairs[: min(most, MOST_REPAIRS)]


def gives(network: Network, values: Array, outputs: Array) -> bool:
    """Return whether the file gives outputs for these inputs."""
    if len(values) != len(outputs):
        return False
    some = slice(0, MOST_ROWS)
    try:
        return agree(outputs[some], predict(network, [values[some]], shape=outputs.shape))
    except CannotCompute:
        return False


def spell_rows(shape: Shape, words: bool = False) -> str:
    """Return the shape of rows as it is said: any length is "any"."""
    if len(shape) == 1:
        named = "words" if words else "columns"
        return f"rows of {'any number of' if shape[0] is None else shape[0]} {named}"
    return (
        f"rows of the shape ({', '.join('any' if each is None else str(each) for each in shape)})"
    )
