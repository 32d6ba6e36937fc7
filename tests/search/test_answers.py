"""How well `search` answers what people ask: tests/search/questions.jsonl."""

from harness.catalog.load import read_catalog
from tests.search.questions import read_questions

QUESTIONS = read_questions()
IDS = {each.id for each in read_catalog().scenarios}


def test_each_question_names_lessons_that_there_are_and_says_who_read_its_thread():
    for each in QUESTIONS:
        assert set(each.right) <= IDS, each.question
        assert each.read in {"excerpt", "unread", "no thread"}, each.question
        assert (each.read == "no thread") == (not each.reference), each.question


def test_there_are_questions_enough_and_no_question_twice():
    assert len(QUESTIONS) >= 200
    assert sum(not each.right for each in QUESTIONS) >= 60
    assert len({each.question for each in QUESTIONS}) == len(QUESTIONS)
    assert 0.25 < sum(each.is_held for each in QUESTIONS) / len(QUESTIONS) < 0.42
