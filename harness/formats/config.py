"""The configuration of a Keras model: which classes it names, and whether loading runs code."""

import builtins
import re
import sys
from collections.abc import Iterator
from typing import Any

from harness.formats.builtin_names import ACTIVATIONS, CLASSES
from harness.formats.facts import Facts, add_once, plain

KERAS_ROOTS = {"keras", "tf_keras", "tensorflow"}
TENSORFLOW_KERAS = ("tensorflow.keras", "tensorflow.python.keras")
INSTALLED = {
    "tensorflow",
    "numpy",
    "h5py",
    "pip",
    "setuptools",
    "pkg_resources",
    "absl",
    "google",
    "grpc",
    "six",
    "wrapt",
    "tensorboard",
    "rich",
    "requests",
    "urllib3",
    "optree",
    "ml_dtypes",
    "werkzeug",
    "markdown",
    "yaml",
    "scipy",
}
# Layers whose loading or first call runs what the file holds, whatever their configuration.
RUNNING_LAYERS = {
    "TFSMLayer": "loads and runs a SavedModel from a path in the file (CVE-2026-1462)",
    "TorchModuleWrapper": "unpickles a PyTorch module (CVE-2025-49655)",
    "JaxLayer": "runs code that the file brings",
    "FlaxLayer": "runs code that the file brings",
}
LOOKUPS = {"StringLookup", "IntegerLookup", "TextVectorization"}
# Parts of TensorFlow's names that reach beyond the graph: files, Python, other processes.
REACHING = re.compile(
    r"(?i)(^|[._/\"])(io[._](read|write)|read_?file|write_?file|py_?func|numpy_?function"
    r"|py_?function|matching_?files|raw_ops)"
)
AUTOMATIC_NAME = {
    "functional": re.compile(r"functional(_\d+)?"),
    "model": re.compile(r"model(_\d+)?"),
}
INITIALIZERS = {
    "Zeros",
    "Ones",
    "GlorotUniform",
    "GlorotNormal",
    "Orthogonal",
    "RandomUniform",
    "RandomNormal",
    "VarianceScaling",
    "Constant",
    "TruncatedNormal",
}


def read_config(config: Any, facts: Facts) -> None:
    """Add the facts in a model's configuration to `facts`; any JSON value is accepted."""
    mark_model(config, facts)
    for node in iterate_dicts(config):
        class_name = node.get("class_name")
        if isinstance(class_name, str):
            note_class(class_name, node, facts)
        for key, value in node.items():
            if key.endswith("activation") and isinstance(value, str) and value not in ACTIVATIONS:
                add_once(facts.custom, plain(value))


def iterate_dicts(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object inside a JSON value, in order and at any depth, without recursion."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            yield each
            waiting.extend(reversed(each.values()))
        elif isinstance(each, list):
            waiting.extend(reversed(each))


def mark_model(config: Any, facts: Facts) -> None:
    """Record details that differ between releases with the same Keras version (see origin)."""
    if not isinstance(config, dict) or not isinstance(config.get("config"), dict | list):
        return
    class_name, inner = config.get("class_name"), config["config"]
    if "module" in config:
        facts.mark("module")
    if class_name == "Functional":
        facts.mark("class Functional")
    if class_name == "Model":
        facts.mark("class Model")
    if isinstance(inner, dict):
        if class_name == "Sequential":
            built = "build_input_shape" in inner
            facts.mark("build_input_shape" if built else "no build_input_shape")
        elif class_name == "Functional":
            for mark, pattern in AUTOMATIC_NAME.items():
                if pattern.fullmatch(str(inner.get("name"))):
                    facts.mark(f"named {mark}")


def note_class(class_name: str, node: dict[str, Any], facts: Facts) -> None:
    """Record one serialized object: its package, whether it is built in, what loading it does."""
    config = node.get("config")
    details = config if isinstance(config, dict) else {}
    if class_name in INITIALIZERS and isinstance(config, dict):
        facts.mark("initializer dtype" if "dtype" in config else "initializer without dtype")
    if class_name == "__lambda__" or (class_name == "Lambda" and is_byte_code(details)):
        add_once(
            facts.dangers,
            "it holds a Lambda layer: loading runs Python byte code from the file (CVE-2024-3660)",
        )
    elif class_name == "Lambda" and isinstance(details.get("function"), str):
        add_once(facts.custom, plain(details["function"]))
    if class_name in RUNNING_LAYERS:
        add_once(facts.dangers, f"its {class_name} layer {RUNNING_LAYERS[class_name]}")
    if class_name in LOOKUPS and isinstance(details.get("vocabulary"), str):
        add_once(
            facts.dangers,
            f"its {class_name} layer reads its vocabulary from the path"
            f" {plain(details['vocabulary'])} (CVE-2025-12058)",
        )
    called = details.get("function") or details.get("node_def")
    if class_name in ("TFOpLambda", "TensorFlowOpLayer") and REACHING.search(str(called)[:10_000]):
        add_once(facts.dangers, f"its {class_name} layer calls {plain(called, 60)}")
    note_origin(class_name, node, facts)


def reaches_beyond(module: str, name: str) -> bool:
    """Return whether a name leads to code that no model needs, such as a module of Python."""
    root = module.split(".")[0]
    if root == "builtins":
        return hasattr(builtins, name)  # eval, exec, open, ...
    if root in ("keras", "tf_keras") or module.startswith(TENSORFLOW_KERAS):
        return name != "FeatureSpace" and bool({"utils", "saving"} & set(module.split(".")))
    return root != "__main__" and (root in sys.stdlib_module_names or root in INSTALLED)


def is_byte_code(details: dict[str, Any]) -> bool:
    """Return whether a Lambda's function is code itself: a list or a marked object, not a name."""
    function = details.get("function")
    marked = isinstance(function, dict) and function.get("class_name") == "__lambda__"
    return isinstance(function, list) or marked


def note_origin(class_name: str, node: dict[str, Any], facts: Facts) -> None:
    """Record a class or function that the user must define, or that no model needs to name."""
    module, name = node.get("module"), class_name
    if class_name == "function" and isinstance(node.get("config"), str):
        name = node["config"]
    if isinstance(module, str) and module:
        if reaches_beyond(module, name):
            said = f"it names {plain(f'{module}.{name}')}, which is not part of a model"
            add_once(facts.dangers, f"{said} (CVE-2025-1550, CVE-2025-8747)")
        elif module == "builtins":  # where Keras 3 says every function of the user is from
            if class_name == "function" and name not in ACTIVATIONS | CLASSES:
                add_once(facts.custom, plain(name))
        elif module.split(".")[0] not in KERAS_ROOTS:
            add_once(facts.custom, plain(name_registered(node, name)))
        return
    registered = node.get("registered_name")
    if class_name.startswith("__") or (class_name in CLASSES and not registered):
        return
    known = class_name.rpartition(">")[2] if class_name.startswith("Keras>") else class_name
    if known not in CLASSES and known not in ACTIVATIONS:
        add_once(facts.custom, plain(name_registered(node, name)))


def name_registered(node: dict[str, Any], name: str) -> str:
    """Return the name that Keras looks up: "package>Name" where the class was registered so."""
    registered = node.get("registered_name")
    packaged = isinstance(registered, str) and ">" in registered
    return str(registered) if packaged else name
