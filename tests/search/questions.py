"""What people ask, in their own manner: questions.jsonl, one question a line.

question   paraphrased; nothing is copied from a thread but error messages
right      ids of the lessons that answer it, any of them; none: no lesson covers it
reference  the thread it was made from, as `keras#9305` (keras-team/keras; `tf`:
           tensorflow/tensorflow; `tfjs`: tensorflow/tfjs), or another repository's; "" for none
read       "excerpt": somebody read an excerpt of the thread; "unread": the thread was named by
           somebody else, nobody here read it; "no thread": made up

A third is held apart by the hash of its text. Rules of `search` are made by looking at the others.
Their author had read all questions once, though, before the phrases were written. So there are
fresh questions, from other threads, searched for and written down after the rules: fresh_first,
fresh_second and fresh_third.jsonl, by which phrases were widened since, and fresh_fourth.jsonl.
The third and the fourth were committed before they were first asked.
"""

import hashlib
import json
from pathlib import Path

import msgspec

FILE = Path(__file__).with_name("questions.jsonl")
FRESH_FIRST = Path(__file__).with_name("fresh_first.jsonl")
FRESH_SECOND = Path(__file__).with_name("fresh_second.jsonl")
FRESH_THIRD = Path(__file__).with_name("fresh_third.jsonl")
FRESH = Path(__file__).with_name("fresh_fourth.jsonl")


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
