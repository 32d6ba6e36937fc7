"""The causes that a file names together with inputs and outputs: what surrounds the model."""

from harness.diagnose.causes.cause import cause, lesson

INPUTS = "MODEL, --inputs, and --expected or --predicted"
TRAINING = "--inputs and --train-sample"
EITHER = f"{INPUTS}; or {TRAINING}"
OR_INNER = "; or MODEL with BatchNormalization, and --inputs"
CHECK = (  # which of two sides it is
    "# where the expected outputs were made, as inputs go into predict:\n"
    "np.save('as_fed.npy', inputs)\n"
    "np.save('expected.npy', model.predict_on_batch(inputs))\n"
    "# this decides, with the file: diagnose MODEL\n"
    "#     --inputs as_fed.npy --expected expected.npy\n"
)

INPUT_CAUSES = (
    lesson(
        "double-rescale",
        "preprocessing",
        EITHER + OR_INNER,
        "The model rescales images itself, and the caller does it again.",
        "predictions = model.predict(images)  # 0..255, without / 255",
    ),
    lesson(
        "preprocess-input-wrong-module",
        "preprocessing",
        EITHER + OR_INNER,
        "The inputs are prepared for another backbone.",
        "prepare = tf.keras.applications.resnet50.preprocess_input  # that of your backbone\n"
        "predictions = model.predict(prepare(images.copy()))  # it changes its argument",
    ),
    lesson(
        "dark-ink-on-white-paper",
        "preprocessing",
        EITHER,
        "Every pixel is inverted.",
        "predictions = model.predict(255.0 - images)",
    ),
    lesson(
        "bgr-instead-of-rgb",
        "preprocessing",
        EITHER,
        "Red and blue are exchanged: OpenCV reads images as BGR.",
        "predictions = model.predict(images[..., ::-1])",
    ),
    cause(
        "input-axes-exchanged",
        "preprocessing",
        EITHER,
        "Axes of the inputs are exchanged, such as height and width.",
        "predictions = model.predict(images.transpose(0, 2, 1, 3))",
        "reshape-instead-of-transpose",
    ),
    cause(
        "input-axis-reversed",
        "preprocessing",
        INPUTS,
        "An axis of the inputs runs backwards: the newest step first, or images upside down.",
        "predictions = model.predict(inputs[:, ::-1])  # axis 1: time, words, or rows of pixels",
        "reshape-instead-of-transpose",
    ),
    lesson(
        "uint8-truncation",
        "preprocessing",
        EITHER,
        "The inputs lose their decimals: they are written into an array of integers.",
        'batch = np.zeros(inputs.shape, dtype="float32")  # not uint8\n'
        "batch[:] = inputs\n"
        "predictions = model.predict(batch)",
    ),
    cause(
        "features-not-scaled",
        "preprocessing",
        f"{EITHER}, or --scaler",
        "The model was fed standardised inputs, and these are raw.",
        "predictions = model.predict((inputs - mean_of_training) / std_of_training)",
        "scaler-file-missing",
    ),
    lesson(
        "scaler-refitted",
        "preprocessing",
        f"{EITHER}, or --scaler",
        "The inputs are scaled by other numbers than those of training: a scaler was fitted again.",
        "predictions = model.predict(scaler.transform(inputs))  # never fit_transform",
    ),
    lesson(
        "batch-never-filled",
        "preprocessing",
        EITHER,
        "The model gets zeros: the inputs never reach the array.",
        "batch = np.stack(list(images))  # the images that were read, and no empty array\n"
        "predictions = model.predict(batch)",
    ),
    lesson(
        "index-offset-forgotten",
        "preprocessing",
        INPUTS,
        "Word numbers are shifted by 3.",
        "predictions = model.predict(inputs + 3)  # as tf.keras.datasets.imdb.load_data does",
    ),
    lesson(
        "padding-on-the-other-side",
        "preprocessing",
        EITHER,
        "Sequences are padded on the other side.",
        "texts = [row[row != 0] for row in inputs]\n"
        "pad = tf.keras.utils.pad_sequences\n"
        "padded = pad(texts, inputs.shape[1], padding='pre')  # or 'post': as in training\n"
        "predictions = model.predict(padded)",
    ),
    lesson(
        "columns-in-another-order",
        "preprocessing",
        f"{EITHER}, or --scaler",
        "The columns of the inputs come in another order than in training.",
        "predictions = model.predict(table[columns_of_training])",
    ),
    cause(
        "inputs-far-from-training",
        "preprocessing",
        f"MODEL and --inputs; or {TRAINING}",
        "The inputs lie far from those that the model was trained with.",
        "predictions = model.predict((inputs - mean_of_training) / std_of_training)",
        "scaler-file-missing",
    ),
    cause(
        "restored-otherwise",
        "code",
        INPUTS,
        "The file is right: the code that restores the model, or that calls it, goes wrong.",
        "model = tf.keras.models.load_model(path)  # the whole model\n"
        "predictions = model.predict_on_batch(inputs)  # and nothing before or behind it",
    ),
    cause(
        "inputs-lack-a-step",
        "preprocessing",
        INPUTS,
        "The inputs lack a step that training made; or, less often, the file holds another model.",
        f"{CHECK}# they agree: the file is right, and the step is what as_fed.npy has more:\n"
        "print(np.load('as_fed.npy').mean(axis=0))",
        "scaler-file-missing",
    ),
    cause(
        "another-model-in-the-file",
        "file",
        INPUTS,
        "The file holds other weights than those of the expected outputs, or inputs lack a step.",
        f"{CHECK}# they differ: the file holds another model; save the right one again:\n"
        "model.save(path)",
        "best-checkpoint-overwritten",
    ),
)
