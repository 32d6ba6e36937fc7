"""`artifact` without TensorFlow: what is chosen, what is checked, what is refused."""

import json
import re
import shutil

import pytest

from harness.catalog.load import PACKAGED


@pytest.fixture
def committed(tmp_path):
    """A folder of scenarios with one that has committed files; return (root, their folder)."""
    version = tmp_path / "lessons" / "version"
    (version / "artifacts").mkdir(parents=True)
    shutil.copy(PACKAGED / "version" / "leaky_relu_spelling.py", version)
    folder = version / "artifacts" / "leaky_relu_spelling"
    shutil.copytree(PACKAGED / "version" / "artifacts" / "leaky_relu_spelling", folder)
    return version.parent, folder


def test_all_packaged_files_are_checked_at_once(cli):
    ended = cli("artifact", "--all", "--check")
    ended.assert_ran(0)
    assert re.match(r"The files of (\d+) of \1 scenarios match their provenance.json", ended.stdout)


def test_a_changed_file_is_named_by_the_check_and_the_exit_code_is_1(cli, committed):
    root, folder = committed
    (folder / "reference.npz").write_bytes(b"other numbers")
    ended = cli("artifact", "leaky-relu-spelling", "--check", "--scenarios", root)
    ended.assert_ran(1)
    assert "leaky-relu-spelling: leaky_relu_spelling/reference.npz is changed" in ended.stdout
    assert f"artifact leaky-relu-spelling --scenarios {root}" in ended.stdout.splitlines()[-1]


@pytest.mark.parametrize("arguments", [[], ["leaky-relu-spelling", "--all"]], ids=["none", "both"])
def test_either_scenarios_are_named_or_all_are_meant(cli, arguments):
    cli("artifact", *arguments).assert_refused(2, "name scenarios, or all of them with --all")


def test_an_environment_that_cannot_be_built_is_a_sentence_and_changes_nothing(cli, committed):
    root, folder = committed
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    blocked = root / "a-file"
    blocked.write_text("")
    ended = cli(
        "artifact",
        "--all",
        "--write",
        "--scenarios",
        root,
        RESTOREBENCH_ENVIRONMENTS=str(blocked / "environments"),
    )
    ended.assert_refused(3, "the environment 2.10 cannot be written")
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_interpreter_that_is_none_is_a_sentence(cli, committed):
    root, _ = committed
    ended = cli("artifact", "--all", "--python", "no-such-python", "--scenarios", root)
    ended.assert_refused(2, "no-such-python", "there is no such file")


def test_every_provenance_names_its_packages_and_no_folder_of_a_machine():
    for path in sorted(PACKAGED.glob("version/artifacts/*/provenance.json")):
        record = json.loads(path.read_text())
        assert record["packages"], path
        assert not any("/" in each for each in record["packages"]), path
