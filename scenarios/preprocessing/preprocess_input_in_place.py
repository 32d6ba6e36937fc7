"""preprocess_input changes its array in place: a batch used twice is preprocessed twice.

Symptom:
    "First prediction is right, the second is wrong on the same images", "ensemble of Keras models:
    the second model always predicts one class". The weights and the preprocessing are right.
Cause:
    preprocess_input writes its result into a float array (x /= 127.5; x -= 1) and returns the same
    array. A second call on the same batch, for a warm-up, a check of the range, a second model or a
    retry, scales -1..1 again: -1.008..-0.992, an almost black image. preprocess_input copies an
    array of integers first, which is why such code "works on the other machine".
Fix:
    copy: call preprocess_input(np.copy(batch)), as its documentation advises.
    once: preprocess when the image is read, and keep only the result. This also saves time.
Spot it:
        before = batch.copy(); preprocess_input(batch); print(np.array_equal(before, batch))
Evidence:
    keras-team/keras#8741, keras-team/keras#11591, keras-team/keras#10153 (in place on purpose),
    qubvel/segmentation_models#491 (two models, one batch).
    Measured with this file: differs on 20 of 20 seeds; the fourth call is constant on seed 0
    (TensorFlow 2.21; tf_keras and 2.15 change the array too).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "preprocess-input-in-place", "family": "preprocessing",
    "tensorflow": ">=2.0", "seed": 0, "minutes": 8,
    "expect": {
        "restore_broken": "differs",
        "restore_fixed_copy": "match",
        "restore_fixed_once": "match",
    },
    "dose": {"path": "restore_broken", "of": "times preprocess_input gets the same batch",
             "values": [1, 2, 3, 4, 5]},
    "hints": [
        "The weights are equal. Is the batch still the same after the warm-up?",
        "Print batch.min() and batch.max() before and after preprocess_input(batch).",
        "x /= 127.5 changes x itself. What happens to it on the second call?",
    ],
}

preprocess_input = tf.keras.applications.mobilenet_v2.preprocess_input


def cupping(rng, count):  # photos of coffee beans, RGB, and their roast from 0 (raw) to 1 (black)
    roast = rng.uniform(0, 1, (count, 1))
    colours = (1 - roast) * [200, 180, 140] + roast * [50, 35, 30]
    images = colours[:, None, None, :] + rng.normal(0, 20, (count, 10, 10, 3))
    return np.clip(images, 0, 255).astype("float32"), roast


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    model = tf.keras.Sequential([  # small, in place of a MobileNetV2
        tf.keras.Input((10, 10, 3)),
        tf.keras.layers.Conv2D(8, 3, strides=2, activation="relu"),
        tf.keras.layers.GlobalAveragePooling2D(),
        tf.keras.layers.Dense(1),
    ])
    images, roast = cupping(rng, 256)
    train(model, rng, preprocess_input(images.copy()), roast)
    model.save(artifact + "/roast.keras")
    images, _ = cupping(rng, 64)
    return images, model(preprocess_input(images.copy())).numpy(), model


def restore_broken(artifact, dose=2, prepare=preprocess_input):
    model = tf.keras.models.load_model(artifact + "/roast.keras")

    def predict(images):
        batch = np.array(images)  # as it comes from load_img and img_to_array: float32
        for _ in range(dose):  # a warm-up, then the call that counts
            roast = model(prepare(batch)).numpy()
        return roast

    return predict, model


def restore_fixed_copy(artifact):
    return restore_broken(artifact, prepare=lambda batch: preprocess_input(np.copy(batch)))


def restore_fixed_once(artifact):
    model = tf.keras.models.load_model(artifact + "/roast.keras")

    def predict(images):
        batch = preprocess_input(np.array(images))
        for _ in range(2):
            roast = model(batch).numpy()
        return roast

    return predict, model


def train(model, rng, inputs, targets):  # in place of fit: random filters, the best head over them
    model.set_weights([rng.normal(0, 0.4, each.shape) for each in model.get_weights()])
    features = tf.keras.Sequential(model.layers[:-1])(inputs).numpy()
    solution = np.linalg.lstsq(np.c_[features, np.ones(len(features))], targets, rcond=None)[0]
    model.layers[-1].set_weights([solution[:-1], solution[-1]])
