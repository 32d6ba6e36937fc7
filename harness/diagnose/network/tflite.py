"""The operators of a TF-Lite model as layers, with their constant weights as real numbers."""

from pathlib import Path

from harness.diagnose.network.hdf5 import MOST_BYTES, MOST_OF_ONE
from harness.diagnose.network.layer import Layer, Network, Node
from harness.formats.tflite_graph import Graph, Operator, read_graph
from harness.verdicts.statistics import Array

# Which input of an operator is what: tensorflow/lite/kernels.
ROLES = {
    "FULLY_CONNECTED": {1: "kernel", 2: "bias"},
    "CONV_2D": {1: "kernel", 2: "bias"},
    "CONV_3D": {1: "kernel", 2: "bias"},
    "DEPTHWISE_CONV_2D": {1: "kernel", 2: "bias"},
    "TRANSPOSE_CONV": {1: "kernel", 3: "bias"},
    "GATHER": {0: "embeddings"},
    "EMBEDDING_LOOKUP": {1: "embeddings"},
    "BATCH_MATMUL": {1: "kernel"},
}
PASSED_ON = {"DEQUANTIZE", "DENSIFY"}  # of weights that are stored smaller than they are used


def read_tflite_network(path: Path) -> Network:
    """Return the operators of the first subgraph as layers. Raises Unreadable for a damaged file.

    Quantised weights come as float32 numbers: (q - zero point) * scale. A layer is named by its
    first output.
    """
    graph, network = read_graph(path), Network()
    values = read_constants(graph, network)
    layers: list[Layer | Node] = []
    for operator in graph.operators:
        fed = operator.inputs[0] if operator.inputs else -1
        if operator.name in PASSED_ON and fed in values and operator.outputs:
            values[operator.outputs[0]] = values[fed]
            continue
        layers.append(make_layer(operator, values, graph))
    network.root = Node("TF-Lite", layers)
    network.inputs = [graph.tensors[place] for place in graph.inputs if place >= 0]
    network.outputs = [graph.tensors[place] for place in graph.outputs if place >= 0]
    return network


def read_constants(graph: Graph, network: Network) -> dict[int, Array]:
    """Return the weights by the place of their tensor; sizes and axes, int32, are left out."""
    values: dict[int, Array] = {}
    left = MOST_BYTES
    for place, tensor in enumerate(graph.tensors):
        whole = tensor.dtype in ("int32", "int64", "bool") and not tensor.is_quantised
        if not tensor.size or whole:
            continue
        name = tensor.name or f"tensor {place}"
        room = 4 * tensor.size if tensor.is_quantised else tensor.size
        if room > min(left, MOST_OF_ONE):
            network.partly.add(name)
            continue
        read = graph.read(tensor)
        if read is not None:
            left -= read.nbytes
            network.quantised |= tensor.is_quantised and tensor.dtype in ("int8", "uint8")
            values[place] = read
            network.arrays[name if name not in network.arrays else f"{name} ({place})"] = read
    return values


def make_layer(operator: Operator, values: dict[int, Array], graph: Graph) -> Layer:
    """Return an operator as a layer; `config` holds the shape of its first output."""
    made = graph.tensors[operator.outputs[0]] if operator.outputs else None
    roles = ROLES.get(operator.name, {})
    weights, place = {}, ""
    for at, fed in enumerate(operator.inputs):
        if fed in values:
            weights[roles.get(at, f"input_{at}")] = values[fed]
            place = place or graph.tensors[fed].name
    shape = list(made.shape) if made else []
    name = made.name if made else operator.name
    return Layer(name, operator.name, {"output_shape": shape}, weights=weights, place=place)
