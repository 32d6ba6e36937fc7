"""TensorFlow uses convolution kernels that Theano trained, without rotating the kernels.

Symptom:
    "Pretrained weights give different results with the TensorFlow backend", "features are right in
    the dense layers and wrong in the convolutions". No error. All shapes agree.
Cause:
    Theano convolves: it rotates each kernel by 180 degrees before it multiplies. TensorFlow
    correlates: it does not rotate the kernel. An unconverted Theano kernel is therefore upside down
    and mirrored in TensorFlow. Kernels of size 1 and dense layers are not affected.
Fix:
    flipped: reverse height and width of each convolution kernel, once, after loading:
        layer.set_weights([kernel[::-1, ::-1], bias])
    How it differs from reshape-instead-of-transpose: the axes are right, but two axes are reversed.
Spot it:
    Signs are a file from before 2018, or a repository that names Theano or "th" weights. Try both
    directions on one picture of a known class.
Evidence:
    keras-team/keras#3015, coxlab/prednet#46, keras-team/keras#3717, read on 2026-11-26 as search
    excerpts. Here numpy computes what Theano computes; Theano itself does not run.
    Measured with this file on 1.15, 2.4, 2.10, 2.15, 2.16, 2.18 and 2.21.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "theano-kernels-not-flipped", "family": "version",
    "tensorflow": ">=1.15", "seed": 0, "minutes": 8,
    "expect": {"restore_broken": "differs", "restore_fixed_flipped": "match"},
    "hints": [
        "Compare the output of the first layer with that of the original program.",
        "Feed a picture with one bright pixel. In which direction does the kernel appear?",
        "Theano convolves and TensorFlow correlates: kernel[::-1, ::-1] is the difference.",
    ],
}


def build():
    return tf.keras.Sequential([
        tf.keras.Input((8, 8, 1)),
        tf.keras.layers.Conv2D(4, 3, activation="relu"),
        tf.keras.layers.GlobalAveragePooling2D(),
        tf.keras.layers.Dense(2),
    ])


def convolve(pictures, kernel):
    """What Theano does: out[y, x] sums in[y + i, x + j] * kernel[2 - i, 2 - j]."""
    out = np.zeros((len(pictures), 6, 6, 4))
    for i in range(3):
        for j in range(3):
            out += pictures[:, i:i + 6, j:j + 6] @ kernel[2 - i, 2 - j]
    return out


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    pictures = rng.uniform(size=(64, 8, 8, 1)).cumsum(axis=1).astype("float32")  # a slope downwards
    kernel, bias = rng.normal(size=(3, 3, 1, 4)), rng.normal(size=4)
    head, offset = rng.normal(size=(4, 2)), rng.normal(size=2)
    features = np.maximum(convolve(pictures, kernel) + bias, 0).mean(axis=(1, 2))
    np.savez(artifact + "/theano.npz", kernel, bias, head, offset)
    return pictures, (features @ head + offset).astype("float32")


def load(artifact):
    model = build()
    with np.load(artifact + "/theano.npz") as file:
        model.set_weights([file["arr_%d" % number] for number in range(4)])
    return model


def restore_broken(artifact):
    model = load(artifact)
    return model.predict_on_batch, model


def restore_fixed_flipped(artifact):
    model = load(artifact)
    for layer in model.layers:
        if isinstance(layer, tf.keras.layers.Conv2D):
            kernel, bias = layer.get_weights()
            layer.set_weights([kernel[::-1, ::-1], bias])
    return model.predict_on_batch, model
