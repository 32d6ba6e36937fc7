"""A pickle, or what joblib wrote, as a tree of names and values; nothing of it is run or imported.

The opcodes are those that `pickletools` lists. An object stays a note of what would be called with
what (Made). Arrays are read from their bytes, also those that joblib writes between the opcodes.
"""

import bz2
import gzip
import io
import lzma
import math
import pickletools
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from harness.formats.facts import Unreadable, open_regular, plain, read_limited
from harness.formats.pickle_arrays import (
    LONGEST,
    OBJECTS,
    TEXT,
    check_type,
    read_array,
    spell_type,
)
from harness.formats.pickle_notes import (
    LARGEST_CONTENT,
    MOST_OPCODES,
    Array,
    Global,
    Made,
    Pairs,
    Pickle,
)

LARGEST_FILE = 16 << 20  # bytes
MOST_AXES = 32  # of an array
DEEPEST = 4  # pickles inside a pickle: joblib's arrays of objects
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
EMPTY: dict[str, type] = {"EMPTY_LIST": list, "EMPTY_TUPLE": tuple, "EMPTY_SET": list}
COMPRESSED: dict[bytes, Any] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
    b"\x5d\x00\x00": lzma.open,
}
OLD_BYTES = "_codecs.encode"  # how protocols 0 to 2 write bytes
WRAPPER = "joblib.numpy_pickle.NumpyArrayWrapper"


def read_pickle(path: Path) -> Pickle:
    """Return what a pickle or joblib file would make; raises Unreadable for what is neither."""
    with open_regular(path) as stream:
        raw = read_limited(stream, LARGEST_FILE, plain(path.name))
    found = Pickle()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes in texts
            content = decompress(raw)
            Machine(io.BytesIO(content), found).run()
            if any(each.path == WRAPPER for each in found.objects):
                read_as_plain(content, found)
    except Unreadable:
        raise
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise Unreadable(f"it is no undamaged pickle: {plain(error)}") from error
    except (EOFError, OSError, zlib.error, lzma.LZMAError, MemoryError) as error:
        raise Unreadable(f"it is damaged: {plain(error) or type(error).__name__}") from error
    return found


def read_as_plain(content: bytes, found: Pickle) -> None:
    """Add what `pickle.load` calls, which takes the bytes of joblib's arrays for opcodes.

    It stops at the first byte of an array, for this is no opcode, unless somebody has made it one.
    """
    plainly = Pickle()
    try:
        Machine(io.BytesIO(content), plainly, is_joblib=False).run()
    except Unreadable:
        found.is_indirect = True  # it goes on where it cannot be followed
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError):
        pass
    found.globals.update(plainly.globals)
    found.is_indirect |= plainly.is_indirect


def decompress(raw: bytes) -> bytes:
    """Return the content of what joblib may have compressed; raises Unreadable beyond a limit."""
    if raw[:4] == b"\x04\x22\x4d\x18":
        raise Unreadable("it is compressed with lz4, which is not read here")
    if raw[:1] == b"\x78":
        content = zlib.decompressobj().decompress(raw, LARGEST_CONTENT + 1)
        return read_limited(io.BytesIO(content), LARGEST_CONTENT, "its content")
    for beginning, opened in COMPRESSED.items():
        if raw.startswith(beginning):
            with opened(io.BytesIO(raw)) as stream:
                return read_limited(stream, LARGEST_CONTENT, "its content")
    return raw


