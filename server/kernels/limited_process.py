"""A process for one task, limited in processor time and memory: it answers and ends.

What evaluates the expressions of a form for a person is not done in the server's process, which everybody's pages need.
The fork server forks such a process, which has the school read already; where there is no fork it is a process of its own
(``python -m guanai.server.kernels.limited_process TASK``), which reads its request from standard input. Whoever asks is
signed in there as in the kernel of a page. `guanai.server.kernels.limited_tasks` asks.
"""

import json
import math
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from guanai.care.errors import AccessError, GuanaiError
from guanai.server.kernels.fork_protocol import MAX_MESSAGE, READY
from guanai.server.kernels.print_task import print_task
from guanai.server.kernels.school_cache import sign_in_from_headers
from guanai.storage.vault.process_vault import connect_here

try:
    import resource
except ImportError:  # Windows has no such limits; there the server ends the process by the clock
    resource = None  # type: ignore[assignment]

__all__ = ["CPU_SECONDS", "MEMORY", "TASKS", "become_task", "main"]

#: Processor time of a task in seconds, and bytes of memory beyond what its process began with. Reading the school and
#: working out its rules come before and are given more: just after a save that takes a second on a small machine.
CPU_SECONDS, READING_CPU_SECONDS, MEMORY = 2, 20, 512 << 20
CHUNK = 1 << 15

Task = Callable[[Mapping[str, Any]], Callable[[], object]]
#: What can be asked for: each reads what a request needs, and returns what then gives what JSON can hold.
TASKS: dict[str, Task] = {"print": print_task}


def become_task(name: str, channel: socket.socket) -> NoReturn:
    """Do a task in a process that has just been forked, send its answer over the channel, and end; never returns."""
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        channel.send(str(os.getpid()).encode())
        content, descriptors, _, _ = socket.recv_fds(channel, MAX_MESSAGE, 1)
        for descriptor in descriptors:
            connect_here(descriptor)
        message = json.loads(content or b"{}")
        if message:
            channel.send(READY)
            result = memoryview(answer(name, message))
            for at in range(0, len(result), CHUNK):
                channel.send(result[at : at + CHUNK])
        code = 0
    except BaseException:  # whatever it is, this child must not go on as a fork server
        traceback.print_exc(file=sys.__stderr__)
    finally:
        os._exit(code)


def main() -> None:
    """Do a task in a process of its own: the request comes by standard input, the answer goes to standard output."""
    (name,) = sys.argv[1:]
    message = json.load(sys.stdin)
    sys.stdout.buffer.write(answer(name, message))
    sys.stdout.flush()


def answer(name: str, message: Mapping[str, Any]) -> bytes:
    """Return the answer to a request as JSON: ``value``, or ``error`` with a status and a text.

    The message has the ``env`` of whoever asks and the ``request``.
    """
    limit_process(READING_CPU_SECONDS)
    for variable in [variable for variable in os.environ if variable.startswith("HTTP_")]:
        del os.environ[variable]  # of whoever the fork server works for
    os.environ.update(message["env"])
    sign_in_from_headers()
    try:
        work = TASKS[name](message["request"])
        limit_process(CPU_SECONDS)
        result: dict[str, object] = {"value": work()}
    except AccessError as error:
        result = {"error": {"status": 403, "text": error.message()}}
    except GuanaiError as error:
        result = {"error": {"status": 404, "text": error.message()}}
    except (MemoryError, RecursionError):
        result = {"error": {"status": 413, "text": ""}}
    return json.dumps(result, ensure_ascii=False).encode()


def limit_process(cpu_seconds: int) -> None:
    """Limit what this process may use from now on; beyond that the system ends it."""
    if resource is None:
        return
    seconds = math.ceil(time.process_time()) + cpu_seconds
    for kind, value in (
        ("RLIMIT_CPU", seconds),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_AS", _address_space() + MEMORY),
    ):
        limit = getattr(resource, kind)
        _, most = resource.getrlimit(limit)
        resource.setrlimit(limit, (value if most == resource.RLIM_INFINITY else min(value, most), most))


def _address_space() -> int:
    """Return how many bytes of addresses this process has; the limit counts those."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 1 << 32


if __name__ == "__main__":
    main()
