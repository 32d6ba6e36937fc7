"""Shut this process in a cage, so that from now on it reaches no file, program or network outside.

Linux only: Landlock (which files), seccomp (which system calls), resource limits, no capabilities.
Nothing of it can be undone by the process. A cage is a dict, made by harness/processes/cage.py:
    folder (the one folder whose files it may write), readable (files and folders besides),
    home (the user's: of it only what is named, and the environment),
    memory_bytes, file_bytes (of one file), cpu_seconds.
docs/explanation/the-cage.md says what is not covered.
"""

import ctypes
import json
import os
import platform
import stat
import struct
import sys

from .syscalls import ARCHITECTURES, make_filter

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # of every architecture
VERSION_FLAG, PATH_BENEATH = 1, 1
PR_SET_SECCOMP, SECCOMP_MODE_FILTER, PR_SET_NO_NEW_PRIVS = 22, 2, 38
CAPABILITY_VERSION, CAP_DAC_READ_SEARCH = 0x20080522, 2
DATA_SPARE = 4 << 30  # TensorFlow maps memory that it does not use

# Landlock's rights, linux/landlock.h
(EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE, MAKE_CHAR, MAKE_DIR) = (
    1 << bit for bit in range(8)
)
(MAKE_REG, MAKE_SOCK, MAKE_FIFO, MAKE_BLOCK, MAKE_SYM, REFER, TRUNCATE, IOCTL_DEV) = (
    1 << bit for bit in range(8, 16)
)
SINCE = {2: REFER, 3: TRUNCATE, 5: IOCTL_DEV}  # the ABI that first knows the right
FILE_RIGHTS = WRITE_FILE | READ_FILE | TRUNCATE
READ = READ_FILE | READ_DIR
# Not in it: programs, devices, sockets, FIFOs and links, over which a reader could stumble.
FILL = READ | FILE_RIGHTS | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | REFER

SYSTEM = (
    *("/usr", "/lib", "/lib32", "/lib64", "/nix/store", "/gnu/store"),
    *("/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/localtime", "/etc/timezone"),
    *("/etc/mime.types", "/etc/ssl/openssl.cnf", "/etc/pki/tls/openssl.cnf"),
    *("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/version"),
    *("/proc/sys/vm", "/proc/sys/kernel/osrelease", "/proc/sys/kernel/random"),
    *("/sys/devices/system", "/sys/fs/cgroup", "/sys/kernel/mm/transparent_hugepage"),
    *("/dev/urandom", "/dev/random", "/dev/zero"),
)
INSTALLED = ("bin", "lib", "lib64", "include", "share")  # of a prefix that holds more than a Python


class CageFailed(Exception):
    """This machine has no such cage, or the cage does not hold; the message says why."""


