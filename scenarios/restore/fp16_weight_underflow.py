"""Weights below 6e-8 become 0 in a float16 file: a model for large raw units predicts zeros.

Symptom:
    After "post-training float16 quantization", or weights stored as half precision to shrink the
    file, every prediction is 0.0. No error. The same export works for other models.
Cause:
    The smallest number above zero in float16 is 6e-8. Numbers below half of that are rounded to 0.
    A model with large inputs (joules, bytes, hertz) and small outputs has such weights: here tonnes
    of CO2 per joule, about 1e-10. float16 has a precision of a thousandth down to 6e-5, loses
    precision below that, and rounds to 0 from 3e-8 down.
Fix:
    float32: keep the weights in float32 (bfloat16 has the same range, at less precision).
    Better when you train again: feed gigajoules, or put a Normalization layer first.
Spot it:
        for weight in model.get_weights():  # share of weights that float16 would lose
            print(weight.shape, np.mean((weight != 0) & (weight.astype("float16") == 0)))
Evidence:
    No public thread known. MinishLab/model2vec#368 and MinishLab/model2vec#369 are kin: a constant
    of 1e-32, added against a division by zero, is 0 in float16.
    Measured with this file: zeros on 20 of 20 seeds, both ways (TensorFlow 2.21), and in 2.4,
    2.10, 2.12, 2.15 to 2.18 and 2.20. In kilojoules it is off by 7 % of the range.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "fp16-weight-underflow", "family": "restore",
    "tensorflow": ">=2.3", "seed": 0, "minutes": 9,
    "expect": {
        "restore_broken": "zeros",
        "restore_broken_tflite": "zeros",
        "restore_fixed_float32": "match",
    },
    "dose": {"path": "restore_broken",
             "of": "powers of ten that the unit is below a gigajoule (9: joule)",
             "values": [0, 2, 4, 5, 6, 7, 8, 9]},
    "hints": [
        "Print the restored weights, not only the predictions.",
        "How large were they when trained, and what is np.finfo('float16').smallest_subnormal?",
        "Keep them in float32, or choose units in which no weight is tiny.",
    ],
}


def make_model():
    return tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(1, use_bias=False)])


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    joules = rng.lognormal([25, 24, 23], 0.5, size=(128, 3)).astype("float32")  # a house in a month
    tonnes = joules @ [[1.1e-10], [5.6e-11], [5.0e-11]]  # CO2 of electricity, gas, district heat
    tonnes *= rng.normal(1, 0.05, size=(128, 1))  # meters err
    kernel = np.linalg.lstsq(joules, tonnes, rcond=None)[0].astype("float32")  # trained weights
    model = make_model()
    model.set_weights([kernel])
    np.save(artifact + "/kernel.npy", kernel)

    @tf.function(input_signature=[tf.TensorSpec((None, 3))])
    def network(x):
        return x @ kernel

    converter = tf.lite.TFLiteConverter.from_concrete_functions([network.get_concrete_function()])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]
    with open(artifact + "/half.tflite", "wb") as file:
        file.write(converter.convert())
    return joules, model.predict_on_batch(joules), model


def restore_broken(artifact, dose=9):
    unit = 10.0 ** (9 - dose)  # in joules
    kernel = np.load(artifact + "/kernel.npy") * unit
    model = make_model()
    model.set_weights([kernel.astype("float16")])  # as a half-precision file would keep it
    return lambda inputs: model.predict_on_batch(inputs / np.float32(unit)), model


def restore_broken_tflite(artifact):
    interpreter = tf.lite.Interpreter(artifact + "/half.tflite")
    source, target = interpreter.get_input_details()[0], interpreter.get_output_details()[0]

    def predict(inputs):
        interpreter.resize_tensor_input(source["index"], inputs.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(source["index"], inputs)
        interpreter.invoke()
        return interpreter.get_tensor(target["index"])

    return predict


def restore_fixed_float32(artifact):
    model = make_model()
    model.set_weights([np.load(artifact + "/kernel.npy")])
    return model.predict_on_batch, model
