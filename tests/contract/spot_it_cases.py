"""How the "Spot it" of each lesson is tested: in which programs, with which names bound."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """Two programs that a section has to tell apart: the first broken and the first fixed path.

    `setup` binds what the section's code takes for granted, in both; `wrong` and `right` are
    executed after it in the one and in the other. Where the paths share what the section looks at,
    a file for one, they make the difference: `wrong` a failure, `right` a model without it.
    """

    setup: str = ""
    wrong: str = ""
    right: str = ""
    broken: str = ""
    sound: str = ""


INVERTED = "tf.keras.layers.Normalization(mean=0.0, variance=1.0, invert=True)"
SAVE = "tf.keras.Sequential([tf.keras.Input((1,)), tf.keras.layers.Dense(1)]).save('%s')"
H5 = Case(right=SAVE % "model.h5")
KERAS = Case(right=SAVE % "model.keras")
LAYER = "layer = model.layers[%d]"
NO_WEIGHTS = "model.set_weights([0 * each for each in model.get_weights()])"

CASES = {
    # preprocessing
    "argmax-of-one-sigmoid": Case(
        right="model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2)])"
    ),
    "article-listing-one": Case(),
    "article-regressor": Case(),
    "balanced-sigmoid-by-chance": Case(),
    "batch-never-filled": Case(),
    "bgr-instead-of-rgb": Case("photo = np.asarray(inputs)[0]"),
    "category-codes-refitted": Case(
        "cities = raw",
        "encode = lambda some: np.unique(some, return_inverse=True)[1]",
        "encode = lambda some: np.array([number_of[each] for each in some])",
    ),
    "certain-softmax": Case(
        "classes = labelled['classes']",
        "model = tf.keras.Sequential([tf.keras.Input((2,)), model.layers[-1]])",
    ),
    "class-names-sorted-otherwise": Case(),
    "columns-in-another-order": Case(
        "batch, training_mean = inputs, np.ravel(model.layers[0].mean)"
    ),
    "dark-ink-on-white-paper": Case(),
    "dead-relu-head": Case(),
    "double-rescale": Case(sound="restore_fixed_layer_taken_off"),
    "embedding-id-beyond-the-table": Case(
        "ids = raw\n" + LAYER % 0, right="ids = np.where(ids < 50, ids, 1)"
    ),
    "exploration-starts-anew": Case(),
    "featurewise-stats-not-applied": Case(),
    "float16-input-overflow": Case(),
    "index-offset-forgotten": Case(),
    "input-structure-warning": Case(
        wrong="one, two = tf.keras.Input((1,)), tf.keras.Input((1,))\n"
        "model = tf.keras.Model([one, two], tf.keras.layers.Add()([one, two]))"
    ),
    "load-img-resizes-differently": Case(
        "path, size = artifact + '/' + raw[0], (16, 16)\n"
        "from_training, img_to_array = [read_and_resize(path)], np.asarray",
        "load_img = lambda path, target_size: to_array(load(path, **options))",
        "load_img = lambda path, target_size: read_and_resize(path)",
    ),
    "logits-read-as-probabilities": Case(
        right="model = tf.keras.Sequential([model, tf.keras.layers.Activation('sigmoid')])"
    ),
    "masking-eats-zeros": Case("ids = np.asarray(inputs)"),
    "missing-image-is-black": Case(
        "batch = np.asarray(inputs)\nnames = [os.path.join(folder, each) for each in raw]",
        "names = ['elsewhere/' + each for each in names]",
    ),
    "missing-rescale-255": Case("images = np.asarray(inputs)"),
    "one-missing-cell": Case("batch = np.asarray(inputs)"),
    "padded-steps-are-zero": Case(wrong="outputs[ids != 0] = 0", setup="ids = raw"),
    "padding-on-the-other-side": Case("ids = np.asarray(inputs)"),
    "preprocess-input-in-place": Case("preprocess_input, batch = prepare, np.array(raw)"),
    "preprocess-input-wrong-module": Case(
        "preprocess_input, x = application.preprocess_input, raw"
    ),
    "probability-cast-to-int": Case("labels = predictions"),
    "rare-class-below-half": Case(wrong="probabilities = 0 * probabilities"),
    "reshape-instead-of-transpose": Case("images, converted = raw, np.asarray(inputs)"),
    "resize-half-pixel": Case(
        wrong="resize = tf.image.resize", right="resize = tf.compat.v1.image.resize_bilinear"
    ),
    "running-statistics-left-behind": Case(),
    "scaler-file-missing": Case(),
    "scaler-fitted-on-one-row": Case(
        "rows = raw",
        "predict = lambda rows: model.predict_on_batch(scale(rows))",
        "predict = lambda rows: model.predict_on_batch(scale(rows))",
    ),
    "scaler-refitted": Case("scaled = np.asarray(inputs)"),
    "shuffled-while-predicting": Case("inputs = raw"),
    "sigmoid-underflow": Case(),
    "softmax-over-one-unit": Case(),
    "sparse-relu-features": Case(wrong="inputs = inputs / 100"),
    "target-left-scaled": Case("targets = wanted"),
    "text-string-not-list": Case(
        "tokenizer = to_sequences.__self__", "texts = raw[0]", "texts = [raw[0]]"
    ),
    "tflite-bad-representative-dataset": Case(),
    "resize-takes-width-first": Case(
        wrong="resized = resize(raw[0], (HEIGHT, WIDTH))",
        right="resized = resize(raw[0], (WIDTH, HEIGHT))",
    ),
    "tokenizer-never-fitted": Case("ids = np.asarray(inputs)"),
    "tokenizer-refitted": Case(),
    "transparent-is-black": Case(),
    "uint8-truncation": Case(),
    "zero-at-night": Case(wrong=NO_WEIGHTS),
    # restore
    "architecture-only": Case(),
    "attribute-frozen-in-graph": Case("x = raw"),
    "best-weights-not-put-back": Case(
        "import types\nhistory = types.SimpleNamespace(history={'val_loss': [0.01, 0.55]})\n"
        "x_val, y_val = inputs, wanted\nmodel.compile('sgd', 'mse')",
        wrong="model.set_weights([2 * each for each in model.get_weights()])",
    ),
    "build-without-sublayers": Case("model = program(artifact)[1]"),
    "by-name-no-match": Case(
        "os.rename('risk.h5', 'model.h5')\n" + NO_WEIGHTS, sound="restore_fixed_given_names"
    ),
    "checkpoint-format-mixed": Case(
        "folder = 'training'",
        right="tf.train.Checkpoint(step=tf.Variable(1.0)).save('training/ckpt')",
    ),
    "checkpoint-skips-layer-lists": Case("path = 'ckpt-1'", sound="restore_fixed_tuple"),
    "config-without-super": Case(),
    "custom-relu-shadowed": Case(sound="restore_fixed_reassigned"),
    "ema-not-finalised": Case(right="model.compile('adam', 'mse')"),
    "fp16-weight-underflow": Case(
        broken="restore_fixed_float32",
        right="model.set_weights([1e7 * each for each in model.get_weights()])",
    ),
    "get-config-drops-argument": Case(LAYER % -1),
    "h5-loss-by-short-name": Case(
        right="with h5py.File('model.h5', 'a') as file:\n"
        "    stored = file.attrs['training_config']\n"
        "    file.attrs['training_config'] = stored.replace('\"mse\"', '\"mean_squared_error\"')"
    ),
    "h5-operators-unreadable": Case(
        broken="restore_fixed_rebuilt",
        right="one = tf.keras.Input((1,))\n"
        "model = tf.keras.Model(one, tf.keras.layers.Dense(1)(one))",
    ),
    "half-precision-rounding": Case("before, after = wanted, predictions", "after = -after"),
    "initializer-after-load": Case("kept = sess.graph.as_default()\nkept.__enter__()"),
    "heads-reordered": Case(),
    "load-before-build": Case(),
    "layer-inside-a-lambda": Case(),
    "lambda-reads-global": Case(
        "layer = [each for each in model.layers if isinstance(each, tf.keras.layers.Lambda)][0]",
        broken="restore_broken_lambda",
        sound="restore_fixed_arguments",
    ),
    "lambda-safe-mode": KERAS,
    "last-digits-differ": Case("before, after = wanted, predictions", "after = -after"),
    "latest-checkpoint-none": Case(wrong="folder = 'copied'"),
    "merge-order-changed": Case(),
    "missing-custom-objects": KERAS,
    "moving-statistics-not-settled": Case(
        LAYER % 0 + "\nbatch = np.load('training.npy')",
    ),
    "normalization-never-adapted": Case(
        "layer = [each for each in list(globals().values())"
        " if isinstance(each, tf.keras.layers.Normalization)][0]"
    ),
    "normalization-h5-not-finalised": Case(
        wrong="for each in model.layers:\n"
        "    if hasattr(each, 'finalize_state'):\n"
        "        each.mean = 0 * each.mean"
    ),
    "numpy-attribute-not-saved": Case(LAYER % 0),
    "pointer-in-place-of-the-file": Case("path = 'model.h5'", right="path = 'fetched.h5'"),
    "raw-tf-variable": Case(LAYER % -1),
    "registered-name-taken": Case(
        "Unscale = unscale",
        broken="restore_broken_custom_objects",
        sound="restore_fixed_registered_again",
    ),
    "save-own-variables-without-super": Case(),
    "stateful-rnn-residue": Case(sound="restore_fixed_stateless"),
    "tfsm-layer-forgets-mask": Case("ids = raw"),
    "trainable-weights-only": Case(
        right="model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(1)])"
    ),
    "traced-call-keeps-first-weights": Case("x = raw[:1]"),
    "training-mode-at-inference": Case("x = raw"),
    "unbuilt-layer-warning": Case(wrong="model = tf.keras.Sequential([tf.keras.layers.Dense(1)])"),
    "weight-list-reordered": Case(
        "before, after = model.get_weights(), model.get_weights()[::-1]",
        "after = [2 * each for each in after]",
    ),
    "weights-file-longer-than-model": Case("os.rename('leaves.weights.h5', 'model.weights.h5')"),
    "weights-only-confusion": Case(right=SAVE % "best.h5"),
    "weights-sorted-as-text": Case(right="np.savez('weights.npz', *range(3))"),
    # version
    "attention-shapes-keyword": H5,
    "checkpoint-across-keras": Case(
        "path = [each[:-6] for each in os.listdir('.') if each.endswith('.index')][0]",
        right="path = tf.train.Checkpoint(step=tf.Variable(1.0)).save('./other')",
    ),
    "weights-in-tf-format": Case(
        "path = 'weights'",
        right="tf.train.Checkpoint(step=tf.Variable(1.0)).write('weights')",
    ),
    "conv-transpose-padding-lost": Case(
        LAYER % -1,
        "layer.get_config = lambda: {'strides': 2}",
        "layer.get_config = lambda: {'output_padding': 0}",
    ),
    "functional-archive-module": KERAS,
    "groups-keyword": H5,
    "initializer-dtype-from-tf1": H5,
    "keras2-compile-objects": KERAS,
    "keras-name-hdf5-inside": Case(
        sound="restore_fixed_renamed", right="os.remove('model.keras')\n" + SAVE % "model.keras"
    ),
    "lambda-other-python": Case(
        "model = globals().get('model') or restore_fixed_rebuild(artifact)[1]",
        right=SAVE % "model.h5",
    ),
    "lstm-default-activation-tf1": Case(),
    "mixed-float16-policy": KERAS,
    "nested-list-of-layers": KERAS,
    "nested-model-h5": H5,
    "normalization-invert": Case(
        right=(SAVE % "model.h5").replace("tf.keras.layers.Dense(1)", INVERTED)
    ),
    "optimizer-lr-keyword": Case(
        right="model = tf.keras.Sequential([tf.keras.Input((1,)), tf.keras.layers.Dense(1)])\n"
        "model.compile('adam', 'mse')\nmodel.save('model.h5')"
    ),
    "removed-layers": H5,
    "sequential-archive-shape": KERAS,
    "sequential-list-config": H5,
    "sequential-one-dimension-more": H5,
    "slash-in-layer-name": H5,
    "savedmodel-folder-keras3": Case(right="os.rename('model', 'other')"),
    "scaler-version-warning": Case(
        "x, transform = raw, scaler.transform", "scaler.transform = lambda x: transform(x) / 3"
    ),
    "tf-function-activation": Case(
        broken="restore_fixed_custom_objects", sound="restore_fixed_named"
    ),
    "tfoplambda-unknown": H5,
    "tf-idf-weights-unreadable": Case(
        "words = tf.keras.layers.TextVectorization",
        "model = tf.keras.Sequential([words(output_mode='tf_idf')])",
        "model = tf.keras.Sequential([words()])",
        broken="restore_fixed_integers",
    ),
    "time-major-keyword": H5,
    "windows-names-in-archive": KERAS,
    "weights-file-deleted": Case(
        "import types\nfile = 'model.weights.h5'",
        "keras = types.SimpleNamespace(__version__='3.4.1')",
        "import keras",
    ),
    "weights-h5-layout-2-12": Case(
        right=(SAVE % "model.weights.h5").replace(".save(", ".save_weights(")
    ),
}

# The same sections in another wrong program: it too must look wrong.
SECOND_PROGRAMS = [
    ("merge-order-changed", Case(broken="restore_broken_concatenate")),
    ("latest-checkpoint-none", Case(wrong="folder = 'training/ckpt'")),
]

OTHER_RELEASE = "the scenario needs a release that is not installed"
KERAS_2 = "the scenario needs Keras 2, another worker"
BY_EYE = "the code prints what the reader compares with something outside of the program: "
# Sections whose code is not executed here, and why.
NOT_EXECUTED = {
    "vocabulary-from-a-set": BY_EYE + "what another process prints",
    "photo-lies-on-its-side": "the code needs Pillow, which the tests do not install",
    "tflite-inputs-by-position": BY_EYE + "the order of the model's inputs",
    "unknown-layer-functional": BY_EYE + "the release of the reader",
    "dict-inputs-fed-as-list": BY_EYE + "the list that is fed",
    "outputs-sorted-by-name": BY_EYE + "the order that the caller expects",
    "tflite-float-dequantised": BY_EYE + "what the caller's code does to the numbers",
    "tflite-int8-scale-ignored": BY_EYE + "what the caller's code does to the numbers",
    "article-listing-two": BY_EYE + "the class's own signature",
    "article-listing-three": BY_EYE + "the release of the reader",
    "attribute-renamed": BY_EYE + "the attributes of the class",
    "checkpoint-wrong-root": BY_EYE + "the keywords of the code",
    "evaluate-adds-penalty": BY_EYE + "the gap between two losses",
    "frozen-weight-order-nested": BY_EYE + "the order of the layers",
    "convlstm-default-changed": BY_EYE + "what the other release prints",
    "leaky-relu-spelling": BY_EYE + "the code that trained",
    "newer-keras-file": BY_EYE + "the release of the reader",
    "attention-not-restored": KERAS_2,
    "saved-model-loses-mask": KERAS_2,
    "vocabulary-file-changed": KERAS_2,
    "keras3-file-in-keras2": KERAS_2,
    "mixed-keras-packages": KERAS_2,
    "checkpoint-keeps-worst": OTHER_RELEASE,
    "evaluate-metric-lies": OTHER_RELEASE,
    "lambda-late-binding": OTHER_RELEASE,
    "numpy-breaks-old-rnn": OTHER_RELEASE,
}
