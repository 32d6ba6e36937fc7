"""How many old models `rescue` brings to a release: `python -m tests.rescue.measure [FILE.json]`.

Makes whole Keras models in the built releases that are named below (tests/rescue/models.py), then
rescues each, and prints a table. Takes about 50 minutes on two cores. With a FILE, what came of
each model is kept there as JSON as soon as it is known, and models that the file holds are not
measured again: so a run that was killed goes on.
"""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

from harness.environments.resolve import open_environment
from harness.files import to_json, write_whole
from harness.origin.who_wrote import read_origin
from harness.report.layout import draw_table
from harness.report.rescue import make_rescue_record
from harness.rescue.rescue import Rescuer

MODELS = Path(__file__).with_name("models.py")
TARGET = "2.21"
WRITTEN = {
    "1.15": "sequential_of_dense:h5 sequential_built_later:h5 compiled:h5 convolutions:h5 lstm:h5 "
    "two_ways:h5 words:h5 nested:h5 twins:h5 two_outputs:h5 frame_by_frame:h5 stacked_cells:h5 "
    "separable:h5 regularized:h5 calls:h5 compiled:tf lstm:tf",
    "2.4": "sequential_of_dense:h5 compiled:h5 convolutions:h5 separable:h5 old_lstm:h5 "
    "two_ways:h5 words:h5 twins:h5 old_hard_sigmoid:h5 residual:h5 calls:h5 image_calls:h5 "
    "half_precision:h5 heads:h5 rare_calls:h5 convolutions:tf calls:tf heads:tf",
    "2.13": "sequential_of_dense:keras convolutions:keras separable:keras lstm:keras calls:keras "
    "words_with_input:keras scaled_images:h5 heads:keras up_and_down:h5 standardized:tf",
    "2.15": "sequential_of_dense:keras sequential_built_later:keras compiled:keras two_ways:keras "
    "old_lstm:keras words:keras nested:keras residual:keras image_calls:keras attention:keras "
    "half_precision:keras convolution_in_time:keras stacked_cells:keras normalized:h5 "
    "regularized:keras standardized:keras two_outputs:tf",
    "2.16": "sequential_of_dense:keras two_ways:keras convolutions:h5",
    "2.18": "words_with_input:keras twins:keras heads:keras up_and_down:h5",
}
SUFFIXES = {"h5": ".h5", "keras": ".keras", "tf": ""}
AS_IT_IS, RESCUED, PREDICTS, REFUSED, NOT_RESTORED = OUTCOMES = (
    "loads as it is",
    "rescued",
    "only predicts",
    "refused",
    "not restored by its own release",
)


def name_file(wanted: str) -> str:
    """Return the name of the file that models.py writes for NAME:FORMAT."""
    return wanted.replace(":", "-") + SUFFIXES[wanted.partition(":")[2]]


def write_models(release: str, wanted: list[str], folder: Path) -> list[Path]:
    """Let a release write its models; return the files."""
    folder.mkdir()
    subprocess.run(
        [open_environment(release).interpreter, MODELS, folder, *wanted],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return sorted(folder.iterdir())


def measure(release: str, model: Path) -> dict[str, object]:
    """Rescue one model; return the record of it, and in a word what came of it."""
    own, target = (
        replace(open_environment(each), portable_kernels=True) for each in (release, TARGET)
    )
    with tempfile.TemporaryDirectory() as work:
        made = Rescuer(read_origin(model), own, target, Path(work)).carry_out()
    record = make_rescue_record(made, release, TARGET, None)
    if made.old.error:
        outcome = NOT_RESTORED
    elif made.reason:
        outcome = REFUSED
    elif made.not_rebuilt:
        outcome = PREDICTS
    else:
        outcome = AS_IT_IS if made.as_it_is else RESCUED
    return record | {"model": model.name, "outcome": outcome}


def main(kept: Path | None) -> None:
    """Measure all models and print what came of them."""
    done: list[dict[str, object]] = json.loads(kept.read_text()) if kept and kept.exists() else []
    seen = {(each["release"], each["model"]) for each in done}
    with tempfile.TemporaryDirectory() as temporary:
        for release in WRITTEN:
            names = WRITTEN[release].split()
            missing = [each for each in names if (release, name_file(each)) not in seen]
            if not missing:
                continue
            for model in write_models(release, missing, Path(temporary, release)):
                record = measure(release, model)
                done.append(record)
                said = record["reason"] or record["not_rebuilt"] or ""
                print(f"{release:5} {model.name:28} {record['outcome']}: {said}", flush=True)
                if kept:
                    write_whole(kept, to_json(done) + "\n")
    print(draw_counts(Counter((str(each["release"]), str(each["outcome"])) for each in done)))


def draw_counts(counts: Counter[tuple[str, str]]) -> str:
    """Return the table and its sum as a sentence; `counts`: of each (release, outcome)."""
    rows = [[each, *(counts[each, outcome] for outcome in OUTCOMES)] for each in WRITTEN]
    total = {each: sum(counts[release, each] for release in WRITTEN) for each in OUTCOMES}
    table = draw_table(["written by", *OUTCOMES], [*rows, ["all", *total.values()]], right=OUTCOMES)
    keras = total[AS_IT_IS] + total[RESCUED]
    return (
        f"{table}\n{sum(total.values())} models, of which their own release restores"
        f" {sum(total.values()) - total[NOT_RESTORED]}: {total[AS_IT_IS]} load as they are, {keras}"
        f" are proven as Keras models, {keras + total[PREDICTS]} are proven to predict the same."
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
