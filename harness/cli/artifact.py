"""`artifact`: write a version scenario's committed files in the release that is their writer."""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import ScenariosOption, find_interpreter, open_catalog, suggest
from harness.errors import EnvironmentUnusable, UsageError


def artifact(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="A scenario with an artifact.")],
    python: Annotated[
        str, typer.Option(help="An interpreter with the writer's TensorFlow.")
    ] = sys.executable,
    proof_only: Annotated[
        bool, typer.Option("--check", help="Check the committed files, write nothing.")
    ] = False,
    scenarios: ScenariosOption = None,
) -> None:
    """Write a version scenario's committed files and their provenance, or check them."""
    from harness.outcomes import describe_failure
    from harness.provenance import ProvenanceRefused, check_provenance, write_provenance
    from harness.workers.environment import Environment
    from harness.workers.limits import Limits
    from harness.workers.spawn import SpawnWorker

    scenario = open_catalog(scenarios).find(identifier)
    folder = scenario.artifact_folder
    if folder is None:
        raise UsageError(
            f"{identifier} has no committed files", "", "it makes its own when it runs"
        )
    if proof_only:
        try:
            check_provenance(scenario)
        except ProvenanceRefused as error:
            raise UsageError(f"the provenance of {identifier} does not hold", str(error)) from error
        typer.echo(f"{identifier}: the committed files are as {folder.name}/provenance.json says.")
        return
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        worker = SpawnWorker(Environment(find_interpreter(python)), work, hide_gpu=True)
        described = worker.describe()
        writer = scenario.declared["artifact"]["writer"]
        if described["tensorflow"] != writer:
            raise UsageError(
                f"the files must be written by TensorFlow {writer}",
                f"{python} has {described['tensorflow']}",
                "name an interpreter that has it with --python",
            )
        fresh = work / "fresh"
        (fresh / "artifact").mkdir(parents=True)
        (work / "step").mkdir()
        step = {
            "source": str(scenario.file.resolve()), "function": "save", "kind": "save",
            "seed": scenario.seed, "device": "CPU:0", "timing": False, "cores": None,
            "artifact": str(fresh / "artifact"), "reference": str(fresh / "reference.npz"),
            "folder": str(work / "step"),
        }  # fmt: skip
        failure = describe_failure(worker.run(step, Limits()), work / "step")
        if failure:
            said = f"{failure[1]['type']}: {failure[1]['message']}"
            raise EnvironmentUnusable(f"the save step of {identifier} failed", said)
        write_provenance(scenario, fresh, described)
        replace_folder(folder, fresh)
    typer.echo(f"Wrote {folder}")
    typer.echo(f"Next: {suggest(f'run {identifier}', scenarios=scenarios)}")


def replace_folder(folder: Path, fresh: Path) -> None:
    """Put a copy of `fresh` in the place of `folder`, which is gone only once the copy is whole."""
    copy = folder.with_name(folder.name + ".part")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(fresh, copy)
    shutil.rmtree(folder, ignore_errors=True)
    copy.rename(folder)
