"""Fuzz every reader, each in a process of its own, and print a table.

    python -m tests.formats.fuzz RUNS [ENGINE] [SEED] [FOLDER]

ENGINE is atheris (guided by coverage) where it is installed, else plain. A reader of HDF5 may end
its process: so it does in `diagnose`, whose reading process then counts as a damaged file. It is
started again, and counted under "ended by HDF5".
"""

import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from tests.formats.fuzz.oracle import Tally, load, save
from tests.formats.fuzz.readers import READERS

ROOT = Path(__file__).resolve().parents[3]
MOST_STARTS = 200
SECONDS = 3600  # of one reader


def fuzz(name: str, runs: int, engine: str, seed: int, folder: Path) -> Tally:
    """Return what became of so many inputs of one reader."""
    folder.mkdir(parents=True, exist_ok=True)
    script = Path(__file__).with_name("run.py")
    for start in range(MOST_STARTS):
        if (tally := load(folder / "tally.json")).inputs >= runs:
            break
        command = [
            sys.executable,
            str(script),
            name,
            str(runs),
            str(seed + start),
            str(folder),
            engine,
        ]
        with (folder / "log").open("ab") as log:
            done = subprocess.run(
                command,
                cwd=folder,
                env={"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", "PATH": "/usr/bin:/bin"},
                stdout=log,
                stderr=log,
                timeout=SECONDS,
                check=False,
            )
        tally = load(folder / "tally.json")
        if tally.inputs >= runs:
            break
        current = folder / "current"
        if not current.exists():
            raise SystemExit(f"{name} cannot be fuzzed: see {folder / 'log'}")
        tally.inputs += 1
        tally.died += 1
        if not READERS[name].in_c:
            tally.faults[f"died-{start}"] = f"the process ended with {done.returncode}"
        current.replace(folder / f"died-{start}")
        save(tally, folder / "tally.json")
    return tally


def main() -> int:
    """Fuzz all, print the table, and return 1 where a fault was found."""
    runs = int(sys.argv[1])
    usual = "atheris" if find_spec("atheris") else "plain"
    engine = sys.argv[2] if sys.argv[2:] else usual
    seed = int(sys.argv[3]) if sys.argv[3:] else 1
    folder = Path(sys.argv[4] if sys.argv[4:] else tempfile.mkdtemp())
    print("| reader | inputs | answers | refused | ended by HDF5 | slowest, s CPU | faults |")
    print("|---|---|---|---|---|---|---|")
    total, faults = 0, 0
    for number, name in enumerate(READERS):
        each = fuzz(name, runs, engine, seed, folder / f"reader-{number}")
        numbers = (each.inputs, each.answers, each.refused, each.died, f"{each.slowest:.2f}")
        print(f"| {name} | {' | '.join(map(str, numbers))} | {len(each.faults)} |", flush=True)
        for place, said in each.faults.items():
            print(f"{place}: {said}", file=sys.stderr, flush=True)
        total, faults = total + each.inputs, faults + len(each.faults)
    print(f"\n{total} inputs, {faults} kinds of faults; engine {engine}, seed {seed}.")
    return 1 if faults else 0


sys.exit(main())
