"""Install TensorFlow from a folder of wheels, without a network."""

import importlib
import subprocess
from pathlib import Path

from harness.environments.releases import NEWEST
from harness.environments.uv import clean_variables, find_uv, last_lines
from harness.errors import EnvironmentUnusable, UsageError, count

WHEELS = "wheels"  # the name in tips
RECIPE = f"pip wheel --wheel-dir {WHEELS} '.[tensorflow]', on a machine with a network"
REQUIREMENT = f"tensorflow=={NEWEST}.*"


def install_offline(folder: Path, python: str) -> None:
    """Install TensorFlow for an interpreter from the wheels in a folder; nothing is downloaded.

    Raises UsageError if the folder holds no wheels, EnvironmentUnusable if uv cannot install them.
    """
    wheels = list(folder.glob("*.whl"))
    if not wheels:
        raise UsageError(f"{folder} holds no wheels", "", RECIPE)
    words = [find_uv(), "--quiet", "--offline", "--no-config", "pip", "install"]
    options = ["--python", python, "--no-index", "--find-links", str(folder)]
    done = subprocess.run(
        [*words, *options, REQUIREMENT],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        env=clean_variables(),
    )
    if done.returncode:
        raise EnvironmentUnusable(
            f"{REQUIREMENT} cannot be installed from {count(len(wheels), 'wheel')} in {folder}",
            last_lines(done.stderr),
            f"make the folder with this system and this Python: {RECIPE}",
        )
    importlib.invalidate_caches()
