"""For each cause a program in which its cure, as printed, stands in the line `# CURE`.

A program sets up the fault and the names that the cure uses, and asserts what the cure brings back.
`ON_FILES`: the same for the committed files of other releases, each with the release to run in.
"""

# Inputs, what training divided them by, and a model that was fed so.
STANDARDISED = """
raw = np.random.RandomState(0).normal(size=(8, 3)) * [1, 50, 9] + [3, 400, -20]
mean_of_training, std_of_training = raw.mean(0), raw.std(0)
class Scaler:
    def transform(self, values): return (values - mean_of_training) / std_of_training
    def fit_transform(self, values): return (values - values.mean(0)) / (values.std(0) + 1e-9)
    def inverse_transform(self, values): return values * 7.0 + 100.0
scaler, inputs = Scaler(), raw[:4]
model = Fake(lambda x: 1 / (1 + np.exp(-np.clip(x.sum(1, keepdims=True), -50, 50))))
expected = model.predict((raw - mean_of_training) / std_of_training)[:4]
assert not same(model.predict(inputs), expected)
"""
IMAGES = """
images = inputs = np.random.RandomState(0).randint(0, 256, (4, 5, 5, 3)).astype("float32")
weights = np.random.RandomState(1).normal(size=(75, 2)) / 75
def flat(x): return np.asarray(x, "float64").reshape(len(x), -1) @ weights
"""
SAVED_CLASS = """
@tf.keras.utils.register_keras_serializable("tests")
class Mine(keras.layers.Layer):
    def __init__(self, argument=1, **options):
        super().__init__(**options)
        self.argument = argument
    def call(self, inputs):
        return inputs * self.argument
    # CURE
model = keras.Sequential([keras.Input((3,)), Mine(5.0)])
model.save("m.keras")
inputs = np.ones((2, 3), "float32")
assert same(keras.models.load_model("m.keras").predict_on_batch(inputs), inputs * 5)
"""
SCALED = STANDARDISED + "# CURE\nassert same(predictions, expected)\n"
ON_PROBABILITIES = """
expected = np.array([[0.1, 0.9], [0.6, 0.4], [0.3, 0.7], [0.8, 0.2]])
inputs, order = np.zeros((4, 2)), [1, 0]
"""

