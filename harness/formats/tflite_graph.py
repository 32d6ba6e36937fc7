"""The graph of a TF-Lite model: its tensors with their values, its operators, in order.

Field numbers: tensorflow/lite/schema/schema.fbs. Only the first subgraph is read, which is the one
that an interpreter runs. A damaged file raises Unreadable.
"""

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from harness.formats.facts import LONGEST_NAME, Unreadable, map_file
from harness.formats.tflite import Data, follow, item, items
from harness.formats.tflite import field as find_field
from harness.formats.tflite_names import DTYPES, OPERATORS
from harness.verdicts.statistics import Array

MOST_TENSORS, MOST_OPERATORS, MOST_AXES = 20_000, 20_000, 8
READ = {"float32", "float16", "int32", "uint8", "int64", "bool", "int16", "int8", "float64"}
PER_CHANNEL = 100_000  # scales of one tensor


@dataclass(frozen=True)
class Tensor:
    """One tensor. `scales` and `zero_points`: one for all, or one for each place along `axis`.

    A real number is (q - zero point) * scale; without scales the numbers are real. `place`, `size`:
    where in the file the values stand, 0 bytes for a tensor that is computed.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    scales: tuple[float, ...] = ()
    zero_points: tuple[int, ...] = ()
    axis: int = 0
    place: int = 0
    size: int = 0

    @property
    def is_quantised(self) -> bool:
        """Return whether the numbers are counts of steps."""
        return bool(self.scales) and self.dtype in ("int8", "uint8", "int16", "int32")


@dataclass(frozen=True)
class Operator:
    """One operator by its name; `inputs` and `outputs` are places in the list of tensors."""

    name: str
    inputs: list[int]
    outputs: list[int]


@dataclass(frozen=True)
class Graph:
    """The first subgraph; `inputs` and `outputs` are places in the list of tensors."""

    data: memoryview
    tensors: list[Tensor] = field(default_factory=list)
    operators: list[Operator] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)

    def read(self, tensor: Tensor) -> Array | None:
        """Return the values of a tensor as real numbers; None where none stand in the file.

        float32 where they are quantised, else of their own dtype.
        """
        if not tensor.size or tensor.dtype not in READ:
            return None
        kind = np.dtype("?" if tensor.dtype == "bool" else tensor.dtype).newbyteorder("<")
        content = self.data[tensor.place : tensor.place + tensor.size]
        try:
            values = np.frombuffer(content, kind).reshape(tensor.shape)
        except ValueError as error:
            raise Unreadable("the TF-Lite file is damaged: a tensor has another size") from error
        return dequantise(values, tensor) if tensor.is_quantised else values


def dequantise(values: Array, tensor: Tensor) -> Array:
    """Return real numbers for steps: (q - zero point) * scale, per channel where it is so."""
    scales: Array = np.asarray(tensor.scales, np.float32)
    points: Array = np.asarray(tensor.zero_points or (0,), np.float32)
    if len(scales) > 1 or len(points) > 1:
        along = [1] * values.ndim
        if tensor.axis >= values.ndim or values.shape[tensor.axis] != len(scales):
            raise Unreadable("the TF-Lite file is damaged: a tensor has other scales")
        along[tensor.axis] = -1
        scales = scales.reshape(along)
        points = points.reshape(along) if len(points) > 1 else points
    with np.errstate(all="ignore"):
        return np.asarray((values.astype(np.float32) - points) * scales)


def read_graph(path: Path) -> Graph:
    """Return the graph of a TF-Lite file; raises Unreadable where the file is damaged."""
    data = map_file(path)
    try:
        return read_subgraph(data, follow(data, 0))
    except (struct.error, IndexError) as error:
        raise Unreadable(
            "the TF-Lite file is damaged: an offset points outside the file"
        ) from error


def read_subgraph(data: Data, model: int) -> Graph:
    """Return the first of Model.subgraphs (2), with Model.buffers (4) and operator_codes (1)."""
    subgraphs, buffers = find_field(data, model, 2), find_field(data, model, 4)
    graph = Graph(memoryview(data))
    if subgraphs is None:
        return graph
    subgraph = item(data, follow(data, subgraphs), 0)
    codes = [read_code(data, each) for each in read_tables(data, model, 1, MOST_OPERATORS)]
    holders = None if buffers is None else follow(data, buffers)
    for table in read_tables(data, subgraph, 0, MOST_TENSORS):
        graph.tensors.append(read_tensor(data, table, holders))
    for table in read_tables(data, subgraph, 3, MOST_OPERATORS):
        place = read_number(data, table, 0, "<I")
        name = codes[place] if place < len(codes) else "?"
        fed, made = (check_places(read_numbers(data, table, at, "i4"), graph) for at in (1, 2))
        graph.operators.append(Operator(name, fed, made))
    graph.inputs.extend(check_places(read_numbers(data, subgraph, 1, "i4"), graph))
    graph.outputs.extend(check_places(read_numbers(data, subgraph, 2, "i4"), graph))
    return graph


def read_code(data: Data, table: int) -> str:
    """Return the name of an operator; older files keep its number in one byte (field 0)."""
    number = max(read_number(data, table, 3, "<i"), read_number(data, table, 0, "<b"))
    name = find_field(data, table, 1)
    if name is not None and (title := read_name(data, name)):
        return title
    return OPERATORS[number] if 0 <= number < len(OPERATORS) else f"operator {number}"


def read_tensor(data: Data, table: int, buffers: int | None) -> Tensor:
    """Return a tensor: shape 0, type 1, buffer 2, name 3, quantization 4."""
    shape = read_numbers(data, table, 0, "i4", MOST_AXES)
    number = read_number(data, table, 1, "<b")
    name = find_field(data, table, 3)
    place, size = 0, 0
    if buffers is not None and (held := read_number(data, table, 2, "<I")):
        place, size = read_buffer(data, item(data, buffers, held))
    scales: list[Any] = []
    points: list[int] = []
    axis, quantization = 0, find_field(data, table, 4)
    if quantization is not None:
        details = follow(data, quantization)
        scales = read_numbers(data, details, 2, "f4", PER_CHANNEL)
        points = read_numbers(data, details, 3, "i8", PER_CHANNEL)
        axis = max(0, read_number(data, details, 6, "<i"))
    return Tensor(
        name=read_name(data, name) if name is not None else "",
        dtype=DTYPES[number] if 0 <= number < len(DTYPES) else f"dtype {number}",
        shape=tuple(max(0, each) for each in shape),
        scales=tuple(scales),
        zero_points=tuple(points),
        axis=axis,
        place=place,
        size=size,
    )


def read_buffer(data: Data, table: int) -> tuple[int, int]:
    """Return where the values of a buffer stand: data 0, or of a large file offset 1 and size 2."""
    far, size = read_number(data, table, 1, "<Q"), read_number(data, table, 2, "<Q")
    held = find_field(data, table, 0)
    if held is not None:
        vector = follow(data, held)
        far, size = vector + 4, int(struct.unpack_from("<I", data, vector)[0])
    if far + size > len(data):
        raise IndexError
    return far, size


def read_name(data: Data, place: int) -> str:
    """Return the text whose offset is at `place`, cut off where it is long."""
    vector = follow(data, place)
    size = min(struct.unpack_from("<I", data, vector)[0], LONGEST_NAME)
    return bytes(data[vector + 4 : vector + 4 + size]).decode("utf-8", "replace")


def read_tables(data: Data, table: int, number: int, most: int) -> list[int]:
    """Return the tables in a field of a table; raises Unreadable for too many."""
    place = find_field(data, table, number)
    if place is None:
        return []
    vector = follow(data, place)
    if struct.unpack_from("<I", data, vector)[0] > most:
        raise Unreadable(f"the TF-Lite file lists more than {most} parts of one kind")
    return items(data, vector, most)


def read_number(data: Data, table: int, number: int, form: str) -> int:
    """Return a number in a field of a table, 0 where the field is absent."""
    place = find_field(data, table, number)
    return 0 if place is None else int(struct.unpack_from(form, data, place)[0])


def read_numbers(
    data: Data, table: int, number: int, kind: str, most: int = MOST_TENSORS
) -> list[Any]:
    """Return the numbers in a vector of a table; raises Unreadable for too many."""
    place = find_field(data, table, number)
    if place is None:
        return []
    vector = follow(data, place)
    count = struct.unpack_from("<I", data, vector)[0]
    if count > most:
        raise Unreadable(f"the TF-Lite file lists more than {most} numbers")
    if vector + 4 + count * np.dtype(kind).itemsize > len(data):
        raise IndexError
    found: list[Any] = np.frombuffer(data, f"<{kind}", count, vector + 4).tolist()
    return found


def check_places(places: list[int], graph: Graph) -> list[int]:
    """Return places in the list of tensors, -1 for one that is left out; raises IndexError."""
    if any(not -1 <= place < len(graph.tensors) for place in places):
        raise IndexError
    return places
