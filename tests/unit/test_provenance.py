"""Committed files are what their writer wrote, or are refused: harness/provenance.py."""

import json

import pytest

from harness.catalog import PACKAGED, read_catalog, read_scenario
from harness.provenance import ProvenanceRefused, check_provenance, write_provenance
from tests.unit.builders import make_committed_scenario

ENVIRONMENT = {
    "tensorflow": "2.15.0", "keras": "2.15.0", "python": "3.11.7", "numpy": "1.26.3",
    "h5py": "3.10.0", "executable": "/somewhere/python",
}  # fmt: skip
COMMITTED = [each for each in read_catalog(PACKAGED).scenarios if each.artifact_folder]


@pytest.fixture
def scenario(tmp_path):
    """A scenario with three committed files and their provenance."""
    scenario = make_committed_scenario(tmp_path)
    folder = scenario.artifact_folder
    (folder / "artifact" / "exported").mkdir(parents=True)
    (folder / "artifact" / "model.keras").write_bytes(b"a model")
    (folder / "artifact" / "exported" / "saved_model.pb").write_bytes(b"a graph")
    (folder / "reference.npz").write_bytes(b"numbers")
    write_provenance(scenario, scenario.artifact_folder, ENVIRONMENT)
    return scenario


def refuse(scenario):
    with pytest.raises(ProvenanceRefused) as raised:
        check_provenance(scenario)
    return str(raised.value)


def edit_record(scenario, **changes):
    path = scenario.artifact_folder / "provenance.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize("packaged", COMMITTED, ids=lambda scenario: scenario.id)
def test_the_packaged_files_are_as_recorded(packaged):
    check_provenance(packaged)


def test_what_has_just_been_written_holds(scenario):
    check_provenance(scenario)


def test_the_record_names_the_writer_and_no_place_on_its_machine(scenario):
    text = (scenario.artifact_folder / "provenance.json").read_text()
    assert json.loads(text)["writer"]["tensorflow"] == "2.15.0"
    assert "executable" not in text
    assert str(scenario.file.parent) not in text


def test_a_changed_file_is_refused(scenario):
    (scenario.artifact_folder / "artifact" / "model.keras").write_bytes(b"another")
    assert refuse(scenario) == "old_files/artifact/model.keras is changed"


def test_a_missing_file_is_refused(scenario):
    (scenario.artifact_folder / "reference.npz").unlink()
    assert refuse(scenario) == "old_files/reference.npz is missing"


@pytest.mark.parametrize("name", ["artifact/extra.h5", "artifact/provenance.json"])
def test_an_unknown_file_is_refused(scenario, name):
    (scenario.artifact_folder / name).write_bytes(b"from elsewhere")
    assert refuse(scenario) == f"old_files/{name} is unknown"


def test_another_writer_than_the_scenario_declares_is_refused(scenario):
    edit_record(scenario, writer={"tensorflow": "2.16.1"})
    assert refuse(scenario) == "the files were written by 2.16.1, the scenario says 2.15.0"


def test_an_edited_save_function_is_refused(scenario):
    scenario.file.write_text(scenario.source.replace("np.zeros(2), np.", "np.ones(2), np."))
    edited, _ = read_scenario(scenario.file)
    assert refuse(edited) == "the scenario's `save` is not the one that wrote the files"


def test_an_edit_elsewhere_in_the_scenario_is_allowed(scenario):
    scenario.file.write_text(scenario.source.replace("A cure.", "Another cure."))
    edited, _ = read_scenario(scenario.file)
    check_provenance(edited)


def test_a_newer_record_is_refused(scenario):
    edit_record(scenario, schema=2)
    assert "has schema 2, this version reads up to 1" in refuse(scenario)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '"x"', "{}", '{"files": 3, "writer": {"tensorflow": "2"}}',
             '{"files": {}, "writer": null}', "\ud800"]
)  # fmt: skip
def test_a_record_that_is_garbage_is_refused(scenario, text):
    path = scenario.artifact_folder / "provenance.json"
    path.write_bytes(text.encode(errors="surrogatepass"))
    assert "provenance.json cannot be read: " in refuse(scenario)


def test_a_record_that_is_not_there_is_refused(scenario):
    (scenario.artifact_folder / "provenance.json").unlink()
    assert "provenance.json cannot be read: " in refuse(scenario)
