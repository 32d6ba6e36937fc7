"""What to do with a TF-Lite file: code to paste.

The plain code was run in TensorFlow 2.21. We had neither an Edge TPU nor a file of tensorflow-text:
their lines follow the documentation of both.
"""

from harness.formats.known import read_list
from harness.formats.tflite import CUSTOM_OPS
from harness.origin.who_wrote import Origin
from harness.report.indented import Lines, indent

EDGE_TPU = "edgetpu-custom-op"
# Custom ops of MediaPipe (mediapipe/util/tflite/op_resolver.cc).
MEDIAPIPE = {
    "MaxPoolingWithArgmax2D",
    "MaxUnpooling2D",
    "Convolution2DTransposeBias",
    "TransformTensorBilinear",
    "TransformLandmarks",
    "Landmarks2TransformMatrix",
}
RUN = (
    "model.allocate_tensors()",
    "model.set_tensor(model.get_input_details()[0]['index'], inputs)",
    "model.invoke()",
    "print(model.get_tensor(model.get_output_details()[0]['index']))",
)


def advise_tflite(origin: Origin) -> Lines:
    """Return how a TF-Lite file is run."""
    path = str(origin.path)
    found = [each for each in origin.evidence if each.startswith(CUSTOM_OPS)]
    if not found:
        return [
            "The file is no longer a Keras model. TensorFlow 2.21 runs the file:",
            *indent("import tensorflow as tf", f"model = tf.lite.Interpreter({path!r})", *RUN),
        ]
    names = found[0].removeprefix(CUSTOM_OPS).split(", ")
    needed = dict.fromkeys(tuple(advise_custom_op(name, path)) for name in names)
    told = "The file is no longer a Keras model. TensorFlow alone lacks its custom ops."
    return [told, *(line for each in needed for line in each)]


def advise_custom_op(name: str, path: str) -> Lines:
    """Return what a file with this custom op needs; the same lines for all ops of one maker."""
    if name == EDGE_TPU:
        return [
            "It was compiled for the Edge TPU. With that chip, and its library libedgetpu:",
            *indent(
                "import tensorflow as tf",
                "chip = tf.lite.experimental.load_delegate('libedgetpu.so.1')",
                f"model = tf.lite.Interpreter({path!r}, experimental_delegates=[chip])",
                *RUN,
            ),
            "Without the chip: the .tflite that was compiled runs anywhere.",
        ]
    if name.startswith(("TFText>", "TFSentencepiece")):
        return [
            "They are of tensorflow-text. In a release that has this package:",
            *indent(
                "import tensorflow as tf, tensorflow_text",
                "from tensorflow.lite.python.interpreter import InterpreterWithCustomOps",
                "ops = tensorflow_text.tflite_registrar.SELECT_TFTEXT_OPS",
                "model = InterpreterWithCustomOps(",
                f"    custom_op_registerers=ops, model_path={path!r})",
                *RUN,
            ),
        ]
    if name in MEDIAPIPE:
        return [f"{name} is of MediaPipe, whose tasks run the file: pip install mediapipe"]
    if name in read_list("ops"):
        return [
            f"TF-Lite lacks the op {name} of TensorFlow. Convert the model again with",
            "  converter.target_spec.supported_ops = [",
            "      tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]",
        ]
    return [f"{name} needs the delegate or the library of whoever made the file."]
