"""What `bench` says to requests that cannot be carried out; nothing is started for them."""

import json
from pathlib import Path

import numpy as np
import pytest

from harness.bench.request import BenchRequest
from harness.bench.store import BenchStore
from tests.formats.specimens import KINDS

REFUSED = {
    "bench 2.21": "ERROR  bench compares two environments",
    "bench 2.21 9.9": "ERROR  unknown release: 9.9",
    "bench 2.20 2.21 --pairs 2": "ERROR  --pairs must be between 5 and 100",
    "bench 2.20 2.21 -w dens": "ERROR  unknown workload: dens",
    "bench 2.20 2.21 --model gone.keras --inputs x.npy": "ERROR  there is no file",
    "bench 2.20 2.21 --inputs __init__.py": "ERROR  there is no file",
    "bench 2.20 2.21 --device tpu": "ERROR  unknown device: tpu",
    "bench 2.20 2.21 --seed 0": "ERROR  Invalid value for '--seed': 0 is not in the range x>=1",
    "bench show 7": "ERROR  there is no run 7 of bench in",
    f"bench show {'9' * 5000}": "ERROR  999",
    "bench 2.20 2.21 --junit no/x.xml": "ERROR  cannot write no/x.xml",
    "bench 2.20 2.21 --html no/x.html": "ERROR  cannot write no/x.html",
    "bench show 7 --junit .": "ERROR  cannot write .",
    "bench show 7 --html no/x.html": "ERROR  cannot write no/x.html",
    "bench show weekly": "ERROR  weekly is no run of bench",
    "bench compare a.json b.json": "ERROR  a.json is no file of pytest-benchmark",
}


@pytest.mark.parametrize("words", REFUSED, ids=lambda words: words[:60])
def test_a_request_that_cannot_be_carried_out_is_refused_in_a_sentence(call, words):
    ended = call(*words.split())
    assert ended.code == 2
    assert ended.stderr.startswith(REFUSED[words])
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_the_next_command_can_be_typed_although_a_name_has_blanks(call):
    BenchStore(Path("reports")).start(BenchRequest(releases=["2.20", "2.21"]))
    saved = call("bench", "save", "1", "before the upgrade")
    saved.assert_ran()
    assert saved.stdout.endswith("bench show 'before the upgrade'\n")
    shown = call("bench", "show", "before the upgrade")
    assert shown.stdout.endswith("bench compare 'before the upgrade' RUN\n")


def test_a_model_needs_inputs(call, cli):
    (cli.folder / "model.keras").write_bytes(b"")
    ended = call("bench", "2.20", "2.21", "--model", str(cli.folder / "model.keras"))
    assert ended.stderr.startswith("ERROR  --model needs --inputs")


def test_a_model_that_is_not_known_to_be_harmless_is_not_timed(call, tmp_path):
    path = KINDS["keras lambda as a bare text"][1](tmp_path)
    np.save(tmp_path / "x.npy", np.zeros((4, 3)))
    ended = call("bench", "2.20", "2.21", "--model", path, "--inputs", tmp_path / "x.npy")
    ended.assert_refused(2, "is unsafe", "if you trust its author: add --trust")


def test_files_of_pytest_benchmark_are_compared_without_a_run(call, cli):
    files = []
    for name, seconds in (("a.json", [1.0, 1.1]), ("b.json", [2.0, 2.2])):
        stats = {"min": min(seconds), "data": seconds}
        text = json.dumps({"benchmarks": [{"fullname": "test_a", "stats": stats}]})
        (cli.folder / name).write_text(text)
        files.append(str(cli.folder / name))
    ended = call("bench", "compare", *files)
    assert ended.code == 1
    assert "slower" in ended.stdout
    assert call("bench", "compare", files[0], files[0]).code == 5  # nothing is proven
