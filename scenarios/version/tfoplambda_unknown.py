"""Arithmetic between Keras 2 layers was saved as TFOpLambda, a layer that Keras 3 does not have.

Symptom:
    ValueError: Unknown layer: 'TFOpLambda'. Please ensure you are using a
    `keras.utils.custom_object_scope` and that this object is included in the scope.
    For a slice: Unknown layer: 'SlicingOpLambda'. With a class of that name in custom_objects:
    ValueError: Cannot deserialize the model (invalid config data?)
Cause:
    x * 2, x[:, 1:] and tf.concat on a symbolic tensor are operations. Keras 2 wrapped each
    operation in a layer, TFOpLambda or SlicingOpLambda, and wrote these layers into the file. Keras
    3 has operations instead and no such layers.
Fix:
    rebuild: run the model's code in Keras 3, then load_weights on the same file. tf.concat and
    similar functions must become layers or keras.ops; * and slices may stay.
    saved_model: export once in the old release. The export holds operations.
    tf_keras (TF_USE_LEGACY_KERAS=1) reads the file as it is.
Spot it:
        "OpLambda" in h5py.File("model.h5", "r").attrs["model_config"]
Evidence:
    keras-team/keras#19525 (a maintainer: these layers are not available in Keras 3).
"""
import operator

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "tfoplambda-unknown",
    "family": "version",
    "tensorflow": ">=2.10",  # the readers; `save` wrote the committed files in TensorFlow 2.15.0
    "artifact": {"writer": "2.15.0", "folder": "tfoplambda_unknown"},
    "seed": 0,
    "expect": {
        "restore_broken": [
            {"keras": ">=3", "verdict": "error", "raises": "Unknown layer: 'TFOpLambda'"},
            {"verdict": "match"}],
        "restore_broken_shim": [
            {"keras": ">=3", "verdict": "error", "raises": "Cannot deserialize the model",
             "why": "Keras 3 cannot read the way these layers are wired either."},
            {"verdict": "skip", "why": "Keras 2 has the layer and needs no shim."}],
        "restore_fixed_rebuild": "match",
        "restore_fixed_saved_model": "match",
    },
    "minutes": 6,
    "hints": [
        "Nobody wrote a layer of that name. Which lines of the model are no layers?",
        "The file's weights are whole, and these layers have none.",
        "load_weights does not read the configuration: it needs a model of the same weights.",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    flat = rng.uniform(size=(256, 4)).astype("float32")  # area, age, noise, light; all 0..1
    rent = 9 * flat[:, :1] + 2 * flat[:, 3:] - 8 * (flat[:, 1:2] - 0.5) ** 2
    inputs = tf.keras.Input((4,))
    centred = inputs * 2.0 - 1.0
    joined = tf.concat([centred, centred * centred], axis=1)
    model = tf.keras.Model(inputs, tf.keras.layers.Dense(1)(joined))
    model.compile(tf.keras.optimizers.SGD(0.2), "mse")
    model.fit(flat, rent, epochs=20, verbose=0)
    model.save(artifact + "/model.h5", include_optimizer=False)
    model.export(artifact + "/exported")
    return flat[:64], model.predict_on_batch(flat[:64]), model


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    return lambda inputs: model(inputs).numpy(), model


class TFOpLambda(tf.keras.layers.Layer):
    def __init__(self, function, **kwargs):  # its name, for example "math.multiply"
        super().__init__(**kwargs)
        self.function = operator.attrgetter(function)(tf)

    def call(self, *args, **kwargs):
        return self.function(*args, **kwargs)


def restore_broken_shim(artifact):
    with tf.keras.utils.custom_object_scope({"TFOpLambda": TFOpLambda}):
        model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_rebuild(artifact):
    inputs = tf.keras.Input((4,))
    centred = inputs * 2.0 - 1.0
    joined = tf.keras.layers.Concatenate()([centred, centred * centred])
    model = tf.keras.Model(inputs, tf.keras.layers.Dense(1)(joined))
    model.load_weights(artifact + "/model.h5")
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_saved_model(artifact):
    served = tf.saved_model.load(artifact + "/exported")
    return lambda inputs: served.serve(inputs).numpy()
