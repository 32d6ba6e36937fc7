"""The system calls that a caged step may make, as a program for the kernel's seccomp filter.

What is not named here is refused. Refused are therefore: other programs (execve), other processes
(fork, signals to them, ptrace, prlimit of them), sockets of every kind, io_uring, shared memory,
namespaces and mounts, modes, owners, times and attributes of files (which Landlock does not guard),
links, device control, and whatever a later kernel adds.
"""

import errno
import struct

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # linux/audit.h

# Name, number on x86-64, number on aarch64 ("-": not there).
ALLOWED = """
read 0 63, write 1 64, pread64 17 67, pwrite64 18 68, readv 19 65, writev 20 66, preadv 295 69,
pwritev 296 70, preadv2 327 286, pwritev2 328 287, lseek 8 62, close 3 57, close_range 436 436,
creat 85 -, fstat 5 80, stat 4 -, lstat 6 -, newfstatat 262 79, statx 332 291, access 21 -,
faccessat 269 48, faccessat2 439 439, readlink 89 -, readlinkat 267 78, getcwd 79 17, chdir 80 49,
fchdir 81 50, getdents 78 -, getdents64 217 61, statfs 137 43, fstatfs 138 44, ftruncate 77 46,
fallocate 285 47, fadvise64 221 223, fsync 74 82, fdatasync 75 83, sync_file_range 277 84,
flock 73 32, mkdir 83 -, mkdirat 258 34, rmdir 84 -, unlink 87 -, unlinkat 263 35, rename 82 -,
renameat 264 38, renameat2 316 276, sendfile 40 71, copy_file_range 326 285, umask 95 166,
dup 32 23, dup2 33 -, dup3 292 24, pipe 22 -, pipe2 293 59, poll 7 -, ppoll 271 73, select 23 -,
pselect6 270 72, epoll_create 213 -, epoll_create1 291 20, epoll_ctl 233 21, epoll_wait 232 -,
epoll_pwait 281 22, epoll_pwait2 441 441, eventfd 284 -, eventfd2 290 19, timerfd_create 283 85,
timerfd_settime 286 86, timerfd_gettime 287 87, mmap 9 222, munmap 11 215, mprotect 10 226,
mremap 25 216, madvise 28 233, mincore 27 232, msync 26 227, brk 12 214, membarrier 324 283,
get_mempolicy 239 236, exit 60 93, exit_group 231 94, futex 202 98, set_robust_list 273 99,
get_robust_list 274 100, set_tid_address 218 96, rseq 334 293, gettid 186 178, getpid 39 172,
getppid 110 173, getpgrp 111 -, getpgid 121 155, getsid 124 156, wait4 61 260, waitid 247 95,
restart_syscall 219 128, sched_yield 24 124, sched_getaffinity 204 123, sched_getparam 143 121,
sched_getscheduler 145 120, sched_get_priority_max 146 125, sched_get_priority_min 147 126,
sched_rr_get_interval 148 127, getpriority 140 141, rt_sigaction 13 134, rt_sigprocmask 14 135,
rt_sigreturn 15 139, rt_sigpending 127 136, rt_sigtimedwait 128 137, rt_sigsuspend 130 133,
sigaltstack 131 132, pause 34 -, alarm 37 -, setitimer 38 103, getitimer 36 102,
timer_create 222 107, timer_settime 223 110, timer_gettime 224 108, timer_getoverrun 225 109,
timer_delete 226 111, nanosleep 35 101, clock_nanosleep 230 115, clock_gettime 228 113,
clock_getres 229 114, gettimeofday 96 169, time 201 -, times 100 153, getrusage 98 165,
sysinfo 99 179, uname 63 160, getcpu 309 168, getrandom 318 278, getuid 102 174, geteuid 107 175,
getgid 104 176, getegid 108 177, getresuid 118 148, getresgid 120 150, getgroups 115 158,
capget 125 90, getrlimit 97 163, setrlimit 160 164, arch_prctl 158 -
"""
# What libraries try first, and leave when the kernel does not have it: ENOSYS instead of EPERM.
ABSENT = """
clone3 435 435, memfd_create 319 279, openat2 437 437, pidfd_open 434 434,
io_uring_setup 425 425, futex_waitv 449 449
"""
FIRST_UNKNOWN = 451  # from this number on every call counts as absent

