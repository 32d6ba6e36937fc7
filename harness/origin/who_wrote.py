"""Find which release wrote a saved model, from the facts that the file records."""

from dataclasses import dataclass
from pathlib import Path

from harness.formats.facts import (
    CHECKPOINT,
    CONFIG_JSON,
    FROZEN_GRAPH,
    HDF5_WEIGHTS,
    META_GRAPH,
    NUMPY_WEIGHTS,
    SAVED_MODEL,
    SAVED_MODEL_TEXT,
    TFJS_GRAPH,
    TFJS_LAYERS,
    TFLITE,
    WEIGHTS_H5,
    Facts,
)
from harness.formats.old_keras import ALONE, KERAS_0
from harness.formats.reading import read_model_facts
from harness.origin.likely_releases import choose_releases

WITHOUT_MODEL = {  # what no load_model of Keras reads
    HDF5_WEIGHTS,
    WEIGHTS_H5,
    CHECKPOINT,
    CONFIG_JSON,
    TFLITE,
    FROZEN_GRAPH,
    META_GRAPH,
    SAVED_MODEL_TEXT,
    NUMPY_WEIGHTS,
    TFJS_LAYERS,
    TFJS_GRAPH,
}


@dataclass(frozen=True)
class Origin:
    """The writer of a saved model. `releases`: as `env add` takes them, the likeliest first.

    `keras`, `tensorflow`: the versions the file itself names. `evidence`: sentences, each what was
    read where. `custom`: classes and functions the reader must bring. `dangers`: why loading runs
    code of the file, or reads others; empty where it does not. `path`: the model itself, where a
    folder with one model in it was given. `span`: the range that the writer is from, where the file
    does not tell the release. `missing`: what the model lacks to be restored. `signatures`: those
    of a SavedModel. `marks`: details of the file (harness.formats). `architecture`: the JSON
    beside a file of weights. `roots`: the keywords a checkpoint was saved with. `packages`: those
    that bring some of `custom`. `releases`: none where nothing tells the writer. `inputs`,
    `outputs`: a graph's first tensors, as a session takes them.
    """

    format: str
    path: Path
    keras: str | None
    tensorflow: str | None
    releases: tuple[str, ...]
    evidence: tuple[str, ...]
    custom: tuple[str, ...]
    dangers: tuple[str, ...]
    span: str = ""
    missing: tuple[str, ...] = ()
    signatures: tuple[str, ...] = ()
    marks: frozenset[str] = frozenset()
    architecture: Path | None = None
    roots: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()

    @property
    def keras_alone(self) -> bool:
        """Return whether the Keras that wrote the file was a package of its own: `import keras`."""
        return ALONE in self.marks

    @property
    def imports_keras(self) -> bool:
        """Return whether the release that reads the file has that Keras: `import keras` there."""
        return self.keras_alone and " with keras==" in (self.releases or ("",))[0]

    @property
    def holds_model(self) -> bool:
        """Return whether the file is a model that can be called: architecture and weights."""
        if self.architecture is not None:
            return KERAS_0 not in self.marks  # what its loader calls is not known to be harmless
        nothing_to_call = self.format == SAVED_MODEL and not self.signatures and not self.keras
        return self.format not in WITHOUT_MODEL and not nothing_to_call


def read_origin(path: Path) -> Origin:
    """Return who wrote the model at `path`; raises UsageError if there is no readable model.

    No code in the file is run, and no other file is read.
    """
    return make_origin(read_model_facts(path))


def make_origin(facts: Facts) -> Origin:
    """Return who wrote the model that these facts were read from."""
    releases, reason, span = choose_releases(facts)
    return Origin(
        facts.format,
        Path(facts.path),
        facts.keras,
        facts.tensorflow,
        tuple(releases),
        tuple(filter(None, (*facts.evidence, reason))),
        tuple(facts.custom),
        tuple(facts.dangers),
        span,
        tuple(facts.missing),
        tuple(facts.signatures),
        frozenset(facts.marks),
        Path(facts.architecture) if facts.architecture else None,
        roots=tuple(facts.roots),
        packages=tuple(facts.packages),
        inputs=tuple(facts.inputs),
        outputs=tuple(facts.outputs),
    )


def spell_writer(origin: Origin) -> str:
    """Return the release that wrote a file, or the range that it is from and who reads that."""
    if not origin.releases:
        return "of any release"
    if origin.span:
        return f"written by one of {origin.span}; {origin.releases[0]} reads it"
    others = f" (or {', '.join(origin.releases[1:])})" if origin.releases[1:] else ""
    return f"for release {origin.releases[0]}{others}"
