"""Configurations that name or hold code."""

from tests.formats.hostile.base import (
    ANY,
    AS_LIST,
    CODE,
    UNSAFE,
    add,
    configured,
    dense,
    function,
    keras_h5,
    keras_zip,
    layer,
    saved_model,
    sequential,
)

# Code, in every spelling of a Lambda.

for name, spelled in {
    "lambda as a list": AS_LIST,
    "lambda as a bare text": CODE,
    "lambda as an object": {"class_name": "__lambda__", "config": {"value": CODE}},
    "lambda as a tuple": {"class_name": "__tuple__", "items": AS_LIST},
}.items():
    configured(name, layer("Lambda", {"function": spelled, "function_type": "lambda"}))
configured("lambda registered", layer("Keras>Lambda", {"function": AS_LIST}))
configured(
    "lambda in a wrapper",
    layer("TimeDistributed", {"layer": layer("Lambda", {"function": AS_LIST})}),
)
configured("lambda as an activation", dense(activation=layer("__lambda__", {"value": CODE})))
configured("a lambda's output shape", layer("Lambda", {"function": "f", "output_shape": AS_LIST}))
configured("residual function", layer("ResidualWrapper", {"residual_fn": AS_LIST}))
configured("dropout filter", layer("DropoutWrapper", {"dropout_state_filter_visitor": AS_LIST}))
configured("byte code in another key", dense(units=CODE))

# Names that are imported.

for module, name in (
    ("os", "system"),
    ("posix", "system"),
    ("subprocess", "Popen"),
    ("builtins", "eval"),
    ("builtins", "exec"),
    ("builtins", "__import__"),
    ("keras.utils", "get_file"),
    ("keras.saving", "load_model"),
    ("keras.models", "load_model"),
    ("keras.config", "enable_unsafe_deserialization"),
    ("keras.src.callbacks", "os.system"),
    ("keras", "utils.get_file"),
    ("keras.src.datasets.mnist", "get_file"),
    ("wheel.bdist_wheel", "rmtree"),
    ("tensorflow", "io.write_file"),
    ("tensorflow.python.ops.io_ops", "write_file"),
    ("numpy", "save"),
    ("shutil", "rmtree"),
    ("pickle", "loads"),
    ("google.protobuf.text_format", "Parse"),
    ("harness.files", "write_whole"),
    ("tf_keras.utils", "get_file"),
    ("keras.src.utils.file_utils", "extract_archive"),
    ("..os", "system"),
    ("os.path", "os.system"),
    ("xml.ops", "relu"),
):
    add(
        f"function {module} {name}",
        UNSAFE,
        lambda path, module=module, name=name: keras_zip(
            path, sequential(dense(activation=function(module, name)))
        ),
    )
for module, name in (
    ("os", "_wrap_close"),
    ("keras.callbacks", "CSVLogger"),
    ("keras.src.callbacks.csv_logger", "CSVLogger"),
    ("keras.callbacks", "BackupAndRestore"),
    ("keras.layers", "TFSMLayer"),
    ("keras.layers", "TorchModuleWrapper"),
    ("keras.layers", "JaxLayer"),
    ("keras.src.export.tfsm_layer", "TFSMLayer"),
    ("keras.export", "ExportArchive"),
    ("logging", "FileHandler"),
    ("zipfile", "ZipFile"),
    ("keras.src.saving.file_editor", "KerasFileEditor"),
    ("tensorflow.python.summary.writer.writer", "FileWriter"),
    ("keras.layers", "Dense.from_config"),
):
    node = layer(name, {"filename": "marker"}, module=module, registered_name=None)
    add(
        f"class {module} {name}",
        UNSAFE,
        lambda path, node=node: keras_zip(path, sequential(node)),
    )
for name, node in {
    "registered as eval": function("builtins", "harmless", "eval"),
    "registered as get_file": layer(
        "FeatureSpace", {}, module="keras.utils", registered_name="get_file"
    ),
    "registered in another module": layer("Mine", {}, module="os", registered_name="mine>Mine"),
    "class is a list": layer(["Dense"]),  # type: ignore[arg-type]
    "module is a list": layer("Dense", {}, module=["os"]),
    "function is an object": {"class_name": "function", "config": {"a": 1}, "module": "builtins"},
    "type spec": {
        "class_name": "__typespec__",
        "spec_name": "system",
        "module": "os",
        "registered_name": None,
        "config": ["touch marker"],
    },
    "unknown special": layer("__reduce__"),
    "bare get": layer("deserialize_keras_object", {}),
    "vocabulary": layer("StringLookup", {"vocabulary": "/etc/hostname"}),
    "vocabulary of text": layer("TextVectorization", {"vocabulary": "/etc/hostname"}),
    "column's checkpoint": layer(
        "DenseFeatures",
        {"feature_columns": [layer("EmbeddingColumn", {"ckpt_to_load_from": "/tmp/x"})]},
    ),
    "column's vocabulary": layer(
        "DenseFeatures",
        {"feature_columns": [layer("VocabularyFileCategoricalColumn", {"vocabulary_file": "/x"})]},
    ),
}.items():
    add(f"node {name}", UNSAFE, lambda path, node=node: keras_zip(path, sequential(node)))
for key in ("activation", "kernel_initializer", "kernel_regularizer", "bias_constraint"):
    bare = dense(**{key: "deserialize_keras_object"})
    add(f"bare name in {key}", UNSAFE, lambda path, bare=bare: keras_h5(path, sequential(bare)))
for name, training in {
    "loss": {"loss": function("os", "system")},
    "metric": {"metrics": [[{"class_name": "MeanMetricWrapper", "config": {"fn": "deserialize"}}]]},
    "optimizer": {"optimizer_config": layer("Lambda", {"function": AS_LIST})},
    "nested loss": {"loss": {"a": {"b": ["serialize_keras_object"]}}},
}.items():
    add(
        f"compiled with a {name}",
        UNSAFE,
        lambda path, training=training: keras_h5(path, sequential(dense()), training),
    )
add(
    "a metric of a SavedModel",
    UNSAFE,
    lambda path: saved_model(
        path, metadata=layer("Lambda", {"function": AS_LIST}), kind="_tf_keras_metric"
    ),
)

# The marks of an expectation that is the user's own class, which is not in the file.
configured("user's own class", layer("Mine", {}, module="__main__", registered_name="p>Mine"), ANY)
configured("user's own function", dense(activation=function("builtins", "my_own")), ANY)
