"""A .weights.h5 file of TensorFlow 2.12 or 2.13 has an inner layout that later releases misread.

Symptom:
    ValueError: A total of 2 objects could not be loaded. Example error message for object <Dense
    name=dense_1, built=True>: Layer 'dense_1' expected 2 variables, but received 0 variables during
    loading. Expected: ['kernel', 'bias']
    With skip_mismatch=True the error is only a warning, and most layers stay untrained.
Cause:
    2.12 and 2.13 put layers under _layer_checkpoint_dependencies/dense, dense_2, dense_4. 2.14
    counts dense, dense_1, dense_2, and 2.15 calls the folder layers. Keras 3 also looks in the old
    folder, but counts as 2.14 does. So the first layer of each class is restored, and the remaining
    layers get no weights, or another layer's.
Fix:
    legacy_h5: load in 2.12 or 2.13, and save again under a name that does not end in .weights.h5.
    Without these releases: read the arrays with h5py and set_weights layer by layer. The arrays are
    in file["_layer_checkpoint_dependencies"]["dense_2"]["vars"]["0"], one group for each layer.
Spot it:
        list(h5py.File("model.weights.h5", "r"))  # '_layer_checkpoint_dependencies': before 2.15
Evidence:
    keras-team/keras#18830, keras-team/tf-keras#664; keras-team/keras#18823 (not read by us). Read
    by hand, as above, this file gave the old predictions to 2.4e-7 (TensorFlow 2.21).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "weights-h5-layout-2-12",
    "family": "version",
    "tensorflow": ">=2.12",  # the readers; `save` wrote the committed files in TensorFlow 2.12.0
    "artifact": {"writer": "2.12.0", "folder": "weights_h5_layout_2_12"},
    "seed": 0,
    "expect": {
        "restore_broken": [
            {"reader": "<2.14", "verdict": "match"},
            {"verdict": "error", "raises": "expected 2 variables, but received 0 variables"}],
        "restore_broken_skip_mismatch": [
            {"reader": "<2.14", "verdict": "match"}, {"verdict": "differs"}],
        "restore_fixed_legacy_h5": "match",
    },
    "minutes": 6,
    "hints": [
        "The weights are in the file. Under which names, and under which names does Keras look?",
        "Print the names of the groups in the file, and in one that this release saves.",
        "The old .h5 layout goes by layer names and has not changed since Keras 2.0.",
    ],
}


def build():
    return tf.keras.Sequential([
        tf.keras.Input((4,)),
        tf.keras.layers.Dense(8, activation="tanh"),
        tf.keras.layers.Dense(8, activation="tanh"),
        tf.keras.layers.Dense(1, name="price")])


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    used_car = rng.normal(size=(128, 4)).astype("float32")  # age, distance, power, owners; z-scores
    price = np.tanh(used_car @ rng.normal(size=(4, 1))) - 0.2 * used_car[:, :1]
    model = build()
    model.compile(tf.keras.optimizers.Adam(0.03), "mse")
    model.fit(used_car, price, epochs=20, verbose=0)
    model.save_weights(artifact + "/model.weights.h5")
    model.save_weights(artifact + "/weights.h5")  # the old layout: it depends on the name
    return used_car, model.predict_on_batch(used_car), model


def restore_broken(artifact, file="/model.weights.h5", **options):
    model = build()
    model.load_weights(artifact + file, **options)
    return lambda inputs: model(inputs).numpy(), model


def restore_broken_skip_mismatch(artifact):
    return restore_broken(artifact, skip_mismatch=True)


def restore_fixed_legacy_h5(artifact):
    return restore_broken(artifact, "/weights.h5")
