"""The Keras that was a package of its own, up to 2.3: which one loads a file, and how."""

import json


def choose_keras(tf, step):
    """Return `tf.keras`, or the package that wrote the file: tf.keras reads nothing of Keras 1."""
    if step["keras_alone"]:
        try:
            import keras
        except ImportError:
            return tf.keras
        if tuple(map(int, keras.__version__.split(".")[:2])) < (2, 4):
            return keras
    return tf.keras


def open_scope(keras, objects):
    """Return a scope in which Keras finds these objects by name; Keras 1 has it elsewhere."""
    utils = (
        keras.utils if hasattr(keras.utils, "custom_object_scope") else keras.utils.generic_utils
    )
    return utils.custom_object_scope(objects)


def build_and_fill(keras, step):
    """Build the model by its configuration alone, then load its weights."""
    if step["architecture"]:
        with open(step["architecture"], encoding="utf-8") as file:
            config = file.read()
        value = json.loads(config)  # a JSON text may hold the JSON text
        config = value if isinstance(value, str) else config
    else:
        import h5py

        with h5py.File(step["model"], "r") as file:
            config = file.attrs["model_config"]
        config = config.decode("utf-8") if isinstance(config, bytes) else config
    model = keras.models.model_from_json(config)
    model.load_weights(step["model"])
    return model
