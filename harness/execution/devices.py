"""Which devices a run restores on."""

from collections.abc import Sequence
from pathlib import Path

from harness.errors import EnvironmentUnusable
from harness.execution.work_folder import hold_work_folder
from harness.processes.facts import Device
from harness.processes.spawn import SpawnWorker
from harness.processes.variables import Environment


def choose_devices(wanted: str, found: Sequence[Device]) -> tuple[str, ...]:
    """Return the devices to restore on; raises EnvironmentUnusable for a GPU that is not there.

    `wanted` is "cpu", "gpu" or "all".
    """
    gpus = tuple(device.name for device in found if device.name.startswith("GPU"))
    if wanted == "gpu" and not gpus:
        raise EnvironmentUnusable(
            "no GPU was found",
            "TensorFlow lists: " + ", ".join(device.name for device in found),
            "check the driver and TensorFlow's CUDA libraries (--device cpu needs none)",
        )
    return {"cpu": ("CPU:0",), "gpu": gpus[:1], "all": ("CPU:0", *gpus[:1])}[wanted]


def require_gpu(interpreter: str, reports: Path) -> Device:
    """Return the first GPU TensorFlow sees; raises EnvironmentUnusable where there is none."""
    with hold_work_folder(reports, 0) as work:
        (work / "keras-home").mkdir()
        worker = SpawnWorker(Environment(interpreter), work)
        try:
            found = worker.list_devices()
        finally:
            worker.close()
    name = choose_devices("gpu", found)[0]
    return next(device for device in found if device.name == name)
