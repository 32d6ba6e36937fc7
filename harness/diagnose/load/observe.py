"""Restore a model in a cage and look into it: the dynamic tier of `diagnose`."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import numpy as np

from harness.diagnose.file_answer import Computed
from harness.diagnose.load.caged_model import CagedModel
from harness.diagnose.load.dynamic_rules import (
    RULES,
    Looks,
    find_chance,
    find_redrawn,
    judge_restored,
    list_facts,
    spell_share,
)
from harness.diagnose.load.observation import LayerOutput, Observation
from harness.diagnose.load.own_code import spell_lacking
from harness.diagnose.load.probes import list_changes, write_probes
from harness.diagnose.load.trace_file import Traced
from harness.diagnose.rules.input_changes import Change
from harness.diagnose.rules.surroundings import count_rows
from harness.environments.resolve import open_portable
from harness.formats.facts import plain
from harness.formats.reading import NotRead, run_reader
from harness.origin.answer import (
    MOST_LAYERS,
    UNREADABLE,
    CagedReport,
    Several,
    read_arrays,
    read_caged_report,
)
from harness.origin.hide import hide_folders
from harness.origin.restore import (
    LIMITS,
    find_innermost,
    make_step,
    restore_model,
)
from harness.processes.answer_files import UnreadableAnswer
from harness.processes.step import ObserveStep, find_failure
from harness.processes.variables import Environment
from harness.verdicts.statistics import Array

LARGEST_REPORT = 1 << 22
EXPECTED, NOW = "is expected", "you get now"
SPELLED_LOOKS = {  # of worker/observe_model.py, that may fail
    "again": "a second call",
    "single": "rows one by one",
    "probe": "changed inputs",
    "training": "a call in training mode",
    "layer": "what each layer gives",
    "loaded twice": "a second load",
}

Names = Annotated[list[str], msgspec.Meta(max_length=MOST_LAYERS)]


class ObserveReport(CagedReport, msgspec.Struct, frozen=True, kw_only=True):
    """The content of the step's `result.json` (worker/observe_model.py)."""

    input_files: Several = []
    output_files: Several = []
    again_files: Several = []
    single_files: Several = []
    training_files: Several = []
    reloaded_files: Several = []
    probe_files: Several = []
    layer_files: Several = []
    layers: Annotated[list[LayerOutput], msgspec.Meta(max_length=MOST_LAYERS)] = []
    redrawn: Names = []
    stateful: Names = []
    computes_in: Literal["", "float16", "bfloat16"] = ""
    left_out: Names = []


