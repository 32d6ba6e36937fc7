"""Run a command; print its exit code, CPU seconds and largest memory in MiB, then its output.

The CPU seconds are those of its child processes, too.

A process of its own, since Linux counts the memory of the process that starts another as the
other's: a test process is larger than what it measures.
"""

import os
import subprocess
import sys

child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
output = child.stdout.read()
_, status, usage = os.wait4(child.pid, 0)
spent = usage.ru_utime + usage.ru_stime
print(os.waitstatus_to_exitcode(status), spent, usage.ru_maxrss / 1024, flush=True)
sys.stdout.buffer.write(output)
sys.stdout.buffer.flush()
