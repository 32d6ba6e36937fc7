"""An .h5 was saved with one nested layer frozen; unfrozen, the weights load in another order.

Symptom:
    load_weights from .h5 succeeds, but fine-tuned features are garbage. The result depends on
    `trainable`: with the layer frozen as at saving, all is right. With other shapes: "Shape
    mismatch".
Cause:
    Legacy .h5 keeps one list per top-level layer. For a nested model the list holds the trainable
    weights, then the non-trainable weights, so a frozen first layer moves to the end. The reader
    pairs file and model by position, and the unfrozen model has another order. Layers of one shape
    swap weights.
Fix:
    frozen_as_saved: set `trainable` as at saving, load, then unfreeze.
    weights_h5: .weights.h5 stores every layer under its own path, whatever is frozen.
Spot it:
        import h5py  # dense_1, dense_2, dense: then dense was frozen when this was saved
        print(list(h5py.File("model.h5")["model_weights/encoder"].attrs["weight_names"]))
Evidence:
    keras-team/keras#6607, keras-team/keras#10777, keras-team/keras#12470 (there with an error),
    tensorflow/tensorflow#37541.
    Measured with this file: differs on 20 of 20 seeds (TensorFlow 2.21), and in 2.4, 2.10, 2.12,
    2.15, 2.17, 2.18 and 2.20. Before 2.12 .weights.h5 is a legacy file, and no cure.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "frozen-weight-order-nested", "family": "restore",
    "tensorflow": ">=1.15", "seed": 0, "minutes": 8,
    "keras": "!=3.0.*,!=3.1.*,!=3.2.*",  # these cannot save a nested model as .h5 at all
    "expect": {
        "restore_broken": "differs",
        "restore_fixed_frozen_as_saved": "match",
        "restore_fixed_weights_h5": [
            {"reader": "<2.12", "verdict": "differs", "why": "There it is a legacy .h5, too."},
            {"verdict": "match"}],
    },
    "hints": [
        "The restored weights are the saved ones. Is each layer of the encoder where it was?",
        "Compare encoder.weights with encoder.trainable_weights + encoder.non_trainable_weights.",
        "What was frozen when the file was written? Freeze the same before load_weights.",
    ],
}


def build_listener(frozen):
    encoder = tf.keras.Sequential(
        [tf.keras.Input((8,))] + [tf.keras.layers.Dense(8, activation="tanh") for _ in range(3)],
        name="encoder")
    encoder.layers[0].trainable = not frozen
    return tf.keras.Sequential([tf.keras.Input((8,)), encoder, tf.keras.layers.Dense(1)])


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    model = build_listener(frozen=True)  # the first layer was kept while the rest was fine-tuned
    for layer in model.layers[0].layers + model.layers[1:]:  # stands for trained weights
        kernel, bias = layer.get_weights()
        layer.set_weights([rng.normal(0, 0.5, kernel.shape), rng.normal(0, 0.5, bias.shape)])
    model.save(artifact + "/listener.h5", include_optimizer=False)
    model.save_weights(artifact + "/listener.weights.h5")
    sounds = rng.normal(size=(64, 8)).astype("float32")
    return sounds, model.predict_on_batch(sounds), model


def restore_broken(artifact):
    model = build_listener(frozen=False)  # to train all of it now
    model.load_weights(artifact + "/listener.h5")
    return model.predict_on_batch, model


def restore_fixed_frozen_as_saved(artifact):
    model = build_listener(frozen=True)
    model.load_weights(artifact + "/listener.h5")
    model.layers[0].trainable = True
    return model.predict_on_batch


def restore_fixed_weights_h5(artifact):
    model = build_listener(frozen=False)
    model.load_weights(artifact + "/listener.weights.h5")
    return model.predict_on_batch
