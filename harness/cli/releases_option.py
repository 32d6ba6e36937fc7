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

    A value is split at its commas if each part looks like a release.

    Commas in "2.16 with keras>=3,<4" and in an existing path stay.
    """
    releases = []
    for value in values or []:
        parts = [part.strip() for part in value.split(",") if part.strip()]
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


def refuse_releases(words: list[str], option: str) -> None:
    """Raise UsageError for the syntax of version 0.3 if a word may belong to several options."""
    named = [word for word in words if names_release(word)]
    if named:
        raise UsageError(
            f"{named[0]} is a release, not a scenario",
            "",
            f"write several releases without blanks: {option} 2.15,2.21",
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
