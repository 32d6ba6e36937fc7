"""How long a learner waits from saving a script until `learn` has said how it stands.

Starts `learn` on a new course and saves one script after the other, in the way of most editors: a
temporary file takes the script's place. Wall milliseconds, from that moment to the line with the
answer, and to "checking ...". A learner reads before saving again, so there is a pause.

    python tests/benchmarks/learn_wait.py [--saves 40] [--pause 2.0]
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

LEARN = [sys.executable, "-m", "harness", "learn"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--saves", type=int, default=40)
    parser.add_argument("--pause", type=float, default=2.0, help="seconds between saves")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        course = Path(temporary, "course")
        subprocess.run([*LEARN, "init", str(course)], check=True, stdout=subprocess.DEVNULL)
        with subprocess.Popen(
            [*LEARN, "--dir", str(course)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            wait_for(process.stdout, "TensorFlow is ready")
            print(f"load when it began: {os.getloadavg()[0]:.1f}")
            scripts = sorted(course.glob("*/restore.py"))
            announced, answered = [], []
            for number in range(options.saves):
                time.sleep(options.pause)
                saved = save(scripts[number % len(scripts)], number)
                wait_for(process.stdout, "checking ")
                announced.append(time.perf_counter() - saved)
                wait_for(process.stdout, ": still failing", ": fails differently")
                answered.append(time.perf_counter() - saved)
            process.terminate()
    for what, seconds in (("to 'checking'", announced), ("to the answer", answered)):
        late = quantiles(seconds, n=20)[-1]
        print(
            f"{what}: median {median(seconds) * 1e3:.0f} ms, 95th percentile {late * 1e3:.0f} ms,"
            f" {len(seconds)} saves"
        )
    print(f"load at the end: {os.getloadavg()[0]:.1f}")


def save(script: Path, number: int) -> float:
    """Change a script, so that it fails as before; return when it was saved."""
    part = script.with_name(".restore.py.part")
    part.write_text(f"{script.read_text()}# save {number}\n")
    os.replace(part, script)
    return time.perf_counter()


def wait_for(lines, *words: str) -> None:
    """Read lines until one holds one of the words."""
    for line in lines:
        if any(each in line for each in words):
            return
    raise SystemExit("ERROR  learn has ended")


if __name__ == "__main__":
    main()
