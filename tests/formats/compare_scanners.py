"""What modelscan and modelaudit say of the hostile specimens, as JSON lines.

    python -m tests.formats.specimens FOLDER
    SCANNERS/bin/python tests/formats/compare_scanners.py FOLDER modelscan > modelscan.jsonl

SCANNERS is a virtual environment with the scanner in it. Each specimen has 20 s. An answer is
"issues" (severity medium or worse), "clean", "skipped" (the scanner does not read it), "error", or
"slow".
"""

import json
import signal
import sys
import time
from pathlib import Path

SECONDS = 20


def stop(*_):
    raise TimeoutError


def scan_with_modelscan(path):
    from modelscan.modelscan import ModelScan

    scanner = ModelScan()
    found = scanner.scan(path)
    if found["issues"]:
        return "issues"
    if found["errors"]:
        return "error"
    scanned = found["summary"]["scanned"]["total_scanned"]
    return "clean" if scanned else "skipped"


def scan_with_modelaudit(path):
    from modelaudit.core import scan_model_directory_or_file

    found = scan_model_directory_or_file(path)
    issues = found["issues"] if isinstance(found, dict) else found.issues
    levels = {str(getattr(each, "severity", None) or each["severity"]).lower() for each in issues}
    if any("critical" in level or "warning" in level for level in levels):
        return "issues"
    errors = found.get("has_errors") if isinstance(found, dict) else found.has_errors
    return "error" if errors else "clean"


def main():
    scan = {"modelscan": scan_with_modelscan, "modelaudit": scan_with_modelaudit}[sys.argv[2]]
    signal.signal(signal.SIGALRM, stop)
    for name, expected, path in json.loads((Path(sys.argv[1]) / "index.json").read_text()):
        if not Path(path).is_dir() and not Path(path).is_file():
            continue  # a device or a pipe, which a scanner may wait for
        begun = time.process_time()
        signal.alarm(SECONDS)
        try:
            said = scan(path)
        except TimeoutError:
            said = "slow"
        except BaseException as error:
            said = f"error: {type(error).__name__}"
        signal.alarm(0)
        spent = round(time.process_time() - begun, 2)
        print(json.dumps([name, expected, said, spent]), flush=True)


main()
