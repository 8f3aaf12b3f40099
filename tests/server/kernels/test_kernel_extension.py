"""The kernel extension: without it a served page's kernel opens no school, as it would do so with anybody's rights.

Requirement: nobody works with the rights of another person (requirements 3, 7.11).
"""

import os
from types import SimpleNamespace

import pytest
from jupyter_client.manager import start_new_kernel

from guanai.server.kernels.fork_protocol import KERNEL_OPTIONS
from guanai.server.kernels.kernel_settings import kernel_settings

OPEN = """
from guanai.storage import AccessError, open_school
try:
    print(open_school().person)
except AccessError as error:
    print(error.key)
"""


def printed_by_kernel(folder, options):
    """Return what the cell above prints in an ordinary kernel with the environment that the server gives it."""
    served = SimpleNamespace(school=SimpleNamespace(folder=folder), folder=folder.path)
    environment = {
        **os.environ,
        **kernel_settings(served)["PageKernels"]["extra_env"],
        "HTTP_X_GUANAI_PERSON": "%E6%9E%97",
    }
    manager, client = start_new_kernel(env=environment, extra_arguments=list(options))
    printed = []
    try:
        reply = client.execute_interactive(
            OPEN, timeout=60, output_hook=lambda message: printed.append(message["content"].get("text"))
        )
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert reply["content"]["status"] == "ok"
    return "".join(filter(None, printed)).strip()


@pytest.mark.parametrize(
    ("options", "printed"),
    [(KERNEL_OPTIONS, "林"), (KERNEL_OPTIONS[1:], "school.not_signed_in")],
    ids=["loaded", "not loaded"],
)
def test_a_served_kernel_opens_the_school_only_where_the_extension_has_signed_somebody_in(
    filled, options, printed
):
    assert "kernel_extension" in KERNEL_OPTIONS[0]
    assert printed_by_kernel(filled.folder, options) == printed
