"""Find the likely releases of a file: by Keras versions, and by details that few releases write.

All of it was measured on files that each built release wrote, a functional and a sequential model
with Conv1D, BatchNormalization, LSTM, GRU, Embedding and Dense, in every format that release has
(docs/decisions/2026-11-25-which-release-wrote-it.md). A choice is (releases as `env add` takes
them, the likeliest first; the reason, one sentence or "").
"""

import re

from harness.environments.releases import RELEASES
from harness.formats.facts import CHECKPOINT, NUMPY_WEIGHTS, TFLITE, WEIGHTS_H5, Facts, plain
from harness.origin.graph_versions import choose_by_producer

Choice = tuple[list[str], str]
# The Keras that `pip install tensorflow==2.x` brought on the release's day (releases.py).
SHIPPED_KERAS = {
    "3.0.5": "2.16",
    "3.4.1": "2.17",
    "3.6.0": "2.18",
    "3.9.1": "2.19",
    "3.11.3": "2.20",
    "3.15.1": "2.21",
}
LAST_KERAS_2 = "2.15"  # reads most old files
NUMBERS = re.compile(r"(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?")
EITHER = "the file does not show which: both releases write the same for such a file"


def choose_releases(facts: Facts) -> Choice:
    """Return the releases that may have written a file, by the facts that were read in it."""
    marks = set(facts.marks)
    if facts.tensorflow:
        return choose_by_tensorflow(facts.tensorflow, marks)
    if facts.keras:
        return choose_by_keras(facts.keras, marks)
    if facts.producer is not None:
        return choose_by_producer(facts.producer)
    if facts.format in (TFLITE, NUMPY_WEIGHTS):
        return [], "nothing in the file tells which release wrote it"
    if facts.format == CHECKPOINT:
        return choose_by_checkpoint(marks)
    if facts.format == WEIGHTS_H5:
        return choose_by_layout(marks)
    if "module" in marks:
        said = "no version is named; Keras 3 writes a configuration with modules but no version"
        return ["2.16", "2.18", "2.21"], said
    said = f"no version is named; {LAST_KERAS_2}, the last release with Keras 2, is a first guess"
    return [LAST_KERAS_2], said


def choose_by_tensorflow(version: str, marks: set[str]) -> Choice:
    """Return the release of a TensorFlow version, with tf_keras where Keras 2 wrote after 2.15."""
    found = NUMBERS.match(version)
    if "dev" in version:
        return ["nightly"], f"TensorFlow {plain(version)} was a nightly build"
    if not found:
        return [LAST_KERAS_2], f"{plain(version)} is not a release of TensorFlow"
    minor = (int(found[1]), int(found[2]))
    name = f"{minor[0]}.{minor[1]}"
    if name not in RELEASES:
        nearest = find_nearest(minor)
        return [
            nearest
        ], f"TensorFlow {name} cannot be built here; the nearest release is {nearest}"
    if "keras_metadata.pb" in marks and minor >= (2, 16):
        return [
            f"{name}+legacy"
        ], "keras_metadata.pb is written by Keras 2, which is tf_keras in that release"
    return [name], ""


def find_nearest(minor: tuple[int, int]) -> str:
    """Return the release nearest to a TensorFlow version that cannot be built."""
    known = [tuple(map(int, name.split("."))) for name in RELEASES if name != "nightly"]
    older = [each for each in known if each <= minor]
    return ".".join(map(str, max(older) if older else min(known)))


def choose_by_keras(version: str, marks: set[str]) -> Choice:
    """Return the releases that have a Keras version."""
    said, found = f"Keras {plain(version)}", NUMBERS.match(version)
    if "dev" in version:
        return ["nightly"], f"{said} was a nightly build"
    if not found:
        return [LAST_KERAS_2], f"{said} is not a version"
    major, minor, patch = (int(each or 0) for each in found.groups())
    if major >= 3:
        return choose_by_keras_3((major, minor, patch))
    if version.startswith("2.2.4-tf"):
        return tell_2_2_4(marks)
    if version.startswith("2.3.0-tf"):
        return tell_2_3_0(marks)
    if (major, minor) < (2, 4):
        return ["1.15"], f"{said} was a separate package for TensorFlow 1; 1.15 reads its files"
    if minor == 4:
        return tell_2_4_0(marks)
    name = f"2.{minor}"
    if minor <= 15:
        return [name], f"{said} came with TensorFlow {name}"
    built = name if name in RELEASES else find_nearest((2, minor))
    return [f"{built}+legacy"], f"{said} is tf_keras, the Keras 2 that is installed beside {name}"


