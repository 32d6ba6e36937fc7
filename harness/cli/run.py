"""`run`: carry out scenarios and show their outcomes.

The work is in carry_out.py.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from harness.catalog.load import Catalog
from harness.catalog.scenario import Scenario
from harness.cli.options import (
    DEFAULT_REPORTS,
    FormatOption,
    LegacyKerasOption,
    PythonOption,
    ReportsOption,
    ScenariosOption,
    open_catalog,
    read_seconds,
    resolve_interpreter,
)
from harness.cli.printer import JsonOption, Printer
from harness.cli.releases_option import (
    ReaderOption,
    TensorFlowOption,
    WriterOption,
    adopt_releases,
    refuse_releases,
)
from harness.cli.terminal import choose_layout
from harness.errors import UsageError, advise
from harness.files import check_can_write
from harness.program import command_line

DEVICES = ("cpu", "gpu", "all")
LEAST_MEMORY = 512  # MiB; a spawned step imports TensorFlow 2.21 with about 400


def run(
    context: typer.Context,
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID...]", help="Ids of scenarios.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Run every scenario.")] = False,
    paths: Annotated[
        list[str] | None,
        typer.Option("--path", metavar="NAME", help="Run this path only: broken, ..."),
    ] = None,
    device: Annotated[
        str, typer.Option(metavar="NAME", help="cpu, gpu, or all available devices.")
    ] = "all",
    seeds: Annotated[
        int | None,
        typer.Option(min=1, max=10_000, metavar="N", help="Run seeds 0..N-1 and report rates."),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0, max=2**32 - 1, metavar="N", help="Run this seed instead of each lesson's own."
        ),
    ] = None,
    timing: Annotated[
        bool | None,
        typer.Option(
            "--timing/--no-timing", help="Time every restore [default: if there is one release]."
        ),
    ] = None,
    dose: Annotated[
        bool,
        typer.Option("--dose", help="Vary each scenario's dose, and plot how the failure grows."),
    ] = False,
    spawn: Annotated[
        bool, typer.Option("--spawn", help="Start a new process per step instead of forking.")
    ] = False,
    releases: TensorFlowOption = None,
    writers: WriterOption = None,
    readers: ReaderOption = None,
    python: PythonOption = sys.executable,
    legacy_keras: LegacyKerasOption = False,
    time_limit: Annotated[
        float, typer.Option(metavar="SECONDS", help="Time limit of a step.", parser=read_seconds)
    ] = 120.0,
    memory_limit: Annotated[
        int, typer.Option(min=LEAST_MEMORY, metavar="MIB", help="Memory that a step may allocate.")
    ] = 4096,
    style: FormatOption = "simple",
    json_file: JsonOption = None,
    benchmark_file: Annotated[
        Path | None,
        typer.Option(
            "--benchmark-json", metavar="FILE", help="Write timings in pytest-benchmark's format."
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Finish the newest unfinished run.")
    ] = False,
    executor: Annotated[
        str,
        typer.Option(metavar="NAME", help="threads (this machine), or dask (a cluster, untimed)."),
    ] = "threads",
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Address of the Dask cluster: tcp://host:8786."),
    ] = None,
    scenarios: ScenariosOption = None,
    reports: ReportsOption = DEFAULT_REPORTS,
) -> None:
    """Train, save and restore scenarios; show the verdict, error and timing of every path.

    Exit code 0: every outcome is as the scenarios declare. Exit code 1: something changed.
    """
    layout = choose_layout(style)
    ids, releases = adopt_releases(ids, releases or [])
    if readers:
        refuse_releases(ids)
    if resume:
        check_resume_alone(context)
    else:
        check_choices(ids, everything, device, seeds, seed)
    printer = Printer(json_file)
    if benchmark_file is not None:
        check_can_write(benchmark_file)
    check_places(
        releases,
        writers,
        readers,
        legacy_keras or python != sys.executable,
        executor,
        scheduler,
        bool(timing),
    )
    if timing is None:  # between releases `bench` compares, and untimed is three times as fast
        timing = not (scheduler or writers or len(releases) > 1)
    if benchmark_file and (dose or scheduler or not timing):
        raise UsageError("--benchmark-json needs timing", "", "leave out --no-timing and --dose")
    from harness.api import start_run
    from harness.cli.carry_out import carry_out, find_unfinished, report
    from harness.execution.request import RunRequest
    from harness.results.store import Store

    store = Store(reports)
    if resume:
        run_id, request = find_unfinished(store)
        catalog = open_catalog(Path(request.root) if request.root else None)
    else:
        catalog = open_catalog(scenarios)
        chosen = catalog.select(ids) if ids else list(catalog.scenarios)
        if dose:
            chosen, timing = find_dosed(chosen, catalog, bool(ids)), False
        if not chosen:
            raise UsageError(f"no scenarios in {catalog.root}", "", command_line("new my-case"))
        paths = complete_paths(paths or [])
        check_paths(paths, chosen)
        request = RunRequest(
            scenarios=[scenario.id for scenario in chosen],
            root=str(catalog.root),
            paths=paths,
            device=device,
            seeds=list(range(seeds)) if seeds else None if seed is None else [seed],
            timing=timing,
            spawn=spawn,
            interpreter=resolve_interpreter(python),
            legacy_keras=legacy_keras,
            time_limit=time_limit,
            memory_limit_mb=memory_limit,
            command=sys.argv[1:],
            doses=dose,
            releases=list(dict.fromkeys(releases)),
            writers=list(dict.fromkeys(writers or [])),
            readers=list(dict.fromkeys(readers or [])),
            scheduler=scheduler,
        )
        run_id = start_run(store, request)
    finished = carry_out(store, run_id, request, catalog, resumed=resume)
    raise typer.Exit(report(store, finished, catalog, layout, printer, benchmark_file))


def check_places(
    releases: list[str] | None,
    writers: list[str] | None,
    readers: list[str] | None,
    interpreter: bool,
    executor: str,
    scheduler: str | None,
    timing: bool,
) -> None:
    """Raise UsageError if the options for environments or executor contradict each other."""
    from harness.environments.resolve import check_name

    if bool(writers) != bool(readers):
        missing = "--reader" if writers else "--writer"
        raise UsageError(
            "--writer and --reader must be given together",
            f"{missing} is missing",
            command_line("run --all --writer 2.15 --reader 2.21"),
        )
    if releases and writers:
        raise UsageError(
            "--tf cannot be used with --writer and --reader",
            "",
            "--tf saves and restores in each release; --writer and --reader separate the two",
        )
    named = [*(releases or []), *(writers or []), *(readers or [])]
    if named and interpreter:
        raise UsageError(
            "--tf, --writer and --reader cannot be used with --python or --legacy-keras",
            "",
            "--tf also takes the path of an interpreter; for Keras 2 name 2.15 or 2.16+legacy",
        )
    for name in named:
        check_name(name)
    if executor not in ("threads", "dask"):
        raise UsageError(f"unknown executor: {executor}", *advise(executor, ["threads", "dask"]))
    if (executor == "dask") != (scheduler is not None):
        raise UsageError(
            "--executor dask and --scheduler ADDRESS must be given together",
            "",
            command_line("run --all --executor dask --scheduler tcp://127.0.0.1:8786"),
        )
    if scheduler and timing:
        raise UsageError(
            "a run on a cluster cannot be timed: its machines differ and share cores",
            "",
            "leave out --timing",
        )
    if scheduler and interpreter:
        raise UsageError(
            "--python names an interpreter of this machine, so it cannot be used with a cluster",
            "",
            "name a release: --tf 2.15",
        )


def complete_paths(paths: list[str]) -> list[str]:
    """Return the full names of paths, each once: tables leave "restore_" out."""
    from harness.api import complete_path

    return list(dict.fromkeys(map(complete_path, paths)))


def check_paths(paths: list[str], chosen: list[Scenario]) -> None:
    """Raise UsageError for a path that no chosen scenario has; names are as tables show them."""
    known = list(dict.fromkeys(path for scenario in chosen for path in scenario.paths()))
    known = [path.removeprefix("restore_") for path in known]
    for path in (each.removeprefix("restore_") for each in paths):
        if path not in known:
            named = ", ".join(known) if len(chosen) == 1 else f"{len(known)} names of paths"
            raise UsageError(f"no path is called {path}", f"known: {named}", advise(path, known)[1])


def find_dosed(chosen: list[Scenario], catalog: Catalog, named: bool) -> list[Scenario]:
    """Return the chosen scenarios that declare a dose; raises UsageError if no scenario does."""
    dosed = [scenario for scenario in chosen if scenario.dose]
    left = [scenario.id for scenario in chosen if not scenario.dose]
    if named and dosed and left:
        typer.echo(f"Left out, because they declare no dose: {', '.join(left)}", err=True)
    if not dosed:
        known = ", ".join(each.id for each in catalog.scenarios if each.dose)
        found, tip = f"scenarios with a dose: {known}", command_line("run --all --dose")
        raise UsageError("none of these scenarios declares a dose", found, tip)
    return dosed


def check_resume_alone(context: typer.Context) -> None:
    """Raise UsageError for options that a resumed run takes from its first start."""
    allowed = {"resume", "style", "json_file", "benchmark_file", "reports"}
    for parameter in context.command.params:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE" and name not in allowed:
            raise UsageError(
                "--resume continues a run with its own scenarios and options",
                f"also given: {parameter.opts[0]}",
                command_line("run --resume"),
            )


def check_choices(
    ids: list[str] | None,
    everything: bool,
    device: str,
    seeds: int | None,
    seed: int | None,
) -> None:
    """Raise UsageError if the options contradict each other or select nothing."""
    if device not in DEVICES:
        raise UsageError(f"unknown device: {device}", "", "use --device cpu, gpu or all")
    if seeds is not None and seed is not None:
        raise UsageError(
            "--seed and --seeds cannot be used together", "", "give only one of the two"
        )
    if bool(ids) == everything:
        raise UsageError(
            "give scenario ids or --all, not both" if ids else "nothing to run",
            "",
            f"{command_line('run --all')}, or: {command_line('list')}",
        )
