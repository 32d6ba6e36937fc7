"""Make the lists of the Keras that was a package of its own: known/old_names, known/old_reserved.

    .venv/bin/python -m tests.formats.list_old_keras ENVIRONMENT...

ENVIRONMENT is the folder of an environment with TensorFlow 1.15 and such a Keras (1.2.2 and 2.3.1;
`env add 1.15 --with keras==1.2.2`). A configuration's bare names are looked up in its modules. The
names of layers, losses and the like are harmless; all else that can be called there is reserved.
"""

import json
import subprocess
import sys
from pathlib import Path

from harness.processes.variables import Environment
from tests.formats.make_lists import NO_MODEL_FUNCTIONS, NOT_HARMLESS, ROOT

FOLDER = ROOT / "harness/formats/known"
COMMAND = "python -m tests.formats.list_old_keras ENVIRONMENT..."
LIST = """
import importlib, json, keras
families = {"Layer", "Optimizer", "Initializer", "Regularizer", "Constraint"}
modules = {"layers": 0, "models": 0, "utils.layer_utils": 0, "optimizers": 0}
modules.update(dict.fromkeys(["activations", "initializations", "initializers", "objectives",
                              "losses", "metrics", "regularizers", "constraints"], 1))
found = []
for module, functions in modules.items():
    try:
        holder = importlib.import_module("keras." + module)
    except ImportError:
        continue
    for name, value in vars(holder).items():
        if callable(value) and not name.startswith("__"):
            bases = {base.__name__ for base in getattr(value, "__mro__", ())
                     if base.__module__.startswith("keras.")}
            own = functions and getattr(value, "__module__", "") == holder.__name__
            found.append([name, bool(bases & families), bool(own and not isinstance(value, type))])
print(json.dumps([keras.__version__, found]))
"""
HEADINGS = {
    "old_names": "names of layers, losses and the like, as Keras 1.2.2 and 2.3.1 look them up",
    "old_reserved": "what else can be called where Keras 1.2.2 and 2.3.1 look a bare name up",
}
NOT_OWN = NO_MODEL_FUNCTIONS | {"get_fans", "get_from_module", "eigenvalue"}


def list_names(environment: Path) -> tuple[str, set[str], set[str]]:
    """Return the version of Keras in an environment, its harmless names, and all names."""
    python = environment / "bin/python"
    variables = Environment(str(python)).variables(Path("/nonexistent"), hide_gpu=True)
    done = subprocess.run([python, "-c", LIST], env=variables, capture_output=True, check=True)
    version, found = json.loads(done.stdout.splitlines()[-1])
    harmless = {
        name
        for name, is_class, is_function in found
        if (is_class or is_function) and name not in NOT_HARMLESS | NOT_OWN and name[0] != "_"
    }
    return version, harmless, {name for name, _, _ in found}


def main() -> None:
    """Write both lists."""
    lists = [list_names(Path(each)) for each in sys.argv[1:]]
    versions = ", ".join(sorted(version for version, _, _ in lists))
    harmless = set().union(*(each for _, each, _ in lists))
    reserved = set().union(*(each for _, _, each in lists)) - harmless
    for name, lines in (("old_names", harmless), ("old_reserved", reserved)):
        heading = f"# {HEADINGS[name]}\n# made by: {COMMAND}\n# of Keras {versions}\n"
        (FOLDER / f"{name}.txt").write_text(heading + "\n".join(sorted(lines)) + "\n")


if __name__ == "__main__":
    main()
