"""The demands of `check` on a scenario's file, beyond the rules that every command checks."""

from harness.catalog.scenario import Scenario
from harness.catalog.template import find_leftovers


def find_template_texts(scenario: Scenario) -> list[str]:
    """Return a sentence, with its line, for whatever of the template is still in the file."""
    return [
        f"{scenario.file}:{line}: {sentence}" for line, sentence in find_leftovers(scenario.source)
    ]


def find_silent_errors(scenario: Scenario) -> list[str]:
    """Return a sentence for every declared error without words that its message must contain."""
    return [
        f"{path}: the verdict 'error' needs 'raises', words that the error message contains"
        for path, rules in scenario.rules.items()
        if any(rule.verdict == "error" and not rule.raises for rule in rules)
    ]
