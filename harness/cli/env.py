"""`env`: other TensorFlow releases, built in seconds and kept outside the repository."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.commands import BROKEN_MODEL, Command, Group
from harness.cli.env_for import restore_where_written
from harness.cli.printer import JsonOption, Printer
from harness.cli.releases_option import split_releases
from harness.cli.requirements import With, print_requirements
from harness.cli.terminal import choose_layout, print_error
from harness.errors import EXPECTED, UNUSABLE, EnvironmentUnusable, UsageError, count
from harness.program import command_line

if TYPE_CHECKING:
    from harness.environments.cache import BuiltEnvironment, ImportedVersions

app = typer.Typer(cls=Group, invoke_without_command=True)
app.command("for", cls=Command, rich_help_panel=BROKEN_MODEL)(restore_where_written)
app.command("requirements", cls=Command)(print_requirements)
NAMES = "2.15, 2.15.1, 2.16+legacy, 2.20+gpu, nightly, ..."
Name = Annotated[str, typer.Argument(metavar="RELEASE|PATH", help=f"{NAMES}, or an interpreter.")]
Names = Annotated[
    list[str], typer.Argument(metavar="RELEASE...", callback=split_releases, help=NAMES)
]
AnyNames = Annotated[
    list[str] | None,
    typer.Argument(metavar="[RELEASE...]", callback=split_releases, help=NAMES),
]


@app.callback()
def show_help(context: typer.Context) -> None:
    """Build, list and remove environments with other TensorFlow releases."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command("add", cls=Command)
def add(names: Names, extra: With = None) -> None:
    """Build environments. Complete environments stay as they are; damaged ones are rebuilt.

    An interpreter that is named by its path is only checked: it is used where it is.
    """
    from harness.cli.build_progress import build_all
    from harness.environments.interpreter import find_path, is_path
    from harness.environments.releases import find_release

    paths = [name for name in dict.fromkeys(names) if is_path(name)]
    for path in paths:  # every name, before anything is built
        find_path(path)
    found = [find_release(name, tuple(extra or ())) for name in names if name not in paths]
    releases = {release.name: release for release in found}
    if paths and extra:
        raise UsageError(
            "--with can only be used with releases",
            f"the packages of {paths[0]} are never changed",
            "leave out --with",
        )
    ready = [path for path in paths if try_interpreter(path)]
    for result in build_all(list(releases.values())):
        if isinstance(result, EnvironmentUnusable):
            print_error(result)
            continue
        release, folder, built = result
        ready.append(release.name)
        typer.echo(f"{release.name}: {say_versions(built.versions)}, {folder}")
    total = len(paths) + len(releases)
    are = "is" if total == 1 else "are"
    typer.echo(f"{len(ready)} of {count(total, 'environment')} {are} ready.")
    if ready:
        typer.echo(f"Next: {suggest_run(ready[0])}")
    raise typer.Exit(EXPECTED if len(ready) == total else UNUSABLE)


def try_interpreter(path: str) -> bool:
    """Import TensorFlow with an interpreter; print the versions, or why the import fails."""
    from harness.environments.interpreter import describe_interpreter

    typer.echo(f"{path}: importing TensorFlow ...", err=True)
    try:
        where, versions, _ = describe_interpreter(path)
    except EnvironmentUnusable as error:
        print_error(error)
        return False
    typer.echo(f"{path}: {say_versions(versions)}, used where it is: {where}")
    return True


def say_versions(versions: "ImportedVersions") -> str:
    """Return the versions of an environment as text."""
    return f"TensorFlow {versions.tensorflow}, Keras {versions.keras}, Python {versions.python}"


def suggest_run(name: str) -> str:
    """Return the command that runs everything in an environment."""
    return command_line(shlex.join(["run", "--all", "--tf", name]))


@app.command("list", cls=Command)
def list_built(
    everything: Annotated[
        bool, typer.Option("--all", help="Also list releases that are not built.")
    ] = False,
    json_file: JsonOption = None,
) -> None:
    """List the environments that are built, with their size on disk."""
    from harness.environments.cache import find_cache, list_environments
    from harness.environments.releases import RELEASES
    from harness.report.layout import draw_table

    printer = Printer(json_file)
    built = [describe_built(name, record) for name, record in list_environments()]
    printer.record(built)
    rows = [
        [
            each.name,
            each.tensorflow,
            each.keras,
            each.python,
            (each.built or "")[:10],
            f"{each.bytes / 2**30:.1f}",
            "damaged" if each.damage else "complete",
        ]
        for each in built
    ]
    there = {each.name for each in built}
    if everything:
        rows += [
            [name, "", "", release.python, "", "", "not built"]
            for name, release in RELEASES.items()
            if name not in there
        ]
    headers = ["release", "TensorFlow", "Keras", "Python", "built", "GiB", "state"]
    if rows:
        printer.text(draw_table(headers, rows, choose_layout("simple"), whole=("release",)))
    printer.text(f"{count(len(built), 'environment')} in {find_cache()}.")
    damaged = [each for each in built if each.damage]
    for each in damaged:
        typer.echo(f"{each.name} is damaged: {each.damage[0]}", err=True)
    if damaged:
        printer.tip(f"Next: {suggest_repair(damaged[0])}")
    else:
        missing = [name for name in reversed(RELEASES) if name not in there]
        following = f"env add {missing[0]}" if everything and missing else "env list --all"
        printer.tip(f"Next: {command_line(following)}")


