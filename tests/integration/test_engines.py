"""The same plan on threads, processes and a real Dask cluster: engines.py, dask_cluster.py."""

import multiprocessing
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from dataclasses import replace

import psutil
import pytest

from harness.catalog.load import PACKAGED, read_catalog
from harness.execution.engines import RemoteEngine, close_machines
from harness.execution.machine import Machine
from harness.execution.plan import Reader, make_plan
from harness.execution.scheduler import run_plan
from harness.execution.worker_pool import Settings
from harness.processes.limits import Limits
from harness.results.judgement import judge_outcomes
from tests.conftest import PATIENCE

pytestmark = pytest.mark.tensorflow

CHOSEN = (
    "dead-relu-head",
    "get-config-drops-argument",
    "groups-keyword",
    "scaler-refitted",
    "raw-tf-variable",
    "custom-relu-shadowed",
)
SETTINGS = Settings(Limits())


def compare_by(records):
    """What must not depend on where a plan was carried out."""
    return {
        (each["scenario"], each["path"]): (each["verdict"], each["statistics"], each["judgement"])
        for each in records
    }


class Cluster:
    """A scheduler and two workers, each a process of its own."""

    def __init__(self, start, folder):
        self.start, self.address = start, folder / "scheduler.json"
        self.scheduler = self.launch("scheduler", "--host", "127.0.0.1", "--port", "0")
        self.workers = [
            self.launch(
                "worker",
                "--nthreads",
                "1",
                "--no-nanny",
                "--local-directory",
                folder / f"worker-{number}",
            )
            for number in range(2)
        ]

    def launch(self, role, *options):
        command = [
            sys.executable,
            "-m",
            f"distributed.cli.dask_{role}",
            "--no-dashboard",
            "--scheduler-file",
            self.address,
            *options,
        ]
        return self.start(list(map(str, command)))

    def find_address(self):
        """Wait until both workers have joined; return the scheduler's address."""
        from distributed import Client

        deadline = time.monotonic() + PATIENCE
        while not self.address.exists():
            assert time.monotonic() < deadline, "the scheduler never came up"
            time.sleep(0.1)
        with Client(scheduler_file=str(self.address), set_as_default=False) as client:
            client.wait_for_workers(2, timeout=PATIENCE)
            return client.scheduler.address


