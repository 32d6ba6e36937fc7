"""Pixels of 0..255 reach a model trained on 0..1: every image gets the same class, with certainty.

Symptom:
    "Keras model always predicts 1.0", "predicts the same class for every image after load_model".
    Not 0.97 but exactly 1.0 (or one-hot), although evaluation in the notebook looked fine.
Cause:
    The training pipeline divided by 255 outside the model: in a generator's rescale=1./255, a
    dataset.map or a line of a notebook. The model file does not hold the division. Pixels 255 times
    too large make logits about 255 times too large, so the learned bias, the threshold, hardly
    counts.
Fix:
    divide: compute images / 255.0 before every call, in one function for training and service.
    rescaling_in_front: put the division into the model as its first layer, and save that model.
    Callers then send plain pixels. Prefer this layer for new models. (Then divide nowhere else.)
    How it differs from double-rescale: here nobody divides, there the model and the caller both
    divide.
Spot it:
        print(images.max(), [type(layer).__name__ for layer in model.layers][:2])
    If the maximum is above 1 and no Rescaling or Normalization layer is in front, nothing divides.
Evidence:
    lmoroney/dlaicourse#129 ("image rescaling missing"), keras-team/keras#3477.
    Measured with this file: 1.0 for all 64 crops on 20 of 20 seeds; pixels 5 times too large still
    vary (TensorFlow 2.21; seed 0 as declared in 2.15, 2.16, 2.18, 2.20 and tf_keras as well).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "missing-rescale-255", "family": "preprocessing",
    "tensorflow": ">=2.6", "seed": 0, "minutes": 8,
    "expect": {
        "restore_broken": "constant",
        "restore_fixed_divide": "match",
        "restore_fixed_rescaling_in_front": "match",
    },
    "dose": {"path": "restore_broken", "of": "times larger than in training the pixels are",
             "values": [1, 1.25, 2, 5, 20, 255]},
    "hints": [
        "The weights are equal. What does a sigmoid need to return exactly 1.0?",
        "Print the largest pixel that enters the model. What was it in training?",
        "Training divided before it called the model. Who divides after load_model?",
    ],
}


def street_lamps(rng, count):  # crops of a street camera, grey, and whether the lamp is lit
    lit = rng.uniform(0, 1, count)  # dusk: a lamp needs minutes to reach its full light
    down, right = np.indices((12, 12)) - 5.5
    glow = np.exp(-(down ** 2 + right ** 2) / 30)
    grey = 40 + 200 * lit[:, None, None] * glow + rng.normal(0, 6, (count, 12, 12))
    return np.clip(grey, 0, 255).astype("uint8")[..., None], 12 * (lit[:, None] - 0.5)


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    model = tf.keras.Sequential([
        tf.keras.Input((12, 12, 1)),
        tf.keras.layers.Conv2D(8, 3, strides=2, activation="relu"),
        tf.keras.layers.GlobalAveragePooling2D(),
        tf.keras.layers.Dense(1, activation="sigmoid"),
    ])
    crops, logits = street_lamps(rng, 256)  # of "is lit"
    train(model, rng, crops / 255.0, logits)
    model.save(artifact + "/lamps.keras")
    tonight, _ = street_lamps(rng, 64)
    return tonight, model(tonight / 255.0).numpy(), model


def restore_broken(artifact, dose=255):
    model = tf.keras.models.load_model(artifact + "/lamps.keras")
    return lambda images: model(images * (dose / 255.0)).numpy(), model  # 255: as they come


def restore_fixed_divide(artifact):
    model = tf.keras.models.load_model(artifact + "/lamps.keras")
    return lambda images: model(images / 255.0).numpy(), model


def restore_fixed_rescaling_in_front(artifact):
    trained = tf.keras.models.load_model(artifact + "/lamps.keras")
    rescaling = tf.keras.layers.Rescaling(1 / 255.0)
    model = tf.keras.Sequential([tf.keras.Input((12, 12, 1)), rescaling, trained])
    return lambda images: model(images).numpy(), model


def train(model, rng, inputs, targets):  # in place of fit: random filters, the best head over them
    model.set_weights([rng.normal(0, 0.4, each.shape) for each in model.get_weights()])
    features = tf.keras.Sequential(model.layers[:-1])(inputs).numpy()
    solution = np.linalg.lstsq(np.c_[features, np.ones(len(features))], targets, rcond=None)[0]
    model.layers[-1].set_weights([solution[:-1], solution[-1]])
