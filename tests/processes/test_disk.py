"""A disk that fills up: a sentence, exit code 3, and everything measured before is kept."""

import shutil
import subprocess

import pytest

pytestmark = pytest.mark.tensorflow

FILLING = "fills-the-disk"  # its save writes eight megabytes


class SmallDisk:
    """A tmpfs mounted on `folder`."""

    def __init__(self, folder):
        self.folder = folder

    def mount(self, options):
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"mounting is not permitted here: {done.stderr.strip()}")

    def grow(self, size):
        self.mount(f"remount,size={size}")

    def fill(self):
        """Leave not one byte."""
        with (self.folder / "filler").open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(4096))
            except OSError:
                pass
        assert shutil.disk_usage(self.folder).free == 0


@pytest.fixture
def disk(tmp_path):
    """A disk of four megabytes where the reports go."""
    if shutil.which("mount") is None:
        pytest.skip("there is no `mount` here")
    folder = tmp_path / "reports"
    folder.mkdir()
    disk = SmallDisk(folder)
    disk.mount("size=4m")
    yield disk
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def run(cli, faulty):
    """Run scenarios that have faults, without timing."""
    return lambda *arguments: cli("run", *arguments, "--scenarios", faulty, "--no-timing")


@pytest.mark.long
def test_a_disk_that_fills_up_in_a_step_is_named_and_the_run_can_be_resumed(cli, disk, run):
    again = ("run", "--resume", "--reports", str(disk.folder))
    run("exits-with-three", FILLING, "--reports", disk.folder).assert_refused(
        3, "the disk under", "cannot be written", "KiB are free", " ".join(again)
    )
    kept = {(record["scenario"], record["path"]) for record in cli.outcomes()}
    assert FILLING not in {scenario for scenario, _ in kept}
    disk.grow("64m")
    cli(*again).assert_ran(0)
    verdicts = [(record["scenario"], record["verdict"]) for record in cli.outcomes()]
    assert sorted(verdicts) == [
        ("exits-with-three", "crash"),
        ("exits-with-three", "match"),
        (FILLING, "match"),
        (FILLING, "match"),
    ]


def test_a_disk_without_one_byte_left_still_shows_the_runs_it_keeps(cli, disk, run):
    run("exits-with-three").assert_ran(0)
    before = cli("show", 1)
    disk.fill()
    run("exits-with-three").assert_refused(3, "cannot be written", str(disk.folder.name))
    after = cli("show", 1)
    assert (after.code, after.stdout) == (0, before.stdout)


def test_a_result_file_that_finds_no_room_leaves_the_run_in_the_database(cli, run, tmp_path):
    full = tmp_path / "full"
    full.mkdir()
    other = SmallDisk(full)
    other.mount("size=64k")
    try:
        other.fill()
        done = run("exits-with-three", "--json", full / "run.json")
        done.assert_refused(3, f"cannot write {full / 'run.json'}", "No space left", "the run")
        assert list(full.iterdir()) == [full / "filler"]
    finally:
        subprocess.run(["umount", "-l", str(full)], check=True)
    assert len(cli.outcomes()) == 2
    cli("show", 1).assert_ran(0)