class Machine:
    """Carries out the opcodes of one pickle on notes in place of objects."""

    def __init__(
        self, stream: io.BytesIO, found: Pickle, depth: int = 0, is_joblib: bool = True
    ) -> None:
        if depth > DEEPEST:
            raise Unreadable("it holds pickles inside pickles")
        self.stream, self.found, self.depth, self.is_joblib = stream, found, depth, is_joblib
        self.stack: list[Any] = []
        self.marks: list[int] = []  # where in the stack
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        """Return the outermost value."""
        for opcode, argument, _ in pickletools.genops(self.stream):
            self.found.left -= 1
            if self.found.left < 0:
                raise Unreadable(f"it has more than {MOST_OPCODES} opcodes")
            if opcode.name == "STOP":
                return self.stack.pop()
            self.step(opcode.name, argument)
        raise Unreadable("it ends before its end")

    def step(self, name: str, argument: Any) -> None:
        """Carry out one opcode."""
        stack = self.stack
        if name in ("PROTO", "FRAME"):
            return
        if name in CONSTANTS:
            stack.append(CONSTANTS[name])
        elif name in EMPTY:
            stack.append(EMPTY[name]())
        elif name == "EMPTY_DICT":
            stack.append(Pairs())
        elif name == "MARK":
            self.marks.append(len(stack))
        elif name == "POP":
            (self.marks if self.marks[-1:] == [len(stack)] else stack).pop()
        elif name == "POP_MARK":
            self.pop_mark()
        elif name == "DUP":
            stack.append(stack[-1])
        elif name in ("PUT", "BINPUT", "LONG_BINPUT"):
            self.memo[argument] = stack[-1]
        elif name == "MEMOIZE":
            self.memo[len(self.memo)] = stack[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            stack.append(self.memo[argument])
        elif name in ("TUPLE1", "TUPLE2", "TUPLE3"):
            count = int(name[-1])
            stack[-count:] = [tuple(stack[-count:])]
        elif name == "TUPLE":
            stack.append(tuple(self.pop_mark()))
        elif name in ("LIST", "FROZENSET"):
            stack.append(self.pop_mark())
        elif name == "DICT":
            stack.append(Pairs(pair_up(self.pop_mark())))
        elif name in ("APPEND", "APPENDS", "ADDITEMS"):
            items = [stack.pop()] if name == "APPEND" else self.pop_mark()
            if isinstance(stack[-1], list):
                stack[-1].extend(items)
        elif name in ("SETITEM", "SETITEMS"):
            items = [stack.pop(-2), stack.pop()] if name == "SETITEM" else self.pop_mark()
            if isinstance(stack[-1], Pairs):
                stack[-1].items.extend(pair_up(items))
        elif name in ("GLOBAL", "STACK_GLOBAL", "INST", "OBJ"):
            self.name_global(name, argument)
        elif name in ("REDUCE", "NEWOBJ", "NEWOBJ_EX"):
            keywords = stack.pop() if name == "NEWOBJ_EX" else None
            arguments = stack.pop()
            stack.append(self.make(stack.pop(), arguments))
            if keywords is not None and isinstance(stack[-1], Made):
                stack[-1].state = keywords
        elif name == "BUILD":
            state = stack.pop()
            if isinstance(stack[-1], Made):
                self.build(stack[-1], state)
            else:
                self.found.is_indirect = True  # it changes a class
        elif argument is not None and not name.startswith(("EXT", "PERSID", "NEXT_")):
            stack.append(bytes(argument) if isinstance(argument, bytearray) else argument)
        else:
            raise Unreadable(f"it uses {plain(name)}, which is not read here")

    def pop_mark(self) -> list[Any]:
        """Take what lies above the last mark, and the mark."""
        place = self.marks.pop()
        items = self.stack[place:]
        del self.stack[place:]
        return items

    def name_global(self, opcode: str, argument: Any) -> None:
        """Put a named class or function on the stack; INST and OBJ make an object of it."""
        if opcode == "OBJ":
            function, *arguments = self.pop_mark()
            self.stack.append(self.make(function, tuple(arguments)))
            return
        if opcode == "STACK_GLOBAL":
            name, module = self.stack.pop(), self.stack.pop()
        else:
            module, _, name = argument.partition(" ")
        if not (isinstance(module, str) and isinstance(name, str)):
            raise Unreadable("it names a class by something other than a text")
        if len(module) + len(name) > LONGEST:
            raise Unreadable(f"a name in it has more than {LONGEST} characters")
        known = Global(module, name)
        self.found.globals[known] = None
        if opcode == "INST":
            self.stack.append(self.make(known, tuple(self.pop_mark())))
        else:
            self.stack.append(known)

    def make(self, function: Any, arguments: Any) -> Any:
        """Return the note of a call; what numpy would make of bytes is read from these."""
        made = Made(function, arguments)
        if not isinstance(function, Global) or made.path == "?":
            self.found.is_indirect = True
        if not self.is_joblib:
            return made
        if made.path == OLD_BYTES and isinstance(arguments[0], str):
            self.found.spend(len(arguments[0]))
            return arguments[0].encode("latin-1")
        given = arguments if isinstance(arguments, tuple) else ()
        if made.path.endswith("multiarray.scalar") and len(given) == 2:
            made.value = read_array(given[1], given[0], ())
        elif made.path.endswith("numeric._frombuffer") and len(given) == 4:
            made.value = read_array(given[0], given[1], given[2], given[3])
        self.found.objects.append(made)
        return made

    def build(self, made: Made, state: Any) -> None:
        """Give an object its state; read an array from its bytes, or from the stream for joblib."""
        made.state = state
        if made.path == "numpy.dtype":
            check_type(made.arguments[0], state)
        if not self.is_joblib:
            return
        if made.path == WRAPPER:
            made.value = self.read_wrapped(made.attributes)
        elif made.path.endswith("multiarray._reconstruct") and isinstance(state, tuple):
            _, shape, kind, fortran, content = state[-5:]
            self.found.spend(TEXT * len(content) if isinstance(content, list) else 0)
            made.value = read_array(content, kind, shape, "F" if fortran else "C")

    def read_wrapped(self, known: dict[str, Any]) -> Array | None:
        """Return the array that joblib wrote behind its wrapper."""
        kind, shape = spell_type(known["dtype"]), known["shape"]
        if kind is None:
            if known["dtype"].arguments[0] not in OBJECTS:
                raise Unreadable("it holds an array of a type that is not read here")
            inner = Machine(self.stream, self.found, self.depth + 1).run()
            return inner.value if isinstance(inner, Made) else None
        if known.get("numpy_array_alignment_bytes") is not None:
            self.stream.read(self.stream.read(1)[0])
        if len(shape) > MOST_AXES or not all(0 <= each < 1 << 48 for each in shape):
            raise Unreadable("an array in it has a shape that no array has")
        count = math.prod(shape)
        content = self.stream.read(count * np.dtype(kind).itemsize)
        return read_array(content, known["dtype"], shape, known.get("order", "C"))


def pair_up(items: list[Any]) -> list[tuple[Any, Any]]:
    """Return keys with their values."""
    return list(zip(items[::2], items[1::2], strict=True))
