"""A mixed_float16 model gets dollars instead of thousands: numbers above 65504 become infinity.

Symptom:
    "mixed_float16 model predicts NaN after loading", "predictions nan for some rows only". The
    same weights in float32 give numbers. Here 77 % of the companies, the large ones, are NaN.
Cause:
    The largest number of float16 is 65504. The layers cast their inputs to float16 before they
    compute: 70 000 dollars become inf, and inf - inf is NaN. (Sums of smaller numbers overflow as
    well.) A Rescaling layer with the same policy in front does not help, because it casts first,
    too.
Fix:
    thousands: feed the unit that the model was trained on.
    float32_rescaling: put the scaling in front as a layer with dtype="float32". All later layers
    may stay in float16. Prefer this layer where callers send dollars.
Spot it:
        print(model.layers[0].compute_dtype, np.abs(inputs).max())  # float16, and near 65504
Evidence:
    keras-team/keras#22666 (inputs above 65504 overflow in the cast, before call()),
    microsoft/onnxruntime#11384 (NaN in fp16, right in fp32), knaw-huc/loghi#20 (NaN shown as 0).
    Measured with this file: as declared on 20 of 20 seeds (TensorFlow 2.21, CPU).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "float16-input-overflow", "family": "preprocessing",
    "tensorflow": ">=2.6", "seed": 0, "minutes": 7,
    "expect": {
        "restore_broken": "nan",
        "restore_broken_rescaling_layer": "nan",
        "restore_fixed_thousands": "match",
        "restore_fixed_float32_rescaling": "match",
    },
    "dose": {"path": "restore_broken", "of": "times too large an input is (1000: dollars)",
             "values": [1, 10, 100, 1000, 10000]},
    "hints": [
        "Which rows are NaN? Compare their largest input with np.finfo('float16').max.",
        "Training saw thousands of dollars. What does the restored model get?",
        "Divide before the first layer that computes in float16.",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    books = rng.lognormal([4.5, 4.0, 3.0], 0.8, size=(256, 3))  # thousands: revenue, costs, debt
    tf.keras.mixed_precision.set_global_policy("mixed_float16")
    first = tf.keras.layers.Dense(8, activation="relu")
    head = tf.keras.layers.Dense(1, dtype="float32")  # as the mixed precision guide asks
    model = tf.keras.Sequential([tf.keras.Input((3,)), first, head])
    first.set_weights([rng.normal(0, 0.5, (3, 8)), rng.normal(0, 5, 8)])
    growth = 2 + books @ [0.05, -0.04, -0.06] + rng.normal(0, 1, 256)  # percent in a year
    fit_head(head, first(books).numpy(), growth)
    model.save(artifact + "/model.keras")
    inputs = (1000 * books[:64]).astype("float32")  # dollars, as the accountants have them
    return inputs, model.predict_on_batch(inputs / 1000), model


def restore_broken(artifact, dose=1000):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    return lambda inputs: model.predict_on_batch(inputs * (dose / 1000)), model


def put_in_front(layer, trained):
    model = tf.keras.Sequential([tf.keras.Input((3,), dtype="float32"), layer, trained])
    return model.predict_on_batch


def restore_broken_rescaling_layer(artifact):
    trained = tf.keras.models.load_model(artifact + "/model.keras")
    return put_in_front(tf.keras.layers.Rescaling(1 / 1000, dtype="mixed_float16"), trained)


def restore_fixed_thousands(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    return lambda inputs: model.predict_on_batch(inputs / 1000), model


def restore_fixed_float32_rescaling(artifact):
    trained = tf.keras.models.load_model(artifact + "/model.keras")
    return put_in_front(tf.keras.layers.Rescaling(1 / 1000, dtype="float32"), trained)


def fit_head(head, features, targets):  # least squares: where training with "mse" ends
    rows = np.column_stack([features, np.ones(len(features))]).astype("float64")
    solution = np.linalg.lstsq(rows, targets, rcond=None)[0]
    head.set_weights([solution[:8, None], solution[8:]])