CASES = {
    "architecture-only": """
model, inputs = small()
expected = model.predict_on_batch(inputs)
drawn = keras.models.model_from_json(model.to_json())
assert not same(drawn.predict_on_batch(inputs), expected)
# CURE
assert same(keras.models.load_model("model.keras").predict_on_batch(inputs), expected)
""",
    "saved-before-built": """
model = keras.Sequential([keras.layers.Dense(3), keras.layers.Dense(1)])
model.compile("sgd", "mse")
inputs, targets = np.ones((4, 2), "float32"), np.ones((4, 1), "float32")
assert not model.weights
# CURE
assert len(keras.models.load_model("model.keras").get_weights()) == 4
""",
    "layer-without-weights": """
model = keras.Sequential([keras.layers.Dense(3), keras.layers.Dense(1)])
inputs = np.ones((4, 2), "float32")
assert not model.weights
# CURE
assert len(model.get_weights()) == 4
""",
    "weights-not-finite": """
model, inputs = small()
targets = inputs[:, :1]
model.compile(keras.optimizers.SGD(1e8), "mse", run_eagerly=True)
# CURE
assert np.isnan(model.predict_on_batch(inputs)).any() or len(model.history.epoch) < 100
best = keras.models.load_model("best.keras")
assert np.isfinite(best.predict_on_batch(inputs)).all()
""",
    "fp16-weight-underflow": """
model, inputs = small()
model.set_weights([np.full((3, 1), 1e-9), np.zeros(1)])
path = "m.keras"
assert not np.float16(1e-9)
# CURE
assert keras.models.load_model(path).predict_on_batch(inputs).all()
""",
    "weights-all-zero": """
import contextlib, io
model, inputs = small()
model.layers[-1].set_weights([np.zeros((3, 1)), np.ones(1)])
with contextlib.redirect_stdout(io.StringIO()) as printed:
    # CURE
assert "[0.0, 1.0]" in printed.getvalue()
""",
    "never-trained": """
model, inputs = small()
model.compile("sgd", "mse", run_eagerly=True)
drawn, targets, path = model.predict_on_batch(inputs), inputs[:, :1] + 5, "m.keras"
# CURE
assert not same(keras.models.load_model(path).predict_on_batch(inputs), drawn)
""",
    "layers-as-drawn": """
import contextlib, io
model, inputs = small()
model.save_weights("m.weights.h5")
path = "m.weights.h5"
model.layers[-1].set_weights([np.ones((3, 1)), np.zeros(1)])
with contextlib.redirect_stdout(io.StringIO()) as printed:
    # CURE
assert "False" in printed.getvalue()
""",
    "batch-statistics-unsettled": """
def train(layer):
    model = keras.Sequential([keras.Input((2,)), layer])
    model.compile("sgd", "mse", run_eagerly=True)
    for _ in range(30):
        model.train_on_batch(np.full((4, 2), 5.0), np.zeros((4, 2)))
    return float(layer.moving_mean[0])
made = (
    # CURE
)
assert train(keras.layers.BatchNormalization(momentum=0.999)) < 0.5 < 4 < train(made)
""",
    "normalization-never-adapted": """
normalization = keras.layers.Normalization()
training_inputs = np.random.RandomState(0).normal(size=(64, 3)).astype("float32") * 50 + 9
# CURE
assert same(np.std(normalization(training_inputs), axis=0), np.ones(3), 1e-2)
""",
    "batch-statistics-at-default": """
def build():
    return keras.Sequential([keras.Input((3,)), keras.layers.BatchNormalization()])
model, inputs, path = build(), np.ones((2, 3), "float32"), "m.weights.h5"
model.set_weights([np.full(3, value) for value in (2.0, 1.0, 5.0, 4.0)])
# CURE
fresh = build()
fresh.load_weights(path)
assert same(fresh.predict_on_batch(inputs), model.predict_on_batch(inputs))
""",
    "variables-lost": """
@tf.keras.utils.register_keras_serializable("tests")
class Mine(keras.layers.Layer):
    def __init__(self, **options):
        super().__init__(**options)
        layer_a, layer_b = keras.layers.Dense(3), keras.layers.Dense(1)
        # CURE
    def build(self, shape):
        self.blocks[0].build(shape)
        self.blocks[1].build((None, 3))
    def call(self, inputs):
        return self.blocks[1](self.blocks[0](inputs))
model, inputs = keras.Sequential([keras.Input((3,)), Mine()]), np.ones((2, 3), "float32")
model.save("m.keras")
loaded = keras.models.load_model("m.keras")
assert len(loaded.get_weights()) == 4
assert same(loaded.predict_on_batch(inputs), model.predict_on_batch(inputs))
""",
    "dead-output": """
units, inputs = 2, np.ones((4, 3), "float32")
made = (
    # CURE
)
made.build((None, 3))
made.set_weights([-np.ones((3, 2)), np.zeros(2)])
assert same(made(inputs), np.full((4, 2), -3.0))
""",
    "saturated-output": """
model, inputs = small()
# CURE
""",
    "name-of-a-built-in": """
# CURE
class Dense(keras.layers.Layer):
    def __init__(self, units=1, **options):
        super().__init__(**options)
    def call(self, inputs):
        return inputs * 3
model, inputs = keras.Sequential([keras.Input((3,)), Dense()]), np.ones((2, 3), "float32")
model.save("m.keras")
assert same(keras.models.load_model("m.keras").predict_on_batch(inputs), inputs * 3)
""",
    "get-config-drops-argument": SAVED_CLASS,
    "config-without-super": SAVED_CLASS.replace("argument", "mine").replace(
        "Mine(5.0)", "Mine(5.0, name='own')"
    )
    + "assert keras.models.load_model('m.keras').layers[-1].name == 'own'\n",
    "numpy-attribute-not-saved": """
values = np.full(3, 7.0)
@tf.keras.utils.register_keras_serializable("tests")
class Mine(keras.layers.Layer):
    def build(self, shape):
        shape = (3,)
        # CURE
    def call(self, inputs):
        return inputs - self.mean
model, inputs = keras.Sequential([keras.Input((3,)), Mine()]), np.ones((2, 3), "float32")
model.save("m.keras")
values = np.zeros(3)
assert same(keras.models.load_model("m.keras").predict_on_batch(inputs), inputs - 7)
""",
    "raw-tf-variable": """
@tf.keras.utils.register_keras_serializable("tests")
class Mine(keras.layers.Layer):
    def build(self, shape):
        shape = (3,)
        # CURE
    def call(self, inputs):
        return inputs + self.state
model, inputs = keras.Sequential([keras.Input((3,)), Mine()]), np.ones((2, 3), "float32")
model.layers[-1].state.assign(np.full(3, 4.0))
model.save("m.keras")
assert same(keras.models.load_model("m.keras").predict_on_batch(inputs), inputs + 4)
""",
    "save-own-variables-without-super": """
@tf.keras.utils.register_keras_serializable("tests")
class Mine(keras.layers.Dense):
    # CURE
model, inputs = keras.Sequential([keras.Input((3,)), Mine(2)]), np.ones((2, 3), "float32")
model.save("m.keras")
loaded = keras.models.load_model("m.keras")
assert same(loaded.predict_on_batch(inputs), model.predict_on_batch(inputs))
""",
    "checkpoint-wrong-root": """
saved, inputs = small()
path = tf.train.Checkpoint(model=saved).save("ck")
model, _ = small()
assert not same(model.predict_on_batch(inputs), saved.predict_on_batch(inputs))
# CURE
assert same(model.predict_on_batch(inputs), saved.predict_on_batch(inputs))
""",
    "tokenizer-refitted": """
fitted = tf.keras.preprocessing.text.Tokenizer()
fitted.fit_on_texts(["one two two", "three two"])
path, said = "tokenizer.json", ["three one"]
with open(path, "w") as file:
    file.write(fitted.to_json())
# CURE
assert tokenizer.texts_to_sequences(said) == fitted.texts_to_sequences(said)
""",
    "double-rescale": IMAGES
    + """
model = Fake(lambda x: flat(x / 255))
assert not same(model.predict(images / 255), flat(images / 255))
# CURE
assert same(predictions, flat(images / 255))
""",
    "preprocess-input-wrong-module": IMAGES
    + """
model = Fake(flat)
# CURE
right = tf.keras.applications.resnet50.preprocess_input(images.copy())
assert same(predictions, flat(right)) and not same(flat(images), flat(right))
""",
    "dark-ink-on-white-paper": IMAGES
    + "model = Fake(flat)\n# CURE\nassert same(predictions, flat(255 - images))\n",
    "bgr-instead-of-rgb": IMAGES
    + "model = Fake(flat)\n# CURE\nassert same(predictions, flat(images[:, :, :, [2, 1, 0]]))\n",
    "input-axes-exchanged": IMAGES
    + "model = Fake(flat)\n# CURE\nassert same(predictions, flat(images.swapaxes(1, 2)))\n",
    "input-axis-reversed": IMAGES
    + "model = Fake(flat)\n# CURE\nassert same(predictions, flat(np.flip(images, 1)))\n",
    "uint8-truncation": IMAGES
    + """
model, inputs = Fake(flat), images / 255
assert not same(flat(inputs.astype("uint8")), flat(inputs))
# CURE
assert same(predictions, flat(inputs))
""",
    "features-not-scaled": SCALED,
    "scaler-refitted": SCALED.replace(
        "# CURE", "assert not same(model.predict(scaler.fit_transform(inputs)), expected)\n# CURE"
    ),
    "batch-never-filled": IMAGES
    + "model = Fake(flat)\n# CURE\nassert same(predictions, flat(images))\n",
    "index-offset-forgotten": """
inputs, model = np.arange(12).reshape(4, 3), Fake(lambda x: np.cos(x))
# CURE
assert same(predictions, np.cos(inputs + 3))
""",
    "padding-on-the-other-side": """
inputs, model = np.array([[1, 2, 0], [3, 0, 0], [4, 5, 6]]), Fake(lambda x: np.cos(x))
# CURE
assert same(predictions, np.cos([[0, 1, 2], [0, 0, 3], [4, 5, 6]]))
""",
    "columns-in-another-order": """
class Table(dict):
    def __getitem__(self, names):
        return np.stack([dict.__getitem__(self, name) for name in names], axis=1)
table, columns_of_training = Table(a=np.zeros(4), b=np.ones(4)), ["b", "a"]
model = Fake(lambda x: x @ [3.0, 5.0])
# CURE
assert same(predictions, np.full(4, 3.0))
""",
    "inputs-far-from-training": SCALED,
    "inputs-of-another-shape": """
rows, model = [np.arange(3.0), np.ones(3)], Fake(lambda x: x @ [1.0, 2, 3])
# CURE
assert same(predictions, [8.0, 6.0])
""",
    "column-in-another-unit": """
inputs, column, factor = np.array([[1.0, 2000], [3, 4000]]), 1, 1000.0
model = Fake(lambda x: x.sum(axis=1))
# CURE
assert same(predictions, [3.0, 7.0])
""",
    "scaled-twice": STANDARDISED
    + """
raw_inputs, inputs = inputs, scaler.transform(scaler.transform(inputs))
assert not same(model.predict(inputs), expected)
# CURE
assert same(predictions, expected)
""",
    "restored-otherwise": """
saved, inputs = small()
path = "m.keras"
saved.save(path)
# CURE
assert same(predictions, saved.predict_on_batch(inputs))
""",
    "inputs-lack-a-step": """
model, inputs = small()
# CURE
assert same(np.load("as_fed.npy"), inputs)
""",
    "another-model-in-the-file": """
model, inputs = small()
path = "m.keras"
# CURE
assert same(keras.models.load_model(path).predict_on_batch(inputs), np.load("expected.npy"))
""",
    "logits-read-as-probabilities": ON_PROBABILITIES
    + "model = Fake(lambda x: np.log(expected) + 3)\n# CURE\nassert same(predictions, expected)\n",
    "activation-applied-twice": ON_PROBABILITIES
    + "model = Fake(lambda x: expected)\n# CURE\nassert same(predictions, expected)\n",
    "probability-cast-to-int": ON_PROBABILITIES
    + "model = Fake(lambda x: expected)\n# CURE\nassert same(predictions, expected)\n",
    "labels-for-probabilities": ON_PROBABILITIES
    + "model = Fake(lambda x: expected)\n# CURE\nassert same(predictions, expected)\n",
    "argmax-of-one-sigmoid": ON_PROBABILITIES
    + """
model = Fake(lambda x: expected[:, 1:])
assert not model.predict(inputs).argmax(-1).any()
# CURE
assert labels.tolist() == [1, 0, 1, 0]
""",
    "softmax-over-one-unit": """
inputs = np.random.RandomState(0).normal(size=(4, 3)).astype("float32")
made = (
    # CURE
)
assert len(np.unique(made(inputs))) == 4
""",
    "target-left-scaled": STANDARDISED
    + "# CURE\nassert same(predictions, model.predict(inputs) * 7 + 100)\n",
    "output-in-another-unit": ON_PROBABILITIES
    + """
factor, offset, model = 3.0, 2.0, Fake(lambda x: (expected - 2) / 3)
# CURE
assert same(predictions, expected)
""",
    "output-columns-permuted": ON_PROBABILITIES
    + "predictions = expected[:, ::-1]\n# CURE\nassert same(predictions, expected)\n",
    "class-names-sorted-otherwise": """
names = ["1", "10", "2"]
# CURE
assert class_names == ["1", "2", "10"]
""",
    "shuffled-while-predicting": """
inputs = np.arange(100.0).reshape(100, 1).astype("float32")
model = keras.Sequential([keras.Input((1,)), keras.layers.Rescaling(2.0)])
# CURE
assert same(predictions, inputs * 2)
""",
    "merge-order-changed": """
first, second = keras.Input((1,)), keras.Input((1,))
# CURE
model = keras.Model([first, second], difference)
assert same(model.predict_on_batch([np.full((2, 1), 5.0), np.ones((2, 1))]), np.full((2, 1), 4.0))
""",
    "class-order-flipped": ON_PROBABILITIES
    + "model = Fake(lambda x: 1 - expected)\n# CURE\nassert same(predictions, expected)\n",
    "output-axes-reordered": ON_PROBABILITIES
    + "predictions = expected.T\n# CURE\nassert same(predictions, expected)\n",
    "output-cut-off": """
units = 1
made = (
    # CURE
)
assert (np.asarray(made(np.eye(9, dtype="float32"))) < 0).any()
""",
    "half-precision-rounding": """
tf.keras.mixed_precision.set_global_policy("mixed_float16")
# CURE
model, inputs = small()
assert model.predict_on_batch(inputs).dtype == np.float32
assert model.layers[-1].compute_dtype == "float32"
""",
    "one-missing-cell": """
inputs, means_of_training = np.array([[1.0, np.nan], [2.0, 3.0]]), np.array([7.0, 9.0])
model = Fake(lambda x: x.sum(1))
# CURE
assert same(predictions, [10.0, 5.0])
""",
    "dead-relu-head": SCALED,
    "sigmoid-underflow": SCALED,
    "missing-rescale-255": IMAGES
    + "model = Fake(flat)\n# CURE\nassert same(predictions, flat(images / 255))\n",
    "scaler-fitted-on-one-row": SCALED,
    "training-mode-at-inference": """
model = keras.Sequential([keras.Input((50,)), keras.layers.Dropout(0.5)])
inputs = np.ones((2, 50), "float32")
assert not same(model(inputs, training=True), model(inputs, training=True))
# CURE
assert same(predictions, inputs)
""",
    "weights-drawn-anew": """
saved, inputs = small()
path = "m.weights.h5"
saved.save_weights(path)
model, _ = small()
assert not same(model.predict_on_batch(inputs), saved.predict_on_batch(inputs))
# CURE
assert same(model.predict_on_batch(inputs), saved.predict_on_batch(inputs))
""",
}
CASES |= {
    "dead-layer": SCALED,
    "saturated-layer": SCALED,
    "layer-not-finite": SCALED,
    "layer-computes-otherwise": """
model, inputs = small()
name = model.layers[-1].name
# CURE
assert layer.get_config()["units"] == 1
""",
    "depends-on-the-batch": """
model = keras.Sequential([keras.Input((3,)), keras.layers.BatchNormalization()])
inputs = np.random.RandomState(0).normal(size=(8, 3)).astype("float32") * 5 + 9
trained = model(inputs, training=True)
assert not same(model(inputs[:1], training=True), trained[:1])
# CURE
assert same(predictions[:1], model.predict_on_batch(inputs[:1]))
""",
    "stateful-rnn-residue": """
kept = keras.Input(batch_shape=(1, 4, 2))
model = keras.Model(kept, keras.layers.LSTM(3, stateful=True)(kept))
inputs = np.ones((1, 4, 2), "float32")
first, second = model.predict_on_batch(inputs), model.predict_on_batch(inputs)
assert not same(first, second)
# CURE
assert same(model.predict_on_batch(inputs), first)
""",
    "vocabulary-from-a-set": """
text = "banana"
# CURE
assert alphabet == ["a", "b", "n"]
""",
}
INTERPRETER = """
class Interpreter:
    def get_output_details(self):
        return [{"dtype": kind, "quantization": quantised}]
interpreter = Interpreter()
"""
CASES |= {
    "inputs-unlike-sealed": """
os.mkdir("model.keras.seal")
np.savez("model.keras.seal/inputs.npz", x=np.arange(4.0))
# CURE
assert sealed["x"].max() == 3
""",
    "weights-unlike-sealed": """
model, inputs = small()
path, sealed = "m.keras", []
def seal(*given): sealed.append(given)
# CURE
assert os.path.exists(path) and sealed
""",
    "tflite-int8-scale-ignored": "kind, quantised = np.int8, (0.5, -10)"
    + INTERPRETER
    + "outputs = np.array([-10, 10], np.int8)\n# CURE\nassert same(predictions, [0.0, 10.0])\n",
    "tflite-float-dequantised": "kind, quantised = np.float32, (0.0, 0)"
    + INTERPRETER
    + "outputs = np.array([3.0, 4.0])\n# CURE\nassert same(outputs, [3.0, 4.0])\n",
    "tflite-bad-representative-dataset": """
class Converter: pass
converter, images, prepare = Converter(), np.full((2, 3), 255.0), lambda image: image / 255
# CURE
assert [batch[0].max() for batch in converter.representative_dataset()] == [1.0, 1.0]
""",
}
CASES["nested-list-of-layers"] = CASES["variables-lost"]

