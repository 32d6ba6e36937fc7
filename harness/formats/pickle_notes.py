"""Notes of what a pickle names and would make; nothing of it is made."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.formats.facts import Unreadable

LARGEST_CONTENT = 64 << 20  # bytes, decompressed
MOST_OPCODES = 60_000  # names of 20,000 columns take 40,000
Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Global:
    """A class or function that the pickle names; from protocol 4 on `name` may hold dots."""

    module: str
    name: str

    @property
    def path(self) -> str:
        """Return module and name in one."""
        return f"{self.module}.{self.name}"


@dataclass(eq=False)
class Made:
    """An object that would be made by calling `function` with `arguments`.

    `state`: what it would be given, dictionaries as Pairs; `value`: its array, where it is one.
    """

    function: Any
    arguments: Any = ()
    state: Any = None
    value: Array | None = None

    @property
    def path(self) -> str:
        """Return the name of what is called; for objects made by `copyreg`, that of their class."""
        named = self.function
        if isinstance(named, Global) and named.path.endswith(("._reconstructor", ".__newobj__")):
            named = self.arguments[0] if self.arguments else named
        return named.path if isinstance(named, Global) else "?"

    @property
    def attributes(self) -> dict[str, Any]:
        """Return the state by attribute name, {} where it is no dictionary."""
        state = self.state[0] if isinstance(self.state, tuple) and self.state else self.state
        pairs = state.items if isinstance(state, Pairs) else []
        return {key: value for key, value in pairs if isinstance(key, str)}


@dataclass(eq=False)
class Pairs:
    """A dictionary; keys may be anything."""

    items: list[tuple[Any, Any]] = field(default_factory=list)


@dataclass
class Pickle:
    """What a file holds: what it calls or imports, and every object in order.

    `globals`: in order, without values. `is_indirect`: whether it calls or changes what is not
    named by a global but made by an earlier call. `left`: opcodes that may still come; `room`:
    bytes that may still be made.
    """

    globals: dict[Global, None] = field(default_factory=dict)
    objects: list[Made] = field(default_factory=list)
    is_indirect: bool = False
    left: int = MOST_OPCODES
    room: int = LARGEST_CONTENT

    @property
    def names(self) -> list[str]:
        """Return the names of the globals."""
        return [each.path for each in self.globals]

    def spend(self, size: int) -> None:
        """Count bytes that are made; raises Unreadable beyond the limit."""
        self.room -= size
        if self.room < 0:
            raise Unreadable(f"it makes more than {LARGEST_CONTENT >> 20} MiB")
