"""An int8 TFLite model gets floats cast to int8, and gives the same output for every input.

Symptom:
    "ValueError: Cannot set tensor: Got value of type FLOAT32 but expected type INT8". After
    astype(np.int8) the error is gone and every pump has the same days left. Or the predictions are
    whole numbers between -128 and 127, on another scale than in Keras.
Cause:
    A fully quantised model counts in steps: a real number is (q - zero_point) * scale. Readings
    between 0 and 1 become 0 when cast to int8. An output that is not converted back is a count of
    steps, not of days. The interpreter checks only the type, so neither mistake is an error.
Fix:
    quantised: compute x / scale + zero_point, rounded, before the call, and (q - zero_point) *
    scale after the call. The interpreter's details hold scale and zero_point, one pair for the
    input and one pair for the output.
    Or leave inference_input_type and inference_output_type at float32 when you convert.
Spot it:
        details = interpreter.get_input_details()[0]  # and get_output_details()
        print(details["dtype"], details["quantization"])  # int8 and a scale that is not 0: convert
Evidence:
    tensorflow/tensorflow#53278, #35072, ultralytics/ultralytics#13304 (the error, and its cure).
    Measured with this file: as declared on 20 of 20 seeds (TensorFlow 2.21), and in 2.4, 2.10,
    2.12, 2.15 to 2.18 and 2.20.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "tflite-int8-scale-ignored", "family": "preprocessing",
    "tensorflow": ">=2.3", "seed": 0, "minutes": 7,
    "expect": {
        "restore_broken_cast_input": "constant",
        "restore_broken_raw_output": "differs",
        "restore_fixed_quantised": "match",
    },
    "hints": [
        "Print the first rows just before interpreter.set_tensor. What has become of 0.73?",
        "Look at 'quantization' in get_input_details(): what does one step of the input stand for?",
        "Divide by the scale and add the zero point on the way in; undo it on the way out.",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    vibration = rng.uniform(0, 1, size=(256, 4)).astype("float32")  # g, in four bands
    days = 400 - vibration @ [[150.0], [120], [60], [30]] * vibration.max(axis=1, keepdims=True)
    kernel = rng.normal(size=(4, 16)).astype("float32")
    hidden = np.maximum(vibration @ kernel, 0)
    head = np.linalg.lstsq(hidden, days, rcond=None)[0].astype("float32")  # the trained weights

    @tf.function(input_signature=[tf.TensorSpec((None, 4))])
    def network(x):
        return tf.nn.relu(x @ kernel) @ head

    # from_keras_model goes on from here in the same way, only slower
    converter = tf.lite.TFLiteConverter.from_concrete_functions([network.get_concrete_function()])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([row[None]] for row in vibration)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    with open(artifact + "/pumps.tflite", "wb") as file:
        file.write(converter.convert())
    inputs = vibration[:64]
    return inputs, restore_fixed_quantised(artifact)(inputs)  # as it was tested on the desk


def open_model(artifact):
    interpreter = tf.lite.Interpreter(artifact + "/pumps.tflite")
    source, target = interpreter.get_input_details()[0], interpreter.get_output_details()[0]

    def run(steps):
        interpreter.resize_tensor_input(source["index"], steps.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(source["index"], steps.astype(np.int8))
        interpreter.invoke()
        return interpreter.get_tensor(target["index"]).astype("float32")

    return run, source["quantization"], target["quantization"]


def restore_broken_cast_input(artifact):
    run, _, (scale, zero_point) = open_model(artifact)
    return lambda inputs: (run(inputs) - zero_point) * scale  # no error: run casts to int8


def restore_broken_raw_output(artifact):
    run, (scale, zero_point), _ = open_model(artifact)
    return lambda inputs: run(np.round(inputs / scale + zero_point).clip(-128, 127))


def restore_fixed_quantised(artifact):
    run, (scale, zero_point), (out_scale, out_zero_point) = open_model(artifact)

    def predict(inputs):
        steps = np.round(inputs / scale + zero_point).clip(-128, 127)
        return (run(steps) - out_zero_point) * out_scale

    return predict
