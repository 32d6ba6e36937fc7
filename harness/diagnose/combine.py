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
from harness.diagnose.file_answer import Expectation, Samples
from harness.diagnose.findings import rank
from harness.seals.place import has_seal

if TYPE_CHECKING:  # brings numpy, which a file alone does without
    from harness.verdicts.statistics import Array


def diagnose_all(
    model: Path | None,
    code: Path | None = None,
    reader: str = "",
    samples: Samples | None = None,
    expected: "Array | None" = None,
    predicted: "Sequence[Array]" = (),
    more: "Callable[[Expectation | None], Diagnosis] | None" = None,
) -> Diagnosis:
    """Return what a model, code and outputs say; at least one of them is given.

    `samples`: the files of the inputs and outputs that belong together. `expected`, `predicted`:
    the same outputs, which are compared. `more`: returns what other evidence says, beside what the
    first layer of the model expects. Raises what diagnose_file and diagnose_code raise.
    """
    parts = []
    if model is not None:
        if has_seal(model):
            parts.append(diagnose_sealed(model, reader, samples))
        else:
            parts.append(diagnose_file(model, reader, samples))
    if code:
        parts.append(diagnose_code(code, parts[0].roots if parts else []))
    if more:
        parts.append(more(parts[0].expectation if model is not None else None))
    if predicted and (expected is not None or len(predicted) > 1):
        parts.append(diagnose_outputs(expected, predicted))
    return reduce(join, parts)


def diagnose_sealed(model: Path, reader: str, samples: Samples | None) -> Diagnosis:
    """Return what a file says beside its seal.

    The sealed inputs and outputs stand for missing ones: where outputs are given, they do not.
    """
    from harness.diagnose.seal_rules import find_by_seal, open_seal, use_arrays
    from harness.origin.samples import read_samples

    seal, unread = open_seal(model)
    if seal is None:
        file = diagnose_file(model, reader, samples)
        return msgspec.structs.replace(file, needed=[unread, *file.needed])
    given = samples is not None and bool(samples.expected or samples.predicted)
    sealed = Samples() if given else use_arrays(model, seal)
    fed = samples if given else sealed if sealed.inputs else None
    file = diagnose_file(model, reader, fed)
    inputs = read_samples(Path(samples.inputs), "--inputs") if samples and samples.inputs else None
    found = find_by_seal(model, seal, file.layers, inputs)
    rows = " ".join(str(each) for each in seal.outputs[0].shape[:1]) if sealed.inputs else ""
    used = f"its {rows} inputs and outputs stand for --inputs and --expected" if rows else ""
    compared = "--inputs are compared with its statistics" if inputs else ""
    said = "; ".join(filter(None, (seal.spell_writer(), used, compared)))
    return msgspec.structs.replace(file, seal=said, findings=rank([*file.findings, *found]))
