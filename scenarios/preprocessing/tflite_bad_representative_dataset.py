"""An int8 TFLite model, calibrated on raw pixels, gives 0 for most pictures and nonsense for some.

Symptom:
    After full integer quantisation most predictions are exactly 0. The remaining predictions are a
    few numbers that repeat. Keras and an earlier export are right. Scale and zero point are
    applied.
Cause:
    The converter measures every tensor's range on the representative dataset and divides the range
    into 255 steps. Here the generator yields pixels of 0 to 255, but the model expects x / 255. One
    step is then as large as the whole real range of the input, and of every later tensor.
    (Calibration on too small numbers also fails, because large values are cut off.)
Fix:
    same_preprocessing: let the generator call the function that prepares pictures for the model. A
    converted file cannot be repaired, so convert again.
Spot it:
        scale, zero_point = interpreter.get_input_details()[0]["quantization"]
        print((-128 - zero_point) * scale, (127 - zero_point) * scale)  # the range of real inputs?
Evidence:
    tensorflow/tensorflow#52854 (calibration data of one sign: zeros), #45038 (a wrong scale).
    Measured with this file: differs on 20 of 20 seeds (TensorFlow 2.21), and in 2.4, 2.10, 2.12,
    2.15 to 2.18 and 2.20; 48 of 64 predictions exactly 0, all others 66.5. With 128 pictures one
    seed of 20 gave only zeros, hence the rate.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "tflite-bad-representative-dataset", "family": "preprocessing",
    "tensorflow": ">=2.3", "seed": 0, "minutes": 8,
    "expect": {
        "restore_broken": [{"verdict": "differs", "rate": [0.7, 1.0]}],
        "restore_fixed_same_preprocessing": "match",
    },
    "dose": {"path": "restore_broken", "of": "calibration pixels too large by this factor",
             "values": [1, 2, 4, 16, 64, 255]},
    "hints": [
        "How many different predictions are there? np.unique(predictions).",
        "Where does the converter learn the ranges? Print the largest value that generator yields.",
        "Training divides pixels by 255. The representative dataset has to do the same.",
    ],
}


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    pixels = rng.uniform(0, 255, size=(64, 1)) * rng.uniform(0.5, 1, size=(64, 64))  # 8x8, grey
    x = (pixels / 255).astype("float32")
    cloud_cover = 100 * x.mean(axis=1, keepdims=True) ** 2  # percent of the sky
    kernel = rng.normal(size=(64, 32)).astype("float32")
    bias = rng.normal(size=32).astype("float32")
    hidden = np.maximum(x @ kernel + bias, 0)
    head = np.linalg.lstsq(hidden, cloud_cover, rcond=None)[0].astype("float32")  # trained weights
    np.savez(artifact + "/sky.npz", pixels=pixels, kernel=kernel, bias=bias, head=head)
    interpreter = export_int8(artifact, x)  # the export that the camera has used so far
    return pixels, predict_with(interpreter, pixels)


def export_int8(artifact, calibration):
    sky = np.load(artifact + "/sky.npz")
    kernel, bias, head = sky["kernel"], sky["bias"], sky["head"]

    @tf.function(input_signature=[tf.TensorSpec((None, 64))])
    def network(x):
        return tf.nn.relu(x @ kernel + bias) @ head

    # from_keras_model goes on from here in the same way, only slower
    converter = tf.lite.TFLiteConverter.from_concrete_functions([network.get_concrete_function()])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([row[None].astype("float32")] for row in calibration)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return tf.lite.Interpreter(model_content=converter.convert())


def predict_with(interpreter, pixels):
    source, target = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    scale, zero_point = source["quantization"]
    steps = np.round(pixels / 255 / scale + zero_point).clip(-128, 127).astype(np.int8)
    interpreter.resize_tensor_input(source["index"], steps.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(source["index"], steps)
    interpreter.invoke()
    scale, zero_point = target["quantization"]
    return (interpreter.get_tensor(target["index"]).astype("float32") - zero_point) * scale


def restore_broken(artifact, dose=255):
    pixels = np.load(artifact + "/sky.npz")["pixels"]
    interpreter = export_int8(artifact, pixels / 255 * dose)  # 255: nobody divided
    return lambda inputs: predict_with(interpreter, inputs)


def restore_fixed_same_preprocessing(artifact):
    pixels = np.load(artifact + "/sky.npz")["pixels"]
    interpreter = export_int8(artifact, pixels / 255)
    return lambda inputs: predict_with(interpreter, inputs)
