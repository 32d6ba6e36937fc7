"""Layers that call TensorFlow by a name."""

from tests.formats.hostile.base import (
    UNSAFE,
    add,
    keras_h5,
    layer,
    sequential,
    tag,
)

# Layers that call TensorFlow by name.

for symbol in (
    "io.write_file",
    "io.read_file",
    "raw_ops.WriteFile",
    "compat.v1.raw_ops.Save",
    "raw_ops.PrintV2",
    "print",
    "py_function",
    "numpy_function",
    "compat.v1.py_func",
    "io.gfile.remove",
    "compat.v1.gfile.DeleteRecursively",
    "load_op_library",
    "saved_model.load",
    "keras.models.load_model",
    "keras.utils.get_file",
    "summary.create_file_writer",
    "train.load_checkpoint",
    "data.experimental.save",
    "experimental.dispatch_for_api",
    "system",
):
    add(
        f"call of {symbol}",
        UNSAFE,
        lambda path, symbol=symbol: keras_h5(
            path, sequential(layer("TFOpLambda", {"function": symbol}))
        ),
    )
wire = (tag(1, "w") + tag(2, "Relu") + tag(2, "WriteFile")).decode()
for name, node in {
    "slicing": layer("SlicingOpLambda", {"function": "io.write_file"}),
    "class method": layer("ClassMethod", {"cls_symbol": "io.gfile.GFile", "method_name": "write"}),
    "class method of a tensor": layer(
        "ClassMethod", {"cls_symbol": "RaggedTensor", "method_name": "__init__"}
    ),
    "instance method": layer("InstanceMethod", {"method_name": "__reduce__"}),
    "instance property": layer("InstanceProperty", {"attr_name": "graph"}),
    "instance property behind a method": layer(
        "InstanceProperty", {"method_name": "values", "attr_name": "graph"}
    ),
    "op as an object": layer("TensorFlowOpLayer", {"node_def": {"op": "WriteFile"}}),
    "op as JSON": layer("TensorFlowOpLayer", {"node_def": '{"op": "WriteFile"}'}),
    "op as bytes": layer("TensorFlowOpLayer", {"node_def": tag(2, "WriteFile").decode()}),
    "op given twice": layer("TensorFlowOpLayer", {"node_def": wire}),
    "op missing": layer("TensorFlowOpLayer", {"node_def": {}}),
    "op that calls a function": layer("TensorFlowOpLayer", {"node_def": {"op": "PartitionedCall"}}),
    "function missing": layer("TFOpLambda", {}),
    "function is an object": layer("TFOpLambda", {"function": {"io": "write_file"}}),
}.items():
    add(f"layer {name}", UNSAFE, lambda path, node=node: keras_h5(path, sequential(node)))
