"""CPU and GPU side by side, from outcomes made up here: no GPU is needed to write the report."""

from harness.report.device import pair_devices, write_device_report
from tests.unit.builders import ENVIRONMENT, make_record

GPU = {"name": "GPU:0", "model": "Some GPU", "compute_capability": "9.0"}


def make_document(*gpu_verdicts):
    outcomes = []
    for number, verdict in enumerate(gpu_verdicts):
        name = f"case-{number}"
        outcomes.append(make_record(scenario=name, device="CPU:0", verdict="match"))
        outcomes.append(make_record(scenario=name, device="GPU:0", verdict=verdict))
    environment = ENVIRONMENT | {"devices": [{"name": "CPU:0"}, GPU]}
    return {"environments": [environment], "outcomes": outcomes, "created": "2026-11-23T00:00:00"}


def test_a_path_is_paired_with_itself_on_the_other_device():
    outcomes = make_document("match", "zeros")["outcomes"]
    lone = make_record(scenario="lone", device="CPU:0")
    pairs = pair_devices([*outcomes, lone])
    assert [(cpu["scenario"], gpu["scenario"]) for cpu, gpu in pairs] == [
        ("case-0", "case-0"),
        ("case-1", "case-1"),
    ]
    assert all(cpu["device"] == "CPU:0" and gpu["device"] == "GPU:0" for cpu, gpu in pairs)


def test_the_report_names_the_gpu_and_every_verdict_that_differs():
    report = write_device_report(make_document("match", "zeros"), GPU)
    assert report.startswith("# Some GPU (compute capability 9.0)")
    assert "- case-1 restore_broken: match on the CPU, zeros on the GPU" in report
    assert "- case-0" not in report


def test_agreement_is_said_too():
    report = write_device_report(make_document("match"), GPU)
    assert "Every path has the same verdict on both devices." in report
