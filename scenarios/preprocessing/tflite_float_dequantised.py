"""Dequantising code runs on a float TFLite model, whose scale is 0.0: every prediction is 0.

Symptom:
    The .tflite model returns all zeros, no boxes, no detections. The original Keras model is fine,
    and the int8 export was fine with the same code.
Cause:
    A tensor that is not quantised has quantization == (0.0, 0). Code for the int8 export computes
    (output - zero_point) * scale without a check, here (y - 0) * 0.0. (If the input is treated in
    the same way, x / 0.0 is infinity, and the prediction is NaN or, in some releases, 0.)
Fix:
    by_dtype: convert only if the tensor's dtype is an integer. One function then serves both
    exports.
Spot it:
        for each in interpreter.get_input_details() + interpreter.get_output_details():
            print(each["name"], each["dtype"], each["quantization"])  # float32, (0.0, 0): hands off
Evidence:
    ultralytics/ultralytics#9159 (scale and zero point (0.0, 0) printed, and outputs of zero).
    Measured with this file: zeros on 20 of 20 seeds (TensorFlow 2.21), and in 2.4, 2.10, 2.12,
    2.15 to 2.18 and 2.20.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "tflite-float-dequantised", "family": "preprocessing",
    "tensorflow": ">=2.3", "seed": 0, "minutes": 9,
    "expect": {
        "restore_broken": "zeros",
        "restore_fixed_by_dtype": "match",
    },
    "hints": [
        "Print what interpreter.get_tensor returns, before any other line touches it.",
        "Print get_output_details()[0]['quantization']. What does a scale of 0.0 say?",
        "This export is float32. Which lines were written for the int8 export only?",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    images = rng.uniform(0, 1, size=(64, 64)).astype("float32")  # 8x8 pixels, flat
    people = images @ rng.uniform(0, 0.5, size=(64, 1))  # to be counted at the door
    kernel, head = train(rng, images, people)

    @tf.function(input_signature=[tf.TensorSpec((None, 64))])
    def network(x):
        return tf.nn.relu(x @ kernel) @ head

    # from_keras_model goes on from here in the same way, only slower
    converter = tf.lite.TFLiteConverter.from_concrete_functions([network.get_concrete_function()])
    with open(artifact + "/door.tflite", "wb") as file:
        file.write(converter.convert())
    return images, network(tf.constant(images)).numpy()


def open_model(artifact):
    interpreter = tf.lite.Interpreter(artifact + "/door.tflite")
    source, target = interpreter.get_input_details()[0], interpreter.get_output_details()[0]

    def run(rows):
        interpreter.resize_tensor_input(source["index"], rows.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(source["index"], rows.astype(source["dtype"]))
        interpreter.invoke()
        return interpreter.get_tensor(target["index"]).astype("float32")

    return run, source, target


def quantise(inputs, tensor):
    scale, zero_point = tensor["quantization"]
    return np.round(inputs / np.float32(scale) + zero_point)


def dequantise(outputs, tensor):
    scale, zero_point = tensor["quantization"]
    return (outputs - zero_point) * scale


def restore_broken(artifact):  # the input is asked for its type, the output is not
    run, source, target = open_model(artifact)
    is_int8 = source["dtype"] == np.int8
    return lambda inputs: dequantise(run(quantise(inputs, source) if is_int8 else inputs), target)


def restore_fixed_by_dtype(artifact):
    run, source, target = open_model(artifact)

    def predict(inputs):
        outputs = run(quantise(inputs, source) if source["dtype"] == np.int8 else inputs)
        return dequantise(outputs, target) if target["dtype"] == np.int8 else outputs

    return predict


def train(rng, inputs, targets):  # in place of fit: a random hidden layer, the best head over it
    kernel = rng.normal(0, 0.3, size=(64, 32)).astype("float32")
    hidden = np.maximum(inputs @ kernel, 0)
    return kernel, np.linalg.lstsq(hidden, targets, rcond=None)[0].astype("float32")
