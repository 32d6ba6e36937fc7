"""Find the likely releases of a file: by Keras versions, and by details that few releases write.

All of it was measured on files that each built release wrote, a functional and a sequential model
with Conv1D, BatchNormalization, LSTM, GRU, Embedding and Dense, in every format that release has
(docs/decisions/2026-11-25-which-release-wrote-it.md).
"""

import re
from typing import NamedTuple

from harness.environments.releases import NEWEST, RELEASES, minor_of
from harness.formats.facts import (
    CHECKPOINT,
    NUMPY_WEIGHTS,
    SAVED_MODEL,
    TFLITE,
    WEIGHTS_H5,
    Facts,
    plain,
)
from harness.formats.old_keras import KERAS_0, KERAS_1
from harness.origin.graph_versions import choose_by_producer


class Choice(NamedTuple):
    """Releases as `env add` takes them, the likeliest first; the reason, one sentence or "".

    `span`: where the file does not tell the writer, the range that it may be from, as it is shown.
    """

    releases: list[str]
    reason: str
    span: str = ""


# The Keras that `pip install tensorflow==2.x` brought on the release's day (releases.py).
SHIPPED_KERAS = {
    "3.0.5": "2.16",
    "3.4.1": "2.17",
    "3.6.0": "2.18",
    "3.9.1": "2.19",
    "3.11.3": "2.20",
    "3.13.2": "2.21",
}
LAST_KERAS_2 = "2.15"  # reads most old files
NEWEST_KERAS = tuple(map(int, list(SHIPPED_KERAS)[-1].split(".")))
# Of 49 models that Keras 1.2.2 wrote, it reads 49 with equal predictions, 2.3.1 36 and 2.2.4 37.
KERAS_1_READERS = ["1.15 with keras==1.2.2", "1.15 with keras==2.3.1"]
KERAS_0_READER = "1.15 with keras==0.3.3"
NUMBERS = re.compile(r"(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?")
EITHER = "the file does not show which: both releases write the same for such a file"


def choose_releases(facts: Facts) -> Choice:
    """Return the releases that may have written a file, by the facts that were read in it."""
    marks = set(facts.marks)
    if facts.tensorflow:
        return choose_by_tensorflow(facts.tensorflow, marks)
    if facts.keras:
        return choose_by_keras(facts.keras, marks)
    if KERAS_0 in marks:
        return choose_by_keras("0", marks)._replace(span="Keras 0.1 to 0.3")
    if KERAS_1 in marks:
        return choose_by_keras("1", marks)._replace(span="Keras 1.0 to 1.2")
    if facts.producer is not None:
        return Choice(*choose_by_producer(facts.producer))
    if facts.format in (TFLITE, NUMPY_WEIGHTS):
        return Choice([], "nothing in the file tells which release wrote it")
    if facts.format == CHECKPOINT:
        return choose_by_checkpoint(marks)
    if facts.format == WEIGHTS_H5:
        return choose_by_layout(marks)
    if facts.format == SAVED_MODEL:
        return choose_by_objects(marks)
    if "module" in marks:
        said = "no version is named; Keras 3 writes a configuration with modules but no version"
        return within("2.16", NEWEST, said)
    return Choice([LAST_KERAS_2], "no version is named", f"1.0 to {LAST_KERAS_2}")


def within(first: str, last: str, reason: str) -> Choice:
    """Return the choice of all releases from `first` to `last`; the newest reads most: it leads."""
    names = list(RELEASES)
    found = names[names.index(first) : names.index(last) + 1]
    return Choice(found[::-1], reason, f"{first} to {last}")


def choose_by_objects(marks: set[str]) -> Choice:
    """Return likely releases for a SavedModel that names no TensorFlow."""
    said = "saved_model.pb names no TensorFlow"
    if "no object graph" in marks:
        return Choice(
            ["1.15"], f"{said}; without an object graph, TensorFlow 1 wrote it", "1.0 to 1.15"
        )
    return within("1.15", NEWEST, f"{said}; an object graph is written since TensorFlow 1.13")


