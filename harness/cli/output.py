"""What a run prints on stdout, the same for `run` and `show`."""

from typing import Any

from harness.report.summary import describe_environments, summarize
from harness.report.table import make_rate_table, make_table


def present(document: dict[str, Any], style: str) -> str:
    """Return header, table and paragraph of a run; rates where it has several seeds."""
    outcomes = document["outcomes"]
    several = len({outcome["seed"] for outcome in outcomes if not outcome["default_seed"]}) > 1
    table = make_rate_table(outcomes, style) if several else make_table(outcomes, style)
    header = "\n".join(describe_environments(document["environments"]))
    return f"{header}\n\n{table}\n\n{summarize(outcomes)}"


def next_step(document: dict[str, Any]) -> str:
    """Return the last line: the command to type next."""
    outcomes = document["outcomes"]
    changed = [outcome for outcome in outcomes if outcome["judgement"] == "changed"]
    if changed:
        return f"Next: python -m harness explain {changed[0]['scenario']}"
    zeros = [outcome for outcome in outcomes if outcome["verdict"] == "zeros"]
    if zeros:
        return f"Next: python -m harness explain {zeros[0]['scenario']}"
    return "Next: python -m harness explain --symptom zeros"
