"""Fork servers and forked kernels without a served school: what happens when one hangs, ends or cannot start.

Promise: a page opens within the times of server/README.md, and a fork server that fails only costs time (7.12).
"""

import asyncio
import os
import socket
import tempfile
from types import SimpleNamespace

import psutil
import pytest
from jupyter_client.provisioning import KernelProvisionerFactory
from traitlets.config import Config

from guanai.server.kernels import forked_kernel
from guanai.server.kernels.file_watch import FileWatch, program_folders
from guanai.server.kernels.fork_servers import CAN_FORK, ForkedProcess, ForkServers
from guanai.server.kernels.forked_kernel import announce_pid
from guanai.server.kernels.kernel_client import ServedKernel
from guanai.server.kernels.page_kernels import PageKernels, SingleKernelSpec
from guanai.server.kernels.provisioners import PROVISIONER

pytestmark = [
    pytest.mark.skipif(not CAN_FORK, reason="kernels are forked on Linux only"),
    pytest.mark.slow,
]


def socket_pair():
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


class TestForkServers:
    def test_one_that_cannot_start_leaves_ordinary_kernels(self, monkeypatch, caplog, tmp_path):
        monkeypatch.setattr("sys.executable", str(tmp_path / "nothing"))
        fork_servers = ForkServers({}, None, FileWatch([]))
        assert [asyncio.run(fork_servers.fork([], {}, "/")) for _ in range(2)] == [None, None]
        assert caplog.text.count("Pages get ordinary kernels") == 1

    def test_one_that_ends_at_once_leaves_ordinary_kernels(self, monkeypatch, caplog):
        monkeypatch.setattr("sys.executable", "/bin/false")
        fork_servers = ForkServers({}, None, FileWatch([]))
        assert asyncio.run(fork_servers.fork([], {}, "/")) is None
        assert caplog.text.count("Pages get ordinary kernels") == 1

    def test_one_that_hangs_is_waited_for_no_longer_than_its_timeout_and_ends_with_the_server(
        self, monkeypatch, caplog, tmp_path
    ):
        hangs = tmp_path / "hangs"
        hangs.write_text("#!/bin/sh\nexec sleep 600\n")
        hangs.chmod(0o755)
        monkeypatch.setattr("sys.executable", str(hangs))
        monkeypatch.setattr("guanai.server.kernels.fork_servers.START_TIMEOUT", 0.2)
        fork_servers = ForkServers({}, None, FileWatch([]))
        assert [asyncio.run(fork_servers.fork([], {}, "/")) for _ in range(5)] == [None] * 5
        assert caplog.text.count("The fork server does not answer") == 3
        assert caplog.text.count("Pages get ordinary kernels") == 1
        processes = [psutil.Process(pid) for pid in fork_servers.processes]
        assert len(processes) == 3
        processes[0].suspend()
        fork_servers.close()
        assert not psutil.wait_procs(processes, timeout=10)[1]


class TestFileWatch:
    def test_every_room_of_the_program_is_watched(self):
        folders = program_folders()
        assert {folder.name for folder in folders} == {"care", "server", "storage", "templates", "widgets"}
        assert all((folder / "__init__.py").exists() for folder in folders)

    def test_a_file_that_comes_is_written_or_goes_is_a_change_but_not_what_python_or_an_editor_makes(
        self, tmp_path
    ):
        watch = FileWatch([tmp_path / "forms", tmp_path / "one.xlsx"])
        assert not watch.has_changed()
        for change, counts in [
            (lambda: (tmp_path / "forms").mkdir(), False),
            (lambda: (tmp_path / "forms" / "a.md").write_text("1"), True),
            (lambda: (tmp_path / "forms" / "a.md").write_text("12"), True),
            (lambda: (tmp_path / "forms" / "~$a.xlsx").write_text("1"), False),
            (lambda: (tmp_path / "forms" / "__pycache__").mkdir(), False),
            (lambda: (tmp_path / "forms" / "__pycache__" / "a.pyc").write_text("1"), False),
            (lambda: (tmp_path / "one.xlsx").write_text("1"), True),
            (lambda: (tmp_path / "one.xlsx").unlink(), True),
        ]:
            change()
            assert watch.has_changed() is counts
            assert not watch.has_changed()


