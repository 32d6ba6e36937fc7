"""What a file is that is no model: named by its first bytes, with what to do about it.

A download that went wrong is the commonest: a pointer of Git LFS, a web page, a file that is cut
off. An archive that holds a model is named with the model; nothing is unpacked.
"""

import bz2
import gzip
import lzma
import re
import tarfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from shlex import quote
from typing import IO

from harness.formats.facts import MODEL_SUFFIXES, Unreadable, open_regular, plain

LFS = b"version https://git-lfs.github.com/spec/"
LARGEST_POINTER = 1024  # bytes, by the specification of Git LFS
DOWNLOAD = "download the file again, and compare its size with the server's"
RAW = "download the file itself: on GitHub it is behind 'Download raw file'"
KINDS = (  # how a file begins that is another kind of file
    (b"\x93NUMPY", "a single NumPy array"),
    (b"GGUF", "a GGUF file of weights"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
)
COMPRESSED = {b"\x1f\x8b": "r|gz", b"BZh": "r|bz2", b"\xfd7zXZ": "r|xz"}
UNPACKERS = {  # of one file that is no archive
    "r|gz": ("gzip", "gunzip --keep"),
    "r|bz2": ("bzip2", "bunzip2 --keep"),
    "r|xz": ("xz", "unxz --keep"),
}
TAR, TAR_PLACE = b"ustar", 257
LARGEST_TAR = 256 << 20  # bytes that are looked through, after decompression
MOST_ENTRIES = 1000
MOST_SHOWN = 3
PARENTS = {"saved_model.pb", "metadata.json"}  # the model is the folder that holds one of these


def explain_refusal(head: bytes, path: Path) -> Unreadable:
    """Return why the file is no model, by its first 4096 bytes; the cure is the tip."""
    name, text = plain(path.name), head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(LFS):
        return refuse_pointer(head, name)
    if text.startswith((b"<!doctype html", b"<html")) or b"<html" in text[:1024]:
        return Unreadable(f"{name} is a web page{find_title(head)}, not the file it links to", RAW)
    if text.startswith(b"<?xml"):
        return Unreadable(f"{name} is XML, perhaps an error message of the server", DOWNLOAD)
    if head[TAR_PLACE:].startswith(TAR):
        return refuse_tar(path, "r|")
    mode = next((mode for magic, mode in COMPRESSED.items() if head.startswith(magic)), None)
    if mode:
        return refuse_tar(path, mode)
    for magic, kind in KINDS:
        if head.startswith(magic):
            return Unreadable(f"{name} is {kind}, not a model file")
    if head[:1] == b"\x80":
        said = "it looks like a pickle, which runs code when it is read"
    elif head[8:10] == b'{"':
        said = "it looks like safetensors, which hold weights without a model"
    elif not any(head):
        said = "it holds zeros only, as an interrupted download does"
        return Unreadable(f"{name} is not a model file: {said}", DOWNLOAD)
    elif path.suffix in MODEL_SUFFIXES:
        said = f"it has the suffix {path.suffix}, but other content"
    else:
        said = f"it begins with {head[:8].hex(' ')}"
    return Unreadable(f"{name} is not a model file: {said}")


def refuse_pointer(head: bytes, name: str) -> Unreadable:
    """Return the refusal of a Git LFS pointer: the text that stands for a large file."""
    size = re.search(rb"\nsize (\d{1,18})\n", head)
    said = f" of {int(size[1]):,} bytes" if size else ""
    return Unreadable(
        f"{name} is a Git LFS pointer: the file{said} itself was not downloaded", "git lfs pull"
    )


def check_pointers(paths: Iterable[Path]) -> None:
    """Raise Unreadable if one of a model's files is a Git LFS pointer."""
    for path in paths:
        if path.is_file() and path.stat().st_size < LARGEST_POINTER:
            with open_regular(path) as stream:
                head = stream.read(LARGEST_POINTER)
            if head.startswith(LFS):
                raise refuse_pointer(head, plain(path.name))


def find_title(head: bytes) -> str:
    """Return the title of a web page as a message shows it, "" if it has none."""
    found = re.search(rb"<title[^>]*>([^<]{1,200})", head, re.IGNORECASE)
    said = " ".join(found[1].decode("utf-8", "replace").split()) if found else ""
    return f" ({plain(said, 60)})" if said else ""


def refuse_cut(there: int, stored: int) -> Unreadable:
    """Return the refusal of a file that holds fewer bytes than it says."""
    return Unreadable(f"the file is cut off: {there:,} of its {stored:,} bytes are there", DOWNLOAD)


def refuse_zip(names: Iterable[str], path: Path) -> Unreadable:
    """Return the refusal of a zip that is no Keras archive, by the names of its members."""
    members = [each for each in names if not each.startswith("__MACOSX/")]
    into = quote(str(path.with_suffix("")) if path.suffix else f"{path}-unpacked")
    unpack = f"unpack it: unzip {quote(str(path))} -d {into}"
    if any(PurePosixPath(each).name == "data.pkl" for each in members):
        return Unreadable("it is a zip archive of PyTorch, not of Keras")
    return refuse_archive(members, "a zip archive", unpack)


def refuse_archive(members: list[str], kind: str, unpack: str) -> Unreadable:
    """Return the refusal of an archive: which models it holds, or else what."""
    models = find_members(members)
    if models:
        shown = ", ".join(plain(each, 60) for each in models[:MOST_SHOWN])
        more = f" and {len(models) - MOST_SHOWN} more" if len(models) > MOST_SHOWN else ""
        return Unreadable(f"it is {kind} that holds {shown}{more}", unpack)
    inside = ", ".join(plain(each, 30) for each in members[:5]) or "nothing"
    return Unreadable(f"it is {kind} but not a Keras archive: it holds {inside}")


def find_members(members: Iterable[str]) -> list[str]:
    """Return the models among an archive's members: files by suffix, folders by what is in them."""
    found: dict[str, None] = {}
    for each in members:
        parts = PurePosixPath(each.replace("\\", "/"))
        if parts.name in PARENTS and len(parts.parts) > 1:
            found[f"{parts.parent}/"] = None
        elif parts.suffix in MODEL_SUFFIXES or parts.name == "saved_model.pb":
            found[each] = None
    # A .weights.h5 below an unpacked archive is a part of it.
    folders = tuple(each for each in found if each.endswith("/"))
    return [each for each in found if each in folders or not each.startswith(folders)]


class Limited:
    """A stream that ends after some bytes, so that a small archive cannot unpack to a huge one."""

    def __init__(self, stream: IO[bytes], most: int) -> None:
        """Read from `stream`, at most `most` bytes."""
        self.stream, self.left = stream, most

    def read(self, size: int) -> bytes:
        """Return the next bytes; b"" at the limit."""
        data = self.stream.read(min(size, self.left))
        self.left -= len(data)
        return data


def refuse_tar(path: Path, mode: str) -> Unreadable:
    """Return the refusal of a tar archive, or of a compressed file."""
    names: list[str] = []
    try:
        with open_regular(path) as stream, decompress(stream, mode) as content:
            limited = Limited(content, LARGEST_TAR)
            with tarfile.open(fileobj=limited, mode="r|") as archive:  # type: ignore[call-overload]
                for member, _ in zip(archive, range(MOST_ENTRIES), strict=False):
                    names.append(member.name)
    except EOFError:
        return Unreadable("it is a compressed file that is cut off", DOWNLOAD)
    except (tarfile.TarError, OSError, ValueError, zlib.error, lzma.LZMAError):
        pass  # no archive, or longer than is looked at: what was found counts
    if names:
        return refuse_archive(names, "a tar archive", f"unpack it: tar -xf {quote(str(path))}")
    kind, command = UNPACKERS.get(mode, ("tar", "tar -xf"))
    return Unreadable(f"it is compressed by {kind}", f"unpack it: {command} {quote(str(path))}")


def decompress(stream: IO[bytes], mode: str) -> IO[bytes]:
    """Return the content of a compressed stream."""
    if mode == "r|gz":
        return gzip.GzipFile(fileobj=stream)  # type: ignore[return-value]
    if mode == "r|bz2":
        return bz2.BZ2File(stream)
    return lzma.LZMAFile(stream) if mode == "r|xz" else stream
