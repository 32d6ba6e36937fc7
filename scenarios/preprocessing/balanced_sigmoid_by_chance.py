"""A balanced classifier fed raw features predicts all 0.0 or all 1.0, depending on the seed.

Symptom:
    "Keras binary classifier predicts 0 for everything after loading", and after the next training
    1 for everything. Both classes are as frequent in the data; the notebook had good accuracy.
Cause:
    The classifier was trained on z-scores and gets raw readings. Read as z-scores, 1480 rpm and 340
    kelvin lie far outside the training range, in the same direction for all rows. The logit is then
    below -88 (the sigmoid is 0.0 in float32) or above 17 (the sigmoid is 1.0). Some columns push
    the logit up and some push it down, so the initial weights decide its sign.
Fix:
    saved_statistics: apply the training mean and std, saved beside the model, to every batch.
    (Or put a Normalization layer into the model, as in article-regressor.)
    How it differs from sigmoid-underflow: both classes are equally frequent, so 0.0 is no likelier
    than 1.0. There one class is rare, and 0.0 comes up more often.
Spot it:
    An exact 0.0 or 1.0 means an extreme logit. A healthy classifier also gives numbers in between:
        print(np.mean((predictions == 0) | (predictions == 1)))
Evidence:
    Kotlin/kotlindl#287 (trained scaled, tested unscaled: always the same prediction).
    Measured with this file: 0.0 on 10 of 20 seeds, 1.0 on the other ten (TensorFlow 2.21).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "balanced-sigmoid-by-chance", "family": "preprocessing",
    "tensorflow": ">=2.0", "minutes": 6,
    "seed": 2,  # chosen: zeros; seeds 0, 1, 4 and 5 give 1.0
    "expect": {
        "restore_broken": [{"verdict": "zeros", "rate": [0.29, 0.71]}],
        "restore_fixed_saved_statistics": "match",
    },
    "dose": {"path": "restore_broken", "of": "share of the way from z-scores to raw readings",
             "values": [0, 0.001, 0.003, 0.01, 0.03, 0.1, 1]},
    "hints": [
        "Train it again with another seed. Is it still class 0 that always wins?",
        "Print the logit of one row: what goes into the sigmoid?",
        "statistics.npz holds mean and std. Where do they belong?",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    bearings = rng.normal([1480, 340, 55, 230], [30, 6, 4, 3], size=(512, 4)).astype("float32")
    mean, std = bearings.mean(axis=0), bearings.std(axis=0)  # rpm, kelvin, decibel, volt
    scaled = (bearings - mean) / std
    worn = scaled @ [-0.4, 1.0, 1.5, 0.8] + rng.normal(0, 0.5, 512) > 0  # every second one
    model = tf.keras.Sequential([
        tf.keras.Input((4,)),
        tf.keras.layers.Dense(16, activation="relu"),
        tf.keras.layers.Dense(1, activation="sigmoid"),
    ])
    model.layers[0].set_weights([rng.normal(0, 0.7, (4, 16)), rng.normal(0, 0.7, 16)])
    hidden = np.column_stack([model.layers[0](scaled).numpy(), np.ones(512)])
    head = np.zeros(17)
    for _ in range(300):  # gradient descent on the head, over features drawn at random
        probability = 1 / (1 + np.exp(-hidden @ head))
        head += hidden.T @ (worn - probability) / 512
    model.layers[1].set_weights([head[:16, None], head[16:]])
    model.save(artifact + "/model.keras")
    np.savez(artifact + "/statistics.npz", mean=mean, std=std)
    inputs = rng.normal([1480, 340, 55, 230], [30, 6, 4, 3], size=(128, 4)).astype("float32")
    return inputs, model.predict_on_batch((inputs - mean) / std), model


def restore_broken(artifact, dose=1):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    if dose == 1:
        return model.predict_on_batch, model  # raw readings go in
    statistics = np.load(artifact + "/statistics.npz")

    def predict(inputs):  # only for the curve of the dose: on the way from z-scores to raw
        scaled = (inputs - statistics["mean"]) / statistics["std"]
        return model.predict_on_batch(scaled + dose * (inputs - scaled))

    return predict, model


def restore_fixed_saved_statistics(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    statistics = np.load(artifact + "/statistics.npz")
    mean, std = statistics["mean"], statistics["std"]
    return lambda inputs: model.predict_on_batch((inputs - mean) / std), model
