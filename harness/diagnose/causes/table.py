"""Every cause that a diagnosis can name."""

import msgspec

from harness.diagnose.causes.cause import Cause
from harness.diagnose.causes.code import CODE_CAUSES
from harness.diagnose.causes.cures import explain_by_hand
from harness.diagnose.causes.file import FILE_CAUSES
from harness.diagnose.causes.input import INPUT_CAUSES
from harness.diagnose.causes.load import LOAD_CAUSES
from harness.diagnose.causes.output import OUTPUT_CAUSES
from harness.diagnose.causes.reader import READER_CAUSES
from harness.diagnose.causes.seal import SEAL_CAUSES
from harness.diagnose.causes.tflite import TFLITE_CAUSES
from harness.diagnose.causes.training import TRAINING_CAUSES

TABLES = (
    *FILE_CAUSES,
    *READER_CAUSES,
    *CODE_CAUSES,
    *INPUT_CAUSES,
    *TRAINING_CAUSES,
    *TFLITE_CAUSES,
    *OUTPUT_CAUSES,
    *SEAL_CAUSES,
    *LOAD_CAUSES,
)
ALL = tuple(msgspec.structs.replace(each, by_hand=explain_by_hand(each.id)) for each in TABLES)
CAUSES: dict[str, Cause] = {each.id: each for each in ALL}
