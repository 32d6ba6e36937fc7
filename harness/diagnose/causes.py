"""Every cause that a diagnosis can name."""

import msgspec

from harness.diagnose.cause import Cause
from harness.diagnose.code_causes import CODE_CAUSES
from harness.diagnose.cures import explain_by_hand
from harness.diagnose.file_causes import FILE_CAUSES
from harness.diagnose.input_causes import INPUT_CAUSES
from harness.diagnose.load_causes import LOAD_CAUSES
from harness.diagnose.output_causes import OUTPUT_CAUSES
from harness.diagnose.reader_causes import READER_CAUSES
from harness.diagnose.seal_causes import SEAL_CAUSES
from harness.diagnose.tflite_causes import TFLITE_CAUSES
from harness.diagnose.training_causes import TRAINING_CAUSES

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
