"""What a save step made, and what its paths' outcomes say of it."""

from dataclasses import dataclass, replace

from harness.execution.bundle import ArtifactBundle
from harness.processes.step import StepError, StepResult
from harness.results.outcome import CpuTime, Measured, Raw


@dataclass(frozen=True)
class Saved:
    """What a save step made, or why it made nothing: then `failed` is the outcome of its paths."""

    bundle: ArtifactBundle | None = None
    failed: Measured | None = None
    cpu_ms: float | None = None  # None for committed files, which nothing had to make
    size: int = 0  # bytes of the artifact's files
    side_effects: tuple[str, ...] = ()


def describe_failed_save(save: str, result: StepResult) -> Measured:
    """Return the outcome of every path whose save step failed."""
    assert result.ended != "whole"
    assert result.error is not None
    error = StepError(
        type=result.error.type,
        message=f"in {save}: {result.error.message}",
        traceback=result.error.traceback,
        step="save",
    )
    return Measured(result.ended, error, cpu_ms=CpuTime(), raw=Raw(output=result.output))


def add_save(measured: Measured, saved: Saved) -> Measured:
    """Return what a restore gave, completed by what its save took and left."""
    restored = measured.cpu_ms.restore if measured.cpu_ms else None
    return replace(
        measured,
        cpu_ms=CpuTime(saved.cpu_ms, restored),
        artifact_bytes=saved.size,
        side_effects=(*saved.side_effects, *measured.side_effects),
    )
