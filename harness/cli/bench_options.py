"""Options that the commands of `bench` share."""

from pathlib import Path
from typing import Annotated

import typer

RunArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's number, its saved name, or a .bench file.")
]
HtmlOption = Annotated[
    Path | None,
    typer.Option(
        "--html", metavar="FILE.html", help="Write a page with plots; PNG and SVG beside it."
    ),
]
WorkloadOption = Annotated[
    list[str] | None,
    typer.Option(
        "--workload",
        "-w",
        metavar="NAME,...",
        help="Such as dense/function, or conv for each kind of call; with --model a kind.",
    ),
]
PairsOption = Annotated[
    int | None,
    typer.Option(
        "--pairs",
        metavar="N",
        help="Most pairs of processes, 5 or more [default: 12].",
        show_default=False,
    ),
]
SeedOption = Annotated[
    int | None,
    typer.Option(
        "--seed",
        metavar="N",
        min=1,
        help="Of block orders and memory layouts [default: the run's number].",
        show_default=False,
    ),
]
PriorityOption = Annotated[
    bool,
    typer.Option("--priority", help="Let the timed calls go before other programs (as root)."),
]
DeviceOption = Annotated[
    str, typer.Option("--device", metavar="NAME", help="Where the calls run: cpu or gpu.")
]
ResumeOption = Annotated[
    bool, typer.Option("--resume", help="Go on with an unfinished run of the same request.")
]


def split_names(words: list[str] | None) -> list[str]:
    """Return the names in words like "dense/call,conv"."""
    return [each for word in words or [] for each in word.split(",") if each]


def absolute(path: Path | None) -> str | None:
    """Return a path that means the same from any folder."""
    return None if path is None else str(path.absolute())
