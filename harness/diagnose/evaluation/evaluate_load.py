"""How often are `diagnose --load` and `--prove` right? Models of Keras 2 and 3, in the cage.

A user's code is run there, and not read: what reading it tells would come on top.
"""

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np

from harness.diagnose.__main__ import answer_file
from harness.diagnose.causes.table import CAUSES
from harness.diagnose.evaluation.corpus_models import ARCHITECTURES
from harness.diagnose.evaluation.corpus_trials import (
    LoadCase,
    choose_curable_cases,
    choose_load_cases,
)
from harness.diagnose.evaluation.evaluate import (
    Evaluation,
    Result,
    Share,
    list_confusions,
    score,
    share,
)
from harness.diagnose.evaluation.forks import Forks
from harness.diagnose.evaluation.write_trials import Written, write_trials
from harness.diagnose.file_answer import Samples
from harness.diagnose.findings import Finding, rank
from harness.diagnose.load.caged_model import Kind
from harness.diagnose.load.observe import Observer
from harness.diagnose.load.proof import Proof
from harness.diagnose.load.prove import Prover
from harness.diagnose.rules.samples import compare_samples
from harness.files import temporary_folder
from harness.formats.recognize import read_facts
from harness.origin.who_wrote import make_origin

Tell = Callable[[str, int, int], object]  # what is done, how many of it, of how many
Found = TypeVar("Found")


class Proven(msgspec.Struct, frozen=True, kw_only=True):
    """One curable case, and what --prove made of it; `why`: "" where the cure cures."""

    label: str
    held_out: bool
    why: str


def add_load(found: Evaluation, limit: int, tell: Tell) -> Evaluation:
    """Return an evaluation with the tier "load", of at most `limit` models.

    Raises EnvironmentUnusable where a release that writes them cannot be built.
    """
    cases = choose_load_cases(found.seeds, limit)
    written, seen, failed = go_through(cases, diagnose_restored, "restoring models", tell)
    results = []
    for each, causes in zip(written, seen, strict=True):
        if isinstance(causes, str):
            failed.append(f"{each.case.label}, {each.path.name}: {causes}")
            continue
        label, held_out = each.case.label, each.case.held_out
        results.append(Result(label=label, tier="load", held_out=held_out, found=causes))
    return msgspec.structs.replace(
        found,
        scores=[*found.scores, *(score("load", held_out, results) for held_out in (False, True))],
        confusions=[*list_confusions(results), *found.confusions],
        failed=[*found.failed, *failed],
    )


def go_through(
    cases: Sequence[LoadCase],
    work_on: Callable[[Written, Forks, Path], Found],
    said: str,
    tell: Tell,
) -> tuple[list[Written], list[Found], list[str]]:
    """Write the models of cases; return them, what `work_on` gives for each, and what failed.

    `work_on` gets a model, the processes and a folder of its own; a thread for each core.
    """
    with temporary_folder() as work, Forks(work) as forks:
        tell("writing models", 0, len(cases))
        written, failed = write_trials(cases, work)
        found = []
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            folders = [Path(tempfile.mkdtemp(dir=work)) for _ in written]
            for number, each in enumerate(pool.map(work_on, written, repeat(forks), folders)):
                tell(said, number, len(written))
                found.append(each)
    return written, found, failed


def diagnose_restored(each: Written, forks: Forks, folder: Path) -> list[str] | str:
    """Return the causes that are found with --load, the first first; or why it does not load."""
    findings, seen = observe(each, forks, folder)
    return seen or [found.cause for found in findings]


def open_caged(kind: type[Kind], each: Written, forks: Forks, folder: Path) -> Kind:
    """Return an Observer or a Prover of a made model, with its samples."""
    return kind(
        make_origin(read_facts(each.path)),
        folder,
        forks.run,
        code=each.code,
        inputs=None if each.inputs is None else {"": each.inputs},
        expected=each.expected,
        predicted=each.predicted,
    )


def observe(each: Written, forks: Forks, folder: Path) -> tuple[list[Finding], str]:
    """Return what the file, its samples and the restored model say; and why it does not load."""
    seen = open_caged(Observer, each, forks, folder).observe()
    return rank([*find_unloaded(each, folder), *seen.findings]), seen.error


def find_unloaded(each: Written, folder: Path) -> list[Finding]:
    """Return what the file and its samples say without TensorFlow."""
    arrays = {"inputs": each.inputs, "expected": each.expected, "predicted": each.predicted}
    given = {name: values for name, values in arrays.items() if values is not None}
    paths = {name: folder / f"{name}.npy" for name in given}
    for name, path in paths.items():
        np.save(path, given[name])
    samples = Samples(**{name: str(path) for name, path in paths.items()})
    found = answer_file(each.path, "", samples if paths else None).findings
    if each.expected is not None and each.predicted is not None:
        found = [*found, *compare_samples(each.expected, each.predicted).findings]
    return rank(found)


def add_proofs(found: Evaluation, limit: int, tell: Tell) -> Evaluation:
    """Return an evaluation with how many cures --prove proves, of at most `limit` cases.

    Raises EnvironmentUnusable where a release that writes them cannot be built.
    """
    cases = choose_curable_cases(found.seeds, limit)
    _, tried, failed = go_through(cases, prove_case, "carrying out cures", tell)
    return msgspec.structs.replace(
        found,
        proven=count_proven(tried),
        proven_held_out=count_proven([each for each in tried if each.held_out]),
        unproven=[*Counter(f"{each.label}: {each.why}" for each in tried if each.why).items()],
        failed=[*found.failed, *failed],
    )


def count_proven(tried: Sequence[Proven]) -> Share:
    """Return the share of the cases that are cured."""
    return share(not each.why for each in tried)


def prove_case(each: Written, forks: Forks, folder: Path) -> Proven:
    """Return what --prove makes of a case.

    Where numpy does not know the architecture, --load is given too.
    """
    if each.case.architecture in ARCHITECTURES:
        findings = find_unloaded(each, folder)
    else:
        findings, _ = observe(each, forks, folder)
    prover = open_caged(Prover, each, forks, folder)
    why = explain_proofs(prover.prove_all(findings))
    label = f"{each.case.label}, {each.case.architecture}"
    return Proven(label=label, held_out=each.case.held_out, why=why)


def explain_proofs(proofs: Sequence[Proof]) -> str:
    """Return "" where a cure cures, else what came of the first that was tried."""
    if any(each.result == "cured" for each in proofs):
        return ""
    tried = [each for each in proofs if not CAUSES[each.cause].by_hand]
    if not tried:
        return "no cure to carry out"
    return f"{tried[0].cause}: {tried[0].reason}"
