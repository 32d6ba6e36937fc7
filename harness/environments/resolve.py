"""Turn what the user types into an environment that can be started.

The user may type a release (`2.15`, `2.15.1`, `2.16+legacy`, `2.16+gpu`, `2.16 with keras==3.15.1`,
`nightly`), the path of an interpreter (`~/tf/bin/python`, also with `+legacy`), or `this`, the
interpreter that runs the harness. Without a name, `this` is used if it has TensorFlow, and
otherwise the newest release.
"""

import importlib.util
import os
import sys
from dataclasses import replace

from harness.environments.build import Say, build, keep_quiet
from harness.environments.cache import find_cache, folder_name, python_of
from harness.environments.interpreter import LEGACY, check_has_tensorflow, find_path, is_path
from harness.environments.releases import NEWEST, NEWEST_MEGABYTES, WITH, Release, find_release
from harness.errors import EnvironmentUnusable
from harness.processes.variables import Environment

BUILDERS = 2  # environments built at once: more only wait for the disk
OWN = "this"


def has_own_tensorflow() -> bool:
    """Return whether the interpreter that runs the harness has TensorFlow; nothing is imported.

    A folder named tensorflow in the current folder does not count: without `__init__.py` it has no
    origin.
    """
    found = importlib.util.find_spec("tensorflow")
    return found is not None and found.origin is not None


def choose_default() -> str:
    """Return the default environment: this interpreter's TensorFlow, or else the newest release."""
    return OWN if has_own_tensorflow() else NEWEST


def announce_download(release: Release) -> None:
    """Print on stderr what is downloaded for a user who named no release.

    Nothing is printed if the release is already built. The sentence does not go to `say`, because a
    progress bar would overwrite the sentence.
    """
    folder = find_cache() / folder_name(release)
    if not folder.exists():
        print(
            f"{sys.executable} has no TensorFlow: uv builds release {release.name} in {folder} now,"
            f" a download of about {NEWEST_MEGABYTES} MB (measured on Linux x86-64).",
            file=sys.stderr,
        )


def is_installed(spec: str) -> bool:
    """Return whether an environment is an existing interpreter, which is never built."""
    return is_path(spec) or spec.removesuffix(LEGACY) == OWN


def make_absolute(spec: str) -> str:
    """Return a name that means the same from any folder: an interpreter's path, in full."""
    name, marked, requirement = spec.partition(WITH)
    if not is_path(spec):
        return spec
    legacy = LEGACY if name.endswith(LEGACY) else ""
    path = os.path.abspath(os.path.expanduser(name.removesuffix(LEGACY)))
    return f"{path}{legacy}{marked}{requirement}"


def is_built(spec: str) -> bool:
    """Say whether `spec` names an environment that restorebench builds, and may build again."""
    return not is_path(spec) and spec.removesuffix(LEGACY) not in ("", OWN)


def check_name(spec: str) -> None:
    """Raise UsageError if `spec` names no environment; nothing is built or started."""
    if is_path(spec):
        find_path(spec)
    elif spec.removesuffix(LEGACY) not in ("", OWN):
        find_release(spec)


def open_environment(spec: str, say: Say = keep_quiet) -> Environment:
    """Return the environment of that name; build it if it is missing or damaged.

    Raises UsageError for an unknown name, and EnvironmentUnusable if the environment cannot be
    built or has no TensorFlow. `say` is called with each stage of a build.
    """
    unnamed = spec in ("", LEGACY)
    if unnamed:
        spec = choose_default() + spec
    if spec.removesuffix(LEGACY) == OWN:
        if not has_own_tensorflow():
            raise EnvironmentUnusable(
                f"TensorFlow is not installed for {sys.executable}",
                "",
                "pip install tensorflow, or name a release or another Python",
            )
        return Environment(sys.executable, spec.endswith(LEGACY))
    if is_path(spec):
        path, legacy = find_path(spec)
        check_has_tensorflow(path)
        return Environment(path, legacy)
    release = find_release(spec)
    if unnamed:
        announce_download(release)
    folder, _ = build(release, say)
    return Environment(str(python_of(folder)), release.legacy_keras)


def open_portable(spec: str) -> Environment:
    """Return an environment whose numbers do not depend on the processor, as open_environment."""
    return replace(open_environment(spec), portable_kernels=True)
