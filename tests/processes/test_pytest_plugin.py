"""The pytest plugin in a user's own tests."""

import subprocess
import sys
import tomllib

from tests.conftest import REPOSITORY

TESTS = """
import sys

def test_of_somebody_else():
    heavy = {"tensorflow", "keras", "harness"}
    assert not heavy & set(sys.modules)

def test_without_a_seal(verify_model):
    verify_model("model.keras")
"""


OWN_HARNESS = """
import harness.mine

def test_of_somebody_else():
    assert harness.mine

def test_with_a_seal(verify_model):
    verify_model("model.keras")
"""


def run_pytest(folder):
    """Return what pytest prints of the tests in a folder, which comes first in sys.path."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "restorebench_pytest", "-p", "no:cacheprovider"],
        cwd=folder,
        env={"PYTHONPATH": str(REPOSITORY), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    ).stdout


def test_a_test_fails_with_a_sentence_and_other_tests_notice_nothing(tmp_path):
    (tmp_path / "test_price.py").write_text(TESTS)
    printed = run_pytest(tmp_path)
    assert "1 failed, 1 passed" in printed
    assert "ERROR  there is no readable model at model.keras" in printed
    assert "Traceback" not in printed


def test_a_project_may_have_a_package_harness_of_its_own(tmp_path):
    (tmp_path / "harness").mkdir()
    (tmp_path / "harness" / "__init__.py").touch()
    (tmp_path / "harness" / "mine.py").touch()
    (tmp_path / "test_price.py").write_text(OWN_HARNESS)
    printed = run_pytest(tmp_path)
    assert "1 failed, 1 passed" in printed
    assert "ERROR  restorebench cannot be imported" in printed
    assert "Traceback" not in printed


def test_the_plugin_that_is_installed_is_outside_the_package():
    """An entry point in `harness` would be imported from the user's own package."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    (named,) = project["project"]["entry-points"]["pytest11"].values()
    assert named in project["tool"]["setuptools"]["py-modules"]
