"""Which of the user's code is run in the cage, and what is said where some is missing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.diagnose.evaluation.corpus_files import dense, write_archive
from harness.diagnose.load.observation import Observation, describe_observation
from harness.diagnose.load.own_code import spell_lacking, take_code
from harness.origin.who_wrote import Origin, read_origin

ERROR = "TypeError: Could not locate function 'swish2'. Make sure"
FUNCTION = "def swish2(x):\n    return x\n"
SCRIPT = """
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

FACTOR = 2
x = np.load("of another machine.npy")


def swish2(x):
    return x * tf.sigmoid(FACTOR * x)


model = tf.keras.models.load_model("model.keras", custom_objects={"swish2": swish2})
plt.plot(model.predict(x))
"""


def make_origin(folder: Path, *custom: str) -> Origin:
    """Return a model that names these classes and functions of the user."""
    origin = read_origin(write_archive(folder / "m.keras", [dense("o", np.eye(2), np.zeros(2))]))
    return replace(origin, custom=custom)


@pytest.mark.parametrize(
    ("text", "custom", "taken"),
    [
        (FUNCTION, "swish2", True),
        ("swish2 = lambda x: x\n", "swish2", True),
        (FUNCTION, "mine>swish2", True),
        (f"@register\n{FUNCTION}", "mine>swish", True),
        ("from layers import swish2\n", "swish2", True),
        ("from layers import *\n", "swish2", True),
        ("from layers import *\n", "", False),
        ("class Dense:\n    pass\n", "", True),
        (FUNCTION, "other", False),
        ("def prepare(x):\n    return x\n", "", False),
        ('model = load_model("m.keras")\n', "swish2", False),
    ],
)
def test_functions_that_a_model_names_are_run_in_the_cage_as_classes_are(
    text: str, custom: str, taken: bool, tmp_path: Path
) -> None:
    code = tmp_path / "own.py"
    code.write_text(text)
    origin = make_origin(tmp_path, *filter(None, [custom]))
    assert take_code(code, origin, tmp_path / "work") == (code if taken else None)


def test_of_a_script_only_what_its_functions_use_is_run(tmp_path: Path) -> None:
    code, work = tmp_path / "restore.py", tmp_path / "work"
    code.write_text(SCRIPT)
    work.mkdir()
    taken = take_code(code, make_origin(tmp_path, "swish2"), work)
    assert taken == work / "restore.py"
    lines = [each for each in taken.read_text().splitlines() if each]
    assert lines == [
        "import tensorflow as tf",
        "FACTOR = 2",
        "def swish2(x):",
        "    return x * tf.sigmoid(FACTOR * x)",
    ]


def test_a_model_that_lacks_code_names_it_and_how_it_is_given(tmp_path: Path) -> None:
    origin = make_origin(tmp_path, "mine>swish2", "my_loss")
    said = spell_lacking(origin, None, ERROR)
    assert said == ("swish2: this is your own code; give the file that defines it with --code FILE")
    code = tmp_path / "layers.py"
    code.write_text("def my_loss(a, b):\n    return a\n")
    assert spell_lacking(origin, code, ERROR) == (
        "layers.py does not define swish2: give the file that does with --code"
    )
    code.write_text(FUNCTION)
    assert spell_lacking(origin, code, ERROR) == ""
    assert spell_lacking(origin, None, "ValueError: something else") == ""
    seen = Observation(release="2.21", error=ERROR, lacking=said)
    assert describe_observation(seen)[1:] == [f"  {ERROR}", f"  {said}."]
