"""An interpreter that the user installed: used where it is, never changed."""

import os
import subprocess
from pathlib import Path

from harness.environments.build import import_there
from harness.environments.cache import ImportedVersions
from harness.environments.releases import WITH, Release
from harness.environments.uv import clean_variables, last_lines, run_uv
from harness.errors import EnvironmentUnusable, UsageError

# A folder of that name in the current folder has no origin, and is none.
LOOK = """
import importlib.util
found = importlib.util.find_spec("tensorflow")
print("found" if found and found.origin else "missing")
"""
LEGACY = "+legacy"
LOOK_SECONDS = 60.0


def is_path(spec: str) -> bool:
    """Return whether `spec` names an environment by the path of its interpreter."""
    name = spec.partition(WITH)[0]  # a requirement may hold a path too
    return any(mark in name for mark in {"/", os.sep}) or name.startswith("~")


def find_path(spec: str) -> tuple[str, bool]:
    """Return the absolute path of an interpreter, and whether tf.keras shall be tf_keras.

    Symbolic links are not resolved, since their target belongs to another environment. Raises
    UsageError if there is no program at the path.
    """
    path = os.path.abspath(os.path.expanduser(spec.removesuffix(LEGACY)))
    if os.path.isdir(path):
        inside = os.path.join(path, "bin", "python")
        tip = f"name the interpreter: {inside}" if os.path.exists(inside) else ""
        raise UsageError(f"{path} is a folder, not an interpreter", "", tip)
    if not os.access(path, os.X_OK):
        found = "the file is not executable" if os.path.exists(path) else "there is no such file"
        raise UsageError(
            f"{path} is not an interpreter",
            found,
            "name a release, or a Python that has TensorFlow",
        )
    return path, spec.endswith(LEGACY)


def is_same_interpreter(one: str, other: str) -> bool:
    """Say whether two paths start the same Python with the same packages: python and python3."""
    return find_identity(one) == find_identity(other)


def find_identity(path: str) -> tuple[str, str]:
    """Return what decides which packages a Python has: its virtual environment, and its program.

    A virtual environment is told by the place of the link, as Python does; outside of one links are
    followed.
    """
    folder = os.path.realpath(os.path.dirname(os.path.abspath(path)))
    places = (folder, os.path.dirname(folder))
    venv = next((each for each in places if os.path.exists(f"{each}/pyvenv.cfg")), "")
    return venv, os.path.realpath(path)


def check_has_tensorflow(path: str) -> None:
    """Raise EnvironmentUnusable if an interpreter has no TensorFlow; takes about 50 ms.

    TensorFlow is looked for but not imported: the worker imports TensorFlow as its first action.
    """
    try:
        done = subprocess.run(
            [path, "-c", LOOK],
            env=clean_variables(),
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=LOOK_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EnvironmentUnusable(f"{path} cannot be started", str(error)) from error
    if done.stdout.strip() not in ("found", "missing"):
        said = done.stderr or done.stdout
        raise EnvironmentUnusable(
            f"{path} is not a Python interpreter",
            "" if "find_spec" in said else last_lines(said),  # it has repeated what it was given
            "name a Python that has TensorFlow, or a release: --tf 2.15",
        )
    if done.stdout.strip() == "missing":
        raise EnvironmentUnusable(
            f"TensorFlow is not installed for {path}",
            last_lines(done.stderr) if done.stderr else "",
            "install TensorFlow there (pip install tensorflow), or name another Python",
        )


def describe_interpreter(spec: str) -> tuple[str, ImportedVersions, list[str]]:
    """Import TensorFlow with an interpreter; return the path, the versions and the packages."""
    path, legacy = find_path(spec)
    check_has_tensorflow(path)
    return path, import_there(Path(path), legacy, f"TensorFlow of {path}"), freeze(path)


def freeze(path: str) -> list[str]:
    """Return the packages of an interpreter, as pins."""
    release = Release(path, "", None, ())
    return run_uv(release, "pip", "freeze", "--python", path).splitlines()
