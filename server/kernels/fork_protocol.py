"""What the server, the fork server and a forked kernel agree on when they speak to each other."""

import json
from collections.abc import Mapping

__all__ = ["KERNEL_OPTIONS", "MAX_MESSAGE", "READY", "RETIRE", "page_environment"]

#: A kernel's answer once it is ready, and once it has taken over the environment of a page.
READY = b"ready"
#: The request to fork no more, and to end with the last kernel.
RETIRE = b"retire"
#: The options that every kernel of a page is started with.
KERNEL_OPTIONS = (
    "--IPKernelApp.extra_extensions=guanai.server.kernels.kernel_extension",
    "--HistoryManager.enabled=False",
    "--log-level=ERROR",
)
#: The size of the largest message in bytes: a kernel's environment.
MAX_MESSAGE = 1 << 20


def page_environment(environment: Mapping[str, str], folder: str) -> bytes:
    """Return the message that gives a kernel the environment and the working folder of a page."""
    return json.dumps({"env": dict(environment), "cwd": folder}).encode()
