"""Keras 3 does not load a SavedModel folder, which model.save("model") wrote in TensorFlow 2.

Symptom:
    ValueError: File format not supported: filepath=model. Keras 3 only supports V3 `.keras` files
    and legacy H5 format files (`.h5` extension). Note that the legacy SavedModel format is not ...
    Code, folder and weights did not change. Only TensorFlow is 2.16 or later.
Cause:
    A SavedModel folder holds the model as TensorFlow operations. Keras 2 could make a Keras model
    from the folder. Keras 3 cannot.
Fix:
    tfsm_layer: wrap the folder as a layer, for inference only. The layer returns a dict, by output
    name.
    tensorflow: tf.saved_model.load needs no Keras. Call its signature with a tensor, by keyword.
    To get a Keras model (layers, training), load the folder with tf_keras (TF_USE_LEGACY_KERAS=1)
    or the old release, where the broken path matches, and save the model as .h5, or its weights.
    How it differs from article-listing-three: more ways to read the folder, and no article.
Spot it:
        os.path.exists("model/saved_model.pb")
    saved_model_cli show --dir model --all   # names of signatures, inputs and outputs
Evidence:
    unicode-org/lstm_word_segmentation#28, cbrnr/sleepecg#214.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "savedmodel-folder-keras3",
    "family": "version",
    "tensorflow": ">=2.6",  # the readers; `save` wrote the committed files in TensorFlow 2.10.0
    "artifact": {"writer": "2.10.0", "folder": "savedmodel_folder_keras3"},
    "seed": 0,
    "expect": {
        "restore_broken": [
            {"keras": ">=3", "verdict": "error", "raises": "File format not supported"},
            {"verdict": "match"}],
        "restore_fixed_tfsm_layer": [
            {"keras": "<3", "verdict": "skip", "why": "Keras 2 has no TFSMLayer."},
            {"verdict": "match"}],
        "restore_fixed_tensorflow": "match",
    },
    "minutes": 6,
    "hints": [
        "Is the folder complete: saved_model.pb and variables? Then the files are not the matter.",
        "The message goes on after what most people read. What does it propose?",
        "tf.saved_model.load(folder).signatures lists what can be called.",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    loan = rng.normal(size=(128, 3)).astype("float32")  # income, debt, age; z-scores
    repaid = (loan @ [[1.5], [-2.0], [0.5]] + 0.3 * loan[:, :1] ** 2 > 0).astype("float32")
    model = tf.keras.Sequential([
        tf.keras.Input((3,), name="loan"),
        tf.keras.layers.Dense(1, activation="sigmoid", name="repaid")])
    model.compile(tf.keras.optimizers.Adam(0.1), "binary_crossentropy")
    model.fit(loan, repaid, epochs=5, verbose=0)
    model.save(artifact + "/model", include_optimizer=False)
    return loan, model.predict_on_batch(loan), model


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/model", compile=False)
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_tfsm_layer(artifact):
    served = tf.keras.layers.TFSMLayer(artifact + "/model", call_endpoint="serving_default")
    return lambda inputs: served(inputs)["repaid"].numpy()


def restore_fixed_tensorflow(artifact):
    served = tf.saved_model.load(artifact + "/model").signatures["serving_default"]
    return lambda inputs: served(loan=tf.constant(inputs))["repaid"].numpy()
