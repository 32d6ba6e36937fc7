"""Print the first layer that gives other numbers than its file, as JSON, within limits.

Arguments: the path of the model; an npz of what its layers gave when it was restored: `inputs`,
`names`, and `000`, ... in their order; and "float16" or "bfloat16" where layers computed in it.
"""

import os
import sys
from pathlib import Path

import msgspec
import numpy as np

from harness.diagnose.forward.run import trace
from harness.diagnose.network.read import read_network
from harness.formats.__main__ import limit_process
from harness.formats.facts import Unreadable, plain
from harness.formats.reading import UNREADABLE_EXIT
from harness.formats.recognize import read_facts
from harness.verdicts.statistics import Array

MOST_APART = 2e-3  # of a layer's largest number: what float32 and another order of sums explain
# The same for half precision, layer upon layer: verdicts/tolerances.py has what was seen of models.
COARSE = {"float16": 3e-2, "bfloat16": 4e-2}


class Traced(msgspec.Struct, frozen=True, kw_only=True):
    """How many layers were compared, and the first that differs, "" where none does."""

    compared: int = 0
    name: str = ""
    difference: float = 0.0
    largest: float = 0.0


def compare_layers(path: Path, given: Path, dtype: str = "") -> Traced:
    """Return the first layer whose numbers differ; raises Unreadable, MemoryError or OSError.

    `dtype`: "float16" or "bfloat16", where layers computed in it.
    """
    network = read_network(read_facts(path))
    if network is None:
        return Traced()
    with np.load(given, allow_pickle=False) as kept:
        names = [str(each) for each in kept["names"]]
        outputs = {name: kept[f"{at:03d}"] for at, name in enumerate(names)}
        own = trace(network, [kept["inputs"]])
    compared = 0
    for name, output in outputs.items():
        if name not in own or own[name].shape != output.shape or not output.size:
            continue
        compared += 1
        difference, largest = measure(output, own[name])
        if difference > COARSE.get(dtype, MOST_APART) * max(largest, 1e-3):
            return Traced(
                compared=compared, name=plain(name), difference=difference, largest=largest
            )
    return Traced(compared=compared)


def measure(output: Array, own: Array) -> tuple[float, float]:
    """Return the largest difference and the largest number, of what is finite in both."""
    kept = np.isfinite(output) & np.isfinite(own)
    apart = np.abs(output[kept] - own[kept])
    return float(apart.max(initial=0.0)), float(np.abs(own[kept]).max(initial=0.0))


def main() -> int:
    """Compare the layers that the arguments name; return the exit code."""
    limit_process()
    try:
        model, given, dtype = sys.argv[1:4]
        answer = msgspec.json.encode(compare_layers(Path(model), Path(given), dtype))
    except (Unreadable, MemoryError, RecursionError, OSError, ValueError, KeyError, TypeError):
        return UNREADABLE_EXIT
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    os._exit(main())
