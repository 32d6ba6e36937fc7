"""A diagnosis in SARIF 2.1.0, for code scanning and editors.

Format: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0". A cause is a
rule, a finding a result; what loading would run is a result of the rule UNSAFE, and a model that
--load does not restore one of NOT_RESTORED. What else --load saw are notifications of the run, and
the numbers of its layers a property. A proof is a property of the finding that it is of.
"""

import os
import re
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import msgspec

from harness import __version__
from harness.diagnose.causes.table import CAUSES
from harness.diagnose.describe import TITLES, spell_confidence
from harness.diagnose.diagnosis import Diagnosis
from harness.diagnose.findings import Finding
from harness.diagnose.load.observation import LayerOutput, Observation, describe_observation
from harness.diagnose.load.proof import Proof, conclude, describe_proof
from harness.diagnose.shown import clean_record
from harness.errors import printable
from harness.formats.facts import plain

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
UNSAFE, UNEXPLAINED = "unsafe-model-file", "predictions-differ"
NOT_RESTORED = "model-not-restored"
Level = Literal["error", "warning", "note"]
LEVELS: dict[str, Level] = {"almost certain": "error", "likely": "warning", "possible": "note"}
FINGERPRINT, LONGEST = "restorebench/v1", 2000  # characters of a message
LINK = re.compile(r"\[(?=[^\[\]]*\]\()")  # where SARIF would make a link of `[text](target)`
LINE = re.compile(r"\bline (\d+)\b")  # of --code, as evidence names it


class Text(msgspec.Struct, frozen=True):
    """A message."""

    text: str


class Region(msgspec.Struct, frozen=True, rename="camel"):
    start_line: int


class ArtifactLocation(msgspec.Struct, frozen=True):
    uri: str


