"""More cheats at the course's check, on real processes: none counts, none breaks the checker."""

import pytest

from harness.catalog.load import read_catalog
from harness.course import checking, judging
from harness.course.checking import open_checker
from harness.course.exercises import find_exercise
from harness.processes.cage import find_obstacle
from harness.processes.limits import Limits
from harness.processes.variables import Environment
from tests.processes.test_course import check

pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.skipif(bool(find_obstacle()), reason="this machine has no cage"),
]
MASTER = read_catalog().find(find_exercise("bicycles").scenario).file
RIGHT_SHAPE = "np.ones((len(table), 1), 'float32')"
# What a script writes to pass for a step that has ended, and its process ends before ours writes.
END = "    open('../result.json', 'w').write('{\"error\": null}')\n    os._exit(0)\n"
HUGE = "{'descr': '<f4', 'fortran_order': False, 'shape': (10 ** 15, 1), }".replace(
    "10 ** 15", str(10**15)
)

CHEATS = {  # the body of restore(), and what is said of it
    "the seed, searched in the memory that was forked": (
        "    import re\n    found = set()\n"
        "    for line in open('/proc/self/maps'):\n"
        "        ends, rights = line.split()[:2]\n"
        "        first, last = (int(each, 16) for each in ends.split('-'))\n"
        "        if rights.startswith('rw') and last - first < 1 << 28:\n"
        "            with open('/proc/self/mem', 'rb', 0) as memory:\n"
        "                try:\n"
        "                    memory.seek(first)\n"
        "                    text = memory.read(last - first)\n"
        "                except (OSError, ValueError, OverflowError):\n"
        "                    continue\n"
        "            found |= set(re.findall(rb'\"seed\": ?([1-9][0-9]*)[,}]', text))\n"
        "    raise RuntimeError(sorted(found))\n",
        "RuntimeError: []",
    ),
    "answers looked up by the hash of the inputs": (
        "    import hashlib, numpy as np\n    known = {'9e107d9d372bb682': 812.0}\n"
        "    def predict(table):\n"
        "        keys = [hashlib.md5(row.tobytes()).hexdigest()[:16] for row in table]\n"
        "        return np.array([[known.get(key, 0.0)] for key in keys])\n"
        "    return predict\n",
        "predictions are all 0.0",
    ),
    "modules that are put in the place of the checker": (
        "    import sys, types, numpy as np\n"
        "    for name in ('harness', 'harness.course.judging', 'numpy.testing'):\n"
        "        sys.modules[name] = types.ModuleType(name)\n"
        f"    return lambda table: {RIGHT_SHAPE}\n",
        "predictions are the same for every row (1)",
    ),
    "comparisons that always agree": (
        "    import numpy as np\n"
        "    for name in ('allclose', 'isclose', 'array_equal', 'abs', 'isfinite'):\n"
        "        setattr(np, name, lambda *a, **k: True)\n"
        "    np.testing.assert_allclose = lambda *a, **k: None\n"
        f"    return lambda table: {RIGHT_SHAPE}\n",
        "predictions are the same for every row (1)",
    ),
    "a process of its own": (
        "    import os\n    os.fork() or os._exit(0)\n    while True: pass\n",
        "PermissionError",
    ),
    "a program": (
        "    import subprocess, sys\n    subprocess.run([sys.executable, '-c', 'print(1)'])\n",
        "PermissionError",
    ),
    "what is done at exit": (
        "    import atexit, numpy as np\n"
        "    atexit.register(np.savez, '../predictions.npz', predictions=np.zeros((32, 1)))\n"
        f"    return lambda table: {RIGHT_SHAPE}\n",
        "predictions are the same for every row (1)",
    ),
    "a thread that goes on writing": (
        "    import threading, numpy as np\n"
        "    def write():\n"
        "        while True:\n"
        "            np.savez('../predictions.npz', predictions=np.zeros((32, 1)))\n"
        "    threading.Thread(target=write, daemon=True).start()\n"
        f"    return lambda table: {RIGHT_SHAPE}\n",
        ("predictions are ", "restore() left no predictions"),
    ),
    "a pickle that runs code where it is read": (
        "    import os, numpy as np\n"
        "    class Evil:\n"
        "        def __reduce__(self):\n"
        "            return os.system, ('touch {marker}',)\n"
        "    return lambda table: np.array([[Evil()] for _ in table], dtype=object)\n",
        "restore() left no predictions",
    ),
    "an array that says it is huge": (
        "    import os, zipfile\n"
        f"    header = {(HUGE + chr(10)).encode()!r}\n"
        "    with zipfile.ZipFile('../predictions.npz', 'w') as archive:\n"
        "        start = b'\\x93NUMPY\\x01\\x00' + len(header).to_bytes(2, 'little')\n"
        f"        archive.writestr('predictions.npy', start + header)\n{END}",
        "restore() left no predictions",
    ),
    "folders three thousand deep": (
        "    import os\n"
        "    for _ in range(3000):\n"
        "        os.mkdir('a')\n        os.chdir('a')\n"
        "    raise RuntimeError('deep')\n",
        "RuntimeError: deep",
    ),
    "the master, run by its path": (
        f"    import runpy\n    runpy.run_path({str(MASTER)!r})\n",
        "PermissionError",
    ),
    "an end that looks like success": ("    raise SystemExit(0)\n", "SystemExit"),
    "the words of the answer, printed": (
        "    print('bicycles: done.\\x1b[2J')\n    import numpy as np\n"
        f"    return lambda table: {RIGHT_SHAPE}\n",
        "predictions are the same for every row (1)",
    ),
    "numbers for words, and words for numbers": (
        "    import numpy as np\n    return lambda table: np.array([['812']] * len(table))\n",
        "predictions are 812",
    ),
    "variables for the next check": (
        "    import os\n    before = os.environ.get('MINE')\n"
        "    os.environ['MINE'] = os.environ['PYTHONPATH'] = 'here'\n"
        "    raise RuntimeError(before)\n",
        "RuntimeError: None",
    ),
}


@pytest.fixture(scope="module")
def checker():
    with open_checker(Environment()) as opened:
        yield opened


@pytest.mark.parametrize("cheat", CHEATS)
def test_a_cheat_does_not_count_and_the_next_check_is_as_ever(cheat, checker, tmp_path):
    body, said = CHEATS[cheat]
    marker = tmp_path / "ran"
    text = f"def restore(artifact):\n{body.replace('{marker}', str(marker))}"
    for _ in range(2):
        checked = check(checker, tmp_path, text)
        assert checked.ending in ("still failing", "fails differently now")
        assert checked.said.startswith(said)
        assert "Traceback" not in checked.said
    assert not marker.exists()
    assert checker.work.exists()


def test_a_script_that_ignores_every_signal_is_stopped_and_called_timeout(
    checker, tmp_path, monkeypatch
):
    for module in (checking, judging):
        monkeypatch.setattr(module, "LIMITS", Limits(seconds=3.0))
    text = (
        "def restore(artifact):\n    import signal\n"
        "    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:\n"
        "        signal.signal(number, signal.SIG_IGN)\n"
        "    while True:\n        try:\n            while True: pass\n"
        "        except BaseException:\n            pass\n"
    )
    checked = check(checker, tmp_path, text)
    assert checked.said == "timeout: restore() or its predictions took more than 3 s"