def enter(cage):
    """Shut this process in; call it while the process has one thread, before anything is read.

    Raises CageFailed where the kernel offers no cage, and where the cage does not hold.
    """
    machine = platform.machine()
    if sys.platform != "linux" or machine not in ARCHITECTURES or struct.calcsize("P") != 8:
        raise CageFailed("there is no cage for %s on %s" % (sys.platform, machine))
    if len(os.listdir("/proc/self/task")) != 1:  # Landlock holds for a thread and its children
        raise CageFailed("the process has more than one thread")
    library = ctypes.CDLL(None, use_errno=True)
    abi = min(find_abi(library), cage.get("newest_abi", 99))  # tests play an older kernel
    set_limits(cage)
    drop_capabilities(library)
    call(library.prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    restrict_files(library, cage, abi)
    restrict_calls(library, machine)
    prove(library, cage)


def call(function, *arguments):
    """Call a function of the C library with 64-bit integers; raises CageFailed with its errno."""
    converted = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    result = function(*converted)
    if result < 0:
        code = ctypes.get_errno()
        raise CageFailed("%s: %s" % (function.__name__, os.strerror(code)))
    return result


def find_abi(library):
    """Return the version of Landlock; raises CageFailed where there is none."""
    try:
        return call(library.syscall, CREATE_RULESET, None, 0, VERSION_FLAG)
    except CageFailed:
        raise CageFailed("this kernel, or the container, has no Landlock (Linux 5.13 has it)")


def set_limits(cage):
    """Limit memory, files, CPU time and core dumps; a limit once lowered stays."""
    import resource

    for kind, most in (
        (resource.RLIMIT_DATA, cage["memory_bytes"] + DATA_SPARE),
        (resource.RLIMIT_FSIZE, cage["file_bytes"]),
        (resource.RLIMIT_CPU, cage["cpu_seconds"]),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        most = int(most) if hard == resource.RLIM_INFINITY else min(int(most), hard)
        resource.setrlimit(kind, (most, most))


def drop_capabilities(library):
    """Give up every capability, but for root's way to files of others that it may read anyway."""
    header = struct.pack("=Ii", CAPABILITY_VERSION, 0)
    data = ctypes.create_string_buffer(24)  # effective, permitted, inheritable, twice
    call(library.capget, header, data)
    kept = struct.unpack("=6I", data.raw)[0] & 1 << CAP_DAC_READ_SEARCH
    call(library.capset, header, struct.pack("=6I", kept, kept, 0, 0, 0, 0))


def restrict_files(library, cage, abi):
    """Let files be read and written only where the cage says so, by Landlock."""
    handled = (1 << 13) - 1
    for since, right in SINCE.items():
        handled |= right if abi >= since else 0
    fields = [handled]
    if abi >= 4:
        fields.append(3)  # no TCP socket binds or connects
    if abi >= 6:
        fields.append(3)  # no abstract socket and no signal leaves the cage
    attributes = struct.pack("=%dQ" % len(fields), *fields)
    ruleset = call(library.syscall, CREATE_RULESET, attributes, len(attributes), 0)
    granted = [(path, READ) for path in list_readable(cage)]
    granted += [(cage["folder"], FILL), ("/dev/null", FILE_RIGHTS)]
    for path, rights in granted:
        allow(library, ruleset, path, rights & handled)
    call(library.syscall, RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def allow(library, ruleset, path, rights):
    """Grant rights to a file, or to all below a folder; nothing where there is no such path."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
        rights &= FILE_RIGHTS
    rule = struct.pack("=Qi", rights, descriptor)
    call(library.syscall, ADD_RULE, ruleset, PATH_BENEATH, rule, 0)
    if not path.startswith("/proc/"):  # the kernel forgets an entry there that nobody holds open
        os.close(descriptor)


def list_readable(cage):
    """Return what may be read: the system, this Python with its packages, what the cage names."""
    home = os.path.realpath(cage["home"])
    paths = list(cage["readable"])
    for root in SYSTEM:
        paths += leave_out(os.path.realpath(root), home)
    for prefix in {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}:
        whole = not holds(os.path.realpath(prefix), home)
        paths += [prefix] if whole else [os.path.join(prefix, each) for each in INSTALLED]
    paths += [
        each for each in sys.path if os.path.basename(each) in ("site-packages", "dist-packages")
    ]
    libraries = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    paths += [each for each in libraries if each and not holds(os.path.realpath(each), home)]
    return [*paths, os.path.dirname(os.path.abspath(__file__))]


def holds(folder, path):
    """Say whether `path` is the folder or lies in it; both are real paths."""
    return os.path.commonpath([folder, path]) == folder


def leave_out(folder, home):
    """Return `folder`, or where the home lies in it what is beside the home."""
    if not holds(folder, home):
        return [folder]
    if folder == home:
        return []
    parts = [os.path.join(folder, name) for name in os.listdir(folder)]
    return [each for part in parts for each in leave_out(part, home)]


def restrict_calls(library, machine):
    """Let the kernel refuse every system call that is not listed in syscalls.py."""
    program = make_filter(machine, os.getpid())
    instructions = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("@HP", len(program) // 8, ctypes.addressof(instructions))
    call(library.prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, described, 0, 0)


def prove(library, cage):
    """Try what must not succeed; raises CageFailed if it does."""
    outside = os.path.join(os.path.dirname(os.path.abspath(cage["folder"])), "outside-the-cage")
    for what, attempt in (
        ("files outside can be written", lambda: os.close(os.open(outside, os.O_CREAT | 1))),
        ("folders outside can be read", lambda: os.listdir("/")),
        ("other processes can be started", lambda: os.fork() or os._exit(0)),
        ("sockets can be opened", lambda: call(library.socket, 1, 1, 0)),
    ):
        try:
            attempt()
        except (OSError, CageFailed):
            continue
        raise CageFailed("the cage does not hold: " + what)


def try_out(path):
    """Enter the cage that a JSON file describes; print why that fails, else nothing."""
    with open(path, encoding="utf-8") as text:
        cage = json.load(text)
    try:
        enter(cage)
    except Exception as error:  # whatever it is, there is no cage
        print(error if isinstance(error, CageFailed) else repr(error))
