"""Print what the model at a path says, as JSON, within limits of time and memory.

Arguments: the path, and the Keras version of a reader or nothing.
"""

import os
import sys
from dataclasses import asdict
from pathlib import Path

import msgspec
import numpy as np

from harness.diagnose import architecture_rules, weight_rules
from harness.diagnose.file_answer import FileAnswer, LayerSummary
from harness.diagnose.findings import Finding, rank
from harness.diagnose.network import Layer, Network
from harness.diagnose.read_network import read_network
from harness.diagnose.reader_rules import foretell
from harness.formats.__main__ import limit_process
from harness.formats.facts import Unreadable, plain
from harness.formats.reading import UNREADABLE_EXIT
from harness.formats.recognize import read_facts

MOST_SHOWN = 500  # layers
UNTRUSTED = (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError)


def answer_file(path: Path, reader: str = "") -> FileAnswer:
    """Return what a file says, and what a Keras of the version `reader` would do with it.

    Raises Unreadable, MemoryError or OSError for a file that cannot be read.
    """
    facts = read_facts(path)
    network, unread = None, ""
    try:
        network = read_network(facts)
    except (Unreadable, MemoryError, OSError, *UNTRUSTED) as error:
        unread = plain(error, 200) or type(error).__name__
    findings = find_all(network) if network else []
    if reader and not unread:
        findings += foretell(facts, network, reader)
    return FileAnswer(
        facts=msgspec.Raw(msgspec.json.encode(asdict(facts))),
        layers=summarize(network) if network else [],
        findings=rank(findings),
        unread=unread,
    )


def find_all(network: Network) -> list[Finding]:
    """Return what every rule finds; a configuration that no Keras writes silences a rule."""
    found = []
    with np.errstate(all="ignore"):
        for rule in (*weight_rules.RULES, *architecture_rules.RULES):
            try:
                finding = rule(network)
            except UNTRUSTED:
                continue
            if finding:
                found.append(finding)
    return found


def summarize(network: Network) -> list[LayerSummary]:
    """Return a line for each layer with weights, for each array where no layer is known."""
    if network.root is not None:
        layers = [layer for layer in network.layers if layer.weights]
    else:
        layers = [Layer(at, "", {}, None, {at: array}, at) for at, array in network.arrays.items()]
    return [summarize_layer(layer) for layer in layers[:MOST_SHOWN]]


def summarize_layer(layer: Layer) -> LayerSummary:
    """Return a layer in numbers; the range is that of finite numbers."""
    flat = np.concatenate(
        [np.asarray(array, np.float64).ravel() for array in layer.weights.values()]
    )
    finite = flat[np.isfinite(flat)]
    return LayerSummary(
        name=plain(layer.name),
        kind=plain(layer.class_name),
        place=plain(layer.place),
        count=flat.size,
        minimum=float(finite.min()) if finite.size else None,
        maximum=float(finite.max()) if finite.size else None,
        zeros=float((flat == 0).mean()) if flat.size else 0.0,
    )


def main() -> int:
    """Read the path in the arguments; return the exit code."""
    limit_process()
    try:
        answer, code = msgspec.json.encode(answer_file(Path(sys.argv[1]), sys.argv[2])), 0
    except Unreadable as error:
        answer, code = f"{error}\n{error.tip}".encode("utf-8", "backslashreplace"), UNREADABLE_EXIT
    except (MemoryError, RecursionError):
        answer, code = b"it is nested too deeply, or takes too much memory", UNREADABLE_EXIT
    except OSError as error:
        answer, code = plain(error).encode("utf-8", "backslashreplace"), UNREADABLE_EXIT
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()
    return code


if __name__ == "__main__":
    os._exit(main())  # HDF5 closes a damaged file at exit, and may fall over it
