"""A served model returns twelve named outputs, and sorting by name puts month_10 before month_2.

Symptom:
    "SavedModel output order changed", "outputs order is not deterministic" after
    tf.saved_model.load. Each month's forecast is a good forecast, of another month.
Cause:
    A signature returns a dict without a fixed order: here the order was another one in each
    process. Sorting the names makes the order stable, and right for nine months. From the tenth
    month on, the sorted text is 1, 10, 11, 12, 2: January, October, November, December, February.
    model.export() names its outputs output_0, output_1, ..., which has the same effect from the
    eleventh output on.
Fix:
    by_number: build each name from its number, and ask for the output by name. Or return one tensor
    with a column for each month, because columns keep their order.
Spot it:
    Neither order need be the order in your code. If the orders differ, ask for outputs by name:
        print(list(signature(inputs)), sorted(signature(inputs)))
Evidence:
    tensorflow/tensorflow#61251 (output_1, output_10, output_11, ...), keras-team/keras#15316.
    Measured with this file: as declared on 20 of 20 seeds (TensorFlow 2.21).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "outputs-sorted-by-name", "family": "preprocessing",
    "tensorflow": ">=2.12", "seed": 0, "minutes": 6,
    "expect": {"restore_broken": "differs", "restore_fixed_by_number": "match"},
    "hints": [
        "January is right. Which month stands where February should be?",
        "Print sorted(answer): in which order are the names?",
        "Make each name from its number instead of sorting the names.",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(12)])
    # what training may have found: its own weights for each month's inflow into a lake
    model.set_weights([rng.normal(size=(3, 12)), rng.normal(300, 50, 12)])  # in place of a training

    def forecast(lake):
        year = model(lake)
        return {"month_%d" % (month + 1): year[:, month] for month in range(12)}

    archive = tf.keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("forecast", forecast, input_signature=[tf.TensorSpec((None, 3))])
    archive.write_out(artifact + "/served")
    lakes = rng.normal(size=(32, 3)).astype("float32")  # level, snow, rain, as z-scores
    return lakes, model(lakes).numpy()


def restore_broken(artifact):
    served = tf.saved_model.load(artifact + "/served")

    def predict(lakes):
        answer = served.signatures["forecast"](tf.constant(lakes))
        return np.stack([answer[name] for name in sorted(answer)], axis=1)

    return predict


def restore_fixed_by_number(artifact):
    served = tf.saved_model.load(artifact + "/served")

    def predict(lakes):
        answer = served.signatures["forecast"](tf.constant(lakes))
        return np.stack([answer["month_%d" % number] for number in range(1, 13)], axis=1)

    return predict
