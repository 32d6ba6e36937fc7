"""Seal and verify a model in an environment's process, in a cage."""

import os
import shutil
from pathlib import Path
from typing import Any

import msgspec

import restorebench_seal
from harness.errors import EnvironmentUnusable, RestorebenchError, UsageError
from harness.files import temporary_folder
from harness.formats.facts import MOST_NAMED, plain
from harness.origin.answer import clean, read_caged_report
from harness.origin.restore import find_innermost, make_step, run_shut_in, write_inputs
from harness.origin.who_wrote import Origin
from harness.processes.step import SealStep, find_failure
from harness.processes.variables import Environment
from harness.seals.place import find_seal
from harness.seals.seal_file import (
    ARRAYS,
    MODULE,
    Seal,
    SealedFile,
    copy_arrays,
    read_record,
    read_seal,
    write_record,
)
from harness.seals.verification import SealFinding, SealReport, Verification
from harness.verdicts.statistics import Array

TOLERANCE: float = restorebench_seal.SHARE


class NotSealed(RestorebenchError):
    """The model does not load, or gives what a seal must not hold."""

    exit_code = 1


def seal_model(
    environment: Environment,
    origin: Origin,
    inputs: dict[str, Array],
    expected: dict[str, Array] | None = None,
    code: Path | None = None,
    trusted: bool = False,
    replace: bool = False,
) -> Seal:
    """Restore a copy of a model in `environment`, in a cage, and write its seal beside the model.

    `inputs`, `expected`: arrays by name, rows first. `code`: a Python file with the classes that
    the model needs. Raises NotSealed where the model does not load, does not give `expected`, or
    gives outputs that prove nothing; UsageError for a seal that is there already, unless `replace`,
    and for a model that is unsafe or no whole model, unless `trusted`; EnvironmentUnusable.
    """
    check_can_seal(origin, trusted, replace)
    target = find_seal(origin.path)
    with temporary_folder() as work:
        step = make_seal_step(origin, work, code, trusted, TOLERANCE)
        step = msgspec.structs.replace(
            step,
            inputs=write_inputs(inputs, work / "given.npz"),
            expected=write_inputs(expected, work / "expected.npz") if expected else None,
        )
        _, failure = run_step(environment, step, work, origin)
        if failure:
            raise NotSealed(
                f"{plain(origin.path, 400)} was not sealed",
                failure,
                "seal it while the model is right: seal() in the script that saves it",
            )
        written = find_seal(Path(step.model))
        made = msgspec.structs.replace(read_record(written), model=describe_file(origin.path))
        ready = work / "ready"
        ready.mkdir()
        copy_arrays(written, ready, made)
        write_record(made, ready)
        publish(ready, target)
    return made


def verify_model(
    environment: Environment,
    origin: Origin,
    reader: str,
    inputs: dict[str, Array] | None = None,
    code: Path | None = None,
    trusted: bool = False,
    tolerance: float = TOLERANCE,
) -> Verification:
    """Restore a copy of a model in `environment`, in a cage, and compare it with its seal.

    `reader`: what the environment is called. `inputs`: what the model is fed today, by name.
    `tolerance`: share of an output column's spread that counts as rounding. Raises UsageError where
    there is no seal, or where the model is unsafe or no whole model, unless `trusted`;
    SealUnreadable; EnvironmentUnusable.
    """
    seal = check_can_verify(origin, trusted)
    findings = compare_inputs(seal, inputs) if inputs else []
    with temporary_folder() as work:
        step = make_seal_step(origin, work, code, trusted, tolerance)
        beside = find_seal(Path(step.model))
        beside.mkdir()
        copy_arrays(find_seal(origin.path), beside, seal)
        write_record(seal, beside)
        report, failure = run_step(environment, step, work, origin)
    if failure:
        check = "outputs" if report.loaded else "load"
        needed = [] if report.loaded or code else name_classes(origin)
        findings.append(SealFinding(check=check, fails=True, says=failure, details=needed))
    else:
        findings += [clean_finding(each) for each in report.findings]
    record = msgspec.to_builtins(seal)
    findings += map(convert, restorebench_seal.compare_file(record, origin.path))
    return Verification(
        model=str(origin.path),
        verified=bool(report.compared) and not any(each.fails for each in findings),
        reader=reader,
        versions=report.versions,
        sealed=seal.spell_writer(),
        findings=sorted(findings, key=lambda each: (not each.fails, rank(each))),
        compared=[plain(each, 200) for each in report.compared],
    )


