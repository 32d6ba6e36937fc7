"""Files of Keras 0.x, 1.x and 2.0 to 2.3 that name code which only those look up, or hold it."""

import json
from pathlib import Path
from typing import Any

import h5py

from tests.formats.hostile.base import ANY, MARK, REFUSED, UNSAFE, add, layer


def old_h5(path: Path, config: Any, version: str, training: Any = None) -> Path:
    with h5py.File(path / "model.h5", "w") as file:
        file.attrs["keras_version"] = version
        file.attrs["model_config"] = json.dumps(config)
        if training is not None:
            file.attrs["training_config"] = json.dumps(training)
        file.create_group("model_weights")
    return path / "model.h5"


def weights_beside(path: Path, text: str) -> Path:
    with h5py.File(path / "model_weights.h5", "w") as file:
        file.attrs["layer_names"] = [b"dense_1"]
        file["dense_1/dense_1_W"] = [[1.0]]
    (path / "model.json").write_text(text)
    return path / "model_weights.h5"


def sequential(*layers: Any) -> dict[str, Any]:
    return {"class_name": "Sequential", "config": list(layers)}


CODES = {
    "lambda": layer("Lambda", {"function": MARK, "function_type": "lambda", "nb_filter": 1}),
    "merge by code": layer("Merge", {"mode": MARK, "mode_type": "lambda", "layers": []}),
    "merge shaped by code": layer(
        "Merge",
        {"mode": "sum", "mode_type": "raw", "output_shape": MARK, "output_shape_type": "lambda"},
    ),
    "function made of code": layer("func_load", {"code": MARK}),
    "model read from a file": layer("load_model", {"filepath": "model.h5"}),
    "activation that builds a model": layer("Dense", {"activation": "model_from_json"}),
    "initialization that loads": layer("Dense", {"init": "load_model"}),
}
for name, node in CODES.items():
    for version in ("1.2.2", "2.2.4"):
        add(
            f"Keras {version} {name}",
            UNSAFE,
            lambda path, node=node, version=version: old_h5(path, sequential(node), version),
        )
    text = json.dumps(sequential(node) | {"keras_version": "1.2.1"})
    add(f"weights beside {name}", UNSAFE, lambda path, text=text: weights_beside(path, text))
loss = {"loss": "func_load", "optimizer_config": layer("SGD"), "metrics": []}
add(
    "Keras 1.2.2 loss that makes code",
    UNSAFE,
    lambda path: old_h5(path, sequential(layer("Dense")), "1.2.2", loss),
)
oldest = {"name": "Sequential", "layers": [{"name": "LambdaMerge", "trainable": True}]}
add("weights beside Keras 0 code", UNSAFE, lambda path: weights_beside(path, json.dumps(oldest)))
deep = '{"name":"Sequential","layers":' + "[" * 50_000 + "]" * 50_000 + "}"
add("weights beside deep JSON", ANY, lambda path: weights_beside(path, deep))
many = {"name": "Sequential", "layers": [{"name": "Dense"}] * 100_000}
add("weights beside many layers", ANY, lambda path: weights_beside(path, json.dumps(many)))


def text_in_texts(path: Path) -> Path:
    text = "{}"
    for _ in range(12):
        text = json.dumps(text)
    (path / "model.json").write_text(text)
    return path / "model.json"


add("JSON in JSON in JSON", REFUSED, text_in_texts)
