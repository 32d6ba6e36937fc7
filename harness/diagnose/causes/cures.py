"""Which cures `diagnose --prove` carries out itself, and why it leaves the others to the user."""

EXECUTED = frozenset(  # the printed code, on a copy of the model in a cage
    {
        "double-rescale",
        "preprocess-input-wrong-module",
        "dark-ink-on-white-paper",
        "bgr-instead-of-rgb",
        "input-axes-exchanged",
        "input-axis-reversed",
        "uint8-truncation",
        "features-not-scaled",
        "scaler-refitted",
        "scaled-twice",
        "batch-never-filled",
        "index-offset-forgotten",
        "padding-on-the-other-side",
        "columns-in-another-order",
        "column-in-another-unit",
        "inputs-far-from-training",
        "restored-otherwise",
        "logits-read-as-probabilities",
        "activation-applied-twice",
        "probability-cast-to-int",
        "labels-for-probabilities",
        "argmax-of-one-sigmoid",
        "output-in-another-unit",
        "target-left-scaled",
        "output-columns-permuted",
        "class-names-sorted-otherwise",
        "shuffled-while-predicting",
        "class-order-flipped",
        "output-axes-reordered",
        "one-missing-cell",
        "dead-relu-head",
        "sigmoid-underflow",
        "missing-rescale-255",
        "training-mode-at-inference",
        "hard-sigmoid-redefined",
        "normalization-h5-not-finalised",
        "dead-layer",
        "saturated-layer",
        "layer-not-finite",
        "depends-on-the-batch",
        "stateful-rnn-residue",
    }
)
LOADING = frozenset(  # executed too; the code itself loads the model
    {
        "savedmodel-folder-keras3",
        "keras-name-hdf5-inside",
        "functional-archive-module",
        "keras2-compile-objects",
        "h5-loss-by-short-name",
        "lambda-safe-mode",
    }
)
RESCUED = frozenset({"sequential-archive-shape", "time-major-keyword", "groups-keyword"})
IN_OLD_KERAS = frozenset(
    {"removed-layers", "tfoplambda-unknown", "mixed-float16-policy", "nested-model-h5"}
)
CARRIED_OUT = EXECUTED | LOADING | RESCUED | IN_OLD_KERAS

TRAIN = "the model has to be trained again"
SAVE = "the model has to be saved again from the session that trained it"
CLASS = "the cure changes your class, and the model has to be saved again"
CODE = "the cure changes the code that builds or restores the model"
TFLITE = "a TF-Lite model is not run here"
BY_HAND = {
    "architecture-only": SAVE,
    "saved-before-built": TRAIN,
    "layer-without-weights": SAVE,
    "weights-not-finite": TRAIN,
    "fp16-weight-underflow": SAVE,
    "weights-all-zero": SAVE,
    "never-trained": TRAIN,
    "layers-as-drawn": CODE,
    "normalization-never-adapted": TRAIN,
    "batch-statistics-at-default": SAVE,
    "batch-statistics-unsettled": TRAIN,
    "variables-lost": CLASS,
    "dead-output": TRAIN,
    "saturated-output": TRAIN,
    "name-of-a-built-in": CLASS,
    "keras3-file-in-keras2": "the code that builds the model is needed",
    "newer-keras-file": "another Keras has to be installed: name its release in --reader",
    "weights-h5-layout-2-12": "the code that builds the model is needed",
    "get-config-drops-argument": CLASS,
    "config-without-super": CLASS,
    "numpy-attribute-not-saved": CLASS,
    "raw-tf-variable": CLASS,
    "save-own-variables-without-super": CLASS,
    "nested-list-of-layers": CLASS,
    "checkpoint-wrong-root": CODE,
    "tokenizer-refitted": "the texts and the saved Tokenizer are needed",
    "inputs-lack-a-step": "what training did to its inputs is needed",
    "another-model-in-the-file": "the right weights are not in the file",
    "softmax-over-one-unit": TRAIN,
    "merge-order-changed": CODE,
    "output-cut-off": CODE,
    "half-precision-rounding": CODE,
    "scaler-fitted-on-one-row": "the scaler of the training is needed",
    "weights-drawn-anew": CODE,
    "layer-computes-otherwise": CODE,
    "vocabulary-from-a-set": CODE,
    "inputs-of-another-shape": "the rows as training had them are needed",
    "inputs-unlike-sealed": "what training did to its inputs is needed",
    "weights-unlike-sealed": SAVE,
    "tflite-int8-scale-ignored": TFLITE,
    "tflite-float-dequantised": TFLITE,
    "tflite-bad-representative-dataset": TFLITE,
}
NOT_TRIED = "it is not known how"


def explain_by_hand(cause: str) -> str:
    """Return why the cure of a cause is not carried out by `--prove`, "" where it is."""
    return "" if cause in CARRIED_OUT else BY_HAND.get(cause, NOT_TRIED)
