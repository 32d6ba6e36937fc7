"""Build an environment with uv: whole or not at all, one builder at a time, the same again later.

The cache holds a folder per environment and, beside it, its lock (`NAME.txt`: what was resolved)
and a lock file that says who builds. A build that is killed leaves a `.part` folder, which the next
one removes; what has a folder of its own name is whole.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from harness.environments.releases import Release, name_package
from harness.errors import EnvironmentUnusable
from harness.workers.environment import DROPPED

RECORD = "restorebench.json"  # in the environment's folder: what it is
RECORD_KEYS = {"release", "versions", "packages", "built"}
DISK_NEEDED = 3 * 2**30  # bytes; the largest release takes 1.5 GB, and wheels are unpacked first
IMPORT = """
import json, sys, tensorflow as tf
home = sys.modules[tf.keras.Sequential.__module__.split(".")[0]]
print(json.dumps([tf.__version__, getattr(tf.keras, "__version__", None) or home.__version__]))
"""


def find_cache() -> Path:
    """Return the folder of all environments, outside any repository."""
    chosen = os.environ.get("RESTOREBENCH_ENVIRONMENTS")
    if chosen:
        return Path(chosen).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "restorebench" / "environments"


def find_uv() -> str:
    """Return the uv that was installed with us, or the one on the path."""
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if not found:
        raise EnvironmentUnusable("uv is not installed", "", "pip install uv")
    return found


def folder_name(release: Release) -> str:
    """Return a name for the file system; with extra requirements a hash tells them apart."""
    if not release.extra:
        return release.name
    digest = hashlib.sha256(release.name.encode()).hexdigest()[:8]
    return "-".join([release.name.split()[0], *map(name_package, release.extra), digest])


def find_interpreter(release: Release) -> str:
    """Return a Python of the release's minor version for `uv venv`: a path, or the version.

    uv does not look behind pyenv's shims; what it does not find it downloads.
    """
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    found = sorted(root.glob(f"versions/{release.python}.*/bin/python"))
    return str(found[-1]) if found else release.python


def python_of(folder: Path) -> Path:
    """Return the interpreter of a built environment."""
    return folder / "bin" / "python"


def read_record(folder: Path) -> dict[str, Any] | None:
    """Return what a built environment says of itself; None where it is none, or not whole."""
    try:
        record = json.loads((folder / RECORD).read_text())
    except (OSError, ValueError):
        return None
    whole = isinstance(record, dict) and set(record) >= RECORD_KEYS and python_of(folder).exists()
    return record if whole else None


def list_environments() -> list[tuple[str, dict[str, Any]]]:
    """Return (folder name, record) of every built environment, by name."""
    cache = find_cache()
    folders = [each for each in sorted(cache.glob("*")) if each.suffix != ".part"]
    found = [(each.name, read_record(each)) for each in folders]
    return [(name, record) for name, record in found if record is not None]


@contextmanager
def alone(cache: Path, name: str) -> Iterator[int]:
    """Hold the right to build one environment, a descriptor; waits for whoever builds it now.

    uv inherits the descriptor: if we are killed, the right is free only when uv has ended too.
    """
    with (cache / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def build(release: Release) -> tuple[Path, dict[str, Any]]:
    """Return the release's environment, building it where it is not there yet.

    Raises EnvironmentUnusable with the last words of uv, or of an import that fails.
    """
    cache, name = find_cache(), folder_name(release)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with alone(cache, name) as right:
            record = read_record(cache / name)
            if record is None:
                check_disk(cache)
                record = make(release, cache, name, right)
    except OSError as error:
        raise EnvironmentUnusable(
            f"the environment {release.name} cannot be written", str(error),
            "make room, or set RESTOREBENCH_ENVIRONMENTS to another folder",
        ) from error  # fmt: skip
    return cache / name, record


def remove(name: str) -> None:
    """Remove one environment: from one moment to the next it is none, then its files go."""
    cache = find_cache()
    with alone(cache, name):
        part = cache / f"{name}.part"
        shutil.rmtree(part, ignore_errors=True)
        (cache / name).rename(part)
        shutil.rmtree(part, ignore_errors=True)


def measure(folder: Path) -> int:
    """Return the bytes of a folder's files, as if none were shared with another environment."""
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())


