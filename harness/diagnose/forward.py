"""A model's output without TensorFlow: a numpy forward pass through layers that are known here."""

import contextlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from harness.diagnose.forward_layers import MERGES, ONE_INPUT, CannotCompute, batch_normalize
from harness.diagnose.forward_recurrent import STEPS, recur
from harness.diagnose.network import Layer, Network, Node
from harness.formats.facts import plain
from harness.verdicts.statistics import Array

MOST_PASSES = 100  # through the layers of a model
KNOWN = ONE_INPUT | dict.fromkeys(STEPS, recur)


def predict(network: Network, inputs: Sequence[Array], training: bool = False) -> Array:
    """Return the one output of a model in float64, rows first.

    `training`: BatchNormalization takes the statistics of the batch, dropout stays out. Raises
    CannotCompute for what is not known here; weights of which only a part was read count so.
    """
    if network.root is None:
        raise CannotCompute("the file has no architecture")
    if network.partly:
        raise CannotCompute("its weights are too large")
    if "float16" in json.dumps(network.config):
        raise CannotCompute("it computes in half precision")
    given = [np.asarray(each, np.float64) for each in inputs]
    with np.errstate(all="ignore"):
        outputs = run(network.root, given, training)
    if len(outputs) != 1:
        raise CannotCompute(f"it has {len(outputs)} outputs")
    return outputs[0]


def run(node: Node, inputs: list[Array], training: bool) -> list[Array]:
    """Return the outputs of a model for its inputs."""
    if node.class_name == "Sequential":
        values = inputs
        for each in node.layers:
            values = call(each, values, training)
        return values
    return run_graph(node, inputs, training)


def trace(network: Network, inputs: Sequence[Array]) -> dict[str, Array]:
    """Return what each layer of the outer model gives, as far as that can be computed.

    In float64, also where the model computes in half precision.
    """
    values = [np.asarray(each, np.float64) for each in inputs]
    done: dict[str, list[Array]] = {}
    if network.root is None or network.partly:
        return {}
    with np.errstate(all="ignore"), contextlib.suppress(CannotCompute):
        if network.root.class_name == "Sequential":
            for each in network.root.layers:
                values = call(each, values, False)
                done[each.name] = values
        else:
            run_graph(network.root, values, False, done)
    return {name: each[0] for name, each in done.items() if len(each) == 1}


def run_graph(
    node: Node, inputs: list[Array], training: bool, done: dict[str, list[Array]] | None = None
) -> list[Array]:
    """Return the outputs of a functional model: layers as soon as all that feeds them is there.

    `done` takes what each layer gives.
    """
    done = {} if done is None else done
    names = [name for name, _, _ in read_ends(node.ends.get("input_layers"))]
    if len(names) != len(inputs):
        raise CannotCompute(f"it takes {len(names)} inputs, and {len(inputs)} were given")
    done.update((name, [values]) for name, values in zip(names, inputs, strict=True))
    waiting = [each for each in node.layers if each.name not in done]
    feeding = {id(each): find_feeding(each.inbound, each.name) for each in waiting}
    for _ in range(MOST_PASSES):  # a file that lists its layers in order takes one
        later = []
        for each in waiting:
            if all(name in done for name, _ in feeding[id(each)]):
                fed = [done[name][at] for name, at in feeding[id(each)]]
                done[each.name] = call(each, fed, training)
            else:
                later.append(each)
        if not later or len(later) == len(waiting):
            break
        waiting = later
    ends = read_ends(node.ends.get("output_layers"))
    if any(name not in done for name, _, _ in ends):
        raise CannotCompute("its layers are wired in a way that is not known here")
    return [done[name][at] for name, _, at in ends]


def call(each: Layer | Node, inputs: list[Array], training: bool) -> list[Array]:
    """Return the outputs of a layer, or of a model inside."""
    if isinstance(each, Node):
        return run(each, inputs, training)
    if each.class_name == "Concatenate" and len(inputs) > 1:
        return [np.concatenate(inputs, axis=int(each.config.get("axis", -1)))]
    if each.class_name in MERGES and len(inputs) > 1:
        return [np.asarray(MERGES[each.class_name](inputs))]
    known = KNOWN.get(each.class_name)
    own = each.module is not None and each.module.partition(".")[0] not in ("keras", "tf_keras")
    if known is None or own or len(inputs) != 1:
        raise CannotCompute(f"the layer {plain(each.name, 40)} ({plain(each.class_name, 40)})")
    try:
        if known is batch_normalize:
            return [batch_normalize(each, inputs[0], training)]
        return [known(each, inputs[0])]
    except CannotCompute:
        raise
    except (ValueError, TypeError, IndexError, KeyError) as error:
        said = f"the layer {plain(each.name, 40)} does not take this input: {plain(error, 60)}"
        raise CannotCompute(said) from error


def find_feeding(inbound: Any, name: str) -> list[tuple[str, int]]:
    """Return (layer, place of its output) of what feeds the one call of a layer."""
    if not isinstance(inbound, list) or len(inbound) != 1:
        raise CannotCompute(f"the layer {plain(name, 40)} is called more than once")
    found = []
    for source, _, place in iterate_histories(
        inbound[0]
    ):  # of a model inside, Keras 2 counts from 1
        found.append((source, place))
    if not found:
        raise CannotCompute(f"nothing feeds the layer {plain(name, 40)}")
    return found


def iterate_histories(call: Any) -> Iterator[tuple[str, int, int]]:
    """Yield (layer, call, output) in the order of the arguments, as Keras 2 or 3 writes them."""
    if isinstance(call, dict) and "args" in call:  # Keras 3
        if any(value is not None for value in (call.get("kwargs") or {}).values()):
            values = {key: value for key, value in call["kwargs"].items() if key != "mask"}
            if any(value not in (None, False) for value in values.values()):
                raise CannotCompute("a call with keywords")
        waiting = [call["args"]]
        while waiting:
            each = waiting.pop(0)
            if isinstance(each, list):
                waiting[:0] = each
            elif isinstance(each, dict) and each.get("class_name") == "__keras_tensor__":
                yield as_history(each["config"]["keras_history"])
            else:
                raise CannotCompute("a call with a constant")
    elif isinstance(call, list):  # Keras 2
        for each in call:
            if isinstance(each, list) and len(each) > 3 and each[3]:
                raise CannotCompute("a call with keywords")
            yield as_history(each)


def as_history(value: Any) -> tuple[str, int, int]:
    """Return where a tensor comes from; raises CannotCompute for what is no such list."""
    try:
        return str(value[0]), int(value[1]), int(value[2])
    except (TypeError, ValueError, IndexError, KeyError) as error:
        raise CannotCompute("its layers are wired in a way that is not known here") from error


def read_ends(value: Any) -> list[tuple[str, int, int]]:
    """Return the first or last layers of a model: a list of them, or a single one."""
    if isinstance(value, list) and value and isinstance(value[0], str):
        return [as_history(value)]
    return [as_history(each) for each in value] if isinstance(value, list) else []
