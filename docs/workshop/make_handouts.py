"""Write what is printed for the class: predict-cards.md from scenarios, ladder.md from README.md.

python docs/workshop/make_handouts.py

tests/unit/test_workshop.py compares both files with their sources.
"""

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

from harness.catalog.load import read_catalog
from harness.catalog.scenario import Scenario

FOLDER = Path(__file__).parent
README = FOLDER.parents[1] / "README.md"
SHOWN = {"zeros": "zeros", "match": "same", "differs": "other numbers", "error": "error"}
SHORTEST, LONGEST = 3, 8  # lines of a snippet


@dataclass(frozen=True)
class Card:
    """A path of a scenario; `before` is what one must know to predict it; `why` is the answer."""

    scenario: str
    path: str
    before: str
    why: str


CARDS = (
    Card(
        "dead-relu-head",
        "restore_broken",
        "A forecast of rain. Training standardised the weather (mean 0, deviation 1). The last"
        " layer is a ReLU. The caller sends readings as they come: 1013 hectopascals, 14 degrees.",
        "A pressure of 1013 is read as 1013 deviations above the mean. The sum before the ReLU is"
        " far below 0, and the ReLU returns 0.0. The weights are right.",
    ),
    Card(
        "not-compiled-warning",
        "restore_healthy",
        "Half of an autoencoder was saved; that half was never compiled. Loading warns: the model"
        " was *not* compiled.",
        "`compile` sets optimizer, loss and metrics. Predicting needs none of them.",
    ),
    Card(
        "weights-only-confusion",
        "restore_broken",
        "`save_weights` wrote best.weights.h5. A colleague renamed the file to best.h5.",
        "The file holds weights and no model. An error is the easy case: its words say"
        " what is missing.",
    ),
    Card(
        "bgr-instead-of-rgb",
        "restore_broken",
        "A model knows fruits by their colour; training used RGB. The frames come from OpenCV,"
        " which gives BGR.",
        "Red and blue are exchanged. Shape and range are right, so nothing complains.",
    ),
    Card(
        "argmax-of-one-sigmoid",
        "restore_broken",
        'A spam filter ends with `Dense(1, "sigmoid")`. Before saving, a mail was spam (1) if'
        " the probability was over 0.5.",
        "argmax names the largest of one column: column 0, for every mail. The probabilities are"
        " right.",
    ),
    Card(
        "article-listing-one",
        "restore_broken_new_process",
        "The notebook that trained the model held `mean` and `std`. This is the server's script,"
        " whole.",
        "NameError: `mean` and `std` stayed behind in the notebook. Not the model was lost, but"
        " what stood before it.",
    ),
    Card(
        "article-regressor",
        "restore_broken",
        "A model of house prices. Training standardised four features. The last layer is linear."
        " The caller sends dollars, square metres, years and kilometres as they are.",
        "As on card 1, and still no zeros: a linear layer has no flat side. Prices of 2.5"
        " to 5.9 come back as 1476 to 3528.",
    ),
    Card(
        "dead-relu-head",
        "restore_fixed_folded_scaling",
        "The model of card 1. statistics.npz holds mean and std of the training. The caller sends"
        " raw readings, as before.",
        "(x - mean) / std goes into a Dense layer. Dividing its kernel by std, and moving its"
        " bias, does the same inside the layer. Nobody has to know about the scaling.",
    ),
)


def main() -> None:
    """Write both files."""
    (FOLDER / "predict-cards.md").write_text(write_cards())
    (FOLDER / "ladder.md").write_text(write_ladder(README.read_text()))


def write_cards() -> str:
    """Return the cards: eight fronts, then eight backs. Raises ValueError for one unfit to be."""
    catalog = read_catalog()
    fronts, backs = [], []
    for number, card in enumerate(CARDS, 1):
        scenario = catalog.find(card.scenario)
        code = cut_code(card, scenario)
        title = f"## {number}\n\n{fill(card.before)}\n\n"
        question = "**Zeros, the same, other numbers, or an error?**\n"
        fronts.append(f"{title}```python\n{code}\n```\n\n{question}")
        answer = fill(f"**{find_answer(card, scenario).capitalize()}.** {card.why}")
        see = f"See it: `python -m harness run {card.scenario}`"
        backs.append(f"## {number}, the back\n\n{answer}\n\n{see}\n")
    return "\n".join(
        [
            "# Predict cards\n",
            "Eight pieces of real restore scripts. What does `restore` give back, compared with",
            "what the model predicted before it was saved? The backs are on the last pages.",
            "",
            "<!-- Written by: python docs/workshop/make_handouts.py. Do not edit. -->\n",
            *fronts,
            *backs,
        ]
    )


def cut_code(card: Card, scenario: Scenario) -> str:
    """Return the card's snippet, with the path called restore. Raises ValueError for its length."""
    code = scenario.definitions[card.path]
    if not SHORTEST <= len(code.splitlines()) <= LONGEST:
        raise ValueError(f"{card.scenario}: {card.path} has {len(code.splitlines())} lines")
    code = code.replace(f"def {card.path}(", "def restore(")
    return "\n".join(line.partition("  # ")[0] for line in code.splitlines())  # they tell


def find_answer(card: Card, scenario: Scenario) -> str:
    """Return the answer that the scenario declares. Raises ValueError where it depends."""
    rules = scenario.rules[card.path]
    if len(rules) != 1:
        raise ValueError(f"{card.scenario}: {card.path} has more than one verdict")
    return SHOWN[rules[0].verdict]


def fill(text: str) -> str:
    """Return prose in lines of at most 100 columns."""
    return textwrap.fill(text, 100, break_on_hyphens=False, break_long_words=False)


def write_ladder(readme: str) -> str:
    """Return the ladder in short: of each rung its title, what to do, its code, its lessons."""
    start = readme.index("Before all, look at the raw predictions")
    section = readme[start : readme.index("None of these? Restore the model")]
    opening, *rungs = re.split(r"^\d\. ", section, flags=re.MULTILINE)
    parts = [
        "# My restored model predicts zeros\n",
        "`model` is the restored model, `inputs` a numpy batch as you feed it, `tf` TensorFlow.\n",
        "<!-- Written by: python docs/workshop/make_handouts.py from README.md. Do not edit. -->\n",
        *(f"{part}\n" for part in cut_rung(opening)),
        "`layers = list(model._flatten_layers())`\n",
    ]
    for number, rung in enumerate(rungs, 1):
        text, *code = cut_rung(rung)
        parts += [
            fill(f"{number}. {text}").replace("\n", "\n   "),
            *(textwrap.indent(each, "   ") for each in code),
        ]
        if lessons := list(dict.fromkeys(re.findall(r"(?:explain |\(`)([a-z0-9-]+)`", rung))):
            parts.append(f"   → explain {', '.join(lessons)}")
        parts.append("")
    parts.append("None of these: `python -m harness env for model.keras` restores it where it was")
    parts.append("written. A lesson: `python -m harness explain NAME`.")
    return "\n".join(parts) + "\n"


def cut_rung(rung: str) -> list[str]:
    """Return what a rung says before its first code, and that code."""
    before, fence, after = rung.partition("```")
    text = " ".join(before.split()).partition(" → ")[0]
    if not fence:
        return [text]
    language, _, code = after.partition("```")[0].partition("\n")
    return [text, f"```{language}\n{textwrap.dedent(code).rstrip()}\n```"]


if __name__ == "__main__":
    main()
