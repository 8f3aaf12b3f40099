"""What a kernel is doing, told from its messages: the same as jupyter_server tells, which reads them whole.

Promise: a kernel that is at work is not ended (server/README.md, operation).
"""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from jupyter_client.session import Session
from jupyter_server.services.kernels.kernelmanager import MappingKernelManager

from guanai.server.kernels.kernel_client import activity_recorder

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
MANAGER = MappingKernelManager()
SESSION = Session(key=b"key")


def status(state, about):
    return ("status", about, {"execution_state": state})


@pytest.mark.parametrize(
    ("begin", "messages", "state", "active"),
    [
        ("starting", [status("starting", None)], "starting", True),
        ("starting", [status("idle", "kernel_info_request")], "idle", False),
        ("idle", [status("busy", "execute_request")], "busy", True),
        ("idle", [status("busy", "comm_msg"), status("idle", "comm_msg")], "idle", True),
        ("idle", [status("busy", "kernel_info_request")], "idle", False),
        ("busy", [("stream", "execute_request", {"text": "x"})], "busy", True),
        ("idle", [("stream", "comm_info_request", {"text": "x"})], "idle", False),
        ("busy", [status("idle", "execute_request")], "idle", True),
    ],
)
def test_state_and_last_activity(begin, messages, state, active):
    kernel = SimpleNamespace(execution_state=begin, last_activity=LONG_AGO)
    record = activity_recorder(kernel, MANAGER.track_message_type)
    for kind, about, content in messages:
        parent = SESSION.msg(about)["header"] if about else {}
        parts = SESSION.serialize(SESSION.msg(kind, content, parent=parent), ident=[b"topic"])
        record([*parts, b"a picture"])
    assert kernel.execution_state == state
    assert (kernel.last_activity > LONG_AGO) is active
