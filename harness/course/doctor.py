"""Is this machine ready for the course? One check after the other, each with what mends it."""

import os
import shutil
import sys
import tempfile
import time
from importlib import metadata

import msgspec

from harness.catalog.load import read_catalog
from harness.course.checking import open_checker
from harness.course.exercises import cut_solution, find_exercise, list_solutions
from harness.environments.cache import find_cache, folder_name
from harness.environments.releases import NEWEST, NEWEST_MEGABYTES, find_release
from harness.environments.resolve import has_own_tensorflow, open_environment
from harness.errors import RestorebenchError
from harness.execution.free_memory import measure_free_memory
from harness.processes.cage import find_obstacle
from harness.program import command_line

PYTHONS = ((3, 11), (3, 14))  # the first that works, and the first that does not
DISK = 200 << 20  # bytes: TensorFlow's byte code takes 56 MiB, models and folders a few
DISK_TO_INSTALL = 3 << 30  # TensorFlow and what it needs take 2.1 GiB
MEMORY = 1 << 30  # bytes: TensorFlow takes 640 MiB, and a check is a fork of it
TRIED = "robot-arm"  # saved and restored: an exercise whose first cure is one line


class Check(msgspec.Struct, frozen=True):
    """What was looked at, whether it is in order, a sentence, and the command that mends it."""

    name: str
    ok: bool
    said: str
    tip: str = ""


class Report(msgspec.Struct, frozen=True):
    """Every check; `ready` if all are in order. `notes` say what is worse here than elsewhere."""

    ready: bool
    checks: list[Check]
    notes: list[str]


def examine() -> Report:
    """Return every check of this machine.

    TensorFlow starts only where Python, TensorFlow, disk and memory are in order.
    """
    checks: list[Check] = []
    for look in (check_python, check_tensorflow, check_disk, check_memory, check_restore):
        blocked = [each.name for each in checks if not each.ok]
        if look is check_restore and blocked:
            check = Check("restore", False, f"Not tried, because of: {', '.join(blocked)}.")
        else:
            check = look()
        checks.append(check)
    return Report(all(each.ok for each in checks), checks, list_notes())


def check_python() -> Check:
    """Check the release of Python."""
    first, ended = PYTHONS
    found = ".".join(map(str, sys.version_info[:3]))
    if first <= sys.version_info[:2] < ended:
        return Check("python", True, f"Python {found}.")
    said = f"Python {found} is not supported: 3.11, 3.12 or 3.13 is needed."
    return Check("python", False, said, "make PYTHON=python3.12 run")


def check_tensorflow() -> Check:
    """Check that there is a TensorFlow: in this Python, or built by `env add`."""
    if has_own_tensorflow():
        return Check("tensorflow", True, f"TensorFlow {find_version()} is in this Python.")
    light = "This is a light installation, without TensorFlow."
    if (find_cache() / folder_name(find_release(NEWEST))).exists():
        said = f"{light} The built release {NEWEST} is used instead."
        return Check("tensorflow", True, said)
    said = (
        f"{light} Release {NEWEST} can be built ({NEWEST_MEGABYTES} MB to download),"
        " or installed from a folder of wheels: doctor --offline FOLDER."
    )
    return Check("tensorflow", False, said, command_line(f"env add {NEWEST}"))


def find_version() -> str:
    """Return the version of the TensorFlow in this Python, "" if it records none."""
    for name in ("tensorflow", "tensorflow-cpu", "tf-nightly"):
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return ""


def check_disk() -> Check:
    """Check the room where models are saved, and where TensorFlow would be installed."""
    needed = DISK if has_own_tensorflow() else DISK_TO_INSTALL
    folders = {tempfile.gettempdir(): DISK, sys.prefix: needed}
    for folder, least in folders.items():
        free = shutil.disk_usage(folder).free
        if free < least:
            said = f"{folder} has {show_bytes(free)} free; {show_bytes(least)} are needed."
            return Check("disk", False, said, command_line("env prune"))
    free = min(shutil.disk_usage(folder).free for folder in folders)
    return Check("disk", True, f"{show_bytes(free)} of disk are free.")


def check_memory() -> Check:
    """Check that TensorFlow and one check fit into memory."""
    free = measure_free_memory()
    if free < MEMORY:
        said = f"{show_bytes(free)} of memory are free; {show_bytes(MEMORY)} are needed."
        return Check("memory", False, said, "close other programs, then try again")
    return Check("memory", True, f"{show_bytes(free)} of memory are free.")


def show_bytes(number: int) -> str:
    """Return bytes in the unit people read: "0.8 GB", "12 MB"."""
    return f"{number / 1e9:.1f} GB" if number >= 1e8 else f"{number / 1e6:.0f} MB"


def check_restore() -> Check:
    """Save a model and restore it, as a check of the course does; so byte code is warm, too."""
    exercise = find_exercise(TRIED)
    scenario = read_catalog().find(exercise.scenario)
    text = cut_solution(exercise, scenario, list_solutions(scenario)[0])
    started = time.monotonic()
    try:
        environment = open_environment("this" if has_own_tensorflow() else NEWEST)
        with open_checker(environment) as checker:
            checked = checker.run(text, scenario, half=False)
    except RestorebenchError as error:
        said = " ".join(filter(None, [f"{error.problem}:", error.found])).rstrip(":")
        return Check(
            "restore", False, f"{said}.", error.tip or command_line("check " + scenario.id)
        )
    if checked.ending != "done":
        said = f"A restored model does not predict what it did: {checked.said}"
        return Check("restore", False, said, command_line(f"check {scenario.id}"))
    took = time.monotonic() - started
    return Check("restore", True, f"One model was saved and restored, in {took:.0f} s.")


def list_notes() -> list[str]:
    """Return what makes the course slower or less guarded here, as sentences."""
    notes = []
    if obstacle := find_obstacle():
        notes.append(f"Your scripts run with your own rights: there is no cage here ({obstacle}).")
    if os.environ.get("PYTHONDONTWRITEBYTECODE"):
        notes.append(
            "PYTHONDONTWRITEBYTECODE is set: TensorFlow takes three times as long to start."
            " unset PYTHONDONTWRITEBYTECODE"
        )
    return notes
