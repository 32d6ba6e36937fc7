"""Repair of recurrent layers that start from the states of others: encoders with decoders."""

from typing import Any

from harness.rescue.nodes import Node
from harness.rescue.tensorflow_calls import is_tensor, read_call, spell_argument

RECURRENT = ("LSTM", "GRU", "SimpleRNN", "RNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")


def pass_states(config: Node) -> tuple[Node, str]:
    """Pass initial states by their name: Keras 2 wrote them as further inputs of the layer."""
    found: list[str] = []

    def change(value: Any) -> Any:
        if isinstance(value, list):
            return [change(each) for each in value]
        if not isinstance(value, dict):
            return value
        copied = {key: change(each) for key, each in value.items()}
        layers = copied.get("layers")
        if isinstance(layers, list) and "output_layers" in copied:
            names = {each.get("name") for each in layers if isinstance(each, dict)}
            for layer in layers:
                if layer["class_name"] in (*RECURRENT, "Bidirectional"):
                    nodes = layer.get("inbound_nodes", [])
                    layer["inbound_nodes"] = [name_states(each, names) for each in nodes]
                    if layer["inbound_nodes"] != nodes:
                        found.append(layer["class_name"])
        return copied

    why = "initial states are passed to recurrent layers by name: Keras 3 takes one input"
    return change(config), why if found else ""


def name_states(node: Any, names: set[Any]) -> Any:
    """Return a call as Keras 3 reads it, where it takes states besides the sequence."""
    if not isinstance(node, list) or len(node) < 2 or not isinstance(node[0], list):
        return node
    (sequence, *states), rest = read_call(node)
    if not all(is_tensor(each, names) for each in (sequence, *states)):
        return node
    given = {key: spell_argument(each, names) for key, each in rest.items()}
    given["initial_state"] = [spell_argument(each, names) for each in states]
    return {"args": [spell_argument(sequence, names)], "kwargs": given}
