"""What a step does beyond its folder is seen: harness/worker/side_effects.py.

Each in a process of its own, since an audit hook stays for good.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
WATCHED = """
import json, os, sys
from harness.worker.side_effects import SideEffects
side_effects = SideEffects([sys.argv[1]])
os.chdir(sys.argv[1])
outside = sys.argv[2]
exec(sys.argv[3])
print(json.dumps(side_effects.sentences))
"""


@pytest.fixture
def watch(tmp_path):
    """A function that runs code under a side_effects and returns what that saw."""
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (outside / "data.txt").write_text("there")

    def watch(code):
        command = [sys.executable, "-c", WATCHED, str(inside), str(outside), code]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
        return json.loads(done.stdout.splitlines()[-1])

    return watch


@pytest.mark.parametrize(
    "code",
    [
        "open('model.keras', 'w').write('x')",
        "open(outside + '/data.txt').read()",
        "os.mkdir('sub'); open('sub/x', 'ab')",
        "open(os.devnull, 'w').write('x')",
        "import tempfile; tempfile.tempdir = '.'; tempfile.TemporaryFile().write(b'x')",
    ],
)
def test_what_stays_inside_or_only_reads_is_fine(watch, code):
    assert watch(code) == []


@pytest.mark.parametrize(
    "code",
    [
        "open(outside + '/x', 'w')",
        "open(outside + '/data.txt', 'r+')",
        "os.close(os.open(outside + '/x', os.O_CREAT | os.O_WRONLY))",
        "os.mkdir('../outside/sub')",
        "os.symlink(outside, 'link'); open('link/x', 'w')",
        "os.remove(outside + '/data.txt')",
        "import pathlib; pathlib.Path(outside, 'x').write_text('')",
    ],
)
def test_what_is_written_outside_is_seen(watch, code):
    seen = watch(code)
    assert len(seen) == 1
    assert seen[0].startswith("wrote outside its folder: ")


def test_a_connection_is_seen_even_if_it_fails(watch):
    code = (
        "import socket\ntry: socket.create_connection(('127.0.0.1', 9), 0.1)\nexcept OSError: pass"
    )
    assert any("used the network" in sentence for sentence in watch(code))
