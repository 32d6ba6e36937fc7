"""One diagnosis from all the evidence that was given, and from the seal beside the model."""

from collections.abc import Callable, Sequence
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.diagnose.diagnosis import (
    Diagnosis,
    diagnose_code,
    diagnose_file,
    diagnose_outputs,
    join,
)
from harness.diagnose.file_answer import Samples
from harness.diagnose.findings import make_finding, rank
from harness.formats.facts import plain
from harness.seals.place import find_seal, has_seal

if TYPE_CHECKING:  # brings numpy, which a file alone does without
    from harness.verdicts.statistics import Array

MOST_COLUMNS = 63  # more of them may be the pixels of an image in a row


def diagnose_all(
    model: Path | None,
    code: Path | None = None,
    reader: str = "",
    samples: Samples | None = None,
    expected: "Array | None" = None,
    predicted: "Sequence[Array]" = (),
    more: "Callable[[Diagnosis | None], Diagnosis] | None" = None,
) -> Diagnosis:
    """Return what a model, code and outputs say; at least one of them is given.

    `samples`: the files of the inputs and outputs that belong together. `expected`, `predicted`:
    the same outputs, which are compared. `more`: returns what other evidence says, beside what the
    model's file says. Raises what diagnose_file and diagnose_code raise.
    """
    parts = []
    if model is not None:
        if has_seal(model):
            if not compares_own(samples):
                expected = find_expected(model, predicted)
            parts.append(diagnose_sealed(model, reader, samples, expected is not None))
        else:
            parts.append(diagnose_file(model, reader, samples))
    if code:
        parts.append(diagnose_code(code, parts[0].roots if parts else []))
    if more:
        parts.append(more(parts[0] if model is not None else None))
    if predicted and (expected is not None or len(predicted) > 1):
        parts.append(diagnose_outputs(expected, predicted))
        if has_tables(samples):
            parts = [speak_of_tables(each) for each in parts]
    return reduce(join, parts)


def has_tables(samples: Samples | None) -> bool:
    """Return whether the inputs are tables of real numbers: no images, and no numbers of words."""
    from harness.origin.samples import read_samples

    if samples is None or not samples.inputs:
        return False
    arrays = read_samples(Path(samples.inputs), "--inputs").values()
    tables = all(1 <= each.ndim <= 2 and each.size <= MOST_COLUMNS * len(each) for each in arrays)
    return tables and any(each.dtype.kind == "f" for each in arrays)


def speak_of_tables(told: Diagnosis) -> Diagnosis:
    """Return what outputs say where their inputs hold no pixels: no 255 is missing there."""
    kept = [each for each in told.findings if each.cause != "missing-rescale-255"]
    said = [
        make_finding("features-not-scaled", each.confidence, each.evidence)
        for each in told.findings
        if each.cause == "missing-rescale-255"
    ]
    return msgspec.structs.replace(told, findings=rank([*said, *kept]))


def compares_own(samples: Samples | None) -> bool:
    """Return whether the user's outputs can be compared: they count, and not the sealed ones."""
    given = samples or Samples()
    return bool(given.expected or (given.inputs and given.predicted))


def find_expected(model: Path, predicted: "Sequence[Array]") -> "Array | None":
    """Return the sealed outputs where predictions have their shape, as of the sealed inputs."""
    if not predicted:
        return None
    from harness.diagnose.rules.seal import read_sealed

    sealed = read_sealed(model)[1]
    fits = sealed is not None and all(each.shape == sealed.shape for each in predicted)
    return sealed if fits else None


def diagnose_sealed(model: Path, reader: str, samples: Samples | None, fits: bool) -> Diagnosis:
    """Return what a file says beside its seal, whose inputs and outputs stand for missing ones.

    `fits`: there are expected outputs for the predictions in `samples`.
    """
    from harness.diagnose.rules.seal import find_by_seal, open_seal, use_arrays
    from harness.origin.samples import read_samples

    seal, unread = open_seal(model)
    if seal is None:
        file = diagnose_file(model, reader, samples)
        return msgspec.structs.replace(file, needed=[unread, *file.needed])
    given = samples or Samples()
    own, sealed = compares_own(samples), given
    if not own:
        beside, now = use_arrays(model, seal), given.predicted if fits else ""
        sealed = msgspec.structs.replace(beside, predicted=now, scaler=given.scaler)
    file = diagnose_file(model, reader, sealed)
    inputs = read_samples(Path(given.inputs), "--inputs") if given.inputs else None
    found = find_by_seal(model, seal, file.layers, inputs)
    rows = (
        " ".join(str(each) for each in seal.outputs[0].shape[:1])
        if sealed.inputs and not own
        else ""
    )
    used = f"its {rows} inputs and outputs stand for --inputs and --expected" if rows else ""
    compared = "--inputs are compared with its statistics" if inputs else ""
    said = "; ".join(filter(None, (seal.spell_writer(), used, compared)))
    needed = list(file.needed)
    if given.predicted and not (fits or own):
        place = plain(f"{find_seal(model).name}/inputs.npz")
        now = f"give what you get now for {place}" if rows else "give --inputs and --expected"
        needed.append(f"--predicted is not compared with the seal: {now}")
    return msgspec.structs.replace(
        file, seal=said, findings=rank([*file.findings, *found]), needed=needed
    )
