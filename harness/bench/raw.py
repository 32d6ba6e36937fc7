"""The raw blocks of a run: one file for each pair and workload, written whole or not at all.

A verdict is computed from these files alone, so that the same files give the same bytes.
"""

import contextlib
import hashlib
import os
import zlib
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from harness.bench.statistics import Array

# As numbered in MeasuredPair.order. Those after `injected` are measured by `bench selftest` only.
SIDES = ("a", "b", "same", "injected", "loop 2 %", "loop 5 %", "operation 3 %", "memory 3 %")
USUAL_SIDES = 4
SUFFIX = ".pair"


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """How busy the machine was while a pair was measured.

    `average` is the load of the last minute before; `stolen` is the share of time that other
    virtual machines took (None where the kernel does not tell); `busy` the share of time in which
    the cores worked, ours included.
    """

    average: float | None = None
    stolen: float | None = None
    busy: float | None = None


class MeasuredPair(msgspec.Struct, frozen=True, kw_only=True):
    """One workload in one pair of processes, as it was measured.

    `order` and `cores` hold a byte per block: its side, and the core it ran on. `times` are the
    nanoseconds of every call, block after block, each of `calls` calls: uint64, little-endian,
    compressed. `cpu_ns` is per block. `wrong` counts wrong predictions of each side. `failed` says
    why there is nothing: the side and its error. `skipped`: not applicable.
    """

    workload: str
    pair: int
    seed: int
    calls: int = 0
    order: bytes = b""
    cores: bytes = b""
    times: bytes = b""
    cpu_ns: list[int] = []
    wrong: list[int] = []
    rows: int = 0
    injected_ns: int = 0
    memory_growth: list[int | None] = []
    load: Load = Load()
    failed: str = ""
    skipped: bool = False

    def side(self, name: str) -> Array:
        """Return the nanoseconds of one side's calls, in the order they were made.

        The first call of a block finds the caches of the other side's; it is left out where a
        block has four calls or more.
        """
        return self.blocks(name).ravel()

    def blocks(self, name: str) -> Array:
        """Return these nanoseconds, a row per block, in the order of the blocks."""
        blocks = np.frombuffer(zlib.decompress(self.times), "<u8").reshape(-1, self.calls)
        return pick_blocks(blocks, np.frombuffer(self.order, np.uint8), name)

    def cpu_per_call(self, name: str) -> float:
        """Return the CPU nanoseconds of a call of one side, the mean over all its blocks."""
        mine = [
            cpu
            for cpu, side in zip(self.cpu_ns, self.order, strict=True)
            if side == SIDES.index(name)
        ]
        return sum(mine) / max(1, len(mine) * self.calls)


def pick_blocks(blocks: NDArray[np.uint64], order: NDArray[np.uint8], name: str) -> Array:
    """Return the times of one side's blocks that count, of all blocks, (blocks, calls)."""
    first = 1 if blocks.shape[1] >= 4 else 0
    times: Array = blocks[order == SIDES.index(name)][:, first:].astype(np.float64)
    return times


def pack_times(blocks: list[list[int]]) -> bytes:
    """Return the nanoseconds of all calls, compressed."""
    return zlib.compress(np.array(blocks, "<u8").tobytes(), 6)


class RawFolder:
    """The folder of a run's raw files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, key: str, workload: str, pair: int, seed: int) -> Path:
        """Return the file of one workload in one pair of the environments with the key `key`."""
        name = hashlib.sha256(f"{key} {workload}".encode()).hexdigest()[:16]
        return self.folder / f"{name}-{pair:03d}-{seed}{SUFFIX}"

    def load(self, key: str, workload: str, pair: int, seed: int) -> MeasuredPair | None:
        """Return what was measured; None where that is not there, or not whole."""
        with contextlib.suppress(OSError, ValueError):
            content = self.path(key, workload, pair, seed).read_bytes()
            return msgspec.msgpack.decode(content, type=MeasuredPair)
        return None

    def keep(self, key: str, measured: MeasuredPair) -> None:
        """Write what was measured, whole: a killed run keeps what it has reported."""
        path = self.path(key, measured.workload, measured.pair, measured.seed)
        write_bytes_whole(path, msgspec.msgpack.encode(measured))


def write_bytes_whole(path: Path, content: bytes) -> None:
    """Write bytes completely or not at all, also where the power fails."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
