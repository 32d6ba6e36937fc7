"""Diagnose the healthy models that write_healthy.py wrote with a SEED, and count false alarms.

python -m tests.formats.diagnose_healthy FOLDER...
"""

import json
import sys
from collections import Counter
from pathlib import Path

from harness.diagnose.__main__ import answer_file
from harness.formats.facts import Unreadable
from harness.verdicts.rates import wilson_interval


def find_alarms(folder: Path) -> dict[str, list[str]]:
    """Return each model of a folder with what is found in it; a bare architecture is left out."""
    found = {}
    for name in json.loads((folder / "written.json").read_text()):
        if name.endswith(".json"):
            continue  # holds no weights, as is found
        try:
            answer = answer_file(folder / name)
            found[name] = [each.cause for each in answer.findings]
            found[name] += [f"unread: {answer.unread}"] if answer.unread else []
        except Unreadable as error:
            found[name] = [f"refused: {error}"]
    return found


def main() -> None:
    """Print one line for each folder, each false alarm, and the share of all with its interval."""
    alarms, models = 0, 0
    for folder in map(Path, sys.argv[1:]):
        found = find_alarms(folder)
        wrong = {name: causes for name, causes in found.items() if causes}
        kinds = Counter(name.partition(".")[2] or name.rpartition("_")[2] for name in found)
        print(f"{folder.name}: {len(wrong)} of {len(found)}; {dict(kinds)}")
        for name, causes in wrong.items():
            print(f"  {name}: {', '.join(causes)}")
        alarms, models = alarms + len(wrong), models + len(found)
    low, high = wilson_interval(alarms, models)
    print(
        f"{alarms} of {models} healthy models give a finding: {100 * low:.1f} to {100 * high:.1f} %"
    )


if __name__ == "__main__":
    main()
