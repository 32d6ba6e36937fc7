"""An optimizer with use_ema=True predicts with averaged weights, but checkpoints hold raw weights.

Symptom:
    "Model from ModelCheckpoint is worse than the model after fit", only with use_ema=True. No
    error. The last epoch's checkpoint and the model in memory should be equal, but differ.
Cause:
    With use_ema the optimizer keeps a moving average of every weight. fit copies the averages into
    the model only at its very end. A callback after an epoch saves the raw, noisy weights of the
    last step. The averages are in the file too, but among the optimizer's variables.
Fix:
    finalised: the averages are in the file. After load_model (compiled, the default) let the
    optimizer put the averages into the model: optimizer.finalize_variable_values(...). This is not
    possible if only weights were saved (save_weights_only=True).
    saved_last: save again after fit. Or let each epoch's file hold the averages: in Keras 3 put the
    callback SwapEMAWeights(swap_on_epoch=True) in front of ModelCheckpoint (not behind it).
Spot it:
        model.optimizer.use_ema  # True: a file saved while fit ran holds raw weights
Evidence:
    keras-team/keras#18978 (SwapEMAWeights).
    Measured with this file: differs on 20 of 20 seeds (TensorFlow 2.21, Keras 3 and tf_keras).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "ema-not-finalised", "family": "restore",
    "tensorflow": ">=2.11", "seed": 0, "minutes": 7,
    "expect": {
        "restore_broken": "differs",
        "restore_fixed_finalised": "match",
        "restore_fixed_saved_last": "match",
    },
    "hints": [
        "The file was written after the last step. What does fit still do after the last step?",
        "Compare the weights in the file with the model's after fit. Which are smoother?",
        "Print the optimizer's variables of the loaded model: whose averages are those?",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    kitchen = rng.normal(size=(40, 3)).astype("float32")  # oven, fridge, people: z-scores
    power = (kitchen @ [[2.0], [0.5], [1.0]] + rng.normal(3, 1, (40, 1))).astype("float32")  # kW
    model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(1)])
    optimizer = tf.keras.optimizers.SGD(0.4, use_ema=True, ema_momentum=0.8)
    model.compile(optimizer, "mse", run_eagerly=True)  # for a few steps, faster than compiling
    for batch in range(5):
        model.train_on_batch(kitchen[batch * 8:][:8], power[batch * 8:][:8])
    model.save(artifact + "/epoch-1.keras")  # where ModelCheckpoint saves
    optimizer.finalize_variable_values(model.trainable_variables)  # the last thing that fit does
    model.save(artifact + "/model.keras")
    return kitchen, model(kitchen).numpy(), model


def restore_broken(artifact, file="/epoch-1.keras"):
    model = tf.keras.models.load_model(artifact + file)
    return lambda inputs: model(inputs).numpy(), model


def restore_fixed_finalised(artifact):
    predict, model = restore_broken(artifact)
    model.optimizer.finalize_variable_values(model.trainable_variables)
    return predict, model


def restore_fixed_saved_last(artifact):
    return restore_broken(artifact, "/model.keras")
