"""The causes that a file names together with the release that is to read it."""

from harness.diagnose.causes.cause import Cause, Side, lesson

READER = "MODEL and --reader"
OLD_KERAS = (
    "os.environ['TF_USE_LEGACY_KERAS'] = '1'  # before TensorFlow is imported; pip install tf_keras"
)


def break_of(id: str, sentence: str, fix: str = OLD_KERAS, side: Side = "environment") -> Cause:
    """Return a cause that appears in some readers only."""
    return lesson(id, side, READER, sentence, fix)


READER_CAUSES = (
    break_of(
        "savedmodel-folder-keras3",
        "Keras 3 does not load a SavedModel folder with load_model.",
        "layer = tf.keras.layers.TFSMLayer(path, call_endpoint='serving_default')  # to predict\n"
        "predictions = next(iter(layer(inputs).values())).numpy()",
    ),
    break_of(
        "keras3-file-in-keras2",
        "The file is of Keras 3, and the reader has Keras 2.",
        "# in the Keras 3 that wrote it: model.save('model.h5')\n"
        "# then build the model in code as it was, and:\n"
        "model.load_weights('model.h5')\n"
        "# or: pip install the TensorFlow that wrote the file",
    ),
    break_of(
        "keras-name-hdf5-inside",
        "The file is called .keras and holds HDF5: Keras 3 says that it is not found.",
        "os.rename('model.keras', 'model.h5')\n"
        "model = tf.keras.models.load_model('model.h5', compile=False)",
        "file",
    ),
    break_of("removed-layers", "The file names a layer that Keras 3 no longer has."),
    break_of("tfoplambda-unknown", "The file holds TensorFlow operations as layers of Keras 2."),
    break_of(
        "functional-archive-module",
        "The file names a module of Keras 2, which Keras 3 cannot import.",
        "model = tf.keras.models.load_model(\n"
        "    path, custom_objects={'Functional': tf.keras.Model}, compile=False)",
    ),
    break_of(
        "sequential-archive-shape",
        "The first layer stores batch_input_shape, a word that Keras 3 refuses in a .keras file.",
        "python -m harness rescue model.keras  # writes a file that Keras 3 loads",
    ),
    break_of(
        "time-major-keyword",
        "A recurrent layer stores time_major, a word that Keras 3 refuses.",
        "python -m harness rescue model.h5  # writes a file that Keras 3 loads",
    ),
    break_of(
        "groups-keyword",
        "A layer stores groups, a word that Keras 3 refuses there.",
        "python -m harness rescue model.h5  # writes a file that Keras 3 loads",
    ),
    break_of(
        "mixed-float16-policy",
        "The file stores a dtype policy as Keras 2 wrote it.",
    ),
    break_of("nested-model-h5", "A model inside the model: Keras 3 reads its calls from 0."),
    break_of(
        "hard-sigmoid-redefined",
        "hard_sigmoid has another formula in Keras 3: other predictions, and no error.",
        "old = lambda x: keras.ops.clip(0.2 * x + 0.5, 0, 1)\n"
        "for layer in model.layers:\n"
        "    part = getattr(layer, 'cell', layer)\n"
        "    for name in ('activation', 'recurrent_activation'):\n"
        "        used = getattr(part, name, None)\n"
        "        if getattr(used, '__name__', '') == 'hard_sigmoid':\n"
        "            setattr(part, name, old)\n"
        "model.make_predict_function(force=True)",
    ),
    break_of(
        "newer-keras-file",
        "The file is of a newer Keras, which writes words that the reader refuses.",
        "pip install -U keras  # to the version in the file's metadata.json, or newer",
    ),
    break_of(
        "keras2-compile-objects",
        "The file stores an optimizer as Keras 2 wrote it, which Keras 3 refuses.",
        "model = tf.keras.models.load_model(path, compile=False)",
    ),
    break_of(
        "h5-loss-by-short-name",
        "The file stores a loss by its short name, which Keras 3 does not find in an .h5.",
        "model = tf.keras.models.load_model(path, compile=False)",
    ),
    break_of(
        "lambda-safe-mode",
        "A Lambda layer holds Python code, which load_model refuses to run.",
        "model = tf.keras.models.load_model(path, safe_mode=False)  # if you trust its author",
    ),
    break_of(
        "normalization-h5-not-finalised",
        "Keras 3.0 to 3.5 load a Normalization from .h5, and go on with mean 0 and variance 1.",
        "for layer in model.layers:\n"
        "    if hasattr(layer, 'finalize_state'):\n"
        "        layer.finalize_state()",
    ),
    break_of(
        "weights-h5-layout-2-12",
        "The weights lie as TensorFlow 2.12 and 2.13 put them; later releases miss most.",
        "model.load_weights(path)  # in TensorFlow 2.12 or 2.13, then save under another name:\n"
        "model.save_weights('weights.h5')",
    ),
)
