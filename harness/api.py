"""The public Python API: lessons, runs, outcomes, model files, comparisons.

Small on purpose, and kept from version to version; everything else of the package may change. The
command line stands on it. `docs/reference/python-api.md` shows each function in use, and a test
executes what that page shows. Nothing here imports TensorFlow into your process.
"""

import contextlib
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.catalog.load import Catalog, read_catalog
from harness.catalog.scenario import Scenario
from harness.errors import UsageError

if TYPE_CHECKING:  # these bring numpy, which listing lessons does without
    import pandas
    from numpy.typing import ArrayLike

    from harness.execution.request import RunRequest
    from harness.execution.run import Observer
    from harness.origin.who_wrote import Origin
    from harness.results.outcome import Outcome
    from harness.results.run import Run
    from harness.results.store import Store
    from harness.verdicts.names import Verdict
    from harness.verdicts.statistics import Statistics


def read_lessons(folder: Path | None = None) -> Catalog:
    """Return the lessons of a folder, by default those that come with the package.

    Nothing of them is executed. `.scenarios` are those that are well formed, `.problems` says what
    is wrong with the others. Raises UsageError where the folder does not exist.
    """
    return read_catalog(folder)


def load_lesson(identifier: str, folder: Path | None = None) -> Scenario:
    """Return one lesson; raises UsageError with the nearest id where there is none."""
    return read_lessons(folder).find(identifier)


def run_lesson(
    lesson: Scenario | str,
    *,
    path: str | None = None,
    release: str | None = None,
    seed: int | None = None,
    timing: bool = False,
    device: str = "cpu",
    reports: Path | None = None,
) -> "list[Outcome]":
    """Run a lesson, or one `path` of it such as "restore_broken"; return its judged outcomes.

    Every step runs in a process of its own. `release` is a TensorFlow release ("2.15"), built where
    it is not there yet, or the path of an interpreter; None takes this interpreter's TensorFlow.
    `seed` None is the lesson's own. With `reports` the run is kept in that folder's database.

    Raises UsageError for a path that the lesson has not, EnvironmentUnusable where TensorFlow, the
    release or the disk cannot be used.
    """
    from harness.execution.request import RunRequest
    from harness.results.store import Store

    scenario = load_lesson(lesson) if isinstance(lesson, str) else lesson
    if path is not None and path not in scenario.paths():
        raise UsageError(
            f"{scenario.id} has no path {path}", f"it has {', '.join(scenario.paths())}"
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
        folder = reports or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        store = stack.enter_context(contextlib.closing(Store(folder)))
        run = start_run(store, request)
        return continue_run(store, run, request, [scenario]).outcomes


def start_run(store: "Store", request: "RunRequest") -> int:
    """Record in a database that a run begins; return its number."""
    from harness.execution.machine_facts import describe_machine

    return store.start_run(request.to_json(), describe_machine())


def continue_run(
    store: "Store",
    run: int,
    request: "RunRequest",
    scenarios: list[Scenario],
    observer: "Observer | None" = None,
) -> "Run":
    """Run what is not done yet of a run, each outcome committed as it arrives; return the run.

    Outcomes of a scenario whose file has changed since are measured again. Raises
    EnvironmentUnusable where no environment can be used, or when disk or database fail; what was
    measured until then is kept. `finished` is None where an environment's part is missing.
    """
    from harness.execution.run import Observer, perform
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
    """Return outcomes as a data frame, a row each; `timing.p50_ms` and its like are columns.

    Raises UsageError where pandas is not installed.
    """
    try:
        import pandas
    except ImportError as error:
        raise UsageError("pandas is not installed", str(error), "pip install pandas") from error
    return pandas.json_normalize(to_records(outcomes))


def read_model_file(path: Path | str) -> "Origin":
    """Return what a saved model says of itself: its format, and which releases wrote it.

    A `.keras` or `.h5` file, a SavedModel folder, a checkpoint, weights, a TFLite file. Bytes are
    parsed in a limited process of its own; nothing of the file is run. Raises UsageError where no
    model can be read.
    """
    from harness.origin.who_wrote import read_origin

    return read_origin(Path(path))


class OutputComparison(NamedTuple):
    """What two outputs have to do with each other: a verdict in one word, and numbers."""

    verdict: "Verdict"
    statistics: "Statistics | None"  # None for texts


def compare_outputs(restored: "ArrayLike", reference: "ArrayLike") -> OutputComparison:
    """Compare what a restored model predicts with what the saved one did, rows first.

    The verdict is `match`, `zeros`, `constant`, `nan`, `shape` or `differs`, decided as for a
    lesson. Raises UsageError for a reference that proves nothing: fewer than two rows, NaN, all
    zero, or the same in every row.
    """
    import numpy as np

    from harness.verdicts.judge import find_verdict, refuse_reference
    from harness.verdicts.statistics import compute_statistics

    values, wanted = np.asarray(restored), np.asarray(reference)
    if refused := refuse_reference(wanted):
        raise UsageError(
            "the two outputs cannot be compared", refused, "give inputs for which outputs vary"
        )
    numbers = values.dtype.kind in "fiub" and wanted.dtype.kind in "fiub"
    statistics = compute_statistics(values, wanted) if numbers else None
    return OutputComparison(find_verdict(values, wanted), statistics)