def choose_by_tensorflow(version: str, marks: set[str]) -> Choice:
    """Return the release of a TensorFlow version, with tf_keras where Keras 2 wrote after 2.15."""
    found = NUMBERS.match(version)
    if not found:
        return Choice(
            [LAST_KERAS_2], f"{plain(version)} is not a release of TensorFlow", f"1.0 to {NEWEST}"
        )
    minor = (int(found[1]), int(found[2]))
    name = f"{minor[0]}.{minor[1]}"
    if "dev" in version:
        # 1.14.1-dev led to 1.15.0, 2.2.0-dev to 2.2.0.
        following = (minor[0], minor[1] + bool(int(found[3] or 0)))
        if following > minor_of(NEWEST):
            return Choice(["nightly"], f"TensorFlow {plain(version)} was a nightly build")
        nearest = find_nearest(following)
        said = f"TensorFlow {plain(version)} was a nightly build"
        return Choice([nearest], f"{said}; the nearest release is {nearest}")
    if name not in RELEASES:
        nearest = find_nearest(minor)
        said = f"TensorFlow {name} cannot be built here; the nearest release is {nearest}"
        return Choice([nearest], said)
    if "keras_metadata.pb" in marks and minor >= (2, 16):
        said = "keras_metadata.pb is written by Keras 2, which is tf_keras in that release"
        return Choice([f"{name}+legacy"], said)
    return Choice([name], "")


def find_nearest(minor: tuple[int, int]) -> str:
    """Return the release nearest to a TensorFlow version that cannot be built."""
    known = [tuple(map(int, name.split("."))) for name in RELEASES if name != "nightly"]
    older = [each for each in known if each <= minor]
    return ".".join(map(str, max(older) if older else min(known)))


def choose_by_keras(version: str, marks: set[str]) -> Choice:
    """Return the releases that have a Keras version."""
    said, found = f"Keras {plain(version)}", NUMBERS.match(version)
    generation = version.partition(".")[0]
    if generation == "0":
        said = "Keras 0 was a package of its own; with TensorFlow 1.15, Keras 0.3.3 reads its files"
        return Choice([KERAS_0_READER], said)
    if generation == "1":
        said = "Keras 1 was a package of its own; with TensorFlow 1.15, Keras 1.2.2 reads all of"
        return Choice(KERAS_1_READERS, f"{said} its layers, and Keras 2.3.1 most; tf.keras none")
    if not found:
        return Choice([LAST_KERAS_2], f"{said} is not a version", f"1.0 to {NEWEST}")
    major, minor, patch = (int(each or 0) for each in found.groups())
    if "dev" in version and (major, minor, patch) > NEWEST_KERAS:
        return Choice(["nightly"], f"{said} was a nightly build")
    if major >= 3:
        return choose_by_keras_3((major, minor, patch))
    if version.startswith("2.2.4-tf"):
        return tell_2_2_4(marks)
    if version.startswith("2.3.0-tf"):
        return tell_2_3_0(marks)
    if (major, minor) < (2, 4):
        return Choice(
            ["1.15"], f"{said} was a separate package for TensorFlow 1; 1.15 reads its files"
        )
    if minor == 4:
        return tell_2_4_0(marks)
    name = f"2.{minor}"
    if minor <= 15:
        return Choice([name], f"{said} came with TensorFlow {name}")
    built = name if name in RELEASES else find_nearest((2, minor))
    return Choice(
        [f"{built}+legacy"], f"{said} is tf_keras, the Keras 2 that is installed beside {name}"
    )


def choose_by_keras_3(version: tuple[int, int, int]) -> Choice:
    """Return the TensorFlow that shipped a Keras 3, or a release of that day with that Keras."""
    spelled = ".".join(map(str, version))
    if spelled in SHIPPED_KERAS:
        name = SHIPPED_KERAS[spelled]
        return Choice([name], f"TensorFlow {name} was released with Keras {spelled}")
    older = [
        name
        for shipped, name in SHIPPED_KERAS.items()
        if tuple(map(int, shipped.split("."))) <= version
    ]
    name = older[-1] if older else "2.16"
    day = "was the newest release of its day" if older else "is the first release made for Keras 3"
    return Choice(
        [f"{name} with keras=={spelled}"], f"TensorFlow {name} {day}; Keras {spelled} is added"
    )


def tell_2_2_4(marks: set[str]) -> Choice:
    """Tell TensorFlow 1.15 from 2.0, which both call their Keras 2.2.4-tf."""
    said = "2.2.4-tf is the Keras of TensorFlow 1.13 to 2.0"
    if marks & {"initializer dtype", "optimizer_weights/training"}:
        return Choice(["1.15"], f"{said}; only 1.x writes initializers with a dtype")
    if "initializer without dtype" in marks:
        return Choice(["2.0"], f"{said}; only 2.0 writes initializers without a dtype")
    return Choice(["2.0", "1.15"], f"{said}; {EITHER}")


