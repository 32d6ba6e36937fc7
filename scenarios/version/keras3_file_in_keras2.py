"""A file saved by Keras 3 does not load in Keras 2, which TensorFlow up to 2.15 contains.

Symptom:
    .keras: TypeError: Could not deserialize class 'Functional' because its parent module
    keras.src.models.functional cannot be imported. Full object config: {'module': ...
    .h5 (and Sequential .keras): TypeError: Error when deserializing class 'InputLayer' using
    config={'batch_shape': ... Unrecognized keyword arguments: ['batch_shape', 'optional']
Cause:
    A file describes its layers with the names of the Keras that wrote it. Keras 3 renamed many:
    batch_input_shape became batch_shape, engine.functional became models.functional. Keras 3 reads
    most files of Keras 2, but never the reverse. The file holds all weights.
Fix:
    rebuild: build the model in code, layers in the same order, and let load_weights read the .h5.
    In 2.15 and tf_keras load_weights also reads the .keras file, in 2.12 it does not.
    saved_model: let the writer call model.export(). The export holds operations, and no names of
    Keras.
    Best: run the Keras that wrote the file. pip install a newer TensorFlow, or unset
    TF_USE_LEGACY_KERAS if that variable gave you Keras 2. Do not edit the config: too many names
    changed.
Spot it:
        zipfile.ZipFile("model.keras").read("metadata.json")  # {"keras_version": "3.15.1", ...
        tf.__version__, os.environ.get("TF_USE_LEGACY_KERAS")  # below 2.16, or "1": Keras 2
Evidence:
    tensorflow/tensorflow#70866, tensorflow/tensorflow#64685. Measured with this file, written by
    TensorFlow 2.21: the same errors in 2.12, 2.15 and tf_keras 2.21.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "keras3-file-in-keras2",
    "family": "version",
    "tensorflow": ">=2.12",  # the readers; `save` wrote the committed files in TensorFlow 2.21.0
    "keras": "<3",
    "artifact": {"writer": "2.21.0", "folder": "keras3_file_in_keras2"},
    "seed": 0,
    "expect": {
        "restore_broken": [{"verdict": "error",
                            "raises": "keras.src.models.functional cannot be imported"}],
        "restore_broken_h5": [{"verdict": "error",
                               "raises": "Unrecognized keyword arguments: ['batch_shape'"}],
        "restore_fixed_rebuild": "match",
        "restore_fixed_saved_model": "match",
    },
    "minutes": 6,
    "hints": [
        "The message names a word of the config. Which Keras wrote it, and which one reads it?",
        "Unzip a copy of model.keras and read metadata.json. Then print tf.keras.__version__.",
        "load_weights needs no description of layers: it only needs a model of the same shape.",
    ],
}


def build():
    weather = tf.keras.Input((4,))
    hidden = tf.keras.layers.Dense(8, activation="tanh", name="hidden")(weather)
    return tf.keras.Model(weather, tf.keras.layers.Dense(1, name="litres")(hidden))


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    weather = rng.normal(size=(64, 4)).astype("float32")  # sun, wind, rain, warmth: z-scores
    litres = 90 + 30 * weather[:, :1] - 20 * np.tanh(weather[:, 2:3])  # an orchard's daily need
    model = build()
    model.layers[1].set_weights([rng.normal(size=(4, 8)), rng.normal(size=8)])
    hidden = np.column_stack([model.layers[1](weather), np.ones(len(weather))])
    head = np.linalg.lstsq(hidden, litres, rcond=None)[0]  # in place of a training
    model.layers[2].set_weights([head[:-1], head[-1]])
    model.save(artifact + "/model.keras")
    model.save(artifact + "/model.h5")
    model.export(artifact + "/exported", verbose=False)
    return weather, model(weather).numpy(), model


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras", compile=False)
    return lambda inputs: model(inputs).numpy(), model


def restore_broken_h5(artifact):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_rebuild(artifact):
    model = build()
    model.load_weights(artifact + "/model.h5")
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_saved_model(artifact):
    served = tf.saved_model.load(artifact + "/exported")
    return lambda inputs: served.serve(inputs).numpy()
