"""The author's gate for cases: what keeps a case from being one, as sentences."""

from pathlib import Path

from harness.catalog.load import Catalog
from harness.course.case_evidence import find_evidence
from harness.course.case_files import ARRAYS, explain_misfit, make_case
from harness.course.cases import Case
from harness.diagnose.causes.table import CAUSES
from harness.errors import UsageError
from harness.processes.step import Worker

LONGEST_CONTEXT = 240  # characters: three lines
FEWEST_WRONG, MOST_WRONG = 3, 5


def find_case_problems(case: Case, catalog: Catalog) -> list[str]:
    """Return what is wrong with a case, as far as the files tell."""
    try:
        scenario = catalog.find(case.scenario)
        others = [catalog.find(each) for each in case.wrong]
    except UsageError as error:
        return [f"{case.id} names a lesson that is not there: {error.problem}"]
    said = []
    if case.path not in {*scenario.paths("broken"), *scenario.paths("healthy")}:
        said.append(f"{scenario.id} has no path {case.path} that is broken or healthy")
    if bool(case.evidence) == scenario.is_look_alike:
        said.append(f"{case.id}: a look-alike has no evidence, every other case has one")
    if case.evidence and case.evidence not in CAUSES:
        said.append(f"{case.id}: diagnose knows no cause {case.evidence}")
    if case.scenario in case.wrong or len(set(case.wrong)) < len(case.wrong):
        said.append(f"{case.id}: a wrong choice is the right one, or is there twice")
    if not FEWEST_WRONG <= len(case.wrong) <= MOST_WRONG:
        said.append(f"{case.id} needs {FEWEST_WRONG} to {MOST_WRONG} wrong choices")
    said += [
        f"{case.id}: {each.id} is a look-alike, and `nothing` stands for these"
        for each in others
        if each.is_look_alike
    ]
    if scenario.id in case.context or scenario.id == case.id:
        said.append(f"{case.id} names its lesson, which tells the cause")
    if len(case.context) > LONGEST_CONTEXT:
        said.append(f"the context of {case.id} is longer than {LONGEST_CONTEXT} characters")
    return said


def find_case_failures(case: Case, catalog: Catalog, worker: Worker, work: Path) -> list[str]:
    """Return what is wrong with a case that is made now, in the new folder `work`.

    Nothing, where the case cannot be shown in this environment. Raises EnvironmentUnusable.
    """
    scenario = catalog.find(case.scenario)
    if explain_misfit(case, scenario, worker.describe()):
        return []
    try:
        place = make_case(worker, case, scenario, work)
    except FileNotFoundError as error:
        return [f"{case.id} hands out a file that is not there: {Path(error.filename).name}"]
    missing = [each for each in case.shows if not (place / ARRAYS[each]).exists()]
    said = [f"{case.id} shows `{each}`, and there is none" for each in missing]
    evidence = find_evidence(case, place)
    if not evidence.found:
        what = case.evidence or "equal predictions"
        said.append(f"the evidence of {case.id} is not in its files: diagnose finds no {what}")
    said += [
        f"the evidence of {case.id} also speaks for the wrong choice {each}"
        for each in sorted(evidence.others.intersection(case.wrong))
    ]
    return said
