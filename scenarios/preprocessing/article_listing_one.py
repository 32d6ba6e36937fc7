"""The article's first listing without its normalization predicts wrong numbers, and no zeros.

Symptom:
    "Restored Keras model predicts wrong values on new data", no error, no warning.
Cause:
    The model was trained on z-scores, which lie between -1.7 and 1.7. The restored model gets the
    raw columns, which lie between 0 and 1. A linear head has no limit, so the predictions are wrong
    but not 0. Inputs far outside the training range make the predictions larger (see the dose),
    never 0.
    Two more things stop the listing. In a new process mean and std are gone, because only the model
    was saved. In Keras 3 save("my_model") is an error, because the path has no ending.
Fix:
    saved_statistics: store mean and std beside the model, and apply them before predicting.
    keras_file: end the path in .keras, as Keras 3 demands; Keras 2.12 and later write it too.
    How it differs from article-regressor: the columns lie between 0 and 1, not in the thousands.
    dead-relu-head has a head that does give 0.
Spot it:
    A model of z-scores needs columns of mean 0 and std 1:
        print(inputs.mean(axis=0), inputs.std(axis=0))
Evidence:
    Rebuilt from the article's sizes. Measured with this file: docs/explanation/the-article.md.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "article-listing-one", "family": "preprocessing",
    "tensorflow": ">=1.15", "seed": 0, "minutes": 6,
    "expect": {
        "restore_broken": "differs",
        "restore_broken_new_process": [
            {"verdict": "error", "raises": "NameError: name 'mean' is not defined"}],
        "restore_broken_folder": [
            {"keras": ">=3", "verdict": "error", "raises": "Invalid filepath extension"},
            {"verdict": "match", "why": "Keras 2 writes a SavedModel, or in 1.15 HDF5."}],
        "restore_fixed_saved_statistics": "match",
        "restore_fixed_keras_file": [
            {"keras": "<2.12", "verdict": "skip", "why": "There is no .keras format yet."},
            {"verdict": "match"}]},
    "saves": {"restore_fixed_keras_file": "save_keras"},
    "dose": {"path": "restore_broken", "of": "times the training range",
             "values": [1, 10, 100, 1000]},
    "hints": [
        "The weights came back exactly. What did the training do to a row before the model saw it?",
        "Compare the mean and std of the inputs with what the model was trained on: 0 and 1.",
        "statistics.npz holds what training computed: apply it before you predict.",
    ],
}


def train(artifact, seed, file, **options):
    global mean, std  # a notebook's variables: they live as long as its process
    rng = np.random.default_rng(seed)
    features, labels = rng.random((100, 10)), rng.random((100, 1))
    mean, std = np.mean(features, axis=0), np.std(features, axis=0)
    model = tf.keras.Sequential([
        tf.keras.layers.Dense(64, activation="relu", input_shape=(10,)), tf.keras.layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    scaled = (features - mean) / std
    for _ in range(10):  # ten epochs, as fit would run them
        for rows in np.array_split(rng.permutation(100), 4):
            model.train_on_batch(scaled[rows], labels[rows])
    model.save(artifact + file, **options)
    np.savez(artifact + "/statistics.npz", mean=mean, std=std)
    inputs = rng.random((10, 10))
    return inputs, model.predict_on_batch((inputs - mean) / std), model


def save(artifact, seed):  # a file that every release reads, so that all of them can be compared
    return train(artifact, seed, "/model.h5", include_optimizer=False)  # h5-loss-by-short-name


def save_keras(artifact, seed):
    return train(artifact, seed, "/my_model.keras")


def restore_broken(artifact, dose=1):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    return lambda inputs: model.predict_on_batch(dose * inputs), model


def restore_broken_new_process(artifact):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    return lambda inputs: model.predict_on_batch((inputs - mean) / std), model


def restore_broken_folder(artifact):  # the article's path; one step saves and loads it
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    model.save(artifact + "/my_model")
    return restore_fixed_saved_statistics(artifact, "/my_model")


def restore_fixed_saved_statistics(artifact, file="/model.h5"):
    model = tf.keras.models.load_model(artifact + file, compile=False)
    saved = np.load(artifact + "/statistics.npz")
    return lambda raw: model.predict_on_batch((raw - saved["mean"]) / saved["std"]), model


def restore_fixed_keras_file(artifact):  # the cure is in save_keras
    return restore_fixed_saved_statistics(artifact, "/my_model.keras")
