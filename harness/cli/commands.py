"""How every command reads its arguments and shows its help.

Typer does the rest.

Typer keeps its copy of Click private, so a context is an `Any` here.
"""

import inspect
from collections.abc import Iterator
from typing import Any

from typer.core import TyperCommand, TyperGroup

from harness.program import TAKERS, remember_folders

OTHERS = "Commands"
# Sections of the help, by the reader's purpose.
BROKEN_MODEL = "If your model is broken"
LESSONS = "To see failures happen"
RELEASES = "To compare TensorFlow releases"
CONTRIBUTION = "To add a failure of your own"


class Command(TyperCommand):
    """A command whose `--json` takes a FILE or none, which Typer's options cannot say."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the command's arguments."""
        return super().parse_args(ctx, complete_json(args))

    def invoke(self, ctx: Any) -> Any:
        """Carry out the command; its tips name the folders that it was given."""
        remember_folders({name: ctx.params.get(name.removeprefix("--")) for name in TAKERS})
        try:
            return super().invoke(ctx)
        finally:
            remember_folders({})

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return a command's usage line, with MODEL instead of Typer's {MODEL}."""
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]


class Group(TyperGroup):
    """Commands in the sections that `rich_help_panel` names, no sentence of them cut off."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """Write the sections; a command inside a group is listed if it names a section."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, command in walk_commands(self):
            section = getattr(command, "rich_help_panel", None) or OTHERS
            if " " not in name or section != OTHERS:
                sections.setdefault(section, []).append((name, summarize_help(command)))
        for section, rows in sections.items():
            with formatter.section(section):
                formatter.write_dl(rows)


def walk_commands(group: TyperGroup, before: str = "") -> Iterator[tuple[str, Any]]:
    """Return the visible commands of a group and of the groups inside it."""
    for name, command in group.commands.items():
        if not command.hidden:
            yield before + name, command
        if isinstance(command, TyperGroup):
            yield from walk_commands(command, f"{before}{name} ")


def summarize_help(command: Any) -> str:
    """Return the first line of a command's help, as it was written."""
    return inspect.cleandoc(command.help or "").partition("\n")[0]


def complete_json(arguments: list[str]) -> list[str]:
    """Turn a `--json` that no FILE follows into `--json=-`.

    A following word is the FILE if it ends in `.json` or is `-`. Any other word belongs to the
    command, as in `list --json zeros`. A FILE with another name is written `--json=FILE`.
    """
    completed = list(arguments)
    for place, (word, following) in enumerate(zip(arguments, [*arguments[1:], ""], strict=False)):
        if word == "--":
            break
        if word == "--json" and not (following == "-" or is_json_name(following)):
            completed[place] = "--json=-"
    return completed


def is_json_name(word: str) -> bool:
    """Return whether a word is taken as the name of a JSON file."""
    return word.endswith(".json") and not word.startswith("-")
