"""A whole run of `bench` with a clock of its own: interrupted, resumed, shown, drawn."""

from unittest.mock import Mock

import msgspec
import pytest

from harness.bench import run as bench_run
from harness.bench.answers import answer_run, choose_exit_code
from harness.bench.history import follow_releases, list_followed
from harness.bench.junit import annotate_bench, make_bench_junit
from harness.bench.pairs import Opening
from harness.bench.plot import plot_result
from harness.bench.prepare import Prepared
from harness.bench.request import BenchComparison, BenchRequest
from harness.bench.run import BenchObserver, carry_out_bench
from harness.bench.store import BenchStore, describe_gpu
from harness.bench.text import describe_result, show_time
from harness.bench.workloads import Workload
from harness.errors import EnvironmentUnusable
from harness.locks import hold_machine
from harness.report.layout import Layout
from tests.unit.bench_data import make_environment
from tests.unit.test_bench_compares import make_side

KINDS = ("call", "load", "xla")


class Killed(Exception):
    """Stands for a kill: nothing after it is carried out."""


class KillAfter(BenchObserver):
    """Ends a run after so many workloads."""

    def __init__(self, workloads=10**9):
        self.left = workloads

    def finish_workload(self, _measured):
        self.left -= 1
        if self.left == 0:
            raise Killed


@pytest.fixture
def world(tmp_path, monkeypatch):
    """Return (store, request, plans): `plans` says how A and B behave; B takes 10 % longer."""
    monkeypatch.setenv("RESTOREBENCH_ENVIRONMENTS", str(tmp_path / "cache"))
    monkeypatch.setattr("harness.bench.blocks.SIDE_NS", 30_000_000)
    plans = {"a": {}, "b": {"ns": 3_300_000, "refuses": ["xla"]}}

    def prepare(names, workloads, request, _catalog, work):
        work.mkdir(parents=True)
        environments = tuple(make_environment(tmp_path, side, **plans[side]) for side in "ab")
        sides = [make_side(name, f"lock of {name}") for name in names]
        sides = [
            msgspec.structs.replace(
                side, environment=msgspec.structs.replace(side.environment, tensorflow="2.0")
            )
            for side in sides
        ]
        comparison = BenchComparison(a=sides[0], b=sides[1], workloads=list(request.workloads))
        openings = [
            Opening(each, {side: {"kind": each.kind} for side in "ab"}) for each in workloads
        ]
        return Prepared(comparison, environments, openings, {})

    def list_workloads_of(request):
        return [Workload(name, name) for name in request.workloads]

    monkeypatch.setattr(bench_run, "prepare", prepare)
    monkeypatch.setattr(bench_run, "list_workloads_of", list_workloads_of)
    request = BenchRequest(releases=["2.20", "2.21"], workloads=list(KINDS), most_pairs=5, seed=3)
    return BenchStore(tmp_path / "reports"), request, plans


def finish(store, request):
    """Carry a run out to its end; return it as it is read again."""
    run = store.find_unfinished(request) or store.start(request)
    carry_out_bench(store, run, None, KillAfter())
    return store.open(str(run.id))


def found_in(saved):
    return {each.workload: each.answer for each in answer_run(saved).comparisons}


def test_a_run_finds_what_is_slower_and_leaves_out_what_is_not_there(world):
    store, request, _ = world
    saved = finish(store, request)
    assert found_in(saved) == {"call": "slower", "load": "slower", "xla": "skipped"}
    assert saved.run.finished
    ratio = answer_run(saved).comparisons[0].ratio
    assert ratio == pytest.approx(1.1)


def test_no_pair_is_told_that_was_not_measured(world):
    store, request, _ = world
    observer = KillAfter()
    told = observer.finish_pair = Mock()
    run = store.start(msgspec.structs.replace(request, most_pairs=12))
    carry_out_bench(store, run, None, observer)
    assert [each.args[0] for each in told.call_args_list] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("workloads", [1, 5, 9])
def test_a_killed_run_goes_on_where_it_was(world, workloads):
    store, request, _ = world
    run = store.start(request)
    with pytest.raises(Killed):
        carry_out_bench(store, run, None, KillAfter(workloads))
    kept = {file: file.read_bytes() for file in store.raw(run).folder.glob("*.pair")}
    assert len(kept) == workloads
    saved = finish(store, request)
    assert saved.run.id == run.id
    assert {file: file.read_bytes() for file in kept} == kept
    assert found_in(saved) == {"call": "slower", "load": "slower", "xla": "skipped"}
    assert msgspec.json.encode(answer_run(saved)) == msgspec.json.encode(
        answer_run(store.open(str(run.id)))
    )


def test_a_worker_that_dies_in_mid_pair_gives_no_green_answer(world):
    store, request, plans = world
    plans["b"] |= {"at": "call", "fault": "crash"}
    saved = finish(store, request)
    assert found_in(saved)["call"] == "failed"
    assert choose_exit_code(list(found_in(saved).values())) != 0


def test_another_version_than_the_environment_was_found_to_have_ends_the_run(world):
    store, request, plans = world
    plans["b"] |= {"tensorflow": "2.9"}
    with pytest.raises(EnvironmentUnusable, match=r"imported TensorFlow 2\.9"):
        finish(store, request)


