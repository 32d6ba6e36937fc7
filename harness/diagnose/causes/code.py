"""The causes that a user's code names; the code is read and never run."""

from harness.diagnose.causes.cause import lesson

CODE = "--code"

CODE_CAUSES = (
    lesson(
        "get-config-drops-argument",
        "code",
        CODE,
        "get_config leaves out an argument of __init__: the loaded layer has its default.",
        "def get_config(self):\n"
        "    return {**super().get_config(), 'argument': self.argument}  # each one of __init__",
    ),
    lesson(
        "config-without-super",
        "code",
        CODE,
        "get_config of a subclass leaves out what its base class would save.",
        "def get_config(self):\n    return {**super().get_config(), 'mine': self.mine}",
    ),
    lesson(
        "numpy-attribute-not-saved",
        "code",
        CODE,
        "A layer keeps what it learned in a plain attribute, which no file holds.",
        "self.mean = self.add_weight(name='mean', shape=shape, trainable=False)  # in build\n"
        "self.mean.assign(values)  # in adapt",
    ),
    lesson(
        "raw-tf-variable",
        "code",
        CODE,
        "A layer keeps state in a raw tf.Variable, which Keras 3 does not save.",
        "self.state = self.add_weight(name='state', shape=shape, trainable=False)",
    ),
    lesson(
        "save-own-variables-without-super",
        "code",
        CODE,
        "save_own_variables does not call super(): the layer's weights are not saved.",
        "def save_own_variables(self, store):\n    super().save_own_variables(store)",
    ),
    lesson(
        "nested-list-of-layers",
        "code",
        CODE,
        "Layers in nested lists or dicts are not saved by Keras 2.13 to 3.14.",
        "self.blocks = [layer_a, layer_b]  # one flat list, or an attribute for each layer",
    ),
    lesson(
        "checkpoint-wrong-root",
        "code",
        "--code and MODEL, a checkpoint",
        "The checkpoint was saved under other keywords than the code restores.",
        "status = tf.train.Checkpoint(model=model).restore(path)\n"
        "status.assert_existing_objects_matched()",
    ),
    lesson(
        "tokenizer-refitted",
        "preprocessing",
        CODE,
        "The code that restores the model fits the Tokenizer again: words get other numbers.",
        "with open(path) as file:  # as training saved it: tokenizer.to_json()\n"
        "    text = file.read()\n"
        "tokenizer = tf.keras.preprocessing.text.tokenizer_from_json(text)",
    ),
)
