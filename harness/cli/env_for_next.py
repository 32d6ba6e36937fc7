"""The command that follows `env for`, by what it has found in a model file."""

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.lesson_of_error import find_explanation

if TYPE_CHECKING:
    from harness.origin.restore import RestoredModel
    from harness.origin.who_wrote import Origin

LONGEST_SEARCH = 60  # characters of an error that are looked for
# What an output may be like that is a symptom, the worst first.
SYMPTOMS = ("nan", "zeros", "constant")


def say_again(
    origin: "Origin",
    model: Path,
    release: str = "",
    readers: list[str] | None = None,
    code: Path | None = None,
    trust: bool = False,
    samples: tuple[Path | None, Path | None] = (None, None),
) -> str:
    """Return the words of this command, with --code where the model needs some.

    `samples` are the files of --inputs and --expected, which stand last.
    """
    words = ["env", "for", str(model)]
    words += ["--release", release] if release else []
    words += ["--reader", ",".join(readers)] if readers else []
    words += ["--code", str(code or "code.py")] if code or origin.custom else []
    words += ["--trust"] if trust else []
    for option, file in zip(("--inputs", "--expected"), samples, strict=True):
        words += [option, str(file)] if file else []
    return shlex.join(words)


def choose_following(
    there: "RestoredModel", chosen: str, again: str, needs_code: bool, as_expected: bool | None
) -> str:
    """Return the words of the next command after a model was restored in the release `chosen`.

    `again` are the words of the command that restored it. `as_expected` is None where nobody has
    said which predictions are right.
    """
    if there.error and there.loaded:
        return f"{again.partition(' --inputs ')[0]} --inputs FILE.npy"
    if there.error and (there.error.startswith("your --code") or needs_code):
        return again
    if there.error:
        return find_explanation(there.error) or f'search "{shorten_error(there.error)}"'
    if not as_expected:
        found = there.findings()
        symptom = next((each for each in SYMPTOMS if each in found), "")
        symptom = symptom or ("differs" if as_expected is False else "")
        if symptom:
            return f"explain --symptom {symptom}"
    return suggest_recipe(chosen)


def suggest_recipe(chosen: str) -> str:
    """Return the command that prints what to install for a release, or what an interpreter has."""
    from harness.environments.interpreter import is_path
    from harness.report.model_file import spell

    if is_path(chosen):  # only a release has recorded requirements
        return f"env show {spell(chosen)}"
    file = f"requirements-{Path(chosen).name.split()[0]}.txt"
    return f"env requirements {spell(chosen)} > {shlex.quote(file)}"


def shorten_error(error: str) -> str:
    """Return the first words of an error, without what a shell reads as anything but words."""
    words = re.sub(r"[^\w.:-]+", " ", error)
    if len(words) > LONGEST_SEARCH:
        words = words[: LONGEST_SEARCH + 1].rpartition(" ")[0] or words[:LONGEST_SEARCH]
    return words.strip()