def test_packages_that_have_changed_since_are_not_mixed(world):
    store, request, _ = world
    run = store.start(request)
    with pytest.raises(Killed):
        carry_out_bench(store, run, None, KillAfter(2))
    run.comparisons[0].a = msgspec.structs.replace(run.comparisons[0].a, lock="another")
    with pytest.raises(EnvironmentUnusable, match="begun with other packages"):
        carry_out_bench(store, run, None, KillAfter())


@pytest.mark.parametrize(
    ("first", "second", "waits"),
    [(True, True, True), (True, False, True), (False, True, True), (False, False, False)],
)
def test_bench_waits_for_timed_commands_and_they_for_bench(
    tmp_path, monkeypatch, first, second, waits
):
    said = []

    def give_up(_seconds):
        raise Killed

    monkeypatch.setattr("harness.locks.time.sleep", give_up)
    with hold_machine(tmp_path, first, list):
        if waits:
            with pytest.raises(Killed), hold_machine(tmp_path, second, lambda: said.append(1)):
                pass
        else:
            with hold_machine(tmp_path, second, lambda: said.append(1)):
                pass
    assert bool(said) == waits
    with hold_machine(tmp_path, second, lambda: said.append(2)):
        assert 2 not in said


def test_a_folder_that_cannot_be_written_holds_nobody_up(tmp_path):
    (tmp_path / "file").write_text("")
    with hold_machine(tmp_path / "file", True, list):
        pass


def test_the_text_names_every_answer_in_80_columns(world):
    store, request, _ = world
    text = describe_result(answer_run(finish(store, request)), Layout(width=80), cores=1000)
    assert max(map(len, text.splitlines())) <= 80
    assert "call: B is 10.0% slower than A." in text
    assert "xla: does not apply: B: NotApplicable: no such call." in text


@pytest.mark.parametrize(
    ("nanoseconds", "shown"),
    [(999.7, "1 µs"), (999_400, "999 µs"), (999_700, "1 ms"), (999_700_000, "1 s"), (12, "12 ns")],
)
def test_a_time_has_at_most_three_figures(nanoseconds, shown):
    assert show_time(nanoseconds) == shown


def test_junit_and_annotations_show_what_is_slower(world):
    store, request, _ = world
    result = answer_run(finish(store, request))
    suite = next(iter(make_bench_junit(result)))
    assert (suite.failures, suite.skipped, suite.tests) == (2, 1, 3)
    assert [each.split(" ")[0] for each in annotate_bench(result)] == ["::error", "::error"]


def test_releases_in_a_row_are_followed_to_the_first(world):
    store, request, _ = world
    several = msgspec.structs.replace(request, releases=["2.18", "2.20", "2.21"])
    result = answer_run(finish(store, several))
    ratios = [each.ratio for each in follow_releases(result) if each.workload == "call"]
    assert ratios == [1, pytest.approx(1.1, abs=1e-3), pytest.approx(1.21, abs=1e-3)]
    assert [each.ratio for each in follow_releases(result) if each.workload == "xla"] == [
        1,
        None,
        None,
    ]
    text = describe_result(result, Layout(width=80), 2)
    assert "xla" not in text.partition("Time relative to 2.18")[2]  # nobody has measured its 1
    assert {each.workload for each in list_followed(result)} == {"call", "load"}


def test_a_release_that_comes_twice_in_a_row_has_a_column_for_each_time(world):
    store, request, _ = world
    several = msgspec.structs.replace(request, releases=["2.20", "2.20", "2.21"])
    result = answer_run(finish(store, several))
    relatives = [each for each in follow_releases(result) if each.workload == "call"]
    assert [each.release for each in relatives] == ["2.20", "2.20 (2)", "2.21"]
    assert "2.20 (2)" in describe_result(result, Layout(width=80), 2)


def test_the_page_needs_no_network_and_has_pictures_beside_it(world, tmp_path):
    store, request, _ = world
    saved = finish(store, request)
    files = plot_result(saved, answer_run(saved), tmp_path / "page.html")
    assert [file.suffix for file in files] == [".html", ".svg", ".png"]
    assert "https://cdn" not in files[0].read_text()
    assert '"resolve": {"scale": {"color": "independent"}}' in files[0].read_text()  # own legends


def test_a_gpu_is_described_by_its_driver_and_by_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert describe_gpu() is None
    driver = tmp_path / "nvidia-smi"
    driver.write_text("#!/bin/sh\necho 'NVIDIA H100, 550.90, 345 MHz, 2619 MHz, 1980 MHz'\n")
    driver.chmod(0o755)
    assert describe_gpu() == "NVIDIA H100, 550.90, 345 MHz, 2619 MHz, 1980 MHz"


def test_results_of_a_gpu_and_of_a_cpu_are_never_mixed():
    side = make_side("2.21", "lock")
    keys = {
        BenchComparison(a=side, b=side, workloads=[], device=device).key
        for device in ("CPU:0", "GPU:0")
    }
    assert len(keys) == 2
