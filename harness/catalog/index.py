"""The table of all scenarios, `scenarios/README.md`, and what tables say of a scenario."""

from harness.catalog.load import Catalog
from harness.catalog.scenario import FAMILIES, Scenario

MARK = "<!-- Written by: python -m harness index. Do not edit. -->"
INDEX_NAME = "README.md"
LOOK_ALIKE = "fine, only looks broken"  # what tables say of it in place of a verdict
FAMILY_TITLES = {
    "preprocessing": "what stood between the data and the model was lost",
    "restore": "layers, activations, weights and checkpoints that do not come back",
    "version": "files of another TensorFlow or Keras release",
}


def name_verdicts(scenario: Scenario) -> str:
    """Return what the broken paths show; LOOK_ALIKE for a look-alike."""
    if scenario.is_look_alike:
        return LOOK_ALIKE
    return ", ".join(each for each in scenario.verdicts("broken") if each != "skip")


def spell_releases(scenario: Scenario) -> str:
    """Return the TensorFlow releases of a scenario, and the Keras releases if declared."""
    keras = f", Keras {scenario.keras}" if scenario.keras else ""
    return scenario.tensorflow + keras


def is_index_stale(catalog: Catalog) -> bool:
    """Say whether a folder has a table of its scenarios, and the table is not what they are."""
    file = catalog.root / INDEX_NAME
    try:
        there = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return MARK in there and there != write_index(catalog)


def write_index(catalog: Catalog) -> str:
    """Return `scenarios/README.md`: one row per scenario, by family."""
    count = len(catalog.scenarios)
    alike = sum(scenario.is_look_alike for scenario in catalog.scenarios)
    lines = [
        "# The scenarios",
        "",
        f"{count} files, each one failure and its cure; {alike} of them only look like a failure.",
        "*Shows* is the verdict of the broken paths, *releases* the TensorFlow that can show it.",
        'To find yours: `python -m harness search "words of the symptom or the error"`.',
        "",
        MARK,
    ]
    for family in FAMILIES:
        lines += ["", f"## {family}: {FAMILY_TITLES[family]}", ""]
        lines += ["| id | what goes wrong | shows | releases | minutes |", "|---|---|---|---|---|"]
        for each in catalog.scenarios:
            if each.family == family:
                link = f"[{each.id}]({family}/{each.file.name})"
                summary = each.summary.replace("|", "\\|")
                shows, releases = name_verdicts(each), spell_releases(each)
                lines.append(f"| {link} | {summary} | {shows} | {releases} | {each.minutes} |")
    return "\n".join(lines) + "\n"