def remove_leftovers() -> list[str]:
    """Remove the unfinished builds that nobody is at; return their names."""
    cache, removed = find_cache(), []
    for part in sorted(cache.glob("*.part")):
        name = part.name.removesuffix(".part")
        with (cache / f"{name}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:  # somebody is building it now
                continue
            shutil.rmtree(part, ignore_errors=True)
            removed.append(name)
    return removed


def check_disk(cache: Path) -> None:
    """Raise EnvironmentUnusable before the disk is full, not after."""
    free = shutil.disk_usage(cache).free
    if free < DISK_NEEDED:
        raise EnvironmentUnusable(
            f"{free / 2**30:.1f} GiB are free under {cache}, {DISK_NEEDED >> 30} are needed", "",
            "python -m harness env prune, or set RESTOREBENCH_ENVIRONMENTS to another folder",
        )  # fmt: skip


def make(release: Release, cache: Path, name: str, right: int) -> dict[str, Any]:
    """Install into a `.part` folder, prove that it imports, and only then give it its name."""
    part, folder, lock = cache / f"{name}.part", cache / name, cache / f"{name}.txt"
    for old in (part, folder):
        shutil.rmtree(old, ignore_errors=True)
    uv = partial(run_uv, release, right)
    uv("venv", "--python", find_interpreter(release), str(part))
    install = ["pip", "install", "--python", str(python_of(part)), "--compile-bytecode"]
    if lock.exists() and lock.stat().st_size:
        uv(*install, "--no-deps", "-r", str(lock))
    else:
        uv(*install, *limit_dates(release), *release.requirements)
    frozen = uv("pip", "freeze", "--python", str(python_of(part)))
    record = {
        "release": asdict(release), "versions": import_there(release, python_of(part)),
        "packages": frozen.split(), "built": datetime.now(UTC).isoformat("T", "seconds"),
    }  # fmt: skip
    (part / RECORD).write_text(json.dumps(record, indent=2))
    if not release.name.startswith("nightly"):  # that one is to be newer every time
        (part / "lock.txt").write_text(frozen)
        (part / "lock.txt").replace(lock)
    part.rename(folder)
    return record


def limit_dates(release: Release) -> list[str]:
    """Return uv's options: nothing newer than the release's day, but for what was asked for."""
    if not release.newest:
        return []
    free = [f"--exclude-newer-package={name_package(each)}=2099-01-01" for each in release.extra]
    return ["--exclude-newer", release.newest, *free]


def clean_variables() -> dict[str, str]:
    """Return our variables without those that would let the environment see other packages."""
    return {name: value for name, value in os.environ.items() if name not in DROPPED}


def import_there(release: Release, python: Path) -> dict[str, str]:
    """Import TensorFlow once, which also warms the byte code; return the versions found."""
    variables = clean_variables() | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    variables["TF_USE_LEGACY_KERAS"] = "1" if release.legacy_keras else "0"
    done = subprocess.run(
        [str(python), "-c", IMPORT], env=variables, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise EnvironmentUnusable(
            f"TensorFlow {release.name} is installed but cannot be imported",
            last_lines(done.stderr), "add what it asks for with --with, or take another release",
        )  # fmt: skip
    tensorflow, keras = json.loads(done.stdout.splitlines()[-1])
    version = release.name.split()[0].partition("+")[0]
    if version != "nightly" and not tensorflow.startswith(f"{version}."):
        raise EnvironmentUnusable(
            f"the environment {release.name} holds TensorFlow {tensorflow}", "", "report this"
        )
    return {"tensorflow": tensorflow, "keras": keras}


def run_uv(release: Release, right: int, *arguments: str) -> str:
    """Run uv quietly and return what it printed; raises EnvironmentUnusable with its last words."""
    command = [find_uv(), "--quiet", *arguments]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        pass_fds=[right],
        env=clean_variables(),
    )
    if done.returncode:
        raise EnvironmentUnusable(
            f"the environment {release.name} could not be built", last_lines(done.stderr),
            "check the network and the disk, then try again",
        )  # fmt: skip
    return done.stdout


def last_lines(text: str, count: int = 4) -> str:
    """Return the end of what a command said."""
    return "\n".join(text.strip().splitlines()[-count:]) or "it said nothing"
