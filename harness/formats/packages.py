"""Packages whose classes models name: recognised by module, by registered name, or by class.

The names were read in the packages themselves: QKeras, HGQ, HGQ2, tensorflow-hub 0.16.1,
tensorflow-decision-forests 1.12.0, tensorflow-addons 0.23.0, keras-hub 0.32.0 (which registers its
classes as keras_nlp too), keras-nlp 0.5.2, keras-cv 0.9.0 (as keras_cv and as keras_cv.models).
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Package:
    """A distribution, and the line of Python that brings its classes."""

    name: str  # as pip calls it
    line: str
    roots: tuple[str, ...]  # its modules, and the names under which it registers classes
    classes: frozenset[str] = frozenset()  # of what is saved without either


QKERAS = """
    QDense QConv1D QConv2D QConv2DTranspose QDepthwiseConv2D QSeparableConv1D QSeparableConv2D
    QMobileNetSeparableConv2D QActivation QAdaptiveActivation QBatchNormalization QConv2DBatchnorm
    QDepthwiseConv2DBatchnorm QSimpleRNN QSimpleRNNCell QLSTM QLSTMCell QGRU QGRUCell QBidirectional
    QAveragePooling2D QGlobalAveragePooling2D QInitializer quantized_bits quantized_linear
    quantized_relu quantized_ulaw quantized_tanh quantized_sigmoid quantized_po2 quantized_relu_po2
    quantized_hswish stochastic_ternary stochastic_binary bernoulli ternary binary
"""
HGQ = """
    HDense HConv1D HConv2D HActivation HAdd HQuantize HDenseBatchNorm HConv1DBatchNorm
    HConv2DBatchNorm PConcatenate PReshape PFlatten PMaxPooling1D PMaxPooling2D
"""
FORESTS = """
    GradientBoostedTreesModel RandomForestModel CartModel DistributedGradientBoostedTreesModel
"""
PACKAGES = {
    package.name: package
    for package in (
        Package("hgq2", "from hgq.layers import *", ("hgq", "hgq2", "hgq/qkeras")),
        Package("HGQ", "from HGQ.layers import *", ("HGQ",), frozenset(HGQ.split())),
        Package("qkeras", "from qkeras import *", ("qkeras",), frozenset(QKERAS.split())),
        Package(
            "tensorflow-hub",
            "from tensorflow_hub import KerasLayer",
            ("tensorflow_hub",),
            frozenset({"KerasLayer"}),
        ),
        Package(
            "tensorflow-decision-forests",
            "import tensorflow_decision_forests",
            ("tensorflow_decision_forests",),
            frozenset(FORESTS.split()),
        ),
        Package("tensorflow-addons", "import tensorflow_addons", ("tensorflow_addons", "Addons")),
        Package("keras-hub", "import keras_hub", ("keras_hub",)),
        Package("keras-nlp", "import keras_nlp", ("keras_nlp",)),
        Package("keras-cv", "import keras_cv", ("keras_cv",)),
    )
}
FOREST_OP = "SimpleML"  # how the ops of TensorFlow Decision Forests begin


def find_package(node: dict[str, Any], name: str) -> str | None:
    """Return the distribution that brings a serialized object called `name`; None if unknown."""
    registered = node.get("registered_name")
    given = registered if isinstance(registered, str) and ">" in registered else name
    prefix, _, short = given.rpartition(">")
    named = (prefix, str(node.get("module") or ""))
    roots = {each.partition(".")[0] for each in named} - {"", "builtins"}
    for package in PACKAGES.values():
        if roots & {*package.roots}:
            return package.name
    found = [package.name for package in PACKAGES.values() if short in package.classes]
    return found[0] if found and not roots - {"Custom"} else None
