"""What a run of `bench` was asked for, and what is known of its environments."""

import hashlib
from pathlib import Path

import msgspec

from harness.environments.cache import read_built
from harness.environments.interpreter import find_identity, freeze
from harness.environments.resolve import is_built
from harness.errors import EnvironmentUnusable, UsageError
from harness.processes.variables import Environment
from harness.results.run import MachineFacts, RunEnvironment

PAIRS = 12  # most pairs, unless told otherwise


class BenchRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What the user asked for. `workloads` are names, or kinds where `model` is a file.

    `selftest`: every pair is measured, also where the answer is known, with more injected sides.
    `priority`: the timed calls go before other programs. `device`: "cpu" or "gpu". `seed` 0: the
    run's number.
    """

    releases: list[str]
    workloads: list[str] = []
    model: str | None = None
    code: str | None = None
    inputs: str | None = None
    trust: bool = False
    most_pairs: int = PAIRS
    seed: int = 0
    time_limit: float = 120.0
    selftest: bool = False
    priority: bool = False
    device: str = "cpu"

    def pairs(self) -> list[tuple[str, str]]:
        """Return the neighbours that are compared."""
        return list(zip(self.releases, self.releases[1:], strict=False))


class BenchSide(msgspec.Struct, frozen=True, kw_only=True):
    """One environment: as it was asked for, what it holds, and the hash of its packages."""

    label: str
    environment: RunEnvironment
    lock: str


class BenchComparison(msgspec.Struct, kw_only=True):
    """Two sides, the key of their raw files, and what each says of its kernels and threads.

    `skipped`: workloads that do not apply, with the reason. `device`: where both sides run.
    """

    a: BenchSide
    b: BenchSide
    workloads: list[str]
    skipped: dict[str, str] = {}
    kernels: dict[str, dict[str, str | int | None]] = {}
    device: str = "CPU:0"

    @property
    def key(self) -> str:
        """What the raw files of these environments are found by."""
        locks = f"{self.a.lock} {self.b.lock}"
        return locks if self.device == "CPU:0" else f"{locks} {self.device}"


class BenchRun(msgspec.Struct, kw_only=True):
    """A run as it is kept in `run.json`."""

    id: int
    created: str
    version: str
    request: BenchRequest
    machine: MachineFacts
    governor: str | None = None
    gpu: str | None = None
    comparisons: list[BenchComparison] = []
    finished: str | None = None


def hash_packages(environment: Environment, facts: RunEnvironment) -> str:
    """Return the hash of what an environment holds: every package with its version, and Python.

    An interpreter that uv cannot read is told by what it said of itself.
    """
    built = read_built(Path(environment.interpreter).parent.parent)
    try:
        packages = built.packages if built else freeze(environment.interpreter)
    except EnvironmentUnusable:
        packages = [f"{facts.tensorflow} {facts.keras} {facts.numpy} {facts.h5py}"]
    content = "\n".join([*sorted(packages), facts.python, facts.keras_home])
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def refuse_one_twice(names: tuple[str, str], environments: tuple[Environment, Environment]) -> None:
    """Raise UsageError where two different names lead to one environment.

    The same name twice is a comparison of an environment with itself, which is a good test.
    """
    a, b = environments
    one = find_identity(a.interpreter) == find_identity(b.interpreter)
    if names[0] != names[1] and one and a.legacy_keras == b.legacy_keras:
        raise UsageError(
            f"{names[0]} and {names[1]} are the same environment, so nothing would be compared",
            a.interpreter,
            "to compare an environment with itself, give the same name twice",
        )


def refuse_same_packages(a: BenchSide, b: BenchSide) -> None:
    """Raise UsageError where two releases with different names were built with the same packages.

    Interpreters that the user names may differ in what no list of packages shows.
    """
    if a.label != b.label and a.lock == b.lock and is_built(a.label) and is_built(b.label):
        raise UsageError(
            f"{a.label} and {b.label} hold the same packages, so nothing would be compared",
            a.environment.name,
            "to compare an environment with itself, give the same name twice",
        )
