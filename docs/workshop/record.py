"""Run every command of the workshop, and write what each printed: docs/workshop/recorded-output.md.

python docs/workshop/record.py

It starts TensorFlow ten times and saves about thirty models. Linux and macOS: it needs a terminal.
tests/unit/test_workshop.py holds that ANSWERS fit the scripts of the course.
"""

import os
import pty
import re
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))

from harness.cli.learn_show import find_master  # noqa: E402
from harness.cli.learn_watch import KEYS  # noqa: E402
from harness.course.exercises import cut_starter, find_exercise  # noqa: E402
from harness.course.folder import SCRIPT  # noqa: E402

FIRST = "sensor-model"
COURSE = "my-course"
COMMANDS = (  # after the first exercise is done
    f"learn status --dir {COURSE}",
    f"learn skip street-lamps --dir {COURSE}",
    f"learn solution {FIRST} --dir {COURSE}",
    f"learn reset {FIRST} --dir {COURSE}",
    f"learn find --dir {COURSE}",
    f"learn find --answer a --dir {COURSE}",
    f"learn summary {COURSE}",
    'search "Could not locate class"',
    f"diagnose --expected {COURSE}/find/lamp-survey/before.npy"
    f" --predicted {COURSE}/find/lamp-survey/now.npy",
)
TEMPORARY = re.compile(r"\S*/model-\d+(?=/artifact/)")  # where a check keeps its model


@dataclass(frozen=True)
class Answer:
    """What somebody in the class will write: `old` of an exercise's script replaced by `new`."""

    exercise: str
    idea: str
    old: str
    new: str

    def write(self, starter: str) -> str:
        """Return the script with this answer. Raises ValueError where `old` is not once in it."""
        if starter.count(self.old) != 1:
            raise ValueError(f"{self.exercise}: {self.old!r} is not once in the script")
        return starter.replace(self.old, self.new)


AS_FOUND = "as found"


def leave(exercise: str) -> Answer:
    """Return the answer that changes a comment only, so that the script is run as it was found."""
    return Answer(exercise, AS_FOUND, "# MEND restore()", "# restore()")


ANSWERS = (
    leave(FIRST),
    Answer(FIRST, "skip compile", '/model.keras")', '/model.keras", compile=False)'),
    Answer(
        FIRST,
        "a name that the file does not have",
        '/model.keras")',
        '/model.keras", custom_objects={"Custom": MyCustomLayer})',
    ),
    Answer(
        FIRST,
        "build the layer anew",
        'tf.keras.models.load_model(artifact + "/model.keras")',
        "tf.keras.Sequential([MyCustomLayer(1)])",
    ),
    leave("street-lamps"),
    Answer("street-lamps", "cut at one half", "model(images).numpy()", "(model(images) > 0.5)"),
    Answer("street-lamps", "scale to -1 and 1", "model(images)", "model(images / 127.5 - 1)"),
    Answer(
        "street-lamps",
        "divide what comes out",
        "model(images).numpy()",
        "model(images).numpy() / 255.0",
    ),
    leave("robot-arm"),
    Answer("robot-arm", "compile it", "    return", '    model.compile("adam", "mse")\n    return'),
    Answer(
        "robot-arm",
        "load the weights into another model",
        "    return",
        "    tf.keras.models.clone_model(model)"
        '.load_weights(artifact + "/model.weights.h5")\n    return',
    ),
    Answer(
        "robot-arm",
        "load_model on the weights",
        "    return",
        '    model = tf.keras.models.load_model(artifact + "/model.weights.h5")\n    return',
    ),
    leave("power-demand"),
    Answer(
        "power-demand",
        "skip what does not fit",
        '"demand.weights.h5"))',
        '"demand.weights.h5"), skip_mismatch=True)',
    ),
    Answer(
        "power-demand",
        "build with a guessed width",
        "model = Demand()",
        "model = Demand()\n    model.build((None, 4))",
    ),
    Answer(
        "power-demand",
        "build with the right width",
        "model = Demand()",
        "model = Demand()\n    model.build((None, 3))",
    ),
    leave("bicycles"),
    Answer(
        "bicycles",
        "multiply by a guess",
        "return model.predict_on_batch, model",
        "return lambda inputs: model.predict_on_batch(inputs) * 1000, model",
    ),
    Answer(
        "bicycles",
        "forget the smallest",
        "    return model.predict_on_batch, model",
        "    import json\n\n"
        '    r = json.load(open(artifact + "/target_range.json"))\n'
        "    return lambda inputs: model.predict_on_batch(inputs) * (r[1] - r[0]), model",
    ),
    leave("car-prices"),
    Answer("car-prices", "sort the other way", "sorted(COLUMNS)", "sorted(COLUMNS, reverse=True)"),
    Answer("car-prices", "the table's order", "(stack(table, names))", "(stack(table, table))"),
    Answer("car-prices", "the script's order", "sorted(COLUMNS)", "COLUMNS"),
    leave("runners"),
    Answer("runners", "no dropout", "dropped=0.25", "dropped=0.0"),
    Answer(
        "runners",
        "take the mean of a hundred calls",
        "model(inputs, training=True).numpy(), model",
        "sum(model(inputs, training=True).numpy() for _ in range(100)) / 100, model",
    ),
    Answer("runners", "leave the argument out", ", training=True", ""),
    leave("photo-tags"),
    Answer("photo-tags", "without skip_mismatch", ", skip_mismatch=True", ""),
    Answer(
        "photo-tags",
        "load it by name",
        "skip_mismatch=True",
        "skip_mismatch=True, by_name=True",
    ),
    Answer("photo-tags", "three tags only", "build_tagger(4)", "build_tagger(3)"),
)
CURE = Answer(
    FIRST,
    "right",
    '/model.keras")',
    '/model.keras", custom_objects={"MyCustomLayer": MyCustomLayer})',
)


