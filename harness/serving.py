"""What a team that serves models calls. `harness.api` offers these functions.

Nothing here imports TensorFlow into your process.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from harness.diagnose.diagnosis import Diagnosis
    from harness.diagnose.findings import Finding
    from harness.diagnose.load.observation import Observation
    from harness.diagnose.load.proof import Proof
    from harness.diagnose.load.restoring import Restoring
    from harness.seals.seal_file import Seal
    from harness.seals.verification import Verification
    from harness.verdicts.statistics import Array


def diagnose(
    model: Path | str | None = None,
    *,
    inputs: "ArrayLike | Mapping[str, ArrayLike] | None" = None,
    expected: "ArrayLike | None" = None,
    predicted: "ArrayLike | None" = None,
    again: "ArrayLike | None" = None,
    code: Path | str | None = None,
    reader: str = "",
) -> "Diagnosis":
    """Return the causes of wrong predictions, each with evidence and a cure; nothing is loaded.

    `model`: a model file; the seal beside it is used too. `inputs`: rows first, or several arrays
    by name. `expected`: what the model gave for them before it was saved. `predicted`, `again`:
    what it gives now, in two calls. `code`: a Python file, which is parsed and never run. `reader`:
    a TensorFlow release that is to read the model. Raises UsageError where nothing is at `model` or
    nothing was given, and CannotRead (harness.diagnose.file_answer) where no model can be read.
    """
    import zipfile

    import numpy as np

    from harness.diagnose.combine import diagnose_all
    from harness.diagnose.file_answer import Samples
    from harness.errors import UsageError
    from harness.files import temporary_folder

    outputs = [to_array(each) for each in (predicted, again) if each is not None]
    wanted = None if expected is None else to_array(expected)
    comparable = bool(outputs) and (wanted is not None or len(outputs) > 1)
    if model is None and code is None and not comparable:
        raise UsageError(
            "there is nothing to diagnose", "", "give a model, code, or expected and predicted"
        )
    with temporary_folder() as folder:

        def keep(name: str, arrays: "Mapping[str, Array] | None") -> str:
            if arrays is None:
                return ""
            path = folder / f"{name}.npz"
            with zipfile.ZipFile(path, "w") as archive:  # np.savez takes no array named "file"
                for key, array in arrays.items():
                    with archive.open(f"{key or name}.npy", "w", force_zip64=True) as file:
                        np.lib.format.write_array(file, array)
            return str(path)

        samples = Samples(
            inputs=keep("inputs", None if inputs is None else name_arrays(inputs)),
            expected=keep("expected", None if wanted is None else {"": wanted}),
            predicted=keep("predicted", {"": outputs[0]} if outputs else None),
        )
        return diagnose_all(
            None if model is None else Path(model),
            None if code is None else Path(code),
            reader,
            samples,
            wanted,
            outputs,
        )


def observe(
    model: Path | str,
    *,
    inputs: "ArrayLike | Mapping[str, ArrayLike] | None" = None,
    expected: "ArrayLike | None" = None,
    predicted: "ArrayLike | None" = None,
    code: Path | str | None = None,
    reader: str = "",
    trusted: bool = False,
) -> "Observation":
    """Restore a copy of a model in a cage, and return what it shows: what `diagnose --load` does.

    `inputs`, `expected`, `predicted`, `code` and `reader` are as in `diagnose`, but the model is
    loaded in `reader` (by default the release that wrote it), and `code` runs there, in the cage.
    Without `inputs` and `expected` those of the seal beside the model are taken; without a seal
    inputs are drawn. The answer has `error` ("" where the model loads and predicts), `gives` (whose
    predictions these are), `facts`, `layers` and `findings`. Raises UsageError for a file that is
    no whole model, and for an unsafe one unless `trusted`; EnvironmentUnusable.
    """
    return restore(model, inputs, expected, predicted, code, reader, trusted).observe()


def prove(
    model: Path | str,
    findings: "Sequence[Finding]",
    *,
    inputs: "ArrayLike | Mapping[str, ArrayLike] | None" = None,
    expected: "ArrayLike | None" = None,
    predicted: "ArrayLike | None" = None,
    code: Path | str | None = None,
    reader: str = "",
    trusted: bool = False,
) -> "list[Proof]":
    """Carry the cures of findings out on copies of a model, in a cage: what `--prove` does.

    `findings`: those of `diagnose` or `observe`, the most likely first; at most three are tried, up
    to the first that is cured. The rest is as in `observe`. Each proof has `result` ("cured", "not
    cured", "not needed" or "cannot"), `reason`, and the differences before and after. The file
    stays as it is. Raises as `observe`.
    """
    return restore(model, inputs, expected, predicted, code, reader, trusted).prove(findings)


def restore(
    model: Path | str,
    inputs: "ArrayLike | Mapping[str, ArrayLike] | None",
    expected: "ArrayLike | None",
    predicted: "ArrayLike | None",
    code: Path | str | None,
    reader: str,
    trusted: bool,
) -> "Restoring":
    """Return a model that is to be restored, with what is given, else with what was sealed."""
    from harness.diagnose.load.restoring import Restoring

    return Restoring(
        Path(model),
        reader=reader,
        code=None if code is None else Path(code),
        trusted=trusted,
        inputs=None if inputs is None else name_arrays(inputs),
        expected=take_rows(expected, "expected"),
        predicted=take_rows(predicted, "predicted"),
    ).beside_seal()


def seal(
    model: Path | str,
    inputs: "ArrayLike | Mapping[str, ArrayLike]",
    *,
    expected: "ArrayLike | Mapping[str, ArrayLike] | None" = None,
    release: str = "",
    code: Path | str | None = None,
    trusted: bool = False,
    replace: bool = False,
) -> "Seal":
    """Write a seal beside a saved model, as the folder MODEL.seal, and return its content.

    `inputs`: rows first, or several arrays by name. `expected`: what the model must give for them.
    The model is restored in a process of its own, in `release` (by default the one that wrote it);
    `code` is a Python file with the classes that it needs. In the script that saves the model, call
    `restorebench_seal.seal` with the live model instead. Raises NotSealed (harness.seals.run) where
    the model does not load, does not give `expected`, or gives what proves nothing; UsageError for
    a seal that is there already, unless `replace`, and for an unsafe file, unless `trusted`;
    EnvironmentUnusable.
    """
    from harness.environments.resolve import open_portable
    from harness.origin.own_release import choose_writer
    from harness.origin.who_wrote import read_origin
    from harness.seals.run import check_can_seal, seal_model

    needed = take_code(code)
    origin = read_origin(Path(model))
    check_can_seal(origin, trusted, replace)
    return seal_model(
        open_portable(choose_writer(origin, release)),
        origin,
        name_arrays(inputs),
        None if expected is None else name_arrays(expected),
        needed,
        trusted,
        replace,
    )


def verify(
    model: Path | str,
    *,
    reader: str = "",
    inputs: "ArrayLike | Mapping[str, ArrayLike] | None" = None,
    code: Path | str | None = None,
    trusted: bool = False,
    tolerance: float = 1e-4,
) -> "Verification":
    """Restore a model in a process of its own, and compare it with the seal beside it.

    `reader`: a TensorFlow release or an interpreter, by default this interpreter's TensorFlow.
    `inputs`: what the model is fed today, compared with the sealed statistics. `tolerance`: share
    of an output column's spread that counts as rounding. The rest is as in `seal`. Raises
    UsageError where there is no seal, or the file is unsafe and not `trusted`; SealUnreadable
    (harness.seals.seal_file) and EnvironmentUnusable.
    """
    from harness.environments.resolve import choose_default, open_portable
    from harness.origin.who_wrote import read_origin
    from harness.seals.run import check_can_verify, verify_model

    needed = take_code(code)
    origin = read_origin(Path(model))
    check_can_verify(origin, trusted)
    chosen = reader or choose_default()
    return verify_model(
        open_portable(chosen),
        origin,
        chosen,
        None if inputs is None else name_arrays(inputs),
        needed,
        trusted,
        tolerance,
    )


def take_code(code: Path | str | None) -> Path | None:
    """Return the path of the user's code; raises UsageError where there is no such file."""
    from harness.errors import UsageError

    if code is not None and not Path(code).is_file():
        raise UsageError(f"there is no file {code}", "", "code names a Python file")
    return None if code is None else Path(code)


def take_rows(values: "ArrayLike | None", name: str) -> "Array | None":
    """Return an output as an array, None for none; raises UsageError where it has no rows."""
    from harness.errors import UsageError

    if values is None:
        return None
    array = to_array(values)
    if not array.ndim:
        raise UsageError(f"{name} has no rows", "", "give one row for each input")
    return array


def name_arrays(given: "ArrayLike | Mapping[str, ArrayLike]") -> "dict[str, Array]":
    """Return arrays by name, as `--inputs` gives them; raises UsageError for what is no array."""
    from harness.errors import UsageError
    from harness.origin.samples import UNNAMED

    by_name = given if isinstance(given, Mapping) else {UNNAMED: given}
    arrays = {}
    for name, each in by_name.items():
        array = to_array(each)
        arrays[name] = array.astype(str) if array.dtype == object and array.size else array
        if array.dtype == object and not all(isinstance(one, str) for one in array.flat):
            raise UsageError("the inputs are no arrays of numbers or words", "", "see np.asarray")
    return arrays


def to_array(values: "ArrayLike") -> "Array":
    """Return values as an array; raises UsageError for a list that is none."""
    import numpy as np

    from harness.errors import UsageError

    try:
        return np.asarray(values)
    except ValueError as error:
        raise UsageError(
            "a list is no array", str(error), "give rows of equal length, as np.asarray takes them"
        ) from error
