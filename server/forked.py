"""A forked child becomes a page's kernel: everything of its own is made here, after the fork.

This reaches into ipykernel beyond its documentation (`IPKernelApp` is started by hand, its main loop is told of one
more socket). Holds for the ipykernel and ipywidgets versions of `HOLDS_FOR`; tests/test_warm_kernels.py says when others
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
from typing import Any

import ipywidgets
from ipykernel.kernelapp import IPKernelApp
from tornado.ioloop import IOLoop

from guanai.server.forking import GO, LARGEST

__all__ = ["HOLDS_FOR", "become_kernel"]

HOLDS_FOR = {"ipykernel": "7.4", "ipywidgets": "8.1"}


def become_kernel(arguments: list[str], line: socket.socket) -> None:
    """Run a kernel until it is told to end; never returns.

    ``arguments`` are those of ``ipykernel_launcher``. By the ``line`` the kernel tells its process id, is told its
    environment and folder, says when it is ready, and may be told an environment once more: that of the request.
    """
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        line.send(str(os.getpid()).encode())
        place = line.recv(LARGEST)
        if place:
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


def start(arguments: list[str], line: socket.socket) -> None:
    """Make the kernel and run its loop."""
    make_new_chances()
    sys.argv = ["ipykernel_launcher", *arguments]
    app: Any = IPKernelApp.instance()
    # The default was read when the class was made, and so from before the fork.
    app.initialize([*arguments, f"--IPKernelApp.parent_handle={os.getppid()}"])
    # ipywidgets does this on import, where there is a kernel by then.
    ipywidgets.register_comm_target()
    line.setblocking(False)
    IOLoop.current().add_handler(line, lambda *_: hear(line), IOLoop.READ)
    line.send(GO)
    app.start()


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


def make_new_chances() -> None:
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
