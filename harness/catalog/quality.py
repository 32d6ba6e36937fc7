"""The demands of `check` on a scenario's file, beyond the rules that every command checks."""

from harness.catalog.scenario import Scenario

TEMPLATE_TEXTS = ("Say in one sentence what goes wrong.", "Nearly the answer.")


def find_template_texts(source: str) -> list[str]:
    """Return a sentence for every text of the template that is still in the file."""
    left = [text for text in TEMPLATE_TEXTS if text in source]
    return [f"the file still has the template's text: {text!r}" for text in left]


def find_silent_errors(scenario: Scenario) -> list[str]:
    """Return a sentence for every declared error without words that its message must contain."""
    return [
        f"{path}: the verdict 'error' needs 'raises', words that the error message contains"
        for path, rules in scenario.rules.items()
        if any(rule.verdict == "error" and not rule.raises for rule in rules)
    ]
