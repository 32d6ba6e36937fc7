"""The causes that outputs name, by expected and predicted numbers alone."""

from harness.diagnose.causes.cause import cause, lesson

OUTPUTS = "--expected and --predicted"
OR_TRAINING = "; or --inputs and --train-sample"
TWICE = "--predicted twice: two calls with the same inputs"

OUTPUT_CAUSES = (
    lesson(
        "logits-read-as-probabilities",
        "postprocessing",
        OUTPUTS,
        "The model gives logits where probabilities are expected.",
        "predictions = tf.nn.softmax(model.predict(inputs)).numpy()  # one unit: tf.nn.sigmoid",
    ),
    cause(
        "activation-applied-twice",
        "postprocessing",
        OUTPUTS,
        "Softmax or sigmoid is applied to what is a probability already.",
        "predictions = model.predict(inputs)  # without tf.nn.softmax or tf.nn.sigmoid",
    ),
    lesson(
        "probability-cast-to-int",
        "postprocessing",
        OUTPUTS,
        "The predictions are cut off to integers.",
        "predictions = model.predict(inputs)  # without .astype(int)",
    ),
    cause(
        "labels-for-probabilities",
        "postprocessing",
        OUTPUTS,
        "One of the two holds labels, the other the probabilities they were made from.",
        "predictions = model.predict(inputs)  # without argmax and without > 0.5",
    ),
    lesson(
        "argmax-of-one-sigmoid",
        "postprocessing",
        OUTPUTS,
        "argmax over a single output is 0 for every row.",
        "labels = (model.predict(inputs)[:, 0] > 0.5).astype(int)  # in place of argmax",
    ),
    lesson(
        "softmax-over-one-unit",
        "code",
        f"MODEL, or {OUTPUTS}",
        "Softmax over one unit is 1.0 for every row.",
        'tf.keras.layers.Dense(1, activation="sigmoid")  # in place of softmax',
    ),
    lesson(
        "target-left-scaled",
        "postprocessing",
        OUTPUTS,
        "The predictions are still in the unit of the scaled target.",
        "predictions = scaler.inverse_transform(model.predict(inputs))",
    ),
    cause(
        "output-in-another-unit",
        "postprocessing",
        OUTPUTS,
        "The predictions are the expected ones in another unit: a factor and an offset.",
        "predictions = factor * model.predict(inputs) + offset",
        "target-left-scaled",
    ),
    cause(
        "output-columns-permuted",
        "postprocessing",
        OUTPUTS,
        "The outputs come in another order of columns.",
        "predictions = predictions[:, order]",
        "heads-reordered",
    ),
    lesson(
        "class-names-sorted-otherwise",
        "postprocessing",
        OUTPUTS,
        "The columns are sorted as text in one place and as numbers in the other.",
        "class_names = sorted(names, key=int)  # in both places",
    ),
    lesson(
        "shuffled-while-predicting",
        "code",
        OUTPUTS,
        "The rows are right, and in another order.",
        "dataset = tf.data.Dataset.from_tensor_slices(inputs).batch(32)  # without shuffle\n"
        "predictions = model.predict(dataset)",
    ),
    lesson(
        "merge-order-changed",
        "code",
        OUTPUTS,
        "Every prediction is the opposite of the expected one.",
        "difference = tf.keras.layers.Subtract()([first, second])  # as it was when it was saved",
    ),
    cause(
        "class-order-flipped",
        "postprocessing",
        OUTPUTS,
        "The predictions are the probabilities of the other class.",
        "predictions = 1 - model.predict(inputs)",
        "class-names-sorted-otherwise",
    ),
    cause(
        "output-axes-reordered",
        "postprocessing",
        OUTPUTS,
        "The axes of the outputs come in another order.",
        "predictions = np.transpose(predictions, order)",
        "reshape-instead-of-transpose",
    ),
    cause(
        "output-cut-off",
        "code",
        OUTPUTS,
        "The predictions are cut off at a bound: a ReLU or a clip stands behind the model.",
        'tf.keras.layers.Dense(units, activation="linear")  # no relu at the end, no np.clip',
        "custom-relu-shadowed",
    ),
    lesson(
        "half-precision-rounding",
        "environment",
        OUTPUTS,
        "The predictions are right to three digits: float16 has no more.",
        'tf.keras.mixed_precision.set_global_policy("float32")  # before the model is made',
    ),
    lesson(
        "one-missing-cell",
        "preprocessing",
        OUTPUTS + OR_TRAINING,
        "Some rows are NaN: a cell of their inputs is missing.",
        "inputs = np.where(np.isnan(inputs), means_of_training, inputs)\n"
        "predictions = model.predict(inputs)",
    ),
    lesson(
        "dead-relu-head",
        "preprocessing",
        OUTPUTS,
        "Every prediction is zero: a ReLU output lies on its flat side, as with raw inputs.",
        "predictions = model.predict((inputs - mean_of_training) / std_of_training)",
    ),
    lesson(
        "sigmoid-underflow",
        "preprocessing",
        OUTPUTS,
        "Every probability is 0.0: inputs far too large drive the sigmoid to its end.",
        "predictions = model.predict((inputs - mean_of_training) / std_of_training)",
    ),
    lesson(
        "missing-rescale-255",
        "preprocessing",
        OUTPUTS + OR_TRAINING + "; or MODEL with BatchNormalization, and --inputs",
        "Inputs are far too large, such as 0..255, and every row is certain of its class.",
        "predictions = model.predict(images / 255.0)  # whatever training did to its inputs",
    ),
    lesson(
        "scaler-fitted-on-one-row",
        "preprocessing",
        OUTPUTS,
        "Every row gets the same prediction: the rows are equal when they reach the model.",
        "predictions = model.predict(scaler.transform(inputs))  # fitted in training, never again",
    ),
    lesson(
        "training-mode-at-inference",
        "code",
        f"{TWICE}; or MODEL with BatchNormalization, --inputs and --predicted",
        "The model runs as in training: dropout is at work, and batches give the statistics.",
        "predictions = model(inputs, training=False)",
    ),
    cause(
        "weights-drawn-anew",
        "code",
        TWICE,
        "Two predictions have nothing in common: the weights are random, and not restored.",
        "model.load_weights(path)  # and compare model.get_weights() before and after",
        "architecture-only",
    ),
)
