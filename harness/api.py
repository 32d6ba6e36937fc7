"""The public Python API: lessons, runs, outcomes, exercises, model files, comparisons, plots.

The API is small on purpose and stable from version to version. The rest of the package may change.
The command line uses the API. `docs/reference/python-api.md` shows each function in use, and a test
executes the examples on that page. Nothing here imports TensorFlow into your process.
"""

import contextlib
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.catalog.load import Catalog, read_catalog
from harness.catalog.scenario import Scenario
from harness.errors import UsageError
from harness.serving import diagnose as diagnose
from harness.serving import observe as observe
from harness.serving import prove as prove
from harness.serving import seal as seal
from harness.serving import verify as verify

if TYPE_CHECKING:  # these bring numpy, which listing lessons does without
    import pandas
    from numpy.typing import ArrayLike

    from harness.course.opened import OpenExercise
    from harness.course.table import Exercise
    from harness.execution.observer import Observer
    from harness.execution.request import RunRequest
    from harness.origin.who_wrote import Origin
    from harness.results.outcome import Outcome
    from harness.results.run import Run
    from harness.results.store import Store
    from harness.verdicts.names import Verdict
    from harness.verdicts.statistics import Array, Statistics


def read_lessons(folder: Path | None = None) -> Catalog:
    """Return the lessons in a folder, by default the lessons that come with the package.

    No lesson is executed. `.scenarios` are the well-formed lessons, and `.problems` are the
    mistakes in the other files. Raises UsageError if the folder does not exist.
    """
    return read_catalog(folder)


def load_lesson(identifier: str, folder: Path | None = None) -> Scenario:
    """Return one lesson; raises UsageError with the nearest id if there is no such lesson."""
    return read_lessons(folder).find(identifier)


def run_lesson(
    lesson: Scenario | str,
    *,
    path: str | None = None,
    release: str | None = None,
    seed: int | None = None,
    timing: bool = False,
    device: str = "cpu",
    reports: Path | str | None = None,
) -> "list[Outcome]":
    """Run a lesson, or only one `path` such as "broken"; return the judged outcomes.

    Every step runs in a separate process. `release` is a TensorFlow release ("2.15") or the path of
    an interpreter; a missing release is built. None means this interpreter's TensorFlow. The
    default `seed` is the lesson's own seed. With `reports`, the run is saved in that folder's
    database. Raises UsageError if the lesson has no such path, and EnvironmentUnusable if
    TensorFlow, the release or the disk cannot be used.
    """
    from harness.execution.request import RunRequest
    from harness.results.store import Store

    scenario = load_lesson(lesson) if isinstance(lesson, str) else lesson
    if path is not None:
        path = complete_path(path)
    if device not in ("cpu", "gpu", "all"):
        raise UsageError(f"unknown device: {device}", "", "use cpu, gpu or all")
    if path is not None and path not in scenario.paths():
        raise UsageError(
            f"{scenario.id} has no path {path}", f"its paths: {', '.join(scenario.paths())}"
        )
    request = RunRequest(
        scenarios=[scenario.id],
        root=str(scenario.file.parent.parent),
        paths=[path] if path else [],
        device=device,
        seeds=None if seed is None else [seed],
        timing=timing,
        releases=[release] if release else [],
        command=["api.run_lesson"],
    )
    with contextlib.ExitStack() as stack:
        folder = (
            Path(reports) if reports else Path(stack.enter_context(tempfile.TemporaryDirectory()))
        )
        store = stack.enter_context(contextlib.closing(Store(folder)))
        run = start_run(store, request)
        return continue_run(store, run, request, [scenario]).outcomes


def complete_path(path: str) -> str:
    """Return the full name of a path, such as "restore_broken": tables leave "restore_" out."""
    return f"restore_{path.removeprefix('restore_')}"


def list_exercises(track: str = "core") -> "tuple[Exercise, ...]":
    """Return the exercises of a track of the course, in their order: core, fast, zeros or full.

    An exercise has an `id`, a `context`, and a `scenario`, the id of its lesson. Raises UsageError
    for an unknown track.
    """
    from harness.course.progress import begin
    from harness.course.table import list_track

    return list_track(begin(track).track)


def open_exercise(identifier: str, *, release: str | None = None) -> "OpenExercise":
    """Save a model for an exercise, and return both: `check(restore)` then runs your function.

    `release` as for `run_lesson`. TensorFlow starts in a process of its own (seconds), and stays
    until the exercise is closed or nothing refers to it. Raises UsageError for an unknown exercise,
    and EnvironmentUnusable if TensorFlow does not work or the exercise does not fail with it.
    """
    from harness.course.exercises import find_exercise
    from harness.course.opened import OpenExercise
    from harness.environments.resolve import open_environment

    exercise = find_exercise(identifier)
    return OpenExercise(exercise, load_lesson(exercise.scenario), open_environment(release or ""))


