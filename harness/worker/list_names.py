"""Print, as JSON, the names by which a model file can reach code in this environment's release.

Run by its path: `ENVIRONMENT/bin/python harness/worker/list_names.py`. The allow-lists in
harness/formats/known/ are made of what it prints (tests/formats/make_lists.py says how).

classes: [name, module, registered name] of each class that a configuration may name
functions: [module, name] of each function of the modules that hold losses, activations, ...
namespaces: names of all that can be called where Keras 2 looks a bare name up
symbols: exported names of TensorFlow, as TFOpLambda resolves them
ops: names of registered ops; stateful: those among them that have a state or an effect
packages: top-level modules that can be imported here
"""

import json
import os
import pkgutil
import sys

ROOTS = ("keras", "tf_keras", "tensorflow.python.keras", "tensorflow_core.python.keras")
FAMILIES = {
    "Layer",
    "Model",
    "Operation",
    "Optimizer",
    "OptimizerV2",
    "BaseOptimizer",
    "LossScaleOptimizer",
    "Metric",
    "Loss",
    "Initializer",
    "Regularizer",
    "Constraint",
    "LearningRateSchedule",
    "Policy",
    "DTypePolicy",
    "Quantizer",
    "QuantizationConfig",
    "SeedGenerator",
}
SPACES = (
    "activations",
    "constraints",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "optimizers",
    "regularizers",
)


def is_keras(module):
    """Say whether a module belongs to a Keras."""
    return any(module == root or module.startswith(root + ".") for root in ROOTS)


def list_classes(tf):
    """Return [name, module, registered name] of every class of a family that a model is made of."""
    found = set()
    for module_name, module in sorted(sys.modules.items()):
        if module is None or not is_keras(module_name):
            continue
        for name, value in list(vars(module).items()):
            if not isinstance(value, type) or not is_family(value) or name.startswith("_"):
                continue
            if value.__module__ == module_name or is_public(module_name):
                spelled = module_name.replace("tensorflow_core", "tensorflow")
                found.add((name, spelled, registered_name(tf, value)))
    for space, holder in public_spaces(tf):
        for name, value in list(vars(holder).items()):
            if isinstance(value, type) and is_family(value) and not name.startswith("_"):
                for root in ("keras", "tf_keras", "tensorflow.keras"):
                    found.add((name, root + space, registered_name(tf, value)))
    return sorted(found)


def is_public(module_name):
    """Say whether a module of Keras only re-exports, as its API modules do."""
    parts = module_name.split(".")
    return parts[0] in ("keras", "tf_keras") and not {"src", "engine", "legacy"} & set(parts[1:])


def is_family(value):
    """Say whether a class of Keras is a layer, an optimizer, a loss or the like."""
    names = {base.__name__ for base in value.__mro__ if is_keras(base.__module__)}
    return is_keras(value.__module__) and bool(names & FAMILIES)


def registered_name(tf, value):
    """Return the name under which Keras has registered a class, its own name if it has not."""
    ask = getattr(tf.keras.utils, "get_registered_name", None)
    return ask(value) if ask else value.__name__


def public_spaces(tf):
    """Yield (".layers", the namespace tf.keras.layers) and the like, those inside them too."""
    waiting = [("", tf.keras)]
    seen = set()
    while waiting:
        path, holder = waiting.pop()
        if id(holder) in seen or path.count(".") > 4:
            continue
        seen.add(id(holder))
        yield path, holder
        for name in sorted(dir(holder)):
            value = getattr(holder, name, None)
            module = type(value).__name__ in ("module", "TFModuleWrapper")
            named = str(getattr(value, "__name__", ""))
            if module and "keras" in named and not name.startswith("_"):
                waiting.append((path + "." + name, value))


def list_functions(tf):
    """Return [module, name] of every function in the namespaces that hold losses and the like."""
    found = set()
    for space, holder in public_spaces(tf):
        if space.strip(".").split(".")[0] in (*SPACES, "ops", "random", "nn", "backend", "utils"):
            for name, value in vars(holder).items():
                if callable(value) and not isinstance(value, type) and not name.startswith("_"):
                    found.add((space.strip("."), name))
    return sorted(found)


def list_namespaces(tf):
    """Return every name in the modules in which Keras 2 looks a bare name up."""
    found = set()
    for space in SPACES:
        holders = [getattr(tf.keras, space)]
        for root in (*ROOTS, "keras.src", "tf_keras.src"):
            for tail in ("", ".serialization", "." + space):
                holders.append(sys.modules.get(root + "." + space + tail))
        for holder in holders:
            for name, value in vars(holder).items() if holder is not None else ():
                if callable(value) and not name.startswith("__"):
                    found.add(name)
    return sorted(found)


def list_symbols():
    """Return every exported name of TensorFlow and its Keras."""
    from tensorflow.python.util import tf_export

    found = set()
    if hasattr(tf_export, "_NAME_TO_SYMBOL_MAPPING"):
        found.update(tf_export._NAME_TO_SYMBOL_MAPPING)
    for module_name, module in sorted(sys.modules.items()):
        if module is not None and module_name.startswith(("tensorflow", "keras", "tf_keras")):
            for value in list(vars(module).values()):
                if callable(value):
                    kept = getattr(value, "__dict__", {})
                    for key in ("_tf_api_names", "_tf_api_names_v1"):
                        names = kept.get(key, ())
                        found.update(each for each in names if isinstance(each, str))
    return sorted(found)


def list_ops():
    """Return the names of all registered ops, and of those that are stateful."""
    from tensorflow.core.framework import op_def_pb2

    try:
        from tensorflow.python.client import pywrap_tf_session as session
    except ImportError:  # 1.15
        from tensorflow.python import pywrap_tensorflow as session
    data = session.TF_GetBuffer(session.TF_GetAllOpList())
    registered = op_def_pb2.OpList()
    registered.ParseFromString(data)
    stateful = sorted(op.name for op in registered.op if op.is_stateful)
    return sorted(op.name for op in registered.op), stateful


def list_packages():
    """Return the top-level modules that can be imported here, built-in ones too."""
    named = {each[1] for each in pkgutil.iter_modules()} | set(sys.builtin_module_names)
    named |= set(getattr(sys, "stdlib_module_names", ()))
    return sorted(name for name in named if not name.startswith("_"))


def main():
    """Import everything there is of Keras, and print the names."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tensorflow as tf

    tf.keras.layers.Dense  # noqa: B018, imports Keras where that is lazy
    ops, stateful = list_ops()
    found = {
        "release": tf.__version__,
        "classes": list_classes(tf),
        "functions": list_functions(tf),
        "namespaces": list_namespaces(tf),
        "symbols": list_symbols(),
        "ops": ops,
        "stateful": stateful,
        "packages": list_packages(),
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    main()
