"""Code cut out of scenario files: harness/catalog/snippet.py."""

import builtins
import dis
from types import CodeType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.catalog.lesson import read_lesson
from harness.catalog.load import read_catalog
from harness.catalog.snippet import cut_snippet

SCENARIOS = read_catalog().scenarios
LOADS = {"LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS"}
STORES = {"STORE_NAME", "STORE_GLOBAL"}


def list_names(code, operations):
    """Return the names that compiled code loads or stores outside functions' own variables."""
    names = {each.argval for each in dis.get_instructions(code) if each.opname in operations}
    nested = [each for each in code.co_consts if isinstance(each, CodeType)]
    return names.union(*(list_names(each, operations) for each in nested))


def find_loose_names(source):
    """Return the names that a module uses and neither binds nor has as builtins."""
    code = compile(source, "snippet", "exec")
    return list_names(code, LOADS) - list_names(code, STORES) - set(dir(builtins))


def drop_imports(code):
    """Return the lines that no other choice of names changes."""
    return {line for line in code.split("\n") if not line.startswith(("import ", "from "))}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.id)
def test_the_code_of_every_path_is_complete(scenario):
    lesson = read_lesson(scenario)
    assert set(lesson.broken) | set(lesson.cures) == set(scenario.paths())
    for path, code in {**lesson.broken, **lesson.cures}.items():
        assert f"def {path}(" in code
        assert find_loose_names(code) <= {"__file__"}
        assert "SCENARIO" not in code
        assert "Symptom:" not in code
    for path, code in lesson.broken.items():
        assert f"def {scenario.save_for(path)}(" in code
        assert drop_imports(code) <= drop_imports(lesson.broken_code)


def test_every_line_of_a_snippet_stands_in_its_file_in_the_same_order():
    for scenario in SCENARIOS:
        lines = iter(scenario.source.split("\n"))
        for line in cut_snippet(scenario.source, scenario.paths()).split("\n"):
            assert not line or line.startswith(("import ", "from ")) or line in lines


MODULE = '''"""A module.

More of its text.
"""
from __future__ import annotations
import os, sys  # both
import xml.dom.minidom as dom
from math import (
    cos,
    sin as sine,
)

try:
    import simplejson as json
except ImportError:
    import json

SCENARIO = {"id": "x"}

# How many there are.
# More than two.
COUNT = 3
FIRST, SECOND = 1, 2
TABLE = {}
TABLE["a"] = COUNT
TABLE.update(b=FIRST)
print(FIRST)
one = 1; two = one + 1
if COUNT:
    def branch(): return dom


# Far from everything.

def decorate(function):
    return function


def default(value=SECOND):
    """Says cos and sys, and uses neither."""
    COUNT = value  # its own variable
    return COUNT


class Base:
    kept = COUNT


@decorate
# between the decorator and the class
class Derived(Base):
    one = one

    def method(self, sine=None):
        return [json for sys in self.kept if sine]


def looped():
    return looped, Derived


def counting():
    global COUNT
    COUNT += 1
'''


@pytest.mark.parametrize(
    ("name", "defined", "absent"),
    [
        (
            "default",
            ["FIRST, SECOND = 1, 2"],
            ["COUNT = 3", "import os", "sys  # both", "import cos"],
        ),
        ("branch", ["COUNT = 3", "if COUNT:", "import xml.dom.minidom as dom"], ["json"]),
        ("Base", ["# How many there are.\n# More than two.\nCOUNT = 3"], ["Far from"]),
        (
            "Derived",
            ["try:\n    import simplejson", "class Base:", "@decorate\n# between", "one = 1; two"],
            ["import sys", "sin as sine", "import os"],
        ),
        ("looped", ["def decorate", "class Derived"], ["def counting"]),
        ("two", ["one = 1; two = one + 1"], ["COUNT"]),
        ("counting", ["COUNT = 3"], ["class"]),
        ("os", ["import os"], ["sys"]),
        ("TABLE", ['TABLE["a"] = COUNT', "TABLE.update(b=FIRST)", "FIRST,"], ["print", "two ="]),
        ("cos", ["from math import cos"], ["sine"]),
        ("SCENARIO", ["SCENARIO = "], ["COUNT"]),
    ],
)
def test_a_snippet_has_what_a_name_needs_and_nothing_else(name, defined, absent):
    found = cut_snippet(MODULE, [name])
    assert found.startswith("from __future__ import annotations\n")
    for code in defined:
        assert code in found
    for code in absent:
        assert code not in found
    assert "A module." not in found
    assert "SCENARIO" not in found or name == "SCENARIO"
    compile(found, "snippet", "exec")


def test_statements_keep_the_file_s_distance():
    source = "import os\n\nimport numpy\nimport sys\n\n\ndef a():\n    return os\n\n\ndef b():\n"
    source += "    return sys, a\n"
    assert cut_snippet(source, ["b"]) == source.replace("import numpy\n", "").rstrip("\n")


NAMES = [f"name_{number}" for number in range(8)]
FORMS = {
    "constant": "{name} = [{number}, {used}]",
    "function": "def {name}(first=None):\n    local = {number}\n    return [local, {called}]",
    "default": "def {name}(value=[{used}]):\n    return value + [{number}]",
    "class": "class {name}:\n    held = [{number}, {used}]",
    "branch": "if True:\n    {name} = [{number}, {used}]",
    "try": "try:\n    import no_such_module\nexcept ImportError:\n    {name} = [{number}, {used}]",
}
MODULES = st.lists(
    st.tuples(st.sampled_from(sorted(FORMS)), st.sets(st.sampled_from(NAMES))),
    min_size=len(NAMES),
    max_size=len(NAMES),
)


@given(MODULES, st.sampled_from(NAMES))
def test_a_name_has_the_same_value_in_its_snippet_as_in_the_module(forms, wanted):
    statements, uses = [], {}
    for number, (form, drawn) in enumerate(forms):
        # Only a function's body may use what comes later.
        uses[NAMES[number]] = used = sorted(drawn if form == "function" else drawn & set(uses))
        called = ", ".join(f"id({each}) and {each!r}" for each in used)
        code = FORMS[form].format(
            name=NAMES[number], number=number, used=", ".join(used), called=called
        )
        statements.append(code)
    source = '"""A module."""\n' + "\n".join(statements)
    found = cut_snippet(source, [wanted])
    whole, part = {}, {}
    exec(source, whole)
    exec(found, part)
    for function in (whole[wanted], part[wanted]):
        assert not callable(function) or function() is not None
    reached, waiting = set(), [wanted]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += uses[name]
    assert part.keys() & set(NAMES) == reached
    assert repr(part[wanted])[:10] == repr(whole[wanted])[:10]
