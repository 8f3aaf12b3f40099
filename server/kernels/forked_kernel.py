"""A forked child becomes a page's kernel: everything of its own is made here, after the fork.

What is the same for all kernels is made before the fork, by `prepare_application`: a child shares what it does not
write to, and each MiB that it does write costs memory once more for every visitor.

This reaches into ipykernel beyond its documentation: `IPKernelApp` is started by hand in two steps, its main loop
watches one more socket, its iopub channel greets whoever subscribes, the thread of its control channel is waited for,
no debugger is set up. `guanai.server.tested_versions` says for which versions that has been tested.
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

from guanai.server.kernels.fork_protocol import KERNEL_OPTIONS, MAX_MESSAGE, READY
from guanai.server.kernels.school_cache import sign_in_from_headers
from guanai.storage.vault.process_vault import connect_here

__all__ = ["announce_pid", "become_kernel", "prepare_application"]

# Seconds in which the thread of the control channel sends its last status.
LAST_STATUS_TIMEOUT = 1.0


class _ConfiguredOnce(BaseIPythonApplication):
    """Reads its options and settings once: before the fork, and not after it as well."""

    is_configured = False

    def initialize(self, argv: list[str] | None = None) -> None:
        """Read them, unless that has been done."""
        if not self.is_configured:
            self.is_configured = True
            super().initialize(argv)  # type: ignore[no-untyped-call]


class _SysWithoutModules:
    """The module `sys` with an empty ``modules``."""

    modules: ClassVar[dict[str, Any]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)


@contextmanager
def without_module_list(module: Any) -> Iterator[None]:
    """Let a module of IPython or ipykernel see no loaded modules.

    It would go through all of them, which writes to the reference count of each and so copies its memory.
    Measured with the checklist page of the small sample: 30 MiB of its own for each kernel instead of 41.
    """
    module.sys = _SysWithoutModules()
    try:
        yield
    finally:
        module.sys = sys


class _VerboseIOPub:
    """The ZeroMQ context of the iopub channel: its socket reports each subscriber, and drops no message."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def socket(self, kind: int) -> Any:
        """Return a new socket."""
        socket = self._context.socket(kind)
        socket.setsockopt(zmq.XPUB_VERBOSE, 1)
        socket.setsockopt(
            zmq.SNDHWM, 0
        )  # no limit: by default what a slow reader has not read is dropped from 1000
        return socket


class PageApp(IPKernelApp, _ConfiguredOnce):  # in this order `IPKernelApp` calls `_ConfiguredOnce`
    """A kernel's application whose options have been read before the fork."""

    def init_iopub(self, context: Any) -> None:
        """Make the iopub channel, which greets each subscriber: a page is live once it has had that message."""
        super().init_iopub(_VerboseIOPub(context))  # type: ignore[no-untyped-call]

    def init_kernel(self) -> None:
        """Make the kernel, without the list of modules that a debugger would want."""
        with without_module_list(ipykernel.ipkernel):
            super().init_kernel()  # type: ignore[no-untyped-call]

    def init_code(self) -> None:
        """Run what runs before the first cell, without the list of modules that a reset of the kernel would keep."""
        with without_module_list(IPython.core.shellapp):
            super().init_code()  # type: ignore[no-untyped-call]
        shell: Any = self.shell
        del shell._sys_modules_keys  # so that a reset says that it cannot, instead of forgetting every module


def prepare_application() -> None:
    """Make what is the same for every kernel, without anything that belongs to one: no socket, no thread."""
    ipykernel.debugger._is_debugpy_available = False  # nobody debugs a page
    _ConfiguredOnce.initialize(PageApp.instance(), list(KERNEL_OPTIONS))
    localinterfaces.localhost()  # reads the network's interfaces once


def become_kernel(arguments: list[str], channel: socket.socket) -> None:
    """Run a kernel until it is told to end; never returns.

    ``arguments`` are those of ``ipykernel_launcher``: ``-f``, the connection file, and `KERNEL_OPTIONS`. Over the
    ``channel`` the kernel sends its process id, receives its environment and folder, sends `READY`, and may receive
    an environment once more: that of the page it is assigned to.
    """
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if environment := announce_pid(channel):
            os.environ.clear()
            apply_environment(environment)
            run_kernel(arguments, channel)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # whatever it is, this child must not go on as a fork server
        traceback.print_exc(file=sys.__stderr__)
    finally:
        exit_process(code)


def announce_pid(channel: socket.socket) -> bytes:
    """Send this process's id and return the first environment; empty where the server no longer wants a kernel."""
    try:
        channel.send(str(os.getpid()).encode())
        return channel.recv(MAX_MESSAGE)
    except ConnectionError:
        return b""


def run_kernel(arguments: list[str], channel: socket.socket) -> None:
    """Make the kernel and run its loop."""
    reseed_random()
    sys.argv = ["ipykernel_launcher", *arguments]
    app: Any = PageApp.instance()
    app.connection_file = arguments[arguments.index("-f") + 1]
    app.parent_handle = os.getppid()
    app.initialize([])
    # ipywidgets does this when it is imported in a kernel; here it was imported before there was one.
    ipywidgets.register_comm_target()
    channel.setblocking(False)
    IOLoop.current().add_handler(channel, lambda *_: receive_environment(channel), IOLoop.READ)
    channel.send(READY)
    app.start()
    # The control channel's thread still sends its idle status. ipykernel would close the channel first, and then wait
    # for that thread for ever.
    app.control_thread.join(LAST_STATUS_TIMEOUT)


def receive_environment(channel: socket.socket) -> None:
    """Take over the environment that the server sends, and the connection to the vault; end when the server has ended."""
    environment, descriptors, _, _ = socket.recv_fds(channel, MAX_MESSAGE, 1)
    if not environment:
        exit_process(1)
    for descriptor in descriptors:
        connect_here(descriptor)
    apply_environment(environment)
    channel.send(READY)


def apply_environment(message: bytes) -> None:
    """Set the environment of a page, sign its person in and go to its folder (see `fork_protocol.page_environment`)."""
    page = json.loads(message)
    os.environ.update(page["env"])
    sign_in_from_headers()
    os.chdir(page["cwd"])


def reseed_random() -> None:
    """Let no two kernels draw the same random numbers or make the same ids."""
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "uuid_utils" in sys.modules:
        sys.modules["uuid_utils"].reseed_rng()


def exit_process(code: int) -> None:
    """End this process without unwinding the fork server's stack, which it has a copy of."""
    try:
        atexit._run_exitfuncs()
        for stream in (sys.__stdout__, sys.__stderr__):
            if stream is not None:
                stream.flush()
    finally:
        os._exit(code)
