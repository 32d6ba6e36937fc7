"""How much memory may still be used here: what the machine has, and what a container is given."""

from contextlib import suppress
from pathlib import Path

import psutil

CGROUP, HERE = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
# Limit, use, and what the kernel gives back when asked (a line of memory.stat): versions 2 and 1.
FILES = (
    ("memory.max", "memory.current", "inactive_file"),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


def measure_free_memory() -> int:
    """Return the bytes that may be used without swapping or being killed."""
    return min([psutil.virtual_memory().available, *measure_groups()])


def measure_groups(root: Path = CGROUP, here: Path = HERE) -> list[int]:
    """Return what is left to every control group that this process is in and that has a limit."""
    left = []
    with suppress(OSError, ValueError):  # no Linux
        for line in here.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers and "memory" not in controllers.split(","):
                continue
            files = FILES[1] if controllers else FILES[0]
            mount = root / "memory" if controllers else root
            group = mount / path.lstrip("/")
            for folder in (group, *group.parents):
                if folder.is_relative_to(mount):
                    left += measure_group(folder, *files)
    return left


def measure_group(folder: Path, limit: str, used: str, reclaimed: str) -> list[int]:
    """Return what is left to one control group; nothing where it has no limit."""
    with suppress(OSError, ValueError):  # "max" is no number
        free = int((folder / limit).read_text()) - int((folder / used).read_text())
        with suppress(OSError, ValueError):
            lines = (folder / "memory.stat").read_text().splitlines()
            free += sum(int(each.split()[1]) for each in lines if each.split()[0] == reclaimed)
        return [max(0, free)]
    return []
