"""What `diagnose` asks somebody who has no file at hand, and the answers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from harness.catalog.ranking import list_words
from harness.errors import UsageError, advise
from harness.formats.facts import Unreadable, open_regular, plain, read_limited

UNKNOWN = "unknown"
INSIDE = 4  # letters of a word that counts inside another word
LARGEST = 1 << 20  # bytes of a file of answers


@dataclass(frozen=True)
class Choice:
    """One answer: its name, the sentence that is shown, and words that mean it."""

    name: str
    sentence: str
    words: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Question:
    """`key`: the field of Answers. `hint`: what else may be typed."""

    key: str
    text: str
    hint: str
    choices: tuple[Choice, ...]


def choice(name: str, sentence: str, words: str = "") -> Choice:
    return Choice(name, sentence, frozenset(words.split()))


QUESTIONS = (
    Question(
        "see",
        "What do you see?",
        "say it in your own words, or paste the error",
        (
            choice("zeros", "every prediction is 0", "zero zeroes 0"),
            choice("constant", "every row gets the same answer", "same constant identical alike"),
            choice("nan", "NaN", "nans"),
            choice("error", "an error or a warning", "error warning traceback exception raises"),
            choice("changes", "another answer in each call or each process", "random changing"),
            choice("differs", "wrong numbers, or wrong classes", "wrong different worse"),
        ),
    ),
    Question(
        "session",
        "Load the model in the session that saved it: is the answer right there?",
        "",
        (
            choice("yes", "right there, wrong elsewhere", "right fine"),
            choice("no", "wrong there too", "wrong too"),
        ),
    ),
    Question(
        "elsewhere",
        "Where is the model used?",
        "",
        (
            choice("same", "on the machine and the release that saved it"),
            choice("machine", "on another machine, a server, in a container", "server docker"),
            choice("release", "with another TensorFlow or Keras", "tensorflow keras upgrade"),
            choice("device", "on a phone or a board, as TFLite", "phone android tflite lite"),
        ),
    ),
    Question(
        "before",
        "What stands before the model?",
        "say it in your own words: StandardScaler; cv2.imread, then / 255",
        (
            choice("nothing", "nothing: the inputs are as they were", "none"),
            choice("table", "columns of numbers, a scaler", "scaler columns csv pandas features"),
            choice("images", "images that are read or resized", "image photo cv2 pil pixels"),
            choice("text", "words or letters that become numbers", "tokenizer words vocabulary"),
        ),
    ),
    Question(
        "custom",
        "Is there code of your own in the model?",
        "",
        (
            choice("none", "no", "no nothing"),
            choice("layers", "a layer or a model class of mine", "layer class subclass"),
            choice("functions", "a function: activation, loss, Lambda", "lambda activation loss"),
        ),
    ),
    Question(
        "file",
        "Which file?",
        "its path, and it is read at once",
        (
            choice("keras", ".keras"),
            choice("h5", ".h5 or .hdf5, the whole model", "hdf5"),
            choice("weights", "weights alone", "npz"),
            choice("savedmodel", "a SavedModel folder", "pb"),
            choice("checkpoint", "a TensorFlow checkpoint", "ckpt"),
            choice("json", "the architecture as JSON"),
            choice("tflite", "TFLite"),
        ),
    ),
)
BY_KEY = {each.key: each for each in QUESTIONS}


class Answers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answer to each question: a choice's name, more words behind it, or own words alone.

    "" where the question was not asked, UNKNOWN for "I do not know".
    """

    see: str = ""
    session: str = ""
    elsewhere: str = ""
    before: str = ""
    custom: str = ""
    file: str = ""

    def choice(self, key: str) -> str:
        """Return the choice that an answer names, UNKNOWN for none."""
        return find_choice(BY_KEY[key], getattr(self, key))

    @property
    def words(self) -> str:
        """Return what was said in own words, of what is seen and what stands before the model."""
        said = ((BY_KEY[key], getattr(self, key)) for key in ("see", "before"))
        return " ".join(cut_choice(question, text) for question, text in said).strip()

    @property
    def open(self) -> list[str]:
        """Return the questions without an answer."""
        return [key for key in BY_KEY if not getattr(self, key).strip()]

    @property
    def path(self) -> Path | None:
        """Return the file, where the last answer is a path."""
        text = self.file.strip()
        there = bool(text) and (Path(text).exists() or Path(text + ".index").exists())
        named = re.search(r"[/\\]|\w\.(?:keras|h5|hdf5|pb|tflite|json|index)$", text)
        of_choice = find_choice(BY_KEY["file"], text, by_words=False) != UNKNOWN
        return Path(text) if named or (there and not of_choice) else None


