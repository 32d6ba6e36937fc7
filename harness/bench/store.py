"""Where runs of `bench` are kept: a folder each, in `bench/` of the reports' folder.

bench/3/run.json     what was asked for, the environments, the machine
bench/3/raw/*.pair   the raw blocks (raw.py)
bench/3.lock         held by whoever measures
bench/NAME.bench     a run that was saved under a name, in one file
"""

import subprocess
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness import __version__
from harness.bench.raw import MeasuredPair, RawFolder, write_bytes_whole
from harness.bench.request import BenchRequest, BenchRun, BenchSide
from harness.errors import CannotWrite, UsageError
from harness.execution.machine_facts import describe_machine
from harness.files import to_json, write_whole
from harness.locks import try_lock
from harness.program import command_line, is_number
from harness.results.store import now

if TYPE_CHECKING:
    from filelock import FileLock

SAVED = ".bench"
ENDING = 3  # last parts of an interpreter's path: NAME/bin/python
GPU_FACTS = "name,driver_version,clocks.sm,clocks.mem,clocks.max.sm"
GOVERNOR = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")


class SavedRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run in one file: `run` and the raw blocks of every comparison, from which all follows."""

    schema: int = 1
    run: BenchRun
    measured: list[dict[str, list[MeasuredPair]]]


class BenchStore:
    """The runs in one folder of reports."""

    def __init__(self, reports: Path) -> None:
        self.folder = reports / "bench"

    def start(self, request: BenchRequest) -> BenchRun:
        """Begin a run: take the next number, and write down what was asked for."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            number = max(self.numbers(), default=0) + 1
            while True:  # another process may take the same number
                try:
                    (self.folder / str(number)).mkdir()
                    break
                except FileExistsError:
                    number += 1
            (self.folder / str(number) / "raw").mkdir()
        except OSError as error:
            raise CannotWrite(
                f"cannot write {self.folder}", error.strerror or str(error), "make room"
            ) from error
        run = BenchRun(
            id=number,
            created=now(),
            version=__version__,
            request=msgspec.structs.replace(request, seed=request.seed or number),
            machine=describe_machine(),
            governor=read_governor(),
            gpu=describe_gpu() if request.device == "gpu" else None,
        )
        self.record(run)
        return run

    def numbers(self) -> list[int]:
        """Return the numbers of all runs, oldest first."""
        if not self.folder.is_dir():
            return []
        return sorted(int(each.name) for each in self.folder.iterdir() if each.name.isdecimal())

    def lock(self, run: BenchRun) -> "FileLock":
        """Take a run's lock; raises UsageError where another process measures it."""
        lock = try_lock(self.folder / f"{run.id}.lock")
        if lock is None:
            raise UsageError(f"run {run.id} is being measured by another process", "", "wait")
        return lock

    def record(self, run: BenchRun) -> None:
        """Write `run.json`."""
        write_whole(self.folder / str(run.id) / "run.json", to_json(run) + "\n")

    def raw(self, run: BenchRun) -> RawFolder:
        """Return the raw files of a run."""
        return RawFolder(self.folder / str(run.id) / "raw")

    def load(self, number: int) -> BenchRun:
        """Return a run; raises UsageError where there is none, or none that can be read."""
        try:
            content = (self.folder / str(number) / "run.json").read_bytes()
            return msgspec.json.decode(content, type=BenchRun)
        except (OSError, ValueError) as error:
            known = ", ".join(map(str, self.numbers())) or "none"
            raise UsageError(
                f"there is no run {number} of bench in {self.folder}",
                f"runs: {known}",
                command_line("bench 2.20 2.21"),
            ) from error

    def find_unfinished(self, request: BenchRequest) -> BenchRun | None:
        """Return the newest run of the same request that did not come to its end.

        A request without a seed is also that of a run which drew one.
        """
        for number in reversed(self.numbers()):
            try:
                run = self.load(number)
            except UsageError:  # killed before its `run.json` was written
                continue
            asked = msgspec.structs.replace(request, seed=request.seed or run.request.seed)
            if asked == run.request and run.finished is None:
                return run
        return None

    def load_measured(self, run: BenchRun) -> list[dict[str, list[MeasuredPair]]]:
        """Return the raw data of each comparison by workload, pair after pair."""
        raw = self.raw(run)
        return [
            {
                name: list(read_pairs(raw, comparison.key, name, run.request))
                for name in comparison.workloads
                if name not in comparison.skipped
            }
            for comparison in run.comparisons
        ]

    def open(self, word: str) -> SavedRun:
        """Return a run by its number, by the name it was saved under, or by its file.

        Raises UsageError.
        """
        if is_number(word):
            run = self.load(int(word))
            return SavedRun(run=run, measured=self.load_measured(run))
        file = Path(word) if word.endswith(SAVED) else self.folder / f"{word}{SAVED}"
        try:
            saved = msgspec.msgpack.decode(zlib.decompress(file.read_bytes()), type=SavedRun)
        except (OSError, ValueError, zlib.error) as error:
            names = sorted(each.stem for each in self.folder.glob(f"*{SAVED}"))
            raise UsageError(
                f"{word} is no run of bench",
                f"runs: {', '.join([*map(str, self.numbers()), *names]) or 'none'}",
                command_line("bench 2.20 2.21"),
            ) from error
        return saved

    def save(self, word: str, name: str) -> Path:
        """Keep a run under a name, in one file without paths of this machine; return the file.

        Raises UsageError for a name that is a number: `open` takes it for a run's.
        """
        if name.isdecimal():
            raise UsageError(
                f"a run cannot be saved as {name}", "that is the number of a run", "give it a name"
            )
        saved = leave_out_paths(self.open(word))
        file = Path(name) if name.endswith(SAVED) else self.folder / f"{name}{SAVED}"
        try:
            write_bytes_whole(file, zlib.compress(msgspec.msgpack.encode(saved), 9))
        except OSError as error:
            raise UsageError(f"cannot write {file}", error.strerror or str(error)) from error
        return file


