"""The causes that only what training had names: a sample of its inputs."""

from harness.diagnose.cause import cause
from harness.diagnose.input_causes import TRAINING

TRAINING_CAUSES = (
    cause(
        "inputs-of-another-shape",
        "preprocessing",
        TRAINING,
        "The rows of the inputs have another shape than in training.",
        "print(inputs.shape, training.shape)  # the rows must have the shape of training",
        "columns-in-another-order",
    ),
    cause(
        "column-in-another-unit",
        "preprocessing",
        TRAINING,
        "A column of the inputs comes in another unit than in training.",
        "inputs[:, column] /= factor  # as the evidence names them",
        "float16-input-overflow",
    ),
)
