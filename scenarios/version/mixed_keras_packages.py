"""With TF_USE_LEGACY_KERAS=1, keras and tf.keras are two packages with separate classes.

Symptom:
    TypeError: The added layer must be an instance of class Layer. Received: layer=<Calibrate
    name=calibrate, built=True> of type <class '__main__.Calibrate'>.
    or "Unknown activation function", although the function is decorated and registered.
    The code worked in TensorFlow 2.15. keras.layers.Dense in a tf.keras model fails, too.
Cause:
    Up to 2.15 both names meant Keras 2. Since 2.16 `import keras` is Keras 3. The variable, which
    some libraries need, makes tf.keras Keras 2 again (the package tf_keras), but not `keras`. A
    layer of one package is no layer for the other, and each has its own registry of custom objects.
Fix:
    one_package: take everything from tf.keras (or everything from tf_keras): the base class of
    custom layers, register_keras_serializable, load_model. Search for "import keras", "from keras".
    TensorFlow reads the variable when tf.keras is first used. Setting it later has no effect.
Spot it:
        Calibrate.__mro__, tf.keras.Sequential.__mro__  # keras.src in one, tf_keras.src in the other
Evidence:
    huggingface/transformers#29470, #29598 (not read by us). Measured with this file: both errors
    with tf_keras 2.21 beside Keras 3.15.1; match in TensorFlow 2.12 and 2.15.
"""
import keras
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "mixed-keras-packages",
    "family": "version",
    "tensorflow": ">=2.11",
    "keras": "<3",
    "seed": 0,
    "expect": {
        "restore_broken": [
            {"reader": ">=2.16", "verdict": "error", "why": "`keras` is another package.",
             "raises": "The added layer must be an instance of class Layer"},
            {"verdict": "match"}],
        "restore_broken_registered": [
            {"reader": ">=2.16", "verdict": "error", "why": "It is another registry.",
             "raises": "Unknown activation function"},
            {"verdict": "match"}],
        "restore_fixed_one_package": "match",
    },
    "minutes": 8,
    "hints": [
        "Print tf.keras.Sequential.__module__ and keras.Sequential.__module__.",
        "Which package does load_model come from, and which the class you hand it?",
        "Change imports until every name comes from tf.keras.",
    ],
}


def snake(x):
    return x + tf.sin(x) ** 2


class Calibrate(tf.keras.layers.Layer):
    def call(self, reading):
        return reading * 0.5 + 20.0


class ServiceCalibrate(keras.layers.Layer):  # the service's copy: `from keras.layers import Layer`
    call = Calibrate.call


def register(utils, calibrate):  # what the decorators in a project do
    utils.register_keras_serializable("lake", "snake")(snake)
    utils.register_keras_serializable("lake", "Calibrate")(calibrate)


def save(artifact, seed):
    register(tf.keras.utils, Calibrate)
    rng = np.random.default_rng(seed)
    lake = rng.normal(size=(64, 3)).astype("float32")  # depth, salt, light: z-scores
    hidden = tf.keras.layers.Dense(8, activation=snake)
    model = tf.keras.Sequential(
        [tf.keras.Input((3,)), hidden, tf.keras.layers.Dense(1), Calibrate()])
    # in place of a training
    model.set_weights([rng.normal(size=each.shape) for each in model.get_weights()])
    model.save(artifact + "/model.keras")  # random weights stand for trained ones
    return lake, model(lake).numpy(), model


def load(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras", compile=False)
    return lambda inputs: model(inputs).numpy(), model


def restore_broken(artifact):
    register(tf.keras.utils, ServiceCalibrate)
    return load(artifact)


def restore_broken_registered(artifact):
    register(keras.utils, Calibrate)  # `from keras.utils import register_keras_serializable`
    return load(artifact)


def restore_fixed_one_package(artifact):
    register(tf.keras.utils, Calibrate)
    return load(artifact)