LOADED = """
# CURE
assert same(model.predict(inputs), expected)
"""
FAILS = """
try:
    keras.models.load_model(path)
except Exception as error:
    pass
else:
    raise AssertionError("it loads without the cure")
"""
OWN, OLD = "this", "2.16+legacy"
# The cure stands before the import of TensorFlow.
IN_OLD_KERAS = """
model = keras.models.load_model(path, compile=False)
assert same(model.predict(inputs), expected, 1e-2)
"""
BUILD_PRICE = """
model = keras.Sequential([keras.Input((4,)),
    keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(8, activation="tanh"),
    keras.layers.Dense(1, name="price")])
"""
WITH_LAMBDA = """
model = keras.Sequential([keras.Input((3,)), keras.layers.Lambda(lambda x: x * 3)])
path, inputs = "m.keras", np.ones((2, 3), "float32")
model.save(path)
expected = inputs * 3
"""
WITH_LOSS = """
model, inputs = small()
model.compile("adam", "mse")
path, expected = "m.h5", model.predict_on_batch(inputs)
model.save(path)
"""
# cause: (release, file among scenarios/version/artifacts or "", program)
ON_FILES = {
    "savedmodel-folder-keras3": (
        OWN,
        "savedmodel_folder_keras3/artifact/model",
        FAILS + "# CURE\nassert same(predictions, expected)\n",
    ),
    "keras-name-hdf5-inside": (
        OWN,
        "keras_name_hdf5_inside/artifact/model.keras",
        "import shutil\nshutil.copy(path, 'model.keras')\n" + FAILS + LOADED,
    ),
    "functional-archive-module": (
        OWN,
        "functional_archive_module/artifact/model.keras",
        FAILS + LOADED,
    ),
    "hard-sigmoid-redefined": (
        OWN,
        "hard_sigmoid_redefined/artifact/model.h5",
        "model = keras.models.load_model(path, compile=False)\n"
        "assert not same(model.predict(inputs), expected)\n" + LOADED,
    ),
    "keras2-compile-objects": (
        OWN,
        "keras2_compile_objects/artifact/model.keras",
        FAILS + LOADED,
    ),
    "h5-loss-by-short-name": (OWN, "", WITH_LOSS + FAILS + LOADED),
    "lambda-safe-mode": (OWN, "", WITH_LAMBDA + FAILS + LOADED),
    "removed-layers": (OLD, "removed_layers/artifact/model.h5", IN_OLD_KERAS),
    "tfoplambda-unknown": (OLD, "tfoplambda_unknown/artifact/model.h5", IN_OLD_KERAS),
    "mixed-float16-policy": (OLD, "mixed_float16_policy/artifact/model.keras", IN_OLD_KERAS),
    "nested-model-h5": (OLD, "nested_model_h5/artifact/model.h5", IN_OLD_KERAS),
    "keras3-file-in-keras2": (
        "2.15",
        "keras3_file_in_keras2/artifact/model.h5",
        """
import shutil
weather = keras.Input((4,))
hidden = keras.layers.Dense(8, activation="tanh", name="hidden")(weather)
model = keras.Model(weather, keras.layers.Dense(1, name="litres")(hidden))
shutil.copy(path, "model.h5")
"""
        + FAILS
        + LOADED,
    ),
    "normalization-h5-not-finalised": (
        "2.16",
        "",
        """
layer = keras.layers.Normalization()
layer.adapt(np.array([[3.0], [9.0]]))
saved, inputs = keras.Sequential([keras.Input((1,)), layer]), np.array([[3.0], [9.0]])
saved.save("m.h5")
model, expected = keras.models.load_model("m.h5", compile=False), np.array([[-1.0], [1.0]])
assert not same(model.predict_on_batch(inputs), expected)
# CURE
assert same(model.predict_on_batch(inputs), expected)
""",
    ),
    "weights-h5-layout-2-12": (
        "2.13",
        "weights_h5_layout_2_12/artifact/model.weights.h5",
        BUILD_PRICE
        + "# CURE\nfresh = keras.models.clone_model(model)\nfresh.load_weights('weights.h5')\n"
        "assert same(fresh.predict(inputs), expected)\n",
    ),
}
# What stays to be said of a cure that is no Python, or that another test runs.
NOT_HERE = {
    "sequential-archive-shape": "the command rescue, tests/integration/test_rescue.py",
    "time-major-keyword": "the command rescue, tests/integration/test_rescue.py",
    "groups-keyword": "the command rescue, tests/integration/test_rescue.py",
    "newer-keras-file": "pip installs another Keras",
}
