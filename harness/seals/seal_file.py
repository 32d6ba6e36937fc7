"""The folder MODEL.seal: read as typed data, since it may come with a stranger's model."""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import msgspec

import restorebench_seal
from harness.errors import RestorebenchError, UsageError
from harness.formats.facts import plain
from harness.processes.answer_files import UnreadableAnswer, read_answer
from harness.program import command_line
from harness.seals.place import find_seal, has_seal

LARGEST_RECORD = 64 << 20  # bytes of seal.json
LARGEST_ARRAYS = 1 << 30  # bytes of one file of arrays
ARRAYS = ("inputs", "outputs", "layers")
MODULE = Path(restorebench_seal.__file__).resolve()

Numbers = Annotated[list[float], msgspec.Meta(max_length=restorebench_seal.MOST_COLUMNS)]
Size = Annotated[int, msgspec.Meta(ge=0, le=2**62)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Shape = Annotated[list[Size], msgspec.Meta(max_length=64)]  # numpy's most


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """An array in numbers, of its finite values; None where it has none, or holds words."""

    shape: Shape
    dtype: str
    not_finite: int = 0
    zeros: Share = 0.0
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    deviation: float | None = None


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """The same for each column, which is the last axis."""

    minimum: Numbers
    maximum: Numbers
    mean: Numbers
    deviation: Numbers


class InputStatistics(Statistics, frozen=True, kw_only=True):
    """An input, of all rows that were given when the model was sealed."""

    name: str
    columns: Columns | None = None


class OutputStatistics(Statistics, frozen=True, kw_only=True):
    """An output, of the rows that are kept."""

    name: str


class WeightStatistics(Statistics, frozen=True, kw_only=True):
    """A weight, and the hash of its bytes."""

    sha256: str


class SealedLayer(msgspec.Struct, frozen=True, kw_only=True, rename={"kind": "class"}):
    """A layer; one of a nested model is named "nested/layer"."""

    name: str
    kind: str
    weights: list[WeightStatistics]


class SealedFile(msgspec.Struct, frozen=True, kw_only=True):
    """The model file as it was sealed."""

    name: str
    bytes: int
    sha256: str


class SealedCode(msgspec.Struct, frozen=True, kw_only=True):
    """A custom class or function; the hash is None where its source was not to be had."""

    name: str
    sha256: str | None


class Seal(msgspec.Struct, frozen=True, kw_only=True):
    """The content of seal.json, as restorebench_seal.py writes it."""

    seal: Literal[1]
    sealed: str
    model: SealedFile
    versions: dict[str, str | None]
    computes_in: str
    repeatable: bool
    given: Literal["one", "list", "dict"]
    by_name: bool = True  # the model gives a dict of outputs
    inputs: list[InputStatistics]
    outputs: list[OutputStatistics]
    layers: list[SealedLayer]
    code: list[SealedCode]
    files: dict[str, str]

    def spell_writer(self) -> str:
        """Return when it was sealed, and with which releases."""
        wrote = [
            f"{spelled} {plain(self.versions[name], 60)}"
            for name, spelled in (("tensorflow", "TensorFlow"), ("keras", "Keras"))
            if self.versions.get(name)
        ]
        when = plain(self.sealed, 40).replace("T", " ").replace("Z", " UTC")
        return f"sealed {when} with {', '.join(wrote) or 'no TensorFlow'}"


class SealUnreadable(RestorebenchError):
    """There is a seal, and it cannot be read."""

    exit_code = 3


def read_seal(model: Path) -> Seal:
    """Return the seal that lies beside a model; its arrays are not opened.

    Raises UsageError where there is none, and SealUnreadable where it cannot be read.
    """
    folder = find_seal(model)
    if not has_seal(model):
        raise UsageError(
            f"there is no seal beside {plain(model, 400)}",
            f"looked for {plain(folder, 400)}",
            f"seal the model while it is right: {command_line('seal MODEL --inputs x.npy')}",
        )
    return read_record(folder)


def read_record(folder: Path) -> Seal:
    """Return the content of a folder's seal.json; raises SealUnreadable."""
    try:
        content = read_answer(folder / "seal.json", LARGEST_RECORD)
        seal = msgspec.json.decode(content, type=Seal)
    except (OSError, ValueError, RecursionError) as error:  # msgspec's own errors are ValueErrors
        raise refuse_seal(folder, plain(error, 300)) from error
    if set(seal.files) != set(ARRAYS) or any(map(contradicts_itself, seal.inputs)):
        raise refuse_seal(folder, "seal.json contradicts itself")
    return seal


def contradicts_itself(one: InputStatistics) -> bool:
    """Return whether some statistics of an input are missing, or are not one for each column."""
    measured = (one.minimum, one.maximum, one.mean, one.deviation)
    if len({each is None for each in measured}) > 1:
        return True
    lengths = {len(each) for each in msgspec.structs.astuple(one.columns)} if one.columns else set()
    return bool(lengths) and lengths != set(one.shape[-1:])


def refuse_seal(folder: Path, found: str) -> SealUnreadable:
    """Return the error for a seal that cannot be read."""
    tip = f"seal the model again: {command_line('seal MODEL --inputs x.npy --replace')}"
    return SealUnreadable(f"the seal {plain(folder, 400)} cannot be read", found, tip)


def copy_arrays(folder: Path, target: Path, seal: Seal) -> None:
    """Copy the arrays of a seal into a folder, as bytes; raises SealUnreadable."""
    for name, content in read_arrays(folder, seal):
        (target / name).write_bytes(content)


def check_arrays(folder: Path, seal: Seal) -> None:
    """Raise SealUnreadable if a file of arrays is missing, or is another one than was sealed."""
    for _ in read_arrays(folder, seal):
        pass


def read_arrays(folder: Path, seal: Seal) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of a seal's files of arrays, unopened; raises SealUnreadable."""
    for name in ARRAYS:
        file = folder / f"{name}.npz"
        try:
            content = read_answer(file, LARGEST_ARRAYS)
        except (OSError, UnreadableAnswer) as error:
            raise refuse_seal(folder, plain(error, 300)) from error
        if hashlib.sha256(content).hexdigest() != seal.files[name]:
            raise refuse_seal(folder, f"{file.name} does not belong to its seal.json")
        if not fits(content):
            raise refuse_seal(folder, f"{file.name} holds no arrays, or too large ones")
        yield file.name, content


def fits(content: bytes) -> bool:
    """Return whether bytes are a zip archive whose files are not too large when unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return sum(each.file_size for each in archive.infolist()) <= LARGEST_ARRAYS
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False


def write_record(seal: Seal, folder: Path) -> None:
    """Write a seal.json for people to read."""
    text = restorebench_seal.spell_record(msgspec.to_builtins(seal))
    (folder / "seal.json").write_text(text, encoding="utf-8")
