"""How long `run --all` takes, in units of a bare `import tensorflow` on the same machine now.

Every round times, one after the other: the import, the whole run, the run without timing. The
slowest design, one process per step, is timed once at the end. Wall seconds; medians of rounds.

    python tests/benchmarks/run_all_over_import.py [--rounds 3] [--skip-spawn]
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from tabulate import tabulate

HARNESS = [sys.executable, "-m", "harness", "run", "--all"]
IMPORT = [sys.executable, "-c", "import tensorflow"]


def time_command(command: list[str]) -> float:
    """Return the wall seconds of a command that must succeed; its output is thrown away."""
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--skip-spawn", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        reports = ["--reports", str(Path(folder))]
        designs = {
            "import tensorflow": IMPORT,
            "run --all": [*HARNESS, *reports],
            "run --all --no-timing": [*HARNESS, *reports, "--no-timing"],
        }
        time_command(IMPORT)  # byte code and disk cache
        taken: dict[str, list[float]] = {name: [] for name in designs}
        for number in range(options.rounds):
            for name, command in designs.items():
                print(f"round {number + 1} of {options.rounds}: {name}", file=sys.stderr)
                taken[name].append(time_command(command))
        if not options.skip_spawn:
            print("one process per step, once (minutes)", file=sys.stderr)
            taken["run --all --spawn"] = [time_command([*HARNESS, *reports, "--spawn"])]
    unit = median(taken["import tensorflow"])
    rows = [
        [name, len(seconds), f"{median(seconds):.1f}", f"{median(seconds) / unit:.2f}"]
        for name, seconds in taken.items()
    ]
    print(tabulate(rows, ["what", "rounds", "wall s", "in imports"], disable_numparse=True))


if __name__ == "__main__":
    main()
