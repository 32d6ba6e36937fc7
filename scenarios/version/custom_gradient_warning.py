"""Loading a SavedModel warns of custom gradients and "will likely fail"; predictions are exact.

Symptom:
    "WARNING: Importing a function (__inference_dense_layer_call_and_return_conditional_losses_118)
    with ops with unsaved custom gradients. Will likely fail if a gradient is requested." Models
    with swish, such as EfficientNet, give dozens of such lines.
Cause:
    TensorFlow computes swish with a custom gradient. Older releases such as 2.4, which wrote this
    folder, could not save such a gradient. The file holds the forward computation, which is all
    that predict() needs. Newer releases save the gradient too.
Fix:
    For predictions nothing is needed. For training, rebuild the model in code and set the weights,
    as a gradient through the loaded functions raises "LookupError: No gradient defined for
    operation":
        model.set_weights([v.numpy() for v in tf.saved_model.load("model").variables])
Spot it:
    The sentence has a condition: "if a gradient is requested". Serving never requests a gradient.
    Compare a prediction that was saved with the model: here the difference is rounding.
Evidence:
    tensorflow/similarity#219 (EfficientNet), tensorflow/tensorflow#43576, tensorflow/models#9294;
    tensorflow/tensorflow#40166 (gradients were not saved, training raises LookupError).
    Measured with this file: written by 2.4.1, read by 2.21, off by 5e-8 of the range. Folders that
    2.10 and 2.15 wrote of such a model gave no warning.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "custom-gradient-warning",
    "family": "version",
    "tensorflow": ">=2.16",  # the readers; `save` wrote the committed files in TensorFlow 2.4.1
    "keras": ">=3",
    "artifact": {"writer": "2.4.1", "folder": "custom_gradient_warning"},
    "seed": 0,
    "expect": {"restore_healthy": "match"},
    "alarm": "with ops with unsaved custom gradients. Will likely fail if a gradient is requested",
    "minutes": 6,
    "hints": [
        "Read the warning to its end: under which condition will it fail?",
        "Does predict() compute a gradient?",
        "The folder holds the predictions of 2.4.1 as well. How far off are the new ones?",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(64, 6)).astype("float32")
    model = tf.keras.Sequential([
        tf.keras.Input((6,), name="leaf"),
        tf.keras.layers.Dense(8, activation="swish"),
        tf.keras.layers.Dense(1, name="yield"),
    ])
    # Any weights will do in place of the trained ones.
    model.set_weights([rng.normal(size=weight.shape) for weight in model.get_weights()])
    model.save(artifact + "/model")  # a folder: the SavedModel format
    return inputs, model.predict_on_batch(inputs)


def restore_healthy(artifact):
    layer = tf.keras.layers.TFSMLayer(artifact + "/model", call_endpoint="serving_default")
    return lambda inputs: layer(inputs)["yield"].numpy()
