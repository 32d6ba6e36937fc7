"""Single keys of a terminal, taken as they are pressed, without Enter."""

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator

POLL_SECONDS = 0.2


@contextlib.contextmanager
def read_keys(take: Callable[[str], None]) -> Iterator[bool]:
    """Call `take` for every key, from another thread; give whether stdin is a terminal.

    Where it is none, nothing is read. Ctrl-C interrupts as ever; a closed terminal counts as "q".
    """
    if not sys.stdin.isatty():
        yield False
        return
    ended = threading.Event()
    reading = threading.Thread(target=read_until, args=(ended, take), daemon=True)
    with take_keys_at_once():
        reading.start()
        try:
            yield True
        finally:
            ended.set()
            reading.join(1.0)


if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    @contextlib.contextmanager
    def take_keys_at_once() -> Iterator[None]:
        """Do nothing: keys come one at a time here."""
        yield

    def read_until(ended: threading.Event, take: Callable[[str], None]) -> None:
        """Call `take` for every key until `ended`."""
        while not ended.wait(POLL_SECONDS):
            while msvcrt.kbhit():
                take(msvcrt.getwch())

else:
    import select
    import termios
    import tty

    @contextlib.contextmanager
    def take_keys_at_once() -> Iterator[None]:
        """Have the terminal hand over each key, unseen; it is as it was afterwards."""
        terminal = sys.stdin.fileno()
        before = termios.tcgetattr(terminal)
        tty.setcbreak(terminal)
        try:
            yield
        finally:
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)

    def read_until(ended: threading.Event, take: Callable[[str], None]) -> None:
        """Call `take` for every key until `ended`; an arrow or another long key is left out."""
        terminal = sys.stdin.fileno()
        while not ended.is_set():
            if not select.select([terminal], [], [], POLL_SECONDS)[0]:
                continue
            try:
                pressed = os.read(terminal, 64)
            except OSError:  # the terminal has gone
                pressed = b""
            if not pressed:
                take("q")
                return
            if not pressed.startswith(b"\x1b"):
                for key in pressed.decode(errors="replace"):
                    take(key)
