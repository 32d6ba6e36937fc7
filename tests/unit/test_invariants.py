"""The walls between the harness and TensorFlow, and the Python 3.7 of what runs inside it."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.catalog.scenario import EXTRAS, find_declaration
from harness.worker.environment import EXTRA_MODULES
from tests.conftest import FRAMEWORKS, REPOSITORY, SHARED_IN_A_MODULE, SHARED_RUNS

HARNESS = REPOSITORY / "harness"
WORKER = sorted((HARNESS / "worker").glob("*.py"))
OURS = [file for file in sorted(HARNESS.rglob("*.py")) if file not in WORKER]
SCENARIOS = [
    file
    for file in sorted((REPOSITORY / "scenarios").rglob("*.py"))
    if "artifacts" not in file.parts
]
SINCE_37 = {"graphlib", "zoneinfo", "tomllib", "annotationlib", "compression"}
STDLIB_37 = sys.stdlib_module_names - SINCE_37
# Methods that vermin sees only on a value whose type it can tell, and a keyword of `unlink`.
METHODS_SINCE_37 = {
    "removeprefix",
    "removesuffix",
    "is_relative_to",
    "with_stem",
    "readlink",
    "hardlink_to",
    "bit_count",
}
KEYWORDS_SINCE_37 = {"missing_ok", "dirs_exist_ok"}
SUBMODULES_SINCE_37 = {"importlib.metadata", "multiprocessing.shared_memory", "string.templatelib"}


def read(file):
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def find_imports(tree):
    """Every module named by an import; relative ones begin with a dot."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
            ("__import__", "import_module")
        ):
            yield from (each.value for each in node.args if isinstance(each, ast.Constant))


def find_extras(file):
    """Modules that a scenario has declared to need."""
    declared = (
        ast.literal_eval(find_declaration(read(file)).value) if file.stem != "__init__" else {}
    )
    return {module for extra in declared.get("extras", ()) for module in EXTRAS[extra]}


def name(file):
    return str(file.relative_to(REPOSITORY))


def run_python(code):
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("file", OURS, ids=name)
def test_nothing_outside_the_worker_imports_a_framework(file):
    found = {module.split(".")[0] for module in find_imports(read(file))}
    assert not found & FRAMEWORKS


def test_the_walk_sees_every_way_to_import():
    code = (
        "import a.b\ndef f():\n  from c.d import e\n  importlib.import_module('g')\nfrom . import h"
    )
    assert set(find_imports(ast.parse(code))) == {"a.b", "c.d", "c.d.e", "g", ".", "..h"}


def test_list_loads_neither_a_framework_nor_numpy():
    loaded = run_python(
        "import sys, harness.cli\n"
        "harness.cli.app(['list'], standalone_mode=False)\n"
        "print(*{module.split('.')[0] for module in sys.modules})"
    )
    assert "typer" in loaded
    assert not loaded & (FRAMEWORKS | {"numpy", "scipy", "psutil", "pydantic"})