def choose_by_keras_3(version: tuple[int, int, int]) -> Choice:
    """Return the TensorFlow that shipped a Keras 3, or a release of that day with that Keras."""
    spelled = ".".join(map(str, version))
    if spelled in SHIPPED_KERAS:
        name = SHIPPED_KERAS[spelled]
        return [name], f"TensorFlow {name} was released with Keras {spelled}"
    older = [
        name
        for shipped, name in SHIPPED_KERAS.items()
        if tuple(map(int, shipped.split("."))) <= version
    ]
    name = older[-1] if older else "2.16"
    day = "was the newest release of its day" if older else "is the first release made for Keras 3"
    return [f"{name} with keras=={spelled}"], f"TensorFlow {name} {day}; Keras {spelled} is added"


def tell_2_2_4(marks: set[str]) -> Choice:
    """Tell TensorFlow 1.15 from 2.0, which both call their Keras 2.2.4-tf."""
    said = "2.2.4-tf is the Keras of TensorFlow 1.13 to 2.0"
    if marks & {"initializer dtype", "optimizer_weights/training"}:
        return ["1.15"], f"{said}; only 1.x writes initializers with a dtype"
    if "initializer without dtype" in marks:
        return ["2.0"], f"{said}; only 2.0 writes initializers without a dtype"
    return ["2.0", "1.15"], f"{said}; {EITHER}"


def tell_2_3_0(marks: set[str]) -> Choice:
    """Tell TensorFlow 2.1 from 2.2, which both call their Keras 2.3.0-tf."""
    said = "2.3.0-tf is the Keras of TensorFlow 2.1 and 2.2"
    if newer := marks & {"build_input_shape", "cell in weight names", "metrics null"}:
        return ["2.2"], f"{said}; {min(newer)}: written by 2.2, not by 2.1"
    if older := marks & {"no build_input_shape", "no cell in weight names", "metrics empty"}:
        return ["2.1"], f"{said}; {min(older)}: written by 2.1, not by 2.2"
    return ["2.2", "2.1"], f"{said}; {EITHER}"


def tell_2_4_0(marks: set[str]) -> Choice:
    """Tell TensorFlow 2.3 from 2.4, which both call their Keras 2.4.0."""
    said = "2.4.0 is the Keras of TensorFlow 2.3 and 2.4"
    if "named functional" in marks:
        return ["2.3", "2.4"], f"{said}; 2.3 names a functional model functional_1, 2.4 model"
    if "named model" in marks:
        return ["2.4", "2.3"], f"{said}; 2.4 names a functional model model, 2.3 functional_1"
    return ["2.4", "2.3"], f"{said}; {EITHER}"


def choose_by_layout(marks: set[str]) -> Choice:
    """Return likely releases for a `.weights.h5` by its layout; the file names no release."""
    said = "a .weights.h5 file records no version"
    if "_layer_checkpoint_dependencies" in marks:
        return ["2.13", "2.14", "2.12"], (
            f"{said}; the group _layer_checkpoint_dependencies is written by Keras 2.12 to 2.14"
        )
    if "metrics group" in marks:
        return ["2.15", "2.16+legacy"], (
            f"{said}; the groups layers and metrics are written by Keras 2.15 and tf_keras"
        )
    if "named vars" in marks:
        return ["2.18", "2.21"], f"{said}; groups vars with a name are written since Keras 3.6"
    return ["2.16", "2.17"], f"{said}; groups vars without a name are written by Keras 3.0 to 3.4"


def choose_by_checkpoint(marks: set[str]) -> Choice:
    """Return likely releases for a checkpoint by its key names; the file names no release."""
    said = "a checkpoint records no version"
    if "name-based" in marks:
        return ["1.15"], f"{said}; names without an object graph are written by TensorFlow 1"
    if "layer_with_weights" not in marks and marks & {"_operations", "_trainable_variables"}:
        return ["2.16", "2.18", "2.21"], (
            f"{said}; names with _operations or _trainable_variables are written by Keras 3"
        )
    if "layer_with_weights" not in marks:
        return [LAST_KERAS_2], f"{said}, and its names do not belong to a Keras model"
    if "_iterations" in marks:
        return [
            "2.15",
            "2.11",
        ], f"{said}; an optimizer with _iterations is written since Keras 2.11"
    if ".OPTIMIZER_SLOT" in marks:
        return ["2.10", "2.4"], f"{said}; optimizer slots are written by Keras 2 up to 2.10"
    return ["2.10", "2.15"], f"{said}; names with layer_with_weights are written by Keras 2"
