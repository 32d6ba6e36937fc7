"""The key c of `learn`: shows the next case of `learn find`; the next letter is its answer."""

from dataclasses import dataclass
from pathlib import Path

import typer

from harness.catalog.load import Catalog, read_catalog
from harness.cli.learn_find import (
    FOLDER,
    choose_next,
    keep_answer,
    prepare_with,
    show_case,
    show_feedback,
    show_score,
)
from harness.cli.learn_show import open_progress
from harness.cli.waiting import show_progress
from harness.course.cases import LETTERS, Case
from harness.errors import RestorebenchError
from harness.processes.step import Worker


@dataclass(frozen=True)
class OpenCase:
    """A case that is shown and waits for a letter; its files are in `place`."""

    case: Case
    place: Path
    catalog: Catalog

    @property
    def letters(self) -> str:
        """The letters that answer it."""
        return LETTERS[: len(self.case.choices)]

    def ask(self) -> None:
        """Say which keys count now."""
        typer.echo(f"Press a letter from a to {self.letters[-1]}, or Enter to answer later.")


def open_next(folder: Path, worker: Worker) -> OpenCase | None:
    """Show the next case that is not answered; None where there is none, or none can be made."""
    catalog = read_catalog()
    case = choose_next(open_progress(folder))
    if case is None:
        show_score(open_progress(folder))
        typer.echo("Every case is answered.")
        return None
    place = folder / FOLDER / case.id
    if not place.is_dir():
        try:
            with show_progress("making the case"):
                case, place = prepare_with(worker, folder, case, catalog, named=False)
        except RestorebenchError as error:
            typer.echo(error.render())
            return None
    typer.echo()
    show_case(case, place, catalog, open_progress(folder))
    opened = OpenCase(case, place, catalog)
    opened.ask()
    return opened


def take_key(folder: Path, opened: OpenCase, key: str) -> OpenCase | None:
    """Judge the answer that a key gives, or ask again; return the case as long as it is open."""
    letter = key.lower()
    if letter.isspace():
        typer.echo("The case waits: press c to see it again.")
        return None
    if letter not in opened.letters:
        opened.ask()
        return opened
    choice = opened.case.choices[opened.letters.index(letter)]
    keep_answer(folder, opened.case, choice)
    show_feedback(opened.case, choice, opened.place, opened.catalog)
    show_score(open_progress(folder))
    return None
