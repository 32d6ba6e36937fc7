"""Print a repaired configuration as JSON, within limits of time and memory.

Arguments: the configuration that a process has left, the model file, the file's format.
"""

import os
import sys
from pathlib import Path

import msgspec

from harness.formats.__main__ import limit_process
from harness.formats.facts import LARGEST_JSON, Unreadable, plain, read_json
from harness.processes.answer_files import UnreadableAnswer, read_answer
from harness.rescue.nodes import CannotRepair
from harness.rescue.plan import REFUSED_EXIT, Plan
from harness.rescue.repairs import Repair, repair_config
from harness.rescue.training import read_training, repair_training


def plan_rescue(config_file: Path, model: Path, kind: str) -> Plan:
    """Return the plan for a model; raises CannotRepair, Unreadable, UnreadableAnswer, OSError."""
    done: list[Repair] = []
    config = read_json(read_answer(config_file, LARGEST_JSON), "the configuration")
    if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
        raise Unreadable("the configuration is not that of a model")
    if str(config.get("keras_version", "3")).startswith("3") and "module" in config:
        changed = config
    else:
        for key in ("keras_version", "backend"):
            config.pop(key, None)
        changed, done = repair_config(config)
    training, training_repairs = repair_training(read_training(model, kind))
    return Plan(
        config=msgspec.Raw(msgspec.json.encode(changed)),
        training=msgspec.Raw(msgspec.json.encode(training)),
        repairs=done,
        training_repairs=training_repairs,
    )


def main() -> int:
    """Make the plan; return the exit code."""
    limit_process()
    try:
        answer = msgspec.json.encode(plan_rescue(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
        code = 0
    except (CannotRepair, Unreadable, UnreadableAnswer, OSError) as error:
        answer, code = plain(error, 400).encode(), REFUSED_EXIT
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as error:
        said = f"its configuration is none that Keras writes ({type(error).__name__})"
        answer, code = said.encode(), REFUSED_EXIT
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()
    return code


if __name__ == "__main__":
    os._exit(main())
