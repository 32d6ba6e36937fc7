"""EarlyStopping never stopped, so restore_best_weights did nothing: the last epoch was saved.

Symptom:
    "The loaded model is worse than the best val_loss of the training", "restore_best_weights has no
    effect". No error. The training ran to its last epoch.
Cause:
    Keras 2 restores the best weights only if EarlyStopping itself ends the training. If the
    patience is longer than the rest of the training, EarlyStopping never ends it, and model.save
    writes the weights of the last epoch. Keras 3 restores the best weights at the end of every
    training.
Fix:
    best_weights: after fit, set the weights that the callback holds, then save:
        model.set_weights(stop.best_weights)
    A ModelCheckpoint with save_best_only=True writes the best weights in every release.
    How it differs from checkpoint-keeps-worst: the callback finds the right epoch, but does not use
    it.
Spot it:
        print(min(history.history["val_loss"]), model.evaluate(x_val, y_val, verbose=0))
Evidence:
    tensorflow/tensorflow#35634, keras-team/keras#12511, and the cure for Keras 2's last releases,
    keras-team/tf-keras#693.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "best-weights-not-put-back", "family": "restore",
    "tensorflow": ">=2.0", "seed": 0, "minutes": 5,
    "expect": {
        "restore_broken": [
            {"writer": "<2.16", "verdict": "differs",
             "why": "Keras 2 restores the best weights only when it stops the training."},
            {"verdict": "match"}],
        "restore_fixed_best_weights": "match",
    },
    "saves": {"restore_fixed_best_weights": "save_best_weights"},
    "hints": [
        "Is the loss of the loaded model the best one of the history, or the last one?",
        "How many epochs ran after the best one, and what is the patience?",
        "Which attribute of EarlyStopping holds the best weights?",
    ],
}


class Witness(tf.keras.callbacks.Callback):  # what every epoch would have predicted
    def __init__(self, inputs):
        super().__init__()
        self.inputs, self.predictions = inputs, []

    def on_epoch_end(self, epoch, logs=None):
        self.predictions.append(np.array(self.model.predict_on_batch(self.inputs)))


def save(artifact, seed, put_back=False):
    rng = np.random.default_rng(seed)
    size = rng.normal(size=(64, 1)).astype("float32")  # of flats; last year's prices, this year's
    model = tf.keras.Sequential([
        tf.keras.Input((1,)), tf.keras.layers.Dense(1, kernel_initializer="zeros")])
    model.compile(tf.keras.optimizers.SGD(0.3), "mse")
    stop = tf.keras.callbacks.EarlyStopping(patience=10, restore_best_weights=True)
    witness = Witness(size)
    history = model.fit(
        size, 2.0 * size, validation_data=(size, 1.2 * size), epochs=6, batch_size=64,
        verbose=0, callbacks=[witness, stop])
    if put_back:
        model.set_weights(stop.best_weights)
    model.save(artifact + "/model.h5", include_optimizer=False)
    return size, witness.predictions[int(np.argmin(history.history["val_loss"]))], model


def save_best_weights(artifact, seed):
    return save(artifact, seed, put_back=True)


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/model.h5", compile=False)
    return lambda size: np.array(model.predict_on_batch(size)), model


def restore_fixed_best_weights(artifact):  # save_best_weights put the best weights back
    return restore_broken(artifact)
