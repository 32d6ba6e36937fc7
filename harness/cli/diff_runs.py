"""The sides of `diff RUN_A RUN_B`: which readers of the runs are compared."""

from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote

import typer

from harness.cli.options import use_scenarios_of
from harness.errors import UsageError, advise
from harness.program import command_line, is_number
from harness.report.releases import name_releases
from harness.results.compare import Side
from harness.results.json_files import ResultFile, read_result_file
from harness.results.outcome import OutcomeKey
from harness.results.run import RunEnvironment
from harness.results.store import Store
from harness.verdicts.statistics import Array

Pairs = list[tuple[Side, Side]]
UNKNOWN = RunEnvironment(tensorflow="?", keras=None)  # of a file that names no environment


@dataclass(frozen=True)
class Source:
    """A run from which a side is taken; `word` is the run's name as the user typed it."""

    word: str
    document: ResultFile
    predictions: dict[OutcomeKey, Array] = field(default_factory=dict)

    def readers(self) -> dict[str, str]:
        """Return the environments that restored, by their label in tables."""
        restored = {each.reader for each in self.document.outcomes}
        readers: dict[str, str] = {}
        for name, label in name_releases(self.document).items():
            if name in restored:
                readers[name if label in readers else label] = name
        return readers

    def take_side(self, label: str, ambiguous: bool) -> Side:
        """Return the outcomes of one reader; the run's name completes an `ambiguous` label."""
        name = self.readers()[label]
        environments = self.document.environments
        found = [each for each in environments if each.name == name]
        environment = (found or environments or [UNKNOWN])[0]
        outcomes = [each for each in self.document.outcomes if each.reader == name]
        spelled = f"{label} ({self.word})" if ambiguous else label
        return Side(
            spelled, environment, self.document.machine, outcomes, self.predictions, self.word
        )


def read_source(word: str, reports: Path) -> Source:
    """Read a run by its number, or a result file; raises UsageError if it does not exist."""
    if not is_number(word):
        return Source(word, read_result_file(Path(word)))
    store = Store.open_existing(reports)
    try:
        run = store.load(int(word))
        predictions = store.load_predictions(run.id)
    finally:
        store.close()
    use_scenarios_of(run.request)
    if not run.outcomes:
        raise UsageError(f"run {word} has no outcomes", "", command_line("runs"))
    if run.finished is None:
        typer.echo(f"Run {word} is unfinished: its missing paths count as not run.", err=True)
    document = ResultFile(environments=run.environments, machine=run.machine, outcomes=run.outcomes)
    return Source(f"run {word}", document, predictions)


def pair_sides(
    words: list[str], reader_a: str | None, reader_b: str | None, reports: Path
) -> Pairs:
    """Return the sides to compare of one or two runs; raises UsageError if they are not clear.

    Two runs with one reader each: these two readers. Two runs with the same readers: each reader
    with itself. One run with two readers: the first with the second. In every other case the user
    must name the readers.
    """
    a, *others = (read_source(word, reports) for word in words)
    b = others[0] if others else a
    for source in (a, b):
        if not source.readers():
            raise UsageError(f"{source.word} has no outcomes to compare", "", "run it again")
    if reader_a or reader_b:
        chosen = [(find_reader(a, reader_a, "a"), find_reader(b, reader_b, "b"))]
    elif not others:
        if len(a.readers()) == 1:
            raise UsageError(
                "a second run is missing, to compare with",
                f"{a.word} has one environment: {next(iter(a.readers()))}",
                suggest_second(words[0], reports),
            )
        if len(a.readers()) != 2:
            raise ask_for_readers(a, a)
        first, second = a.readers()
        chosen = [(first, second)]
    elif len(a.readers()) == len(b.readers()) == 1:
        chosen = [(next(iter(a.readers())), next(iter(b.readers())))]
    elif a.readers().keys() == b.readers().keys():
        chosen = [(label, label) for label in a.readers()]
    else:
        raise ask_for_readers(a, b)
    pairs = [
        (a.take_side(one, one == other), b.take_side(other, one == other)) for one, other in chosen
    ]
    for side_a, side_b in pairs:
        check_same_question(side_a, side_b)
    return pairs


def suggest_second(word: str, reports: Path) -> str:
    """Return the command that compares a run with the newest other run, or makes another run."""
    kept = Store.open_existing(reports).list_runs() if Store.exists(reports) else []
    others = [run.id for run in kept if run.finished and str(run.id) != word]
    return command_line(f"diff {quote(word)} {others[0]}" if others else "run --all")


def check_same_question(a: Side, b: Side) -> None:
    """Raise UsageError if the two sides restored files of different writers."""
    writers = [find_writers(side) for side in (a, b)]
    both_own = all(side.environment.name in find_writers(side) for side in (a, b))
    if writers[0] != writers[1] and not both_own and all(writers):
        raise UsageError(
            "the two sides restored files that different releases saved",
            "\n".join(
                f"{side.label}: saved by {', '.join(sorted(find_writers(side)))}" for side in (a, b)
            ),
            "compare two runs with --tf, or two runs with the same --writer",
        )


def find_writers(side: Side) -> set[str]:
    """Return the environments that saved files for this reader, without committed files."""
    writers = {each.writer for each in side.outcomes if each.verdict != "skip"}
    return {each for each in writers if "+" in each}


def ask_for_readers(a: Source, b: Source) -> UsageError:
    """Return the error that lists the readers to choose from."""
    sources = [a] if a is b else [a, b]
    return UsageError(
        "it is not clear which environments to compare",
        "\n".join(f"{each.word} has {', '.join(each.readers())}" for each in sources),
        "name one of each: --reader-a NAME --reader-b NAME",
    )


def find_reader(source: Source, wanted: str | None, side: str) -> str:
    """Return the label of the reader called `wanted`: release, TensorFlow's version or full name.

    None means the only reader. Raises UsageError if there is no such reader, or if there are
    several.
    """
    readers = source.readers()
    if wanted is None and len(readers) == 1:
        return next(iter(readers))
    if wanted is None:
        raise UsageError(
            f"{source.word} has several readers: {', '.join(readers)}",
            "",
            f"name one: --reader-{side} {next(iter(readers))}",
        )
    versions = {each.name: each.tensorflow for each in source.document.environments}
    for label, name in readers.items():
        if wanted in (label, name, versions.get(name)):
            return label
    raise UsageError(f"{source.word} has no reader {wanted}", *advise(wanted, list(readers)))
