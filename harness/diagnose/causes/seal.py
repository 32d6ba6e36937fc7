"""The causes that a seal names: it lies beside the model since the model was right."""

from harness.diagnose.causes.cause import cause

SEAL_CAUSES = (
    cause(
        "inputs-unlike-sealed",
        "preprocessing",
        "MODEL with its seal, and --inputs",
        "The inputs are not like those that the model was sealed with.",
        'sealed = np.load("model.keras.seal/inputs.npz")  # as it was fed while it was right\n'
        "print([(sealed[name].min(), sealed[name].max()) for name in sealed.files])",
        "scaler-file-missing",
    ),
    cause(
        "weights-unlike-sealed",
        "file",
        "MODEL with its seal",
        "The file holds other weights than those that were sealed.",
        "model.save(path)  # from the session that predicts rightly\n"
        "seal(model, inputs, path)  # of the same moment",
        "best-checkpoint-overwritten",
    ),
)
