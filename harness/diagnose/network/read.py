"""Read a model file into a Network, by the format that harness.formats has found."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.diagnose.network.checkpoint import read_checkpoint_arrays
from harness.diagnose.network.hdf5 import attach_archive, attach_legacy, read_arrays
from harness.diagnose.network.layer import Network, build_network
from harness.formats.archive import CONFIG, WEIGHTS, load_json, open_in_folder, open_in_zip
from harness.formats.facts import (
    CHECKPOINT,
    CONFIG_JSON,
    HDF5_MODEL,
    HDF5_WEIGHTS,
    KERAS_ARCHIVE,
    KERAS_FOLDER,
    LARGEST_JSON,
    SAVED_MODEL,
    TFLITE,
    WEIGHTS_H5,
    Facts,
    open_regular,
    read_json,
    read_limited,
    refuse_damage,
)
from harness.formats.hdf5 import read_attribute, with_file


def read_network(facts: Facts) -> Network | None:
    """Return the layers and weights of a model, None for a format whose weights are not read.

    Raises Unreadable, MemoryError or OSError for a damaged file.
    """
    network = read_by_format(facts)
    numbers = re.match(r"(\d{1,4})\.(\d{1,4})", facts.keras or "")
    if network and numbers:
        network.keras = (int(numbers[1]), int(numbers[2]))
    return network


def read_by_format(facts: Facts) -> Network | None:
    """Return what `read_network` returns, without the version of the writer."""
    path = Path(facts.path)
    if facts.format == KERAS_ARCHIVE:
        with (
            open_regular(path) as stream,
            refuse_damage("the zip archive"),
            zipfile.ZipFile(stream) as archive,
        ):
            return read_archive_parts(lambda name: open_in_zip(archive, name))
    if facts.format == KERAS_FOLDER:
        return read_archive_parts(lambda name: open_in_folder(path, name))
    if facts.format == CONFIG_JSON:
        return read_architecture_alone(path)
    if facts.format in (HDF5_MODEL, HDF5_WEIGHTS, WEIGHTS_H5):
        return read_hdf5_parts(path, facts)
    if facts.format == CHECKPOINT:
        return read_checkpoint_arrays(path)
    if facts.format == SAVED_MODEL:
        return read_checkpoint_arrays(path / "variables" / "variables")
    if facts.format == TFLITE:
        from harness.diagnose.network.tflite import read_tflite_network

        return read_tflite_network(path)
    return None


def read_archive_parts(open_part: Callable[[str], Any]) -> Network:
    """Return the model in the parts of a `.keras` archive."""
    network = Network(config=load_json(open_part, CONFIG))
    network.root = build_network(network.config)
    if isinstance(network.config, dict):
        network.compiled = network.config.get("compile_config")
        note_optimizer_config(network)
    try:
        weights = open_part(WEIGHTS)
    except KeyError:
        network.lacks = WEIGHTS
        return network
    with weights:
        whole = io.BufferedReader(weights, 1 << 16) if hasattr(weights, "start") else weights
        with_file(whole, lambda file: read_arrays(file, network))
    attach_archive(network)
    return network


def read_hdf5_parts(path: Path, facts: Facts) -> Network:
    """Return the model, or the weights, in an HDF5 file; an architecture beside it is read too."""
    network = Network()

    def read(file: Any) -> None:
        config = read_attribute(file, "model_config")
        training = read_attribute(file, "training_config")
        network.config = read_json(config, "model_config") if config else None
        network.compiled = read_json(training, "training_config") if training else None
        read_arrays(file, network)

    with open_regular(path) as stream:
        with_file(stream, read)
    if network.config is None and facts.architecture:
        network.config = read_json_file(Path(facts.architecture))
    network.root = build_network(network.config)
    note_optimizer_config(network)
    if facts.format == WEIGHTS_H5:
        attach_archive(network)
    else:
        attach_legacy(network)
    return network


def read_architecture_alone(path: Path) -> Network:
    """Return the model that a JSON file describes; it has no weights."""
    config = read_json_file(path)
    return Network(config=config, root=build_network(config))


def read_json_file(path: Path) -> Any:
    """Return the value of a JSON file, of a JSON text in it too."""
    with open_regular(path) as stream:
        value = read_json(read_limited(stream, LARGEST_JSON, path.name), path.name)
    return read_json(value, path.name) if isinstance(value, str) else value


def note_optimizer_config(network: Network) -> None:
    """Record which optimizer the model was compiled with, by the arguments of compile."""
    compiled = network.compiled if isinstance(network.compiled, dict) else {}
    named = compiled.get("optimizer", compiled.get("optimizer_config"))
    if isinstance(named, str):
        network.optimizer.class_name = named.lower()
    elif isinstance(named, dict):
        network.optimizer.class_name = str(named.get("class_name")).rpartition(">")[2].lower()
        details = named.get("config")
        network.optimizer.config = details if isinstance(details, dict) else {}
