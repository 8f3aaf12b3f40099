"""The parent of the pages' kernels: a process that has imported what pages need, and forks kernels on request.

Run by `guanai.server.kernels.fork_servers` as ``python -m guanai.server.kernels.fork_server SOCKET``. It stays single-threaded, opens
no school's file for longer than it reads, and learns nothing of any person: whose page a kernel is for goes
from the server to the kernel by a line of its own. It ends when the server ends, and its kernels end with it.
"""

import gc
import importlib
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

__all__ = ["GO", "KERNEL_OPTIONS", "LARGEST", "RETIRE", "main"]

#: What the parent says once it is ready to fork.
GO = b"ready"
#: What tells a parent to fork no more, and to end with the last of its kernels.
RETIRE = b"retire"
#: With what every kernel of a page is started.
KERNEL_OPTIONS = (
    "--IPKernelApp.extra_extensions=guanai.server.kernels.cell_errors",
    "--HistoryManager.enabled=False",
    "--log-level=ERROR",
)
#: No message is longer than this, in bytes: a kernel's environment is the longest.
LARGEST = 1 << 20
# How long nobody has asked when the parent looks after itself.
IDLE_SECONDS = 1.0
# The same while there is something left to get warm.
PRELOAD_POLL_SECONDS = 0.02
# How long a thread that a page has begun may take to end.
PATIENCE = 5.0
# What it reads costs a page's time: it rests as many times as long as the reading took.
REST = 20.0

# What a page may need; what cannot be imported here is left to the page, which then says so.
NEEDED = (
    "cmd",
    "pdb",
    "faulthandler",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "ipykernel.debugger",
    "ipykernel.parentpoller",
    "ipykernel.pylab.backend_inline",
    "IPython.core.async_helpers",
    "IPython.core.completer",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.magics",
    "IPython.core.oinspect",
    "IPython.core.pylabtools",
    "IPython.extensions.storemagic",
    "matplotlib_inline.backend_inline",
    "jedi",
    "sqlite3",
    "tornado.platform.asyncio",
    "pandas",
    "pandas.core.computation.expressions",
    "pandas.core.methods.to_dict",
    "sqlalchemy.dialects.sqlite",
    "tinydb",
    "ipywidgets",
    "guanai.care",
    "guanai.care.summary.census",
    "guanai.care.children.eligibility",
    "guanai.care.pairing.helper_loads",
    "guanai.server.kernels.cell_errors",
    "guanai.server.kernels.forked_kernel",
    "guanai.storage",
    "guanai.storage.forms",
    "guanai.storage.exports.term_report",
    "guanai.widgets",
    "guanai.widgets.lists.charts",
)


def main() -> None:
    """Import, get warm, and fork kernels until the server ends."""
    if sys.path and sys.path[0] == os.getcwd():
        del sys.path[0]  # a kernel looks for modules beside its own page only
    requests = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system forgets ended kernels by itself
    get_ready()
    requests.send(GO)
    forked = fork_on_request(requests)
    if forked is None:
        os._exit(0)
    from guanai.server.kernels.forked_kernel import become_kernel

    become_kernel(*forked)


def get_ready() -> None:
    """Import what pages need, and make what is the same for every kernel."""
    for name in NEEDED:
        with suppress(ImportError):
            importlib.import_module(name)
    from guanai.server.kernels.forked_kernel import prepare

    prepare()
    settle()


def get_warm() -> Iterator[None]:
    """Read the school and use each part once, step by step: pages that are asked for meanwhile need not wait for all."""
    from guanai.server.kernels.preload import preload_steps

    for _ in preload_steps():
        settle()
        yield


def settle() -> None:
    """Keep what there is out of the way of every child's garbage collector; end where a fork would not be safe."""
    patience = time.monotonic() + PATIENCE
    while threads() > 1 and time.monotonic() < patience:
        time.sleep(0.01)  # one that shows how far a work has come ends just after it
    if threads() > 1:
        sys.exit(f"{threads()} threads in the parent of the kernels: a fork would not be safe")
    gc.collect()
    gc.freeze()


def threads() -> int:
    """Return how many threads this process has."""
    return len(os.listdir("/proc/self/task"))


def fork_on_request(requests: socket.socket) -> tuple[list[str], socket.socket] | None:
    """Answer requests; return in each child what it was asked for, and None in the parent at its end."""
    from guanai.server.kernels.preload import read_school

    retired, rested, took, steps = False, 0.0, 0.0, get_warm()
    requests.settimeout(PRELOAD_POLL_SECONDS)
    while True:
        try:
            message, lines, _, _ = socket.recv_fds(requests, LARGEST, 1)
        except TimeoutError:
            if retired and not has_children():
                return None
            if not retired and time.monotonic() > rested:  # while nobody waits
                begun = time.monotonic()
                over = next(steps, steps) is steps
                took += time.monotonic() - begun
                if over:
                    rested, took, steps = time.monotonic() + REST * took, 0.0, read_school()
                requests.settimeout(IDLE_SECONDS if over else PRELOAD_POLL_SECONDS)
            continue
        except OSError:
            return None
        if not message:
            return None
        if message == RETIRE:
            retired = True
        elif not retired and os.fork() == 0:
            requests.close()
            return json.loads(message), socket.socket(fileno=lines[0])
        for line in lines:
            os.close(line)


def has_children() -> bool:
    """Whether a kernel still runs."""
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


if __name__ == "__main__":
    main()