def tell_2_3_0(marks: set[str]) -> Choice:
    """Tell TensorFlow 2.1 from 2.2, which both call their Keras 2.3.0-tf."""
    said = "2.3.0-tf is the Keras of TensorFlow 2.1 and 2.2"
    if newer := marks & {"build_input_shape", "cell in weight names", "metrics null"}:
        return Choice(["2.2"], f"{said}; {min(newer)}: written by 2.2, not by 2.1")
    if older := marks & {"no build_input_shape", "no cell in weight names", "metrics empty"}:
        return Choice(["2.1"], f"{said}; {min(older)}: written by 2.1, not by 2.2")
    return Choice(["2.2", "2.1"], f"{said}; {EITHER}")


def tell_2_4_0(marks: set[str]) -> Choice:
    """Tell TensorFlow 2.3 from 2.4, which both call their Keras 2.4.0."""
    said = "2.4.0 is the Keras of TensorFlow 2.3 and 2.4"
    if "named functional" in marks:
        return Choice(
            ["2.3", "2.4"], f"{said}; 2.3 names a functional model functional_1, 2.4 model"
        )
    if "named model" in marks:
        return Choice(
            ["2.4", "2.3"], f"{said}; 2.4 names a functional model model, 2.3 functional_1"
        )
    return Choice(["2.4", "2.3"], f"{said}; {EITHER}")


def choose_by_layout(marks: set[str]) -> Choice:
    """Return likely releases for a `.weights.h5` by its layout; the file names no release."""
    said = "a .weights.h5 file records no version"
    if "_layer_checkpoint_dependencies" in marks:
        said += "; the group _layer_checkpoint_dependencies is written by Keras 2.12 to 2.14"
        return within("2.12", "2.14", said)
    if "metrics group" in marks:
        said += "; the groups layers and metrics are written by Keras 2.15 and tf_keras"
        return or_legacy(Choice(["2.15"], said, "2.15"))
    if "named vars" in marks:
        return within("2.18", NEWEST, f"{said}; vars with a name are written since Keras 3.6")
    said += "; vars without a name are written by Keras 3.0 to 3.5"
    if "optimizer group" in marks:  # beside it, Keras 2 keeps the metrics of a compiled model
        return within("2.16", "2.17", said)
    said += ", and for a model that is not compiled by Keras 2.15 and tf_keras"
    return or_legacy(within("2.15", "2.17", said))


def or_legacy(choice: Choice) -> Choice:
    """Return the choice with tf_keras besides, the Keras 2 of later releases."""
    legacy = [f"{name}+legacy" for name in within("2.16", NEWEST, "").releases]
    return choice._replace(releases=choice.releases + legacy, span=f"{choice.span} or tf_keras")


def choose_by_checkpoint(marks: set[str]) -> Choice:
    """Return likely releases for a checkpoint by its key names; the file names no release."""
    said = "a checkpoint records no version"
    if "one file" in marks:
        said += "; TensorFlow wrote one file until 0.12, and later if it was told to (V1)"
        return Choice(["1.15"], said, "0.5 to 1.15")
    if "name-based" in marks:
        said += "; names without an object graph are written by tf.train.Saver of TensorFlow 1"
        return Choice(["1.15"], said, "0.12 to 1.15")
    if "layer_with_weights" not in marks and marks & {"_operations", "_trainable_variables"}:
        said += "; names with _operations or _trainable_variables are written by Keras 3"
        return within("2.16", NEWEST, said)
    if "layer_with_weights" not in marks:
        said += ", and its names do not belong to a Keras model"
        return within("1.15", NEWEST, said)
    if "_iterations" in marks:
        said += "; an optimizer with _iterations is written by Keras 2 since 2.11"
        return or_legacy(within("2.11", LAST_KERAS_2, said))
    if ".OPTIMIZER_SLOT" in marks:
        said += "; optimizer slots are written up to 2.10, and by optimizers.legacy up to 2.15"
        found = within("1.15", LAST_KERAS_2, said)
        return found._replace(
            releases=sorted(found.releases, key=lambda name: minor_of(name) > (2, 10))
        )
    said += "; names with layer_with_weights are written by Keras 2"
    return or_legacy(within("1.15", LAST_KERAS_2, said))
