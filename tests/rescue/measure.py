"""How many old models `rescue` brings to a release: `python -m tests.rescue.measure [FILE.json]`.

Makes whole Keras models in the built releases that are named below (tests/rescue/models.py), then
rescues each, and prints a table. Takes about 20 minutes on two cores. With a FILE, what came of
each model is kept there as JSON, and models that the file holds are not measured again.
"""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

from harness.environments.resolve import open_environment
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
OUTCOMES = ("loads as it is", "rescued", "refused", "not restored by its own release")


def write_models(release: str, folder: Path) -> list[Path]:
    """Let a release write its models; return the files."""
    folder.mkdir()
    subprocess.run(
        [open_environment(release).interpreter, MODELS, folder, *WRITTEN[release].split()],
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
        outcome = OUTCOMES[3]
    elif made.reason:
        outcome = OUTCOMES[2]
    else:
        outcome = OUTCOMES[0] if made.as_it_is else OUTCOMES[1]
    return record | {"model": model.name, "outcome": outcome}


def main(kept: Path | None) -> None:
    """Measure all models and print what came of them."""
    done: list[dict[str, object]] = json.loads(kept.read_text()) if kept and kept.exists() else []
    seen = {(each["release"], each["model"]) for each in done}
    with tempfile.TemporaryDirectory() as temporary:
        for release in WRITTEN:
            for model in write_models(release, Path(temporary, release)):
                if (release, model.name) in seen:
                    continue
                record = measure(release, model)
                done.append(record)
                said = record["reason"] or ""
                print(f"{release:5} {model.name:28} {record['outcome']}: {said}", flush=True)
                if kept:
                    kept.write_text(json.dumps(done, indent=1) + "\n")
    counts = Counter((str(each["release"]), str(each["outcome"])) for each in done)
    rows = [[each, *(counts[each, outcome] for outcome in OUTCOMES)] for each in WRITTEN]
    sums = ["all", *(sum(row[column] for row in rows) for column in range(1, 5))]
    print(draw_table(["written by", *OUTCOMES], [*rows, sums], right=OUTCOMES))
    print(f"{len(done)} models; {sums[1]} load as they are, {sums[1] + sums[2]} are proven.")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
