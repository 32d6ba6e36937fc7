"""Answer requests for steps: import TensorFlow once, then fork a fresh child for every step.

The harness talks over this process's original standard input and output, one JSON object a line.
Both are moved to private descriptors first, so that whatever prints later lands in a log.
This process runs no TensorFlow op and starts no thread: a child forked after either can hang.
"""

import ctypes
import gc
import importlib
import json
import os
import selectors
import signal
import sys
import traceback

from .devices import list_devices
from .environment import describe_environment, import_tensorflow, preload_modules

PR_SET_PDEATHSIG = 1  # linux/prctl.h: the kernel kills a child whose parent has died
PR_SET_CHILD_SUBREAPER = 36  # what a step leaves behind becomes our child, and ends with us


class Channel:
    """The private line to the harness: requests in, events out."""

    def __init__(self):
        self.requests = os.dup(0)
        self.events = os.dup(1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(2, 1)
        self.pending = b""

    def send(self, **event):
        """Tell the harness, as one JSON object on a line."""
        os.write(self.events, json.dumps(event).encode("utf-8") + b"\n")

    def receive(self):
        """Return the requests that have arrived whole, or None when the harness has gone."""
        received = os.read(self.requests, 1 << 16)
        if not received:
            return None
        lines = (self.pending + received).split(b"\n")
        self.pending = lines.pop()
        return [json.loads(line.decode("utf-8")) for line in lines]

    def close(self):
        os.close(self.requests)
        os.close(self.events)


def die_with_parent(parent):
    """Ask the kernel to kill this child when the worker dies (Linux; elsewhere nothing)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)


def run_in_child(tf, request):
    """Do what `request` asks for, in the forked child."""
    from .single_step import carry_out
    from .steps import write_atomically

    log = os.open(
        os.path.join(request["folder"], "output.log"), os.O_CREAT | os.O_WRONLY | os.O_APPEND
    )
    os.dup2(log, 1)
    os.dup2(log, 2)
    if request["kind"] == "devices":
        # This process hides GPUs from the steps it forks; the question is what there is.
        visible = request["cuda_visible_devices"]
        os.environ.pop("CUDA_VISIBLE_DEVICES", None)
        if visible is not None:
            os.environ["CUDA_VISIBLE_DEVICES"] = visible
        text = json.dumps({"devices": list_devices(tf)}).encode("utf-8")
        path = os.path.join(request["folder"], "devices.json")
        write_atomically(path, lambda part: part.write(text))
    else:
        if request.get("cage"):
            enter_cage(request)
        carry_out(tf, request)
    sys.stdout.flush()
    sys.stderr.flush()


def enter_cage(request):
    """Shut this child in: it has one thread, and none of the worker's descriptors any more."""
    from .cage import enter

    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2:
            try:
                os.close(int(name))
            except OSError:  # the descriptor through which the names were read
                pass
    enter(request["cage"])
    with open(os.path.join(request["folder"], "begun"), "wb"):
        pass  # so that the harness can tell a cage that failed from a step that did


def fork_child(tf, request, channel):
    """Fork a child for `request`; return its process id. The child never returns."""
    parent = os.getpid()
    child = os.fork()
    if child:
        return child
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        channel.close()  # garbage written to a stray descriptor must not reach the harness
        os.setsid()
        die_with_parent(parent)
        run_in_child(tf, request)
        os._exit(0)
    except BaseException:  # the step could not even write its result; the log says why
        try:
            traceback.print_exc()
        finally:
            os._exit(70)


def kill_group(leader):
    """Kill a child with everything it has started; quietly if nothing is left."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except OSError:
        pass


def reap_children(running, channel):
    """Report every child that has ended; `running` maps process id to request id."""
    while running:
        ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended is None:
            return
        child = ended.si_pid
        kill_group(child)  # before it is collected, while its number can be no one else's
        _, status = os.waitpid(child, 0)
        if child in running:
            by_signal = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
            code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
            channel.send(event="ended", id=running.pop(child), exit=code, signal=by_signal)


def watch_for_children():
    """Return a descriptor that becomes readable when a child ends."""
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    os.set_blocking(readable, False)
    signal.set_wakeup_fd(writable)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return readable


def answer_requests(tf, channel):
    """Fork a child per request and report its end, until the harness closes the channel."""
    running = {}
    ended = watch_for_children()
    selector = selectors.DefaultSelector()
    selector.register(channel.requests, selectors.EVENT_READ)
    selector.register(ended, selectors.EVENT_READ)
    while True:
        ready = {key.fd for key, _ in selector.select()}
        if ended in ready:
            os.read(ended, 1 << 12)
            reap_children(running, channel)
        if channel.requests in ready:
            requests = channel.receive()
            if requests is None:
                break
            for request in requests:
                child = fork_child(tf, request, channel)
                running[child] = request["id"]
                channel.send(event="started", id=request["id"], pid=child)
    for child in running:
        kill_group(child)


def serve(modules):
    """Import TensorFlow and `modules`, say what is here, then serve until the harness goes away."""
    channel = Channel()
    try:
        tf, seconds = import_tensorflow()
        importlib.import_module(__package__ + ".steps")  # here, where a missing numpy is reported
        preload_modules(modules)
        described = describe_environment(tf)
    except BaseException as error:
        channel.send(event="failed", error="%s: %s" % (type(error).__name__, error))
        raise SystemExit(1)
    gc.collect()
    gc.freeze()  # a child's collections then skip, and do not copy, TensorFlow's own objects
    channel.send(event="ready", environment=described, import_seconds=seconds)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    answer_requests(tf, channel)
