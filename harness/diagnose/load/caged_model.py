"""A model that is restored in a cage, and what is given with it: for `--load` and for `--prove`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from harness.diagnose.scaler import Scaler
from harness.environments.resolve import OWN
from harness.origin.own_release import is_own_release
from harness.origin.restore import RunStep, run_shut_in
from harness.origin.who_wrote import Origin
from harness.verdicts.statistics import Array


@dataclass(frozen=True, kw_only=True)
class Given:
    """What is given beside a model.

    `reader`: the release that restores it, "" for the one that wrote it. `code`: a file with its
    classes and functions, or a script. `inputs`: by name. `sealed`: inputs and expected
    outputs are those of the seal. `scaler`: that of training; `sample`: rows as the model got them
    in training.
    """

    reader: str = ""
    code: Path | None = None
    trusted: bool = False
    inputs: dict[str, Array] | None = None
    expected: Array | None = None
    predicted: Array | None = None
    sealed: bool = False
    scaler: Scaler | None = None
    sample: Array | None = None


@dataclass(frozen=True)
class CagedModel(Given):
    """One model and what is given with it.

    `work`: a folder for this model alone. `run`: runs a step, shut in.
    """

    origin: Origin
    work: Path
    run: RunStep = run_shut_in

    @property
    def release(self) -> str:
        """Return where it is restored: the reader, or the release that `env for` takes."""
        if self.reader:
            return self.reader
        named = self.origin.releases[0] if self.origin.releases else OWN
        return OWN if is_own_release(self.origin, named) else named


Kind = TypeVar("Kind", bound=CagedModel)