class PhysicalLocation(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    artifact_location: ArtifactLocation
    region: Region | None = None


class Location(msgspec.Struct, frozen=True, rename="camel"):
    physical_location: PhysicalLocation


class Configuration(msgspec.Struct, frozen=True):
    level: Level


class RuleProperties(msgspec.Struct, frozen=True):
    tags: list[str]


class Rule(msgspec.Struct, frozen=True, rename="camel"):
    """A cause: what it says, and its cure as help."""

    id: str
    short_description: Text
    full_description: Text
    help: Text
    default_configuration: Configuration
    properties: RuleProperties


class ProofProperties(msgspec.Struct, frozen=True):
    """What came of a cure. `differences`: the largest before and after, None for none to tell."""

    result: str
    reason: str
    differences: tuple[float | None, float | None]
    shown: list[str]


class ResultProperties(msgspec.Struct, frozen=True, omit_defaults=True):
    side: str
    confidence: float
    lesson: str
    fix: str
    proof: ProofProperties | None = None


class Result(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A finding. `rank`: 0 to 100, our confidence, which is an order."""

    rule_id: str
    rule_index: int
    level: Level
    message: Text
    locations: list[Location]
    partial_fingerprints: dict[str, str]
    rank: float | None = None
    properties: ResultProperties | None = None


class Driver(msgspec.Struct, frozen=True):
    name: str
    version: str
    rules: list[Rule]


class Tool(msgspec.Struct, frozen=True):
    driver: Driver


class Notification(msgspec.Struct, frozen=True):
    """What --load saw."""

    message: Text
    level: Level


class Invocation(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    execution_successful: bool
    tool_execution_notifications: list[Notification] = []


class RunProperties(msgspec.Struct, frozen=True):
    layers: list[LayerOutput]


class Run(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    tool: Tool
    invocations: list[Invocation]
    results: list[Result]
    column_kind: str
    properties: RunProperties | None = None


class Log(msgspec.Struct, frozen=True):
    """A whole SARIF file."""

    schema: str = msgspec.field(name="$schema")
    version: str
    runs: list[Run]


def make_sarif(diagnosis: Diagnosis, subject: Path, code: Path | None = None) -> Log:
    """Return a diagnosis as SARIF.

    `subject`: the file that results point to: the model, else code or outputs. `code`: the file of
    --code; a finding whose evidence names a line points there.
    """
    here, shown = locate(subject), clean_record(diagnosis)
    proofs = {each.cause: each for each in shown.proofs}
    found = [
        *list_dangers(shown, here),
        *(make_pair(each, proofs.get(each.cause), here, code) for each in shown.findings),
        *list_unexplained(shown, here),
    ]
    rules = list({rule.id: rule for rule, _ in found}.values())
    index = {rule.id: place for place, rule in enumerate(rules)}
    results = [
        msgspec.structs.replace(
            result,
            rule_index=index[rule.id],
            partial_fingerprints={FINGERPRINT: f"{rule.id}/{place}"},
        )
        for place, (rule, result) in enumerate(found)
    ]
    seen = shown.restored
    run = Run(
        Tool(Driver("restorebench", __version__, rules)),
        [Invocation(True, notify(seen) if seen else [])],
        results,
        "unicodeCodePoints",
        RunProperties(seen.layers) if seen and seen.layers else None,
    )
    return Log(schema=SCHEMA, version="2.1.0", runs=[run])


def list_dangers(diagnosis: Diagnosis, here: Location) -> list[tuple[Rule, Result]]:
    """Return what loading the file would do."""
    rule = make_rule(UNSAFE, "Loading the file may run code or touch files.", "file", "", "error")
    return [(rule, make_result(rule, each, here)) for each in diagnosis.unsafe]


def list_unexplained(diagnosis: Diagnosis, here: Location) -> list[tuple[Rule, Result]]:
    """Return what is wrong and has no cause."""
    found, seen = [], diagnosis.restored
    if seen and seen.error:
        rule = make_rule(NOT_RESTORED, "The model was not restored.", "environment", "", "error")
        found.append((rule, make_result(rule, " ".join(describe_observation(seen)), here)))
    if diagnosis.answer == "unexplained" or (diagnosis.differs and not diagnosis.findings):
        rule = make_rule(UNEXPLAINED, TITLES["unexplained"], "code", "", "warning")
        said = f"{TITLES['unexplained']} {diagnosis.reason}".rstrip()
        found.append((rule, make_result(rule, said, here)))
    return found


def notify(seen: Observation) -> list[Notification]:
    """Return what --load saw, one message each; an error is a result already."""
    told = [] if seen.error else describe_observation(seen)
    return [Notification(say(each.strip()), "note") for each in told]


def make_pair(
    finding: Finding, proof: Proof | None, here: Location, code: Path | None
) -> tuple[Rule, Result]:
    """Return a finding as rule and result; `here` is its place unless its evidence names a line.

    `proof`: what came of its cure, None where it was not carried out.
    """
    level = LEVELS[spell_confidence(finding)]
    known = CAUSES.get(finding.cause)
    sentence, fix = (known.sentence, known.fix) if known else (finding.sentence, "")
    rule = make_rule(finding.cause, sentence, finding.side, fix, level)
    line = LINE.search(finding.evidence) if code else None
    place = locate(code, int(line[1])) if code and line else here
    said = f"{finding.sentence} Evidence: {finding.evidence}."
    result = msgspec.structs.replace(
        make_result(rule, f"{said} {conclude(proof)}" if proof else said, place),
        rank=round(100 * finding.confidence, 1),
        properties=ResultProperties(
            finding.side,
            finding.confidence,
            finding.scenario,
            finding.fix,
            describe(proof) if proof else None,
        ),
    )
    return rule, result


def describe(proof: Proof) -> ProofProperties:
    """Return what came of a cure, as a property."""
    apart = (proof.difference_before, proof.difference_after)
    return ProofProperties(proof.result, proof.reason, apart, describe_proof(proof))


def make_result(rule: Rule, message: str, place: Location) -> Result:
    """Return a result of a rule; its index and its fingerprint are told by all results."""
    return Result(rule.id, 0, rule.default_configuration.level, say(message), [place], {})


def make_rule(id: str, sentence: str, side: str, fix: str, level: Level) -> Rule:
    """Return a rule; `fix` is code."""
    said = say(sentence)
    return Rule(id, said, said, Text(fix or sentence), Configuration(level), RuleProperties([side]))


def locate(path: Path, line: int | None = None) -> Location:
    """Return a place in a file: relative to the working folder where the file is below it."""
    region = Region(max(line, 1)) if line else None
    return Location(PhysicalLocation(ArtifactLocation(spell_uri(path)), region))


def spell_uri(path: Path) -> str:
    """Return the URI of a file, relative where the file is below the working folder."""
    whole, here = Path(os.path.abspath(path)), Path.cwd()
    if whole.is_relative_to(here) and whole != here:
        return quote(os.fsencode(whole.relative_to(here).as_posix()))
    return "file://" + quote(os.fsencode("/" + whole.as_posix().lstrip("/")), safe="/:")


def say(text: str) -> Text:
    """Return a message in which no name of the file steers a terminal or makes a link.

    Braces are doubled, as SARIF demands: a single pair names an argument of the message.
    """
    shown = plain(printable(text), LONGEST).replace("{", "{{").replace("}", "}}")
    return Text(LINK.sub(r"\\[", shown))
