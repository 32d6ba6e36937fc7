"""What code in a stranger's model might try, each kind a function: test_cage.py runs them caged.

Python 3.7 and the standard library, since a cage must hold in the interpreter of every release. A
kind that comes to its end has succeeded; a kind that raises was refused. Every kind is harmless
where it succeeds: signals are signal 0, and files are those of the test.
"""

import ctypes
import json
import mmap
import os
import platform
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import traceback

LIBRARY = ctypes.CDLL(None, use_errno=True)
ON_X86 = platform.machine() == "x86_64"
KINDS = {}  # name: function of a Place
ENDING = {}  # those that end the process, whether they succeed or not


class Place:
    """Where a kind works: `folder` is its own, `outside` and `home` are the user's."""

    def __init__(self, root):
        self.folder = os.path.join(root, "step")
        self.outside = os.path.join(root, "outside")
        self.home = os.path.join(root, "home")
        self.victim = os.path.join(self.outside, "victim.txt")
        self.readable = os.path.join(self.outside, "readable.txt")
        self.own = os.path.join(self.folder, "own.txt")
        self.parent = os.getppid()


def kind(function):
    KINDS[function.__name__] = function
    return function


def ending(function):
    ENDING[function.__name__] = function
    return function


def call(x86, arm, *arguments):
    """Make a system call by its number; raises OSError as the kernel answers."""
    given = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    result = LIBRARY.syscall(ctypes.c_long(x86 if ON_X86 else arm), *given)
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result


def write(path, flags=os.O_WRONLY | os.O_CREAT, text=b"escaped"):
    descriptor = os.open(path, flags)
    os.write(descriptor, text)
    os.close(descriptor)


# Files


@kind
def create_a_file_outside(place):
    write(place.outside + "/new.txt")


@kind
def overwrite_a_file_outside(place):
    write(place.victim)


@kind
def append_to_a_file_outside(place):
    write(place.victim, os.O_WRONLY | os.O_APPEND)


@kind
def open_a_file_outside_for_both(place):
    os.close(os.open(place.victim, os.O_RDWR))


@kind
def write_through_a_link_to_a_file(place):
    write(place.folder + "/link-to-victim")


@kind
def write_through_a_link_to_a_folder(place):
    write(place.folder + "/link-to-outside/new.txt")


@kind
def write_by_climbing_out_of_the_folder(place):
    write(place.folder + "/../outside/new.txt")


@kind
def write_through_proc_self_cwd(place):
    os.chdir(place.outside)
    write("/proc/self/cwd/new.txt")


@kind
def write_through_proc_self_root(place):
    write("/proc/self/root" + place.victim)


@kind
def reopen_a_descriptor_for_writing(place):
    descriptor = os.open(place.readable, os.O_RDONLY)
    os.close(os.open("/proc/self/fd/%d" % descriptor, os.O_WRONLY))


@kind
def delete_a_file_outside(place):
    os.unlink(place.outside + "/to-delete.txt")


@kind
def delete_a_folder_outside(place):
    os.rmdir(place.outside + "/empty")


@kind
def delete_a_tree_outside(place):
    shutil.rmtree(place.outside + "/tree")


@kind
def make_a_folder_outside(place):
    os.mkdir(place.outside + "/made")


@kind
def move_a_file_out(place):
    os.rename(place.own, place.outside + "/moved.txt")


@kind
def move_over_a_file_outside(place):
    os.replace(place.own, place.victim)


@kind
def move_a_file_in(place):
    os.rename(place.outside + "/to-move.txt", place.folder + "/moved.txt")


@kind
def swap_two_files(place):
    call(316, 276, -100, place.own.encode(), -100, place.victim.encode(), 2)  # RENAME_EXCHANGE


@kind
def link_a_file_in_and_write_it(place):
    os.link(place.victim, place.folder + "/hard")
    write(place.folder + "/hard")


@kind
def link_a_file_out(place):
    os.link(place.own, place.outside + "/hard")


@kind
def make_a_symbolic_link_inside(place):
    os.symlink(place.victim, place.folder + "/made-link")


@kind
def make_a_symbolic_link_outside(place):
    os.symlink(place.own, place.outside + "/made-link")


@kind
def truncate_a_file_outside(place):
    os.truncate(place.victim, 1)


@kind
def truncate_a_readable_file_by_its_name(place):
    os.truncate(place.readable, 1)


