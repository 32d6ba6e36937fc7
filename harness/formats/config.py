"""The configuration of a Keras model: which classes it names, and whether loading runs code."""

import re
from collections.abc import Iterator
from typing import Any

from harness.formats.allowed import (
    HARMLESS,
    LOOKED_UP,
    YOURS,
    judge_bare,
    judge_node,
    spell_node,
)
from harness.formats.calls import CALLERS, describe_unknown_call
from harness.formats.facts import Facts, add_custom, add_once, plain
from harness.formats.packages import find_package

# Classes whose loading or first call runs what the file holds, whatever their configuration.
RUNNING = {
    "Lambda": "is Python code from the file (CVE-2024-3660)",
    "DropoutWrapper": "may hold Python code (dropout_state_filter_visitor)",
    "ResidualWrapper": "may hold Python code (residual_fn)",
    "TFSMLayer": "loads and runs a SavedModel from a path in the file (CVE-2026-1462)",
    "TorchModuleWrapper": "unpickles a PyTorch module (CVE-2025-49655)",
    "JaxLayer": "runs code that the file brings",
    "FlaxLayer": "runs code that the file brings",
}
# Keys whose text is the path of a file that loading reads.
PATHS = ("vocabulary", "vocabulary_file", "ckpt_to_load_from", "filepath", "idf_weights")
BYTE_CODE = re.compile(r"(4w|Yw)[A-Za-z0-9+/\n]{38,}={0,2}\s*")  # marshalled code, in base64
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
    check_config(config, facts)


def check_config(config: Any, facts: Facts) -> None:
    """Record what a JSON value names that is the user's, or that is not known to be harmless."""
    for value, looked_up in iterate_values(config):
        if isinstance(value, dict):
            if "class_name" in value:
                note_object(value, facts)
            for key in PATHS:
                if value.get(key) and isinstance(value[key], str):
                    said = f"it names a file that loading reads: {key}, {plain(value[key])}"
                    add_once(facts.dangers, f"{said} (CVE-2025-12058)")
        elif looked_up and value.rpartition(">")[2].isidentifier():
            note_name(value, facts)
        elif BYTE_CODE.match(value):
            add_once(facts.dangers, "it holds Python byte code (CVE-2024-3660)")


def iterate_values(config: Any) -> Iterator[tuple[Any, bool]]:
    """Yield (value, whether Keras looks it up as a name) for every object and text, in order.

    Each value is visited once, without recursion, whatever the depth.
    """
    waiting = [(config, False)]
    while waiting:
        each, looked_up = waiting.pop()
        if isinstance(each, dict):
            yield each, False
            named = looked_up and "class_name" not in each
            for key, value in reversed(each.items()):
                if isinstance(value, dict | list | str):
                    waiting.append((value, named or key.endswith(LOOKED_UP)))
        elif isinstance(each, list):
            waiting.extend(
                (value, looked_up)
                for value in reversed(each)
                if isinstance(value, dict | list | str)
            )
        elif isinstance(each, str):
            yield each, looked_up


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


def note_object(node: dict[str, Any], facts: Facts) -> None:
    """Record one serialized object: its package, whether it is built in, what loading it does."""
    name, config = node["class_name"], node.get("config")
    short = name.rpartition(">")[2] if isinstance(name, str) else ""
    details = config if isinstance(config, dict) else {}
    if short in INITIALIZERS and isinstance(config, dict):
        facts.mark("initializer dtype" if "dtype" in config else "initializer without dtype")
    if short == "__lambda__":
        add_once(facts.dangers, f"it holds a Python function: it {RUNNING['Lambda']}")
        return
    if short in RUNNING:
        add_once(facts.dangers, f"its {short} layer {RUNNING[short]}")
        function = details.get("function")
        if short == "Lambda" and isinstance(function, str) and function.isidentifier():
            add_custom(function, facts)
        return
    if short in CALLERS:
        unknown = describe_unknown_call(short, details)
        if unknown:
            add_once(facts.dangers, f"its {short} layer {unknown}")
    judged = judge_node(node)
    if judged == YOURS:
        called = config if name == "function" and isinstance(config, str) else str(name)
        add_custom(name_registered(node, called), facts)
        if package := find_package(node, called):
            add_once(facts.packages, package)
    elif judged != HARMLESS:
        said = f"it names {spell_node(node)}, which is not known to be harmless"
        add_once(facts.dangers, f"{said} (CVE-2025-1550, CVE-2025-8747)")


def note_name(name: str, facts: Facts) -> None:
    """Record a loss, an activation or the like that is named by its bare name."""
    judged = judge_bare(name)
    if judged == YOURS:
        add_custom(name, facts)
        if package := find_package({}, name):
            add_once(facts.packages, package)
    elif judged != HARMLESS:
        add_once(facts.dangers, f"it names {plain(name)}, which is not known to be harmless")


def name_registered(node: dict[str, Any], name: str) -> str:
    """Return the name that Keras looks up: "package>Name" where the class was registered so."""
    registered = node.get("registered_name")
    packaged = isinstance(registered, str) and ">" in registered
    return str(registered) if packaged else name
