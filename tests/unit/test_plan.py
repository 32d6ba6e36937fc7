"""What is run, in which order: harness/execution/plan.py."""

import pytest

from harness.execution.plan import Reader, count_paths, make_plan
from harness.results.run import RunEnvironment
from tests.unit.builders import DOSED, make_committed_scenario, make_scenario


@pytest.fixture
def scenario(tmp_path):
    return make_scenario(tmp_path)


OWN = "tensorflow-2.21.0+keras-3.15.1"
OTHER = "tensorflow-2.15.0+keras-2.15.0"
ENVIRONMENTS = {
    OWN: RunEnvironment(name=OWN, tensorflow="2.21.0", keras="3.15.1"),
    OTHER: RunEnvironment(name=OTHER, tensorflow="2.15.0", keras="2.15.0"),
}


def make_own_plan(scenarios, devices, **options):
    """A plan in which one environment saves and restores."""
    return plan_for(scenarios, OWN, {OWN: devices}, **options)


def plan_for(scenarios, writer, readers, **options):
    """A plan for environments that are given by their names."""
    pairs = [Reader(ENVIRONMENTS[name], tuple(devices)) for name, devices in readers.items()]
    return make_plan(scenarios, ENVIRONMENTS[writer], pairs, **options)


def keys(plan):
    return [task.key for group in plan for task in group.paths]


def test_paths_are_grouped_by_the_save_they_read(scenario):
    plan = make_own_plan([scenario], ["CPU:0"])
    assert [(group.save, len(group.paths)) for group in plan] == [("save", 1), ("save_whole", 1)]
    assert keys(plan) == [
        ("small-case", "restore_broken", "CPU:0", 7, None, OWN, OWN),
        ("small-case", "restore_fixed_it", "CPU:0", 7, None, OWN, OWN),
    ]


def test_without_seeds_each_scenario_runs_on_its_own(scenario):
    assert {group.seed for group in make_own_plan([scenario], ["CPU:0"])} == {7}


def test_every_path_runs_for_every_seed_and_device_once(scenario):
    plan = make_own_plan([scenario], ["CPU:0", "GPU:0"], seeds=range(3))
    assert count_paths(plan) == 2 * 2 * 3
    assert len(set(keys(plan))) == 12


def test_one_save_serves_both_devices(scenario):
    plan = make_own_plan([scenario], ["CPU:0", "GPU:0"])
    assert [task.key.device for task in plan[0].paths] == ["CPU:0", "GPU:0"]


def test_what_is_done_is_left_out_and_its_save_with_it(scenario):
    done = [("small-case", "restore_broken", "CPU:0", 7, None, OWN, OWN)]
    plan = make_own_plan([scenario], ["CPU:0"], done=done)
    assert [(group.save, len(group.paths)) for group in plan] == [("save_whole", 1)]
    assert (
        make_own_plan([scenario], ["CPU:0"], done=keys(make_own_plan([scenario], ["CPU:0"]))) == []
    )


def test_what_was_done_on_another_seed_or_device_is_not_done(scenario):
    done = [
        ("small-case", "restore_broken", "GPU:0", 7, None, OWN, OWN),
        ("small-case", "restore_broken", "CPU:0", 8, None, OWN, OWN),
        ("small-case", "restore_broken", "CPU:0", 7, 0.5, OWN, OWN),
    ]
    assert count_paths(make_own_plan([scenario], ["CPU:0"], done=done)) == 2


def test_committed_files_have_no_seed_to_vary(tmp_path):
    committed = make_committed_scenario(tmp_path)
    plan = make_own_plan([committed], ["CPU:0"], seeds=range(5))
    assert [(group.seed, len(group.paths)) for group in plan] == [(7, 2)]


def test_groups_without_a_save_come_first_and_the_others_keep_their_order(tmp_path):
    first, second = make_scenario(tmp_path, "a-case"), make_scenario(tmp_path, "b-case")
    committed = make_committed_scenario(tmp_path)
    plan = make_own_plan([second, committed, first], ["CPU:0"])
    named = list(dict.fromkeys(group.scenario.id for group in plan))
    assert named == ["old-files", "b-case", "a-case"]


def test_a_dosed_plan_runs_the_dosed_path_at_every_dose_and_nothing_else(tmp_path):
    plan = make_own_plan(
        [make_scenario(tmp_path, "dosed-case", DOSED), make_scenario(tmp_path, "plain-case")],
        ["CPU:0"],
        doses=True,
    )
    tasks = [task for group in plan for task in group.paths]
    assert {task.key[:2] for task in tasks} == {("dosed-case", "restore_broken")}
    assert [task.key.dose for task in tasks] == [0, 0.5, 2]
    assert [type(task.key.dose) for task in tasks] == [int, float, int], "lessons slice by them"


def test_iterators_are_planned_like_lists(scenario):
    plan = make_own_plan(iter([scenario, scenario]), iter(["CPU:0"]), seeds=iter([1, 2]))
    assert count_paths(plan) == 8


def test_readers_share_the_save_of_their_writer(scenario):
    plan = plan_for([scenario], OWN, {OWN: ["CPU:0"], OTHER: ["CPU:0"]})
    assert [(group.writer, len(group.paths)) for group in plan] == [(OWN, 2), (OWN, 2)]
    assert {(task.key.writer, task.key.reader) for group in plan for task in group.paths} == {
        (OWN, OWN),
        (OWN, OTHER),
    }


def test_what_was_restored_by_another_release_is_not_done(scenario):
    done = keys(plan_for([scenario], OWN, {OTHER: ["CPU:0"]}))
    assert count_paths(make_own_plan([scenario], ["CPU:0"], done=done)) == 2


def test_committed_files_are_those_of_their_writer_unless_a_writer_is_asked_for(tmp_path):
    committed = make_committed_scenario(tmp_path)
    [group] = make_own_plan([committed], ["CPU:0"])
    assert (group.committed, group.writer) == (True, "tensorflow-2.15.0")
    [group] = plan_for([committed], OTHER, {OWN: ["CPU:0"]}, split=True)
    assert (group.committed, group.writer) == (False, OTHER)


def test_only_the_paths_that_are_named_are_planned(scenario):
    plan = make_own_plan([scenario], ["CPU:0"], paths=["restore_broken"])
    assert [key.path for key in keys(plan)] == ["restore_broken"]
