"""`doctor` names what is missing, one sentence each, with the command that mends it."""

import base64
import hashlib
import json
import subprocess
import sys
import zipfile

import pytest

from harness.course import doctor
from harness.course.doctor import Check
from harness.environments import offline, resolve
from harness.environments.cache import python_of
from harness.environments.offline import install_offline
from harness.environments.uv import find_uv
from harness.errors import EnvironmentUnusable

READY = {  # so that no check looks at this machine
    "check_python": Check("python", True, "Python 3.11.7."),
    "check_tensorflow": Check("tensorflow", True, "TensorFlow 2.21.0 is in this Python."),
    "check_disk": Check("disk", True, "44.7 GB of disk are free."),
    "check_memory": Check("memory", True, "3.2 GB of memory are free."),
    "check_restore": Check("restore", True, "One model was saved and restored, in 9 s."),
}


@pytest.fixture
def ready(monkeypatch):
    """A machine where all is in order; `ready(name, function)` replaces one check."""

    def replace(name, function):
        monkeypatch.setattr(doctor, name, function)

    for name, check in READY.items():
        replace(name, lambda check=check: check)
    replace("list_notes", list)
    return replace


@pytest.mark.usefixtures("ready")
def test_a_machine_that_is_ready_leads_to_the_course(call):
    ended = call("doctor")
    ended.assert_ran(0)
    assert ended.stdout.splitlines() == [
        *(f"ok       {check.said}" for check in READY.values()),
        "Next: python -m harness learn init my-course",
    ]


def test_a_light_installation_is_named_and_nothing_is_started(call, monkeypatch):
    monkeypatch.setattr(doctor, "has_own_tensorflow", lambda: False)
    monkeypatch.setattr(doctor, "check_restore", lambda: pytest.fail("TensorFlow was started"))
    monkeypatch.setenv("RESTOREBENCH_ENVIRONMENTS", "nowhere")
    ended = call("doctor")
    ended.assert_ran(1)
    assert "MISSING  This is a light installation, without TensorFlow." in ended.stdout
    assert "TIP      python -m harness env add 2.21" in ended.stdout
    assert "MISSING  Not tried, because of: tensorflow" in ended.stdout
    assert ended.stdout.splitlines()[-1] == "Next: python -m harness env add 2.21"


def test_the_built_release_does_where_this_python_has_no_tensorflow(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "has_own_tensorflow", lambda: False)
    monkeypatch.setenv("RESTOREBENCH_ENVIRONMENTS", str(tmp_path))
    assert not doctor.check_tensorflow().ok
    (tmp_path / "2.21").mkdir()
    assert doctor.check_tensorflow().said.endswith("The built release 2.21 is used instead.")


def test_as_json_every_check_is_there_and_the_exit_code_is_the_same(call, ready):
    ready("check_memory", lambda: Check("memory", False, "Too little.", "close programs"))
    ended = call("doctor", "--json")
    assert ended.code == 1
    report = json.loads(ended.stdout)
    assert not report["ready"]
    assert [each["name"] for each in report["checks"] if not each["ok"]] == ["memory", "restore"]
    assert report["checks"][3]["tip"] == "close programs"


@pytest.mark.parametrize(
    ("name", "attribute", "value", "words"),
    [
        ("check_python", "PYTHONS", ((3, 20), (3, 21)), "is not supported"),
        ("check_disk", "DISK", 1 << 60, "free; "),
        ("check_memory", "MEMORY", 1 << 60, "memory are free; "),
    ],
)
def test_what_is_too_little_is_a_sentence_and_a_tip(name, attribute, value, words, monkeypatch):
    monkeypatch.setattr(doctor, attribute, value)
    check = getattr(doctor, name)()
    assert not check.ok
    assert words in check.said
    assert check.said.endswith(".")
    assert check.tip


def test_a_model_that_cannot_be_saved_is_a_sentence(monkeypatch):
    def fail(_):
        raise EnvironmentUnusable("TensorFlow does not start", "no libc")

    monkeypatch.setattr(doctor, "open_environment", fail)
    check = doctor.check_restore()
    assert (check.ok, check.said) == (False, "TensorFlow does not start: no libc.")
    assert check.tip


def write_wheel(folder, name, version):
    """Write a wheel that holds one empty module."""
    about = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": "",
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [f"{about}/RECORD,,"]
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
        rows.append(f"{path},sha256={digest.decode()},{len(text)}")
    files[f"{about}/RECORD"] = "\n".join(rows) + "\n"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)


@pytest.fixture
def python(tmp_path):
    """An interpreter with no package."""
    folder = tmp_path / "venv"
    words = [find_uv(), "-q", "venv", "--offline", "--python", sys.executable, str(folder)]
    subprocess.run(words, check=True)
    return str(python_of(folder))


def test_a_folder_of_wheels_is_installed_without_a_network(tmp_path, python):
    write_wheel(tmp_path, "tensorflow", "2.21.0")
    install_offline(tmp_path, python)
    subprocess.run([python, "-c", "import tensorflow"], check=True, cwd=tmp_path)


def test_a_folder_with_another_release_is_refused_with_the_recipe(tmp_path, python):
    write_wheel(tmp_path, "tensorflow", "2.15.0")
    with pytest.raises(EnvironmentUnusable, match="cannot be installed from 1 wheel") as caught:
        install_offline(tmp_path, python)
    assert "2.21" in caught.value.found
    assert "pip wheel" in caught.value.tip


def test_a_folder_without_wheels_is_refused(call, monkeypatch):
    monkeypatch.setattr(resolve, "has_own_tensorflow", lambda: False)
    ended = call("doctor", "--offline", "no-such-folder")
    ended.assert_refused(2, "no-such-folder holds no wheels", "TIP    pip wheel")


@pytest.mark.usefixtures("ready")
def test_where_tensorflow_is_there_nothing_is_installed(call, monkeypatch):
    monkeypatch.setattr(offline, "install_offline", lambda *_: pytest.fail("it installs"))
    monkeypatch.setattr(resolve, "has_own_tensorflow", lambda: True)
    ended = call("doctor", "--offline", "no-such-folder")
    ended.assert_ran(0)
    assert "nothing is installed" in ended.stderr


def test_what_slows_the_course_is_a_note(monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert "unset PYTHONDONTWRITEBYTECODE" in doctor.list_notes()[-1]
