"""The workshop kit fits the course: answers, recorded output, cards."""

import contextlib
import re
import runpy
import zlib

import pytest

from harness.catalog.load import read_catalog
from harness.course.exercises import cut_starter, find_exercise
from harness.course.table import list_track
from tests.conftest import REPOSITORY

WORKSHOP = REPOSITORY / "docs" / "workshop"
CATALOG = read_catalog()
HANDOUTS = runpy.run_path(str(WORKSHOP / "make_handouts.py"))
RECORD = runpy.run_path(str(WORKSHOP / "record.py"))


@pytest.mark.parametrize(
    "answer", RECORD["ANSWERS"], ids=lambda each: f"{each.exercise}: {each.idea}"
)
def test_every_expected_answer_can_be_written_into_its_script(answer):
    exercise = find_exercise(answer.exercise)
    starter = cut_starter(exercise, CATALOG.find(exercise.scenario))
    compile(answer.write(starter), answer.idea, "exec")


def test_every_exercise_of_the_core_has_expected_answers():
    answered = {each.exercise for each in RECORD["ANSWERS"] if each.idea != RECORD["AS_FOUND"]}
    assert answered == {each.id for each in list_track("core")}


def test_an_answer_that_does_not_fit_is_found():
    answer = RECORD["Answer"]("bicycles", "none", "no such line", "")
    with pytest.raises(ValueError, match="not once"):
        answer.write("model = 1")


def test_the_cards_are_what_the_scenarios_declare():
    written = (WORKSHOP / "predict-cards.md").read_text()
    assert written == HANDOUTS["write_cards"](), "python docs/workshop/make_handouts.py"


def test_every_answer_is_on_two_cards():
    answers = [
        HANDOUTS["find_answer"](each, CATALOG.find(each.scenario)) for each in HANDOUTS["CARDS"]
    ]
    assert sorted(answers) == sorted(2 * list(HANDOUTS["SHOWN"].values()))


def test_no_card_is_about_an_exercise_of_the_core():
    taught = {each.scenario for each in list_track("core")}
    assert taught.isdisjoint(each.scenario for each in HANDOUTS["CARDS"])


def test_a_card_whose_answer_depends_on_the_release_is_refused():
    card = HANDOUTS["Card"]("custom-relu-shadowed", "restore_broken_custom_objects", "", "")
    with pytest.raises(ValueError, match="more than one verdict"):
        HANDOUTS["find_answer"](card, CATALOG.find(card.scenario))


def test_the_ladder_to_print_is_the_ladder_of_the_readme():
    readme = (REPOSITORY / "README.md").read_text()
    ladder = (WORKSHOP / "ladder.md").read_text()
    assert ladder == HANDOUTS["write_ladder"](readme), "python docs/workshop/make_handouts.py"
    assert len(re.findall(r"^\d\. ", ladder, re.MULTILINE)) == 7
    assert len(re.findall(r"→ explain ", ladder)) == 7


def test_the_guide_and_the_recorded_output_go_through_the_core_in_its_order():
    core = [each.id for each in list_track("core")]
    for page in ("instructor-guide.md", "recorded-output.md"):
        text = (WORKSHOP / page).read_text()
        assert re.findall(r"^### `([\w-]+)`$", text, re.MULTILINE) == core, page
    slides = (WORKSHOP / "slides.md").read_text()
    words = re.findall(r"^\| ([\w-]+) \|", slides, re.MULTILINE)
    assert [word for word in words if word in core] == core


def test_every_expected_answer_is_recorded_and_output_in_the_guide_is_recorded_output():
    recorded = (WORKSHOP / "recorded-output.md").read_text()
    for answer in RECORD["ANSWERS"]:
        assert f"\n{answer.idea[0].upper()}{answer.idea[1:]}:\n" in recorded
    guide = (WORKSHOP / "instructor-guide.md").read_text()
    blocks = re.findall(r"^```\n(.*?)^```$", guide, re.DOTALL | re.MULTILINE)
    output = [each for each in blocks if "-----" in each]
    assert output
    assert all(each in recorded for each in output)


def test_every_command_of_the_class_can_be_typed_in_the_copy_of_the_repository():
    """In a folder of its own, `python -m harness` is not found."""
    for page in ("instructor-guide.md", "slides.md"):
        text = (WORKSHOP / page).read_text()
        commands = re.findall(r"python -m harness learn(?: [^`\n]*)?", text)
        assert commands
        assert "cd my-course" not in text
        for command in commands:
            assert re.search(r"learn (init|summary) |--dir my-course", command), command


def test_the_slides_that_the_guide_names_are_there():
    slides = (WORKSHOP / "slides.md").read_text().split("\n---\n")[1:]
    guide = (WORKSHOP / "instructor-guide.md").read_text()
    cells = re.findall(r"^\| \d+ \| \[.*\| ([\d, ]+) \|$", guide, re.MULTILINE)
    named = {int(each) for cell in cells for each in cell.split(",")}
    assert named == set(range(1, len(slides) + 1))


def test_the_slides_to_print_have_the_pages_of_the_source():
    pdf, inside = (WORKSHOP / "slides.pdf").read_bytes(), b""
    for each in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        with contextlib.suppress(zlib.error):  # a font, or the index of the file
            inside += zlib.decompress(each[1])
    found = re.findall(rb"/Title <FEFF([0-9A-F]+)>", inside)
    titles = [bytes.fromhex(each.decode()).decode("utf-16-be") for each in found]
    slides = (WORKSHOP / "slides.md").read_text()
    wanted = re.findall(r"^##? (.+)$", slides, re.MULTILINE)
    assert [each for each in dict.fromkeys(titles) if not each.startswith("Page ")] == wanted, (
        "make slides"
    )
    assert len(re.findall(rb"/Type\s*/Page\b", inside)) == len(wanted)


def test_nothing_of_the_machine_is_in_the_recorded_output():
    assert not re.search(r"/(tmp|home|root|work)/", (WORKSHOP / "recorded-output.md").read_text())
