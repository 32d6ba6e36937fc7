"""Run a module as it would run on a Windows without extras: `bare_windows.py MODULE ARGUMENT...`.

What only POSIX has cannot be imported or called, nor can what the light install leaves out.
"""

import os
import runpy
import sys

POSIX = {"fcntl", "grp", "pty", "pwd", "resource", "termios", "tty"}
EXTRAS = {"altair", "dask", "distributed", "keras", "tensorflow", "tf_keras", "vl_convert"}
CALLS = ("fork", "getuid", "killpg", "mkfifo", "sched_getaffinity", "O_CLOEXEC", "O_NONBLOCK")


class Blocked:
    """An import hook that finds none of these modules."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        """Raise for a blocked module; None, so that the next finder is asked, for every other."""
        del path, target
        if name.partition(".")[0] in POSIX | EXTRAS:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


for loaded in POSIX | EXTRAS:
    sys.modules.pop(loaded, None)
sys.meta_path.insert(0, Blocked)
for call in CALLS:
    delattr(os, call)
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
