"""The arguments of `compile` that a model file records, as Keras 3 reads them."""

import zipfile
from pathlib import Path
from typing import Any

from harness.formats.archive import CONFIG
from harness.formats.facts import (
    HDF5_MODEL,
    KERAS_ARCHIVE,
    LARGEST_JSON,
    open_regular,
    read_json,
    read_limited,
)
from harness.formats.hdf5 import read_attribute, with_file
from harness.rescue.nodes import Node
from harness.rescue.repairs import Repair

# Names that Keras 2 writes and Keras 3 does not look up (measured with Keras 3.15.1).
SHORT = {
    "acc": "accuracy",
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "kld": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence",
    "cosine_proximity": "cosine_similarity",
    "logcosh": "log_cosh",
}
# What optimizers of Keras 3 take, besides learning_rate.
OPTIMIZERS = {
    "SGD": ("momentum", "nesterov"),
    "RMSprop": ("rho", "momentum", "epsilon", "centered"),
    "Adagrad": ("initial_accumulator_value", "epsilon"),
    "Adadelta": ("rho", "epsilon"),
    "Adam": ("beta_1", "beta_2", "epsilon", "amsgrad"),
    "Adamax": ("beta_1", "beta_2", "epsilon"),
    "Nadam": ("beta_1", "beta_2", "epsilon"),
    "AdamW": ("beta_1", "beta_2", "epsilon", "amsgrad", "weight_decay"),
    "Ftrl": (
        "learning_rate_power",
        "initial_accumulator_value",
        "l1_regularization_strength",
        "l2_regularization_strength",
    ),
}
CLIPPING = ("clipnorm", "clipvalue")
WHERE = {"loss": "keras.losses", "metrics": "keras.metrics", "weighted_metrics": "keras.metrics"}


def read_training(path: Path, kind: str) -> Node | None:
    """Return what the file says of `compile`, None where it says nothing; raises Unreadable."""
    if kind not in (HDF5_MODEL, KERAS_ARCHIVE):
        return None
    with open_regular(path) as stream:
        if kind == HDF5_MODEL:
            found: list[str | None] = []
            with_file(stream, lambda file: found.append(read_attribute(file, "training_config")))
            value = read_json(found[0], "the attribute training_config") if found[0] else None
        else:
            with zipfile.ZipFile(stream) as archive, archive.open(CONFIG) as member:
                config = read_json(read_limited(member, LARGEST_JSON, CONFIG), CONFIG)  # type: ignore[arg-type]
            value = config.get("compile_config") if isinstance(config, dict) else None
    return value if isinstance(value, dict) else None


def repair_training(training: Node | None) -> tuple[Node | None, list[Repair]]:
    """Return the arguments of compile as Keras 3 reads them, and what was changed.

    The optimizer begins anew: what it had gathered is left behind.
    """
    if training is None:
        return None, []
    optimizer = training.get("optimizer_config") or training.get("optimizer")
    if not isinstance(optimizer, dict) or not isinstance(optimizer.get("config"), dict):
        return None, []
    scaled, optimizer = scales_losses(optimizer), unwrap(optimizer)
    given, name = optimizer["config"], str(optimizer.get("class_name")).rpartition(">")[2]
    known = next((each for each in OPTIMIZERS if each.lower() == name.lower()), None)
    if known is None:
        return None, []
    kept = {key: given[key] for key in OPTIMIZERS[known] + CLIPPING if given.get(key) is not None}
    rate = given.get("learning_rate", given.get("lr"))
    kept |= {} if rate is None else {"learning_rate": rate}
    done = []
    if "lr" in given:
        done.append(Repair("name-learning-rate", "lr of the optimizer is called learning_rate"))
    new = {"class_name": known, "config": kept}
    changed = {
        "optimizer_config": wrap(new) if scaled else new,
        **{key: lengthen(training.get(key), module) for key, module in WHERE.items()},
        "loss_weights": training.get("loss_weights"),
    }
    if any(changed[key] != training.get(key) for key in WHERE):
        said = "losses and metrics have the names that Keras 3 knows"
        done.append(Repair("name-metrics", said))
    return changed, done


def unwrap(optimizer: Node) -> Node:
    """Return the optimizer inside one that scales losses, or the optimizer itself."""
    inner = optimizer["config"].get("inner_optimizer", optimizer["config"].get("optimizer"))
    if scales_losses(optimizer) and isinstance(inner, dict):
        return inner if isinstance(inner.get("config"), dict) else optimizer
    return optimizer


def scales_losses(optimizer: Node) -> bool:
    """Return whether an optimizer scales the losses of a model that computes in float16."""
    return optimizer.get("class_name") in ("LossScaleOptimizer", "LossScaleOptimizerV1")


def wrap(optimizer: Node) -> Node:
    """Return an optimizer inside one that scales losses: compile sees only a model's own policy."""
    inner = optimizer | {"module": "keras.optimizers", "registered_name": None}
    return {"class_name": "LossScaleOptimizer", "config": {"inner_optimizer": inner}}


def lengthen(value: Any, module: str) -> Any:
    """Return losses and metrics as Keras 3 knows them; `module` is that of those that name none.

    A loss that is an object has the arguments fn and reduction="auto" in Keras 2.
    """
    if isinstance(value, str):
        return SHORT.get(value, value)
    if isinstance(value, list):
        return [lengthen(each, module) for each in value]
    if not isinstance(value, dict):
        return value
    if "class_name" not in value:
        return {key: lengthen(each, module) for key, each in value.items()}
    inner = value.get("config")
    if not isinstance(inner, dict):
        return value
    function = inner.get("fn")
    if value["class_name"] == "MeanMetricWrapper" and isinstance(function, str):
        return lengthen(function, module)
    kept = {key: each for key, each in inner.items() if key != "fn"}
    if kept.get("reduction") == "auto":
        kept["reduction"] = "sum_over_batch_size"
    return {"module": module, "registered_name": None} | value | {"config": kept}