@kind
def truncate_a_readable_file_by_opening_it(place):
    os.close(os.open(place.readable, os.O_RDONLY | os.O_TRUNC))


@kind
def truncate_a_readable_file_by_opening_it_for_nothing(place):
    os.close(os.open(place.readable, 3 | os.O_TRUNC))


@kind
def truncate_by_openat2(place):
    how = struct.pack("=QQQ", os.O_RDONLY | os.O_TRUNC, 0, 0)
    call(437, 437, -100, place.readable.encode(), how, len(how))


@kind
def change_the_mode_of_a_file(place):
    os.chmod(place.victim, 0o777)


@kind
def change_the_mode_by_a_descriptor(place):
    descriptor = os.open(place.readable, os.O_RDONLY)
    os.fchmod(descriptor, 0o777)


@kind
def change_the_mode_by_the_newest_call(place):
    call(452, 452, -100, place.victim.encode(), 0o777, 0)


@kind
def change_the_owner_of_a_file(place):
    os.chown(place.victim, os.getuid(), os.getgid())


@kind
def change_the_times_of_a_file(place):
    os.utime(place.victim, (1, 1))


@kind
def set_an_attribute_of_a_file(place):
    os.setxattr(place.victim, "user.escaped", b"1")


@kind
def set_flags_of_a_file(place):
    import fcntl

    descriptor = os.open(place.readable, os.O_RDONLY)
    fcntl.ioctl(descriptor, 0x40086602, struct.pack("=l", 0x80))  # FS_IOC_SETFLAGS: no atime


@kind
def make_a_fifo_inside(place):
    os.mkfifo(place.folder + "/fifo")


@kind
def make_a_device_inside(place):
    os.mknod(place.folder + "/device", 0o20666, os.makedev(1, 3))


@kind
def read_a_private_key(place):
    open(place.home + "/.ssh/id_ed25519").close()


@kind
def read_through_a_link(place):
    open(place.folder + "/link-to-key").close()


@kind
def read_through_proc_self_root(place):
    open("/proc/self/root" + place.home + "/.ssh/id_ed25519").close()


@kind
def list_the_home(place):
    os.listdir(place.home)


@kind
def list_the_root(place):
    os.listdir("/")


@kind
def read_the_passwords(place):
    open("/etc/passwd").close()


@kind
def read_the_variables_of_the_parent(place):
    with open("/proc/%d/environ" % place.parent, "rb") as file:
        assert file.read()


@kind
def write_the_memory_of_the_parent(place):
    os.close(os.open("/proc/%d/mem" % place.parent, os.O_RDWR))


@kind
def write_into_shared_memory(place):
    write("/dev/shm/restorebench-escape")


@kind
def open_the_terminal(place):
    os.close(os.open("/dev/tty", os.O_RDWR))


@kind
def write_a_setting_of_the_kernel(place):
    os.close(os.open("/proc/sys/vm/overcommit_memory", os.O_WRONLY))


@kind
def protect_itself_from_the_killer(place):
    write("/proc/self/oom_score_adj", os.O_WRONLY, b"0")


@kind
def open_by_a_handle(place):
    handle = ctypes.create_string_buffer(struct.pack("=Ii", 128, 0), 136)
    mount = ctypes.c_int()
    name = place.victim.encode()
    call(303, 264, -100, name, handle, ctypes.byref(mount), 0)
    root = os.open(place.folder, os.O_RDONLY)
    call(304, 265, root, handle, os.O_RDWR)


@kind
def watch_files_outside(place):
    call(294, 26, 0)  # inotify_init1


# Programs and processes


@ending
def become_another_program(place):
    os.execv("/bin/sh", ["sh", "-c", "echo escaped"])


@ending
def become_a_program_from_its_folder(place):
    shutil.copyfile(os.path.realpath("/bin/sh"), place.folder + "/program")
    os.execv(place.folder + "/program", ["sh", "-c", "echo escaped"])


@ending
def become_a_program_by_a_descriptor(place):
    descriptor = os.open(os.path.realpath("/bin/sh"), os.O_RDONLY)
    arguments = (ctypes.c_char_p * 4)(b"sh", b"-c", b"echo escaped", None)
    call(322, 281, descriptor, b"", arguments, None, 0x1000)  # execveat


