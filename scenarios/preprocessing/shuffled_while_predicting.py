"""A dataset is shuffled during prediction, and the predictions are matched by position.

Symptom:
    "evaluate says 95 %, my own comparison says chance." No error. The predictions look sensible,
    but hardly one belongs to the file name or label beside it.
Cause:
    The training's loader shuffles by default, and the same loader feeds predict. The rows of the
    predictions follow the shuffled order. File names and labels stay in their own order. evaluate
    is right, because each shuffled row has its own label.
Fix:
    in_order: build the dataset for predictions without shuffle, with shuffle=False in
    flow_from_directory and in image_dataset_from_directory.
Spot it:
    Predict twice. The same rows in another order mean that something shuffles:
        first, again = predict(inputs), predict(inputs)
        print(np.abs(first - again).max(), np.abs(np.sort(first, 0) - np.sort(again, 0)).max())
Evidence:
    keras-team/keras#4225, keras-team/keras#3477 and keras-team/keras#5048. Measured with
    this file.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "shuffled-while-predicting", "family": "preprocessing",
    "tensorflow": ">=2.0", "seed": 0, "minutes": 4,
    "expect": {"restore_broken": "differs", "restore_fixed_in_order": "match"},
    "hints": [
        "Sort the predictions and sort the reference. Do they still differ?",
        "In which order does the loader hand out its rows?",
        "Shuffling serves the training only. Turn shuffling off for predictions.",
    ],
}


def make_loader(rows, shuffle=True):
    data = tf.data.Dataset.from_tensor_slices(rows)
    return (data.shuffle(len(rows)) if shuffle else data).batch(16)


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    houses = rng.normal(size=(128, 3)).astype("float32")  # area, age, distance; z-scores
    model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(1)])
    # what a training arrives at
    model.layers[-1].set_weights([np.array([[0.8], [-0.3], [-0.5]]), np.array([3.0])])
    model.save(artifact + "/model.h5")
    return houses, model.predict_on_batch(houses), model


def restore_broken(artifact, shuffle=True):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)

    def predict(inputs):
        return np.concatenate([model(batch).numpy() for batch in make_loader(inputs, shuffle)])

    return predict, model


def restore_fixed_in_order(artifact):
    return restore_broken(artifact, shuffle=False)
