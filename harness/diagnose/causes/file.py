"""The causes that a model file names: its weights, its layers."""

from harness.diagnose.causes.cause import cause, lesson

MODEL = "MODEL"

FILE_CAUSES = (
    lesson(
        "architecture-only",
        "file",
        MODEL,
        "The file holds the layers and no weights: a model made of it starts untrained.",
        'model.save("model.keras")  # the whole model, in place of model.to_json()',
    ),
    cause(
        "saved-before-built",
        "code",
        MODEL,
        "The model was saved before it was built: no layer had weights yet, so none is trained.",
        "model.fit(inputs, targets)  # builds and trains the object that is saved\n"
        "print(model.count_params())\n"
        "model.save('model.keras')  # this very object, and not one made anew",
        "architecture-only",
    ),
    cause(
        "layer-without-weights",
        "file",
        MODEL,
        "A layer has no weights in the file: it was not built, or not tracked, when it was saved.",
        "model(inputs[:1])  # builds every layer; then save again, from the trained model",
        "build-without-sublayers",
    ),
    cause(
        "weights-not-finite",
        "file",
        MODEL,
        "Weights in the file are NaN or infinite: the training had diverged when it was saved.",
        "model.fit(inputs, targets, epochs=100, callbacks=[  # train again, and keep the best\n"
        "    tf.keras.callbacks.TerminateOnNaN(),\n"
        "    tf.keras.callbacks.ModelCheckpoint(\n"
        "        'best.keras', 'loss', save_best_only=True)])",
    ),
    lesson(
        "fp16-weight-underflow",
        "file",
        MODEL,
        "Weights were stored in float16, which has no numbers so small: they are 0 in the file.",
        "model.save(path)  # with float32 weights; scale raw inputs, so that weights are near 1",
    ),
    cause(
        "weights-all-zero",
        "file",
        MODEL,
        "All weights of a layer are 0 in the file, so nothing passes through it.",
        "for layer in model.layers:  # in the session that trained, before it saves\n"
        "    print(layer.name, [float(abs(w).max()) for w in layer.get_weights()])",
    ),
    cause(
        "never-trained",
        "code",
        MODEL,
        "The weights in the file are those that the initializers drew: it was saved untrained.",
        "model.fit(inputs, targets)  # the model that was saved is not the one that was trained\n"
        "model.save(path)",
        "architecture-only",
    ),
    cause(
        "layers-as-drawn",
        "code",
        MODEL,
        "Some layers are trained, and others are as their initializer drew them.",
        "drawn = [w.copy() for w in model.get_weights()]  # before weights are loaded or trained\n"
        "model.load_weights(path)  # without skip_mismatch, without by_name\n"
        "for w, old in zip(model.weights, drawn):  # which of them did not change?\n"
        "    print(w.name, bool((w.numpy() == old).all()))",
        "architecture-only",
    ),
    lesson(
        "normalization-never-adapted",
        "code",
        MODEL,
        "A Normalization layer was never adapted: it passes raw inputs on.",
        "normalization.adapt(training_inputs)  # before fit and before save",
    ),
    cause(
        "batch-statistics-at-default",
        "file",
        MODEL,
        "BatchNormalization was trained, and its moving statistics are not in the file.",
        "model.save_weights(path)  # all weights: not only model.trainable_weights",
        "trainable-weights-only",
    ),
    cause(
        "batch-statistics-unsettled",
        "code",
        "MODEL and --inputs",
        "BatchNormalization took too few steps: its moving statistics are still near their start.",
        "tf.keras.layers.BatchNormalization(momentum=0.9)  # and train again, or longer",
        "trainable-weights-only",
    ),
    cause(
        "variables-lost",
        "file",
        MODEL,
        "The model had variables that the file does not hold: they come back random.",
        "self.blocks = [layer_a, layer_b]  # layers as attributes or in one flat list: tracked\n"
        "# and in save_own_variables and get_config, call super() first",
        "nested-list-of-layers",
    ),
    cause(
        "dead-output",
        "file",
        MODEL,
        "The output is 0 for every input: its ReLU never gets a positive number.",
        'tf.keras.layers.Dense(units, activation="linear")  # and train again',
        "dead-relu-head",
    ),
    cause(
        "saturated-output",
        "file",
        "MODEL, --inputs, and --expected or --predicted",
        "A sigmoid or softmax gives the same end for any input: a bias or weights far too large.",
        "for layer in model.layers:  # train again, with scaled inputs, smaller steps\n"
        "    print(layer.name, [float(abs(w).max()) for w in layer.get_weights()])",
        "sigmoid-underflow",
    ),
    cause(
        "name-of-a-built-in",
        "code",
        MODEL,
        "A class of yours has the name of a layer of Keras, which may be loaded in its place.",
        '@tf.keras.utils.register_keras_serializable(package="mine")  # above the class',
        "custom-relu-shadowed",
    ),
)