def name_classes(origin: Origin) -> list[str]:
    """Return a line that asks for the user's classes and functions, none where there are none."""
    named = ", ".join(plain(each, 60) for each in origin.custom[:MOST_NAMED])
    return [f"the model needs {named}: name the Python file with --code"] if named else []


def rank(finding: SealFinding) -> int:
    """Return how soon a finding is to be read: what is wrong outside explains what comes out."""
    order = ("load", "inputs", "outputs", "weights", "file", "code", "versions")
    return order.index(finding.check) if finding.check in order else len(order)


def compare_inputs(seal: Seal, inputs: dict[str, Array]) -> list[SealFinding]:
    """Return how inputs of today differ from the sealed statistics."""
    record = msgspec.to_builtins(seal)
    try:
        arrays = restorebench_seal.order_inputs(record, inputs)
    except restorebench_seal.SealError as error:
        raise UsageError(str(error), "", "--inputs needs arrays with rows first") from error
    return [*map(convert, restorebench_seal.compare_inputs(record, arrays))]


def convert(finding: Any) -> SealFinding:
    """Return a finding of restorebench_seal.py as a typed one."""
    return clean_finding(msgspec.convert(finding._asdict(), SealFinding))


def clean_finding(finding: SealFinding) -> SealFinding:
    """Return a finding without control characters; some of its words are a file's."""
    return SealFinding(
        check=plain(finding.check, 20),
        fails=finding.fails,
        says=find_innermost(clean(finding.says), 400),
        details=[plain(each, 300) for each in finding.details],
    )


def describe_file(path: Path) -> SealedFile:
    """Return what a seal records of a model file."""
    return msgspec.convert(restorebench_seal.describe_file(path), SealedFile)


def check_can_seal(origin: Origin, trusted: bool, replace: bool) -> None:
    """Raise UsageError for a model that cannot be sealed, or that has a seal already."""
    check_model(origin, trusted)
    target = find_seal(origin.path)
    if target.exists() and not replace:
        raise UsageError(
            f"{plain(target, 400)} is there already",
            "it may hold what the model gave while it was right",
            "add --replace to write it anew",
        )


def check_can_verify(origin: Origin, trusted: bool) -> Seal:
    """Return a model's seal; raises UsageError for no seal, and for a model as check_model does."""
    seal = read_seal(origin.path)
    check_model(origin, trusted)
    return seal


def check_model(origin: Origin, trusted: bool) -> None:
    """Raise UsageError for what cannot be restored, or is not known to be harmless."""
    shown = plain(origin.path, 400)
    if not origin.holds_model or origin.missing:
        found = "\n".join(origin.missing) or f"it is: {origin.format}"
        raise UsageError(f"{shown} holds no complete model", found, "give the whole model")
    if origin.dangers and not trusted:
        found = "\n".join(origin.dangers)
        raise UsageError(
            f"{shown} was not restored, because it is unsafe",
            found,
            "if you trust its author, add --trust",
        )


def make_seal_step(
    origin: Origin, work: Path, code: Path | None, trusted: bool, tolerance: float
) -> SealStep:
    """Copy a model into `work`; return the step that restores the copy.

    Raises UsageError if this machine has no cage and the file is not `trusted`.
    """
    base = make_step(origin, work, code, trusted, None, readable=[MODULE])
    given = msgspec.structs.asdict(base) | {"kind": "seal_model"}
    return SealStep(**given, module=str(MODULE), tolerance=tolerance)


def run_step(
    environment: Environment, step: SealStep, work: Path, origin: Origin
) -> tuple[SealReport, str]:
    """Run a step; return what it says of itself, and in one line how it failed, "" if it did not.

    Raises EnvironmentUnusable if the interpreter does not start, or cannot be shut in its cage.
    """
    end = run_shut_in(environment, step, work)
    report = read_caged_report(work, SealReport)
    _, error = find_failure(end, report)
    if report is None:
        report = SealReport(error=error, versions=dict.fromkeys(("tensorflow", "keras")))
    if error is None:
        return report, ""
    said = find_innermost(error.message).replace(step.model, plain(origin.path, 400))
    return report, said if error.type == "SealError" else f"{error.type}: {said}"


def publish(ready: Path, target: Path) -> None:
    """Put a whole seal in its place; raises EnvironmentUnusable if the disk fails."""
    part = target.with_name(target.name + ".part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        for name in ("seal.json", *(f"{each}.npz" for each in ARRAYS)):
            shutil.copyfile(ready / name, part / name)
        if target.is_dir():
            shutil.rmtree(target)
        os.replace(part, target)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise EnvironmentUnusable(
            f"cannot write {plain(target, 400)}",
            error.strerror or str(error),
            "free some disk space, or give the folder write permission",
        ) from error
