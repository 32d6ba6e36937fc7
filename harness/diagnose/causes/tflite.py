"""The causes that a TF-Lite model names, alone or together with inputs and outputs."""

from harness.diagnose.causes.cause import lesson

OUTPUTS = "MODEL, a .tflite, and --predicted"
INPUTS = "MODEL, a .tflite, and --inputs"

TFLITE_CAUSES = (
    lesson(
        "tflite-int8-scale-ignored",
        "postprocessing",
        OUTPUTS,
        "An int8 TF-Lite model counts in steps, and its steps are taken for real numbers.",
        'scale, zero_point = interpreter.get_output_details()[0]["quantization"]\n'
        "predictions = (outputs.astype(np.float32) - zero_point) * scale\n"
        "# inputs: np.round(x / scale + zero_point), with those of the input",
    ),
    lesson(
        "tflite-float-dequantised",
        "postprocessing",
        OUTPUTS,
        "A float TF-Lite model is dequantised: its scale is 0.0, and so is every prediction.",
        "details = interpreter.get_output_details()[0]\n"
        'scale, zero_point = details["quantization"]\n'
        'if details["dtype"] in (np.int8, np.uint8):  # float32: hands off\n'
        "    outputs = (outputs.astype(np.float32) - zero_point) * scale",
    ),
    lesson(
        "tflite-bad-representative-dataset",
        "file",
        INPUTS,
        "A TF-Lite model was calibrated on numbers of another size than these inputs.",
        "rows = (prepare(x)[None] for x in images)  # as for predictions\n"
        "converter.representative_dataset = lambda: ([row] for row in rows)\n"
        "# then convert again: a converted file cannot be mended",
    ),
)
