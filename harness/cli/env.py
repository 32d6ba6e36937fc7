"""`env`: other TensorFlow releases, built in seconds and kept outside the repository."""

from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.cli.env_for import restore_where_written
from harness.errors import EXPECTED, UNUSABLE, EnvironmentUnusable, UsageError

app = typer.Typer(no_args_is_help=True, help="Other TensorFlow releases: build, list, remove.")
app.command("for")(restore_where_written)
BUILDERS = 2  # at once: more only wait for the disk
Names = Annotated[list[str], typer.Argument(metavar="RELEASE...", help="2.15, 2.16+legacy, ...")]
With = Annotated[
    list[str] | None,
    typer.Option("--with", metavar="PACKAGE", help="Another requirement: keras==3.15.1."),
]


@app.command("add")
def add(names: Names, extra: With = None) -> None:
    """Build environments; those that are there already are left as they are."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from harness.environments.build import build, python_of
    from harness.environments.releases import find_release

    releases = [find_release(name, tuple(extra or ())) for name in dict.fromkeys(names)]
    failed, ready = 0, []
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with (
        Progress(*columns, console=Console(stderr=True), transient=True) as progress,
        ThreadPoolExecutor(BUILDERS) as pool,
    ):
        pending = {pool.submit(build, release): release for release in releases}
        tasks = {each.name: progress.add_task(f"building {each.name}") for each in releases}
        for future in as_completed(pending):
            release = pending[future]
            progress.remove_task(tasks[release.name])
            try:
                folder, record = future.result()
            except EnvironmentUnusable as error:
                failed += 1
                typer.echo(error.render(), err=True)
                continue
            ready.append(folder)
            versions = record["versions"]
            typer.echo(
                f"{release.name}: TensorFlow {versions['tensorflow']}, Keras {versions['keras']},"
                f" Python {release.python}, {folder}"
            )
    typer.echo(f"{len(ready)} of {len(releases)} environments are ready.")
    if ready and extra:
        typer.echo(f"Next: python -m harness run --all --python {python_of(ready[0])}")
    elif ready:
        typer.echo(f"Next: python -m harness run --all --tf {ready[0].name}")
    raise typer.Exit(UNUSABLE if failed else EXPECTED)


@app.command("list")
def list_built(
    everything: Annotated[bool, typer.Option("--all", help="Also those to build.")] = False,
) -> None:
    """List the environments that are built, with what they take on the disk."""
    from tabulate import tabulate

    from harness.environments.build import find_cache, list_environments, measure
    from harness.environments.releases import RELEASES

    built = list_environments()
    rows = [
        [record["release"]["name"], record["versions"]["tensorflow"], record["versions"]["keras"],
         record["release"]["python"], f"{measure(find_cache() / name) / 2**30:.1f}"]
        for name, record in built
    ]  # fmt: skip
    if everything:
        there = {row[0] for row in rows}
        rows += [
            [name, "", "", release.python, ""]
            for name, release in RELEASES.items() if name not in there
        ]  # fmt: skip
    headers = ["release", "TensorFlow", "Keras", "Python", "GiB"]
    if rows:
        typer.echo(tabulate(rows, headers, disable_numparse=True))
    typer.echo(f"{len(built)} environments in {find_cache()}.")
    known = "" if everything else " (which there are: python -m harness env list --all)"
    typer.echo(f"Next: python -m harness env add 2.15{known}")


@app.command("show")
def show(name: Annotated[str, typer.Argument(metavar="RELEASE")], extra: With = None) -> None:
    """Show one environment: its interpreter and every package in it."""
    from harness.environments.build import python_of

    folder, record = find_built(name, extra)
    typer.echo(f"{record['release']['name']}, built {record['built']}")
    typer.echo(f"interpreter: {python_of(folder)}")
    typer.echo("\n".join(record["packages"]))
    typer.echo(f"Next: python -m harness run --all --tf {name}")


@app.command("remove")
def remove(names: Names, extra: With = None) -> None:
    """Remove environments; their locks stay, so that building again gives the same."""
    from harness.environments.build import remove as remove_one

    for folder, _ in [find_built(name, extra) for name in names]:  # all of them, before any goes
        remove_one(folder.name)
        typer.echo(f"Removed {folder}.")


@app.command("prune")
def prune() -> None:
    """Remove what builds that were killed have left behind."""
    from harness.environments.build import remove_leftovers

    removed = remove_leftovers()
    named = f": {', '.join(removed)}" if removed else "."
    typer.echo(f"Removed {len(removed)} unfinished builds{named}")


def find_built(name: str, extra: list[str] | None) -> tuple[Path, dict[str, Any]]:
    """Return (folder, record) of a built environment; raises UsageError with what to do."""
    from harness.environments.build import find_cache, folder_name, read_record
    from harness.environments.releases import find_release

    release = find_release(name, tuple(extra or ()))
    folder = find_cache() / folder_name(release)
    record = read_record(folder)
    if record is None:
        raise UsageError(
            f"{release.name} is not built", f"looked in {folder.parent}",
            f"python -m harness env add {name}",
        )  # fmt: skip
    return folder, record
