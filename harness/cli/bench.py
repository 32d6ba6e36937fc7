"""`bench`: is one TensorFlow slower than another?"""

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.bench_checks import check_bench_request, choose_environments
from harness.cli.bench_compare import compare_with_baseline
from harness.cli.bench_options import (
    DeviceOption,
    HtmlOption,
    PairsOption,
    PriorityOption,
    ResumeOption,
    RunArgument,
    SeedOption,
    WorkloadOption,
    absolute,
    split_names,
)
from harness.cli.commands import Command, Group
from harness.cli.options import (
    DEFAULT_REPORTS,
    ON_GITHUB,
    AnnotationsOption,
    FormatOption,
    JUnitOption,
    ReportsOption,
    read_seconds,
)
from harness.cli.printer import JsonOption, Printer
from harness.cli.releases_option import TensorFlowOption
from harness.cli.terminal import choose_layout
from harness.errors import UsageError
from harness.files import check_can_write
from harness.program import command_line, is_number

if TYPE_CHECKING:
    from harness.bench.request import BenchRequest
    from harness.bench.store import BenchStore, SavedRun
    from harness.report.layout import Layout

PAIR = "pair"  # the command that is meant where none is named
SELFTEST_WORKLOADS = ("dense/function", "dense/call", "dense/predict_on_batch")


