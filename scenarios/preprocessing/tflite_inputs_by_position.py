"""A converted model lists its inputs in another order than Keras, and code fills them by position.

Symptom:
    "The TFLite model gives other numbers than the Keras model", "signs are wrong on the phone". No
    error, since the inputs have the same shape.
Cause:
    get_input_details() of an interpreter lists the inputs in the converter's order. Here the order
    in Keras is revenue, cost, tax. The program fills the inputs by position, so one number is read
    as another. The order of get_output_details() may differ, too.
Fix:
    by_name: interpreter.get_signature_runner() takes the inputs by name (TensorFlow 2.5 and later).
    How it differs from outputs-sorted-by-name and heads-reordered: the inputs are exchanged.
Spot it:
        print([each["name"] for each in interpreter.get_input_details()], model.input_names)
    Both lists must have one order. In Keras 3 use [each.name for each in model.inputs].
Evidence:
    tensorflow/tensorflow#61992, #56985, #57693, and #124015, which writes into the documentation
    that the order may differ; for outputs #33303, #61065, #55242. Read on 2026-11-26 as search
    excerpts.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "tflite-inputs-by-position", "family": "preprocessing",
    "tensorflow": ">=2.7", "seed": 0, "minutes": 5,
    "expect": {
        "restore_broken": "differs",
        "restore_fixed_by_name": [
            {"reader": "==2.16.*", "keras": ">=3", "verdict": "error",
             "raises": "Invalid Input name (revenue)",
             "why": "Its converter names them inputs, inputs_1, inputs_2, in the model's order."},
            {"verdict": "match"}],
    },
    "hints": [
        "Feed one row in which the inputs are 1, 10 and 100. Which of them was subtracted?",
        "Print the names of get_input_details(), in order.",
        "Which call of the interpreter takes inputs by name?",
    ],
}
NAMES = ["revenue", "cost", "tax"]


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    entries = [tf.keras.Input((1,), name=name) for name in NAMES]
    revenue, cost, tax = entries
    profit = tf.keras.layers.Subtract()([revenue, cost])
    model = tf.keras.Model(entries, tf.keras.layers.Subtract()([profit, tax]))
    with open(artifact + "/net.tflite", "wb") as file:
        file.write(tf.lite.TFLiteConverter.from_keras_model(model).convert())
    books = rng.uniform(0, [100, 60, 7], size=(32, 3)).astype("float32")
    return books, model.predict_on_batch([books[:, :1], books[:, 1:2], books[:, 2:]])


def restore_broken(artifact):
    interpreter = tf.lite.Interpreter(artifact + "/net.tflite")
    interpreter.allocate_tensors()

    def predict(books):
        net = []
        for row in books:
            for detail, value in zip(interpreter.get_input_details(), row):
                interpreter.set_tensor(detail["index"], value.reshape(1, 1))
            interpreter.invoke()
            net.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0])
        return np.array(net)

    return predict


def restore_fixed_by_name(artifact):
    runner = tf.lite.Interpreter(artifact + "/net.tflite").get_signature_runner()

    def predict(books):
        rows = [{name: row[i].reshape(1, 1) for i, name in enumerate(NAMES)} for row in books]
        return np.array([next(iter(runner(**row).values()))[0] for row in rows])

    return predict
