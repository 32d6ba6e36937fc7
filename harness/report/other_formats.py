"""What to do with a file that Keras does not load: code to paste, for TensorFlow 2.21 or older.

Each was run on files that TensorFlow 1.15 and tensorflowjs 4.10 wrote, and gave the predictions of
the writer; tests/integration/test_other_formats.py runs them on small files.
"""

from collections.abc import Callable

from harness.formats.facts import (
    FROZEN_GRAPH,
    META_GRAPH,
    NUMPY_WEIGHTS,
    SAVED_MODEL_TEXT,
    TFJS_GRAPH,
    TFJS_LAYERS,
    TFLITE,
)
from harness.formats.text_files import TEXT
from harness.formats.tfjs import FUSED_OPS
from harness.origin.who_wrote import Origin
from harness.report.indented import Lines, indent
from harness.report.tflite_advice import advise_tflite

RUN_GRAPH = (
    "with tf.Graph().as_default() as graph:",
    "    tf.compat.v1.import_graph_def(graph_def, name='')",
    "with tf.compat.v1.Session(graph=graph) as session:",
)


def advise_frozen_graph(origin: Origin) -> Lines:
    """Return how a session runs a GraphDef."""
    path = repr(str(origin.path))
    read = f"graph_def = tf.compat.v1.GraphDef.FromString(open({path}, 'rb').read())"
    if TEXT in origin.evidence:
        read = (
            "from google.protobuf import text_format\n"
            f"graph_def = text_format.Parse(open({path}).read(), tf.compat.v1.GraphDef())"
        )
    return [
        "The file is a graph with its weights, and no Keras model. TensorFlow 2.21 runs the graph:",
        *indent(
            "import tensorflow as tf",
            *read.split("\n"),
            *RUN_GRAPH,
            f"    print({spell_run(origin)})",
        ),
    ]


def advise_meta_graph(origin: Origin) -> Lines:
    """Return how a session restores the weights of a `.meta`."""
    path, prefix = str(origin.path), str(origin.path.with_suffix(""))
    return [
        "The file is a graph, and its weights are a checkpoint. TensorFlow 2.21 restores both:",
        *indent(
            "import tensorflow as tf",
            "tf.compat.v1.disable_eager_execution()",
            f"saver = tf.compat.v1.train.import_meta_graph({path!r}, clear_devices=True)",
            "with tf.compat.v1.Session() as session:",
            f"    saver.restore(session, {prefix!r})",
            f"    print({spell_run(origin)})",
        ),
    ]


def advise_text_model(origin: Origin) -> Lines:
    """Return how a SavedModel is loaded that is written as text."""
    return [
        "The file is a SavedModel. TensorFlow 2.21 calls its signature:",
        *indent(
            "import tensorflow as tf",
            f"model = tf.saved_model.load({str(origin.path)!r})",
            "print(model.signatures['serving_default'].structured_input_signature)",
        ),
    ]


def advise_arrays(origin: Origin) -> Lines:
    """Return how arrays become the weights of a model."""
    return [
        "The file holds arrays and no model. Build the model, and see that both lists agree:",
        *indent(
            "import numpy as np",
            f"arrays = np.load({str(origin.path)!r})",
            "print([(name, arrays[name].shape) for name in arrays.files])",
            "print([(each.name, each.shape) for each in model.weights])",
            "model.set_weights([arrays[name] for name in arrays.files])",
        ),
    ]


# The weights of a model of TensorFlow.js by name; `model.json` says where each begins.
READ_WEIGHTS = (
    "import json, numpy as np, tensorflow as tf",
    "folder = {folder!r}",
    "spec = json.load(open(folder + {name!r}))",
    "groups = spec['weightsManifest']",
    "files = [folder + name for group in groups for name in group['paths']]",
    "data, place, values = b''.join(open(name, 'rb').read() for name in files), 0, {{}}",
    "for each in (weight for group in groups for weight in group['weights']):",
    "    kept = dict(each, **each.get('quantization', {{}}))",
    "    array = np.frombuffer(data, kept['dtype'], int(np.prod(each['shape'])), place)",
    "    place += array.nbytes",
    "    array = array * kept['scale'] + kept['min'] if 'scale' in kept else array",
    "    values[each['name']] = array.reshape(each['shape']).astype(each['dtype'])",
)


