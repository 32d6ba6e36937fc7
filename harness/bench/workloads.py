"""What is timed: a kind of call of a restored model, of a scenario or of the user."""

import textwrap
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError, advise

FOUND_WIDTH = 72  # of what an error has found, which is indented

# Kinds of calls. `path` is what the scenario's function returns, called as it is.
KINDS = (
    "load",
    "first_call",
    "predict",
    "predict_on_batch",
    "call",
    "function",
    "xla",
    "signature",
    "path",
)
# Scenarios whose correct path returns a model that takes the inputs as they are: every kind.
MODELS = {
    "dense": ("softmax-over-one-unit", "restore_fixed_sigmoid"),
    "batch-norm": ("training-mode-at-inference", "restore_fixed_training_false"),
    "conv": ("missing-rescale-255", "restore_fixed_rescaling_in_front"),
    "bidirectional": ("padded-steps-are-zero", "restore_healthy"),
    "normalization": ("certain-softmax", "restore_healthy"),
    "attention": ("attention-shapes-keyword", "restore_fixed_rebuild"),
}
# Those that prepare the inputs outside of the model: only kinds that call the path.
PATHS = {
    "images": ("uint8-truncation", "restore_fixed_float_batch"),
    "lstm": ("stateful-rnn-residue", "restore_fixed_stateless"),
    "gru": ("masking-eats-zeros", "restore_fixed_codes_from_one"),
    "embedding": ("category-codes-refitted", "restore_fixed_saved_cities"),
    "text": ("vocabulary-lost", "restore_fixed_vocabulary"),
}
OF_PATHS = ("path", "load", "first_call")
DEFAULT = (
    "dense/load",
    "dense/first_call",
    "dense/predict",
    "dense/predict_on_batch",
    "dense/call",
    "dense/function",
    "dense/signature",
    "conv/function",
    "bidirectional/function",
    "attention/function",
    "embedding/path",
    "text/path",
)
OF_MODEL_FILE = ("load", "first_call", "predict", "predict_on_batch", "call", "function")
OF_SAVED_MODEL = ("load", "first_call", "path")
OWN = "model"  # the user's, in the names of workloads


@dataclass(frozen=True)
class Workload:
    """One kind of call of one model; `scenario` is "" where the model is a file of the user."""

    name: str
    kind: str
    scenario: str = ""
    path: str = ""


def choose_workloads(names: list[str]) -> list[Workload]:
    """Return the workloads with these names, by default a dozen; "conv" is every kind of it.

    Raises UsageError for an unknown name.
    """
    known = list_workloads()
    chosen: dict[str, Workload] = {}
    for name in names or DEFAULT:
        of_model = {each: known[each] for each in known if each.partition("/")[0] == name}
        if name not in known and not of_model:
            _, tip = advise(name, [*MODELS, *PATHS, *known])
            lists = (f"models: {', '.join([*MODELS, *PATHS])}", f"kinds: {', '.join(KINDS)}")
            said = "\n".join(textwrap.fill(each, FOUND_WIDTH) for each in lists)
            raise UsageError(f"unknown workload: {name}", said, tip)
        chosen |= of_model or {name: known[name]}
    return list(chosen.values())


def list_workloads() -> dict[str, Workload]:
    """Return every workload of the scenarios by name, such as "conv/function"."""
    found = {}
    for models, kinds in ((MODELS, KINDS), (PATHS, OF_PATHS)):
        for model, (scenario, path) in models.items():
            for kind in kinds:
                name = f"{model}/{kind}"
                found[name] = Workload(name, kind, scenario, path)
    return found


def choose_own(model: Path, names: list[str]) -> list[Workload]:
    """Return the workloads of a user's saved model; `names` are kinds.

    Raises UsageError for a kind that such a file does not have.
    """
    kinds = OF_SAVED_MODEL if model.is_dir() else (*OF_MODEL_FILE, "xla", "signature")
    wanted = [name.removeprefix(f"{OWN}/") for name in names]
    for kind in wanted:
        if kind not in kinds:
            raise UsageError(f"unknown kind of call for {model}: {kind}", *advise(kind, kinds))
    defaults = OF_SAVED_MODEL if model.is_dir() else OF_MODEL_FILE
    return [Workload(f"{OWN}/{kind}", kind) for kind in dict.fromkeys(wanted or defaults)]
