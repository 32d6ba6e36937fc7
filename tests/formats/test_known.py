"""The allow-lists are what the environments hold, and name nothing that reaches beyond a model."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.environments.cache import find_cache, python_of
from harness.formats.known import FOLDER, is_symbol, read_classes, read_list
from tests.formats.make_lists import HEADINGS, ROOT, is_harmless_class, make_lists

LIST = ROOT / "harness/worker/list_names.py"
# Names of what reads or writes files, runs programs or text, or opens connections.
REACHING = re.compile(
    r"(?i)file(?!name$|spec$)|py_?func|numpy_function|(?<!finger)print|urlretrieve|get_file|subprocess|_?eval$"
    r"|^exec|pickle|marshal|debug_?(identity|numeric|nan)|summary_?(writer|db)|write_.*summary"
    r"|checkpoint|(^|[._])(load|save)(_|$)|dataset|rpc|socket|import_|load_library|pdb"
)
OPENS = {"open", "exec", "eval", "__import__", "func_load", "get_file", "GFile", "import_module"}
MOST_BYTES = 300_000


def facts_of(python, legacy=False):
    """Return what list_names.py prints in an environment."""
    variables = os.environ | ({"TF_USE_LEGACY_KERAS": "1"} if legacy else {})
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run([python, LIST], env=variables, check=True, capture_output=True)
    return json.loads(done.stdout)


def check_facts(facts):
    """Every name that a release has and that is on a list must be harmless; none may be missing."""
    made = make_lists([facts])
    for name, lines in made.items():
        if name in ("symbols", "functions"):  # an op may have got a state later
            assert set(lines) <= read_list(name), f"{name}: run make_lists again"
    for module, names in (line.split(maxsplit=1) for line in made["classes"]):
        assert set(names.split()) <= read_classes()[module]
    allowed = {each for each in facts["symbols"] if is_symbol(each)}
    assert len(allowed) > 300
    assert [each for each in allowed if REACHING.search(each)] == []
    assert [each for each in set(facts["ops"]) & read_list("ops") if REACHING.search(each)] == []


@pytest.mark.tensorflow
def test_the_lists_hold_for_the_installed_tensorflow():
    check_facts(facts_of(sys.executable))


@pytest.mark.releases
@pytest.mark.tensorflow
@pytest.mark.parametrize("release", ["1.15", "2.4", "2.10", "2.15", "2.16+legacy", "2.18", "2.21"])
def test_the_lists_hold_for_a_release(release):
    python = python_of(find_cache() / release)
    if not python.exists():
        pytest.skip(f"the environment {release} is not built")
    check_facts(facts_of(python, release.endswith("+legacy")))


@pytest.mark.parametrize("name", HEADINGS)
def test_each_list_is_sorted_and_says_how_it_was_made(name):
    lines = (FOLDER / f"{name}.txt").read_text().splitlines()
    assert lines[1].startswith("# made by: ")
    kept = [line for line in lines if not line.startswith("#")]
    if name != "classes":
        assert kept == sorted(set(kept))
    assert kept


def test_the_lists_are_small():
    assert sum(each.stat().st_size for each in FOLDER.iterdir() if each.is_file()) < MOST_BYTES


@pytest.mark.parametrize("name", ["ops", "symbols", "functions"])
def test_no_allowed_name_is_that_of_something_which_reaches_beyond_a_model(name):
    assert [each for each in read_list(name) if REACHING.search(each)] == []


def keras_sources():
    """Return the sources of the installed Keras, without importing it."""
    import importlib.util

    folder = Path(importlib.util.find_spec("keras").submodule_search_locations[0])
    kept = ("layers", "losses", "metrics", "ops", "optimizers", "initializers", "regularizers")
    return [path for each in kept for path in (folder / "src" / each).rglob("*.py")]


# Classes that open a file only by a path in their configuration, which config.py refuses, or only
# when somebody saves them.
REVIEWED = {"IndexLookup"}


def test_no_allowed_class_of_the_installed_keras_opens_files_or_runs_text():
    opening = set()
    for path in keras_sources():
        if path.name.endswith("_test.py"):
            continue
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and is_harmless_class(node.name, "keras"):
                called = {
                    getattr(each.func, "id", getattr(each.func, "attr", ""))
                    for each in ast.walk(node)
                    if isinstance(each, ast.Call)
                }
                if called & OPENS:
                    opening.add(node.name)
    assert opening <= REVIEWED