class BenchGroup(Group):
    """`bench A B` is `bench pair A B`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments; put the command's name where it is left out."""
        if args and args[0] not in {*self.commands, "-h", "--help"}:
            args = [PAIR, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(cls=BenchGroup, invoke_without_command=True)


@app.callback()
def show_help(context: typer.Context) -> None:
    """Say whether one TensorFlow is slower than another: bench 2.20 2.21

    Exit codes: 0 nothing is slower, 1 slower, 4 changed predictions, 5 undecided, 6 nothing
    measured, 7 a control failed.
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command(PAIR, cls=Command)
def compare_environments(
    environments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[A B]", help="Releases or interpreters; the same twice is a test."),
    ] = None,
    releases: TensorFlowOption = None,
    workloads: WorkloadOption = None,
    model: Annotated[
        Path | None, typer.Option("--model", metavar="FILE", help="Time your own saved model.")
    ] = None,
    inputs: Annotated[
        Path | None,
        typer.Option(
            "--inputs", metavar="FILE.npy", help="What your model is fed (.npz: by name)."
        ),
    ] = None,
    code: Annotated[
        Path | None,
        typer.Option("--code", metavar="FILE.py", help="The classes that your model needs."),
    ] = None,
    device: DeviceOption = "cpu",
    trust: Annotated[bool, typer.Option("--trust", help="Load what may run code.")] = False,
    pairs: PairsOption = None,
    seed: SeedOption = None,
    time_limit: Annotated[
        float,
        typer.Option(metavar="SECONDS", help="For a block of calls.", parser=read_seconds),
    ] = 120.0,
    priority: PriorityOption = False,
    resume: ResumeOption = False,
    style: FormatOption = "simple",
    json_file: JsonOption = None,
    junit_file: JUnitOption = None,
    html_file: HtmlOption = None,
    annotations: AnnotationsOption = ON_GITHUB,
    reports: ReportsOption = DEFAULT_REPORTS,
) -> None:
    """Compare two environments, or with --tf each release with its neighbour.

    Fresh pairs of processes take turns on one core until each workload is slower, faster or the
    same (within 2 %). Controls run along: A against itself, and A with 3 % injected. The word
    `pair` may be left out: bench 2.20 2.21
    """
    layout = choose_layout(style)
    printer = Printer(json_file)
    check_files(junit_file, html_file)
    from harness.bench.request import PAIRS, BenchRequest
    from harness.bench.store import BenchStore

    names = choose_environments(environments or [], releases or [])
    request = BenchRequest(
        releases=names,
        workloads=split_names(workloads),
        model=absolute(model),
        code=absolute(code),
        inputs=absolute(inputs),
        trust=trust,
        most_pairs=PAIRS if pairs is None else pairs,
        seed=seed or 0,
        time_limit=time_limit,
        priority=priority,
        device=device,
    )
    check_bench_request(request)
    store = BenchStore(reports)
    run = measure_run(store, request, resume)
    show_answers(store.open(str(run)), printer, layout, junit_file, annotations, html_file)


def check_files(*files: Path | None) -> None:
    """Raise UsageError if a file cannot be written, before hours of measuring."""
    for file in files:
        if file is not None:
            check_can_write(file)


def measure_run(store: "BenchStore", request: "BenchRequest", resume: bool) -> int:
    """Measure what is missing; return the run's number. An interruption says how to go on."""
    from harness.api import read_lessons
    from harness.bench.run import carry_out_bench
    from harness.cli.bench_progress import BenchProgress
    from harness.errors import Interrupted

    run = store.find_unfinished(request) if resume else None
    if run is None:
        run = store.start(request)
    try:
        with BenchProgress() as progress:
            carry_out_bench(store, run, read_lessons(None), progress)
    except KeyboardInterrupt:
        raise Interrupted("To go on: the same command with --resume") from None
    return run.id


def show_answers(
    saved: "SavedRun",
    printer: Printer,
    layout: "Layout",
    junit_file: Path | None,
    annotations: bool,
    html_file: Path | None = None,
    next_words: str | None = None,
) -> None:
    """Show a run's result, and leave with its exit code."""
    from harness.bench.answers import answer_run, choose_exit_code
    from harness.bench.text import describe_result

    result = answer_run(saved)
    printer.record(result)
    printer.text(describe_result(result, layout, saved.run.machine.cores or 1))
    if junit_file is not None or annotations:
        from harness.bench.junit import annotate_bench, write_bench_junit

        if junit_file is not None:
            write_bench_junit(junit_file, result)
        for command in annotate_bench(result) if annotations else ():
            typer.echo(command, err=True)
    if html_file is not None:
        from harness.bench.plot import plot_result

        try:
            for file in plot_result(saved, result, html_file):
                printer.tip(f"Written: {file}")
        except UsageError as error:  # what was measured decides the exit code
            typer.echo(error.render(), err=True)
    printer.tip(f"\nNext: {command_line(next_words or f'bench save {saved.run.id} NAME')}")
    raise typer.Exit(choose_exit_code([each.answer for each in result.comparisons]))


@app.command("selftest", cls=Command)
def run_selftest(
    environment: Annotated[
        str | None,
        typer.Argument(metavar="[RELEASE]", help="What to test with [default: this Python's]."),
    ] = None,
    workloads: WorkloadOption = None,
    device: DeviceOption = "cpu",
    pairs: PairsOption = None,
    seed: SeedOption = None,
    priority: PriorityOption = False,
    resume: ResumeOption = False,
    style: FormatOption = "simple",
    json_file: JsonOption = None,
    reports: ReportsOption = DEFAULT_REPORTS,
) -> None:
    """Measure false alarms and power on this machine, where the truth is known.

    One environment runs against itself, with 2, 3 and 5 % injected (a busy loop, an extra
    operation, extra memory traffic). The rules of asv, pytest-benchmark, pyperf and
    google-benchmark are applied to the same raw blocks.
    """
    layout = choose_layout(style)
    printer = Printer(json_file)
    from harness.bench.request import PAIRS, BenchRequest
    from harness.bench.store import BenchStore
    from harness.environments.resolve import choose_default

    name = environment or choose_default()
    request = BenchRequest(
        releases=choose_environments([name, name], []),
        workloads=split_names(workloads) or list(SELFTEST_WORKLOADS),
        most_pairs=PAIRS if pairs is None else pairs,
        seed=seed or 0,
        selftest=True,
        priority=priority,
        device=device,
    )
    check_bench_request(request)
    store = BenchStore(reports)
    run = measure_run(store, request, resume)
    show_answers(store.open(str(run)), printer, layout, None, False)


@app.command("show", cls=Command)
def show_run(
    run: RunArgument,
    style: FormatOption = "simple",
    json_file: JsonOption = None,
    junit_file: JUnitOption = None,
    html_file: HtmlOption = None,
    annotations: AnnotationsOption = ON_GITHUB,
    reports: ReportsOption = DEFAULT_REPORTS,
) -> None:
    """Compute the answers of a run from its raw blocks again, and show them."""
    layout = choose_layout(style)
    printer = Printer(json_file)
    check_files(junit_file, html_file)
    from harness.bench.store import BenchStore

    saved = BenchStore(reports).open(run)
    next_words = None if is_number(run) else f"bench compare {quote(run)} RUN"
    show_answers(saved, printer, layout, junit_file, annotations, html_file, next_words)


@app.command("save", cls=Command)
def save_run(
    run: RunArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name, or a .bench file.")],
    reports: ReportsOption = DEFAULT_REPORTS,
) -> None:
    """Keep a run with its raw blocks in one file, to be shown or compared later."""
    from harness.bench.store import BenchStore

    file = BenchStore(reports).save(run, name)
    typer.echo(f"Run {run} is saved in {file} ({file.stat().st_size / 1024:.0f} KiB).")
    typer.echo(f"Next: {command_line(f'bench show {quote(name)}')}")


app.command("compare", cls=Command)(compare_with_baseline)