def start_run(store: "Store", request: "RunRequest") -> int:
    """Record the start of a run in a database; return the run's number."""
    from harness.execution.machine_facts import describe_machine

    return store.start_run(request.to_json(), describe_machine())


def continue_run(
    store: "Store",
    run: int,
    request: "RunRequest",
    scenarios: list[Scenario],
    observer: "Observer | None" = None,
) -> "Run":
    """Run the part of a run that is not done yet, and return the run.

    Each outcome is committed when it arrives.

    Outcomes of a scenario are measured again if the scenario's file has changed. Raises
    EnvironmentUnusable if no environment can be used, or if the disk or the database fails; the
    outcomes measured until then stay saved. `finished` is None if the outcomes of an environment
    are missing.
    """
    from harness.execution.observer import Observer
    from harness.execution.run import perform
    from harness.results.judgement import judge_outcomes

    store.drop_stale(run, {scenario.id: scenario.source_hash for scenario in scenarios})
    done = store.load(run).outcomes
    perform(request, scenarios, store, run, observer or Observer(), done)
    kept = store.load(run)
    judge_outcomes(kept.outcomes)
    return kept


def to_records(outcomes: "Iterable[Outcome]") -> list[dict[str, Any]]:
    """Return outcomes as the dictionaries that `run --json` writes (docs/reference/results.md)."""
    import msgspec

    return [dict(msgspec.to_builtins(outcome)) for outcome in outcomes]


def to_frame(outcomes: "Iterable[Outcome]") -> "pandas.DataFrame":
    """Return outcomes as a data frame, one row each; nested fields are columns (`timing.p50_ms`).

    Raises UsageError if pandas is not installed.
    """
    try:
        import pandas
    except ImportError as error:
        raise UsageError("pandas is not installed", str(error), "pip install pandas") from error
    return pandas.json_normalize(to_records(outcomes))


def read_model_file(path: Path | str) -> "Origin":
    """Return the facts that a saved model records: its format, and which releases wrote it.

    The path may be a `.keras` or `.h5` file, a SavedModel folder, a checkpoint, weights, or a
    TFLite file. A separate process with limits parses the bytes; no code in the file is run. Raises
    UsageError if no model can be read.
    """
    from harness.origin.who_wrote import read_origin

    return read_origin(Path(path))


class OutputComparison(NamedTuple):
    """How two outputs compare: a verdict in one word, and numbers."""

    verdict: "Verdict"
    statistics: "Statistics | None"  # None for texts


def compare_outputs(restored: "ArrayLike", reference: "ArrayLike") -> OutputComparison:
    """Compare a restored model's predictions with the saved model's, row by row.

    The verdict is `match`, `zeros`, `constant`, `nan`, `shape` or `differs`, decided as for a
    lesson. Raises UsageError for lists that are no array, and for a reference that cannot show a
    failure: fewer than two rows, NaN, only zeros, or equal rows.
    """
    from harness.verdicts.judge import find_verdict, refuse_reference
    from harness.verdicts.statistics import compute_statistics

    values, wanted = read_output(restored), read_output(reference)
    if refused := refuse_reference(wanted):
        raise UsageError(
            "the two outputs cannot be compared", refused, "use inputs that give varying outputs"
        )
    numbers = values.dtype.kind in "fiub" and wanted.dtype.kind in "fiub"
    statistics = compute_statistics(values, wanted) if numbers else None
    return OutputComparison(find_verdict(values, wanted), statistics)


def plot_outputs(restored: "ArrayLike", reference: "ArrayLike") -> Any:
    """Plot a restored model's predictions beside the saved model's; return an Altair chart.

    One panel shows the first rows, a second one restored over before saving. Circles are before
    saving, crosses are restored; the title says the verdict. Raises UsageError for lists that are
    no array, for what is no number, and if altair is not installed.
    """
    from harness.report.output_plot import draw_outputs

    return draw_outputs(read_output(restored), read_output(reference))


def read_output(values: "ArrayLike") -> "Array":
    """Return an output as an array; raises UsageError for a list that is none."""
    import numpy as np

    try:
        return np.asarray(values)
    except ValueError as error:
        raise UsageError(
            "the two outputs cannot be compared: one of them is no array",
            str(error),
            "give rows of equal length",
        ) from error
