"""Print the facts that the model at a path records, as JSON, within limits of time and memory."""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from harness.formats.facts import Unreadable, plain
from harness.formats.reading import CPU_SECONDS, MEMORY_BYTES, UNREADABLE_EXIT
from harness.formats.recognize import read_facts


def limit_process(seconds: int = 0) -> None:
    """Set limits, so that the kernel ends this process if a hostile file makes it grow or loop.

    `seconds`: of CPU time, 0 for the usual ones.

    The hard limit is a little higher than the soft limit: the soft limit's signal shows that time
    was the reason.
    """
    try:
        import resource
    except ImportError:  # Windows: the harness's own clock is left
        return
    for kind, most in (
        ("RLIMIT_CPU", seconds or CPU_SECONDS),
        ("RLIMIT_DATA", MEMORY_BYTES),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_FSIZE", 0),
    ):
        resource.setrlimit(getattr(resource, kind), (most, most + 1 if most else 0))


def main() -> int:
    """Read the path in the arguments; return the exit code."""
    limit_process()
    try:
        answer, code = json.dumps(asdict(read_facts(Path(sys.argv[1])))), 0
    except Unreadable as error:
        answer, code = f"{error}\n{error.tip}", UNREADABLE_EXIT
    except MemoryError:
        answer, code = f"reading it takes more than {MEMORY_BYTES >> 20} MiB", UNREADABLE_EXIT
    except RecursionError:
        answer, code = "it is nested too deeply", UNREADABLE_EXIT
    except OSError as error:
        answer, code = plain(error), UNREADABLE_EXIT
    print(answer, flush=True)
    return code


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    os._exit(main())  # HDF5 closes a damaged file at exit, and may fall over it
