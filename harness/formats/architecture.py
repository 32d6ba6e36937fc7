"""Architectures as JSON, as `model.to_json()` writes them: alone, or beside a file of weights."""

from pathlib import Path
from typing import Any

from harness.formats.config import RUNNING, read_config
from harness.formats.facts import (
    CONFIG_JSON,
    LARGEST_JSON,
    Facts,
    Unreadable,
    add_custom,
    add_once,
    open_regular,
    plain,
    read_json,
    read_limited,
)
from harness.formats.known import read_list
from harness.formats.old_keras import ALONE, KERAS_0, mark_old_keras
from harness.formats.tfjs import TOPOLOGY, read_tfjs

USUAL = ("model.json", "architecture.json", "model_architecture.json")
ENDINGS = (".h5", ".hdf5", ".weights", "_weights", "-weights", "weights")
MOST_LAYERS = 20_000


def read_architecture(path: Path) -> Facts:
    """Read a configuration; raises Unreadable for JSON that is none of Keras."""
    name = plain(path.name)
    with open_regular(path) as stream:
        config = read_json(read_limited(stream, LARGEST_JSON, name), name)
    facts = Facts(CONFIG_JSON, str(path))
    if isinstance(config, str):  # json.dump(model.to_json(), file)
        config = read_json(config, f"the text in {name}")
        facts.mark("JSON in JSON")
        facts.evidence.append("it is a JSON text inside a JSON text")
    if isinstance(config, dict) and TOPOLOGY in config:
        return read_tfjs(config, path)
    if isinstance(config, dict) and "class_name" not in config and is_of_keras_0(config):
        read_keras_0(config, facts)
        return facts
    if not isinstance(config, dict) or "class_name" not in config:
        raise Unreadable(f"{name} is JSON, but not a Keras model")
    version = config.get("keras_version")
    if isinstance(version, str):
        facts.keras = version
        facts.evidence.append(f"keras_version: {plain(version)}")
    read_config(config, facts)
    mark_old_keras(config, [], facts)
    return facts


def is_of_keras_0(config: dict[str, Any]) -> bool:
    """Return whether Keras 0.x wrote a configuration: it calls a class by `name`."""
    named = config.get("name") in ("Sequential", "Graph", "Model")
    return named and bool({"layers", "nodes", "class_mode"} & config.keys())


def read_keras_0(config: dict[str, Any], facts: Facts) -> None:
    """Add the layers of a Keras 0.x configuration; it records no version."""
    facts.mark(KERAS_0)
    facts.mark(ALONE)
    facts.evidence.append("layers are called by name and not by class_name, as Keras 0.x does")
    known = read_list("old_names") | {"Graph", "AutoEncoder", "Model", "Sequential"}
    waiting, seen = [config.get("layers"), config.get("nodes")], 0
    while waiting and seen < MOST_LAYERS:
        each, seen = waiting.pop(), seen + 1
        if isinstance(each, list):
            waiting += each
        elif isinstance(each, dict):
            name = each.get("name")
            if isinstance(name, str) and ("trainable" in each or "output_dim" in each):
                if name in RUNNING or name in ("LambdaMerge", "MaskedLambda"):
                    add_once(facts.dangers, f"its {name} layer is Python code from the file")
                elif name not in known:
                    add_custom(name, facts)
            waiting += [value for value in each.values() if isinstance(value, dict | list)]


def add_architecture(facts: Facts) -> None:
    """Add to the facts of a file of weights those of the architecture beside it, if there is one.

    It is a JSON file of the same name (without `_weights`), of a usual name, or the only one there.
    """
    for path in find_beside(Path(facts.path)):
        try:
            beside = read_architecture(path)
        except Unreadable:
            continue
        facts.architecture = str(path)
        facts.keras = facts.keras or beside.keras
        facts.evidence += [f"{plain(path.name)} beside it, {each}" for each in beside.evidence]
        for mark in beside.marks:
            facts.mark(mark)
        facts.custom += beside.custom
        facts.dangers += beside.dangers
        return


def find_beside(weights: Path) -> list[Path]:
    """Return the JSON files beside a file of weights that may be its architecture."""
    stem = weights.name
    for ending in ENDINGS:
        stem = stem.removesuffix(ending)
    names = [f"{weights.stem}.json", *([f"{stem}.json"] if stem else []), *USUAL]
    found = [weights.with_name(name) for name in dict.fromkeys(names)]
    found = [each for each in found if each.is_file()]
    alone = [each for each, _ in zip(weights.parent.glob("*.json"), range(2), strict=False)]
    return found or (alone if len(alone) == 1 else [])
