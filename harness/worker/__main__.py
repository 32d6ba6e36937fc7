"""Entry point: `serve [MODULE...]` forks a process per step; `step FILE` runs one step here.

`bench CORE` times blocks of calls on that core.

`cage FILE` enters the cage that the JSON file describes, and says on standard output why it cannot.

The modules are imported once, before forking: what the scenarios of this run import.
"""

import importlib.util
import os
import sys

PACKAGE = "restorebench_worker"


def import_worker():
    """Import this folder as a package of its own, whatever else the environment has installed."""
    here = os.path.dirname(os.path.abspath(__file__))
    # Python put this folder first on the path; a scenario's `import steps` must not find ours.
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    spec = importlib.util.spec_from_file_location(
        PACKAGE, os.path.join(here, "__init__.py"), submodule_search_locations=[here]
    )
    package = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = package
    spec.loader.exec_module(package)


if __name__ == "__main__":
    import_worker()
    if sys.argv[1] == "serve":
        importlib.import_module(PACKAGE + ".server").serve(sys.argv[2:])
    elif sys.argv[1] == "bench":
        core, priority = int(sys.argv[2]), "priority" in sys.argv
        importlib.import_module(PACKAGE + ".bench").serve_bench(core, priority)
    elif sys.argv[1] == "cage":
        importlib.import_module(PACKAGE + ".cage").try_out(sys.argv[2])
    else:
        importlib.import_module(PACKAGE + ".single_step").run_alone(sys.argv[2])
