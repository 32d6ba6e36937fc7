"""What a step does beyond its folder: files it writes elsewhere, addresses it connects to.

Python's audit events (PEP 578) show what goes through Python; a write by TensorFlow's own code to
another place is not seen. Python 3.7 has no audit events: there nothing is seen at all.
"""

import os
import sys

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")
# Events that change the file system, and which of their arguments are changed.
CHANGING = {
    "os.mkdir": (0,),
    "os.remove": (0,),
    "os.rmdir": (0,),
    "os.rename": (0, 1),
    "os.symlink": (1,),
    "os.link": (1,),
}


class SideEffects:
    """Notes this process's side effects from now on; `allowed` are the folders it may fill."""

    def __init__(self, allowed):
        self.allowed = tuple(os.path.realpath(folder) + os.sep for folder in allowed)
        self.sentences = []
        sys.dont_write_bytecode = True  # a module's first import is no doing of the step
        if hasattr(sys, "addaudithook"):
            sys.addaudithook(self.note)  # it cannot be taken away again: one step, one process

    def note(self, event, arguments):
        """Look at one audit event; keep a sentence if it leads outside."""
        if event in NETWORK:
            where = arguments[1:] if event in ("socket.connect", "socket.sendto") else arguments[:2]
            self.keep("used the network: %s%r" % (event, tuple(map(str, where))))
        elif event == "open":
            path, mode, flags = arguments
            writes = set("wax+") & set(mode or "") or (flags or 0) & WRITING
            if writes and isinstance(path, (str, bytes)):  # a number is a file opened before
                self.judge(path)
        for position in CHANGING.get(event, ()):
            self.judge(arguments[position])

    def judge(self, path):
        """Keep `path` unless it lies in an allowed folder or is no real file."""
        full = os.path.realpath(os.fsdecode(path))
        if not (full + os.sep).startswith((*self.allowed, "/dev/", "/proc/")):
            self.keep("wrote outside its folder: %s" % full)

    def keep(self, sentence):
        if sentence not in self.sentences:
            self.sentences.append(sentence)
