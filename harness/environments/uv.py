"""Call uv: find uv, find a Python for uv, and describe a failure in one sentence."""

import os
import re
import shlex
import shutil
import subprocess
import threading
from pathlib import Path

from packaging.version import Version

from harness.environments.releases import Release, name_package
from harness.errors import EnvironmentUnusable
from harness.processes.variables import DROPPED
from harness.program import command_line

FOLDER = "set RESTOREBENCH_ENVIRONMENTS to a folder on another disk"
AGAIN = "then try again; environments already built keep working"
# What uv says, what that means, and what to do. The first that fits counts.
FAILURES = (
    (
        r"[Ff]ailed to initialize cache",
        "uv's own cache cannot be written",
        "set UV_CACHE_DIR to a folder",
    ),
    (
        r"No space left on device|os error 28|disk quota exceeded",
        "the disk is full",
        f"{FOLDER}, or free some disk space: {command_line('env prune')}",
    ),
    (
        r"Read-only file system|os error 30|Permission denied|os error 13",
        "the folder cannot be written",
        FOLDER,
    ),
    (
        r"[Nn]o interpreter found|No download found for request",
        "Python {python} is not installed, and uv cannot download it",
        "install that Python, or allow uv to download it",
    ),
    (
        r"has no wheels|no wheels with a matching|no wheels are usable|doesn't have a source dist",
        "a package has no wheel for this platform",
        "choose another release, or another machine",
    ),
    (
        r"[Ff]ailed to fetch|[Ff]ailed to download|error sending request|network was disabled|"
        r"dns error|Network is unreachable|connectivity is disabled",
        "the network is needed but cannot be reached",
        f"check the network, {AGAIN}",
    ),
    (
        r"there is no version of (?P<what>[^ ]+)",
        "there is no {what}",
        command_line("env list --all"),
    ),
    (r"was not found in the package registry", "a package does not exist", "check its name"),
    (r"No solution found", "the requirements contradict each other", "leave out a --with"),
)


# uv asks sysconfig, which fills its table without a lock (Python 3.11): while several releases are
# built at once, another thread would read a table that is half filled.
FINDING = threading.Lock()


def find_uv() -> str:
    """Return the uv installed with restorebench, or the uv on the PATH."""
    try:
        from uv import find_uv_bin

        with FINDING:
            return find_uv_bin()
    except (ImportError, FileNotFoundError):
        found = shutil.which("uv")
    if not found:
        raise EnvironmentUnusable("uv is not installed", "", "pip install uv")
    return found


def find_python(python: str) -> str:
    """Return a Python of that minor version for uv: a path, or the version.

    uv does not look behind pyenv's shims, and downloads a Python that it does not find.
    """
    root = Path(os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv"))
    found = [
        each
        for each in root.glob(f"versions/{python}.*/bin/python")
        if re.fullmatch(r"[\d.]+", each.parts[-3]) and os.access(each, os.X_OK)
    ]
    return str(max(found, key=lambda each: Version(each.parts[-3]))) if found else python


def clean_variables() -> dict[str, str]:
    """Return the environment variables without the variables that add foreign packages."""
    return {name: value for name, value in os.environ.items() if name not in DROPPED}


def limit_dates(release: Release) -> list[str]:
    """Return uv's options: no package newer than the release's day, except extra requirements."""
    if not release.newest:
        return []
    free = [*release.dateless, *map(name_package, release.extra)]
    return [
        "--exclude-newer",
        release.newest,
        *(f"--exclude-newer-package={each}=2099-01-01" for each in free),
    ]


def run_uv(
    release: Release, *arguments: str, text: str = "", descriptors: tuple[int, ...] = ()
) -> str:
    """Run uv and return its output; raises EnvironmentUnusable with the end of its output.

    `text` is uv's standard input. uv inherits `descriptors`.
    """
    done = subprocess.run(
        [find_uv(), "--quiet", *arguments],
        input=text,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        pass_fds=descriptors,
        env=clean_variables(),
    )
    if done.returncode:
        raise explain_uv_failure(release, done.stderr, done.returncode)
    return done.stdout


def explain_uv_failure(release: Release, said: str, code: int) -> EnvironmentUnusable:
    """Return the error that uv's output describes."""
    problem = f"the environment {release.name} could not be built"
    if code < 0:
        return EnvironmentUnusable(
            problem,
            f"uv was killed by signal {-code}",
            command_line(f"env add {shlex.quote(release.name)}"),
        )
    for pattern, reason, tip in FAILURES:
        if found := re.search(pattern, said):
            filled = reason.format(python=release.python, **found.groupdict())
            return EnvironmentUnusable(f"{problem}: {filled}", name_culprit(said), tip)
    return EnvironmentUnusable(problem, last_lines(said), f"check network and disk, {AGAIN}")


def name_culprit(said: str) -> str:
    """Return the important lines of uv's output: the first, its cause, and the hint."""
    lines = [line.strip() for line in said.strip().splitlines() if line.strip()]
    causes = [line for line in lines if line.startswith("cause:")]
    hints = [line for line in lines if line.startswith("hint:")]
    telling = dict.fromkeys([*lines[:1], *causes[:1], *causes[-1:], *hints[-1:]])
    return "\n".join(line[:300] for line in telling)


def last_lines(text: str, count: int = 4) -> str:
    """Return the end of a command's output."""
    return "\n".join(text.strip().splitlines()[-count:]) or "it printed nothing"
