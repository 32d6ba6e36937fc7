"""Hostile model files of many kinds, made from scratch without TensorFlow.

    .venv/bin/python -m tests.formats.specimens FOLDER

Each is harmless: at most it would create the file `marker` in the folder of the process that loads
it. `KINDS` maps a kind's name to (what is expected, a function that writes it below a folder and
returns its path). UNSAFE: it is read and called unsafe. REFUSED: it is refused in one sentence.
ANY: it may be read or refused, but within the limits.
"""

import json
import sys
from pathlib import Path

from tests.formats.hostile import (
    archives,
    calls,
    configurations,
    graphs,
    lite,
    old_keras,
    others,
    texts,
    weights,
)
from tests.formats.hostile.base import ANY, KINDS, REFUSED, UNSAFE

MODULES = (configurations, calls, graphs, archives, texts, old_keras, others, weights, lite)
__all__ = ["ANY", "KINDS", "REFUSED", "UNSAFE"]


def main() -> None:
    """Write every kind into a folder of its own, and index.json: name, what is expected, path."""
    index = []
    for name, (expected, write) in KINDS.items():
        folder = Path(sys.argv[1]).resolve() / name.replace("/", "_")
        folder.mkdir(parents=True)
        index.append([name, expected, str(write(folder))])
    (Path(sys.argv[1]) / "index.json").write_text(json.dumps(index))
    print(f"{len(KINDS)} kinds")


if __name__ == "__main__":
    main()
