"""Finding scenarios without importing them: harness/catalog/load.py."""

import hashlib

import pytest

from harness.catalog.load import read_catalog, read_scenario
from harness.catalog.scenario import side_of
from harness.errors import UsageError
from tests.unit.builders import SCENARIO, make_committed_scenario, make_scenario, write_scenario


@pytest.fixture
def catalog(tmp_path):
    for name in ("stale-scaler", "lost-weights"):
        write_scenario(tmp_path, name)
    write_scenario(tmp_path, "half-written", SCENARIO.replace('"zeros"', '"zero"'))
    make_committed_scenario(tmp_path)
    return read_catalog(tmp_path)


def test_the_packaged_scenarios_have_no_problems():
    catalog = read_catalog()
    assert catalog.problems == ()
    assert catalog.scenarios
    identifiers = [scenario.id for scenario in catalog.scenarios]
    assert len(set(identifiers)) == len(identifiers)


def test_well_formed_scenarios_are_found_beside_the_problems_of_others(catalog):
    found = [scenario.id for scenario in catalog.scenarios]
    assert found == ["lost-weights", "stale-scaler", "old-files"]
    assert [problem.file.name for problem in catalog.problems] == ["half_written.py"]


def test_an_unknown_id_suggests_the_nearest(catalog):
    with pytest.raises(UsageError, match="scenario not found: stale-scalar") as raised:
        catalog.find("stale-scalar")
    assert "did you mean stale-scaler?" in raised.value.tip
    assert "3 scenarios" in raised.value.found


def test_an_id_like_no_other_suggests_the_list_alone(catalog):
    with pytest.raises(UsageError) as raised:
        catalog.find("qqqq")
    assert raised.value.tip == "see: python -m harness list"


def test_the_id_of_a_file_with_a_mistake_is_not_called_unknown(catalog):
    with pytest.raises(UsageError, match="half-written has a mistake") as raised:
        catalog.find("half-written")
    assert "printed above" in raised.value.found
    assert raised.value.tip.endswith("python -m harness check half-written")


def test_a_selection_keeps_its_order_and_drops_repetitions(catalog):
    chosen = catalog.select(["stale-scaler", "lost-weights", "stale-scaler"])
    assert [scenario.id for scenario in chosen] == ["stale-scaler", "lost-weights"]


def test_a_folder_that_is_not_there_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="scenario folder not found"):
        read_catalog(tmp_path / "absent")


def test_an_empty_folder_is_an_empty_catalog(tmp_path):
    assert read_catalog(tmp_path).scenarios == ()


def test_a_scenario_knows_what_its_file_declares(tmp_path):
    scenario = make_scenario(tmp_path)
    assert (scenario.id, scenario.family, scenario.seed) == ("small-case", "restore", 7)
    assert scenario.summary == "The weights arrive and the function does not."
    assert scenario.section("Spot it") == "A check."
    assert scenario.paths() == ["restore_broken", "restore_fixed_it"]
    assert scenario.paths("fixed") == ["restore_fixed_it"]
    assert scenario.save_for("restore_broken") == "save"
    assert scenario.save_for("restore_fixed_it") == "save_whole"
    assert scenario.verdicts("broken") == ["zeros"]
    assert scenario.definitions["restore_broken"].endswith("return np.zeros_like")
    assert scenario.artifact_folder is None


def test_the_source_hash_is_that_of_the_file(tmp_path):
    scenario = make_scenario(tmp_path)
    assert scenario.source_hash == hashlib.sha256(scenario.file.read_bytes()).hexdigest()


def test_without_a_seed_it_is_zero(tmp_path):
    assert make_scenario(tmp_path, text=SCENARIO.replace('    "seed": 7,\n', "")).seed == 0


def test_a_committed_artifact_lies_beside_the_scenario(tmp_path):
    scenario = make_committed_scenario(tmp_path)
    assert scenario.artifact_folder == scenario.file.parent / "artifacts" / "old_files"


def test_broken_paths_come_first_whatever_the_order_in_the_file(tmp_path):
    text = SCENARIO.replace('"restore_broken": "zeros",', "").replace(
        '"restore_fixed_it": "match",', '"restore_fixed_it": "match", "restore_broken": "zeros",'
    )
    assert make_scenario(tmp_path, text=text).paths()[0] == "restore_broken"


def test_a_scenario_is_read_without_being_run(tmp_path):
    file = write_scenario(tmp_path, text=SCENARIO + '\nraise SystemExit("I ran")\n')
    assert read_scenario(file)[0] is not None


@pytest.mark.parametrize(
    ("path", "side"),
    [("restore_broken", "broken"), ("restore_broken_too", "broken"), ("restore_fixed_x", "fixed")],
)
def test_the_name_of_a_path_says_its_side(path, side):
    assert side_of(path) == side


def test_a_form_feed_or_a_line_separator_in_a_string_shifts_no_definition(tmp_path):
    text = SCENARIO.replace("    A mechanism.", "    A \x0c mechanism \u2028 with \x1c marks.")
    scenario = make_scenario(tmp_path, text=text)
    assert scenario.definitions["save"].startswith("def save(artifact, seed):")


def test_an_id_used_in_two_families_is_a_problem_of_the_second(tmp_path):
    write_scenario(tmp_path, "twin")
    other = SCENARIO.replace('"family": "restore"', '"family": "version"')
    second = write_scenario(tmp_path, "twin", other)
    catalog = read_catalog(tmp_path)
    assert [scenario.family for scenario in catalog.scenarios] == ["restore"]
    assert [problem.file for problem in catalog.problems] == [second]
    assert "the id is already used in" in str(catalog.problems[0])
