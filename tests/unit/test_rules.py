"""Every mistake in a scenario file is reported with its line: harness/catalog/rules.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.catalog.expectations import Circumstances, find_expectation
from harness.catalog.load import read_scenario
from harness.verdicts.names import VERDICTS
from tests.unit.builders import DOSED, LOOK_ALIKE, SCENARIO, make_scenario, write_scenario
from tests.unit.test_expectations import LITERALS, RULES

HINTS = '    "hints": ["One.", "Two.", "Three."],'
SAVES = '"saves": {"restore_fixed_it": "save_whole"}'
LONG = "# padding\n" * 80

# what is replaced, by what, text of the line that must be named ("" for line 1), words of the
# sentence
MISTAKES = {
    "no declaration": ("SCENARIO = {", "OTHER = {", "", "has no `SCENARIO = {...}`"),
    "not a literal": ('"seed": 7', '"seed": int(7)', "SCENARIO = {", "must be a literal"),
    "unpacking": ('"seed": 7', "**{}", "SCENARIO = {", "must be a literal"),
    "a list as key": ('"seed": 7', "[]: 7", "SCENARIO = {", "must be a literal"),
    "not a dict": ("SCENARIO = {", "SCENARIO = [1]\nOTHER = {", "SCENARIO", "must be a dict"),
    "a tuple as key": ('"seed": 7', "(1, 2): 7", "(1, 2)", "unknown key (1, 2)"),
    "a negative key": ('"seed": 7', "-1: 7", "-1: 7", "unknown key -1"),
    "no id": ('    "id": "small-case",\n', "", "SCENARIO = {", "lacks the key 'id'"),
    "no family": ('    "family": "restore",\n', "", "SCENARIO = {", "lacks the key 'family'"),
    "no release": ('    "tensorflow": ">=2.13",\n', "", "SCENARIO", "lacks the key 'tensorflow'"),
    "no minutes": ('    "minutes": 5,\n', "", "SCENARIO = {", "lacks the key 'minutes'"),
    "no hints": (HINTS, "", "SCENARIO = {", "lacks the key 'hints'"),
    "no expect": ('"expect"', '"expected"', "SCENARIO = {", "lacks the key 'expect'"),
    "unknown key": ('"seed"', '"sead"', '"sead"', "unknown key 'sead'; known: id, family"),
    "seed is text": ('"seed": 7', '"seed": "7"', '"seed"', "'seed' must be a int, found '7'"),
    "seed is a bool": ('"seed": 7', '"seed": True', '"seed"', "must be a int, found True"),
    "expect is a list": ('"expect": {', '"expect": [1], "x": {', '"expect"', "must be a dict"),
    "id of another file": ('"small-case"', '"other"', '"id"', "belongs to the id 'small-case'"),
    "family of another folder": ('"restore"', '"version"', '"family"', "folder is 'restore'"),
    "unknown family": (
        '"restore"',
        '"rescue"',
        '"family"',
        "must be one of preprocessing, restore",
    ),
    "no specifier": ('">=2.13"', '"2.13"', '"tensorflow"', "a specifier such as '>=2.13'"),
    "two hints": ('["One.", ', "[", '"hints"', "three sentences, found 2"),
    "an empty hint": ('"One."', '""', '"hints"', "must be three sentences"),
    "artifact without folder": (
        SAVES,
        '"artifact": {"writer": "2.15.0"}',
        '"artifact"',
        "keys 'writer' and 'folder'",
    ),
    "artifact folder no text": (
        SAVES,
        '"artifact": {"writer": "2.15.0", "folder": 3}',
        '"artifact"',
        "each a str",
    ),
    "a writer that is no release": (
        SAVES,
        '"artifact": {"writer": "2.15", "folder": "x"}',
        '"artifact"',
        "must be a release such as 2.15.0",
    ),
    "path without function": (
        "def restore_broken(",
        "def other(",
        '"restore_broken"',
        "has no such function",
    ),
    "function without path": (
        "def save_whole",
        "def restore_more(artifact):\n    pass\n\n\ndef save_whole",
        "def restore_more",
        "restore_more has no entry in 'expect'",
    ),
    "no broken path": (
        '"restore_broken": "zeros"',
        '"restore_odd": "zeros"',
        '"expect"',
        "named restore_broken",
    ),
    "no fixed path": (
        '"restore_fixed_it": "match"',
        '"restore_mended": "match"',
        '"expect"',
        "no path named restore_fixed_",
    ),
    "unknown verdict": ('"zeros"', '"zero"', '"restore_broken"', "found 'zero'"),
    "bad rule": (
        '"match"',
        '[{"reader": "2"}]',
        '"restore_fixed_it"',
        "'reader' must be a version",
    ),
    "no keras specifier": ('"seed": 7', '"keras": "3"', '"keras"', "'keras' must be a specifier"),
    "unknown extra": (
        '"seed": 7',
        '"extras": ["pandas"]',
        '"extras"',
        "must be one of scikit-learn",
    ),
    "an extra that is no text": (
        '"seed": 7',
        '"extras": [["x"]]',
        '"extras"',
        "must be one of scikit-learn",
    ),
    "a dose's path that is no text": (
        '"seed": 7',
        '"dose": {"path": ["x"], "of": "m", "values": [1, 2, 3]}',
        '"dose"',
        "must be a function (artifact, dose=...)",
    ),
    "an import that no extra brings": (
        "import numpy as np",
        "import sklearn\nimport numpy as np",
        "import sklearn",
        "imports 'sklearn': only",
    ),
    "alarm without healthy path": (
        '"seed": 7',
        '"alarm": "warning"',
        '"alarm"',
        "'alarm' may only be used in a look-alike",
    ),
    "look-alike with a broken path": (
        '"restore_fixed_it": "match"',
        '"restore_healthy": "match"',
        '"expect"',
        "must have no restore_broken path",
    ),
    "raises without error": (
        '"zeros"',
        '[{"verdict": "zeros", "raises": "x"}]',
        '"restore_broken"',
        "'raises' belongs to the verdict 'error'",
    ),
    "dose without values": (
        '"seed": 7',
        '"dose": {"path": "restore_broken", "of": "m"}',
        '"dose"',
        "the keys 'path', 'of' and 'values'",
    ),
    "dose with falling values": (
        '"seed": 7',
        '"dose": {"path": "restore_broken", "of": "m", "values": [3, 2, 1]}',
        '"dose"',
        "at least three rising numbers",
    ),
    "dose of a path that takes none": (
        '"seed": 7',
        '"dose": {"path": "restore_broken", "of": "m", "values": [1, 2, 3]}',
        '"dose"',
        "must be a function (artifact, dose=...)",
    ),
    "dose of nothing": (
        '"seed": 7',
        '"dose": {"path": "restore_broken", "of": "", "values": [1, 2, 3]}',
        '"dose"',
        "must say what is varied",
    ),
    "a path on the machine": (
        "np.zeros_like\n",
        "open('/tmp/model')\n",
        "/tmp/model",
        "names the path '/tmp/model'",
    ),
    "no save": ("def save(", "def keep(", "", "the file has no `save(artifact, seed)`"),
    "saves for no path": (
        '{"restore_fixed_it": "save_whole"}',
        '{"restore_it": "save_whole"}',
        '"saves"',
        "'saves' names restore_it, which is not a path",
    ),
    "saves by no function": (
        '"save_whole"}',
        '"save_all"}',
        '"saves"',
        "'saves' names save_all, which is not a function",
    ),
    "saves by a list": ('"save_whole"}', "[]}", '"saves"', "names [], which is not a function"),
    "save without seed": (
        "def save(artifact, seed)",
        "def save(artifact)",
        "def save(",
        "take (artifact, seed)",
    ),
    "named save without seed": (
        "def save_whole(artifact, seed)",
        "def save_whole(artifact)",
        "def save_whole",
        "save_whole must take (artifact, seed)",
    ),
    "restore with seed": (
        "def restore_broken(artifact)",
        "def restore_broken(artifact, seed)",
        "def restore_broken",
        "restore_broken must take (artifact)",
    ),
    "no docstring": ('"""The', 'text = """The', "", "the file has no docstring"),
    "no sentence": ("does not.", "does not", "", "one sentence of at most 120"),
    "a long sentence": ("does not.", "does not" + " at all" * 15 + ".", "", "at most 120"),
    "no symptom": ("Symptom:\n", "Symptoms:\n", "", "has no section `Symptom:`"),
    "an empty section": ("    A mechanism.\n", "", "", "no section `Cause:` with text"),
    "no spot": ("Spot it:\n", "Spot:\n", "", "no section `Spot it:`"),
    "import": ("import numpy as np", "import pandas", "import pandas", "imports 'pandas': only"),
    "import from": (
        "import numpy as np",
        "from scipy.stats import norm",
        "from scipy",
        "'scipy.stats'",
    ),
    "import later": (
        "    return np.zeros_like",
        "    import harness.verdicts.judge",
        "import harness.verdicts.judge",
        "imports 'harness.verdicts.judge'",
    ),
    "import a neighbour": (
        "import numpy as np",
        "from . import other",
        "from . import",
        "imports '.'",
    ),
    "import like stdlib": (
        "import numpy as np",
        "from .json import load",
        "from .json",
        "imports '.json'",
    ),
    "assert": ("    return np.ones_like", "    assert True", "assert", "must not use assert"),
    "print": ("    return np.ones_like", "    print(1)", "print(1)", "must not print"),
    "registered class": (
        "def save_whole",
        "@keras.saving.register_keras_serializable()\nclass Own:\n    pass\n\n\ndef save_whole",
        "class Own",
        "Own is registered at module level",
    ),
    "registering call": (
        "def save_whole",
        "keras.saving.register_keras_serializable()(save)\n\n\ndef save_whole",
        "keras.saving",
        "something is registered at module level",
    ),
    "registering entry": (
        "def save_whole",
        "keras.utils.get_custom_objects()['relu'] = save\n\n\ndef save_whole",
        "keras.utils",
        "something is registered at module level",
    ),
    "too long": ("def save_whole", LONG + "def save_whole", "line 100", "at most 100"),
    "newer Python": (
        "    return np.ones_like",
        "    return (n := 1)",
        "return (n",
        "not Python 3.7",
    ),
    "no Python": ("def save(", "def save((", "def save((", "syntax error: "),
}


def test_the_template_has_no_mistake(tmp_path):
    scenario, problems = read_scenario(write_scenario(tmp_path))
    assert problems == []
    assert scenario is not None


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_reported_with_file_line_and_sentence(tmp_path, name):
    old, new, marker, words = MISTAKES[name]
    assert old in SCENARIO
    file = tmp_path / "restore" / "small_case.py"
    file.parent.mkdir()
    file.write_text(SCENARIO.replace(old, new, 1))
    scenario, problems = read_scenario(file)
    assert scenario is None
    said = [problem for problem in problems if words in problem.sentence]
    assert said, problems
    assert said[0].line == find_line(file.read_text(), marker)
    assert str(said[0]) == f"{file}:{said[0].line}: {said[0].sentence}"


def find_line(text, marker):
    if marker == "line 100":
        return 100
    return 1 + next(index for index, line in enumerate(text.splitlines()) if marker in line)


def test_every_mistake_is_reported_at_once(tmp_path):
    text = SCENARIO.replace('"zeros"', '"zero"').replace("import numpy", "import pandas")
    _, problems = read_scenario(write_scenario(tmp_path, text=text.replace("Fix:", "Cure:")))
    assert len(problems) == 3


def test_more_arguments_with_defaults_are_allowed(tmp_path):
    text = SCENARIO.replace("restore_broken(artifact)", "restore_broken(artifact, custom=None)")
    assert read_scenario(write_scenario(tmp_path, text=text))[1] == []


def check_outcome(file):
    """A file gives a scenario that can be used, or problems that can be read; it never raises."""
    scenario, problems = read_scenario(file)
    assert (scenario is None) == bool(problems)
    assert all(problem.line >= 1 and problem.sentence for problem in problems)
    if scenario:
        use(scenario)


def use(scenario):
    where = Circumstances("2.21.0", "2.21.0", "3.15.1", "CPU:0")
    assert scenario.artifact_folder is None or scenario.artifact_folder.name
    assert len(scenario.source_hash) == 64
    for path in scenario.paths():
        assert scenario.save_for(path) in scenario.definitions
        assert find_expectation(scenario.rules[path], where).verdict in VERDICTS
    assert set(scenario.verdicts()) <= set(VERDICTS)
    assert scenario.seed == int(scenario.seed)


@pytest.fixture(scope="module")
def hostile_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile") / "restore"
    folder.mkdir()
    return folder / "small_case.py"


@given(text=st.text() | st.text('"(){}[]:,=\n \t\\#%@*abcdef01\r\x00'))
def test_no_text_makes_the_reader_raise(hostile_file, text):
    hostile_file.write_text(text, encoding="utf-8", newline="")
    check_outcome(hostile_file)


@given(data=st.binary())
def test_no_bytes_make_the_reader_raise(hostile_file, data):
    hostile_file.write_bytes(data)
    check_outcome(hostile_file)


KEYS = (
    "id",
    "family",
    "tensorflow",
    "seed",
    "expect",
    "saves",
    "artifact",
    "minutes",
    "hints",
    "allow_constant_reference",
)


@given(
    key=st.sampled_from(KEYS) | LITERALS.map(repr),
    value=LITERALS
    | st.dictionaries(
        st.sampled_from(("restore_broken", "restore_fixed_it")), st.lists(RULES) | LITERALS
    ),
)
def test_no_declaration_makes_the_reader_raise(hostile_file, key, value):
    name = repr(key) if key in KEYS else key
    declared = SCENARIO.replace('    "hints"', f'    {name}: {value!r},\n    "hints"')
    hostile_file.write_text(declared, encoding="utf-8", errors="replace")
    check_outcome(hostile_file)


@given(start=st.integers(0, len(SCENARIO)), length=st.integers(1, 40), text=st.text(max_size=5))
def test_no_slip_of_the_editor_makes_the_reader_raise(hostile_file, start, length, text):
    slipped = SCENARIO[:start] + text + SCENARIO[start + length :]
    hostile_file.write_text(slipped, encoding="utf-8", newline="")
    check_outcome(hostile_file)


@pytest.mark.parametrize(
    "value",
    ["(" * 150 + ")" * 150, "-" * 9000 + "1", "1" + "+1" * 9000, "f" + "()" * 9000, "9" * 5000],
    ids=["parentheses", "signs", "sums", "calls", "digits"],
)
def test_deep_nesting_is_a_problem_and_not_a_crash(tmp_path, value):
    file = write_scenario(tmp_path, text=SCENARIO.replace('"seed": 7', f'"seed": {value}'))
    scenario, problems = read_scenario(file)
    assert scenario is None
    assert problems[0].sentence


def test_what_cannot_be_read_is_a_problem(tmp_path):
    (folder := tmp_path / "small_case.py").mkdir()
    (tmp_path / "bytes.py").write_bytes(b"\xff\xfe")
    for file in (folder, tmp_path / "bytes.py", tmp_path / "absent.py"):
        scenario, problems = read_scenario(file)
        assert scenario is None
        assert problems[0].sentence.startswith("the file cannot be read: ")


def test_a_dose_is_read_with_the_value_the_lesson_itself_takes(tmp_path):
    dose = make_scenario(tmp_path, "dosed-case", DOSED).dose
    assert (dose.path, dose.of, dose.values, dose.own) == (
        "restore_broken",
        "metres off",
        [0, 0.5, 2],
        0.5,
    )


def test_the_lessons_own_dose_must_be_among_the_values(tmp_path):
    other = DOSED.replace("dose=0.5", "dose=0.7")
    _, problems = read_scenario(write_scenario(tmp_path, "dosed-case", other))
    assert ["must be one of the dose's 'values'" in str(each) for each in problems] == [True]


def test_a_look_alike_has_healthy_paths_and_an_alarm(tmp_path):
    scenario = make_scenario(tmp_path, "calm-case", LOOK_ALIKE)
    assert scenario.is_look_alike
    assert scenario.paths() == ["restore_healthy", "restore_fixed_it"]
    assert scenario.messages() == ["was never built"]


def test_a_look_alike_that_does_not_match_is_none(tmp_path):
    other = LOOK_ALIKE.replace('"restore_healthy": "match"', '"restore_healthy": "differs"')
    _, problems = read_scenario(write_scenario(tmp_path, "calm-case", other))
    assert ["must be declared 'match'" in str(each) for each in problems] == [True]


def test_a_declared_extra_may_be_imported(tmp_path):
    text = SCENARIO.replace('"seed": 7', '"extras": ["scikit-learn"],\n    "seed": 7').replace(
        "import numpy as np", "import joblib\nimport numpy as np\nfrom sklearn import svm"
    )
    scenario = make_scenario(tmp_path, "extra-case", text)
    assert scenario.extras == ["scikit-learn"]
    assert scenario.imports == ["joblib", "numpy", "sklearn"]


@pytest.mark.parametrize("own", ["-1.5", "-2", "+3", "1e3"])
def test_the_lessons_own_dose_may_be_any_number(tmp_path, own):
    text = DOSED.replace("[0, 0.5, 2]", "[-2, -1.5, 3, 1e3]").replace("dose=0.5", f"dose={own}")
    dose = make_scenario(tmp_path, "dosed-case", text).dose
    assert dose.own == float(own)


@pytest.mark.parametrize("own", ["None", "True", "-True", "x", "[1]", "int('1')", "-'1'"])
def test_the_lessons_own_dose_is_a_number(tmp_path, own):
    text = DOSED.replace("[0, 0.5, 2]", "[-1, 0, 1]").replace("dose=0.5", f"dose={own}")
    _, problems = read_scenario(write_scenario(tmp_path, "dosed-case", text))
    assert ["must be one of the dose's 'values'" in str(each) for each in problems] == [True]


@pytest.mark.parametrize("value", ["True", "1e999", "10**400", "1" + "0" * 400, "'1'"])
def test_a_dose_that_no_float_holds_is_refused(tmp_path, value):
    text = DOSED.replace("[0, 0.5, 2]", f"[0, 0.5, {value}]")
    _, problems = read_scenario(write_scenario(tmp_path, "dosed-case", text))
    assert len(problems) >= 1
