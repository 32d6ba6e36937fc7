"""The pytest plugin in a user's own tests."""

import subprocess
import sys

from tests.conftest import REPOSITORY

TESTS = """
import sys

def test_of_somebody_else():
    heavy = {"tensorflow", "keras", "harness.cli", "harness.seals"}
    assert not heavy & set(sys.modules)

def test_without_a_seal(verify_model):
    verify_model("model.keras")
"""


def test_a_test_fails_with_a_sentence_and_other_tests_notice_nothing(tmp_path):
    (tmp_path / "test_price.py").write_text(TESTS)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "harness.pytest_plugin", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(REPOSITORY), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 failed, 1 passed" in done.stdout
    assert "ERROR  there is no readable model at model.keras" in done.stdout
    assert "Traceback" not in done.stdout
