"""A SavedModel that only predicts: for a model that the target cannot have as a Keras model."""

import re
from dataclasses import replace
from pathlib import Path

from harness.errors import UsageError
from harness.formats.facts import SAVED_MODEL
from harness.origin.model_copy import EXPORTED, copy_model
from harness.origin.restore import RestoredModel, restore_model
from harness.origin.who_wrote import Origin, read_origin
from harness.processes.variables import Environment


def name_inputs(names: list[str]) -> list[str]:
    """Return names under which a signature takes inputs: valid as keywords, none twice."""
    changed = [re.sub(r"\W", "_", name, flags=re.ASCII) for name in names]
    if len(set(changed)) == len(changed) and all(name.isidentifier() for name in changed):
        return changed
    return [f"input_{place}" for place in range(len(names))]


def export(
    own: Environment,
    origin: Origin,
    work: Path,
    code: Path | None,
    trusted: bool,
    old: RestoredModel,
) -> Origin | None:
    """Let the model's own release write it as a SavedModel into `work`; None where that fails.

    What the release wrote is read like any strange file.
    """
    names = name_inputs(list(old.fed))
    made = restore_model(
        own, origin, work, code, trusted, old.fed, prepare=True, export_inputs=names
    )
    if made.error or not (work / EXPORTED).is_dir():
        return None
    try:
        written = read_origin(work / EXPORTED)
        if written.format != SAVED_MODEL or (written.dangers and not trusted):
            return None
        kept = work.with_name(f"{work.name}-kept")
        kept.mkdir()
        return replace(written, path=copy_model(written, kept, trusted))
    except UsageError:
        return None


def call_by_signature(
    target: Environment, saved: Origin, work: Path, trusted: bool, old: RestoredModel
) -> RestoredModel:
    """Let the target call the SavedModel with the old model's inputs."""
    names = name_inputs(list(old.fed))
    inputs = dict(zip(names, old.fed.values(), strict=True))
    new = restore_model(target, replace(saved, keras=None), work, None, trusted, inputs)
    return align_outputs(new, [each.name for each in old.outputs])


def align_outputs(new: RestoredModel, names: list[str]) -> RestoredModel:
    """Put outputs into the order of `names`, if they have these names; a signature sorts them."""
    there = [each.name for each in new.outputs]
    if sorted(there) != sorted(names) or len(set(there)) < len(there):
        return new
    places = [there.index(name) for name in names]
    return replace(
        new,
        outputs=[new.outputs[place] for place in places],
        predictions=[new.predictions[place] for place in places],
    )
