"""The cage of a strange model, on real processes without TensorFlow: what is refused and works."""

import json
import os
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.environments.resolve import open_environment
from harness.processes.cage import find_obstacle
from harness.processes.variables import WORKER_FOLDER
from harness.worker.cage import leave_out
from harness.worker.syscalls import (
    ABSENT,
    ALLOWED,
    ARCHITECTURES,
    list_conditions,
    make_filter,
    read_table,
)
from tests.processes.escapes import ENDING, KINDS

OBSTACLE = find_obstacle()
pytestmark = pytest.mark.skipif(bool(OBSTACLE), reason=f"no cage here: {OBSTACLE}")
ESCAPES = Path(__file__).with_name("escapes.py")
NEWEST_ABI, OLDEST_ABI = 99, 1
# What every user may do on every Linux, so that it succeeds without a cage.
EASY = (
    *("create_a_file_outside", "append_to_a_file_outside", "write_through_a_link_to_a_file"),
    *("write_through_a_link_to_a_folder", "write_by_climbing_out_of_the_folder"),
    *("write_through_proc_self_root", "reopen_a_descriptor_for_writing", "delete_a_file_outside"),
    *("delete_a_tree_outside", "move_a_file_in", "link_a_file_out", "make_a_symbolic_link_inside"),
    *("truncate_a_file_outside", "truncate_a_readable_file_by_opening_it", "make_a_fifo_inside"),
    *("change_the_mode_of_a_file", "change_the_times_of_a_file", "change_the_mode_by_a_descriptor"),
    *("read_a_private_key", "read_through_a_link", "list_the_root", "read_the_passwords"),
    *("read_the_variables_of_the_parent", "run_a_command_by_os_system", "fork_a_process"),
    *("run_a_command_by_subprocess", "run_a_command_by_posix_spawn", "fork_by_clone"),
    *("start_a_process_by_multiprocessing", "signal_the_parent", "own_a_pipe_for_the_parent"),
    *("change_the_cores_of_the_parent", "open_an_internet_socket", "open_a_unix_socket"),
    *("listen_on_an_abstract_socket", "open_a_pair_of_sockets", "connect_to_a_port"),
    *("write_a_large_file", "take_much_memory"),
)


@dataclass(frozen=True)
class Tried:
    """What came of all kinds in one process, and whether the files outside are as they were."""

    outcomes: dict[str, str]
    before: dict[str, object]
    after: dict[str, object]


def make_place(root: Path) -> None:
    """Make the folders of a Place (escapes.py)."""
    for folder in ("step", "outside/empty", "outside/tree/inner", "home/.ssh"):
        (root / folder).mkdir(parents=True)
    for file in ("victim.txt", "readable.txt", "to-delete.txt", "to-move.txt", "tree/inner/leaf"):
        (root / "outside" / file).write_text("untouched")
    (root / "home/.ssh/id_ed25519").write_text("secret")
    (root / "step/own.txt").write_text("own")
    (root / "step/link-to-victim").symlink_to(root / "outside/victim.txt")
    (root / "step/link-to-outside").symlink_to(root / "outside")
    (root / "step/link-to-key").symlink_to(root / "home/.ssh/id_ed25519")


def describe(folder: Path) -> dict[str, object]:
    """Return every file below a folder with what may change of it."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = path.read_text() if path.is_file() and not path.is_symlink() else ""
        found[str(path)] = (
            *(content, status.st_mode, status.st_uid, status.st_ino, status.st_nlink),
            *(status.st_mtime_ns, tuple(os.listxattr(path, follow_symlinks=False))),
        )
    return found


def make_cage(root: Path, abi: int = NEWEST_ABI) -> str:
    return json.dumps(
        {
            "folder": str(root / "step"),
            "readable": [str(root / "outside/readable.txt")],
            "home": str(root / "home"),
            "memory_bytes": 1 << 30,
            "file_bytes": 2 << 20,
            "cpu_seconds": 60,
            "newest_abi": abi,
        }
    )


def run_escapes(
    root: Path, cage: str, *kind: str, interpreter: str = sys.executable
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [interpreter, "-B", str(ESCAPES), str(WORKER_FOLDER), cage, str(root), *kind],
        cwd=root / "step",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def try_all(root: Path, abi: int = NEWEST_ABI, interpreter: str = sys.executable) -> Tried:
    make_place(root)
    before = describe(root / "outside") | describe(root / "home")
    done = run_escapes(root, make_cage(root, abi), interpreter=interpreter)
    assert done.returncode == 0, done.stderr
    after = describe(root / "outside") | describe(root / "home")
    return Tried(json.loads(done.stdout), before, after)


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Tried:
    return try_all(tmp_path_factory.mktemp("place"))


@pytest.fixture(scope="module")
def tried_before_truncation_had_a_right(tmp_path_factory: pytest.TempPathFactory) -> Tried:
    return try_all(tmp_path_factory.mktemp("place"), OLDEST_ABI)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_refused(kind, tried):
    assert tried.outcomes[kind] != "escaped"


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_refused_by_the_oldest_landlock_too(kind, tried_before_truncation_had_a_right):
    assert tried_before_truncation_had_a_right.outcomes[kind] != "escaped"


def test_no_file_outside_has_changed(tried, tried_before_truncation_had_a_right):
    for each in (tried, tried_before_truncation_had_a_right):
        assert each.before == each.after


@pytest.mark.parametrize("kind", ENDING)
def test_what_would_end_the_process_is_refused(kind, tmp_path):
    make_place(tmp_path)
    done = run_escapes(tmp_path, make_cage(tmp_path), kind)
    assert "escaped" not in done.stdout
    assert done.stdout or done.returncode < 0


@pytest.mark.parametrize("kind", EASY)
def test_without_a_cage_it_succeeds(kind, tried_without):
    """So the tests above see the cage, not a mistake in how the kind is tried."""
    assert tried_without[kind] == "escaped"


@pytest.fixture(scope="module")
def tried_without(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    root = tmp_path_factory.mktemp("place")
    make_place(root)
    outcomes: dict[str, str] = json.loads(run_escapes(root, "", *EASY).stdout)
    return outcomes


@pytest.mark.releases
@pytest.mark.parametrize("release", ["1.15", "2.4", "2.21"])
def test_all_is_refused_in_the_interpreters_of_other_releases(release, tmp_path):
    interpreter = open_environment(release).interpreter
    outcomes = try_all(tmp_path, interpreter=interpreter)
    assert outcomes.before == outcomes.after
    assert "escaped" not in outcomes.outcomes.values()


ORDINARY = """
import asyncio, getpass, mimetypes, multiprocessing, platform, ssl, tempfile, threading, uuid
import zipfile
import h5py, numpy as np
sys.path.insert(0, os.path.dirname({worker!r}))
os.environ["TMPDIR"] = {folder!r}
__import__("worker.cage").cage.enter(json.loads({cage!r}))
mimetypes.init()
assert open("own.txt").read() == "own"
os.makedirs("a/b")
os.makedirs("c")
with open("a/b/file", "w") as file:
    file.write("text")
