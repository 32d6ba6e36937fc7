"""The environments that are built: where they are, what they record, whether they are complete, and
how they are removed.

The cache holds one folder per environment. Beside the folder lie its pins (`NAME.txt`) and the file
that a builder locks (`NAME.lock`). A killed build leaves a `.part` folder, which the next build
removes.
"""

import base64
import csv
import hashlib
import os
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import msgspec
from packaging.utils import canonicalize_name

from harness.environments.build_lock import Busy, hold_build_lock
from harness.environments.releases import Release, name_package
from harness.errors import EnvironmentUnusable

RECORD = "restorebench.json"  # in the environment's folder: what it is


class ImportedVersions(msgspec.Struct, frozen=True, kw_only=True):
    """The versions that were found by importing TensorFlow with an interpreter."""

    tensorflow: str
    keras: str
    python: str = ""


class BuiltEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """The content of an environment's RECORD; `bytes` counts shared files in full."""

    release: Release
    versions: ImportedVersions
    packages: list[str]
    built: str
    bytes: int = 0


def find_cache() -> Path:
    """Return the folder of all environments, outside any repository."""
    chosen = os.environ.get("RESTOREBENCH_ENVIRONMENTS")
    if chosen:
        return Path(chosen).absolute()
    try:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    except RuntimeError as error:
        raise EnvironmentUnusable(
            "there is no home folder in which environments could be kept",
            str(error),
            "set RESTOREBENCH_ENVIRONMENTS to a folder",
        ) from error
    return Path(base) / "restorebench" / "environments"


def folder_name(release: Release) -> str:
    """Return a folder name for a release; a hash distinguishes extra requirements."""
    if not release.extra:
        return release.name
    digest = hashlib.sha256(release.name.encode()).hexdigest()[:8]
    return "-".join([release.name.split()[0], *map(name_package, sorted(release.extra)), digest])


def python_of(folder: Path) -> Path:
    """Return the interpreter of an environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def read_built(folder: Path) -> BuiltEnvironment | None:
    """Return an environment's record; None if it has no readable record."""
    try:
        return msgspec.json.decode((folder / RECORD).read_bytes(), type=BuiltEnvironment)
    except (OSError, ValueError, RecursionError):  # msgspec's own errors are ValueErrors
        return None


def list_environments() -> list[tuple[str, BuiltEnvironment | None]]:
    """Return (folder name, record) of every environment, by release; a missing record is None."""
    cache = find_cache()
    if not cache.is_dir():
        return []
    folders = [each for each in cache.iterdir() if each.suffix != ".part" and each.is_dir()]
    found = [(each.name, read_built(each)) for each in folders]
    return sorted(found, key=lambda each: order_by_release(each[0]))


def order_by_release(name: str) -> tuple[int, ...]:
    """Return a key that sorts 2.4 before 2.10, and names that are not releases last."""
    numbers = name.partition("+")[0].partition("-")[0].split(".")
    return tuple(map(int, numbers)) if all(map(str.isdecimal, numbers)) else (9,)


def find_damage(folder: Path, contents: bool = False) -> list[str]:
    """Return one sentence per fault of an environment; an empty list if it is complete.

    `contents`: Python files are read too, not only measured (`find_damaged_packages`).
    """
    if not python_of(folder).exists():
        return [f"its interpreter is missing: {python_of(folder)}"]
    if (built := read_built(folder)) is None:
        return [f"its {RECORD} is missing or unreadable"]
    _, owners = read_sizes(folder)
    missing = {*map(name_installed, built.packages)} - {*owners.values()}
    gone = [f"the package {each} is missing" for each in sorted(missing)]
    return gone + list(find_damaged_packages(folder, contents).values())


def find_damaged_packages(folder: Path, contents: bool = False) -> dict[str, str]:
    """Return a sentence for each package that lacks a file or has a file of the wrong size.

    The expected sizes come from the wheels' RECORD files. Comparing takes a tenth of a second. With
    `contents`, the hashes of Python files are compared too, which takes about a second.
    """
    sizes, owners = read_sizes(folder)
    hashes = read_hashes(folder) if contents else {}
    damage: dict[str, str] = {}
    for path, expected in sizes.items():
        try:
            size = os.stat(path).st_size
        except OSError:
            damage.setdefault(owners[path], f"{path} is missing")
        else:
            if size not in expected:
                sentence = f"{path} has {size} bytes instead of {max(expected)}"
                damage.setdefault(owners[path], sentence)
            elif path in hashes and hash_file(path) not in hashes[path]:
                damage.setdefault(owners[path], f"{path} has other contents than were installed")
    return damage


def name_installed(pin: str) -> str:
    """Return the normalised package name of a pin or of a `.dist-info` folder."""
    return canonicalize_name(re.split(r"==|-(?=\d)| @ ", pin)[0])


def read_records(folder: Path) -> Iterator[tuple[str, str, str, str]]:
    """Return (path, package, hash, size) of every installed file, as the wheels' RECORDs say."""
    pattern = "[Ll]ib/site-packages" if os.name == "nt" else "lib/python*/site-packages"
    for listing in folder.glob(f"{pattern}/*.dist-info/RECORD"):
        home, package = str(listing.parent.parent), name_installed(listing.parent.stem)
        with listing.open(newline="", errors="replace") as lines:
            for path, digest, size in (row for row in csv.reader(lines) if len(row) == 3):
                if size.isdecimal() and not path.endswith(".pyc"):  # compiled here, not the wheel's
                    yield f"{home}/{path}", package, digest, size


def read_hashes(folder: Path) -> dict[str, set[str]]:
    """Return the expected SHA-256 of each installed Python file."""
    hashes: dict[str, set[str]] = defaultdict(set)
    for path, _, digest, _ in read_records(folder):
        if path.endswith(".py") and digest.startswith("sha256="):
            hashes[path].add(digest.removeprefix("sha256="))
    return hashes


def hash_file(path: str) -> str:
    """Return the SHA-256 of a file as a RECORD spells it; "" if it cannot be read."""
    try:
        digest = hashlib.sha256(Path(path).read_bytes()).digest()
    except OSError:
        return ""
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def read_sizes(folder: Path) -> tuple[dict[str, set[int]], dict[str, str]]:
    """Return the expected size of each installed file, and the package of the file.

    Two packages may install the same file: either package's size is then accepted.
    """
    sizes: dict[str, set[int]] = defaultdict(set)
    owners: dict[str, str] = {}
    for path, package, _, size in read_records(folder):
        sizes[path].add(int(size))
        owners[path] = package
    return sizes, owners


def measure_bytes(folder: Path) -> int:
    """Return the bytes of a folder's files; files shared with another environment count in full."""
    return sum(
        os.lstat(os.path.join(home, name)).st_size
        for home, _, names in os.walk(folder)
        for name in names
    )


def remove_environment(name: str) -> None:
    """Remove one environment: rename its folder first, so that it is never half an environment."""
    cache = find_cache()
    with hold_build_lock(cache, name):
        part = cache / f"{name}.part"
        shutil.rmtree(part, ignore_errors=True)
        (cache / name).rename(part)
        shutil.rmtree(part, ignore_errors=True)


def remove_leftovers() -> dict[str, int]:
    """Remove unfinished builds that no process is working on; return their names and bytes."""
    cache, removed = find_cache(), {}
    for part in sorted(cache.glob("*.part")):
        name = part.name.removesuffix(".part")
        try:
            with hold_build_lock(cache, name, wait=False):
                size = measure_bytes(part)
                shutil.rmtree(part)
        except Busy:  # another process is building it now
            continue
        removed[name] = size
    return removed
