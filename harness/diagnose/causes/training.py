"""The causes that only what training had names: a sample of its inputs, its scaler."""

from harness.diagnose.causes.cause import cause
from harness.diagnose.causes.input import TRAINING

SCALER = "--inputs and --scaler"

TRAINING_CAUSES = (
    cause(
        "inputs-of-another-shape",
        "preprocessing",
        f"MODEL and --inputs; or {TRAINING}, or --scaler",
        "The rows of the inputs have another shape than those of training.",
        "predictions = model.predict(np.stack(rows))  # each row as in training",
        "columns-in-another-order",
    ),
    cause(
        "column-in-another-unit",
        "preprocessing",
        TRAINING,
        "A column of the inputs comes in another unit than in training.",
        "inputs[:, column] /= factor  # as the evidence names them\n"
        "predictions = model.predict(inputs)",
        "float16-input-overflow",
    ),
    cause(
        "scaled-twice",
        "preprocessing",
        f"{SCALER}; or MODEL with a Normalization, and --inputs",
        "The inputs are scaled twice: by the scaler, and once more.",
        "predictions = model.predict(scaler.transform(raw_inputs))  # once",
        "double-rescale",
    ),
)
