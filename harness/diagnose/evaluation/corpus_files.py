"""Model files as Keras writes them, made without TensorFlow."""

import io
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from harness.diagnose.network.hdf5 import to_snake_case

INITIALIZER = {"module": "keras.initializers", "registered_name": None}
GLOROT: dict[str, Any] = {"class_name": "GlorotUniform", "config": {"seed": None}, **INITIALIZER}
ZEROS: dict[str, Any] = {"class_name": "Zeros", "config": {}, **INITIALIZER}


@dataclass
class Made:
    """One layer for a file: its class, its configuration, its weights in Keras' order.

    `own`: the class is the user's, and no layer of Keras.
    """

    kind: str
    config: dict[str, Any]
    weights: dict[str, Any] = field(default_factory=dict)
    own: bool = False


def dense(name: str, kernel: Any, bias: Any, activation: str = "linear", **more: Any) -> Made:
    """Return a Dense layer with these weights."""
    config = {
        "name": name,
        "units": np.shape(kernel)[-1],
        "activation": activation,
        "use_bias": True,
        "kernel_initializer": GLOROT,
        "bias_initializer": ZEROS,
        **more,
    }
    return Made("Dense", config, {"kernel": kernel, "bias": bias})


def draw_glorot(random: np.random.Generator, rows: int, columns: int) -> Any:
    """Return a kernel as GlorotUniform draws it."""
    bound = np.sqrt(6 / (rows + columns))
    return random.uniform(-bound, bound, (rows, columns)).astype("float32")


def describe(layers: list[Made], kind: str = "Sequential") -> dict[str, Any]:
    """Return the configuration of a model, as Keras 3 reads it."""
    listed = [
        {
            "class_name": each.kind,
            "config": each.config,
            "module": None if each.own else "keras.layers",
            "registered_name": each.kind if each.own else None,
        }
        for each in layers
    ]
    inner = {"name": "model", "layers": listed}
    return {"class_name": kind, "config": inner, "module": "keras", "registered_name": None}


def make_input(*shape: int, rows: int | None = None) -> Made:
    """Return the first layer of a model that is to be loaded: inputs of a shape, without rows.

    `rows`: how many of them a call must have, None for any number. Keras 2 and 3 take this word.
    """
    config = {"name": "given", "batch_input_shape": [rows, *shape], "dtype": "float32"}
    return Made("InputLayer", config)


def write_h5(
    path: Path,
    layers: list[Made],
    steps: int | None = None,
    slots: tuple[Any, ...] = (),
    version: str = "2.15.0",
    loss: str = "mse",
) -> Path:
    """Write a legacy `.h5`: each weight under model_weights/NAME/NAME/kernel:0."""
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = version
        file.attrs["backend"] = "tensorflow"
        file.attrs["model_config"] = json.dumps(describe(layers))
        training = {"optimizer_config": {"class_name": "Adam", "config": {}}, "loss": loss}
        file.attrs["training_config"] = json.dumps(training)
        group = file.create_group("model_weights")
        for each in layers:
            name = each.config["name"]
            inner = group.create_group(f"{name}/{name}") if each.weights else group
            for weight, values in each.weights.items():
                inner[f"{weight}:0"] = values
        if steps is not None:
            file["optimizer_weights/adam/iteration:0"] = np.int64(steps)
        for number, values in enumerate(slots):
            file[f"optimizer_weights/adam/m/slot_{number}:0"] = values
    return path


def write_archive(
    path: Path, layers: list[Made], version: str = "3.13.2", compiled: Any = None
) -> Path:
    """Write a `.keras` archive: each weight under layers/CLASS_NUMBER/vars/PLACE."""
    buffer, used = io.BytesIO(), {}  # type: ignore[var-annotated]
    with h5py.File(buffer, "w") as file:
        file.create_group("layers")
        for each in layers:
            number = used.get(each.kind, 0)
            used[each.kind] = number + 1
            snake = to_snake_case(each.kind)
            name = f"{snake}_{number}" if number else snake
            for place, values in enumerate(each.weights.values()):
                file[f"layers/{name}/vars/{place}"] = values
    config = describe(layers) | ({"compile_config": compiled} if compiled else {})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": version}))
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", buffer.getvalue())
    return path
