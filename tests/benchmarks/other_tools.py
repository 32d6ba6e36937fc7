"""A release against itself, and with 3 % injected, as four tools' own command lines tell it.

In each round every tool measures the same three sides one after the other, as their documentation
shows: a plain one, the same once more, and one that is slowed down by a busy loop. Then the tool
compares the second and the third side with the first, at its defaults. `bench` measures the same
model, with its own controls. google-benchmark is left out: its compare.py reads what a C++ program
has measured.

    python tests/benchmarks/other_tools.py [--rounds 4] [--release 2.21] [--tools bench,pyperf]

Needs an interpreter with TensorFlow, pyperf, pytest-benchmark and asv: `harness env add RELEASE
--with ...` builds it. All timed processes may use every core, but for those of `bench`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

HARNESS = [sys.executable, "-m", "harness"]
PACKAGES = ("pyperf", "pytest-benchmark", "asv", "virtualenv")
SIDES = ("plain", "same", "injected")
INJECTED = 0.03

SUBJECT = """
import os
import time

import numpy as np
import tensorflow as tf

model = tf.keras.Sequential(
    [tf.keras.Input((8,)), tf.keras.layers.Dense(16, "relu"), tf.keras.layers.Dense(1, "sigmoid")]
)
batch = tf.constant(np.random.default_rng(0).normal(size=(32, 8)).astype("float32"))
compiled = tf.function(model)
injected = int(os.environ["INJECTED_NS"])


def call():
    compiled(batch).numpy()
    if injected:
        end = time.perf_counter_ns() + injected
        while time.perf_counter_ns() < end:
            pass


for _ in range(200):
    call()
"""
PYTEST = """
from subject import call


def test_call(benchmark):
    benchmark(call)
"""
ASV = """
import sys

sys.path.insert(0, {folder!r})
from subject import call


def time_call():
    call()
"""
P10 = """
import time

from subject import call

times = []
for _ in range(3000):
    begun = time.perf_counter_ns()
    call()
    times.append(time.perf_counter_ns() - begun)
