"""An artifact and its reference as they travel from the step that saved to those that restore."""

import hashlib
import io
import tarfile
from dataclasses import dataclass
from pathlib import Path


class BundleDamaged(Exception):
    """What arrived is not what was sent."""


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
        """Write the files into the new folder `artifact`; raises BundleDamaged, OSError."""
        if digest(self.files, self.reference) != self.sha256:
            raise BundleDamaged("the artifact was damaged between the writer and the reader")
        artifact.mkdir()
        with tarfile.open(fileobj=io.BytesIO(self.files)) as archive:
            archive.extractall(artifact, filter="data")
        reference.write_bytes(self.reference)


def make_bundle(artifact: Path, reference: Path) -> ArtifactBundle:
    """Return the folder and the reference as one bundle; links are followed. Raises OSError."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", dereference=True) as archive:
        archive.add(artifact, arcname=".")
    files, content = buffer.getvalue(), reference.read_bytes()
    return ArtifactBundle(files, content, digest(files, content))


def digest(*parts: bytes) -> str:
    """Return the sha256 over the parts, each with its length before it."""
    found = hashlib.sha256()
    for part in parts:
        found.update(len(part).to_bytes(8, "big"))
        found.update(part)
    return found.hexdigest()
