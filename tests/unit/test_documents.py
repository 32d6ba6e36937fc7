"""What the documents point to is there: links, anchors, files, commands, options."""

import ast
import re
import runpy
from functools import cache

import pytest
import typer.main

from harness.catalog.load import read_catalog
from harness.cli import app
from tests.conftest import REPOSITORY

FOLDERS = ("docs", "reports", "scenarios")
DOCUMENTS = sorted(
    [
        *REPOSITORY.glob("*.md"),
        *(file for folder in FOLDERS for file in (REPOSITORY / folder).rglob("*.md")),
    ]
)
# Dated notes and the history stay as they were written, whatever is renamed later.
LIVING = [
    file
    for file in DOCUMENTS
    if file.name != "CHANGELOG.md" and file.parent.name not in ("decisions", "reports")
]
ARCHITECTURE = REPOSITORY / "docs" / "explanation" / "architecture.md"
FENCED = re.compile(r"^( *)```.*?^\1```$", re.DOTALL | re.MULTILINE)


def name(file):
    return str(file.relative_to(REPOSITORY))


@cache
def read_anchors(file):
    """Return the anchors that GitHub gives to the headings of a document."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", file.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def find_links(text):
    """Return the targets of a document's links and pictures that are no web pages."""
    targets = re.findall(r"\]\(([^)\s]+)\)", FENCED.sub("", text))
    return [target for target in targets if not re.match(r"\w+:", target)]


def find_broken_links(file):
    """Return the links of a document that lead nowhere."""
    broken = []
    for target in find_links(file.read_text()):
        path, _, anchor = target.partition("#")
        found = (file.parent / path).resolve() if path else file
        if not found.exists() or (anchor and anchor not in read_anchors(found)):
            broken.append(target)
    return broken


def find_commands(text):
    """Return the words of every command line, in code blocks and between backticks."""
    blocks = [line for block in FENCED.finditer(text) for line in block.group().splitlines()]
    spans = re.findall(r"`([^`]+)`", re.sub(r"\s+", " ", FENCED.sub("", text)))
    called = re.compile(r"(?:python -m harness|^restorebench) ([a-z][^#|>]*)")
    found = [called.search(line.strip()) for line in (*blocks, *spans)]
    return [each.group(1).split() for each in found if each]


def is_command(words):
    """Say whether a command line begins with a command, and a group's with one of the group.

    `bench A B` is `bench pair A B`, and `learn` takes options without a command of its group.
    """
    known = typer.main.get_command(app).commands
    if words[0] not in known:
        return False
    below = getattr(known[words[0]], "commands", None)
    if words[0] == "learn" and words[1:] and words[1].startswith("-"):
        return True
    return below is None or len(words) == 1 or words[0] == "bench" or words[1] in below


@pytest.mark.parametrize("file", DOCUMENTS, ids=name)
def test_every_link_of_a_document_leads_somewhere(file):
    assert find_broken_links(file) == []


def test_a_link_that_leads_nowhere_would_be_found(tmp_path):
    (tmp_path / "other.md").write_text("# A heading, with `code`\n")
    page = tmp_path / "page.md"
    page.write_text(
        "# Here\n[a](other.md#a-heading-with-code) [b](#here) [c](https://x.org/)\n"
        "[d](gone.md) [e](other.md#gone) [f](#gone)\n```\n[g](in-code.md)\n```\n"
    )
    assert find_broken_links(page) == ["gone.md", "other.md#gone", "#gone"]


@pytest.mark.parametrize("file", LIVING, ids=name)
def test_every_file_that_a_document_names_is_there(file):
    text = file.read_text()
    named = re.findall(r"`((?:harness|tests|docs|scenarios|reports)/[\w./-]+)`", text)
    made = re.compile(r"reports/(restorebench\.sqlite|gpu-NAME\.md|$)|scenarios/FAMILY/")
    missing = [each for each in named if not made.match(each) and not (REPOSITORY / each).exists()]
    assert missing == []


