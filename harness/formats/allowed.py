"""What a name in a model's configuration leads to: harmless code of Keras, yours, or unknown.

What is not known to be harmless is unsafe. A name is the user's own, and harmless by itself, if no
loader finds code under it without the user's file: it is in no package that can be imported.
"""

import importlib.util
from functools import cache
from typing import Any

from harness.formats.facts import plain
from harness.formats.known import class_names, function_names, is_function, read_classes, read_list

HARMLESS, YOURS, UNSAFE = "harmless", "yours", "unsafe"
KERAS = ("keras", "tf_keras", "tensorflow")
SPECIAL = {  # values that JSON does not have, as Keras and TensorFlow write them
    "__tensor__",
    "__numpy__",
    "__bytes__",
    "__ellipsis__",
    "__slice__",
    "__tuple__",
    "__keras_tensor__",
    "TensorShape",
    "CompositeTensor",
}
TYPE_SPECS = {"TensorSpec", "RaggedTensorSpec", "SparseTensorSpec", "IndexedSlicesSpec"}
# Keys whose value Keras 2 looks up by its bare name, in the names of a whole module.
LOOKED_UP = (
    "activation",
    "initializer",
    "regularizer",
    "constraint",
    "loss",
    "metrics",
    "optimizer",
    "init",
    "fn",
    "standardize",
    "split",
)
OPTIMIZERS = {"sgd", "rmsprop", "adagrad", "adadelta", "adam", "adamax", "nadam", "ftrl", "lion"}
WORDS = {"lower_and_strip_punctuation", "lower", "strip_punctuation", "whitespace", "character"}


def judge_node(node: dict[str, Any]) -> str:
    """Return what a serialized object leads to: HARMLESS, YOURS or UNSAFE."""
    class_name, module = node.get("class_name"), node.get("module")
    if not isinstance(class_name, str) or not isinstance(module, str | None):
        return UNSAFE
    registered = node.get("registered_name")
    if not isinstance(registered, str | None):
        return UNSAFE
    if class_name in SPECIAL:
        return HARMLESS
    if class_name == "__typespec__":
        known = str(module).startswith("tensorflow.python.")
        return HARMLESS if known and node.get("spec_name") in TYPE_SPECS else UNSAFE
    if class_name == "TypeSpec":
        spec = str(node.get("type_spec")).rpartition(".")[2]
        return HARMLESS if spec in TYPE_SPECS else UNSAFE
    if class_name.startswith("__"):
        return UNSAFE
    if class_name == "function":
        name = node.get("config")
        if not isinstance(name, str):
            return UNSAFE
        if registered not in (None, "", "function", name, name.rpartition(">")[2]):
            own = registered.rpartition(">")
            if own[2] != name or not own[0]:
                return UNSAFE
        return judge_function(module, name)
    return judge_class(module, class_name, registered)


def judge_class(module: str | None, name: str, registered: str | None) -> str:
    """Return what a class leads to, by its module (None: by its name alone) and registered name."""
    package, _, short = (registered or name).rpartition(">")
    if package not in ("", "Keras", "Custom"):
        # Somebody's registered class; where that is missing, Keras goes by the module.
        return YOURS if not module or judge_class(module, short, None) != UNSAFE else UNSAFE
    if not module:
        bare = name.rpartition(">")[2]
        if bare in class_names() or bare in function_names():
            return HARMLESS if package != "Custom" or short in class_names() else YOURS
        return UNSAFE if bare in read_list("reserved") or package == "Keras" else YOURS
    if name in read_classes().get(module, ()):
        return HARMLESS if short in class_names() else UNSAFE
    if module == "builtins" or is_importable(module):
        return UNSAFE
    return YOURS if short == name.rpartition(".")[2] else UNSAFE


def judge_function(module: str | None, name: str) -> str:
    """Return what a function leads to, by its module and name."""
    if module and module != "builtins":
        if is_function(module, name):
            return HARMLESS
        return UNSAFE if is_importable(module) else YOURS
    if name in function_names():
        return HARMLESS
    return UNSAFE if name in read_list("reserved") | builtin_names() else YOURS


def judge_bare(name: str) -> str:
    """Return what a bare name leads to, where a loss, a metric or the like is expected."""
    bare = name.rpartition(">")[2]
    if bare in function_names() or bare in class_names():
        return HARMLESS
    if bare.lower() in OPTIMIZERS or bare in WORDS:
        return HARMLESS
    return UNSAFE if bare in read_list("reserved") else YOURS


@cache
def builtin_names() -> frozenset[str]:
    """Return the names of Python's built-in functions, which are looked up for any function."""
    import builtins

    return frozenset(dir(builtins)) | {"reduce", "unicode", "long", "file", "raw_input", "execfile"}


@cache
def is_importable(module: str) -> bool:
    """Return whether a loader finds the module: in a release, or beside this program.

    `__main__` is not: the program that loads has nothing there that a model could use.
    """
    root = module.partition(".")[0]
    if module == "__main__" or not root:
        return not root
    if root in KERAS or root in read_list("packages") or root.startswith("_"):
        return True
    try:
        return importlib.util.find_spec(root) is not None
    except (ImportError, ValueError, AttributeError):
        return True


def spell_node(node: dict[str, Any]) -> str:
    """Return how a message names an object: its module and its name."""
    name, module = node.get("class_name"), node.get("module")
    if name == "function" and isinstance(node.get("config"), str):
        name = node["config"]
    parts = [part for part in (module, name) if isinstance(part, str) and part]
    registered = node.get("registered_name")
    said = plain(".".join(parts) or "an object without a name")
    if isinstance(registered, str) and registered not in (name, "function", f"Keras>{name}"):
        said += f" (registered as {plain(registered, 40)})"
    return said