def test_every_module_of_the_harness_can_be_imported_without_a_framework():
    modules = [
        ".".join(file.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__")
        for file in OURS
        if file.name != "__main__.py"
    ]
    assert len(modules) > 20
    loaded = run_python(
        f"import importlib, sys\nfor module in {modules}: importlib.import_module(module)\n"
        "print(*{module.split('.')[0] for module in sys.modules})"
    )
    assert "numpy" in loaded
    assert not loaded & FRAMEWORKS


@pytest.mark.parametrize("framework", sorted(FRAMEWORKS))
def test_a_test_that_imports_a_framework_fails_and_is_named(framework, tmp_path):
    """tests/conftest.py looks after every test; a module of that name stands for the framework."""
    (tmp_path / f"{framework}.py").write_text("")
    (tmp_path / "test_it.py").write_text(
        f"def test_before(): pass\ndef test_importing():\n    import {framework}\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": f"{REPOSITORY}{os.pathsep}{tmp_path}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "2 passed, 1 error" in done.stdout
    assert "ERROR at teardown of test_importing" in done.stdout
    assert f"a test process has imported {framework}" in done.stdout


@pytest.mark.parametrize("file", WORKER + SCENARIOS, ids=name)
def test_what_runs_in_other_releases_is_written_in_python_37(file):
    ast.parse(file.read_text(encoding="utf-8"), str(file), feature_version=(3, 7))


@pytest.mark.parametrize("code", ["(n := 1)", "def f(a, /): 0", "match a:\n case 1: 0"])
def test_the_gate_refuses_newer_syntax(code):
    ast.parse(code)
    with pytest.raises(SyntaxError):
        ast.parse(code, feature_version=(3, 7))


def run_vermin(*paths):
    """Run vermin as `make lint` does, on other paths."""
    makefile = (REPOSITORY / "Makefile").read_text()
    [options] = re.findall(r"^\t\$\(BIN\)/vermin (.+) harness/worker scen.+$", makefile, re.M)
    return subprocess.run(
        [Path(sys.executable).with_name("vermin"), *options.split(), *paths],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_runs_in_other_releases_uses_only_what_python_37_has():
    done = run_vermin("harness/worker", "scenarios", "restorebench_seal.py")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("import functools\n@functools.cache\ndef f(): 0", "functools.cache"),
        ("import math\nmath.prod([1, 2])", "math.prod"),
        ("from math import prod", "math.prod"),
        ("'model.h5'.removesuffix('.h5')", "str.removesuffix"),
        ("print({'a': 1} | {'b': 2})", "dict union"),
        ("print(f'{1=}')", "self-documenting f-strings"),
        ("import shutil\nshutil.copytree('a', 'b', dirs_exist_ok=True)", "dirs_exist_ok"),
        ("import ast\nast.unparse(None)", "ast.unparse"),
        ("def f(a: list[int]): 0", "builtin generic type annotation"),
        ("import numpy, tensorflow\nimport graphlib", "graphlib"),
    ],
)
def test_the_gate_refuses_what_the_standard_library_has_got_since(code, named, tmp_path):
    (tmp_path / "newer.py").write_text(code + "\n")
    done = run_vermin(tmp_path)
    assert done.returncode == 1
    assert named in done.stdout


def test_the_gate_takes_what_python_37_has_and_modules_it_does_not_know(tmp_path):
    code = "import dataclasses, numpy as np, tensorflow as tf\nnp.cumulative_sum(tf.newest())\n"
    (tmp_path / "older.py").write_text(code)
    done = run_vermin(tmp_path)
    assert done.returncode == 0, done.stdout


def find_newer_names(tree):
    """Methods and keywords of any value that no Python 3.7 has."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in METHODS_SINCE_37:
            yield node.attr
        elif isinstance(node, ast.keyword) and node.arg in KEYWORDS_SINCE_37:
            yield node.arg


@pytest.mark.parametrize("file", WORKER + SCENARIOS, ids=name)
def test_what_runs_in_other_releases_calls_no_newer_method(file):
    assert list(find_newer_names(read(file))) == []


def test_the_walk_sees_newer_methods_and_keywords():
    tree = ast.parse("def f(text, path):\n  text.removeprefix('a')\n  path.unlink(missing_ok=True)")
    assert set(find_newer_names(tree)) == {"removeprefix", "missing_ok"}


@pytest.mark.parametrize("file", WORKER + SCENARIOS, ids=name)
def test_what_runs_in_other_releases_imports_only_what_they_have(file):
    modules = list(find_imports(read(file)))
    names = {module.split(".")[0] for module in modules}
    ours = {""} if file in WORKER else {"keras"} | find_extras(file)  # "": relative imports
    if file.name == "old_keras.py":  # Keras 1 was a package of its own
        ours |= {"keras"}
    assert names <= STDLIB_37 | {"numpy", "tensorflow", "h5py"} | ours  # TensorFlow brings h5py
    assert not set(modules) & SUBMODULES_SINCE_37


def test_the_worker_looks_for_every_module_that_an_extra_brings():
    assert set(EXTRA_MODULES) == {module for modules in EXTRAS.values() for module in modules}


def test_there_is_a_worker_and_there_are_scenarios():
    assert len(WORKER) > 5
    assert len(SCENARIOS) > 5


def test_the_harness_opens_no_artifact_with_code_in_it():
    for file in OURS:
        found = {module.split(".")[0] for module in find_imports(read(file))}
        assert not found & {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}, file
        assert "allow_pickle=True" not in file.read_text()


def test_no_archive_is_written_with_a_keyword_that_numpy_below_2_2_takes_for_an_array():
    for file in [*OURS, *WORKER, REPOSITORY / "restorebench_seal.py"]:
        for call in (node for node in ast.walk(read(file)) if isinstance(node, ast.Call)):
            if isinstance(call.func, ast.Attribute) and call.func.attr.startswith("savez"):
                assert "allow_pickle" not in [each.arg for each in call.keywords], file


def test_costly_fixtures_of_a_session_are_made_in_one_process_only():
    """A session fixture that conftest.py does not know would be made once for each process."""
    pattern = r'^@pytest\.fixture\(scope="(?:session|package)"\)\ndef (\w+)'
    found = {
        name
        for file in (REPOSITORY / "tests").rglob("*.py")
        if file.parent.name != "unit"  # whose modules stay together
        for name in re.findall(pattern, file.read_text(), re.M)
    }
    assert found - {"make_cli"} == SHARED_RUNS | SHARED_IN_A_MODULE