def test_every_module_that_the_architecture_names_is_there():
    rows = [line for line in ARCHITECTURE.read_text().splitlines() if line.startswith("| `")]
    named = [each for row in rows for each in re.findall(r"`([\w/]+\.py)`", row)]
    assert len(named) > 30
    places = (REPOSITORY, REPOSITORY / "harness")
    assert [each for each in named if not any((place / each).is_file() for place in places)] == []


def test_the_page_of_modules_is_what_their_docstrings_say():
    page = REPOSITORY / "docs" / "reference" / "list_modules.py"
    written = runpy.run_path(str(page))["write_page"]()
    assert written == page.with_name("modules.md").read_text(), f"python {page}"


def test_every_module_has_a_docstring_for_that_page():
    modules = [*(REPOSITORY / "harness").rglob("*.py"), *REPOSITORY.glob("*.py")]
    assert [
        name(each) for each in modules if not ast.get_docstring(ast.parse(each.read_text()))
    ] == []


def test_every_package_is_in_the_architecture():
    named = set(re.findall(r"`(\w+)/", ARCHITECTURE.read_text()))
    packages = {file.parent.name for file in (REPOSITORY / "harness").glob("*/__init__.py")}
    assert packages - named == set()


@pytest.mark.parametrize("file", LIVING, ids=name)
def test_every_command_that_a_document_names_is_a_command(file):
    commands = find_commands(file.read_text())
    assert [" ".join(words) for words in commands if not is_command(words)] == []


def test_every_option_that_the_documents_name_is_an_option():
    offered = set()
    groups = [typer.main.get_command(app)]
    while groups:
        command = groups.pop()
        groups += getattr(command, "commands", {}).values()
        offered |= {
            each for option in command.params for each in (*option.opts, *option.secondary_opts)
        }
    for file in LIVING:
        for words in find_commands(file.read_text()):
            options = {word.partition("=")[0] for word in words if word.startswith("--")}
            wrong = {re.sub(r"[^\w-]+$", "", option) for option in options} - offered - {"--help"}
            assert not wrong, f"{name(file)}: {' '.join(words)}"


def test_the_tables_of_commands_name_commands_and_all_of_them():
    text = (REPOSITORY / "README.md").read_text()
    section = text[text.index("## Commands") : text.index("Useful with `run`")]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    named = [span.split() for cell in cells for span in re.findall(r"`([^`]+)`", cell)]
    assert [words for words in named if not is_command(words)] == []
    shown = {
        key for key, command in typer.main.get_command(app).commands.items() if not command.hidden
    }
    assert shown - {words[0] for words in named} == set()


def test_the_documents_name_many_commands():
    assert sum(len(find_commands(file.read_text())) for file in LIVING) > 50
    page = "`restorebench env list`\n\n```\n$ python -m harness run --all  # everything\n```\n"
    assert find_commands(page) == [["run", "--all"], ["env", "list"]]


@pytest.mark.parametrize("words", [["remote"], ["env", "fetch"]])
def test_a_command_that_is_none_would_be_found(words):
    assert not is_command(words)


def test_the_readme_counts_the_look_alikes():
    text = " ".join((REPOSITORY / "README.md").read_text().split())
    alike = sum(scenario.is_look_alike for scenario in read_catalog().scenarios)
    assert f"{alike} more scenarios only look like a failure." in text


def test_coverage_lists_every_cause_once():
    text = (REPOSITORY / "docs" / "explanation" / "coverage.md").read_text()
    causes = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")]
    causes = [cause for cause in causes if cause != "cause"]
    assert len(causes) > 50
    assert sorted(set(causes)) == sorted(causes)


def test_every_scenario_stands_in_a_table_of_releases_or_the_page_says_why_not():
    pages = [REPOSITORY / "reports" / f"releases{end}.md" for end in ("", "-of-newer-lessons")]
    text = "\n".join(page.read_text() for page in pages)
    named = set(re.findall(r"^\| ([\w-]+) +\||`([\w-]+)`", text, re.MULTILINE))
    known = {each.id for each in read_catalog().scenarios}
    assert sorted(known - {row or word for row, word in named}) == []
