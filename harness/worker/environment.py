"""Import TensorFlow once, and say which releases this environment holds."""

import importlib
import importlib.util
import platform
import sys
import time

EXTRA_MODULES = ("sklearn", "joblib", "PIL", "scipy")  # what a scenario may declare to need


def import_tensorflow():
    """Import TensorFlow with Keras and run no op; return (module, seconds it took)."""
    started = time.perf_counter()
    import tensorflow as tf

    # Every step draws numbers: import this once, before forking. Not before TensorFlow, though:
    # where both are missing, TensorFlow is the one to name.
    importlib.import_module("numpy.random")

    warm_registries()
    # `tf.keras` is loaded lazily since 2.16: touch it here, or every forked step pays for it.
    _ = tf.keras.Sequential
    _ = tf.keras.models.load_model
    return tf, time.perf_counter() - started


def module_version(name):
    """Return the `__version__` of an importable module, or None."""
    try:
        return getattr(importlib.import_module(name), "__version__", None)
    except Exception:  # a broken optional module is reported as absent
        return None


def warm_registries():
    """Let TensorFlow build its tables of ops and kernels; no op runs, no thread starts.

    Otherwise every forked step builds them anew, 6 ms each on TensorFlow 2.21. Speed is all it
    does, so a release that has moved these private functions is as well off without.
    """
    try:
        from tensorflow.python.framework import kernels, op_def_registry

        op_def_registry.get("Fill")
        kernels.get_registered_kernels_for_op("Fill")
    except Exception:
        pass


def preload_modules(names):
    """Import, once and before forking, what the scenarios will; a failure is theirs to meet."""
    for name in names:
        try:
            importlib.import_module(name)
        except Exception:
            pass


def find_extra_modules():
    """Return which of the extra modules can be imported here, without importing them."""
    return [name for name in EXTRA_MODULES if importlib.util.find_spec(name) is not None]


def keras_version(tf):
    """Return the version of the Keras behind `tf.keras` ("2.4.0", "3.15.1", tf_keras' own)."""
    found = getattr(tf.keras, "__version__", None)
    if found:
        return found
    home = tf.keras.Sequential.__module__.split(".")[0]  # "keras" or "tf_keras"
    return module_version(home)


def describe_environment(tf):
    """Return the versions that decide what a restore does; no op, no device query."""
    home = tf.keras.Sequential.__module__.split(".")[0]  # "tensorflow" where Keras is built in
    return {
        "tensorflow": tf.__version__,
        "keras": keras_version(tf),
        "keras_home": "tf_keras" if home == "tf_keras" else "keras",
        "numpy": module_version("numpy"),
        "h5py": module_version("h5py"),
        "protobuf": module_version("google.protobuf"),
        "extra_modules": find_extra_modules(),
        "python": platform.python_version(),
        "executable": sys.executable,
    }
