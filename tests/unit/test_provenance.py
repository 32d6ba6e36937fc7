"""Committed files are what their writer wrote, or are refused: harness/artifacts/provenance.py."""

import json

import pytest

from harness.artifacts.provenance import (
    ProvenanceRefused,
    check_provenance,
    read_writer,
    write_provenance,
)
from harness.artifacts.regenerate import Wanted, find_wanted
from harness.catalog.load import PACKAGED, read_catalog, read_scenario
from harness.processes.facts import EnvironmentFacts
from tests.unit.builders import make_committed_scenario

ENVIRONMENT = EnvironmentFacts(
    tensorflow="2.15.0",
    keras="2.15.0",
    python="3.11.7",
    numpy="1.26.3",
    h5py="3.10.0",
    executable="/somewhere/python",
)
PACKAGES = ["keras==2.15.0", "scikit-learn==1.3.2", "tensorflow-cpu==2.15.0.post1"]
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
    write_provenance(scenario, folder, ENVIRONMENT, PACKAGES)
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


def test_the_record_names_the_packages_and_what_the_writer_was_started_with(scenario):
    record = json.loads((scenario.artifact_folder / "provenance.json").read_text())
    assert record["packages"] == PACKAGES
    assert record["settings"]["TF_ENABLE_ONEDNN_OPTS"] == "0"
    assert record["writer"]["extras"] == {}


def test_a_declared_extra_is_named_with_its_version(tmp_path):
    scenario = make_committed_scenario(tmp_path)
    scenario.declared["extras"] = ["scikit-learn"]
    scenario.artifact_folder.mkdir(parents=True)
    write_provenance(scenario, scenario.artifact_folder, ENVIRONMENT, PACKAGES)
    assert read_writer(scenario).extras == {"scikit-learn": "1.3.2"}


def test_a_record_of_schema_1_is_still_read(scenario):
    path = scenario.artifact_folder / "provenance.json"
    record = json.loads(path.read_text()) | {"schema": 1}
    del record["packages"], record["settings"]
    del record["writer"]["keras_home"], record["writer"]["extras"]
    path.write_text(json.dumps(record))
    check_provenance(scenario)
    assert find_wanted(scenario) == Wanted("2.15.0", "2.15.0", False, ())


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
    assert refuse(scenario) == "the files were written by 2.16.1, but the scenario declares 2.15.0"


def test_a_package_that_the_scenario_declares_belongs_to_the_writer(scenario):
    scenario.declared["artifact"] = scenario.declared["artifact"] | {
        "writer": f"2.15.0 with {PACKAGES[0]}"
    }
    check_provenance(scenario)
    assert find_wanted(scenario).name == f"2.15 with {PACKAGES[0]}"
    scenario.declared["artifact"]["writer"] = "2.15.0 with keras==2.1.6"
    assert refuse(scenario) == "the files were not written with keras==2.1.6"


def test_an_edited_save_function_is_refused(scenario):
    scenario.file.write_text(scenario.source.replace("np.zeros(2), np.", "np.ones(2), np."))
    edited, _ = read_scenario(scenario.file)
    assert refuse(edited) == "the scenario's `save` has changed since the files were written"


def test_an_edit_elsewhere_in_the_scenario_is_allowed(scenario):
    scenario.file.write_text(scenario.source.replace("A cure.", "Another cure."))
    edited, _ = read_scenario(scenario.file)
    check_provenance(edited)


def test_a_newer_record_is_refused(scenario):
    edit_record(scenario, schema=3)
    assert "has schema 3, this version reads up to 2" in refuse(scenario)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '"x"',
        "{}",
        '{"files": 3, "writer": {"tensorflow": "2"}}',
        '{"files": {}, "writer": null}',
        "\ud800",
    ],
)
def test_a_record_that_is_garbage_is_refused(scenario, text):
    path = scenario.artifact_folder / "provenance.json"
    path.write_bytes(text.encode(errors="surrogatepass"))
    assert "provenance.json cannot be read: " in refuse(scenario)


def test_a_record_that_is_not_there_is_refused(scenario):
    (scenario.artifact_folder / "provenance.json").unlink()
    assert "provenance.json cannot be read: " in refuse(scenario)


def test_what_is_wanted_comes_from_the_declaration_and_the_record(scenario):
    record = {"tensorflow": "2.15.0", "keras": "2.15.0", "extras": {"scikit-learn": "1.3.2"}}
    scenario.declared["extras"] = ["scikit-learn"]
    edit_record(scenario, writer=record)
    wanted = find_wanted(scenario)
    assert (wanted.release, wanted.extra) == ("2.15", ("scikit-learn==1.3.2",))
    assert find_wanted(scenario, ("scikit-learn==1.4.0",)).extra == ("scikit-learn==1.4.0",)


def test_the_keras_of_another_writer_says_nothing_about_the_declared_one(scenario):
    edit_record(scenario, writer={"tensorflow": "2.16.1", "keras": "3.0.5"})
    assert find_wanted(scenario).keras is None


def test_a_writer_with_tf_keras_is_a_legacy_release(scenario):
    scenario.declared["artifact"] = scenario.declared["artifact"] | {"writer": "2.16.2"}
    edit_record(scenario, writer={"tensorflow": "2.16.2", "keras_home": "tf_keras"})
    assert find_wanted(scenario).release == "2.16+legacy"


def test_an_extra_goes_only_to_a_scenario_that_declares_it(scenario):
    asked = ("scikit-learn==1.3.2", "keras==3.4.0")
    assert find_wanted(scenario, asked).extra == ("keras==3.4.0",)
