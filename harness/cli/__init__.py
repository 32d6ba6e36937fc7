"""The command line: one module per command, results on stdout, everything else on stderr."""

import io
import sys
from typing import Annotated

import typer
from typer._click.exceptions import ClickException

from harness import __version__
from harness.cli.options import spread_releases
from harness.errors import EXPECTED, INTERRUPTED, UNUSABLE, RestorebenchError
from harness.program import program_name

# Imported here and not in `main`, since each is light: none imports numpy, let alone TensorFlow.
from harness.cli import (  # isort: skip
    artifact,
    check,
    diff,
    env,
    explain,
    gpu_report,
    index,
    list,
    new,
    requirements,
    run,
    runs,
    search,
    show,
)

app = typer.Typer(
    name="restorebench",
    no_args_is_help=True,
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def describe(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Restored Keras models that predict zeros: see each failure happen, and see it cured."""
    if version:
        typer.echo(f"restorebench {__version__}")
        raise typer.Exit


app.command("run")(run.run)
app.command("list")(list.list_scenarios)
app.command("search")(search.search)
app.command("explain")(explain.explain)
app.command("runs")(runs.list_runs)
app.command("show")(show.show)
app.command("diff")(diff.diff)
app.command("new")(new.new)
app.command("check")(check.check)
app.command("artifact")(artifact.artifact)
app.command("index")(index.index)
app.command("requirements")(requirements.print_requirements)
app.add_typer(env.app, name="env")
app.command("gpu-report")(gpu_report.gpu_report)


def main() -> None:
    """Run the command line; every expected failure becomes a sentence and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that lacks a character shows "?"
            stream.reconfigure(errors="replace")
    sys.exit(call_app())


def call_app() -> int:
    """Carry out the command line; return its exit code, having said what went wrong."""
    try:
        arguments = spread_releases(sys.argv[1:])
        code = app(arguments, prog_name=program_name(), standalone_mode=False)
        return code if isinstance(code, int) else EXPECTED
    except RestorebenchError as error:
        print(error.render(), file=sys.stderr)
        return error.exit_code
    except ClickException as error:  # an option that is unknown, lacks its value, ...
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED
    except SystemExit as error:
        if isinstance(error.__context__, BrokenPipeError):  # `| head` has seen enough
            return EXPECTED
        raise
    except OSError as error:
        said = f"{error.filename or 'output'}: {error.strerror}"
        print(RestorebenchError(said).render(), file=sys.stderr)
        return UNUSABLE