@dataclass(frozen=True)
class ListedEnvironment:
    """A row of `env list`; None for what a damaged environment does not record."""

    name: str
    tensorflow: str | None
    keras: str | None
    python: str | None
    built: str | None
    bytes: int
    interpreter: str
    damage: list[str]


def suggest_repair(damaged: ListedEnvironment) -> str:
    """Return the command that repairs an environment, or removes it if its name is incomplete."""
    known = damaged.tensorflow or damaged.name.count("-") == 0
    return command_line(shlex.join(["env", "add" if known else "remove", damaged.name]))


def describe_built(name: str, built: "BuiltEnvironment | None") -> ListedEnvironment:
    """Return an environment's row of `env list`; `bytes` counts shared files in full."""
    from harness.environments.cache import find_cache, find_damage, measure_bytes, python_of

    folder = find_cache() / name
    versions = built.versions if built else None
    return ListedEnvironment(
        name=built.release.name if built else name,
        tensorflow=versions.tensorflow if versions else None,
        keras=versions.keras if versions else None,
        python=(versions.python or built.release.python) if built and versions else None,
        built=built.built if built else None,
        bytes=(built.bytes if built else 0) or measure_bytes(folder),
        interpreter=str(python_of(folder)),
        damage=find_damage(folder),
    )


@app.command("show", cls=Command)
def show_environment(name: Name, extra: With = None, json_file: JsonOption = None) -> None:
    """Show one environment: its interpreter and every package in it."""
    from harness.environments.cache import find_damage, python_of
    from harness.environments.interpreter import describe_interpreter, is_path

    printer = Printer(json_file)
    if is_path(name):
        path, versions, packages = describe_interpreter(name)
        title = f"{say_versions(versions)}, used where it is"
    else:
        folder, built = find_built(name, extra)
        packages, name = built.packages, built.release.name
        path, title = str(python_of(folder)), f"{name}, built {built.built}"
        if damage := find_damage(folder, contents=True):
            raise EnvironmentUnusable(
                f"{name} is damaged",
                "\n".join(damage[:3]),
                command_line(f"env add {shlex.quote(name)}"),
            )
    printer.record({"name": name, "interpreter": path, "packages": packages})
    printer.text("\n".join([title, f"interpreter: {path}", *packages]))
    printer.tip(f"Next: {suggest_run(name)}")


@app.command("remove", cls=Command)
def remove_environments(
    names: AnyNames = None,
    extra: With = None,
    everything: Annotated[bool, typer.Option("--all", help="All built environments.")] = False,
) -> None:
    """Remove environments. Their pins are kept, so a new build gives the same packages."""
    from harness.environments.cache import (
        find_cache,
        list_environments,
        measure_bytes,
        remove_environment,
    )

    if bool(names) == everything:
        raise UsageError("no environments were named", "", "name environments, or give --all")
    folders = [find_cache() / name for name, _ in list_environments()] if everything else []
    folders += [find_folder(name, extra) for name in names or ()]  # all of them, before any goes
    for folder in dict.fromkeys(folders):
        size = measure_bytes(folder)
        remove_environment(folder.name)
        typer.echo(f"Removed {folder}, {size / 2**30:.1f} GiB.")
    typer.echo(f"Next: {command_line('env list')}")


@app.command("prune", cls=Command)
def prune() -> None:
    """Remove the unfinished folders of builds that were killed."""
    from harness.environments.cache import remove_leftovers

    removed = remove_leftovers()
    named = f": {', '.join(removed)}" if removed else ""
    freed = sum(removed.values()) / 2**20
    gone = count(len(removed), "unfinished build")
    typer.echo(f"Removed {gone}{named}; {freed:.0f} MiB were freed.")
    typer.echo(f"Next: {command_line('env list')}")


def find_folder(name: str, extra: list[str] | None) -> Path:
    """Return the folder of an environment, complete or damaged; raises UsageError if missing."""
    from harness.environments.cache import find_cache, folder_name, list_environments
    from harness.environments.interpreter import is_path
    from harness.environments.releases import find_release

    if is_path(name):
        raise UsageError(f"environment not built: {name}", "", command_line("env list"))
    if not extra and name in dict(list_environments()):  # a damaged one is listed by its folder
        return find_cache() / name
    release = find_release(name, tuple(extra or ()))
    folder = find_cache() / folder_name(release)
    if not folder.is_dir():
        raise UsageError(
            f"{release.name} is not built",
            f"looked in {folder.parent}",
            command_line(f"env add {shlex.quote(release.name)}"),
        )
    return folder


def find_built(name: str, extra: list[str] | None) -> tuple[Path, "BuiltEnvironment"]:
    """Return (folder, record) of an environment; raises EnvironmentUnusable without a record."""
    from harness.environments.cache import read_built

    folder = find_folder(name, extra)
    if built := read_built(folder):
        return folder, built
    raise EnvironmentUnusable(
        f"{name} is damaged",
        f"its record in {folder} cannot be read",
        command_line(f"env add {shlex.quote(name)}"),
    )
