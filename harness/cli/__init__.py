"""The command line: one module per command, results on stdout, everything else on stderr."""

import contextlib
import os
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from harness import __version__
from harness.cli.commands import BROKEN_MODEL, CONTRIBUTION, LESSONS, RELEASES, Command, Group
from harness.cli.streams import prepare_streams
from harness.cli.terminal import print_error
from harness.errors import EXPECTED, INTERRUPTED, UNUSABLE, Interrupted, RestorebenchError
from harness.program import program_name

# Imported here and not in `main`, since each is light: none imports numpy, let alone TensorFlow.
from harness.cli import (  # isort: skip
    artifact,
    bench,
    check,
    diagnose,
    diff,
    doctor,
    env,
    explain,
    gpu_report,
    index,
    learn,
    list,
    new,
    requirements,
    rescue,
    run,
    runs,
    seal,
    search,
    show,
    verify,
)

app = typer.Typer(
    name="restorebench",
    cls=Group,
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,  # Rich would take longer to import than `list` takes
)


@app.callback()
def start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Find out why a restored Keras model predicts zeros: see each failure, and its cure."""
    if version:
        typer.echo(f"restorebench {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


def add(name: str, function: Callable[..., None], section: str, hidden: bool = False) -> None:
    """Register a function as a command in a section of the help."""
    app.command(name, cls=Command, rich_help_panel=section, hidden=hidden)(function)


add("diagnose", diagnose.diagnose, BROKEN_MODEL)
add("search", search.search, BROKEN_MODEL)
add("explain", explain.explain, BROKEN_MODEL)
add("list", list.list_scenarios, LESSONS)
app.add_typer(learn.app, name="learn", rich_help_panel=LESSONS)
add("doctor", doctor.doctor, LESSONS)
add("run", run.run, LESSONS)
add("runs", runs.list_runs, LESSONS)
add("show", show.show, LESSONS)
add("rescue", rescue.rescue, BROKEN_MODEL)
add("seal", seal.seal, BROKEN_MODEL)
add("verify", verify.verify, BROKEN_MODEL)
app.add_typer(env.app, name="env", rich_help_panel=RELEASES)
add("diff", diff.diff, RELEASES)
app.add_typer(bench.app, name="bench", rich_help_panel=RELEASES)
add("gpu-report", gpu_report.gpu_report, RELEASES)
add("new", new.new, CONTRIBUTION)
add("check", check.check, CONTRIBUTION)
add("artifact", artifact.artifact, CONTRIBUTION)
add("index", index.index, CONTRIBUTION)
add("requirements", requirements.print_requirements_as_before, RELEASES, hidden=True)


def main() -> None:
    """Run the command line; an expected failure ends in a sentence and an exit code."""
    prepare_streams()
    code = call_app()
    if code == INTERRUPTED:
        leave(code)
    sys.exit(code)


def leave(code: int) -> None:
    """End this process now, and wait for none of its threads.

    Ctrl-C may reach the main thread while it holds the lock of a future. The thread that carries
    the future out then waits for the lock for ever, and the interpreter would wait for the thread.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # nobody reads it any more
            stream.flush()
    os._exit(code)


def call_app() -> int:
    """Carry out the command line; print what went wrong, and return the exit code."""
    try:
        code = app(prog_name=program_name(), standalone_mode=False)
        if code == INTERRUPTED:  # so Typer ends a command that Ctrl-C has reached, without a word
            raise Interrupted
        return code if isinstance(code, int) else EXPECTED
    except RestorebenchError as error:
        print_error(error)
        return error.exit_code
    except typer.TyperException as error:  # an option that is unknown, lacks its value, ...
        context = getattr(error, "ctx", None)
        tip = f"{context.command_path if context else program_name()} --help"
        problem = error.format_message().removesuffix(".")
        print_error(RestorebenchError(problem, tip=tip))
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        print_error(Interrupted())
        return INTERRUPTED
    except OSError as error:
        said = f"{error.filename or 'output'}: {error.strerror or error}"
        print_error(RestorebenchError(said))
        return UNUSABLE
