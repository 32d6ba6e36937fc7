"""A model's output without TensorFlow: a numpy forward pass through layers that are known here."""

import contextlib
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.diagnose.forward.call import UNSURE, Call, CannotCompute, How, Value, iterate_values
from harness.diagnose.forward.graph import UNKNOWN, Calling, Source, list_calls, read_ends
from harness.diagnose.forward.masks import set_masks
from harness.diagnose.forward.wrappers import call_layer, clean_keywords
from harness.diagnose.network.hdf5 import attach_wrapped
from harness.diagnose.network.layer import MODELS, Layer, Network, Node, is_model
from harness.formats.facts import plain
from harness.verdicts.statistics import Array

MOST_PASSES = 100  # through the layers of a model


def predict(
    network: Network,
    inputs: Sequence[Array],
    training: bool = False,
    shape: tuple[int, ...] | None = None,
) -> Array:
    """Return the one output of a model in float64, rows first, as the user's code leaves it.

    Of several outputs, `shape` chooses the one that has it, dimensions of 1 left out.
    `training`: BatchNormalization takes the statistics of the batch, dropout stays out. Raises
    CannotCompute for what is not known here; weights of which only a part was read count so.
    """
    outputs = predict_all(network, inputs, training)
    if network.after and len(outputs) == 1:
        return network.after(outputs[0])
    if len(outputs) > 1 and shape is not None:
        outputs = [each for each in outputs if drop_ones(each.shape) == drop_ones(shape)]
        if len(outputs) != 1:
            raise CannotCompute(f"{len(outputs) or 'none'} of its outputs have this shape")
    if len(outputs) != 1:
        raise CannotCompute(f"it has {len(outputs)} outputs")
    return outputs[0]


def drop_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape without dimensions of 1, the rows kept."""
    return (*shape[:1], *(each for each in shape[1:] if each != 1))


def predict_all(network: Network, inputs: Sequence[Array], training: bool = False) -> list[Array]:
    """Return all outputs of a model, in its order; raises CannotCompute as `predict` does."""
    root = check_network(network)
    with np.errstate(all="ignore"):
        given = [Value(np.asarray(each, np.float64)) for each in inputs]
        outputs = run(root, given, How(training=training, keras=network.keras))
    return [each.array for each in outputs]


def trace(network: Network, inputs: Sequence[Array]) -> dict[str, Array]:
    """Return what each layer of the outer model gives, as far as that can be computed.

    In float64, also where the model computes in half precision.
    """
    done: dict[Source, Value] = {}
    with np.errstate(all="ignore"), contextlib.suppress(CannotCompute):
        root, how = check_network(network, half=True), How(half=True, keras=network.keras)
        run(root, [Value(np.asarray(each, np.float64)) for each in inputs], how, done)
    counts = Counter(source.name for source in done)
    return {source.name: value.array for source, value in done.items() if counts[source.name] == 1}


def check_network(network: Network, half: bool = False) -> Node:
    """Return the outer model; raises CannotCompute where its outputs cannot be computed at all.

    `half`: a model that computes in half precision will do.
    """
    if network.root is None:
        raise CannotCompute("the file has no architecture")
    if network.partly:
        raise CannotCompute("its weights are too large")
    if not half and "float16" in json.dumps(network.config):
        raise CannotCompute("it computes in half precision")
    return network.root


def run(
    node: Node, inputs: list[Value], how: How, done: dict[Source, Value] | None = None
) -> list[Value]:
    """Return the outputs of a model for its inputs; `done` takes what each layer gives."""
    done = {} if done is None else done
    if node.class_name not in MODELS or node.own:
        raise CannotCompute(f"the model {plain(node.name, 40)} of a class of its own")
    if node.class_name != "Sequential":
        return run_graph(node, inputs, how, done)
    values = inputs
    for each in node.layers:
        values = call(Calling(each, [list(values)] if len(values) > 1 else list(values), {}), how)
        done.update({Source(each.name, 0, at): value for at, value in enumerate(values)})
    return values


def run_graph(node: Node, inputs: list[Value], how: How, done: dict[Source, Value]) -> list[Value]:
    """Return the outputs of a functional model: layers as soon as all that feeds them is there."""
    starts = read_ends(node.ends.get("input_layers"))
    if len(starts) != len(inputs):
        raise CannotCompute(f"it takes {len(starts)} inputs, and {len(inputs)} were given")
    layers = {each.name: each for each in node.layers}
    for start, value in zip(starts, inputs, strict=True):
        layer = layers.get(start.name)
        fed = call_layer(Call(layer, [value], how)) if isinstance(layer, Layer) else [value]
        done[start] = fed[0]
    names = {start.name for start in starts}
    waiting = [each for each in list_calls(node) if each.member.name not in names]
    for _ in range(MOST_PASSES):  # a file that lists its layers in order takes one
        later = []
        for each in waiting:
            if all(source in done for source in each.sources):
                values = call(fill(each, done), how)
                made = enumerate(values)
                done.update({Source(each.member.name, each.number, at): one for at, one in made})
            else:
                later.append(each)
        if not later or len(later) == len(waiting):
            break
        waiting = later
    ends = read_ends(node.ends.get("output_layers"))
    if not ends or any(end not in done for end in ends):
        raise CannotCompute(UNKNOWN)
    return [done[end] for end in ends]


def fill(each: Calling, done: dict[Source, Value]) -> Calling:
    """Return a call with the values in place of their sources."""

    def find(given: Any) -> Any:
        if isinstance(given, Source):
            return done[given]
        return [find(one) for one in given] if isinstance(given, list) else given

    keywords = {key: find(value) for key, value in each.keywords.items()}
    return Calling(each.member, find(each.arguments), keywords)


def call(each: Calling, how: How) -> list[Value]:
    """Return the outputs of a layer, or of a model inside."""
    member, values = each.member, list(iterate_values(each.arguments))
    keywords = clean_keywords(each.keywords, member)
    if isinstance(member, Node):
        values = set_masks(values, keywords.pop("mask", None), member.name)
        if keywords:
            raise CannotCompute(f"a call of {plain(member.name, 40)} with keywords")
        return run(member, values, how)
    wrapped = member.config.get("layer") if member.class_name == "TimeDistributed" else None
    if isinstance(wrapped, dict) and is_model(wrapped) and not member.own and not keywords:
        return distribute_model(member, values, how)
    constants = [one for one in flatten(each.arguments) if not isinstance(one, Value)]
    return call_layer(Call(member, values, how, keywords), each.arguments, bool(constants))


def distribute_model(layer: Layer, values: list[Value], how: How) -> list[Value]:
    """Return TimeDistributed of a model: called on every step as if steps were rows."""
    node = attach_wrapped(layer)
    if node is None or len(values) != 1 or values[0].mask is not None or how.training:
        raise CannotCompute(f"the input or the mask of {plain(layer.name, 40)}")
    array = values[0].array
    if array.ndim < 3:
        raise CannotCompute(f"the input of {plain(layer.name, 40)}")
    rows, steps = array.shape[:2]
    result = run(node, [Value(array.reshape(rows * steps, *array.shape[2:]))], how)
    if len(result) != 1:
        raise CannotCompute(f"the outputs of {plain(layer.name, 40)}")
    given = result[0].array
    mask = None if result[0].mask is None else UNSURE
    return [Value(given.reshape(rows, steps, *given.shape[1:]), mask)]


def flatten(given: list[Any]) -> list[Any]:
    """Return what stands in nested lists."""
    return [one for each in given for one in (flatten(each) if isinstance(each, list) else [each])]
