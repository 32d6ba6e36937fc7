"""The author's gate of every exercise in other releases: writes reports/exercises-in-releases.md.

python -m tests.integration.exercises_in_releases [RELEASE...]

TensorFlow is imported once for each release; its processes fork. About N minutes on two cores.
"""

import datetime
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tabulate import tabulate

from harness.catalog.load import read_catalog
from harness.course.checking import Checker, open_checker
from harness.course.gate import explain_misfit, find_failures, list_working
from harness.course.table import EXERCISES, Exercise
from harness.environments.resolve import open_environment
from tests.conftest import REPOSITORY

RELEASES = ["2.13", "2.15", "2.16", "2.18", "2.20", "2.21"]
REPORT = REPOSITORY / "reports" / "exercises-in-releases.md"
CATALOG = read_catalog()
HEAD = """# The exercises of the course in other releases

Measured on {day}, CPU only, two cores, other work beside it. The script of each exercise failed as
its scenario declares, and each solution passed, each with a model of a seed drawn then. The number
in brackets says how many solutions work in that release. `learn init` leaves out what says "no".

```
python -m tests.integration.exercises_in_releases {releases}
```

{packages}

{table}

{told}
"""


@dataclass(frozen=True)
class Column:
    """One release: its versions, and for each exercise "yes", or why not."""

    release: str
    versions: str
    said: dict[str, str]
    seconds: float


def try_release(release: str) -> Column:
    """Run the gate of every exercise in a release."""
    started, said = time.monotonic(), {}
    with open_checker(open_environment(release)) as checker:
        facts = checker.worker.describe()
        for exercise in EXERCISES:
            said[exercise.id] = try_exercise(exercise, checker)
            print(f"{release:5} {exercise.id:16} {said[exercise.id]}", flush=True)
    versions = f"TensorFlow {facts.tensorflow}, Keras {facts.keras}, Python {facts.python}"
    return Column(release, versions, said, time.monotonic() - started)


def try_exercise(exercise: Exercise, checker: Checker) -> str:
    """Return "yes (2)" with the number of solutions that passed, or what is the matter."""
    scenario, facts = CATALOG.find(exercise.scenario), checker.worker.describe()
    if misfit := explain_misfit(scenario, facts):
        return f"no: {misfit}"
    if failures := find_failures(exercise, scenario, checker):
        return f"FAILS: {'; '.join(failures)}"
    return f"yes ({len(list_working(scenario, facts))})"


def write_report(columns: list[Column]) -> str:
    """Return the page: a table with a line for each exercise, then what does not fit, and why."""
    releases = [each.release for each in columns]
    packages = [[each.release, each.versions, f"{each.seconds / 60:.1f}"] for each in columns]
    rows = [
        [each.id, *(column.said[each.id].partition(":")[0] for column in columns)]
        for each in EXERCISES
    ]
    told = [
        f"- `{each.id}` in {column.release}: {column.said[each.id].partition(': ')[2]}"
        for each in EXERCISES
        for column in columns
        if not column.said[each.id].startswith("yes")
    ]
    return HEAD.format(
        day=datetime.date.today(),
        releases=" ".join(releases),
        packages=tabulate(packages, ["release", "packages", "minutes"], "github"),
        table=tabulate(rows, ["exercise", *releases], "github"),
        told="\n".join(told),
    )


def main(releases: list[str]) -> None:
    """Try two releases at a time, and write the page."""
    with ThreadPoolExecutor(2) as pool:
        columns = list(pool.map(try_release, releases))
    REPORT.write_text(write_report(columns))


if __name__ == "__main__":
    main(sys.argv[1:] or RELEASES)
