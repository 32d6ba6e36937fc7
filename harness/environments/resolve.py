"""TEMPORARY."""

import sys

from harness.workers.environment import Environment


def open_environment(spec: str) -> Environment:
    from harness.environments.build import build, python_of
    from harness.environments.releases import find_release

    legacy = spec.endswith("+legacy")
    bare = spec.removesuffix("+legacy")
    if bare in ("", "this"):
        return Environment(sys.executable, legacy)
    if "/" in bare:
        return Environment(bare, legacy)
    folder, _ = build(find_release(spec))
    return Environment(str(python_of(folder)), legacy)


def check_name(spec: str) -> None:
    from harness.environments.releases import find_release

    if "/" not in spec and spec not in ("", "this"):
        find_release(spec)