class TestForkedKernel:
    def test_an_idle_kernel_that_hangs_is_an_error_after_a_timeout(self):
        ours, theirs = socket_pair()
        ours.setblocking(False)
        hanging = ForkedProcess(os.getpid(), ours)
        with theirs, pytest.raises(OSError):
            asyncio.run(hanging.assign(b"{}", 0.1))
        hanging.close()

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_a_kernel_that_the_server_no_longer_waits_for_gets_no_environment(self, when):
        ours, theirs = socket_pair()
        with ours:
            if when == "after":
                theirs.shutdown(socket.SHUT_WR)
            else:
                theirs.close()
            assert announce_pid(ours) == b""
        theirs.close()

    def test_one_that_is_asked_to_end_waits_for_the_control_thread(self, monkeypatch):
        """Else about every second one hung: ipykernel closes the channel on which that thread speaks, then waits for it."""
        calls = []
        thread = SimpleNamespace(join=lambda seconds: calls.append("joined"))
        app = SimpleNamespace(
            initialize=lambda _: calls.append("initialized"),
            start=lambda: calls.append("ran"),
            control_thread=thread,
        )
        monkeypatch.setattr(forked_kernel.PageApp, "instance", lambda: app)
        monkeypatch.setattr(forked_kernel.ipywidgets, "register_comm_target", lambda: None)
        monkeypatch.setattr("sys.argv", [])
        ours, channel = socket_pair()

        async def go():
            forked_kernel.run_kernel(["-f", "connection.json"], channel)

        with ours, channel:
            asyncio.run(go())
        assert calls == ["initialized", "ran", "joined"]


@pytest.fixture
def kernels(tmp_path):
    """The manager of pages' kernels without a server."""
    KernelProvisionerFactory.clear_instance()  # another test of this process may have left one with other settings
    config = Config(
        {
            "KernelProvisionerFactory": {"default_provisioner_name": PROVISIONER},
            "KernelManager": {"transport": "ipc"},
            "PageKernels": {"kernel_manager_class": "guanai.server.kernels.kernel_client.ServedKernel"},
        }
    )
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as sockets:  # short, see `kernel_settings`
        yield PageKernels(
            config=config,
            root_dir=str(tmp_path),
            connection_dir=sockets,
            kernel_spec_manager=SingleKernelSpec(),
        )
    KernelProvisionerFactory.clear_instance()


async def value(client, code):
    """Return what an expression comes to in a kernel, or the name of its error."""
    results = []

    def collect(message):
        if message["msg_type"] == "execute_result":
            results.append(message["content"]["data"]["text/plain"])

    text = f"import os, time\n{code}"
    reply = await client.execute_interactive(text, timeout=90, output_hook=collect, allow_stdin=False)
    return reply["content"].get("ename") or (results[0] if results else None)


async def ready_client(kernel):
    client = kernel.client()
    client.start_channels()
    await client.wait_for_ready()
    return client


class TestPageKernels:
    def test_sweeping_ends_a_kernel_that_is_nobodys_and_not_an_idle_one(self, kernels):
        """A request that breaks off while its kernel is being made leaves one that no page will ever close."""

        async def go():
            kernels.alone_seconds = 0.2
            nobodys = await kernels._start(dict(os.environ))
            kernels.idle.fill(soon=True)
            async with asyncio.timeout(120):
                while len(kernels.idle) < 2:
                    await asyncio.sleep(0.1)
            idle = kernels.idle._idle[0]
            async with asyncio.timeout(30):
                while nobodys in kernels:
                    await kernels.sweep()
                    await asyncio.sleep(0.3)
            assert idle in kernels
            assert " 0 with a page, 2 waiting, 0 people, " in await kernels.usage_log.text()
            await kernels.shutdown_all()

        asyncio.run(go())

    def test_a_forked_kernel_can_be_interrupted_restarted_in_its_environment_and_ended(
        self, kernels, tmp_path
    ):
        async def go():
            kernel_id = await kernels._start({**os.environ, "WHO": "first"})
            kernel = kernels.get_kernel(kernel_id)
            assert isinstance(kernel, ServedKernel)
            assert kernel.provisioner.is_forked
            await kernel.assign({"WHO": "second"}, str(tmp_path))
            client = await ready_client(kernel)
            assert await value(client, "os.environ['WHO']") == "'second'"
            assert await value(client, "os.getcwd()") == repr(str(tmp_path))
            first = kernel.provisioner.pid

            running = asyncio.ensure_future(value(client, "open('begun', 'w'); time.sleep(60)"))
            async with asyncio.timeout(60):
                while not (tmp_path / "begun").exists():
                    await asyncio.sleep(0.1)
            await kernel.interrupt_kernel()
            assert await running == "KeyboardInterrupt"

            client.stop_channels()
            await kernel.restart_kernel()
            assert kernel.provisioner.is_forked
            assert kernel.provisioner.pid != first
            assert not psutil.pid_exists(first)
            client = await ready_client(kernel)
            assert await value(client, "os.environ['WHO']") == "'second'"
            assert await value(client, "os.getcwd()") == repr(str(tmp_path))
            client.stop_channels()

            second = kernel.provisioner.pid
            await kernels.end(kernel_id)
            assert not psutil.pid_exists(second)
            await kernels.shutdown_all()

        asyncio.run(go())
