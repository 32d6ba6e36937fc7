"""Write the notebooks of the core of the course beside this file, from the scenarios.

make notebooks

tests/unit/test_notebooks.py compares the files with their sources; tests/integration/
test_notebooks.py executes them. The address that Colab installs from is `Repository` under
`[project.urls]` in pyproject.toml. Without one, whoever opens a notebook in Colab writes it there.
"""

import re
import textwrap
import tomllib
from pathlib import Path

import jupytext
import nbformat

from harness.catalog.lesson import shorten_path, split_code
from harness.catalog.load import read_catalog
from harness.catalog.scenario import Scenario
from harness.course.exercises import MARK, cut_solution, cut_starter, list_solutions
from harness.course.table import Exercise, list_track

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
TRACK = "core"
OWN = re.compile(r"[a-z]\w*: ")  # begins the advice of one cure in a `Fix`
APART = "How it differs"  # begins a paragraph of its own there

FIND = '''\
# Finds restorebench, or installs it where it is missing, as in Colab.
ADDRESS = "{address}"  # {note}
import importlib.util
import sys
from pathlib import Path

here = Path.cwd()
sys.path += [str(each) for each in (here, *here.parents) if (each / "harness/api.py").is_file()]
if importlib.util.find_spec("harness") is None:
    if not ADDRESS:
        raise SystemExit("Write into ADDRESS where restorebench is to be had, and run this again.")
    extras = "plots" if importlib.util.find_spec("tensorflow") else "plots,tensorflow"
    # %pip install --quiet "restorebench[{{extras}}] @ {{ADDRESS}}"'''
OPEN = """\
import altair

from harness import api

altair.renderers.enable("svg")  # so plots need no network
exercise = api.open_exercise("{id}")  # starts TensorFlow and saves a model
print(exercise)"""
LOOK = """\
exercise.predictions[:5]  # before saving, of the first five rows of exercise.inputs"""
CHECK = """\
{name} = exercise.check(restore)
print({name})
{name}.plot()"""


def main() -> None:
    """Write every notebook."""
    for name, text in write_notebooks().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def write_notebooks() -> dict[str, str]:
    """Return the text of every notebook by its file name."""
    catalog, chosen = read_catalog(), list_track(TRACK)
    names = [f"{number}-{each.id}.ipynb" for number, each in enumerate(chosen, 1)]
    address = read_address()
    return {
        name: write_notebook(each, catalog.find(each.scenario), name, following, address)
        for each, name, following in zip(chosen, names, [*names[1:], ""], strict=True)
    }


def read_address() -> str:
    """Return the address of the repository as pyproject.toml has it, "" where it has none."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project.get("urls", {}).get("Repository", ""))


def write_notebook(
    exercise: Exercise, scenario: Scenario, name: str, following: str, address: str
) -> str:
    """Return the JSON of a notebook; `following` is the next one's file name, "" for the last."""
    cells = jupytext.reads(
        write_percent(exercise, scenario, name, following, address), fmt="py:percent"
    ).cells
    for number, cell in enumerate(cells):
        cell.id = f"{exercise.id}-{number}"  # otherwise drawn at random
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    return nbformat.writes(notebook) + "\n"