@ending
def make_a_system_call_of_32_bits(place):
    if not ON_X86:
        raise OSError("x86-64 only")
    memory = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    memory.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")  # mov eax, getpid; int 0x80; ret
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    answer = ctypes.CFUNCTYPE(ctypes.c_int)(address)()
    print("escaped" if answer == os.getpid() else answer)


@ending
def compute_for_ever(place):
    resource.setrlimit(resource.RLIMIT_CPU, (1, 1))  # what the cage set is longer
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    while True:
        pass


@kind
def run_a_command_by_os_system(place):
    assert os.system("echo > '%s/by-system'" % place.outside) == 0


@kind
def run_a_command_by_subprocess(place):
    subprocess.run(["/bin/true"], check=True)


@kind
def run_a_command_by_popen(place):
    assert os.popen("echo escaped").read()


@kind
def run_a_command_by_posix_spawn(place):
    os.waitpid(spawn_true(), 0)


def spawn_true():
    pid = ctypes.c_int()
    arguments = (ctypes.c_char_p * 2)(b"true", None)
    code = LIBRARY.posix_spawn(ctypes.byref(pid), b"/bin/true", None, None, arguments, None)
    if code:
        raise OSError(code, "refused")
    return pid.value


@kind
def fork_a_process(place):
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)


@kind
def fork_by_clone(place):
    child = call(56, 220, signal.SIGCHLD, 0, 0, 0, 0)
    if not child:
        os._exit(0)
    os.waitpid(child, 0)


@kind
def fork_by_clone3(place):
    arguments = struct.pack("=8Q", 0, 0, 0, 0, signal.SIGCHLD, 0, 0, 0)
    child = call(435, 435, arguments, len(arguments))
    if not child:
        os._exit(0)
    os.waitpid(child, 0)


@kind
def start_a_process_by_multiprocessing(place):
    import multiprocessing

    process = multiprocessing.get_context("fork").Process(target=int)
    process.start()
    process.join()


@kind
def make_a_file_in_memory_to_run(place):
    os.close(call(319, 279, b"program", 0))  # memfd_create


@kind
def signal_the_parent(place):
    os.kill(place.parent, 0)


@kind
def signal_the_group_of_the_parent(place):
    os.killpg(os.getpgid(place.parent), 0)


@kind
def signal_everybody(place):
    os.kill(-1, 0)


@kind
def signal_a_thread_of_the_parent(place):
    call(234, 131, place.parent, place.parent, 0)  # tgkill


@kind
def signal_a_thread_by_tkill(place):
    call(200, 130, place.parent, 0)


@kind
def queue_a_signal_to_the_parent(place):
    information = ctypes.create_string_buffer(struct.pack("=iii", 0, 0, -1), 128)
    call(129, 138, place.parent, 0, information)


@kind
def signal_by_a_descriptor(place):
    descriptor = call(434, 434, place.parent, 0)  # pidfd_open
    call(424, 424, descriptor, 0, None, 0)


@kind
def own_a_pipe_for_the_parent(place):
    import fcntl

    readable, _ = os.pipe()
    fcntl.fcntl(readable, fcntl.F_SETOWN, place.parent)


@kind
def trace_the_parent(place):
    call(101, 117, 0x4206, place.parent, 0, 0)  # PTRACE_SEIZE
    call(101, 117, 17, place.parent, 0, 0)  # PTRACE_DETACH


@kind
def ask_to_be_traced(place):
    call(101, 117, 0, 0, 0, 0)  # PTRACE_TRACEME


@kind
def read_the_memory_of_the_parent(place):
    buffer = ctypes.create_string_buffer(8)
    mine = struct.pack("=QQ", ctypes.addressof(buffer), 8)
    call(310, 270, place.parent, mine, 1, mine, 1, 0)  # process_vm_readv


@kind
def change_the_limits_of_the_parent(place):
    resource.prlimit(place.parent, resource.RLIMIT_CORE)


@kind
def change_the_cores_of_the_parent(place):
    os.sched_setaffinity(place.parent, os.sched_getaffinity(0))


@kind
def change_the_priority_of_the_parent(place):
    priority = os.getpriority(os.PRIO_PROCESS, place.parent)
    os.setpriority(os.PRIO_PROCESS, place.parent, priority)


@kind
def leave_its_session(place):
    os.setpgid(0, 0)
    os.setsid()


# The network, and other ways to talk


def open_socket(family, type=socket.SOCK_STREAM, protocol=0):
    socket.socket(family, type, protocol).close()


