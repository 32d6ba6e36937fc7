"""Keras 3 dropped LocallyConnected1D, LocallyConnected2D and ThresholdedReLU: old files name them.

Symptom:
    ValueError: Unknown layer: 'LocallyConnected1D'. Please ensure you are using a
    `keras.utils.custom_object_scope` and that this object is included in the scope.
    In code: AttributeError: module 'keras._tf_keras.keras.layers' has no attribute ...
Cause:
    The file stores the names of layers, and the reader must have code for these names. Keras 3 has
    none for these three layers, which were hardly used.
Fix:
    own_layers: write each layer as a class with the old weight shapes, for a custom_object_scope.
    saved_model: export in the old release. The export holds operations, not names.
    tf_keras (TF_USE_LEGACY_KERAS=1) still has the layers.
    How it differs from tfoplambda-unknown: the author wrote these layers; Keras made TFOpLambda.
Spot it:
        config = json.loads(h5py.File("model.h5", "r").attrs["model_config"])["config"]["layers"]
        [each["class_name"] for each in config if not hasattr(tf.keras.layers, each["class_name"])]
Evidence:
    keras-team/keras#20830 (removed for low usage, says a maintainer).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "removed-layers", "family": "version",
    "tensorflow": ">=2.10",  # the readers; `save` wrote the committed files in TensorFlow 2.15.0
    "artifact": {"writer": "2.15.0", "folder": "removed_layers"},
    "seed": 0,
    "expect": {
        "restore_broken": [
            {"keras": ">=3", "verdict": "error", "raises": "Unknown layer: 'LocallyConnected1D'"},
            {"verdict": "match"}],
        "restore_fixed_own_layers": "match",
        "restore_fixed_saved_model": "match"},
    "minutes": 8,
    "hints": [
        "Is a layer of that name in tf.keras.layers of this release? In the old one?",
        "What did the layer compute? Its weights in the file tell, by their shapes.",
        "custom_object_scope takes any class that accepts the old configuration.",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    light = rng.normal(size=(256, 12, 1)).astype("float32")  # a spectrum of twelve wavelengths
    sugar = np.maximum(light[:, 2:8, 0] @ rng.normal(size=(6, 1)), 0)
    model = tf.keras.Sequential([
        tf.keras.Input((12, 1)),
        tf.keras.layers.LocallyConnected1D(2, 3),  # a window of its own for every wavelength
        tf.keras.layers.ThresholdedReLU(0.1),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(1)])
    model.compile(tf.keras.optimizers.Adam(0.02), "mse")
    model.fit(light, sugar, epochs=20, verbose=0)
    model.save(artifact + "/model.h5", include_optimizer=False)
    model.export(artifact + "/exported")
    return light[:64], model.predict_on_batch(light[:64]), model


class LocallyConnected1D(tf.keras.layers.Layer):
    def __init__(self, filters, kernel_size, name=None, **old):  # padding and strides: defaults
        super().__init__(name=name)
        self.filters, self.width = filters, kernel_size[0]

    def build(self, shape):
        steps = shape[1] - self.width + 1
        inputs = self.width * shape[2]
        self.kernel = self.add_weight(name="kernel", shape=(steps, inputs, self.filters))
        self.bias = self.add_weight(name="bias", shape=(steps, self.filters))

    def call(self, inputs):
        steps = self.kernel.shape[0]
        windows = tf.concat([inputs[:, i:i + steps] for i in range(self.width)], axis=2)
        return tf.einsum("nsi,sif->nsf", windows, self.kernel) + self.bias


class ThresholdedReLU(tf.keras.layers.Layer):
    def __init__(self, theta, name=None, **old):
        super().__init__(name=name)
        self.theta = theta

    def call(self, inputs):
        return tf.where(inputs > self.theta, inputs, 0.0)


def restore_broken(artifact, **own):
    with tf.keras.utils.custom_object_scope(own):
        model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_own_layers(artifact):
    return restore_broken(
        artifact, LocallyConnected1D=LocallyConnected1D, ThresholdedReLU=ThresholdedReLU)


def restore_fixed_saved_model(artifact):
    served = tf.saved_model.load(artifact + "/exported")
    return lambda inputs: served.serve(inputs).numpy()
