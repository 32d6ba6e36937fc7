"""A model as its file describes it: layers in order, each with the weights that belong to it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.verdicts.statistics import Array

if TYPE_CHECKING:  # takes time to import, and most models are of Keras
    from harness.formats.tflite_graph import Tensor

MODELS = {"Sequential", "Functional", "Model"}
MOST_LAYERS, DEEPEST = 5000, 8
KERNEL, DEPTHWISE = ("kernel", "bias"), ("depthwise_kernel", "pointwise_kernel", "bias")
RECURRENT_KERNEL = ("kernel", "recurrent_kernel", "bias")
VARIABLES = {
    "Dense": KERNEL,
    "DepthwiseConv1D": KERNEL,
    "DepthwiseConv2D": KERNEL,
    "SeparableConv1D": DEPTHWISE,
    "SeparableConv2D": DEPTHWISE,
    "Embedding": ("embeddings",),
    "GRU": RECURRENT_KERNEL,
    "GRUCell": RECURRENT_KERNEL,
    "LSTM": RECURRENT_KERNEL,
    "LSTMCell": RECURRENT_KERNEL,
    "Normalization": ("mean", "variance", "count"),
    "PReLU": ("alpha",),
    "RMSNormalization": ("scale",),
    "SimpleRNN": RECURRENT_KERNEL,
    "SimpleRNNCell": RECURRENT_KERNEL,
}


@dataclass
class Layer:
    """One layer. `weights` by name: kernel, bias, ...; "vars/0" where the class is not known.

    `place` is where the weights stand in the file, "" where the file has none for the layer.
    `own`: the file says that the class is not one of Keras.
    """

    name: str
    class_name: str
    config: dict[str, Any]
    module: str | None = None
    weights: dict[str, Array] = field(default_factory=dict)
    place: str = ""
    inbound: Any = None  # what feeds it, as the file says it
    own: bool = False

    @classmethod
    def from_node(cls, node: dict[str, Any]) -> "Layer":
        """Return the layer that a configuration describes, without weights."""
        details, named = node.get("config"), str(node.get("class_name"))
        module = node["module"] if isinstance(node.get("module"), str) else None
        package = (module or "keras").partition(".")[0]
        registered = ">" in named or ">" in str(node.get("registered_name"))
        return cls(
            name_of(node),
            named.rpartition(">")[2],
            details if isinstance(details, dict) else {},
            module,
            inbound=node.get("inbound_nodes"),
            own=registered or package not in ("keras", "tf_keras"),
        )

    @property
    def activation(self) -> str:
        """Return the name of the activation, "linear" where there is none, "?" for an own one."""
        if self.class_name in ("Softmax", "ReLU"):
            return self.class_name.lower()
        named = self.config.get("activation", "linear")
        if isinstance(named, dict):
            named = named.get("config") if named.get("class_name") == "function" else "?"
        return named if isinstance(named, str) else "linear" if named is None else "?"


@dataclass
class Node:
    """A model or a model inside it: its class, and what it is made of."""

    class_name: str
    layers: "list[Layer | Node]"
    name: str = ""
    inbound: Any = None
    ends: dict[str, Any] = field(default_factory=dict)  # input_layers and output_layers
    own: bool = False  # the file says that the class is not one of Keras


@dataclass
class Optimizer:
    """What a file keeps of the training: steps done, and the shapes of the slots."""

    iterations: int | None = None
    slots: list[tuple[int, ...]] = field(default_factory=list)
    class_name: str = ""
    config: dict[str, Any] = field(default_factory=dict)


@dataclass
class Network:
    """A whole file. `arrays`: every weight by its place; `partly`: places of which a part is read.

    `root` is None where the file has no architecture. `values`: whether the file has a place for
    weights that could be read. `lacks`: the part of an archive that is missing. `compiled`: the
    arguments of compile, as they are written.
    `inputs`, `outputs`: those of a TF-Lite model; `quantised`: its weights have 8 bits.
    `keras`: the writer's major and minor version. `after`: what the user's code does to outputs,
    where that was found.
    """

    root: Node | None = None
    arrays: dict[str, Array] = field(default_factory=dict)
    partly: set[str] = field(default_factory=set)
    optimizer: Optimizer = field(default_factory=Optimizer)
    values: bool = False
    lacks: str = ""
    config: Any = None
    compiled: Any = None
    inputs: "list[Tensor]" = field(default_factory=list)
    outputs: "list[Tensor]" = field(default_factory=list)
    quantised: bool = False
    after: Callable[[Array], Array] | None = None
    keras: tuple[int, int] | None = None

    @property
    def layers(self) -> list[Layer]:
        """Return all layers, those of models inside too, in order."""
        return list(iterate_layers(self.root)) if self.root else []


def iterate_layers(node: Node) -> Iterator[Layer]:
    """Yield the layers of a model and of the models in it, in order."""
    for each in node.layers:
        if isinstance(each, Node):
            yield from iterate_layers(each)
        else:
            yield each


def build_network(config: Any) -> Node | None:
    """Return the model that a configuration describes, None where it describes none."""
    if not isinstance(config, dict) or not isinstance(config.get("config"), dict | list):
        return None
    left = [MOST_LAYERS]
    return build_node(config, left, 0)


def build_node(node: dict[str, Any], left: list[int], depth: int) -> Node:
    """Return a model with its layers; `left` counts down how many may still be made."""
    inner = node["config"]
    listed = inner.get("layers") if isinstance(inner, dict) else inner
    made = Node(str(node.get("class_name")), [], name_of(node), node.get("inbound_nodes"))
    made.ends = inner if isinstance(inner, dict) else {}
    made.own = Layer.from_node(node).own
    for each in listed if isinstance(listed, list) else []:
        left[0] -= 1
        if left[0] < 0 or not isinstance(each, dict):
            break
        if is_model(each) and depth < DEEPEST:
            made.layers.append(build_node(each, left, depth + 1))
        else:
            made.layers.append(Layer.from_node(each))
    return made


def is_model(node: dict[str, Any]) -> bool:
    """Return whether a node is a model with layers of its own."""
    inner = node.get("config")
    layered = isinstance(inner, dict) and isinstance(inner.get("layers"), list)
    return layered or (node.get("class_name") == "Sequential" and isinstance(inner, list))


def name_of(node: dict[str, Any]) -> str:
    """Return the name of a layer."""
    inner = node.get("config")
    named = inner.get("name") if isinstance(inner, dict) else None
    return str(named or node.get("name") or "")


def name_variables(layer: Layer) -> list[str]:
    """Return the names of a layer's variables in the order in which Keras keeps them."""
    config, kind = layer.config, layer.class_name
    if kind in ("BatchNormalization", "LayerNormalization", "GroupNormalization"):
        moving = ["moving_mean", "moving_variance"] if kind.startswith("Batch") else []
        return [
            *(["gamma"] if config.get("scale", True) else []),
            *(["beta"] if config.get("center", True) else []),
            *moving,
        ]
    if kind in ("Attention", "AdditiveAttention"):
        scaled = config.get("use_scale", kind == "AdditiveAttention")
        concat = config.get("score_mode") == "concat"
        return (["scale"] if scaled else []) + (["concat_score_weight"] if concat else [])
    if kind == "EinsumDense":
        return ["kernel"] + (["bias"] if config.get("bias_axes") else [])
    names = VARIABLES.get(kind)
    if names is None and kind.startswith("Conv") and "LSTM" not in kind:
        names = ("kernel", "bias")
    return [each for each in names or () if each != "bias" or config.get("use_bias", True)]
