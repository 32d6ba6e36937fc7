"""Options that name releases: `--tf 2.15,2.21`, or the option repeated for each release."""

import re
from pathlib import Path
from typing import Annotated

import typer

from harness.errors import UsageError

RELEASE = re.compile(r"(\d+\.\d+|nightly|this\b)\S*( with .+)?|\S+\+legacy|.*[/\\].*")


def names_release(word: str) -> bool:
    """Return whether a word looks like a release, or like the path of an interpreter."""
    return RELEASE.fullmatch(word) is not None


def split_releases(values: list[str] | None) -> list[str]:
    """Return every release.

    The commas of "2.16 with keras>=3,<4" and of a path that is there stay. Raises UsageError for a
    value that names none: "" is this interpreter to the rest of the program.
    """
    releases = []
    for value in values or []:
        parts = [part.strip() for part in value.split(",") if part.strip()]
        if not parts:
            raise UsageError("a release is missing", f"given: {value!r}", "as in --tf 2.15,2.21")
        splits = all(map(names_release, parts)) and not Path(value).exists()
        releases += parts if splits else [value]
    return releases


def adopt_releases(words: list[str] | None, releases: list[str]) -> tuple[list[str], list[str]]:
    """Return (words, releases); the syntax of version 0.3 still works: `--tf 2.15 2.21`."""
    named = [word for word in words or [] if releases and names_release(word)]
    if named:
        form = ",".join([*releases, *named])
        typer.echo(
            f"Several releases are now written without blanks. Please write: --tf {form}", err=True
        )
    return [word for word in words or [] if word not in named], [*releases, *split_releases(named)]


def refuse_releases(words: list[str]) -> None:
    """Raise UsageError for the form of 0.3 where --writer or --reader might have been meant."""
    named = [word for word in words if names_release(word)]
    if named:
        raise UsageError(
            f"{named[0]} is a release, not a scenario",
            "",
            "several releases are one word, as in --writer 2.15,2.16 --reader 2.20,2.21",
        )


TensorFlowOption = Annotated[
    list[str] | None,
    typer.Option(
        "--tf",
        metavar="RELEASE,...",
        callback=split_releases,
        help="Releases (see `env`). Missing releases are built.",
    ),
]
WriterOption = Annotated[
    list[str] | None,
    typer.Option(
        "--writer",
        metavar="RELEASE,...",
        callback=split_releases,
        help="Train and save in these releases, for --reader.",
    ),
]
ReaderOption = Annotated[
    list[str] | None,
    typer.Option(
        "--reader",
        metavar="RELEASE,...",
        callback=split_releases,
        help="Restore in these releases what --writer saved.",
    ),
]
