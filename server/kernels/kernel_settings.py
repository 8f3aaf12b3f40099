"""The settings that jupyter_client and jupyter_server document for the kernels of one school's pages."""

import sys
import tempfile
from importlib.metadata import entry_points
from typing import Any

from guanai.server.accounts.served_school import ServedSchool
from guanai.server.kernels.provisioners import PROVISIONER
from guanai.server.logs import log_file
from guanai.storage.school.open_school import SERVED

__all__ = ["kernel_settings"]

# A Unix socket's path has at most 107 bytes; the server adds its folder, the kernel's id and the channel.
LONGEST_FOLDER = 107 - len("/voila_12345678/kernel-12345678-1234-1234-1234-123456789012-ipc-5")


def kernel_settings(served: ServedSchool) -> dict[str, dict[str, Any]]:
    """Return them by class."""
    folder = served.school.folder
    return {
        "PageKernels": {
            "extra_env": {"GUANAI_SCHOOL": str(served.folder), SERVED: "1"},
            "output": str(log_file(served.folder)),
            "kernel_manager_class": "guanai.server.kernels.kernel_client.ServedKernel",
            "watched": [str(folder.forms), str(folder.rules), str(folder.workbook)],
        },
        "KernelProvisionerFactory": {"default_provisioner_name": provisioner()},
        # A kernel that has died takes its page's widgets with it; an empty one instead helps nobody.
        "KernelRestarter": {"restart_limit": 0},
        # As for our own pages, see `guanai.server.pages.lean_pages.Cells`.
        "VoilaExecutor": {"iopub_timeout": 60, "raise_on_iopub_timeout": True},
        # Where there are Unix sockets, no other user of the machine can listen to what a page says: the
        # server keeps them in a folder that only its own user may open.
        "KernelManager": {"transport": "ipc" if can_use_unix_sockets() else "tcp"},
    }


def can_use_unix_sockets() -> bool:
    """Whether kernels can be spoken to by Unix sockets."""
    return sys.platform == "linux" and len(tempfile.gettempdir().encode()) <= LONGEST_FOLDER


def provisioner() -> str:
    """Return the name by which jupyter_client finds what starts our kernels, or else ordinary ones.

    Ours is not found by a program that runs from an installation older than its code.
    """
    entries = entry_points(group="jupyter_client.kernel_provisioners", name=PROVISIONER)
    return PROVISIONER if entries else "local-provisioner"
