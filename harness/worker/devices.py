"""Which devices a TensorFlow release sees, and proof that a step ran on the one it was given."""

import sys


class PlacementError(Exception):
    """A step did not run on the device it was asked to run on."""


def list_devices(tf):
    """Return one dict per device: `name` such as "GPU:0", `model`, `compute_capability`.

    Must run in a throw-away process: it starts the CUDA libraries where there are any.
    """
    config = getattr(tf.config, "list_physical_devices", None)
    if config is None:  # TensorFlow 1.15 and 2.0
        config = tf.config.experimental.list_physical_devices
    found = []
    for kind in ("CPU", "GPU"):
        for index, device in enumerate(config(kind)):
            details = {}
            if kind == "GPU" and hasattr(tf.config.experimental, "get_device_details"):
                details = tf.config.experimental.get_device_details(device)
            capability = details.get("compute_capability")
            found.append(
                {
                    "name": "%s:%d" % (kind, index),
                    "model": details.get("device_name"),
                    "compute_capability": ".".join(map(str, capability)) if capability else None,
                }
            )
    return found


def prepare_device(tf, device, logical_cpus):
    """Configure `device` ("CPU:0", "GPU:0", "CPU:1" of `logical_cpus`) before the first op."""
    if device == "CPU:0" and not logical_cpus:
        if sys.platform == "darwin":  # elsewhere the harness hides GPUs by CUDA_VISIBLE_DEVICES
            tf.config.set_visible_devices([], "GPU")
        return
    # Otherwise "/GPU:0" without a GPU runs on the CPU in silence.
    tf.config.set_soft_device_placement(False)
    if logical_cpus:
        cpu = tf.config.list_physical_devices("CPU")[0]
        parts = [tf.config.LogicalDeviceConfiguration() for _ in range(logical_cpus)]
        tf.config.set_logical_device_configuration(cpu, parts)
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)
    # TensorFloat-32 keeps 10 bits of mantissa: its rounding would be mistaken for a failure.
    # https://www.tensorflow.org/api_docs/python/tf/config/experimental/enable_tensor_float_32_execution
    tf.config.experimental.enable_tensor_float_32_execution(False)


def observe_placement(tf, device, output, model):
    """Return the devices on which the output and the model's variables were seen to live.

    A numpy output says nothing; then the variables, or on a GPU its allocator's peak, must.
    """
    seen = set()
    place = getattr(output, "device", None)
    if isinstance(place, str) and place != "cpu":  # what numpy 2 says of each of its arrays
        seen.add(place)
    for variable in getattr(model, "variables", None) or []:
        value = getattr(variable, "value", None)
        place = getattr(variable, "device", None) or getattr(value, "device", None)
        if place:
            seen.add(place)
    if not seen and device.startswith("GPU"):
        allocated = tf.config.experimental.get_memory_info(device)["peak"]
        seen |= {"/device:" + device} if allocated else set()
    return sorted({place.split("/device:")[-1] for place in seen if isinstance(place, str)})


def assert_placement(tf, device, output, model):
    """Raise PlacementError unless every place seen is `device`; return what was seen."""
    seen = observe_placement(tf, device, output, model)
    if seen != [device]:
        raise PlacementError(
            "the step was to run on %s but its output and variables were on %s"
            % (device, ", ".join(seen) or "no device that could be observed")
        )
    return seen
