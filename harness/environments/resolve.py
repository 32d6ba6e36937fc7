"""From what somebody types to an environment that can be started.

A release (`2.15`, `2.15.1`, `2.16+legacy`, `2.16+gpu`, `2.16 with keras==3.15.1`, `nightly`), the
path of an interpreter (`~/tf/bin/python`, also with `+legacy`), or nothing, which is the
interpreter that runs the harness.
"""

import sys

from harness.environments.build import Say, build, keep_quiet
from harness.environments.cache import python_of
from harness.environments.interpreter import LEGACY, check_has_tensorflow, find_path, is_path
from harness.environments.releases import find_release
from harness.processes.variables import Environment

BUILDERS = 2  # environments built at once: more only wait for the disk


def is_ours(spec: str) -> bool:
    """Return whether the interpreter that runs the harness is meant."""
    return spec.removesuffix(LEGACY) in ("", "this")


def check_name(spec: str) -> None:
    """Raise UsageError for what names no environment; nothing is built or started."""
    if is_path(spec):
        find_path(spec)
    elif not is_ours(spec):
        find_release(spec)


def open_environment(spec: str, say: Say = keep_quiet) -> Environment:
    """Return the environment of that name, building it where it is not there or is damaged.

    Raises UsageError for a name that is none, EnvironmentUnusable where it cannot be built or has
    no TensorFlow. `say` is told what happens while it is built.
    """
    if is_ours(spec):
        return Environment(sys.executable, spec.endswith(LEGACY))
    if is_path(spec):
        path, legacy = find_path(spec)
        check_has_tensorflow(path)
        return Environment(path, legacy)
    release = find_release(spec)
    folder, _ = build(release, say)
    return Environment(str(python_of(folder)), release.legacy_keras)
