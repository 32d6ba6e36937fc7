"""Files of the Keras that was a package of its own: 0.x, 1.x, and 2.0 to 2.3.

What these Keras resolve by a bare name stands in known/old_names (layers, losses and the like) and
known/old_reserved (all else that can be called there).
"""

import re
from typing import Any

from harness.formats.config import iterate_values
from harness.formats.facts import Facts, add_once, plain
from harness.formats.known import class_names, function_names, read_list

ALONE = "Keras as a package of its own"
KERAS_0, KERAS_1 = "Keras 0", "Keras 1"  # the generation, by how the file is written
# dense_1_W, lstm_1_W_i:0, block1_conv1_b_1:0; since Keras 2 they are called kernel and bias.
OLD_WEIGHT = re.compile(r".*_[WUb](_\w+)?(:0)?")
OLD_KEYS = {"nb_filter", "W_regularizer", "W_constraint", "dim_ordering", "inner_init"}
# The configuration of a Merge says of these whether they are code.
KINDS = ("mode_type", "output_shape_type", "output_mask_type")


def mark_old_keras(config: Any, names: list[str], facts: Facts) -> None:
    """Record the generation of Keras that wrote a configuration, and the names of its weights.

    `config` may be None. For an old Keras the names are looked at again, as that Keras reads them.
    """
    version = facts.keras or ""
    if version.startswith("0."):
        facts.mark(KERAS_0)
    elif version.startswith("1.") or (not version and is_of_keras_1(config, names)):
        facts.mark(KERAS_1)
    numbers = re.match(r"2\.([0-3])(\.\d+)?$", version)  # 2.2.4-tf came with TensorFlow
    if {KERAS_0, KERAS_1} & set(facts.marks) or numbers:
        facts.mark(ALONE)
        check_old_names(config, facts)
    if KERAS_1 in facts.marks:
        facts.custom[:] = [name for name in facts.custom if name not in read_list("old_names")]


def is_of_keras_1(config: Any, names: list[str]) -> bool:
    """Return whether keys of the configuration, or names of weights, are those of Keras 1."""
    keyed = any(isinstance(each, dict) and OLD_KEYS & each.keys() for each, _ in values_of(config))
    return keyed or any(OLD_WEIGHT.fullmatch(name) for name in names)


def values_of(config: Any) -> list[tuple[Any, bool]]:
    """Return the objects and texts of a configuration, none where there is no configuration."""
    return [] if config is None else list(iterate_values(config))


def check_old_names(config: Any, facts: Facts) -> None:
    """Record what an old Keras would look up and call that is not known to be harmless."""
    reserved = read_list("old_reserved") - class_names() - function_names()
    for each, looked_up in values_of(config):
        name = each if looked_up else None
        if isinstance(each, dict):
            name = each.get("class_name")
            if any(each.get(key, "raw") not in ("raw", None) for key in KINDS):
                add_once(facts.dangers, "its Merge layer is Python code from the file")
        if isinstance(name, str) and name in reserved:
            add_once(facts.dangers, f"it names {plain(name)}, which is not known to be harmless")
