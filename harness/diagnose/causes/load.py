"""The causes that a restored model names: `--load`."""

from harness.diagnose.causes.cause import cause, lesson

LOAD = "MODEL and --load"
FED = "MODEL, --load and --inputs"
SCALE = "predictions = model.predict((inputs - mean_of_training) / std_of_training)"

LOAD_CAUSES = (
    cause(
        "dead-layer",
        "preprocessing",
        FED,
        "A layer gives 0 for every row, so nothing passes through it.",
        SCALE,
        "dead-relu-head",
    ),
    cause(
        "saturated-layer",
        "preprocessing",
        FED,
        "A sigmoid or tanh inside the model lies at its ends for every row: inputs far too large.",
        SCALE,
        "sigmoid-underflow",
    ),
    cause(
        "layer-not-finite",
        "preprocessing",
        FED,
        "A layer gives NaN or infinity for inputs that are finite: they are far too large.",
        SCALE,
        "float16-input-overflow",
    ),
    cause(
        "layer-computes-otherwise",
        "code",
        FED,
        "A layer gives other numbers here than its weights in the file say.",
        "layer = model.get_layer(name)  # the name is in the evidence\n"
        "print(type(layer).__module__, layer.get_config())  # is it the class that you mean?",
        "custom-relu-shadowed",
    ),
    cause(
        "depends-on-the-batch",
        "code",
        LOAD,
        "What a row gets depends on the other rows of its batch.",
        "predictions = model(inputs, training=False)\n"
        "# in a layer of yours: no mean or maximum over axis 0, the batch",
        "training-mode-at-inference",
    ),
    lesson(
        "stateful-rnn-residue",
        "code",
        f"{FED} and --predicted; or MODEL and --predicted twice",
        "A stateful layer goes on from the last call: the same inputs get other predictions.",
        "for layer in model.layers:  # whenever a new sequence begins\n"
        "    if getattr(layer, 'stateful', False):\n"
        "        layer.reset_states()",
    ),
    lesson(
        "vocabulary-from-a-set",
        "code",
        LOAD,
        "Another process gives other predictions: the order of a set or hash() is at work.",
        "alphabet = sorted(set(text))  # the same order in every process; save it with the model",
    ),
)
