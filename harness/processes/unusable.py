"""What to say of an interpreter that does not start, or in which TensorFlow does not import."""

from pathlib import Path

from harness.errors import EnvironmentUnusable, ImportFails
from harness.processes.variables import Environment


def read_last_lines(log: Path, count: int = 3) -> str:
    """Return the last lines of a log file, or a word where it says nothing."""
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return "\n".join(lines[-count:]) or "it said nothing"


def unusable_environment(environment: Environment, said: str) -> EnvironmentUnusable:
    """Return the error for an interpreter in which TensorFlow does not import."""
    tip = "install it there (pip install tensorflow), or name another Python with --python"
    if environment.legacy_keras:  # tf-keras of another release would replace this TensorFlow
        tip = (
            "before TensorFlow 2.16 leave out --legacy-keras: Keras is Keras 2 there; later,"
            " install the tf-keras of the same release"
        )
    return ImportFails(f"TensorFlow cannot be imported by {environment.interpreter}", said, tip)


def unusable_interpreter(environment: Environment, error: OSError) -> EnvironmentUnusable:
    """Return the error for an interpreter that is not there or is no program."""
    return EnvironmentUnusable(
        f"the interpreter cannot be started: {environment.interpreter}",
        str(error),
        "give an existing Python with TensorFlow to --python",
    )