os.replace("a/b/file", "c/file")
os.remove("c/file")
np.savez("arrays.npz", a=np.arange(5))
assert np.load("arrays.npz")["a"].sum() == 10
with zipfile.ZipFile("arrays.npz") as archive:
    archive.extractall("unpacked")
with h5py.File("model.h5", "w") as file:
    file["weights"] = np.ones((100, 100))
with h5py.File("model.h5") as file:
    assert file["weights"][...].sum() == 10000
with tempfile.TemporaryDirectory() as temporary, tempfile.NamedTemporaryFile() as file:
    file.write(os.urandom(100))
    file.truncate(10)
assert np.memmap("unpacked/a.npy", mode="r").size > 40
told = []
threads = [threading.Thread(target=told.append, args=(each,)) for each in range(20)]
[each.start() for each in threads], [each.join() for each in threads]
assert len(told) == 20
os.kill(os.getpid(), 0)
assert np.linalg.inv(np.eye(500) * 2).sum() == 250
platform.platform(), platform.processor(), uuid.uuid4(), multiprocessing.cpu_count()
open("/dev/null", "w").write("gone")
assert open("/proc/self/status").read() and open("/proc/cpuinfo").read()
print("done")
"""


def test_ordinary_work_goes_on(tmp_path):
    """Reading, writing, renaming and packing in its folder; threads, numpy and HDF5."""
    make_place(tmp_path)
    folder = str(tmp_path / "step")
    program = "import json, os, sys\n" + ORDINARY.format(
        worker=str(WORKER_FOLDER), folder=folder, cage=make_cage(tmp_path)
    )
    # One thread before the cage: numpy is imported here, which would start some.
    variables = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "done\n", done.stderr


def test_a_process_with_threads_is_not_caged(tmp_path):
    """Landlock would hold for one of them only."""
    make_place(tmp_path)
    program = (
        "import json, os, sys, threading, time\n"
        f"sys.path.insert(0, {str(WORKER_FOLDER.parent)!r})\n"
        "from worker.cage import CageFailed, enter\n"
        "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        f"try: enter(json.loads({make_cage(tmp_path)!r}))\n"
        "except CageFailed as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout == "the process has more than one thread\n", done.stderr


def test_of_a_folder_that_holds_the_home_only_what_is_beside_it_is_read(tmp_path):
    make_place(tmp_path)
    (tmp_path / "other").mkdir()
    left = leave_out(str(tmp_path), str(tmp_path / "home"))
    assert sorted(left) == [str(tmp_path / name) for name in ("other", "outside", "step")]
    assert leave_out(str(tmp_path / "home"), str(tmp_path / "home")) == []
    assert leave_out("/usr", str(tmp_path)) == ["/usr"]


@pytest.mark.parametrize("machine", sorted(ARCHITECTURES))
def test_a_filter_is_a_program_that_the_kernel_may_take(machine):
    """Whole instructions, fewer than the kernel takes, every jump forward and inside."""
    program = [
        struct.unpack("=HBBI", make_filter(machine, 1234)[start : start + 8])
        for start in range(0, len(make_filter(machine, 1234)), 8)
    ]
    assert len(program) < 4096
    for position, (code, if_true, if_false, _) in enumerate(program):
        if code & 7 == 5:
            assert position + 1 + max(if_true, if_false) < len(program)
    assert program[-1][0] == 6


@pytest.mark.parametrize("machine", sorted(ARCHITECTURES))
def test_no_call_is_in_two_tables(machine):
    tables = [read_table(ALLOWED, machine), read_table(ABSENT, machine)]
    numbers = [number for table in tables for number in table.values()]
    numbers += [number for number, *_ in list_conditions(machine, 1)]
    assert len(numbers) == len(set(numbers))
