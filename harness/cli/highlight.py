"""Code in colour on a terminal."""

from collections.abc import Iterable

import typer

from harness.catalog.lesson import Block
from harness.cli.terminal import takes_colour


def print_blocks(blocks: Iterable[Block]) -> None:
    """Print blocks of text on stdout; code is coloured on a terminal, unless NO_COLOR is set."""
    if takes_colour():
        print_coloured(blocks)
    else:
        typer.echo("\n".join(block.text for block in blocks))


def print_coloured(blocks: Iterable[Block]) -> None:
    """Print blocks with their code in the terminal's own colours; the text is the same."""
    from rich.console import Console
    from rich.syntax import Syntax
    from rich.text import Text

    console = Console(highlight=False)
    for block in blocks:
        shown = Text(block.text)
        if block.language:
            syntax = Syntax(block.text, block.language, theme="ansi_dark")
            shown = syntax.highlight(block.text)
            shown.rstrip()
        console.print(shown, soft_wrap=True)
