"""How every command reads its words and shows its help; the rest is Typer's.

Typer keeps its copy of Click private, so a context is an `Any` here.
"""

import inspect
from collections.abc import Iterator
from typing import Any

from typer.core import TyperCommand, TyperGroup

OTHERS = "Commands"
# Sections of the help, by what brings somebody here.
BROKEN_MODEL = "If your model is broken"
LESSONS = "To see failures happen"
RELEASES = "To compare TensorFlow releases"
CONTRIBUTION = "To add a failure of your own"


class Command(TyperCommand):
    """A command whose `--json` takes a FILE or none, which Typer's options cannot say."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words of the command."""
        return super().parse_args(ctx, complete_json(args))

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return what a command takes, for its usage line: MODEL, where Typer writes {MODEL}."""
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]


class Group(TyperGroup):
    """Commands in the sections that `rich_help_panel` names, no sentence of them cut off."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """Write the sections; a command of a group within is listed where it names one of them."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, command in walk_commands(self):
            section = getattr(command, "rich_help_panel", None) or OTHERS
            if " " not in name or section != OTHERS:
                sections.setdefault(section, []).append((name, summarize_help(command)))
        for section, rows in sections.items():
            with formatter.section(section):
                formatter.write_dl(rows)


def walk_commands(group: TyperGroup, before: str = "") -> Iterator[tuple[str, Any]]:
    """Return the commands of a group that are not hidden, and of the groups within."""
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

    A word that follows is the FILE where it ends in `.json`, or is `-`; any other is left to the
    command, as in `list --json zeros`. A file of another name is `--json=FILE`.
    """
    completed = list(arguments)
    for place, (word, following) in enumerate(zip(arguments, [*arguments[1:], ""], strict=False)):
        if word == "--":
            break
        if word == "--json" and not (following == "-" or is_json_name(following)):
            completed[place] = "--json=-"
    return completed


def is_json_name(word: str) -> bool:
    """Say whether a word is taken for the name of a JSON file."""
    return word.endswith(".json") and not word.startswith("-")