def spell_weights(origin: Origin) -> Lines:
    """Return the code that reads the weights of a model of TensorFlow.js."""
    folder, name = f"{origin.path.parent}/", origin.path.name
    return [line.format(folder=folder, name=name) for line in READ_WEIGHTS]


def advise_layers_model(origin: Origin) -> Lines:
    """Return how a layers model of TensorFlow.js becomes a Keras model again."""
    return [
        "The model is of Keras, in the form of TensorFlow.js. In that release it is made again by:",
        *indent(
            *spell_weights(origin),
            "config = spec['modelTopology']",
            "config = json.dumps(config.get('model_config', config))",
            "model = tf.keras.models.model_from_json(config)",
            "for weight in model.weights:",
            "    weight.assign(values[getattr(weight, 'path', weight.name).split(':')[0]])",
            "model.save('from-tensorflowjs.h5')",
        ),
        "The command rescue then brings from-tensorflowjs.h5 to TensorFlow 2.21.",
    ]


# What TensorFlow.js fuses into one op, as the ops that TensorFlow has. Its own kernels take no bias
# of two dimensions (LSTM), and without oneDNN there is none for the depthwise convolution.
TAKE_APART = (
    "for node in list(graph_def.node):  # into ops that TensorFlow runs",
    "    if node.op in ('_FusedMatMul', 'FusedDepthwiseConv2dNative'):",
    "        first = graph_def.node.add()",
    "        first.CopyFrom(node)",
    "        first.op, first.name = node.op.replace('Fused', '').strip('_'), node.name + '/0'",
    "        del first.input[2:]",
    "        for key in ('fused_ops', 'num_args', 'epsilon', 'leakyrelu_alpha'):",
    "            first.attr.pop(key, None)",
    "        read = [first.name, *node.input[2:3]]",
    "        for op in [step.decode() for step in node.attr['fused_ops'].list.s]:",
    "            part = graph_def.node.add(op=op.replace('BiasAdd', 'AddV2'))",
    "            part.name = f'{read[0]}/{op}'",
    "            part.input.extend(read if op == 'BiasAdd' else read[:1])",
    "            part.attr['T'].CopyFrom(first.attr['T'])",
    "            if op == 'LeakyRelu':",
    "                part.attr['alpha'].f = node.attr['leakyrelu_alpha'].f",
    "            read[0] = part.name",
    "        node.op = 'Identity'",
    "        del node.input[:]",
    "        node.input.append(read[0])",
    "        for key in set(node.attr) - {'T'}:",
    "            del node.attr[key]",
)


def advise_graph_model(origin: Origin) -> Lines:
    """Return how a session runs a graph model of TensorFlow.js."""
    return [
        "The file is a graph for TensorFlow.js, and no Keras model. TensorFlow 2.21 runs it:",
        *indent(
            *spell_weights(origin),
            "from google.protobuf import json_format",
            "graph_def = tf.compat.v1.GraphDef()",
            "json_format.ParseDict(spec['modelTopology'], graph_def)",
            *(TAKE_APART if FUSED_OPS in origin.marks else ()),
            "for node in graph_def.node:",
            "    if node.op == 'Const' and node.name in values:",
            "        value = tf.make_tensor_proto(values[node.name])",
            "        node.attr['value'].tensor.CopyFrom(value)",
            *RUN_GRAPH,
            f"    print({spell_run(origin)})",
        ),
    ]


ADVICE: dict[str, Callable[[Origin], Lines]] = {
    FROZEN_GRAPH: advise_frozen_graph,
    META_GRAPH: advise_meta_graph,
    SAVED_MODEL_TEXT: advise_text_model,
    NUMPY_WEIGHTS: advise_arrays,
    TFLITE: advise_tflite,
    TFJS_LAYERS: advise_layers_model,
    TFJS_GRAPH: advise_graph_model,
}

# What the code above runs in the newest release, whichever wrote the file.
RUN_TODAY = {FROZEN_GRAPH, META_GRAPH, SAVED_MODEL_TEXT, TFLITE, TFJS_GRAPH}


def spell_run(origin: Origin) -> str:
    """Return the call that runs a graph from its inputs to its outputs."""
    output = origin.outputs[-1] if origin.outputs else "OUTPUT:0"
    fed = ", ".join(f"{name!r}: inputs" for name in origin.inputs) or "'INPUT:0': inputs"
    return f"session.run({output!r}, {{{fed}}})"
