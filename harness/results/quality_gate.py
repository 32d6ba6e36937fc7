"""What every scenario must show when it is run twice under one seed."""

from typing import Any

from harness.catalog.scenario import Scenario, as_rules

TEMPLATE_TEXTS = ("Say in one sentence what goes wrong.", "Nearly the answer.")
Records = list[dict[str, Any]]
LARGEST_ARTIFACT = 2**20  # bytes; a lesson's model is small
SAME = 1e-6  # relative difference between two runs that still counts as deterministic


def find_template_texts(source: str) -> list[str]:
    """Return a sentence for every text of the template that the author has left in the file."""
    left = [text for text in TEMPLATE_TEXTS if text in source]
    return [f"the file still has the template's text: {text!r}" for text in left]


def find_silent_errors(scenario: Scenario) -> list[str]:
    """Return a sentence for every declared error that any exception would satisfy."""
    return [
        f"{path}: the verdict 'error' needs 'raises', words of the message it is to show"
        for path, declared in scenario.expect.items()
        if any(rule["verdict"] == "error" and not rule.get("raises") for rule in as_rules(declared))
    ]


def find_faults(first: Records, second: Records) -> list[str]:
    """Return a sentence for every path that is not as declared or not the same twice."""
    faults: list[str] = []
    again = {record["path"]: record for record in second}
    for record in first:
        name = record["path"]
        if record["judgement"] != "expected":
            error = record["error"]
            said = f" ({error['type']}: {error['message']})" if error else ""
            wanted = record["expected"]
            wanted += f" with {record['raises']!r}" if record.get("raises") else ""
            faults.append(f"{name} gave {record['verdict']}, declared {wanted}{said}")
        faults += [f"{name} {trespass}" for trespass in record.get("trespasses") or ()]
        size = record.get("artifact_bytes") or 0
        if size > LARGEST_ARTIFACT:
            large = f"{size / 2**20:.1f} MiB"
            faults.append(f"the artifact that {name} reads is {large}; 1 MiB is the most")
        if not same_numbers(record, again[name]):
            faults.append(f"{name} gave other numbers the second time under the same seed")
    cures = [each for each in first if each["side"] in ("fixed", "healthy")]
    if cures and all(each["verdict"] == "skip" for each in cures):
        return faults
    if not any(each["verdict"] == "match" for each in cures):
        faults.append("no fixed path matches, so nothing here is cured")
    return list(dict.fromkeys(faults))


def same_numbers(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Say whether two outcomes of one path agree in verdict, mean and error."""
    if one["verdict"] != other["verdict"]:
        return False
    if not one["statistics"] or not other["statistics"]:
        return bool(one["statistics"] == other["statistics"])
    for name in ("mean", "standard_deviation", "max_absolute_error"):
        left, right = one["statistics"][name], other["statistics"][name]
        if (left is None) != (right is None):
            return False
        scale = abs(one["statistics"]["reference"]["maximum"] or 1.0)
        if left is not None and abs(left - right) > SAME * max(abs(left), scale):
            return False
    return True
