"""A subclass of BatchNormalization saves only its own config: epsilon returns to its default.

Symptom:
    "Predictions change slightly after load_model with a custom BatchNormalization", "all weights
    are equal and outputs differ". No error.
Cause:
    get_config of the subclass returns its own argument and does not call super().get_config(). The
    file lacks epsilon, momentum, axis and name. load_model builds the layer with the defaults of
    Keras: epsilon is 0.001, and was 0.00001 in training.
Fix:
    super_config: return dict(super().get_config(), ...), then save once more.
    set: after loading, give the layer the epsilon of the training.
    A model that has already predicted keeps its compiled function; have it compiled anew:
        model.make_predict_function(force=True)
    How it differs from get-config-drops-argument: the lost arguments belong to the base class. The
    error is large where the variance is small.
Spot it:
        print([layer.epsilon for layer in model.layers if hasattr(layer, "epsilon")])
Evidence:
    broadinstitute/keras-resnet#36 (the merged cure of exactly this).
    Measured with this file on 2.4, 2.10, 2.15, 2.16, 2.18 and 2.21.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "config-without-super", "family": "restore",
    "tensorflow": ">=2.4",  # TensorFlow 1 reads epsilon when it loads: set cures nothing there
    "seed": 0, "minutes": 7,
    "expect": {
        "restore_broken": "differs",
        "restore_fixed_super_config": "match",
        "restore_fixed_set": "match",
    },
    "saves": {"restore_fixed_super_config": "save_super_config"},
    "hints": [
        "All weights are equal. Which numbers of a layer are no weights?",
        "Print get_config() of the layer. Which arguments of BatchNormalization are missing?",
        "A subclass writes what its own get_config returns, and nothing else.",
    ],
}


class FrozenNormalization(tf.keras.layers.BatchNormalization):
    def __init__(self, freeze=True, **kwargs):
        super().__init__(**kwargs)
        self.freeze = freeze

    def call(self, inputs, training=None):
        return super().call(inputs, training=False if self.freeze else training)

    def get_config(self):
        return {"freeze": self.freeze}


class CompleteNormalization(FrozenNormalization):
    def get_config(self):
        return dict(tf.keras.layers.BatchNormalization.get_config(self), freeze=self.freeze)


def save(artifact, seed, layer=FrozenNormalization):
    rng = np.random.default_rng(seed)
    model = tf.keras.Sequential([
        tf.keras.Input((4,)), layer(epsilon=1e-5), tf.keras.layers.Dense(1)])
    deviation = np.array([0.01, 0.02, 0.05, 0.1])  # small, as behind a layer of small weights
    mean = rng.normal(0, 0.1, 4)
    kernel = rng.normal(size=(4, 1)) + np.array([[1.0], [0], [0], [0]])
    # in place of a training
    model.set_weights([np.ones(4), np.zeros(4), mean, deviation ** 2, kernel, np.zeros(1)])
    model.save(artifact + "/model.h5")
    features = rng.normal(mean, deviation, size=(128, 4)).astype("float32")
    return features, model.predict_on_batch(features), model


def save_super_config(artifact, seed):
    return save(artifact, seed, CompleteNormalization)


def load(artifact):
    classes = [FrozenNormalization, CompleteNormalization]
    with tf.keras.utils.custom_object_scope({each.__name__: each for each in classes}):
        return tf.keras.models.load_model(artifact + "/model.h5", compile=False)


def restore_broken(artifact):
    model = load(artifact)
    return model.predict_on_batch, model


def restore_fixed_super_config(artifact):
    return restore_broken(artifact)  # save_super_config wrote the complete config


def restore_fixed_set(artifact):
    model = load(artifact)
    model.layers[0].epsilon = 1e-5
    return model.predict_on_batch, model
