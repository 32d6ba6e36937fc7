"""The pins of a release, as a requirements file that plain pip installs."""

import platform

from harness.environments.build import read_lock, resolve
from harness.environments.cache import find_cache, folder_name, read_built
from harness.environments.interpreter import check_has_tensorflow, find_path, freeze, is_path
from harness.environments.releases import Release, find_release, name_package
from harness.environments.uv import find_python


def write_requirements(spec: str, extra: tuple[str, ...] = ()) -> str:
    """Return the requirements file of a release, a variant of one, or an interpreter.

    The pins come from the environment's lock if there is one. Otherwise uv resolves the pins now
    and installs nothing.
    """
    if is_path(spec):
        path, legacy = find_path(spec)
        check_has_tensorflow(path)
        head = [f"Packages installed for {path}."]
        return join(head, "\n".join(freeze(path)), legacy)
    release = find_release(spec, extra)
    folder = find_cache() / folder_name(release)
    pins, source = read_lock(folder.with_name(f"{folder.name}.txt"), release), "as built here"
    built = read_built(folder)
    if not pins and built:  # nightly has no lock
        pins, source = "\n".join(built.packages), f"as built here on {built.built[:10]}"
    if not pins:
        pins, source = resolve(release, find_python(release.python)), "resolved now"
    return join(write_head(release, source), pins, release.legacy_keras)


def write_head(release: Release, source: str) -> list[str]:
    """Return the comment lines at the top of the file."""
    day = f"no package newer than {release.newest}" if release.newest else "the newest packages"
    free = [*release.dateless, *map(name_package, release.extra)]
    if release.newest and free:
        day += f", but for {', '.join(free)}"
    folder = release.name.split()[0]
    return [
        f"TensorFlow {release.name}, {source}: {day}.",
        f"For Python {release.python} on {platform.system()} {platform.machine()}:",
        f"  python{release.python} -m venv tensorflow-{folder}",
        f"  tensorflow-{folder}/bin/python -m pip install -r THIS-FILE",
    ]


def join(head: list[str], pins: str, legacy_keras: bool) -> str:
    """Return comments and pins; other lines are left out, as they name the package index."""
    if legacy_keras:
        head = [*head, "tf.keras is tf_keras with TF_USE_LEGACY_KERAS=1 in the environment."]
    kept = [line for line in pins.splitlines() if line and line[0] not in "-#"]
    return "\n".join([*(f"# {line}" for line in head), *kept])