print(sorted(times)[300])
"""


class Laboratory:
    """A folder with the model, an interpreter, and the nanoseconds to inject."""

    def __init__(self, folder: Path, python: str) -> None:
        self.folder, self.python, self.injected_ns = folder, python, 0
        (folder / "subject.py").write_text(SUBJECT)
        (folder / "test_subject.py").write_text(PYTEST)
        benchmarks = folder / "benchmarks"
        benchmarks.mkdir()
        (benchmarks / "__init__.py").write_text("")
        (benchmarks / "subject_benchmark.py").write_text(ASV.format(folder=str(folder)))
        settings = {
            "version": 1,
            "project": "subject",
            "repo": ".",
            "branches": ["HEAD"],
            "environment_type": "existing",
            "benchmark_dir": "benchmarks",
        }
        (folder / "asv.conf.json").write_text(json.dumps(settings))
        self.injected_ns = round(INJECTED * int(self.run("-c", P10).split()[0]))

    def run(self, *words: str, side: str = "plain", fails: bool = False) -> str:
        """Return what a command of the interpreter prints."""
        inject = self.injected_ns if side == "injected" else 0
        ended = subprocess.run(
            [self.python, *words],
            cwd=self.folder,
            env={
                **os.environ,
                "INJECTED_NS": str(inject),
                "TF_CPP_MIN_LOG_LEVEL": "3",
                "CUDA_VISIBLE_DEVICES": "-1",
                "PYTHONPATH": str(self.folder),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode and not fails:
            raise SystemExit(f"{' '.join(words)}\n{ended.stdout}\n{ended.stderr}")
        return ended.stdout + ended.stderr

    def commit(self) -> str:
        """Return the hash of a new commit of this folder: asv compares commits."""
        git = ["git", "-c", "user.name=subject", "-c", "user.email=subject@localhost"]
        if not (self.folder / ".git").exists():
            subprocess.run([*git, "init", "-q"], cwd=self.folder, check=True)
        words = ["commit", "-q", "--allow-empty", "-m", "side"]
        subprocess.run([*git, *words], cwd=self.folder, check=True)
        told = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=self.folder, check=True, capture_output=True
        )
        return told.stdout.decode().strip()


def ask_pyperf(laboratory: Laboratory) -> dict[str, dict[str, bool]]:
    """`pyperf timeit` for each side, then `pyperf compare_to`."""
    folder = Path(tempfile.mkdtemp(dir=laboratory.folder))
    inherit = "--inherit-environ=INJECTED_NS,PYTHONPATH,TF_CPP_MIN_LOG_LEVEL,CUDA_VISIBLE_DEVICES"
    for side in SIDES:
        words = ["timeit", inherit, "-o", str(folder / f"{side}.json")]
        laboratory.run(
            "-m", "pyperf", *words, "-s", "from subject import call", "call()", side=side
        )
    told = {}
    for side in SIDES[1:]:
        files = (str(folder / f"{each}.json") for each in (SIDES[0], side))
        told[side] = "slower" in laboratory.run("-m", "pyperf", "compare_to", *files)
    return {"pyperf compare_to": told}


def ask_pytest(laboratory: Laboratory) -> dict[str, dict[str, bool]]:
    """`pytest --benchmark-save` for the first side, then `--benchmark-compare-fail` for the others.

    pytest-benchmark has no default threshold; its documentation has 5 % of the minimum or mean.
    """
    name = f"plain{time.time_ns()}"
    test = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "test_subject.py"]
    laboratory.run(*test, f"--benchmark-save={name}")
    saved = next(laboratory.folder.glob(f".benchmarks/*/*_{name}.json"))
    number = saved.name.partition("_")[0]
    fail = [f"--benchmark-compare-fail={each}:5%" for each in ("min", "mean")]
    told: dict[str, dict[str, bool]] = {
        "pytest-benchmark min:5%": {},
        "pytest-benchmark mean:5%": {},
    }
    for side in SIDES[1:]:
        said = laboratory.run(*test, f"--benchmark-compare={number}", *fail, side=side, fails=True)
        assert "passed" in said or "PerformanceRegression" in said, said
        for each in ("min", "mean"):
            told[f"pytest-benchmark {each}:5%"][side] = f"Field '{each}' has failed" in said
    return told


def ask_asv(laboratory: Laboratory) -> dict[str, dict[str, bool]]:
    """`asv run` for each side, as if each were a commit, then `asv compare`."""
    hashes = {}
    laboratory.run("-m", "asv", "machine", "--yes")
    for side in SIDES:
        hashes[side] = laboratory.commit()
        # By default asv forks a process that has imported TensorFlow, which then hangs.
        words = ["run", f"--environment=existing:{laboratory.python}", "--launch-method=spawn"]
        laboratory.run("-m", "asv", *words, f"--set-commit-hash={hashes[side]}", side=side)
    told = {}
    for side in SIDES[1:]:
        words = ["compare", "--only-changed", hashes[SIDES[0]], hashes[side]]
        told[side] = "| + " in laboratory.run("-m", "asv", *words)
    return {"asv compare": told}


def ask_bench(release: str, reports: Path) -> dict[str, dict[str, bool]]:
    """`bench A A`: what it says of A against A, and of its own injected control."""
    words = ["bench", release, release, "-w", "dense/function", f"--reports={reports}"]
    told = reports / f"{time.time_ns()}.json"
    reports.mkdir(exist_ok=True)
    subprocess.run([*HARNESS, *words, f"--json={told}"], check=False, capture_output=True)
    found = json.loads(told.read_text())["comparisons"][0]
    injected = (found["controls"] or {}).get("injected") == "slower"
    return {"bench": {"same": found["answer"] == "slower", "injected": injected}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--release", default="2.21")
    parser.add_argument("--tools", default="bench,asv,pytest-benchmark,pyperf")
    parser.add_argument("--python", required=True, help="has TensorFlow and the tools")
    options = parser.parse_args()
    alarms: Counter[str] = Counter()
    found: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    rounds: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as temporary:
        laboratory = Laboratory(Path(temporary), options.python)
        asks = {
            "bench": lambda: ask_bench(options.release, Path(temporary, "reports")),
            "asv": lambda: ask_asv(laboratory),
            "pytest-benchmark": lambda: ask_pytest(laboratory),
            "pyperf": lambda: ask_pyperf(laboratory),
        }
        for number in range(options.rounds):
            for tool in options.tools.split(","):
                begun = time.monotonic()
                for rule, told in asks[tool]().items():
                    alarms[rule] += told["same"]
                    found[rule] += told["injected"]
                    rounds[rule] += 1
                    seconds[rule] += round(time.monotonic() - begun)
                    print(
                        f"round {number + 1}, load {os.getloadavg()[0]:.1f}, {rule}:"
                        f" false alarms {alarms[rule]}, 3 % found {found[rule]},"
                        f" of {rounds[rule]}; {seconds[rule] / rounds[rule]:.0f} s a round",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
