"""tf.train.latest_checkpoint finds nothing, returns None, and restore(None) restores nothing.

Symptom:
    "Checkpoint restore does nothing", "predictions are random after restore". No error and no
    warning, although the folder is full of ckpt-1.index and ckpt-1.data-00000-of-00001.
Cause:
    latest_checkpoint takes the folder and reads one small text file in it, named `checkpoint`.
    latest_checkpoint returns None for the prefix of the files, for a misspelt folder, and for a
    folder with only the .index and .data files. restore(None) is allowed, so that a first run can
    start from nothing: the model keeps its random weights.
Fix:
    folder: give latest_checkpoint the folder, and stop if the result is None.
    named: if you know the checkpoint, or have no `checkpoint` file, name its prefix, the path
    without .index. A wrong prefix raises NotFoundError.
    How it differs from checkpoint-format-mixed: the format is right, and the path is wrong.
Spot it:
        print(tf.train.latest_checkpoint(folder))  # None: nothing will be restored
    Or check the status: restore(path).assert_existing_objects_matched() raises for None
    "AssertionError: No checkpoint specified (save_path=None); nothing is being restored."
Evidence:
    VisualComputingInstitute/triplet-reid#85 (only the data file was downloaded; the older Saver
    raises there) and tensorflow/models#974 (the file was named checkpoint.txt);
    tensorflow/tensorflow#35148 (not read by us).
    Measured with this file: differs on 20 of 20 seeds (TensorFlow 2.21, Keras 3 and tf_keras).
"""
import os
import shutil

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "latest-checkpoint-none", "family": "restore",
    "tensorflow": ">=2.0", "seed": 0, "minutes": 9,
    "expect": {
        "restore_broken": "differs",
        "restore_broken_copied": "differs",
        "restore_fixed_folder": "match",
        "restore_fixed_named": "match",
    },
    "hints": [
        "Are the restored weights the trained ones? If not, which file did they come from?",
        "Print what tf.train.latest_checkpoint returned. What does restore do with that?",
        "latest_checkpoint looks for a text file called `checkpoint`. In which folder?",
    ],
}


def build():
    return tf.keras.Sequential([
        tf.keras.Input((2,)),
        tf.keras.layers.Dense(8, activation="relu"),
        tf.keras.layers.Dense(1),
    ])


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    tide = rng.uniform(-2, 2, size=(128, 2)).astype("float32")  # metres, metres an hour
    current = 3 * np.abs(tide[:, :1]) - tide[:, 1:]  # knots in the strait
    model = build()
    model.layers[0].set_weights([rng.normal(size=(2, 8)), rng.normal(size=8)])
    hidden = np.column_stack([model.layers[0](tide), np.ones(len(tide))])
    head = np.linalg.lstsq(hidden, current, rcond=None)[0]  # in place of a training
    model.layers[1].set_weights([head[:-1], head[-1]])
    tf.train.Checkpoint(model=model).save(artifact + "/training/ckpt")
    os.mkdir(artifact + "/copied")
    for name in os.listdir(artifact + "/training"):
        if name.startswith("ckpt"):  # all but the file `checkpoint`, which looks unimportant
            shutil.copy(os.path.join(artifact, "training", name), artifact + "/copied")
    return tide, model(tide).numpy(), model


def restore_broken(artifact, searched="/training/ckpt"):  # the prefix, as given to save()
    model = build()
    path = tf.train.latest_checkpoint(artifact + searched)
    tf.train.Checkpoint(model=model).restore(path)
    return lambda inputs: model(inputs).numpy(), model


def restore_broken_copied(artifact):
    return restore_broken(artifact, "/copied")


def restore_fixed_folder(artifact):
    folder = artifact + "/training"
    path = tf.train.latest_checkpoint(folder)
    if path is None:
        raise FileNotFoundError("no checkpoint in " + folder)
    model = build()
    tf.train.Checkpoint(model=model).restore(path).assert_existing_objects_matched()
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_named(artifact):
    model = build()
    tf.train.Checkpoint(model=model).restore(artifact + "/copied/ckpt-1")
    return lambda inputs: model(inputs).numpy(), model
