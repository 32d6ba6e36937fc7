"""Build an environment with uv: complete or not at all, one builder at a time, reproducibly.

A build works in a `.part` folder. The folder gets its final name only after TensorFlow was imported
from it. The resolved pins are kept as the environment's lock (cache.py). The next build of that
name installs the same pins.
"""

import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from packaging.version import Version

from harness.environments.build_lock import hold_build_lock
from harness.environments.cache import (
    RECORD,
    BuiltEnvironment,
    ImportedVersions,
    find_cache,
    find_damage,
    find_damaged_packages,
    folder_name,
    measure_bytes,
    python_of,
    read_built,
)
from harness.environments.releases import Release, name_package
from harness.environments.uv import (
    FOLDER,
    clean_variables,
    find_python,
    last_lines,
    limit_dates,
    run_uv,
)
from harness.errors import EnvironmentUnusable, UsageError
from harness.program import command_line

# Bytes; the largest CPU release takes 1.5 GB, CUDA 5 GB, and wheels are unpacked first.
DISK_NEEDED, GPU_DISK_NEEDED = 3 * 2**30, 10 * 2**30
IMPORT = """
import json, platform, sys, tensorflow as tf
home = sys.modules[tf.keras.Sequential.__module__.split(".")[0]]
keras = getattr(tf.keras, "__version__", None) or home.__version__
print(json.dumps({"tensorflow": tf.__version__, "keras": keras,
                  "python": platform.python_version()}))
"""
Say = Callable[[str], None]  # told what happens now: "resolving", "installing", ...


def keep_quiet(stage: str) -> None:
    """Say nothing."""


def build(
    release: Release, say: Say = keep_quiet, contents: bool = False
) -> tuple[Path, BuiltEnvironment]:
    """Return the release's environment; build the environment if it is missing or damaged.

    Raises EnvironmentUnusable with the end of uv's output, or of the output of a failed import.
    """
    cache, name = find_cache(), folder_name(release)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with hold_build_lock(cache, name, say=say) as build_lock:
            if (cache / name).exists():
                damage, built = find_damage(cache / name, contents), read_built(cache / name)
                if built is not None and not damage:
                    return cache / name, built
                say(f"damaged, so it is built again: {damage[0]}")
            check_disk(cache, GPU_DISK_NEEDED if "+gpu" in name else DISK_NEEDED)
            try:
                return cache / name, make(release, cache, name, build_lock, say)
            except BaseException:
                shutil.rmtree(cache / f"{name}.part", ignore_errors=True)  # its room comes back
                raise
    except OSError as error:
        raise EnvironmentUnusable(
            f"the environment {release.name} cannot be written",
            str(error),
            f"free some disk space, or {FOLDER}",
        ) from error


def check_disk(cache: Path, needed: int) -> None:
    """Raise EnvironmentUnusable if the disk has too little space for the build."""
    free = shutil.disk_usage(cache).free
    if free < needed:
        raise EnvironmentUnusable(
            f"{free / 2**30:.1f} GiB are free under {cache}, {needed >> 30} are needed",
            "",
            f"{FOLDER}, or free some disk space: {command_line('env prune')}",
        )