def find_choice(question: Question, text: str, by_words: bool = True) -> str:
    """Return the choice that a text begins with or else whose words it holds; UNKNOWN for none."""
    first = text.strip().partition(" ")[0].rstrip(".:,;)").lower()
    if first.isdecimal() and 1 <= int(first) <= len(question.choices):
        return question.choices[int(first) - 1].name
    names = [each.name for each in question.choices]
    if first in names:
        return first
    if suffix := re.search(r"\.(keras|h5|hdf5|json|tflite)$", text.strip()):
        return {"hdf5": "h5"}.get(suffix[1], suffix[1]) if question.key == "file" else UNKNOWN
    said = list_words(text) if by_words else []
    return next((each.name for each in question.choices if means(each, said)), UNKNOWN)


def means(choice: Choice, said: Sequence[str]) -> bool:
    """Return whether words mean a choice; a long word counts inside another: StandardScaler."""
    known = {choice.name, *choice.words}
    return any(
        word in known or any(len(each) >= INSIDE and each in word for each in known)
        for word in said
    )


def cut_choice(question: Question, text: str) -> str:
    """Return an answer without the choice that it begins with; "" for one that is not known."""
    first, _, rest = text.strip().partition(" ")
    word = first.rstrip(".:,;)").lower()
    if not rest and (not word or word == UNKNOWN or word.isdecimal()):
        return ""
    is_number = word.isdecimal() and find_choice(question, word) != UNKNOWN
    is_name = word in {UNKNOWN, *(each.name for each in question.choices)}
    return rest if is_number or (is_name and (first[-1] in ".:,;)" or not rest)) else text.strip()


def read_answers(path: Path) -> Answers:
    """Return the answers in a file: a JSON object, or lines such as `see: zeros`.

    Raises UsageError for what is neither, and for a question that is not asked.
    """
    tip = f"write lines such as: see: zeros  (questions: {', '.join(BY_KEY)})"
    try:
        with open_regular(path) as stream:
            raw = read_limited(stream, LARGEST, plain(path.name))
    except (OSError, Unreadable) as error:
        said = plain(error, 200)
        raise UsageError(f"cannot read the answers in {plain(path, 400)}", said, tip) from error
    try:
        text = raw.decode("utf-8-sig")
        if text.lstrip().startswith("{"):
            return msgspec.json.decode(text, type=Answers)
    except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
        said = plain(error, 200)
        raise UsageError(f"{plain(path, 400)} holds no answers", said, tip) from error
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        key, mark, said = (part.strip() for part in line.partition(":"))
        if not line.strip() or line.startswith("#"):
            continue
        if not mark:
            raise UsageError(f"{plain(path, 400)}, line {number} is no answer", plain(line), tip)
        if key not in BY_KEY:
            shown, near = advise(plain(key), list(BY_KEY))
            raise UsageError(f"there is no question {plain(key)!r}", shown, near)
        found[key] = said
    return Answers(**found)


def write_answers(answers: Answers) -> str:
    """Return answers as lines, as `read_answers` reads them; each stands on one line."""
    lines = []
    for each in QUESTIONS:
        said = " ".join(getattr(answers, each.key).split())
        names = ", ".join(known.name for known in each.choices)
        lines += [f"# {each.text} ({names}, {UNKNOWN})", f"{each.key}: {said}".rstrip()]
    return "\n".join(lines) + "\n"
