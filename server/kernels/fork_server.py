"""The fork server: a process that has imported what pages need, and forks a kernel on each request.

`guanai.server.kernels.fork_servers` runs it as ``python -m guanai.server.kernels.fork_server SOCKET``. It stays
single-threaded, holds no file of the school open for longer than it reads it, and never sees a person's data: the
environment of a page goes from the server to the kernel over that kernel's own socket. It ends when the server ends,
and its kernels end with it.
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

from guanai.server.kernels.fork_protocol import MAX_MESSAGE, RETIRE
from guanai.server.kernels.forked_kernel import become_kernel, prepare_application
from guanai.server.kernels.limited_process import become_task
from guanai.server.kernels.preload import preload_steps, read_school
from guanai.storage.vault.process_vault import close_here

__all__ = ["NEEDED", "freezing_steps", "import_needed", "main"]

# How long it waits for a request: while steps of the preloading are left, and afterwards.
PRELOAD_POLL_SECONDS, IDLE_SECONDS = 0.02, 1.0
# How long a thread that a page has started may take to end.
THREAD_SECONDS = 5.0
# Reading the school costs pages processor time: the pause is this many times as long as the reading took.
PAUSE_FACTOR = 20.0

# What a page may need. What cannot be imported is left to the page, which then says so.
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
    "guanai.server.kernels.kernel_extension",
    "guanai.storage",
    "guanai.storage.forms",
    "guanai.storage.reports.term_report",
    "guanai.widgets",
    "guanai.widgets.lists.charts",
)


def main() -> None:
    """Import what pages need, preload the school, and fork kernels until the server ends."""
    if sys.path and sys.path[0] == os.getcwd():
        del sys.path[0]  # a kernel looks for modules beside its own page only
    requests = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system removes ended kernels by itself
    close_here()
    import_needed()
    forked = answer_requests(requests)
    if forked is None:
        os._exit(0)
    request, channel = forked
    if isinstance(request, str):
        become_task(request, channel)
    become_kernel(request, channel)


def import_needed() -> None:
    """Import what pages need, and make what is the same for every kernel."""
    for name in NEEDED:
        with suppress(ImportError):
            importlib.import_module(name)
    prepare_application()
    freeze_objects()


def freezing_steps() -> Iterator[None]:
    """Preload step by step, so that a request that comes meanwhile waits for one step only."""
    for _ in preload_steps():
        freeze_objects()
        yield


def freeze_objects() -> None:
    """Move all objects out of reach of the kernels' garbage collectors. Exits where a fork would not be safe.

    A collection in a kernel writes to each object that it looks at, and so copies memory that the kernels share.
    Measured with the checklist page of the small sample: 30 MiB of its own for each kernel instead of 82, and a kernel is
    ready after 0.26 seconds instead of 0.84.
    """
    deadline = time.monotonic() + THREAD_SECONDS
    while thread_count() > 1 and time.monotonic() < deadline:
        time.sleep(0.01)  # a progress bar's thread ends just after its work
    if thread_count() > 1:
        sys.exit(f"{thread_count()} threads in the fork server: a fork would not be safe")
    gc.collect()
    gc.freeze()


def thread_count() -> int:
    """Return how many threads this process has, those of libraries included."""
    return len(os.listdir("/proc/self/task"))


class Preloading:
    """Preloads between two requests, then reads from time to time what has changed in the school."""

    def __init__(self) -> None:
        self._steps = freezing_steps()
        self._seconds = 0.0
        self._pause_until = 0.0

    def run_step(self) -> float:
        """Run the next step unless a pause is on; return for how many seconds to wait for a request after it."""
        began = time.monotonic()
        if began <= self._pause_until:
            return IDLE_SECONDS
        is_over = next(self._steps, self) is self
        self._seconds += time.monotonic() - began
        if not is_over:
            return PRELOAD_POLL_SECONDS
        self._pause_until = time.monotonic() + PAUSE_FACTOR * self._seconds
        self._seconds, self._steps = 0.0, read_school()
        return IDLE_SECONDS


def answer_requests(requests: socket.socket) -> tuple[list[str] | str, socket.socket] | None:
    """Answer the server's requests until it ends.

    In each forked child this returns the kernel's arguments or the name of a task, and its socket to the server; in the
    fork server None.
    """
    is_retired, preloading = False, Preloading()
    requests.settimeout(PRELOAD_POLL_SECONDS)
    while True:
        try:
            message, sockets, _, _ = socket.recv_fds(requests, MAX_MESSAGE, 1)
        except TimeoutError:
            if not is_retired:
                requests.settimeout(preloading.run_step())
            elif not has_children():
                return None
            continue
        except OSError:
            return None
        if not message:
            return None
        if message == RETIRE:
            is_retired = True
        elif not is_retired and os.fork() == 0:
            requests.close()
            return json.loads(message), socket.socket(fileno=sockets[0])
        for descriptor in sockets:
            os.close(descriptor)


def has_children() -> bool:
    """Whether a kernel still runs."""
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


if __name__ == "__main__":
    main()