@pytest.fixture
def cluster(tmp_path, cli):
    """A real cluster that does not outlive the test."""
    started = []
    temporary = tmp_path / "temporary"
    temporary.mkdir()

    def start(command):
        started.append(
            subprocess.Popen(
                command,
                cwd=tmp_path,
                env=cli.environment({"TMPDIR": str(temporary)}),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        return started[-1]

    yield Cluster(start, tmp_path)
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.long
def test_a_cluster_that_loses_a_worker_gives_what_this_machine_gives(cli, cluster, start):
    cli("run", *CHOSEN, "--no-timing").assert_ran(0)
    running = start("run", *CHOSEN, "--executor", "dask", "--scheduler", cluster.find_address())
    running.wait_for(lambda: running.said().count("/") >= 3)
    cluster.workers[0].send_signal(signal.SIGKILL)
    ended = running.end()
    ended.assert_ran(0)
    assert cluster.workers[0].wait() == -signal.SIGKILL
    here, there = cli.outcomes(1), cli.outcomes(2)
    assert len(here) > len(CHOSEN)
    assert compare_by(there) == compare_by(here)


@pytest.mark.long
def test_a_scheduler_that_dies_ends_the_run_and_makes_up_no_outcome(cli, cluster, start):
    running = start("run", *CHOSEN, "--executor", "dask", "--scheduler", cluster.find_address())
    running.wait_for(lambda: running.said().count("/") >= 2)
    cluster.scheduler.send_signal(signal.SIGKILL)
    ended = running.end()
    assert ended.code == 3
    assert "Traceback" not in ended.stderr
    assert "run --resume" in ended.stderr
    records = cli.outcomes()
    assert records
    assert "crash" not in {record["verdict"] for record in records}


@pytest.mark.long
def test_a_cluster_that_does_not_answer_is_a_sentence(cli):
    ended = cli("run", CHOSEN[0], "--executor", "dask", "--scheduler", "tcp://127.0.0.1:9")
    ended.assert_refused(3, "no Dask scheduler answers at tcp://127.0.0.1:9", "dask worker")
    assert "There are no runs" in cli("runs").stdout


class Client:
    """A run on the cluster, from a folder of its own."""

    def __init__(self, cli, address, *options):
        cli.folder.mkdir()
        self.cli = cli
        self.running = cli.start("run", *options, "--executor", "dask", "--scheduler", address)

    def wait_for_outcomes(self, number=1):
        self.running.wait_for(lambda: self.running.said().count("/") >= number)


@pytest.mark.long
@pytest.mark.parametrize(
    ("options", "number"),
    [
        pytest.param(["--memory-limit", "3000"], signal.SIGINT, id="other settings, Ctrl-C"),
        pytest.param([], signal.SIGKILL, id="equal settings, kill -9", marks=pytest.mark.study),
    ],
)
def test_a_client_that_ends_leaves_another_ones_run_alone_and_nothing_behind(
    cli, make_cli, cluster, tmp_path, options, number
):
    cli("run", *CHOSEN[:3], "--no-timing").assert_ran(0)
    address = cluster.find_address()
    ending = Client(make_cli(tmp_path / "ending"), address, *CHOSEN, "--seeds", "20", *options)
    ending.wait_for_outcomes()
    staying = Client(make_cli(tmp_path / "staying"), address, *CHOSEN[:3])
    try:
        staying.wait_for_outcomes()
        ended = ending.running.end(number)
        assert ended.code == (130 if number == signal.SIGINT else -number)
        assert "Traceback" not in ended.stderr
        staying.running.end().assert_ran(0)
    finally:
        for client in (ending, staying):
            client.running.process.kill()
            client.running.process.wait()
    assert compare_by(staying.cli.outcomes()) == compare_by(cli.outcomes())
    assert "crash" not in {record["verdict"] for record in ending.cli.outcomes()}
    children = [
        child
        for worker in cluster.workers
        for child in psutil.Process(worker.pid).children(recursive=True)
    ]
    _, alive = psutil.wait_procs(children, timeout=PATIENCE)
    assert [child.cmdline() for child in alive] == []
    deadline = time.monotonic() + PATIENCE
    while left := list((tmp_path / "temporary").glob("restorebench-*")):
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


def carry_out(executor, ids, width=1):
    """Carry out the plan of these scenarios on an executor; return the outcomes, judged."""
    engine = RemoteEngine(executor, SETTINGS, width)
    environment = engine.submit(Machine.describe, "").result()
    scenarios = read_catalog(PACKAGED).select(ids)
    plan = make_plan(scenarios, environment, [Reader(environment, ("CPU:0",))])
    outcomes = [outcome for outcome, _ in run_plan(plan, engine)]
    judge_outcomes(outcomes)
    return outcomes


def test_a_pool_of_processes_carries_out_the_same_plan():
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        outcomes = carry_out(pool, CHOSEN[:1])
        pool.submit(close_machines).result()
    assert [outcome.judgement for outcome in outcomes] == ["expected"] * 3


class Here(Executor):
    """Carries out a task at once, and damages what one path is to read."""

    def submit(self, call):
        future = Future()
        settings, method, *arguments = call.args
        if method is Machine.restore and arguments[0].key.path == "restore_fixed_saved_statistics":
            task, saved = arguments
            files = bytearray(saved.bundle.files)
            files[len(files) // 2] ^= 1
            bundle = replace(saved.bundle, files=bytes(files))
            arguments = (task, replace(saved, bundle=bundle))
        future.set_result(call.func(settings, method, *arguments))
        return future


def test_an_artifact_damaged_on_its_way_is_never_as_declared():
    try:
        outcomes = {each.path: each for each in carry_out(Here(), CHOSEN[:1])}
    finally:
        close_machines()
    damaged = outcomes["restore_fixed_saved_statistics"]
    assert (damaged.verdict, damaged.judgement) == ("error", "changed")
    assert damaged.error.type == "BundleDamaged"
    assert outcomes["restore_broken"].judgement == "expected"
