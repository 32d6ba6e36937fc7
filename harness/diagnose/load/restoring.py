"""A model that is restored for `diagnose`: what it shows, and what its cures do."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from shlex import quote

from harness.diagnose.causes.table import CAUSES
from harness.diagnose.findings import Finding
from harness.diagnose.load.caged_model import Given, Kind
from harness.diagnose.load.observation import Observation
from harness.diagnose.load.observe import Observer
from harness.diagnose.load.own_code import take_code
from harness.diagnose.load.proof import Proof, leave_to_people
from harness.diagnose.load.prove import Prover
from harness.diagnose.rules.seal import read_sealed
from harness.errors import UsageError
from harness.files import temporary_folder
from harness.origin.samples import read_samples
from harness.origin.who_wrote import Origin, read_origin
from harness.program import command_line
from harness.report.model_file import refuse_to_restore


@dataclass(frozen=True)
class Restoring(Given):
    """A model that is to be restored in a cage, and what is given beside it.

    `to_trust`: what the user adds to have an unsafe file loaded.
    """

    model: Path
    to_trust: str = "trusted=True"

    def beside_seal(self) -> "Restoring":
        """Return the same with the sealed inputs and outputs, where neither is given.

        Predictions of another shape are of other inputs, and are left out.
        """
        if self.inputs is not None or self.expected is not None:
            return self
        inputs, expected = read_sealed(self.model)
        if inputs is None or expected is None:
            return self
        fits = self.predicted is not None and self.predicted.shape == expected.shape
        return replace(
            self,
            inputs=read_samples(inputs, "--inputs"),
            expected=expected,
            predicted=self.predicted if fits else None,
            sealed=True,
        )

    def observe(self) -> Observation:
        """Return what the model shows when it is restored.

        Raises UsageError for a model that is unsafe, not whole or without a cage to load it in;
        EnvironmentUnusable where a release cannot be built.
        """
        origin = self.open_model()
        with temporary_folder() as work:
            return self.make(Observer, origin, work).observe()

    def prove(self, findings: Sequence[Finding]) -> list[Proof]:
        """Return what came of the cures, carried out on copies; raises as `observe`."""
        if all(CAUSES[each.cause].by_hand for each in findings):
            return [leave_to_people(each.cause) for each in findings]
        origin = self.open_model()
        with temporary_folder() as work:
            return self.make(Prover, origin, work).prove_all(findings)

    def make(self, kind: type[Kind], origin: Origin, work: Path) -> Kind:
        """Return an Observer or a Prover of this model, in the folder `work`."""
        given = {each.name: getattr(self, each.name) for each in fields(Given)}
        given["code"] = take_code(self.code, origin, work) if self.code else None
        return kind(origin, work, **given)

    def open_model(self) -> Origin:
        """Return who wrote the model; raises UsageError for one that may not be loaded."""
        origin = read_origin(self.model)
        if origin.missing or (origin.dangers and not self.trusted):
            raise refuse_to_restore(origin, self.model, self.to_trust)
        if not origin.holds_model:
            raise UsageError(
                f"only a whole model can be restored, and this is {origin.format}",
                "it cannot be loaded without the code that builds the model",
                command_line(f"diagnose {quote(str(self.model))}"),
            )
        return origin
