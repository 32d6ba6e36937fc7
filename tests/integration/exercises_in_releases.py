"""The author's gate of every exercise in other releases: writes reports/exercises-in-releases.md.

python -m tests.integration.exercises_in_releases KEPT.jsonl RELEASE...

TensorFlow is imported once for each release, whose processes fork; releases run side by side. What
came of each exercise is kept in KEPT.jsonl, and is not tried again: so a run that was killed goes
on.
"""

import datetime
import functools
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
from tabulate import tabulate

from harness.catalog.load import read_catalog
from harness.course import checking, models
from harness.course.checking import Checker, open_checker
from harness.course.gate import explain_misfit, find_failures, list_working
from harness.course.table import EXERCISES, Exercise
from harness.environments.resolve import open_environment
from harness.processes.limits import Limits
from tests.conftest import REPOSITORY

draw = functools.partial(tabulate, tablefmt="github", disable_numparse=True)  # 2.10 is not 2.1
REPORT = REPOSITORY / "reports" / "exercises-in-releases.md"
CATALOG = read_catalog()
HEAD = """# The exercises of the course in other releases

Measured on {day}, CPU only, two cores, other work beside it. The script of each exercise
failed as its scenario declares, and each solution passed, each with a model of a seed drawn then.
The number in brackets says how many solutions work in that release. `learn init` leaves out what
says "no". An empty cell was not tried.

```
python -m tests.integration.exercises_in_releases kept.jsonl {releases}
```

{packages}

{table}

{told}
"""


class Tried(msgspec.Struct, frozen=True):
    """What came of one exercise in one release: "yes (2)", or "no: " or "FAILS: " and why."""

    release: str
    packages: str
    exercise: str
    said: str


def try_release(release: str, kept: Path, done: list[Tried]) -> None:
    """Run the gate of every exercise in a release that was not tried there."""
    tried = {each.exercise for each in done if each.release == release}
    with open_checker(open_environment(release)) as checker:
        facts = checker.worker.describe()
        packages = f"TensorFlow {facts.tensorflow}, Keras {facts.keras}, Python {facts.python}"
        for exercise in EXERCISES:
            if exercise.id not in tried:
                found = Tried(release, packages, exercise.id, try_exercise(exercise, checker))
                with kept.open("ab") as file:
                    file.write(msgspec.json.encode(found) + b"\n")


def try_exercise(exercise: Exercise, checker: Checker) -> str:
    """Return "yes (2)" with the number of solutions that passed, or what is the matter."""
    scenario, facts = CATALOG.find(exercise.scenario), checker.worker.describe()
    if misfit := explain_misfit(scenario, facts):
        return f"no: {misfit}"
    if failures := find_failures(exercise, scenario, checker):
        return f"FAILS: {'; '.join(failures)}"
    return f"yes ({len(list_working(scenario, facts))})"


def write_report(done: list[Tried], releases: list[str]) -> str:
    """Return the page: a table with a line for each exercise, then what does not fit, and why."""
    packages = {each.release: each.packages for each in done}
    said = {(each.release, each.exercise): each.said for each in done}
    rows = [
        [each.id, *(said.get((release, each.id), "").partition(":")[0] for release in releases)]
        for each in EXERCISES
    ]
    told = [
        f"- `{exercise}` in {release}: {why.partition(': ')[2]}"
        for (release, exercise), why in sorted(said.items())
        if not why.startswith("yes")
    ]
    return HEAD.format(
        day=datetime.date.today(),
        releases=" ".join(releases),
        packages=draw([(each, packages[each]) for each in releases], ["release", "packages"]),
        table=draw(rows, ["exercise", *releases]),
        told="\n".join(told),
    )


def read_done(kept: Path) -> list[Tried]:
    """Return what the file holds, nothing where there is none."""
    lines = kept.read_bytes().splitlines() if kept.exists() else []
    return [msgspec.json.decode(each, type=Tried) for each in lines]


def main(kept: Path, releases: list[str]) -> None:
    """Try what was not tried, and write the page."""
    checking.LIMITS = Limits(seconds=600.0)  # other work on the machine is no failure
    models.Limits = functools.partial(Limits, seconds=600.0)
    done = read_done(kept)
    with ThreadPoolExecutor(len(releases)) as pool:
        list(pool.map(lambda each: try_release(each, kept, done), releases))
    REPORT.write_text(write_report(read_done(kept), releases))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
