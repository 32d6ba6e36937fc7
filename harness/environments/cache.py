"""The environments that are built: where they are, what they say of themselves, whether they are
whole, and how they go.

The cache holds a folder per environment and, beside it, its lock (`NAME.txt`: what was resolved)
and a file that says who builds (`NAME.lock`). A build that is killed leaves a `.part` folder, which
the next one removes.
"""

import csv
import hashlib
import os
import re
import shutil
from collections import defaultdict
from pathlib import Path

import msgspec
from packaging.utils import canonicalize_name

from harness.environments.build_lock import Busy, hold_build_lock
from harness.environments.releases import Release, name_package
from harness.errors import EnvironmentUnusable

RECORD = "restorebench.json"  # in the environment's folder: what it is


class ImportedVersions(msgspec.Struct, frozen=True, kw_only=True):
    """The versions that an interpreter's import of TensorFlow gave."""

    tensorflow: str
    keras: str
    python: str = ""


class BuiltEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """What an environment says of itself in its RECORD; `bytes` as if no file were shared."""

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
            "there is no home folder to keep environments in",
            str(error),
            "set RESTOREBENCH_ENVIRONMENTS to a folder",
        ) from error
    return Path(base) / "restorebench" / "environments"


def folder_name(release: Release) -> str:
    """Return a name for the file system; with extra requirements a hash tells them apart."""
    if not release.extra:
        return release.name
    digest = hashlib.sha256(release.name.encode()).hexdigest()[:8]
    return "-".join([release.name.split()[0], *map(name_package, sorted(release.extra)), digest])


def python_of(folder: Path) -> Path:
    """Return the interpreter of an environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def read_built(folder: Path) -> BuiltEnvironment | None:
    """Return what an environment says of itself; None where it says nothing."""
    try:
        return msgspec.json.decode((folder / RECORD).read_bytes(), type=BuiltEnvironment)
    except (OSError, ValueError, RecursionError):  # msgspec's own errors are ValueErrors
        return None


def list_environments() -> list[tuple[str, BuiltEnvironment | None]]:
    """Return (folder name, record) of every environment, by release; None for one without."""
    cache = find_cache()
    if not cache.is_dir():
        return []
    folders = [each for each in cache.iterdir() if each.suffix != ".part" and each.is_dir()]
    found = [(each.name, read_built(each)) for each in folders]
    return sorted(found, key=lambda each: order_by_release(each[0]))


def order_by_release(name: str) -> tuple[int, ...]:
    """Return what sorts 2.4 before 2.10, and names that are no release last."""
    numbers = name.partition("+")[0].partition("-")[0].split(".")
    return tuple(map(int, numbers)) if all(map(str.isdecimal, numbers)) else (9,)


def find_damage(folder: Path) -> list[str]:
    """Return what is wrong with an environment, in sentences; none if it is whole."""
    if not python_of(folder).exists():
        return [f"its interpreter is gone: {python_of(folder)}"]
    if (built := read_built(folder)) is None:
        return [f"its {RECORD} is gone or unreadable"]
    _, owners = read_sizes(folder)
    missing = {*map(name_installed, built.packages)} - {*owners.values()}
    gone = [f"the package {each} is gone" for each in sorted(missing)]
    return gone + list(find_damaged_packages(folder).values())


def find_damaged_packages(folder: Path) -> dict[str, str]:
    """Return a sentence for each package of which a file is gone or has another size.

    The sizes are those of the wheels' RECORD files; comparing takes a tenth of a second.
    """
    sizes, owners = read_sizes(folder)
    damage: dict[str, str] = {}
    for path, expected in sizes.items():
        try:
            size = os.stat(path).st_size
        except OSError:
            damage.setdefault(owners[path], f"{path} is gone")
        else:
            if size not in expected:
                sentence = f"{path} has {size} bytes, not {max(expected)}"
                damage.setdefault(owners[path], sentence)
    return damage


def name_installed(pin: str) -> str:
    """Return the package of a pin or of a `.dist-info` folder, spelled in one way."""
    return canonicalize_name(re.split(r"==|-(?=\d)| @ ", pin)[0])


def read_sizes(folder: Path) -> tuple[dict[str, set[int]], dict[str, str]]:
    """Return the bytes each installed file should have, and its package.

    Two packages may install the same file: the size that either of them says will do.
    """
    sizes: dict[str, set[int]] = defaultdict(set)
    owners: dict[str, str] = {}
    pattern = "[Ll]ib/site-packages" if os.name == "nt" else "lib/python*/site-packages"
    for listing in folder.glob(f"{pattern}/*.dist-info/RECORD"):
        home, package = str(listing.parent.parent), name_installed(listing.parent.stem)
        with listing.open(newline="", errors="replace") as lines:
            for path, _, size in (row for row in csv.reader(lines) if len(row) == 3):
                if size.isdecimal() and not path.endswith(".pyc"):  # a wheel's own: we compile anew
                    sizes[f"{home}/{path}"].add(int(size))
                    owners[f"{home}/{path}"] = package
    return sizes, owners


def measure_bytes(folder: Path) -> int:
    """Return the bytes of a folder's files, as if none were shared with another environment."""
    return sum(
        os.lstat(os.path.join(home, name)).st_size
        for home, _, names in os.walk(folder)
        for name in names
    )


def remove_environment(name: str) -> None:
    """Remove one environment: from one moment to the next it is none, then its files go."""
    cache = find_cache()
    with hold_build_lock(cache, name):
        part = cache / f"{name}.part"
        shutil.rmtree(part, ignore_errors=True)
        (cache / name).rename(part)
        shutil.rmtree(part, ignore_errors=True)


def remove_leftovers() -> dict[str, int]:
    """Remove the unfinished builds that nobody is at; return their names and bytes."""
    cache, removed = find_cache(), {}
    for part in sorted(cache.glob("*.part")):
        name = part.name.removesuffix(".part")
        try:
            with hold_build_lock(cache, name, wait=False):
                size = measure_bytes(part)
                shutil.rmtree(part)
        except Busy:  # somebody is building it now
            continue
        removed[name] = size
    return removed
