"""Print what the model at a path says, as JSON, within limits of time and memory.

Arguments: the path, the Keras version of a reader or nothing, and the samples as JSON.
"""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np

from harness.diagnose.file_answer import (
    NOT_COMPARED,
    FileAnswer,
    OwnOutputs,
    Samples,
    ScalerNumbers,
    encode,
)
from harness.diagnose.findings import OPEN, Finding, rank
from harness.diagnose.network.layer import Network
from harness.diagnose.network.read import read_network
from harness.diagnose.rules import architecture, drawn, weight
from harness.diagnose.rules.after_model import take_step
from harness.diagnose.rules.chance import find_varying
from harness.diagnose.rules.first_layer import read_expectation
from harness.diagnose.rules.input_shape import (
    find_misfit,
    fit_last_axes,
    has_axes,
    order_names,
)
from harness.diagnose.rules.reader import foretell
from harness.diagnose.rules.samples import agree
from harness.diagnose.rules.surroundings import judge_inputs, judge_surroundings
from harness.diagnose.summary import MOST_INPUTS, summarize, summarize_tensors
from harness.formats.__main__ import limit_process
from harness.formats.facts import TFLITE, Unreadable, plain
from harness.formats.reading import CPU_SECONDS, UNREADABLE_EXIT
from harness.formats.recognize import read_facts
from harness.origin.samples import order_samples
from harness.verdicts.statistics import Array

RULES = (*weight.RULES, *drawn.RULES, *architecture.RULES)
COMPUTING_SECONDS = 2 * CPU_SECONDS  # of CPU time: the rules that try changes take most of it
TOO_LARGE = "computing the model here takes too much memory"
MISFIT = "not computed: the inputs have another shape than the model takes"
UNTRUSTED = (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError)


def answer_file(path: Path, reader: str = "", samples: Samples | None = None) -> FileAnswer:
    """Return what a file says, and what a Keras of the version `reader` would do with it.

    `samples`: arrays beside which the model's own outputs are computed.

    Raises Unreadable, MemoryError or OSError for a file that cannot be read.
    """
    facts = read_facts(path)
    network, unread, scaler, no_scaler, rounding = None, "", None, "", ""
    try:
        network = read_network(facts)
    except (Unreadable, MemoryError, OSError, *UNTRUSTED) as error:
        unread = plain(error, 200) or type(error).__name__
    findings = find_all(network, RULES) if network else []
    if reader and not unread:
        findings += foretell(facts, network, reader)
    own = None
    if samples and samples.scaler:
        scaler, no_scaler = find_scaler(Path(samples.scaler))
    if network and facts.format == TFLITE:
        from harness.diagnose.rules import tflite

        findings += find_all(network, [tflite.find_one_unit])
        told = samples or Samples()
        given = load_each(told.inputs, told.expected, told.predicted)
        findings += tflite.find_in_samples(network, *given)
        rounding = tflite.spell_rounding(network, *given[1:])
    elif network and samples and samples.inputs:
        try:
            own = compute(network, samples, scaler)
        except MemoryError:
            own = OwnOutputs(computed="cannot", reason=TOO_LARGE)
        findings += own.findings
    if network and samples and samples.again:
        first, again = load_each(samples.predicted, samples.again)
        if first is not None and again is not None:
            findings += find_varying(network, first, again)
    return FileAnswer(
        facts=facts,
        layers=summarize(network) if network else [],
        tensors=summarize_tensors(network) if network else [],
        findings=rank(findings),
        unread=unread,
        own=own,
        expectation=read_expectation(network) if network else None,
        scaler=scaler,
        no_scaler=no_scaler,
        rounding=rounding,
    )


def find_scaler(path: Path) -> tuple[ScalerNumbers | None, str]:
    """Return the scaler in a file, None where none can be read, and why, with a tip behind it."""
    from harness.diagnose.read_scaler import read_scaler
    from harness.diagnose.scaler import pack

    try:
        return pack(read_scaler(path)), ""
    except Unreadable as error:
        return None, f"{error}\n{error.tip}"