def write_percent(
    exercise: Exercise, scenario: Scenario, name: str, following: str, address: str
) -> str:
    """Return a notebook as a script whose cells begin with `# %%` (jupytext's py:percent)."""
    starter = cut_starter(exercise, scenario).partition("\n")[2].strip("\n")  # without the context
    parts = [
        prose(*write_story(exercise, scenario, name, address)),
        code(write_finder(address)),
        prose("## The saved model", "A model is saved now. Its numbers are new each time."),
        code(OPEN.format(id=exercise.id)),
        code(LOOK),
        prose(
            "## See it fail",
            "This script is to restore it, as a colleague left it. `exercise.check` saves another"
            " model, runs `restore` in a process of its own, and compares the predictions with"
            " those before saving. What TensorFlow logs when it is imported is no error.",
        ),
        code(starter.replace(f"{MARK}\n", "")),
        code(CHECK.format(name="found")),
        prose(
            "## Your turn",
            "Mend `restore` in the next cell and run it, then run the check under it: as often as"
            " you like. The answer is *still failing*, *fails differently now* or *done*. The check"
            " runs that cell and no other, so what it imports belongs there. After an error"
            " `print(checked.frames)` shows all of it.",
        ),
        code(starter),
        code(CHECK.format(name="checked")),
        *(prose(fold(f"Hint {number}", hint)) for number, hint in enumerate(scenario.hints, 1)),
        prose(fold("Solution", *write_solution(exercise, scenario))),
        prose(fold("How to spot it next time", *write_section(scenario, "Spot it"))),
        prose(*write_end(scenario, following)),
    ]
    return "\n\n".join(parts) + "\n"


def write_story(exercise: Exercise, scenario: Scenario, name: str, address: str) -> list[str]:
    """Return the title, the way to Colab where the repository has an address, and the story."""
    number = name.partition("-")[0]
    parts = [f"# {number}. {exercise.id}"]
    if found := re.fullmatch(r"https://github\.com/([^/]+/[^/]+?)(?:\.git)?/?", address):
        page = (
            f"https://colab.research.google.com/github/{found[1]}/blob/main/docs/notebooks/{name}"
        )
        parts.append(f"[Open in Colab]({page})")
    minutes = f"About {scenario.minutes} minutes."
    return [*parts, f"{exercise.context} Before it was saved it was right.\n{minutes}"]


def write_finder(address: str) -> str:
    """Return the first cell, which finds or installs restorebench."""
    note = "where restorebench is installed from"
    if not address:
        note = 'such as "git+https://github.com/OWNER/restorebench"'
    return FIND.format(address=f"git+{address}" if address else "", note=note)


def write_solution(exercise: Exercise, scenario: Scenario) -> list[str]:
    """Return cause, advice, and the code of every cure."""
    parts = ["**Cause**", *write_section(scenario, "Cause")]
    parts += ["**Fix**", *write_section(scenario, "Fix")]
    for path in list_solutions(scenario):
        cure = cut_solution(exercise, scenario, path).partition("\n")[2].strip("\n")
        parts += [f"The cure `{shorten_path(path)}`:", f"```python\n{cure}\n```"]
    return parts


def write_section(scenario: Scenario, title: str) -> list[str]:
    """Return a section of the lesson as paragraphs of Markdown; the advice per cure is a list."""
    parts = []
    for block in split_code(scenario.section(title), 4):
        if block.language:
            parts.append(f"```python\n{textwrap.dedent(block.text)}\n```")
            continue
        lines = [f"- {each}" if OWN.match(each) else each for each in block.text.split("\n")]
        parts.append("\n".join(f"\n{each}" if each.startswith(APART) else each for each in lines))
    return parts


def write_end(scenario: Scenario, following: str) -> list[str]:
    """Return where the whole lesson is, and what comes next."""
    lesson = f"../../scenarios/{scenario.family}/{scenario.file.name}"
    parts = [
        f"The whole lesson: [{scenario.id}]({lesson}), or"
        f" `python -m harness explain {scenario.id}`."
    ]
    last = "This was the last exercise of the core. Next: `python -m harness learn predict`."
    return [*parts, f"Next: [{following}]({following})" if following else last]


def fold(title: str, *parts: str) -> str:
    """Return Markdown that is shown when its title is opened."""
    return "\n\n".join([f"<details><summary>{title}</summary>", *parts, "</details>"])


def prose(*parts: str) -> str:
    """Return a cell of Markdown."""
    text = "\n\n".join(parts)
    return "# %% [markdown]\n" + textwrap.indent(text, "# ", lambda _: True)


def code(text: str) -> str:
    """Return a cell of code."""
    return f"# %%\n{text}"


if __name__ == "__main__":
    main()
