"""The command line: one module per command, results on stdout, everything else on stderr."""

import io
import sys

import typer

from harness.errors import INTERRUPTED, UNUSABLE, RestorebenchError

# Imported here and not in `main`, since each is light: none imports numpy, let alone TensorFlow.
from harness.cli import artifact, check, explain, gpu_report, list, new, run, runs, show  # isort: skip

app = typer.Typer(
    name="restorebench",
    help="Restored Keras models that predict zeros: see each failure happen, and see it cured.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("run")(run.run)
app.command("list")(list.list_scenarios)
app.command("explain")(explain.explain)
app.command("runs")(runs.list_runs)
app.command("show")(show.show)
app.command("new")(new.new)
app.command("check")(check.check)
app.command("artifact")(artifact.artifact)
app.command("gpu-report")(gpu_report.gpu_report)


def main() -> None:
    """Run the command line; every expected failure becomes a sentence and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that lacks a character shows "?"
            stream.reconfigure(errors="replace")
    try:
        app(prog_name="python -m harness")
    except RestorebenchError as error:
        print(error.render(), file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        print(
            RestorebenchError(f"{error.filename or 'output'}: {error.strerror}").render(),
            file=sys.stderr,
        )
        sys.exit(UNUSABLE)
