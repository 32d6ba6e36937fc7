"""What a scenario declares for a path, and which rule applies in an environment."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from harness.verdicts.names import VERDICTS, Verdict

CONDITIONS = ("reader", "writer", "keras", "numpy", "device")
RULE_KEYS = {*CONDITIONS, "verdict", "rate", "raises", "why"}


@dataclass(frozen=True)
class Expectation:
    """The declared verdict, and the share of seeds on which it comes ((1, 1): on all of them).

    `verdict` is "" if nothing is declared; then every verdict is accepted. `raises` are words of
    the declared error's "Type: message". An error without these words is another failure.
    """

    verdict: Verdict | Literal[""]
    rate: tuple[float, float] = (1.0, 1.0)
    why: str = ""
    raises: str = ""
    names_writer: bool = False  # the rule asks who saved


UNDECLARED = Expectation("")


@dataclass(frozen=True)
class Rule:
    """One rule of a path: its verdict applies if every condition holds; None is no condition.

    `reader`, `writer`, `keras` and `numpy` are version specifiers, `device` is "cpu" or "gpu".
    """

    verdict: Verdict
    reader: str | None = None
    writer: str | None = None
    keras: str | None = None
    numpy: str | None = None
    device: str | None = None
    rate: tuple[float, float] = (1.0, 1.0)
    raises: str = ""
    why: str = ""

    @property
    def expectation(self) -> Expectation:
        """The verdict that is declared if the rule holds."""
        return Expectation(
            self.verdict, self.rate, self.why, self.raises, names_writer=self.writer is not None
        )


def read_rules(declared: Any) -> tuple[Rule, ...]:
    """Return what a scenario's file declares for one path, which find_mistakes has passed."""
    if isinstance(declared, str):
        return read_rules([{"verdict": declared}])
    return tuple(
        Rule(**rule | {"rate": tuple(map(float, rule.get("rate", (1.0, 1.0))))})
        for rule in declared
    )


@dataclass(frozen=True)
class Circumstances:
    """Where a path runs: releases as "2.21.0", Keras of the reader as "3.15.1", device "CPU:0"."""

    reader: str
    writer: str
    keras: str
    device: str
    numpy: str = "0"

    def meet(self, rule: Rule) -> bool:
        """Return whether every condition of `rule` holds here."""
        for condition in CONDITIONS:
            wanted = getattr(rule, condition)
            if wanted is None:
                continue
            actual = getattr(self, condition)
            if condition == "device":
                if not actual.startswith(wanted.upper()):
                    return False
            elif not applies(wanted, actual):
                return False
        return True


def applies(specifier: str, version: str) -> bool:
    """Return whether `version` is within `specifier`; nightlies and release candidates count.

    They count as the release they lead to: PEP 440 has 2.22.0rc0 in neither "<2.22" nor ">=2.22".
    The Keras within TensorFlow 1.13 to 2.2 calls itself "2.2.4-tf" or "2.3.0-tf".
    """
    specifiers = SpecifierSet(specifier)
    version = version.removesuffix("-tf")
    if specifiers.contains(version, prereleases=True):
        return True
    try:
        return specifiers.contains(Version(version).base_version)
    except InvalidVersion:  # a Keras that does not say which it is
        return False


def find_expectation(rules: Iterable[Rule], where: Circumstances) -> Expectation:
    """Return the first rule that fits; `skip` if no rule fits."""
    for rule in rules:
        if where.meet(rule):
            return rule.expectation
    return Expectation("skip", why="the scenario has no rule for this environment")


def find_mistakes(declared: Any) -> list[str]:
    """Return a sentence for every mistake in what a scenario declares for one path."""
    rules = [{"verdict": declared}] if isinstance(declared, str) else declared
    if not isinstance(rules, list) or not rules:
        return [f"the expectation must be a verdict or a list of rules, found {declared!r}"]
    mistakes = []
    for rule in rules:
        if not isinstance(rule, dict):
            mistakes.append(f"a rule must be a dict, found {rule!r}")
            continue
        if rule.get("verdict") not in VERDICTS:
            mistakes.append(
                f"the verdict must be one of {', '.join(VERDICTS)}, found {rule.get('verdict')!r}"
            )
        for key in sorted(set(rule) - RULE_KEYS, key=repr):
            mistakes.append(f"the rule has an unknown key {key!r}")
        for key in ("reader", "writer", "keras", "numpy"):
            if key in rule and not is_specifier(rule[key]):
                mistakes.append(f"{key!r} must be a version specifier, found {rule[key]!r}")
        if "raises" in rule and rule.get("verdict") != "error":
            mistakes.append("'raises' belongs to the verdict 'error'")
        for key in ("device", "raises", "why"):
            if key in rule and not isinstance(rule[key], str):
                mistakes.append(f"{key!r} must be a str, found {rule[key]!r}")
        if "rate" in rule and not is_rate(rule["rate"]):
            mistakes.append(f"'rate' must be [low, high] within 0..1, found {rule['rate']!r}")
    return mistakes


def is_specifier(value: Any) -> bool:
    """Return whether `value` is a PEP 440 version specifier such as ">=2.13"."""
    try:
        return isinstance(value, str) and bool(SpecifierSet(value))
    except InvalidSpecifier:
        return False


def is_rate(value: Any) -> bool:
    """Return whether `value` is a pair of shares, the lower share first."""
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        return False
    numbers = all(isinstance(share, (int, float)) for share in value)
    return numbers and 0 <= value[0] <= value[1] <= 1