@kind
def open_an_internet_socket(place):
    open_socket(socket.AF_INET)


@kind
def open_a_datagram_socket(place):
    open_socket(socket.AF_INET, socket.SOCK_DGRAM)


@kind
def open_an_ipv6_socket(place):
    open_socket(socket.AF_INET6)


@kind
def open_a_unix_socket(place):
    open_socket(socket.AF_UNIX)


@kind
def listen_on_an_abstract_socket(place):
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("\0restorebench-escape-%d" % os.getpid())


@kind
def open_a_netlink_socket(place):
    open_socket(socket.AF_NETLINK, socket.SOCK_RAW)


@kind
def open_a_vsock(place):
    open_socket(40)


@kind
def open_a_pair_of_sockets(place):
    for end in socket.socketpair():
        end.close()


@kind
def connect_to_a_port(place):
    try:
        socket.create_connection(("127.0.0.1", 9), timeout=1).close()
    except ConnectionRefusedError:  # nobody listens, but the kernel has asked
        pass


@kind
def look_a_name_up(place):
    socket.getaddrinfo("localhost", 80)


@kind
def share_memory_by_a_key(place):
    call(29, 194, 0, 4096, 0o1600)  # shmget


@kind
def queue_messages(place):
    call(68, 186, 0, 0o1600)  # msgget


@kind
def set_up_a_ring(place):
    os.close(call(425, 425, 1, ctypes.create_string_buffer(256)))  # io_uring_setup


# The kernel


@kind
def enter_a_namespace_of_its_own(place):
    call(272, 97, 0x10000000)  # unshare(CLONE_NEWUSER)


@kind
def mount_a_file_system(place):
    call(165, 40, b"none", place.folder.encode(), b"tmpfs", 0, None)
    call(166, 39, place.folder.encode(), 2)


@kind
def change_its_root(place):
    os.chroot("/")


@kind
def load_a_program_into_the_kernel(place):
    call(321, 280, 0, struct.pack("=8I", 2, 4, 4, 1, 0, 0, 0, 0), 32)  # bpf: make an array


@kind
def count_events(place):
    attributes = ctypes.create_string_buffer(struct.pack("=IIQ", 1, 112, 1), 112)
    os.close(call(298, 241, attributes, 0, -1, -1, 0))  # perf_event_open


@kind
def handle_its_own_page_faults(place):
    os.close(call(323, 282, 1))  # userfaultfd


@kind
def use_the_keys_of_the_kernel(place):
    call(250, 219, 0, -3, 1)  # keyctl: the session's key ring


@kind
def change_its_personality(place):
    call(135, 92, 0xFFFFFFFF)


@kind
def call_by_the_numbers_of_x32(place):
    if not ON_X86:
        raise OSError("x86-64 only")
    call(0x40000000 + 39, 0)


@kind
def replace_its_filter(place):
    call(317, 277, 0, 0, None)  # seccomp
    raise OSError("the mode is strict now")


@kind
def regain_capabilities(place):
    header = struct.pack("=Ii", 0x20080522, 0)
    call(126, 91, header, struct.pack("=6I", 1 << 1, 1 << 1, 0, 0, 0, 0))  # CAP_DAC_OVERRIDE


# Limits


@kind
def write_a_large_file(place):
    with open(place.folder + "/large", "wb") as file:
        file.truncate(3 << 20)
    os.unlink(place.folder + "/large")


@kind
def take_much_memory(place):
    mmap.mmap(-1, 9 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()


@kind
def raise_its_limits(place):
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 40, 1 << 40))


def try_kind(function, place):
    try:
        function(place)
    except BaseException as error:
        return "%s: %s" % (type(error).__name__, error)
    return "escaped"


def main():
    """Arguments: the worker's folder, the cage as JSON or "", the root, and perhaps kinds by name.

    A kind that ends the process is tried alone.
    """
    worker, cage, root = sys.argv[1:4]
    names = sys.argv[4:] or list(KINDS)
    if cage:
        sys.path.insert(0, os.path.dirname(worker))
        __import__("worker.cage").cage.enter(json.loads(cage))
    place = Place(root)
    if names[0] in ENDING:
        print(try_kind(ENDING[names[0]], place), flush=True)
        return
    print(json.dumps({name: try_kind(KINDS[name], place) for name in names}), flush=True)


if __name__ == "__main__":
    try:
        main()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)