@dataclass(frozen=True)
class Observer(CagedModel):
    """Looks into a model that is restored."""

    def observe(self) -> Observation:
        """Return what the restored model shows.

        Raises EnvironmentUnusable and UsageError as restore_model does.
        """
        folder = self.work / "observed"
        folder.mkdir()
        given = cut_rows(self.inputs)
        environment = open_portable(self.release)
        base = make_step(self.origin, folder, self.code, self.trusted, given)
        changes = list_changes(given, self.scaler) if given else []
        step = ObserveStep(
            **msgspec.structs.asdict(base) | {"kind": "observe_model"},
            probes=write_probes(changes, given, folder / "probes.npz"),
        )
        end = self.run(environment, step, folder, LIMITS)
        report = read_observe_report(folder)
        _, error = find_failure(end, report)
        hide = partial(
            hide_folders, origin=self.origin, copy=base.model, work=self.work, code=self.code
        )
        if error is not None or report is None:
            told = find_innermost(hide(error.message)) if error else ""
            said = f"{error.type}: {told}" if error else "no answer"
            versions = report.versions if report else {}
            lacking = spell_lacking(self.origin, self.code, said)
            return Observation(release=self.release, versions=versions, error=said, lacking=lacking)
        try:
            seen = self.gather(report, folder, changes)
        except (OSError, UnreadableAnswer) as failure:
            said = f"{UNREADABLE}: {plain(hide(str(failure)))}"
            return Observation(release=self.release, error=said)
        if not (find_redrawn(seen) or find_chance(seen)):
            elsewhere = self.predict_elsewhere(environment, report, folder)
            seen = replace(seen, elsewhere=elsewhere)
        return self.conclude(seen, report)

    def gather(self, report: ObserveReport, folder: Path, changes: list[Change]) -> Looks:
        """Return what the process left; raises UnreadableAnswer, or OSError."""

        def first(kind: str) -> Array | None:
            arrays = read_arrays(folder, kind, getattr(report, f"{kind}_files"))
            if arrays and not arrays[0].ndim:
                raise UnreadableAnswer("an array has no rows")
            return arrays[0] if arrays else None

        inputs, output = first("input"), first("output")
        if inputs is None or output is None:
            raise UnreadableAnswer("an array is missing")
        probes = read_arrays(folder, "probe", report.probe_files)
        rows = len(inputs)
        return Looks(
            inputs=inputs,
            output=output,
            given=self.inputs is not None,
            again=first("again"),
            reloaded=first("reloaded"),
            single=first("single"),
            training=first("training"),
            layers=report.layers,
            redrawn=report.redrawn,
            stateful=report.stateful,
            computes_in=report.computes_in,
            traced=self.trace(report, folder, inputs),
            expected=self.cut_given(self.expected, rows),
            predicted=self.cut_given(self.predicted, rows),
            changed=list(zip(changes, probes, strict=False)),
        )

    def cut_given(self, outputs: Array | None, rows: int) -> Array | None:
        """Return the first rows of the user's outputs, None where inputs are not given."""
        return None if outputs is None or self.inputs is None else outputs[:rows]

    def trace(self, report: ObserveReport, folder: Path, inputs: Array) -> Traced | None:
        """Compare what each layer gave with its weights in the file, in a process with limits."""
        layers = read_arrays(folder, "layer", report.layer_files)
        if len(report.input_files) != 1 or inputs.dtype.kind not in "fiub":
            return None
        if not layers or not all(each.ndim for each in layers):
            return None
        rows = len(layers[0])
        arrays: dict[str, Any] = {f"{at:03d}": each for at, each in enumerate(layers)}
        names = np.array([each.name for each in report.layers])
        file = folder / "layers.npz"
        np.savez(file, names=names, inputs=inputs[:rows], **arrays)
        try:
            answer = run_reader(
                "harness.diagnose.load.trace_file", self.origin.path, str(file), report.computes_in
            )
        except NotRead:
            return None
        return msgspec.json.decode(answer, type=Traced)

    def predict_elsewhere(
        self, environment: Environment, report: ObserveReport, folder: Path
    ) -> Array | None:
        """Return the first output in a process with another hash seed, None where none comes."""
        names = [f"input-{at}" for at in range(len(report.input_files))]
        fed = dict(zip(names, read_arrays(folder, "input", report.input_files), strict=True))
        there = self.work / "second"
        there.mkdir()
        other = replace(environment, hash_seed=1)
        second = restore_model(
            other, self.origin, there, self.code, self.trusted, fed, run=self.run
        )
        return second.predictions[0] if second.predictions and not second.error else None

    def spell_gives(self, gives: Computed) -> str:
        """Return what the predictions are like, in words."""
        if gives != "as neither":
            return f"it predicts {gives}"
        if self.expected is None or self.predicted is None:
            return f"it does not predict what {EXPECTED if self.predicted is None else NOW}"
        return f"it predicts neither what {EXPECTED} nor what {NOW}"

    def conclude(self, seen: Looks, report: ObserveReport) -> Observation:
        """Return the observation: what every rule finds, and the facts."""
        gives, found = judge_restored(seen)
        found = [*found, *(each for rule in RULES if (each := rule(seen)))]
        facts = list_facts(seen)
        if padding := describe_padding(seen):
            facts.append(padding)
        if gives:
            facts.insert(0, self.spell_gives(gives))
        elif self.expected is not None or self.predicted is not None:
            facts.append("not compared with your outputs: give their --inputs")
        if left := [said for name, said in SPELLED_LOOKS.items() if name in report.left_out]:
            facts.append(f"not looked at: {', '.join(left)}")
        return Observation(
            release=self.release,
            versions=report.versions,
            rows=len(seen.inputs),
            given=seen.given,
            sealed=self.sealed,
            gives=gives,
            facts=facts,
            layers=[*seen.layers],
            findings=found,
        )


def cut_rows(inputs: dict[str, Array] | None) -> dict[str, Array] | None:
    """Return the first rows of inputs: enough to see what goes wrong."""
    if inputs is None:
        return None
    rows = count_rows(inputs.values())
    return {name: each[:rows] if each.ndim else each for name, each in inputs.items()}


def describe_padding(seen: Looks) -> str:
    """Return what zeros beside a sequence do, "" where the model takes no other length."""
    apart = [
        (change.words, seen.differs(output))
        for change, output in seen.changed
        if change.words.startswith("with zeros") and output.shape == seen.output.shape
    ]
    said = [f"{words} it differs{spell_share(each)}" for words, each in apart if each]
    return "; ".join(said)


def read_observe_report(folder: Path) -> ObserveReport | None:
    """Return what the step says of itself, made safe to print; None where that is unreadable."""
    report = read_caged_report(folder, ObserveReport, LARGEST_REPORT)
    if report is None:
        return None
    return msgspec.structs.replace(
        report,
        layers=[
            msgspec.structs.replace(each, name=plain(each.name), kind=plain(each.kind))
            for each in report.layers
        ],
        redrawn=[plain(each) for each in report.redrawn],
        stateful=[plain(each) for each in report.stateful],
    )
