"""Runs as JSON files, of this and of older schemas: harness/results/json_files.py."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cli.output import next_step, present
from harness.errors import EnvironmentUnusable, UsageError
from harness.results.json_files import SCHEMA, make_result_file, read_result_file, write_json
from tests.unit.builders import make_record, make_run

DATA = Path(__file__).parent.parent / "data"
OLDER = sorted(DATA.glob("run-schema-*.json"))


@pytest.fixture
def file(tmp_path):
    return tmp_path / "run.json"


def refuse(file, text):
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UsageError) as raised:
        read_result_file(file)
    return raised.value.render()


def test_there_is_a_file_of_every_schema():
    assert [file.name for file in OLDER] == [
        f"run-schema-{number}.json" for number in range(1, SCHEMA + 1)
    ]
    written = [json.loads(file.read_text())["schema"] for file in OLDER]
    assert written == [*range(1, SCHEMA + 1)]


@pytest.mark.parametrize("older", OLDER, ids=lambda path: path.stem)
def test_a_file_of_every_schema_is_read_and_shown(older):
    document = read_result_file(older)
    assert document.schema == SCHEMA, "it holds what this schema holds, and is written so again"
    shown = present(document)
    assert "dead-relu-head" in shown
    assert "Nothing changed." in shown
    assert next_step(document) == "Next: python -m harness explain dead-relu-head"


def test_the_file_of_this_schema_is_written_again_as_it_is(file):
    """It is what a run of dead-relu-head wrote: write it anew where records gain a field."""
    write_json(file, read_result_file(OLDER[-1]))
    assert json.loads(file.read_text()) == json.loads(OLDER[-1].read_text())


@pytest.mark.parametrize("older", OLDER, ids=lambda path: path.stem)
def test_no_file_of_a_schema_names_a_place_on_the_machine_that_wrote_it(older):
    paths = set(re.findall(r'"(/[^"]*)"', older.read_text()))
    assert paths <= {"/usr/bin/python3"}


def test_what_is_written_is_read_back(file):
    document = make_result_file(make_run([make_record(judgement=None)]))
    write_json(file, document)
    assert read_result_file(file) == document
    assert document.outcomes[0].judgement == "expected"
    assert [path.name for path in file.parent.iterdir()] == ["run.json"]


def test_a_file_of_a_stranger_does_not_steer_the_terminal(file):
    error = {"type": "ValueError", "message": "\x1b]0;title\x07\ta tab stays"}
    write_json(file, make_result_file(make_run([make_record(path="restore_\x1b[2J", error=error)])))
    document = read_result_file(file)
    assert document.outcomes[0].error.message == "\\x1b]0;title\\x07\ta tab stays"
    assert not {"\x1b", "\x07"} & set(present(document))


def test_a_file_of_a_newer_schema_is_refused(file):
    newer = {"schema": SCHEMA + 1, "results": "whatever newer versions keep"}
    said = refuse(file, json.dumps(newer))
    assert "was written by a newer restorebench" in said
    assert f"its schema is {SCHEMA + 1}, this version reads up to {SCHEMA}" in said
    assert "TIP    upgrade restorebench" in said


WHOLE = json.loads(OLDER[0].read_text())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"null",
        b"[]",
        b"3",
        b"{}",
        b"[" * 100_000,
        WHOLE | {"schema": None},
        WHOLE | {"schema": "1"},
        WHOLE | {"schema": 0},
        WHOLE | {"schema": -1},
        WHOLE | {"schema": 0.5},
        WHOLE | {"schema": True},
        WHOLE | {"schema": 1.0},
        WHOLE | {"created": "half a character: \ud800"},
        WHOLE | {"created": float("nan")},
        WHOLE | {"outcomes": None},
        WHOLE | {"outcomes": {}},
        WHOLE | {"outcomes": [3]},
        WHOLE | {"outcomes": [{}]},
        WHOLE | {"environments": None},
        WHOLE | {"environments": [{}]},
        {"schema": 1, "outcomes": []},
        {"benchmarks": [], "version": "5.3.1"},
    ],
)
def test_what_is_no_result_file_is_refused(file, content):
    said = refuse(file, content if isinstance(content, bytes) else json.dumps(content))
    assert said.startswith(f"ERROR  not a result file: {file}")
    assert "TIP    give a file written by run --json" in said


def test_a_file_that_is_not_there_is_refused(file):
    with pytest.raises(UsageError, match="no such run or result file"):
        read_result_file(file)


def test_a_folder_is_no_result_file(tmp_path):
    with pytest.raises(UsageError, match="not a result file"):
        read_result_file(tmp_path)


@pytest.mark.parametrize("place", ["absent/run.json", "file/run.json", "folder"])
def test_a_place_that_cannot_be_written_is_said_and_nothing_is_left(tmp_path, place):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match="cannot write") as raised:
        write_json(tmp_path / place, {})
    assert raised.value.tip == "name a file in an existing folder"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_no_usage_error_and_leaves_no_half_file(file):
    file.with_name("run.json.part").symlink_to("/dev/full")
    with pytest.raises(EnvironmentUnusable, match="cannot write") as raised:
        write_json(file, {"schema": 1})
    assert "No space left" in raised.value.found
    assert list(file.parent.iterdir()) == []


ODD = st.sampled_from(
    [None, True, 0, -1, 2**70, 1e308, float("inf"), "", "x", "\ud800", [], {}, [1], "skip", "](|"]
)


def list_places(value, path=()):
    """Every place in a document, the outermost first."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, nested in items:
        yield (*path, key)
        if isinstance(nested, (dict, list)):
            yield from list_places(nested, (*path, key))


@given(data=st.data())
def test_a_file_with_any_place_changed_is_refused_or_shown(data, tmp_path_factory):
    older = data.draw(st.sampled_from(OLDER))
    document = json.loads(older.read_text())
    for _ in range(data.draw(st.integers(1, 3))):
        *above, last = data.draw(st.sampled_from(list(list_places(document))))
        place = document
        for key in above:
            place = place[key]
        if data.draw(st.booleans()):
            place[last] = data.draw(ODD)
        else:
            del place[last]
        if not document:
            break
    file = tmp_path_factory.getbasetemp() / "changed.json"
    file.write_text(json.dumps(document))
    try:
        found = read_result_file(file)
    except UsageError:
        return
    assert present(found).encode()
    assert next_step(found)
