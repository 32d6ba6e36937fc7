"""Raw weather readings make the input of a ReLU output negative, so every day is forecast dry.

Symptom:
    "Keras regression with relu output predicts 0 for every sample after loading". There are 365
    forecasts of 0.0 mm and no error. Before saving the model forecast up to 11 mm.
Cause:
    The model was trained on z-scores and gets raw readings. Read as a z-score, 1013 hPa is a
    pressure a thousand deviations high, and high pressure means dry. The input of the head's ReLU
    is then -2058 to -1771, and ReLU turns that into 0.0. Six days in ten are dry, so most inputs
    outside the training range give 0.0. With other training results, nonsense can come out instead.
Fix:
    saved_statistics: apply the training mean and std, saved beside the model, to every batch.
    folded_scaling: (x - mean) / std is linear, so the first Dense layer can include it: divide the
    kernel rows by std and move the mean into the bias. Raw readings become the right input without
    a new layer or a new training. Prefer this for runtimes that support few layers.
    How it differs from sigmoid-underflow: the head is a ReLU, whose output is 0 for any negative
    input.
Spot it:
    Feed z-scores, as in training. If rain appears, the restore is right and your inputs are wrong.
    The mean of the inputs must be near 0 and their standard deviation near 1:
        print(model.predict_on_batch(np.random.normal(size=(32, 5)).astype("float32")).ravel())
        print(inputs.mean(axis=0), inputs.std(axis=0))
Evidence:
    Kotlin/kotlindl#287, hunkim/DeepLearningZeroToAll#197 (scale inputs as in training).
    Zeros on 40 of 40 seeds (2.15, 2.21); without bias_initializer="ones" seed 0 gave nonsense.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "dead-relu-head", "family": "preprocessing",
    "tensorflow": ">=1.15",
    "seed": 1,  # chosen: zeros by a wide margin; seed 0 gives them by a narrow one
    "expect": {
        "restore_broken": [{"verdict": "zeros", "rate": [0.9, 1.0]}],
        "restore_fixed_saved_statistics": "match",
        "restore_fixed_folded_scaling": "match",
    },
    "minutes": 8,
    "hints": [
        "The weights came back exactly. Which inputs would make a ReLU output zero on every row?",
        "Read the first row as z-scores: how many deviations of pressure is 1013?",
        "The artifact holds mean and std. Apply them before the model, or inside its first layer.",
    ],
}


def days(seed, count):
    rng = np.random.default_rng(seed)
    pressure = rng.normal(1013, 9, count)  # hectopascal
    temperature = rng.normal(14, 7, count)  # degrees Celsius
    humidity = np.clip(rng.normal(70, 13, count), 15, 100)  # percent
    cloud = 100 * rng.beta(1.2, 1, count)  # percent of the sky
    wind = rng.gamma(3, 4, count)  # kilometres per hour
    wetness = (1013 - pressure) / 3 + (humidity - 75) / 4 + (cloud - 60) / 12
    rain = np.maximum(wetness + rng.normal(0, 1, count), 0)  # millimetres, mostly none
    features = np.stack([pressure, temperature, humidity, cloud, wind], axis=1)
    return features.astype("float32"), rain.astype("float32").reshape(-1, 1)


def save(artifact, seed):
    features, rain = days(seed, 1024)
    mean, std = features.mean(axis=0), features.std(axis=0)
    standardised = (features - mean) / std
    model = tf.keras.Sequential([
        tf.keras.Input((5,)),
        tf.keras.layers.Dense(16, activation="relu"),
        tf.keras.layers.Dense(16, activation="relu"),
        # rain is never negative; the bias starts on the live side, or training may kill the head
        tf.keras.layers.Dense(1, activation="relu", bias_initializer="ones"),
    ])
    model.compile(tf.keras.optimizers.SGD(0.02, momentum=0.9), loss="mse")
    for _ in range(120):  # starts faster than fit, and trains the same
        model.train_on_batch(standardised, rain)
    model.save(artifact + "/model.h5", include_optimizer=False)  # Keras 3.0 stops at the loss
    np.savez(artifact + "/statistics.npz", mean=mean, std=std)
    inputs, _ = days(seed + 1000, 365)  # the next year
    return inputs, model.predict_on_batch((inputs - mean) / std), model


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    return model.predict_on_batch, model  # raw readings go in


def restore_fixed_saved_statistics(artifact):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    statistics = np.load(artifact + "/statistics.npz")
    mean, std = statistics["mean"], statistics["std"]
    return lambda inputs: model.predict_on_batch((inputs - mean) / std), model


def restore_fixed_folded_scaling(artifact):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    statistics = np.load(artifact + "/statistics.npz")
    mean, std = statistics["mean"], statistics["std"]
    kernel, bias = model.layers[0].get_weights()
    model.layers[0].set_weights([kernel / std[:, None], bias - (mean / std) @ kernel])
    return model.predict_on_batch
