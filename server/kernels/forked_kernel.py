"""A forked child becomes a page's kernel: everything of its own is made here, after the fork.

What is the same for all of them is made before it, by `prepare`: what a child writes to it need not share, and each MiB
of that is paid once more for every visitor.

This reaches into ipykernel beyond its documentation (`IPKernelApp` is started by hand in two steps, its main loop is
told of one more socket, its channels greet whoever joins, the thread of its control channel is waited for, no debugger
is set up). Holds for the ipykernel and ipywidgets versions of `HOLDS_FOR`; tests/server/kernels/test_forked_kernels.py says when others
are installed.
"""

import atexit
import json
import os
import random
import signal
import socket
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import ipykernel.debugger
import ipykernel.ipkernel
import IPython.core.shellapp
import ipywidgets
import zmq
from ipykernel.kernelapp import IPKernelApp
from IPython.core.application import BaseIPythonApplication
from jupyter_client import localinterfaces
from tornado.ioloop import IOLoop

from guanai.server.kernels.fork_server import GO, KERNEL_OPTIONS, LARGEST

__all__ = ["HOLDS_FOR", "announce_pid", "become_kernel", "prepare"]

HOLDS_FOR = {"ipykernel": "7.4", "ipywidgets": "8.1"}

# How long the thread that has heard of the end may take to say so, in seconds.
LAST_STATUS_TIMEOUT = 1.0


class _Configured(BaseIPythonApplication):
    """Reads its options and settings once: before the fork, not after it as well."""

    is_configured = False

    def initialize(self, argv: list[str] | None = None) -> None:
        """Read them, unless that has been done."""
        if not self.is_configured:
            self.is_configured = True
            super().initialize(argv)  # type: ignore[no-untyped-call]


class _NoModules:
    """What a kernel sees of `sys` while it is made: all but the modules, each of which it would look at and so copy."""

    modules: ClassVar[dict[str, Any]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)


@contextmanager
def without_module_list(place: Any) -> Iterator[None]:
    """Hide from a module of the kernel's which modules there are."""
    place.sys = _NoModules()
    try:
        yield
    finally:
        place.sys = sys


class _Welcoming:
    """What the channel on which a kernel speaks is made of: it tells of each who joins, and throws nothing away."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def socket(self, kind: int) -> Any:
        """Return a new socket."""
        made = self._context.socket(kind)
        made.setsockopt(zmq.XPUB_VERBOSE, 1)
        made.setsockopt(
            zmq.SNDHWM, 0
        )  # what is not read at once waits: a thousand messages would be the most
        return made


class PageApp(IPKernelApp, _Configured):  # in this order `IPKernelApp` asks `_Configured`
    """A kernel's application whose options have been read in the parent."""

    def init_iopub(self, context: Any) -> None:
        """Make the channel on which it speaks, and on which each who joins is welcomed: a page needs no more to be live."""
        super().init_iopub(_Welcoming(context))  # type: ignore[no-untyped-call]

    def init_kernel(self) -> None:
        """Make the kernel, without the list of modules that a debugger would want."""
        with without_module_list(ipykernel.ipkernel):
            super().init_kernel()  # type: ignore[no-untyped-call]

    def init_code(self) -> None:
        """Run what runs before the first cell, without the list of modules that a reset of the kernel would keep."""
        with without_module_list(IPython.core.shellapp):
            super().init_code()  # type: ignore[no-untyped-call]
        shell: Any = self.shell
        del shell._sys_modules_keys  # so that the reset says it cannot, instead of forgetting them all


def prepare() -> None:
    """Make what is the same for every kernel, without anything that belongs to one: no socket, no thread."""
    ipykernel.debugger._is_debugpy_available = False  # nobody debugs a page
    _Configured.initialize(PageApp.instance(), list(KERNEL_OPTIONS))
    localinterfaces.localhost()  # looks at the network once


def become_kernel(arguments: list[str], line: socket.socket) -> None:
    """Run a kernel until it is told to end; never returns.

    ``arguments`` are those of ``ipykernel_launcher``: ``-f``, the connection file, and `KERNEL_OPTIONS`. By the ``line`` the kernel tells its process id, is told its
    environment and folder, says when it is ready, and may be told an environment once more: that of the request.
    """
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if place := announce_pid(line):
            os.environ.clear()
            take(place)
            start(arguments, line)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # whatever it is, this child must not go on as its parent
        traceback.print_exc(file=sys.__stderr__)
    finally:
        leave(code)


def announce_pid(line: socket.socket) -> bytes:
    """Tell who this is and return where it is to live; nothing where nobody asks any more."""
    try:
        line.send(str(os.getpid()).encode())
        return line.recv(LARGEST)
    except ConnectionError:
        return b""


def start(arguments: list[str], line: socket.socket) -> None:
    """Make the kernel and run its loop."""
    reseed_random()
    sys.argv = ["ipykernel_launcher", *arguments]
    app: Any = PageApp.instance()
    app.connection_file = arguments[arguments.index("-f") + 1]
    app.parent_handle = os.getppid()
    app.initialize([])
    # ipywidgets does this on import, where there is a kernel by then.
    ipywidgets.register_comm_target()
    line.setblocking(False)
    IOLoop.current().add_handler(line, lambda *_: hear(line), IOLoop.READ)
    line.send(GO)
    app.start()
    # It still tells that it is idle; ipykernel would close the channel first and then wait for it for good.
    app.control_thread.join(LAST_STATUS_TIMEOUT)


def hear(line: socket.socket) -> None:
    """Take over the environment that the server sends; end when the server has ended."""
    place = line.recv(LARGEST)
    if not place:
        leave(1)
    take(place)
    line.send(GO)


def take(place: bytes) -> None:
    """Set the environment and go to the folder of a page."""
    told = json.loads(place)
    os.environ.update(told["env"])
    os.chdir(told["cwd"])


def reseed_random() -> None:
    """Let no two kernels draw the same random numbers or make the same ids."""
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "uuid_utils" in sys.modules:
        sys.modules["uuid_utils"].reseed_rng()


def leave(code: int) -> None:
    """End this process without unwinding what was the parent's."""
    try:
        atexit._run_exitfuncs()
        for stream in (sys.__stdout__, sys.__stderr__):
            if stream is not None:
                stream.flush()
    finally:
        os._exit(code)
