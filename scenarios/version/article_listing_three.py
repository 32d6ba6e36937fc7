"""The article's third listing in another release: an error or the right numbers, never zeros.

Symptom:
    "Model saved with TensorFlow 2.10 does not load": ValueError: File format not supported:
    filepath=version_mismatch_model. Keras 3 only supports V3 `.keras` files and legacy H5 ...
Cause:
    TensorFlow 2.10 wrote the folder as a SavedModel. TensorFlow 2.16 and later come with Keras 3,
    whose load_model reads no SavedModel. Every release before 2.16 that we tried reads the folder
    exactly. The reader therefore needs the same major version of Keras, not the same version.
Fix:
    h5: save .h5 in the old release as well. Keras 3 reads .h5. Pass compile=False.
    tfsm_layer: call the folder as a layer, for inference only. Keras 3 has TFSMLayer.
    Printing tf.__version__ repairs nothing. Pin TensorFlow if you need the old behaviour, and pin
    tf_keras (TF_USE_LEGACY_KERAS=1) if you need a new TensorFlow with the old Keras.
    How it differs from savedmodel-folder-keras3: the mechanism is the same, seen from the article.
    The other scenario shows more ways to read such a folder.
Spot it:
        import keras
        print(keras.__version__)  # 3 or later: load_model reads no folder
Evidence:
    unicode-org/lstm_word_segmentation#28 (the same message). The
    committed folder is what TensorFlow 2.10.0 wrote. Measured with this file:
    docs/explanation/the-article.md.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "article-listing-three", "family": "version",
    "tensorflow": ">=2.10",  # the readers; `save` wrote the committed files in TensorFlow 2.10.0
    "artifact": {"writer": "2.10.0", "folder": "article_listing_three"},
    "seed": 0, "minutes": 5,
    "expect": {
        "restore_broken": [
            {"keras": ">=3", "verdict": "error", "raises": "File format not supported"},
            {"verdict": "match"}],
        "restore_fixed_h5": "match",
        "restore_fixed_tfsm_layer": [
            {"keras": "<3", "verdict": "skip", "why": "Keras 2 has no TFSMLayer."},
            {"verdict": "match"}],
    },
    "hints": [
        "Print keras.__version__ beside tf.__version__: which of the two changed its major number?",
        "Which formats does the message name?",
        "The old release can write one of these formats, or the folder can be called as a layer.",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    features = rng.random((100, 10)).astype("float32")
    model = tf.keras.Sequential([
        tf.keras.layers.Dense(64, activation="relu", input_shape=(10,), name="hidden"),
        tf.keras.layers.Dense(1, name="price")])
    model.compile(optimizer="adam", loss="mse")
    model.fit(features, rng.random((100, 1)), epochs=10, verbose=0)
    model.save(artifact + "/version_mismatch_model", include_optimizer=False)
    model.save(artifact + "/model.h5", include_optimizer=False)
    inputs = rng.random((10, 10)).astype("float32")
    return inputs, model.predict_on_batch(inputs), model


def restore_broken(artifact, file="/version_mismatch_model"):
    model = tf.keras.models.load_model(artifact + file, compile=False)
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_h5(artifact):
    return restore_broken(artifact, "/model.h5")


def restore_fixed_tfsm_layer(artifact):
    folder = artifact + "/version_mismatch_model"
    served = tf.keras.layers.TFSMLayer(folder, call_endpoint="serving_default")
    return lambda inputs: served(inputs)["price"].numpy()