CLONE_THREAD = 0x00010000
CLONE_NAMESPACES = 0x7E020080  # every CLONE_NEW... flag
O_TRUNC = 0x200
FCNTL = (*range(8), 36, 37, 38, 1030, 1031, 1032)  # not F_SETOWN: it sends signals to others
IOCTL = (
    0x5401,
    0x5413,
    0x541B,
    0x5421,
    0x5450,
    0x5451,
)  # terminal? size, FIONREAD, FIONBIO, CLOEXEC
PRCTL = (3, 15, 16, 21, 23, 29, 30, 0x53564D41)  # names of threads, and what only asks

ALLOW, ERROR, KILL = 0x7FFF0000, 0x00050000, 0x80000000  # what a filter answers
LOAD, AND, EQUAL, AT_LEAST, RETURN = 0x20, 0x54, 0x15, 0x35, 0x06  # instructions of classic BPF
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data


def read_table(table, machine):
    """Return {name: number} of a table above for this machine."""
    column = 1 if machine == "x86_64" else 2
    rows = [row.split() for row in table.split(",")]
    return {row[0]: int(row[column]) for row in rows if row[column] != "-"}


def list_conditions(machine, pid):
    """Return (name, number, argument, mask, values): allowed where argument & mask is a value.

    A file is truncated only by whoever may write it: before Landlock's ABI 3 a right to read was
    enough.
    """
    itself = (pid, 2**32 - pid)  # alone, or as the group that it leads
    opening = (0, 1, 2, O_TRUNC | 1, O_TRUNC | 2)
    conditions = [
        ("clone", (56, 220), 0, CLONE_THREAD | CLONE_NAMESPACES, (CLONE_THREAD,)),
        ("open", (2, None), 1, O_TRUNC | 3, opening),
        ("openat", (257, 56), 2, O_TRUNC | 3, opening),
        ("fcntl", (72, 25), 1, 2**32 - 1, FCNTL),
        ("ioctl", (16, 29), 1, 2**32 - 1, IOCTL),
        ("prctl", (157, 167), 0, 2**32 - 1, PRCTL),
        ("prlimit64", (302, 261), 0, 2**32 - 1, (0,)),
        ("kill", (62, 129), 0, 2**32 - 1, itself),
        ("tgkill", (234, 131), 0, 2**32 - 1, itself[:1]),
        ("rt_sigqueueinfo", (129, 138), 0, 2**32 - 1, itself[:1]),
        ("rt_tgsigqueueinfo", (297, 240), 0, 2**32 - 1, itself[:1]),
    ]
    column = 0 if machine == "x86_64" else 1
    return [(each[1][column], *each[2:]) for each in conditions if each[1][column] is not None]


def instruction(code, value, if_true=0, if_false=0):
    """Return one struct sock_filter."""
    return struct.pack("=HBBI", code, if_true, if_false, value)


def make_filter(machine, pid):
    """Return the program as bytes, for the process `pid` on a machine of ARCHITECTURES."""
    allow, refuse = instruction(RETURN, ALLOW), instruction(RETURN, ERROR | errno.EPERM)
    absent = instruction(RETURN, ERROR | errno.ENOSYS)
    program = [
        instruction(LOAD, ARCHITECTURE),
        instruction(EQUAL, ARCHITECTURES[machine], 1, 0),
        instruction(RETURN, KILL),  # a call in the 32-bit way has other numbers
        instruction(LOAD, NUMBER),
    ]
    for number, argument, mask, values in list_conditions(machine, pid):
        count = len(values)
        program.append(instruction(EQUAL, number, 0, count + 4))
        program.append(instruction(LOAD, ARGUMENTS + 8 * argument))
        program.append(instruction(AND, mask))
        for position, value in enumerate(values):
            program.append(instruction(EQUAL, value, count - position, 0))
        program += [refuse, allow]
    for number in read_table(ALLOWED, machine).values():
        program += [instruction(EQUAL, number, 0, 1), allow]
    program += [instruction(AT_LEAST, FIRST_UNKNOWN, 0, 1), absent]
    for number in read_table(ABSENT, machine).values():
        program += [instruction(EQUAL, number, 0, 1), absent]
    return b"".join([*program, refuse])
