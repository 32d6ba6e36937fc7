"""A regressor trained on z-scores predicts thousands from raw features, and never zeros.

Symptom:
    "Keras model predicts wrong values after load_model". No error, no warning: house prices
    that should lie between 2.5 and 5.9 (hundred thousand dollars) come back as 1476 to 3528.
Cause:
    An article says that a restored model predicts zeros if normalization is skipped. This model
    gets columns in the thousands and predicts no zeros. Beside inputs in the thousands the biases
    hardly count, and a ReLU network without biases multiplies its output by k if its input is
    multiplied by k. A linear head passes the large number on. Zeros need a head that clips:
    sigmoid-underflow, dead-relu-head.
Fix:
    saved_statistics: apply the training mean and std, saved beside an already trained model.
    normalization_layer: put an adapted Normalization layer into the model. Raw features are then
    the right input, and no second file can get lost. Prefer this layer for every new model.
    How it differs from article-listing-one: the columns are in the thousands, not between 0 and 1.
Spot it:
    A model of z-scores needs columns of mean 0 and std 1, unless one of its layers scales:
        print(inputs.mean(axis=0), inputs.std(axis=0), [layer.name for layer in model.layers])
Evidence:
    Kotlin/kotlindl#287 (trained scaled, tested unscaled), hunkim/DeepLearningZeroToAll#197.
    Measured on 40 seeds (2.21): differs on all, outputs 338 to 5191, never 0.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "article-regressor", "family": "preprocessing",
    "tensorflow": ">=2.8", "seed": 0, "minutes": 10,
    "expect": {
        "restore_broken": "differs",
        "restore_fixed_saved_statistics": "match",
        "restore_fixed_normalization_layer": "match",
    },
    "saves": {"restore_fixed_normalization_layer": "save_with_normalization_layer"},
    "hints": [
        "The weights came back exactly. What else stood between the table and the predictions?",
        "Compare the size of the wrong predictions with the size of the largest input column.",
        "Training saw (features - mean) / std. Which file in the artifact holds mean and std?",
    ],
}


def houses(seed, count):
    rng = np.random.default_rng(seed)
    income, area = rng.normal(5000, 1200, count), rng.normal(110, 30, count)  # dollars, m2
    age = rng.uniform(0, 80, count)  # years
    distance = rng.gamma(2, 6, count)  # kilometres to the centre
    price = 0.0004 * income + 0.02 * area - 0.008 * age - 0.03 * distance  # 100 000 dollars
    price += rng.normal(1, 0.2, count)  # what the table does not explain
    features = np.stack([income, area, age, distance], axis=1)
    return features.astype("float32"), price.astype("float32").reshape(-1, 1)


def train(first_layers, features, price):
    hidden = [tf.keras.layers.Dense(units, activation="relu") for units in (32, 16)]
    model = tf.keras.Sequential(first_layers + hidden + [tf.keras.layers.Dense(1)])
    model.compile(tf.keras.optimizers.SGD(0.02, momentum=0.9), loss="mse")
    for _ in range(120):  # starts faster than fit, and trains the same
        model.train_on_batch(features, price)
    return model


def save(artifact, seed):
    features, price = houses(seed, 512)
    mean, std = features.mean(axis=0), features.std(axis=0)
    model = train([tf.keras.Input((4,))], (features - mean) / std, price)
    model.save(artifact + "/model.keras")
    np.savez(artifact + "/statistics.npz", mean=mean, std=std)
    inputs, _ = houses(seed + 1000, 64)  # houses the model has not seen
    return inputs, model.predict_on_batch((inputs - mean) / std), model


def save_with_normalization_layer(artifact, seed):
    features, price = houses(seed, 512)
    normalization = tf.keras.layers.Normalization()
    normalization.adapt(features)  # before training, and on training rows only
    model = train([tf.keras.Input((4,)), normalization], features, price)
    model.save(artifact + "/model.keras")
    inputs, _ = houses(seed + 1000, 64)
    return inputs, model.predict_on_batch(inputs), model


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    return model.predict_on_batch, model  # raw features go in


def restore_fixed_saved_statistics(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    statistics = np.load(artifact + "/statistics.npz")
    mean, std = statistics["mean"], statistics["std"]
    return lambda inputs: model.predict_on_batch((inputs - mean) / std), model


def restore_fixed_normalization_layer(artifact):  # the cure is in save_with_normalization_layer
    return restore_broken(artifact)  # the same code: this model is meant to get raw features