def main() -> None:
    """Run everything, and write the page."""
    with tempfile.TemporaryDirectory() as work:
        page = "\n".join([*record_commands(Path(work)), *record_answers(Path(work))])
    page = TEMPORARY.sub("model", page).rstrip()
    (FOLDER / "recorded-output.md").write_text(page + "\n")


def record_commands(work: Path) -> list[str]:
    """Return the commands of the guide with what they printed, in the order of the guide."""
    script = work / COURSE / FIRST / SCRIPT
    lines = [
        "# Recorded output",
        "",
        "What the commands of [the guide](instructor-guide.md) print, for a room where something",
        "breaks. Predictions differ in your room: each check has a model of its own. The page is",
        "written by `python docs/workshop/record.py`.",
        "",
        "## The commands",
        "",
    ]
    lines += run(work, "doctor")
    lines += run(work, "run dead-relu-head --no-timing")
    lines += run(work, "learn init my-course")
    starter = script.read_text()
    lines += run(work, f"learn list --dir {COURSE}")
    lines += run(work, f"learn predict --answers zsoezsoe --dir {COURSE}")
    lines += run(work, f"learn check --dir {COURSE}")
    script.write_text(ANSWERS[1].write(starter))
    lines += run(work, f"learn check --dir {COURSE}", f'after the change "{ANSWERS[1].idea}"')
    lines += run(work, f"learn hint --dir {COURSE}")
    lines += watch(work, script, starter)
    for command in COMMANDS:
        lines += run(work, command)
    return lines


def watch(work: Path, script: Path, starter: str) -> list[str]:
    """Return what `learn` says to two saves and three keys, as on a terminal."""
    master, terminal = pty.openpty()
    said: list[str] = []
    with start(work, f"learn --dir {COURSE}", terminal) as process:
        assert process.stdout is not None

        def wait_for(words: str) -> None:
            for line in process.stdout or ():
                said.append(line)
                if words in line:
                    return
            raise RuntimeError(f"learn ended before it said {words!r}")

        def press(key: str) -> None:
            said.append(f"(the key {key} is pressed)\n")
            os.write(master, key.encode())

        wait_for("TensorFlow is ready.")
        said.append("(restore.py is saved, without the cure)\n")
        script.write_text(ANSWERS[3].write(starter))
        wait_for(KEYS)
        press("h")
        wait_for(find_master(find_exercise(FIRST)).hints[1].split()[-1])
        said.append("(restore.py is saved, with the cure)\n")
        script.write_text(CURE.write(starter))
        wait_for(KEYS)
        press("l")
        wait_for(" done.")
        press("q")
        said += process.stdout
    os.close(master)
    os.close(terminal)
    return [f"`python -m harness learn --dir {COURSE}`:", "", *fence("".join(said)), ""]


def run(folder: Path, command: str, when: str = "") -> list[str]:
    """Run a command as in a terminal of 80 columns; return it and its output as Markdown."""
    with start(folder, command, subprocess.DEVNULL) as done:
        output, _ = done.communicate()
    said = f"`python -m harness {command}`"
    ended = f" (exit code {done.returncode})" if done.returncode else ""
    return [f"{said}{', ' if when else ''}{when}{ended}:", "", *fence(output), ""]


def start(folder: Path, command: str, stdin: int) -> subprocess.Popen[str]:
    """Start a command in a folder that stands for the copy of the repository."""
    return subprocess.Popen(
        [sys.executable, "-m", "harness", *shlex.split(command)],
        cwd=folder,
        env=os.environ | {"COLUMNS": "80", "NO_COLOR": "1", "PYTHONPATH": str(FOLDER.parents[1])},
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def record_answers(work: Path) -> list[str]:
    """Return what the check says of every expected answer."""
    from harness.cli.learn_show import open_default
    from harness.course.checking import open_checker

    lines = [
        "## What the check says of expected answers",
        "",
        '"As found" is the script with a word added, so that it is run.',
        "",
    ]
    script, last = work / "answer.py", ""
    with open_checker(open_default()) as checker:
        for answer in ANSWERS:
            exercise = find_exercise(answer.exercise)
            scenario = find_master(exercise)
            script.write_text(answer.write(cut_starter(exercise, scenario)))
            checked = checker.check(exercise, scenario, script)
            if answer.exercise != last:
                lines += [f"### `{answer.exercise}`", ""]
                last = answer.exercise
            said = show(f"{exercise.id}: {checked.ending}.\n{checked.said}")
            lines += [f"{answer.idea[0].upper()}{answer.idea[1:]}:", "", *fence(said), ""]
    return lines


def show(text: str) -> str:
    """Return a text as `learn check` prints it in 80 columns."""
    from harness.errors import printable
    from harness.report.layout import fill_lines

    return fill_lines(printable(text), 80)


def fence(text: str) -> list[str]:
    """Return a text as a block of Markdown; its own fences do not end the block."""
    return ["````", *text.rstrip().split("\n"), "````"]


if __name__ == "__main__":
    main()
