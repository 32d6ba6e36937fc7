"""Fuzz one reader in this process: `run.py READER RUNS SEED FOLDER ENGINE`.

ENGINE "atheris" is guided by coverage (libFuzzer); "plain" mutates the seeds blindly.
"""

import random
import resource
import signal
import sys
from pathlib import Path

ENGINE = sys.argv[5]
if ENGINE == "atheris":
    import atheris

    with atheris.instrument_imports(include=["harness.formats", "harness.diagnose"]):
        import harness.diagnose.__main__
        import harness.diagnose.diagnosis
        import harness.formats.recognize  # noqa: F401
from tests.formats.fuzz.mutate import LONGEST, mutate  # noqa: E402
from tests.formats.fuzz.oracle import judge, load, save  # noqa: E402
from tests.formats.fuzz.readers import READERS  # noqa: E402

MEMORY = 1 << 30  # bytes of data; the reading process itself has 224 MiB
SAVED_EVERY = 100
MOST_SECONDS = 4  # CPU of one input; HDF5's library may loop for ever


def main() -> None:
    """Fuzz, and leave the tally in the folder: also where HDF5's library ends the process."""
    name, runs, seed, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    work, tallied = folder / "work", folder / "tally.json"
    work.mkdir(parents=True, exist_ok=True)
    seeds = READERS[name].seeds(work)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    tally = load(tallied)

    def one(data: bytes) -> None:
        (folder / "current").write_bytes(data)
        signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)  # ends the process, as its limit does
        judge(name, work, data, tally)
        signal.setitimer(signal.ITIMER_PROF, 0)
        if READERS[name].in_c or not tally.inputs % SAVED_EVERY or tally.inputs >= runs:
            save(tally, tallied)

    if ENGINE == "atheris":
        corpus = folder / "corpus"
        corpus.mkdir(exist_ok=True)
        for number, data in enumerate(seeds):
            (corpus / f"seed-{number}").write_bytes(data[:LONGEST])
        words = [f"-runs={max(0, runs - tally.inputs)}", f"-seed={seed}", f"-max_len={LONGEST}"]
        words += ["-timeout=20", "-rss_limit_mb=0", "-verbosity=0", str(corpus)]
        atheris.Setup([sys.argv[0], *words], one)
        atheris.Fuzz()
    else:
        chance = random.Random(seed + tally.inputs)
        while tally.inputs < runs:
            one(mutate(chance, seeds))
    save(tally, tallied)


main()