def leave_out_paths(saved: SavedRun) -> SavedRun:
    """Return a run without the places of this machine, as it is kept under a name.

    The user's files keep their names, and interpreters the end of their paths.
    """
    run, request = saved.run, saved.run.request
    files = {
        each: Path(each).name for each in (request.model, request.inputs, request.code) if each
    }
    shorter = files | {each: shorten_label(each) for each in request.releases}

    def shorten(text: str) -> str:
        for path in sorted(shorter, key=len, reverse=True):  # one may begin with another
            text = text.replace(path, shorter[path])
        return text

    def shorten_side(side: BenchSide) -> BenchSide:
        release = shorten_label(side.environment.release)
        found = msgspec.structs.replace(side.environment, executable="", release=release)
        return msgspec.structs.replace(side, label=shorten_label(side.label), environment=found)

    compared = [
        msgspec.structs.replace(
            each,
            a=shorten_side(each.a),
            b=shorten_side(each.b),
            skipped={name: shorten(reason) for name, reason in each.skipped.items()},
        )
        for each in run.comparisons
    ]
    asked = msgspec.structs.replace(
        request,
        model=request.model and files[request.model],
        inputs=request.inputs and files[request.inputs],
        code=request.code and files[request.code],
        releases=list(map(shorten_label, request.releases)),
    )
    measured = [
        {
            name: [msgspec.structs.replace(each, failed=shorten(each.failed)) for each in pairs]
            for name, pairs in one.items()
        }
        for one in saved.measured
    ]
    run = msgspec.structs.replace(run, comparisons=compared, request=asked)
    return msgspec.structs.replace(saved, run=run, measured=measured)


def shorten_label(label: str) -> str:
    """Return what a release was called; of an interpreter's path what names its environment."""
    path = Path(label)
    return str(Path(*path.parts[1:][-ENDING:])) if path.is_absolute() else label


def read_pairs(
    raw: RawFolder, key: str, workload: str, request: BenchRequest
) -> list[MeasuredPair]:
    """Return the pairs of one workload that were measured, up to the first that is missing."""
    found: list[MeasuredPair] = []
    for pair in range(request.most_pairs):
        measured = raw.load(key, workload, pair, request.seed)
        if measured is None:
            break
        found.append(measured)
        if measured.failed:
            break
    return found


def describe_gpu() -> str | None:
    """Return name, driver and clocks of the first GPU as its driver tells them, or None."""
    command = ["nvidia-smi", f"--query-gpu={GPU_FACTS}", "--format=csv,noheader", "--id=0"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return None
    return said.stdout.strip()


def read_governor() -> str | None:
    """Return how the kernel chooses the clock of the first core, where it says so."""
    try:
        return GOVERNOR.read_text().strip()
    except OSError:
        return None