def compute(network: Network, samples: Samples, scaler: ScalerNumbers | None) -> OwnOutputs:
    """Return what the model itself gives for inputs, beside expected and predicted outputs."""
    inputs = load_arrays(Path(samples.inputs), MOST_INPUTS)
    arrays = order_samples(inputs, order_names(network))
    expected, predicted = load_each(samples.expected, samples.predicted)
    given = fit_last_axes(network, arrays)
    network, behind = take_step(network, given, expected, predicted)
    if expected is None and predicted is None:
        own = OwnOutputs(computed="cannot", reason=NOT_COMPARED)
    else:
        own = judge_surroundings(network, given, expected, predicted)
        own = add_reason(own, behind)
        if is_right(expected, predicted):  # what the file lacks, the user's code does
            return msgspec.structs.replace(own, findings=[])
        if scaler and own.computed != "cannot":
            own = judge_by_scaler(own, network, given, expected, predicted, scaler)
    if not has_axes(network, given):  # Keras refuses them, whatever is computed here
        own = OwnOutputs(computed="cannot", reason=MISFIT)
    if own.computed == "as expected":
        return own  # the inputs are right
    outputs = predicted if expected is None else expected
    if misfit := find_misfit(network, arrays, outputs, own.computed != "cannot"):
        return blame_shape(own, misfit)
    return msgspec.structs.replace(own, findings=[*own.findings, *judge_inputs(network, given)])


def add_reason(own: OwnOutputs, behind: str) -> OwnOutputs:
    """Return the same, with the step that the user's code takes behind the model."""
    said = f"{own.reason}; your arrays hold its outputs after {behind}"
    return msgspec.structs.replace(own, reason=said) if behind else own


def is_right(expected: Array | None, predicted: Array | None) -> bool:
    """Return whether both are given, and predictions are as expected."""
    return expected is not None and predicted is not None and agree(expected, predicted)


def blame_shape(own: OwnOutputs, misfit: Finding) -> OwnOutputs:
    """Return what is said of inputs of another shape than the model takes: it explains the rest."""
    told = [each for each in own.findings if each.cause not in OPEN]
    reason = own.reason if own.computed != "cannot" else MISFIT
    return msgspec.structs.replace(own, reason=reason, findings=[misfit, *told])


def judge_by_scaler(
    own: OwnOutputs,
    network: Network,
    inputs: Sequence[Array],
    expected: Array | None,
    predicted: Array | None,
    numbers: ScalerNumbers,
) -> OwnOutputs:
    """Return the same, with what exactly the user's scaler explains in place of what is rough."""
    from harness.diagnose.scaler import unpack
    from harness.diagnose.scaler_changes import explain_by_scaler

    found = explain_by_scaler(network, inputs, expected, predicted, unpack(numbers))
    return msgspec.structs.replace(own, findings=[found]) if found else own


def load_arrays(path: Path, most: int) -> dict[str, Array]:
    """Return the arrays of a `.npy` or `.npz`; of a `.npy` only what is used is read."""
    loaded = np.load(path, mmap_mode="r", allow_pickle=False)
    if isinstance(loaded, np.ndarray):
        return {"": loaded}
    with loaded:
        return {name: loaded[name] for name in loaded.files[:most]}


def find_all(
    network: Network, rules: Sequence[Callable[[Network], Finding | None]]
) -> list[Finding]:
    """Return what every rule finds; a configuration that no Keras writes silences a rule."""
    found = []
    with np.errstate(all="ignore"):
        for rule in rules:
            try:
                finding = rule(network)
            except UNTRUSTED:
                continue
            if finding:
                found.append(finding)
    return found


def load_each(*paths: str) -> list[Array | None]:
    """Return the one array of each file, None for ""."""
    return [next(iter(load_arrays(Path(each), 1).values())) if each else None for each in paths]


def read_arguments(words: list[str]) -> tuple[Path, str, Samples | None]:
    """Return the path, the reader and the samples of a command line."""
    samples = msgspec.json.decode(words[3], type=Samples) if words[3:] else None
    return Path(words[1]), words[2], samples


def main() -> int:
    """Read the path in the arguments; return the exit code."""
    path, reader, samples = read_arguments(sys.argv)
    computes = samples is not None and bool(samples.inputs)
    limit_process(COMPUTING_SECONDS if computes else 0)
    try:
        answer, code = encode(answer_file(path, reader, samples)), 0
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
