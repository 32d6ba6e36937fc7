"""What people ask, in their own manner: questions.jsonl, one question a line.

question   paraphrased; nothing is copied from a thread but error messages
right      ids of the lessons that answer it, any of them; none: no lesson covers it
reference  the thread it was made from, as `keras#9305` (keras-team/keras; `tf`:
           tensorflow/tensorflow; `tfjs`: tensorflow/tfjs), or another repository's; "" for none
read       "excerpt": somebody read an excerpt of the thread; "unread": the thread was named by
           somebody else, nobody here read it; "no thread": made up

A third is held apart by the hash of its text. Rules of `search` are made by looking at the others.
Their author had read all questions once, though, before the phrases were written. So there are
fresh questions, from other threads: fresh_first to fresh_fourth.jsonl, by which phrases were
widened since, and fresh_fifth and fresh_sixth.jsonl, by which nothing was widened. Each set from
the third on was committed before it was first asked; the fifth before its author had seen a phrase,
the sixth after its author had written phrases.
"""

import hashlib
import json
from pathlib import Path

import msgspec

FOLDER = Path(__file__).parent
FILE = FOLDER / "questions.jsonl"
SEEN = {
    name: FOLDER / f"fresh_{name}.jsonl" for name in ("first", "second", "third", "fourth")
}  # by which the rules were mended
UNSEEN = {name: FOLDER / f"fresh_{name}.jsonl" for name in ("fifth", "sixth")}


class Question(msgspec.Struct, frozen=True):
    question: str
    right: list[str]
    reference: str
    read: str

    @property
    def is_held(self) -> bool:
        """Whether the question belongs to the third that is not looked at."""
        return hashlib.sha256(self.question.encode()).digest()[0] % 3 == 0


def read_questions(file: Path = FILE) -> list[Question]:
    lines = file.read_text(encoding="utf-8").splitlines()
    return [msgspec.convert(json.loads(line), Question) for line in lines]
