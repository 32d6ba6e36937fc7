"""What a step does beyond its folder: files it writes elsewhere, addresses it connects to.

Python's audit events (PEP 578) show what goes through Python; a write by TensorFlow's own code to
another place is not seen. Python 3.7 has no audit events: there nothing is seen at all.
"""

import os
import sys

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")
CHANGING = ("os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.link")


class Witness:
    """Notes every trespass of this process from now on; `allowed` are the folders it may fill."""

    def __init__(self, allowed):
        self.allowed = tuple(os.path.realpath(folder) + os.sep for folder in allowed)
        self.trespasses = []
        if hasattr(sys, "addaudithook"):
            sys.addaudithook(self.note)  # it cannot be taken away again: one step, one process

    def note(self, event, arguments):
        """Look at one audit event; keep a sentence if it leads outside."""
        if event in NETWORK:
            self.keep("used the network: %s%r" % (event, tuple(map(str, arguments[-1:]))))
        elif event == "open":
            path, mode, flags = arguments
            if isinstance(path, (str, bytes)) and (
                set("wax+") & set(mode or "") or (flags or 0) & WRITING
            ):
                self.judge(path)
        elif event in CHANGING and isinstance(arguments[0], (str, bytes)):
            self.judge(arguments[0])

    def judge(self, path):
        """Keep `path` unless it lies in an allowed folder or is no real file."""
        full = os.path.realpath(os.fsdecode(path))
        if not (full + os.sep).startswith((*self.allowed, "/dev/", "/proc/")):
            self.keep("wrote outside its folder: %s" % full)

    def keep(self, sentence):
        if sentence not in self.trespasses:
            self.trespasses.append(sentence)
