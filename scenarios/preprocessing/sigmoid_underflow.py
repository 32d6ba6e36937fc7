"""Raw sensor readings make a failure classifier's logit so low that its sigmoid returns 0.0.

Symptom:
    "Keras sigmoid output is always 0 after load_model", "binary classifier predicts 0.0 for every
    row". The outputs are exactly 0.0, not small numbers. There is no error, and all weights are
    there.
Cause:
    The classifier was trained on z-scores and gets raw readings. Read as z-scores, 1540 rpm and 300
    kelvin are hundreds of deviations from the mean. The logit, -28 to 4 on scaled rows, falls to
    between -3962 and -1984, and a float32 sigmoid is exactly 0.0 below about -88. Failures are
    rare, so most inputs outside the training range give "no failure". Some inputs do not, hence the
    rate.
Fix:
    saved_statistics: apply the training mean and std, saved beside the model, to every batch.
    normalization_in_front: put a Normalization layer with the same statistics in front of the
    trained model. No training is needed, and callers still send raw readings. Prefer this layer if
    you do not control the callers.
    How it differs from dead-relu-head: the head is a sigmoid, which underflows.
    balanced-sigmoid-by-chance has two equally frequent classes and gives 0.0 or 1.0.
Spot it:
    A sigmoid of 0.0 hides how wrong the logit is. Remove the sigmoid and print the logit:
        model.layers[-1].activation = tf.keras.activations.linear
        print(model(inputs[:4]))  # healthy: tens; here: minus thousands
Evidence:
    Kotlin/kotlindl#287 (always the same prediction). Columns as in the AI4I 2020 maintenance data.
    Zeros on 35 of 40 seeds (2.15, 2.21); the other five give 0.0 and 1.0, by row.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "sigmoid-underflow", "family": "preprocessing",
    "tensorflow": ">=2.6",
    "seed": 0,  # chosen: zeros; seeds 6, 18, 26, 33 and 35 differ
    "expect": {
        "restore_broken": [{"verdict": "zeros", "rate": [0.7, 0.95]}],
        "restore_fixed_saved_statistics": "match",
        "restore_fixed_normalization_in_front": "match",
    },
    "minutes": 8,
    "hints": [
        "A trained sigmoid gives small probabilities, hardly ever 0.0. What makes it exactly 0.0?",
        "Look at the number that enters the sigmoid, then at the numbers that enter the model.",
        "The first layer expects mean 0 and std 1; statistics.npz holds how training got there.",
    ],
}


def machines(seed, count):
    rng = np.random.default_rng(seed)
    air = rng.normal(300, 2, count)  # kelvin
    process = air + rng.normal(10, 1, count)  # kelvin
    speed = rng.normal(1540, 180, count)  # revolutions per minute
    torque = 40 - 0.03 * (speed - 1540) + rng.normal(0, 8, count)  # newton metres
    wear = rng.uniform(0, 250, count)  # minutes of tool use
    strain = (torque - 40) / 10 + (wear - 125) / 72 - (process - air - 10) / 2
    failed = strain + rng.normal(0, 0.3, count) > 2.6  # about one machine in twenty-five
    features = np.stack([air, process, speed, torque, wear], axis=1)
    return features.astype("float32"), failed.astype("float32").reshape(-1, 1)


def save(artifact, seed):
    features, failed = machines(seed, 1024)
    mean, std = features.mean(axis=0), features.std(axis=0)
    standardised = (features - mean) / std
    model = tf.keras.Sequential([
        tf.keras.Input((5,)),
        tf.keras.layers.Dense(16, activation="relu"),
        tf.keras.layers.Dense(16, activation="relu"),
        tf.keras.layers.Dense(1, activation="sigmoid"),
    ])
    model.compile(tf.keras.optimizers.SGD(0.3, momentum=0.9), loss="binary_crossentropy")
    for _ in range(150):  # starts faster than fit, and trains the same
        model.train_on_batch(standardised, failed)
    model.save(artifact + "/model.keras")
    np.savez(artifact + "/statistics.npz", mean=mean, std=std)
    inputs, _ = machines(seed + 1000, 256)  # another day's machines
    return inputs, model.predict_on_batch((inputs - mean) / std), model


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    return model.predict_on_batch, model  # raw readings go in


def restore_fixed_saved_statistics(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    statistics = np.load(artifact + "/statistics.npz")
    mean, std = statistics["mean"], statistics["std"]
    return lambda inputs: model.predict_on_batch((inputs - mean) / std), model


def restore_fixed_normalization_in_front(artifact):
    trained = tf.keras.models.load_model(artifact + "/model.keras")
    statistics = np.load(artifact + "/statistics.npz")
    mean, variance = statistics["mean"], statistics["std"] ** 2
    normalization = tf.keras.layers.Normalization(mean=mean, variance=variance)
    model = tf.keras.Sequential([tf.keras.Input((5,)), normalization, trained])
    return model.predict_on_batch
