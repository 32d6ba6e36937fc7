"""Raw data of `bench` with a known truth, and a process that answers as TensorFlow would."""

import json
import sys
from pathlib import Path

import numpy as np

from harness.bench.raw import USUAL_SIDES, MeasuredPair, pack_times
from harness.processes.variables import Environment

FAKE = """
import json, os, sys, time
plan = json.loads({plan!r})
out = os.dup(1)
os.dup2(2, 1)
def send(answer):
    os.write(out, json.dumps(answer).encode() + b"\\n")
if plan.get("import_fails"):
    send({{"error": "ImportError: no such file"}})
    sys.exit(1)
if plan.get("import_hangs"):
    time.sleep(1000)
versions = {{"tensorflow": plan["tensorflow"], "keras": "3.0"}}
send({{"environment": versions, "kernels": {{"intra_op": 0}}}})
ns, asked, blocks = plan["ns"], None, 0
for line in sys.stdin:
    request = json.loads(line)
    if request["do"] == "open":
        asked = request["kind"]
        if asked in plan.get("refuses", []):
            send({{"error": {{"type": "NotApplicable", "message": "no such call"}}}})
            continue
        send({{"ns": ns, "rows": 4, "right": True}})
    elif request["do"] == "close":
        send({{"memory_growth_bytes": 0}})
    else:
        blocks += 1
        if asked == plan.get("at") and blocks > 3:
            if plan["fault"] == "crash":
                os.kill(os.getpid(), 9)
            if plan["fault"] == "hang":
                time.sleep(1000)
            if plan["fault"] == "garbage":
                os.write(out, b"Segmentation fault\\n")
                continue
        slow = request["inject"]["ns"] if request["inject"] else 0
        wrong = request["calls"] if asked == plan.get("wrong") else 0
        cold = plan.get("cold", 1) if request["lead"] < 10 else 1
        slow += ns * plan.get("uneven", 0) * (blocks * blocks % 7) // 100
        send({{"times": [ns * cold + slow] * request["calls"], "cpu_ns": ns, "wrong": wrong}})
"""


def make_environment(folder: Path, name: str, tensorflow: str = "2.0", **plan) -> Environment:
    """Return an environment whose interpreter answers as `plan` says, with a clock of its own."""
    plan = {"tensorflow": tensorflow, "ns": 3_000_000, **plan}
    script = folder / f"{name}.py"
    script.write_text(FAKE.format(plan=json.dumps(plan)))
    interpreter = folder / name
    interpreter.write_text(f'#!/bin/sh\nexec {sys.executable} {script} "$@"\n')
    interpreter.chmod(0o755)
    return Environment(str(interpreter))


def make_pairs(
    rng, ratio=1.0, pairs=12, between=0.01, injected=1.03, same=1.0, workload="dense/call"
):
    """Return so many pairs of a workload: `ratio` is the truth, `between` the processes' spread."""
    return [make_pair(rng, ratio, each, between, injected, same, workload) for each in range(pairs)]


def make_pair(rng, ratio, pair, between, injected, same, workload, calls=10, cycles=5):
    """Return one pair, with the noise of a machine: most calls a little slower, some much."""
    layouts = rng.normal(0, between, 3)
    factors = [np.exp(layouts[0]), ratio * np.exp(layouts[1]), same * np.exp(layouts[2])]
    factors.append(factors[2] * injected)
    order, blocks = [], []
    for _ in range(cycles):
        sides = list(rng.permutation(USUAL_SIDES))
        order += [*sides, *reversed(sides)]
    for side in order:
        noise = 1 + rng.exponential(0.02, calls) + (rng.random(calls) < 0.1) * 3
        blocks.append((100_000 * factors[side] * noise).astype(int).tolist())
    return MeasuredPair(
        workload=workload,
        pair=pair,
        seed=1,
        calls=calls,
        order=bytes(int(each) for each in order),
        cores=bytes(len(order)),
        times=pack_times(blocks),
        cpu_ns=[1000] * len(order),
        wrong=[0, 0, 0],
        rows=4,
        injected_ns=3000,
    )
