"""CPU and GPU side by side, from outcomes made up here: no GPU is needed to write the report."""

import msgspec

from harness.processes.facts import Device
from harness.report.device import pair_devices, write_device_report
from tests.unit.builders import ENVIRONMENT, make_file, make_outcome, make_record

GPU = Device("GPU:0", "Some GPU", "9.0")


def make_device_file(*gpu_verdicts):
    outcomes = []
    for number, verdict in enumerate(gpu_verdicts):
        name = f"case-{number}"
        outcomes.append(make_record(scenario=name, device="CPU:0", verdict="match"))
        outcomes.append(make_record(scenario=name, device="GPU:0", verdict=verdict))
    environment = msgspec.structs.replace(ENVIRONMENT, devices=(Device("CPU:0"), GPU))
    return make_file(outcomes, [environment])


def test_a_path_is_paired_with_itself_on_the_other_device():
    outcomes = make_device_file("match", "zeros").outcomes
    lone = make_outcome(scenario="lone", device="CPU:0")
    pairs = pair_devices([*outcomes, lone])
    assert [(cpu.scenario, gpu.scenario) for cpu, gpu in pairs] == [
        ("case-0", "case-0"),
        ("case-1", "case-1"),
    ]
    assert all(cpu.device == "CPU:0" and gpu.device == "GPU:0" for cpu, gpu in pairs)


def test_the_report_names_the_gpu_and_every_verdict_that_differs():
    report = write_device_report(make_device_file("match", "zeros"), GPU)
    assert report.startswith("# Some GPU (compute capability 9.0)")
    assert "- case-1 restore_broken: match on the CPU, zeros on the GPU" in report
    assert "- case-0" not in report


def test_agreement_is_said_too():
    report = write_device_report(make_device_file("match"), GPU)
    assert "Every path has the same verdict on both devices." in report
