"""Training sorted the class folders as text, "10" before "2"; the server counts from 1 to 12.

Symptom:
    "Keras predicts the wrong class, always the same wrong one", "flow_from_directory labels in
    the wrong order": picture of bay 2, answer 5. Accuracy was fine in the notebook.
Cause:
    A model returns the number of a class, not its name. image_dataset_from_directory and
    flow_from_directory number the folders in the order of their names as text: 1, 10, 11, 12, 2, 3.
    range(1, 13) turns columns into names in another order. The two orders agree up to nine classes,
    so the mistake appears with the tenth class.
Fix:
    saved_names: save dataset.class_names (or generator.class_indices) with the model at training
    time, and look the names up in that list.
Spot it:
    In the confusion matrix each row has one large number, in a wrong column. Print the order:
        print(list(class_names) == sorted(class_names))  # False: not the order of the folders
Evidence:
    keras-team/keras#7543 (folders 1 to 64 become 1, 10, 11), pytorch/vision#714 (1, 10, 100, 11),
    NVIDIA/DIGITS#289.
    Measured with this file: as declared on 20 of 20 seeds (TensorFlow 2.21).
"""
import json
import os

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "class-names-sorted-otherwise", "family": "preprocessing",
    "tensorflow": ">=2.2", "seed": 0, "minutes": 6,
    "expect": {"restore_broken": "differs", "restore_fixed_saved_names": "match"},
    "hints": [
        "Is the wrong name for a class always the same one?",
        "Which bays are right? Write the names down as a folder listing shows them.",
        "class_names.json was written by the training: its order is that of the columns.",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    for bay in range(1, 13):  # twelve bays of a warehouse, a folder of pictures for each
        os.makedirs(artifact + "/pictures/" + str(bay))
    class_names = sorted(os.listdir(artifact + "/pictures"))  # as image_dataset_from_directory does
    marks = rng.normal(size=(12, 16)).astype("float32")  # what the mark on each wall looks like
    model = tf.keras.Sequential([tf.keras.Input((16,)), tf.keras.layers.Dense(12, "softmax")])
    # what training finds where classes are alike in spread: the nearest mark wins
    model.layers[0].set_weights([2 * marks.T, -(marks ** 2).sum(axis=1)])  # in place of a training
    model.save(artifact + "/model.keras")
    with open(artifact + "/class_names.json", "w") as file:
        json.dump(class_names, file)
    seen = marks[rng.integers(0, 12, 96)] + rng.normal(0, 0.3, (96, 16)).astype("float32")
    columns = model.predict_on_batch(seen).argmax(axis=1)
    return seen, np.array(class_names)[columns], model


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    class_names = np.array([str(bay) for bay in range(1, 13)])
    return lambda inputs: class_names[model.predict_on_batch(inputs).argmax(axis=1)], model


def restore_fixed_saved_names(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    with open(artifact + "/class_names.json") as file:
        class_names = np.array(json.load(file))
    return lambda inputs: class_names[model.predict_on_batch(inputs).argmax(axis=1)], model
