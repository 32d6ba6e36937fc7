"""A diagnosis as one self-contained page, to send to somebody; nothing of the file is shown raw.

Jinja2 escapes what is HTML; what would steer a terminal, or turn the direction of a text round, is
spelled out before.
"""

from datetime import datetime
from pathlib import Path

import jinja2
import msgspec

from harness import __version__
from harness.diagnose.causes.cause import Side
from harness.diagnose.describe import (
    CANNOT_TELL,
    NO_FAULT,
    NOTHING_SEEN,
    TITLES,
    describe_tensor,
    fit_code,
    name_verdict,
    spell_confidence,
)
from harness.diagnose.diagnosis import Diagnosis
from harness.diagnose.findings import Finding
from harness.diagnose.load.observation import describe_observation
from harness.diagnose.load.proof import Result, describe_proof
from harness.diagnose.sarif import LEVELS
from harness.diagnose.shown import clean_record
from harness.formats.facts import plain

MOST_LAYERS = 100
MARKS: dict[Result, str] = {
    "cured": "fine",
    "not cured": "warning",
    "not needed": "note",
    "cannot": "note",
}
SIDES: dict[Side, str] = {
    "file": "the saved file",
    "environment": "the TensorFlow that reads it",
    "preprocessing": "what happens to inputs before the model",
    "postprocessing": "what happens to outputs after the model",
    "code": "the code around the model",
}


def write_page(diagnosis: Diagnosis, when: datetime) -> str:
    """Return the page; `when`: the moment that it says."""
    shown = clean(diagnosis)
    seen, verdict = shown.restored, name_verdict(shown)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html").render(
        diagnosis=shown,
        name=plain(Path(diagnosis.model).name) if diagnosis.model else "outputs",
        verdict=verdict,
        title=TITLES[shown.answer] if shown.answer else "",
        examined=when.strftime("%Y-%m-%d %H:%M UTC"),
        version=__version__,
        levels=LEVELS,
        sides=SIDES,
        sure=spell_confidence,
        number=spell_number,
        share=spell_share,
        blind=verdict == CANNOT_TELL,
        faultless=verdict == NO_FAULT,
        unseen=NOTHING_SEEN,
        restored=describe_observation(seen) if seen else [],
        outputs=seen.layers[:MOST_LAYERS] if seen else [],
        more_outputs=max(0, len(seen.layers) - MOST_LAYERS) if seen else 0,
        describe=describe_proof,
        marks=MARKS,
        tensors=[describe_tensor(each).strip() for each in shown.tensors],
        layers=shown.layers[:MOST_LAYERS],
        more=max(0, len(shown.layers) - MOST_LAYERS),
    )


def clean(diagnosis: Diagnosis) -> Diagnosis:
    """Return a diagnosis in which nothing steers a terminal or turns a text round."""
    cleaned = clean_record(diagnosis)
    fitted = [msgspec.structs.replace(each, fix=fit_fix(each)) for each in cleaned.findings]
    return msgspec.structs.replace(cleaned, findings=fitted)


def fit_fix(finding: Finding) -> str:
    """Return the code of a cure, long comments above their lines."""
    return "\n".join(line for each in finding.fix.split("\n") for line in fit_code(each))


def spell_number(value: float | None) -> str:
    """Return a number in three digits, "-" for none."""
    return "-" if value is None else f"{value:.3g}"


def spell_share(value: float | None) -> str:
    """Return a share in percent, "-" for none."""
    return "-" if value is None else f"{value:.0%}"
