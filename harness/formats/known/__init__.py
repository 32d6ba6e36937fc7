"""Names that are known to be harmless in a model file, made from the built environments.

Each list is a text file with a heading that says which command made it (tests/formats/make_lists.py
holds the rules). The lists are read when they are first asked for.
"""

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent


@cache
def read_list(name: str) -> frozenset[str]:
    """Return the lines of a list, without its heading."""
    lines = (FOLDER / f"{name}.txt").read_text().splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


@cache
def read_classes() -> dict[str, frozenset[str]]:
    """Return the harmless classes of each module of Keras; those under "-" have no module."""
    found = {}
    for line in read_list("classes"):
        module, *names = line.split()
        found[module] = frozenset(names)
    return found


@cache
def class_names() -> frozenset[str]:
    """Return the harmless classes of all modules, as they are named without a module."""
    return frozenset().union(*read_classes().values())


@cache
def function_names() -> frozenset[str]:
    """Return the harmless activations, losses, metrics and initializers, by their bare names."""
    named = "named."
    return frozenset(
        each.removeprefix(named) for each in read_list("functions") if each.startswith(named)
    )


def is_function(module: str, name: str) -> bool:
    """Return whether a module of Keras, such as keras.ops, has this harmless function."""
    root, _, space = module.partition(".")
    return root in ("keras", "tf_keras") and f"{space}.{name}" in read_list("functions")


def is_symbol(name: str) -> bool:
    """Return whether an exported name of TensorFlow, such as math.add, only computes."""
    for prefix in ("tf.", "compat.v1.", "compat.v2."):
        name = name.removeprefix(prefix)
    if name.startswith("raw_ops."):
        return name.removeprefix("raw_ops.") in read_list("ops")
    return name in read_list("symbols")
