"""Conv2DTranspose(output_padding=...) saved by Keras before 3.15 is restored with larger images.

Symptom:
    An autoencoder takes images of 15x15 and returns 15x15. After load_model it returns 16x16. If a
    later layer needs the shape, there is an error about incompatible shapes instead. No warning.
Cause:
    get_config() of the Conv*Transpose layers left out output_padding, so the file lacks it and the
    loaded layer takes the default, None: "input times stride", 16. The weights are right, because
    their shapes do not depend on output_padding. Keras 3.15 stores the argument, but cannot recover
    it from an old file.
Fix:
    rebuild: build the model in code, with output_padding, and load_weights from the old file.
    attribute: only the file is needed. Set layer.output_padding after loading. The predictions are
    then right, although model.output_shape and summary() still say 16. Then save with Keras 3.15. A
    model that has already predicted keeps the old padding until you also call
        model.make_predict_function(force=True)
Spot it:
        "output_padding" in layer.get_config()  # False: it will be lost
    For all built-in layers: set(inspect.signature(cls.__init__).parameters) - set(its get_config())
Evidence:
    keras-team/keras#23014. Measured with this file, written by TensorFlow 2.20 with Keras 3.11.3;
    what Keras 3.14.1 saves has the same gap, what 3.15.1 saves has not, nor has TensorFlow 2.15.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "conv-transpose-padding-lost",
    "family": "version",
    "tensorflow": ">=2.20",  # the readers; `save` wrote the committed files in TensorFlow 2.20.0
    "keras": ">=3",
    "artifact": {"writer": "2.20.0", "folder": "conv_transpose_padding_lost"},
    "seed": 0,
    "expect": {
        "restore_broken": "shape",
        "restore_fixed_rebuild": "match",
        "restore_fixed_attribute": "match",
    },
    "minutes": 6,
    "hints": [
        "The weights are equal. What besides weights decides how large a layer's output is?",
        "Compare the last layer's get_config() with the line of code that made it.",
        "The file cannot say it, so you must: in code, or on the loaded layer.",
    ],
}


def build():
    return tf.keras.Sequential([
        tf.keras.Input((15, 15, 1)),
        tf.keras.layers.Conv2D(4, 3, strides=2, padding="same", activation="relu"),  # to 8x8
        tf.keras.layers.Conv2DTranspose(1, 3, strides=2, padding="same", output_padding=0),  # 15x15
    ])


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    cells = rng.uniform(size=(8, 15, 15, 1)).astype("float32")  # microscope images
    model = build()  # random weights stand for trained ones
    model.set_weights([rng.normal(scale=0.4, size=each.shape) for each in model.get_weights()])
    model.save(artifact + "/model.keras")
    return cells, model(cells).numpy(), model


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras", compile=False)
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_rebuild(artifact):
    model = build()
    model.load_weights(artifact + "/model.keras")
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_attribute(artifact):
    predict, model = restore_broken(artifact)
    model.layers[-1].output_padding = 0
    return predict, model
