"""An artifact and its reference as they travel from the step that saved to those that restore."""

import hashlib
import io
import os
import stat
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.execution.faults import SHORTAGES
from harness.execution.free_memory import measure_free_memory

MOST_FILES = 100_000  # a link may lead to a whole disk
SHARE_OF_MEMORY = 0.25  # of what is free: packing holds a bundle twice
KINDS = {"p": "a named pipe", "s": "a socket", "c": "a device", "b": "a device"}


class BundleDamaged(Exception):
    """What arrived is not what was sent."""


class ArtifactRefused(Exception):
    """A step left what cannot travel: it costs that step's paths, not the run."""


@dataclass(frozen=True)
class ArtifactBundle:
    """A folder of files and a reference (an npz), in memory, with the digest of both."""

    files: bytes
    reference: bytes
    sha256: str

    @property
    def size(self) -> int:
        return len(self.files) + len(self.reference)

    def unpack(self, artifact: Path, reference: Path) -> None:
        """Write the files into the new folder `artifact`.

        Raises BundleDamaged, ArtifactRefused; OSError where the machine is in trouble.
        """
        if digest(self.files, self.reference) != self.sha256:
            raise BundleDamaged("the artifact was damaged between the writer and the reader")
        artifact.mkdir()
        try:
            with tarfile.open(fileobj=io.BytesIO(self.files)) as archive:
                archive.extractall(artifact, filter="data")
        except (tarfile.TarError, OSError, ValueError, OverflowError) as error:
            if isinstance(error, OSError) and error.errno in SHORTAGES:
                raise
            raise ArtifactRefused(f"the artifact cannot be laid out here: {error}") from error
        reference.write_bytes(self.reference)


def make_bundle(artifact: Path, reference: Path) -> ArtifactBundle:
    """Return the folder and the reference as one bundle; links are followed.

    Raises ArtifactRefused for what cannot be packed, OSError where the machine is in trouble.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", dereference=True) as archive:
        for path, name in list_entries(artifact):
            try:
                archive.add(path, arcname=name, recursive=False)
            except (OSError, ValueError) as error:
                raise refuse_artifact(name, error) from error
    try:
        content = reference.read_bytes()
    except OSError as error:
        raise refuse_artifact(reference.name, error) from error
    files = buffer.getvalue()
    return ArtifactBundle(files, content, digest(files, content))


def list_entries(artifact: Path) -> list[tuple[str, str]]:
    """Return every file and folder of an artifact, each with its name in it.

    Raises ArtifactRefused for what is neither, for a link that leads nowhere or in a circle, and
    for more than fits in memory.
    """
    if not artifact.is_dir():
        raise ArtifactRefused(f"the step left no folder at {artifact.name}")
    room = int(measure_free_memory() * SHARE_OF_MEMORY)
    found: list[tuple[str, str]] = [(str(artifact), ".")]
    size = 0
    for path, name, info in walk_folder(str(artifact), ".", ()):
        size += info.st_size
        if size > room:
            raise ArtifactRefused(
                f"with {spell_path(name)} the artifact takes {size / 2**30:.1f} GiB,"
                f" {room / 2**30:.1f} GiB of memory are free for it"
            )
        found.append((path, name))
        if len(found) > MOST_FILES:
            raise ArtifactRefused(f"the artifact has more than {MOST_FILES} files")
    return found


def walk_folder(
    folder: str, inside: str, above: tuple[tuple[int, int], ...]
) -> Iterator[tuple[str, str, os.stat_result]]:
    """Yield path, name and status of what is in a folder; `above` are the folders that hold it."""
    try:
        here = os.stat(folder)
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise refuse_artifact(inside, error) from error
    above = (*above, (here.st_dev, here.st_ino))
    for entry in entries:
        name = f"{inside}/{entry.name}"
        try:
            info = os.stat(entry.path)
        except OSError as error:
            if entry.is_symlink() and error.errno not in SHORTAGES:
                leads = f"{spell_path(name)} is a link that leads nowhere"
                raise ArtifactRefused(leads) from error
            raise refuse_artifact(name, error) from error
        if stat.S_ISDIR(info.st_mode):
            if (info.st_dev, info.st_ino) in above:
                raise ArtifactRefused(f"{spell_path(name)} leads back to a folder that holds it")
            yield entry.path, name, info
            yield from walk_folder(entry.path, name, above)
        elif stat.S_ISREG(info.st_mode):
            yield entry.path, name, info
        else:
            kind = KINDS.get(stat.filemode(info.st_mode)[0], "no file")
            raise ArtifactRefused(f"{spell_path(name)} is {kind}, which cannot travel")


def refuse_artifact(name: str, error: Exception) -> Exception:
    """Return the error for a file that cannot be read; the system's own where that is in need."""
    if isinstance(error, OSError) and error.errno in SHORTAGES:
        return error
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return ArtifactRefused(f"{spell_path(name)} cannot be read: {said}")


def spell_path(name: str) -> str:
    """Return a file's name in its artifact as it can be printed, whatever bytes it is made of."""
    return name.removeprefix("./").encode("utf-8", "backslashreplace").decode()


def digest(*parts: bytes) -> str:
    """Return the sha256 over the parts, each with its length before it."""
    found = hashlib.sha256()
    for part in parts:
        found.update(len(part).to_bytes(8, "big"))
        found.update(part)
    return found.hexdigest()
