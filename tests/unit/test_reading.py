"""A stranger's model is read in a process of its own: what comes of that process, as a sentence."""

import os
import signal
import sys
from pathlib import Path

import pytest

from harness.catalog.load import PACKAGED
from harness.errors import UsageError
from harness.formats import reading
from harness.formats.facts import HDF5_MODEL, Facts, open_regular
from harness.formats.reading import CPU_SECONDS, OUT_OF_TIME, UNREADABLE_EXIT, read_model_facts
from harness.formats.recognize import read_facts

MODEL = PACKAGED / "version" / "artifacts" / "groups_keyword" / "artifact" / "model.h5"


def test_the_process_reports_what_reading_in_this_one_does():
    facts = read_model_facts(MODEL)
    assert isinstance(facts, Facts)
    assert facts.format == HDF5_MODEL
    assert facts == read_facts(MODEL)


def test_a_relative_path_is_the_callers_and_not_the_reading_processs(monkeypatch):
    monkeypatch.chdir(MODEL.parent)
    assert read_model_facts(Path("model.h5")).path == str(MODEL)


def test_a_file_is_opened_where_the_system_has_no_flags_of_posix(monkeypatch):
    monkeypatch.delattr(os, "O_NONBLOCK")
    monkeypatch.delattr(os, "O_CLOEXEC")
    with open_regular(MODEL) as stream:
        assert stream.read() == MODEL.read_bytes()


@pytest.fixture
def child(tmp_path, monkeypatch):
    """Put a script in the place of the interpreter that reads."""

    def replace(script):
        path = tmp_path / "python"
        path.write_text(f"#!{sys.executable}\nimport os, time\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setattr(reading.sys, "executable", str(path))

    return replace


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (f"print('a sentence.'); os._exit({UNREADABLE_EXIT})", "a sentence."),
        (f"os.kill(os.getpid(), {OUT_OF_TIME})", f"more than {CPU_SECONDS} s of CPU time"),
        (f"os.kill(os.getpid(), {int(signal.SIGSEGV)})", f"signal {int(signal.SIGSEGV)}"),
        ("os._exit(9)", "exit 9"),
        ("time.sleep(60)", "longer than 1 s"),
    ],
    ids=["refused", "out of time", "crash", "exit", "hangs"],
)
def test_however_the_process_ends_the_caller_gets_one_sentence(monkeypatch, child, script, said):
    child(script)
    if "sleep" in script:  # a busy machine may take a second to start any other
        monkeypatch.setattr(reading, "READING_SECONDS", 1.0)
    with pytest.raises(UsageError) as refused:
        read_model_facts(MODEL)
    assert said in refused.value.found
    assert "\n" not in refused.value.found
    assert refused.value.tip


@pytest.mark.parametrize(
    ("limit", "script", "said"),
    [
        ("CPU_SECONDS", "1", "CPU time"),
        ("MEMORY_BYTES", "256 << 20", "reading it takes more than"),
    ],
)
def test_the_kernel_ends_a_process_that_takes_too_much(tmp_path, child, limit, script, said):
    work = "while True: pass" if limit == "CPU_SECONDS" else "bytearray(1 << 30)"
    child(
        f"import sys, harness.formats.__main__ as entry\nentry.{limit} = {script}\n"
        f"def read(path):\n    {work}\nentry.read_facts = read\n"
        f"sys.argv = ['x', 'y']\nos._exit(entry.main())"
    )
    with pytest.raises(UsageError) as refused:
        read_model_facts(tmp_path)
    assert said in refused.value.found