def make(release: Release, cache: Path, name: str, build_lock: int, say: Say) -> BuiltEnvironment:
    """Install into a `.part` folder, import TensorFlow there, and only then rename the folder."""
    part, folder, lock = cache / f"{name}.part", cache / name, cache / f"{name}.txt"
    for old in (part, folder):
        shutil.rmtree(old, ignore_errors=True)
    say(f"finding Python {release.python}")
    python = find_python(release.python)
    run_uv(release, "venv", "--python", python, str(part), descriptors=(build_lock,))
    pins = read_lock(lock, release, say)
    if not pins:
        say("resolving")
        pins = resolve(release, str(python_of(part)), build_lock)
    say("installing")
    install(release, part, pins, build_lock)
    frozen = run_uv(release, "pip", "freeze", "--python", str(python_of(part)))
    say("importing")
    called = f"TensorFlow {release.name}"
    versions = import_there(python_of(part), release.legacy_keras, called, (build_lock,))
    check_version(release, versions.tensorflow)
    built = BuiltEnvironment(
        release=release,
        versions=versions,
        packages=frozen.splitlines(),
        built=datetime.now(UTC).isoformat("T", "seconds"),
        bytes=measure_bytes(part),
    )
    (part / RECORD).write_bytes(msgspec.json.format(msgspec.json.encode(built)))
    if damage := find_damage(part, contents=True):
        raise EnvironmentUnusable(
            f"the environment {release.name} was damaged directly after it was built",
            "\n".join(damage[:3]),
            "check the disk",
        )
    if not release.name.startswith("nightly"):  # that one is to be newer every time
        (part / "lock.txt").write_text(pins)
        (part / "lock.txt").replace(lock)
    part.rename(folder)
    return built


def read_lock(lock: Path, release: Release, say: Say = keep_quiet) -> str:
    """Return the pins of an earlier build; "" if there are none or their lock is damaged."""
    try:
        pins = lock.read_text()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError):
        pins = ""
    try:
        found = {name_package(each) for each in pins.splitlines()}
    except UsageError:
        found = set()
    if {name_package(each) for each in release.requirements} <= found and pins.endswith("\n"):
        return pins
    say("its lock is damaged, so the packages are resolved again")
    return ""


def resolve(release: Release, python: str, build_lock: int | None = None) -> str:
    """Return the release's pins, one per line, for an interpreter or a version of Python."""
    return run_uv(
        release,
        "pip",
        "compile",
        "--python",
        python,
        "--no-header",
        "--no-annotate",
        "--no-emit-index-url",
        "--no-emit-find-links",
        *limit_dates(release),
        "-",
        text="\n".join(release.requirements),
        descriptors=() if build_lock is None else (build_lock,),
    )


def install(release: Release, part: Path, pins: str, build_lock: int) -> None:
    """Install the pins; fetch a package again if its files in uv's cache are damaged.

    uv links files from its cache into environments, so damage in an environment is also damage in
    the cache.
    """
    command = [
        "pip",
        "install",
        "--python",
        str(python_of(part)),
        "--compile-bytecode",
        "--no-deps",
        *limit_dates(release),
        "-r",
        "-",
    ]
    run_uv(release, *command, text=pins, descriptors=(build_lock,))
    if damaged := find_damaged_packages(part, contents=True):
        again = [f"--reinstall-package={name}" for name in damaged]
        run_uv(release, *command, "--no-cache", *again, text=pins, descriptors=(build_lock,))


def check_version(release: Release, found: str) -> None:
    """Raise EnvironmentUnusable if the installed TensorFlow is not the release's."""
    wanted = release.name.split()[0].partition("+")[0]
    if wanted != "nightly" and Version(found).release[: len(Version(wanted).release)] != (
        Version(wanted).release
    ):
        raise EnvironmentUnusable(
            f"the environment {release.name} holds TensorFlow {found}", "", "report this"
        )


def import_there(
    python: Path, legacy_keras: bool, name: str, descriptors: tuple[int, ...] = ()
) -> ImportedVersions:
    """Import TensorFlow once, which also compiles the byte code; return the versions found."""
    variables = clean_variables() | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    variables["TF_USE_LEGACY_KERAS"] = "1" if legacy_keras else "0"
    done = subprocess.run(
        [str(python), "-c", IMPORT],
        env=variables,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        pass_fds=descriptors,
        stdin=subprocess.DEVNULL,
    )
    answer = (done.stdout.splitlines() or [""])[-1]
    if done.returncode or not answer.startswith("{"):
        raise EnvironmentUnusable(
            f"{name} is installed, but its import fails",
            last_lines(done.stderr or done.stdout),
            "add the missing package with --with, or choose another release",
        )
    return msgspec.json.decode(answer, type=ImportedVersions)
