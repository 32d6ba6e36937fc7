"""ModelCheckpoint(monitor="val_auc", save_best_only=True) keeps the epoch with the worst AUC.

Symptom:
    "ModelCheckpoint saves when val_auc decreases", "the best checkpoint is worse than the final
    model". No error and no warning. With verbose=1 the log shows the mistake: "Epoch 2: val_auc
    improved from 0.98000 to 0.71000, saving model to best.keras".
Cause:
    mode="auto" guesses from the name whether a higher value is better. ModelCheckpoint of Keras up
    to 3.10 checks two signs: "acc" anywhere in the name, or "fmeasure" at its beginning. Every
    other name counts as a loss: val_auc, val_f1, val_precision, val_recall, val_r2. (Keras 3.11 and
    later ask the compiled metric, and raise a ValueError if the metric gives no direction.)
Fix:
    mode_max: always pass mode="max" to ModelCheckpoint, EarlyStopping and ReduceLROnPlateau.
    Overwritten epochs are lost. Restore the last epoch, if it was saved, or train again.
    How it differs from best-weights-not-put-back: the callback itself picks the wrong epoch.
Spot it:
        callback.monitor_op.__name__  # 'less': it keeps the smallest value
Evidence:
    tensorflow/tensorflow#40604, keras-team/keras#21118; EarlyStopping: tensorflow/tensorflow#44509.
    Measured with this file: differs on 20 of 20 seeds with tf_keras 2.21, and on Keras 2.15.0,
    3.0.5, 3.4.1, 3.6.0 and 3.10.0.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "checkpoint-keeps-worst", "family": "restore",
    "tensorflow": ">=2.15", "keras": "<3.11", "seed": 0, "minutes": 8,
    "expect": {"restore_broken": "differs", "restore_fixed_mode_max": "match"},
    "saves": {"restore_fixed_mode_max": "save_mode_max"},
    "hints": [
        "The file holds weights of this very model, only not of the best epoch. Of which one?",
        "Write down val_auc of each epoch, and whether the callback saved in that epoch.",
        "How does the callback know whether a larger val_auc is better? Print its monitor_op.",
    ],
}


def area_under_curve(labels, scores):  # share of pairs that are ranked the right way round
    return float(np.mean(scores[labels == 1][:, None] > scores[labels == 0]))


def save(artifact, seed, mode="auto"):
    rng = np.random.default_rng(seed)
    loans = rng.normal(size=(256, 4)).astype("float32")  # income, debt, age, years employed
    risk = loans @ [[-1.0], [2.0], [-0.5], [-1.0]] + rng.normal(0, 0.5, (256, 1))
    default = (risk > 0).astype("float32")
    model = tf.keras.Sequential([
        tf.keras.Input((4,)),
        tf.keras.layers.Dense(1, activation="sigmoid", kernel_initializer="zeros"),
    ])
    optimizer = tf.keras.optimizers.SGD(0.5)
    model.compile(optimizer, "binary_crossentropy", run_eagerly=True)
    best = tf.keras.callbacks.ModelCheckpoint(
        artifact + "/best.keras", monitor="val_auc", save_best_only=True, mode=mode)
    best.set_model(model)
    values, predictions = [], []
    for epoch in range(4):  # what fit does, with an AUC of our own
        model.train_on_batch(loans[epoch * 4:][:4], default[epoch * 4:][:4])
        scores = model(loans).numpy()
        values.append(area_under_curve(default[128:], scores[128:]))
        predictions.append(scores)
        best.on_epoch_end(epoch, {"val_auc": values[-1]})
    return loans, predictions[int(np.argmax(values))]  # of the epoch that the log calls the best


def save_mode_max(artifact, seed):
    return save(artifact, seed, mode="max")


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/best.keras")
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_mode_max(artifact):  # the cure is in save_mode_max
    return restore_broken(artifact)
