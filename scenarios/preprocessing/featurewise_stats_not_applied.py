"""ImageDataGenerator standardised the training images; predict gets images without its statistics.

Symptom:
    "This ImageDataGenerator specifies `featurewise_center`, but it hasn't been fit on any training
    data" and very wrong predictions. There is no warning at all if predict gets the plain images.
Cause:
    featurewise_center and featurewise_std_normalization subtract a mean and divide by a std.
    generator.fit computed both. The generator holds mean and std, and the model file does not. A
    new generator has neither: it warns once and returns the images unchanged.
Fix:
    saved_statistics: save generator.mean and generator.std beside the model, set them on the new
    generator and call standardize. (standardize changes float images in place: pass a copy.)
    normalization_in_front: put mean and std into the model as a Normalization layer. Then no
    generator is needed.
    No cure: calling fit on the images to predict. These images have other statistics than the
    training images.
Spot it:
        print(generator.mean, generator.std)  # None: nothing is standardised
Evidence:
    keras-team/keras#2622, keras-team/keras#3679, keras-team/keras#9313 (rescale and statistics).
    Measured with this file: shares of 45 to 75 in place of 0 to 1 on seed 0; differs on 20 of 20
    seeds (TensorFlow 2.21; in tf.keras 2.21 the class is deprecated, but there).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "featurewise-stats-not-applied", "family": "preprocessing",
    "tensorflow": ">=2.6", "seed": 0, "minutes": 8,
    "expect": {
        "restore_broken": "differs",
        "restore_fixed_saved_statistics": "match",
        "restore_fixed_normalization_in_front": "match",
    },
    "hints": [
        "The weights are equal, and there is a warning on stderr. What does it ask for?",
        "Print the mean of the images that enter the model. What is it in training?",
        "statistics.npz holds what generator.fit computed from the training images.",
    ],
}


def make_generator():
    return tf.keras.preprocessing.image.ImageDataGenerator(
        featurewise_center=True, featurewise_std_normalization=True)


def ponds(rng, count):  # drone photos of ponds, RGB, and the share of the water under algae
    algae = rng.uniform(0, 1, (count, 1))
    covered = rng.uniform(0, 1, (count, 10, 10)) < algae[:, :, None]
    colours = np.where(covered[..., None], [90, 140, 60], [60, 90, 120])
    images = np.clip(colours + rng.normal(0, 15, colours.shape), 0, 255)
    return images.astype("float32"), algae


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    images, algae = ponds(rng, 256)
    generator = make_generator()
    generator.fit(images)
    model = tf.keras.Sequential([
        tf.keras.Input((10, 10, 3)),
        tf.keras.layers.Conv2D(8, 3, strides=2, activation="relu"),
        tf.keras.layers.GlobalAveragePooling2D(),
        tf.keras.layers.Dense(1),
    ])
    train(model, rng, generator.standardize(images.copy()), algae)
    model.save(artifact + "/ponds.keras")
    np.savez(artifact + "/statistics.npz", mean=generator.mean, std=generator.std)
    images, _ = ponds(rng, 64)
    return images, model(generator.standardize(images.copy())).numpy(), model


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/ponds.keras")
    generator = make_generator()
    return lambda images: model(generator.standardize(images.copy())).numpy(), model


def restore_fixed_saved_statistics(artifact):
    model = tf.keras.models.load_model(artifact + "/ponds.keras")
    generator, statistics = make_generator(), np.load(artifact + "/statistics.npz")
    generator.mean, generator.std = statistics["mean"], statistics["std"]
    return lambda images: model(generator.standardize(images.copy())).numpy(), model


def restore_fixed_normalization_in_front(artifact):
    trained = tf.keras.models.load_model(artifact + "/ponds.keras")
    statistics = np.load(artifact + "/statistics.npz")
    normalization = tf.keras.layers.Normalization(
        mean=statistics["mean"].ravel(), variance=statistics["std"].ravel() ** 2)
    model = tf.keras.Sequential([tf.keras.Input((10, 10, 3)), normalization, trained])
    return lambda images: model(images).numpy()


def train(model, rng, inputs, targets):  # in place of fit: random filters, the best head over them
    model.set_weights([rng.normal(0, 0.4, each.shape) for each in model.get_weights()])
    features = tf.keras.Sequential(model.layers[:-1])(inputs).numpy()
    solution = np.linalg.lstsq(np.c_[features, np.ones(len(features))], targets, rcond=None)[0]
    model.layers[-1].set_weights([solution[:-1], solution[-1]])
