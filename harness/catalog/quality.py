"""What `check` demands of a scenario's file, beyond the rules that every command asks for."""

from harness.catalog.scenario import Scenario

TEMPLATE_TEXTS = ("Say in one sentence what goes wrong.", "Nearly the answer.")


def find_template_texts(source: str) -> list[str]:
    """Return a sentence for every text of the template that the author has left in the file."""
    left = [text for text in TEMPLATE_TEXTS if text in source]
    return [f"the file still has the template's text: {text!r}" for text in left]


def find_silent_errors(scenario: Scenario) -> list[str]:
    """Return a sentence for every declared error that any exception would satisfy."""
    return [
        f"{path}: the verdict 'error' needs 'raises', words of the message it is to show"
        for path, rules in scenario.rules.items()
        if any(rule.verdict == "error" and not rule.raises for rule in rules)
    ]
