"""Kernels that are forked from a warm parent, with real processes: what they know, and when each of them ends."""

import asyncio
import json
import os
import signal
import socket
import tempfile
import threading
import time
from contextlib import contextmanager
from importlib.metadata import version
from types import SimpleNamespace
from urllib.parse import unquote

import nbformat
import psutil
import pytest
from jupyter_client.provisioning import KernelProvisionerFactory
from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1
from support.open_pages import PROTOCOL
from support.servers import NAME, PARENT, start, wait_until
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect
from traitlets.config import Config

from guanai.server.kernels import forked_kernel, kernel_client
from guanai.server.kernels.cell_errors import FAULT
from guanai.server.kernels.file_watch import Watch, program_folders
from guanai.server.kernels.foreign_process import ForkedProcess
from guanai.server.kernels.fork_servers import CAN_FORK, ForkServers
from guanai.server.kernels.forked_kernel import announce_pid
from guanai.server.kernels.kernel_client import ServedKernel
from guanai.server.kernels.page_kernels import PageKernels, SingleKernelSpec
from guanai.server.kernels.provisioners import PROVISIONER
from guanai.server.kernels.usage_log import memory_of

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="kernels are forked on Linux only")

QUICK = {
    "waiting": 2,
    "pause_seconds": 0.2,
    "sweep_seconds": 0.5,
    "alone_seconds": 60,
    "usage_log_seconds": 0.3,
}
FACTS = """
import json, os, random, sys, uuid
from pathlib import Path
import ipywidgets, numpy, uuid_utils
targets = sorted(get_ipython().kernel.comm_manager.targets)
facts = dict(pid=os.getpid(), ppid=os.getppid(), env=dict(os.environ), cwd=os.getcwd(), targets=targets,
    chance=[random.random(), numpy.random.rand(), str(uuid.uuid4()), str(uuid_utils.uuid7())[-12:]],
    session=os.getsid(0), threads=len(os.listdir("/proc/%d/task" % os.getppid())))
Path(os.environ["GUANAI_SCHOOL"], "facts").mkdir(exist_ok=True)
Path(os.environ["GUANAI_SCHOOL"], "facts", str(os.getpid())).write_text(json.dumps(facts))
ipywidgets.Label("seen")
"""
SECRET = "a-child-nobody-else-asked-for"


@contextmanager
def school(folder, **settings):
    with start(folder, kernels=json.dumps(QUICK | settings)) as server:
        notebook = nbformat.v4.new_notebook()
        notebook.cells = [nbformat.v4.new_markdown_cell("# 事实 / Facts"), nbformat.v4.new_code_cell(FACTS)]
        nbformat.write(notebook, folder / "notebooks" / "facts.ipynb")
        yield server


def look(server, probe, query=""):
    """Open the page of facts; return what its kernel wrote down, and the page."""
    before = known(server)
    answer = probe.get(f"/facts{query}")
    assert answer.renders
    (fresh,) = known(server) - before
    return json.loads((server.folder / "facts" / fresh).read_text()), answer


def known(server):
    place = server.folder / "facts"
    return {path.name for path in place.iterdir()} if place.exists() else set()


def parents(server):
    """Return the processes that kernels are forked from."""
    return [one for one in psutil.Process(server.process.pid).children() if PARENT in one.cmdline()]


def filled(server):
    """Wait until two kernels wait, by the log's last word, and return all forked ones."""
    time.sleep(2 * QUICK["usage_log_seconds"])
    assert wait_until(lambda: ", 2 waiting, " in log_of(server).rpartition("Kernels: ")[2])
    return [kernel for one in parents(server) for kernel in one.children()]


def gone(processes):
    return not psutil.wait_procs(processes, timeout=10)[1]


def log_of(server):
    return (server.folder / "logs" / "guanai.log").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with school(tmp_path_factory.mktemp("warm") / "school") as served:
        filled(served)
        yield served


@pytest.fixture(scope="module")
def battered(tmp_path_factory):
    """A server whose kernels, parent, forms and workbook are done all sorts of things to, one after another."""
    with school(tmp_path_factory.mktemp("battered") / "school") as served:
        yield served


@pytest.mark.parametrize(
    ("package", "holds_for"), [*forked_kernel.HOLDS_FOR.items(), *kernel_client.HOLDS_FOR.items()]
)
def test_these_are_the_versions_that_the_undocumented_parts_hold_for(package, holds_for):
    """Read server/kernels/forked_kernel.py and server/kernels/kernel_client.py again before raising HOLDS_FOR."""
    assert f"{version(package)}.".startswith(f"{holds_for}.")


class TestHandedOver:
    def test_a_kernel_that_waited_knows_whose_page_it_is(self, server):
        waited = {kernel.pid for kernel in filled(server)}
        probe = server.signed_in()
        probe.get("/language?to=en&next=/theme/icon.svg")
        facts, page = look(server, probe, "?child=7")
        probe.close(page)
        assert facts["pid"] in waited
        assert facts["ppid"] in {one.pid for one in parents(server)}
        assert unquote(facts["env"]["HTTP_X_GUANAI_PERSON"]) == NAME
        assert facts["env"]["QUERY_STRING"] == "child=7"
        assert facts["env"]["GUANAI_LANGUAGE"] == "en"
        assert facts["env"]["GUANAI_SCHOOL"] == facts["cwd"].removesuffix("/notebooks")
        assert facts["session"] == facts["pid"]
        assert facts["threads"] == 1
        assert {"jupyter.widget", "jupyter.widget.control"} <= set(facts["targets"])

    def test_none_draws_what_another_has_drawn(self, server):
        probe = server.signed_in()
        filled(server)
        seen = [look(server, probe) for _ in range(4)]
        for _, page in seen:
            probe.close(page)
        assert len({facts["pid"] for facts, _ in seen}) == 4
        for drawn in zip(*(facts["chance"] for facts, _ in seen), strict=True):
            assert len(set(drawn)) == 4

    def test_it_serves_no_second_person(self, server):
        probe, other = server.signed_in(), server.signed_in()
        facts, page = look(server, probe, "?first")
        probe.close(page)
        again, second = look(server, other, "?second")
        other.close(second)
        assert again["pid"] != facts["pid"]
        assert gone([psutil.Process(facts["pid"])] if psutil.pid_exists(facts["pid"]) else [])

    def test_nothing_of_a_request_reaches_the_parent_or_another_kernel(self, server):
        probe = server.signed_in()
        facts, page = look(server, probe, f"?id={SECRET}")
        try:
            assert holds(facts["pid"], SECRET), "the search finds nothing where there is something"
            others = [one.pid for one in [*parents(server), *filled(server)] if one.pid != facts["pid"]]
            assert len(others) >= 3
            assert not [other for other in others if holds(other, SECRET)]
        except PermissionError:
            pytest.skip("this machine does not let a user look into own processes")
        finally:
            probe.close(page)


def holds(process, text):
    """Say whether a text stands anywhere in the memory that a process can write to."""
    with open(f"/proc/{process}/maps") as maps, open(f"/proc/{process}/mem", "rb", 0) as memory:
        for line in maps:
            place, rights, *_ = line.split()
            if not rights.startswith("rw"):
                continue
            begin, end = (int(part, 16) for part in place.split("-"))
            try:
                memory.seek(begin)
                if text.encode() in memory.read(end - begin):
                    return True
            except (OSError, ValueError, OverflowError):
                continue
    return False


class TestEnds:
    def test_closing_a_page_ends_its_kernel(self, server):
        probe = server.signed_in()
        facts, page = look(server, probe)
        probe.close(page)
        assert wait_until(lambda: not psutil.pid_exists(facts["pid"]))

    def test_one_that_is_asked_to_end_waits_for_the_thread_that_says_so(self, monkeypatch):
        """Else about every second one hung: ipykernel closes the channel on which that thread speaks, then waits for it."""
        done = []
        thread = SimpleNamespace(join=lambda seconds: done.append("joined"))
        app = SimpleNamespace(
            initialize=lambda _: done.append("made"), start=lambda: done.append("ran"), control_thread=thread
        )
        monkeypatch.setattr(forked_kernel.PageApp, "instance", lambda: app)
        monkeypatch.setattr(forked_kernel.ipywidgets, "register_comm_target", lambda: None)
        monkeypatch.setattr("sys.argv", [])
        ours, line = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

        async def go():
            forked_kernel.start(["-f", "connection.json"], line)

        with ours, line:
            asyncio.run(go())
        assert done == ["made", "ran", "joined"]

    def test_a_kernel_that_crashes_is_not_started_again(self, server):
        probe = server.signed_in()
        facts, _page = look(server, probe)
        before = len(filled(server))
        said = log_of(server).count("has died")
        os.kill(facts["pid"], signal.SIGKILL)
        assert wait_until(lambda: log_of(server).count("has died") > said)
        assert len(filled(server)) == before - 1

    @pytest.mark.slow
    def test_one_that_crashes_while_it_waits_is_passed_over(self, battered):
        probe = battered.signed_in()
        for kernel in filled(battered):
            kernel.kill()
        probe.close(look(battered, probe)[1])

    @pytest.mark.slow
    def test_the_parents_crash_ends_its_kernels_and_the_next_page_has_a_new_one(self, battered):
        probe = battered.signed_in()
        facts, _page = look(battered, probe)
        kernels = filled(battered)
        (parent,) = parents(battered)
        parent.kill()
        assert gone(kernels)
        again, page = look(battered, probe)
        assert again["ppid"] not in {facts["ppid"], battered.process.pid}
        assert "The parent of the kernels has ended" in log_of(battered)
        probe.close(page)


class TestRenewed:
    @pytest.mark.slow
    @pytest.mark.parametrize("place", ["forms/home_visit.md", "school.xlsx"])
    def test_a_change_renews_the_parent_and_open_pages_stay(self, battered, place):
        probe = battered.signed_in()
        old, page = look(battered, probe)
        if place.endswith(".md"):
            from guanai.templates import template

            battered.folder.joinpath(place).write_bytes((template("forms") / "home_visit.md").read_bytes())
        else:
            os.utime(battered.folder / place)
        new, another = look(battered, probe)
        assert new["ppid"] != old["ppid"]
        assert psutil.pid_exists(old["pid"])
        probe.close(page)
        probe.close(another)
        assert wait_until(lambda: not psutil.pid_exists(old["ppid"]) or is_zombie(old["ppid"]))

    def test_code_that_changes_renews_it_too(self):
        """What is watched beside a school's own files: every room of the program."""
        assert {place.name for place in program_folders()} == {
            "care",
            "server",
            "storage",
            "templates",
            "widgets",
        }
        assert all((place / "__init__.py").exists() for place in program_folders())

    def test_watch(self, tmp_path):
        """What counts as a change: a file that comes, is written or goes; not what Python or an editor makes."""
        watch = Watch([tmp_path / "forms", tmp_path / "one.xlsx"])
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


def is_zombie(process):
    try:
        return psutil.Process(process).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


class TestOrdinary:
    @pytest.mark.slow
    def test_where_nothing_can_be_forked_the_log_says_so_once(self, tmp_path):
        with school(tmp_path / "school", fork=False) as server:
            probe = server.signed_in()
            facts = [look(server, probe)[0] for _ in range(2)]
            assert [one["ppid"] for one in facts] == [server.process.pid] * 2
            assert not parents(server)
            assert log_of(server).count("Pages get ordinary kernels") == 1

    def test_a_parent_that_cannot_start(self, monkeypatch, caplog, tmp_path):
        monkeypatch.setattr("sys.executable", str(tmp_path / "nothing"))
        broken = ForkServers({}, None, Watch([]))
        assert [asyncio.run(broken.fork([], {}, "/")) for _ in range(2)] == [None, None]
        assert caplog.text.count("Pages get ordinary kernels") == 1

    def test_a_parent_that_ends_at_once(self, monkeypatch, caplog):
        monkeypatch.setattr("sys.executable", "/bin/false")
        broken = ForkServers({}, None, Watch([]))
        assert asyncio.run(broken.fork([], {}, "/")) is None
        assert caplog.text.count("Pages get ordinary kernels") == 1

    def test_a_parent_that_hangs(self, monkeypatch, caplog, tmp_path):
        """A page does not wait for it for good; it ends with the server."""
        hangs = tmp_path / "hangs"
        hangs.write_text("#!/bin/sh\nexec sleep 600\n")
        hangs.chmod(0o755)
        monkeypatch.setattr("sys.executable", str(hangs))
        monkeypatch.setattr("guanai.server.kernels.fork_servers.PATIENCE", 0.2)
        broken = ForkServers({}, None, Watch([]))
        assert [asyncio.run(broken.fork([], {}, "/")) for _ in range(5)] == [None] * 5
        assert caplog.text.count("The parent of the kernels does not answer") == 3
        assert caplog.text.count("Pages get ordinary kernels") == 1
        family = [psutil.Process(pid) for pid in broken.processes]
        assert len(family) == 3
        family[0].suspend()
        broken.close()
        assert gone(family)

    def test_a_kernel_that_waits_and_hangs(self):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        hanging = ForkedProcess(os.getpid(), ours)
        with theirs, pytest.raises(OSError):
            asyncio.run(hanging.assign(b"{}", 0.1))
        hanging.close()

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_a_kernel_that_nobody_asks_for_any_more_is_told_no_place(self, when):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours:
            if when == "after":
                theirs.shutdown(socket.SHUT_WR)
            else:
                theirs.close()
            assert announce_pid(ours) == b""
        theirs.close()


class TestManaged:
    """What a kernel's manager asks of a forked kernel."""

    def test_a_kernel_that_is_nobodys_ends_and_one_that_waits_stays(self, tmp_path):
        """A page that breaks off while its kernel is being made leaves one that no page will ever close."""

        async def go():
            kernels = managed(tmp_path)
            kernels.alone_seconds = 0.2
            stray = await kernels._start(dict(os.environ))
            kernels.idle.fill(soon=True)
            while len(kernels.idle) < 2:
                await asyncio.sleep(0.1)
            waits = kernels.idle._waiting[0]
            for _ in range(3):
                await kernels.sweep()
                await asyncio.sleep(0.3)
            assert stray not in kernels
            assert waits in kernels
            assert " 0 with a page, 2 waiting, 0 people, " in await kernels.usage_log.line()
            await kernels.shutdown_all()

        try:
            asyncio.run(go())
        finally:
            KernelProvisionerFactory.clear_instance()

    def test_restart_interrupt_shutdown(self, tmp_path):
        async def go():
            kernels = managed(tmp_path)
            kernel_id = await kernels._start({**os.environ, "WHO": "first"})
            kernel = kernels.get_kernel(kernel_id)
            assert isinstance(kernel, ServedKernel)
            assert kernel.provisioner.is_forked
            await kernel.assign({"WHO": "second"}, str(tmp_path))
            client = kernel.client()
            client.start_channels()
            await client.wait_for_ready()
            assert await value(client, "os.environ['WHO']") == "'second'"
            assert await value(client, "os.getcwd()") == repr(str(tmp_path))
            first = kernel.provisioner.pid

            running = asyncio.ensure_future(value(client, "open('begun', 'w'); time.sleep(60)"))
            while not (tmp_path / "begun").exists():
                await asyncio.sleep(0.1)
            await kernel.interrupt_kernel()
            assert await running == "KeyboardInterrupt"

            client.stop_channels()
            await kernel.restart_kernel()
            assert kernel.provisioner.is_forked
            assert kernel.provisioner.pid != first
            assert not psutil.pid_exists(first)
            client = kernel.client()
            client.start_channels()
            await client.wait_for_ready()
            assert await value(client, "os.environ['WHO']") == "'second'"
            assert await value(client, "os.getcwd()") == repr(str(tmp_path))
            client.stop_channels()

            second = kernel.provisioner.pid
            await kernels.end(kernel_id)
            assert not psutil.pid_exists(second)
            await kernels.shutdown_all()

        try:
            asyncio.run(go())
        finally:
            KernelProvisionerFactory.clear_instance()


def managed(folder):
    """Return the manager of pages' kernels without a server."""
    KernelProvisionerFactory.clear_instance()  # a notebook that ran before in this process has left one without our settings
    config = Config(
        {
            "KernelProvisionerFactory": {"default_provisioner_name": PROVISIONER},
            "KernelManager": {"transport": "ipc"},
            "PageKernels": {"kernel_manager_class": "guanai.server.kernels.kernel_client.ServedKernel"},
        }
    )
    sockets = tempfile.mkdtemp()  # short: the path of a Unix socket has at most 107 bytes
    return PageKernels(
        config=config, root_dir=str(folder), connection_dir=sockets, kernel_spec_manager=SingleKernelSpec()
    )


async def value(client, code):
    """Return what an expression comes to in a kernel, or the name of its error."""
    found = []

    def hear(message):
        if message["msg_type"] == "execute_result":
            found.append(message["content"]["data"]["text/plain"])

    text = f"import os, time\n{code}"
    reply = await client.execute_interactive(text, timeout=90, output_hook=hear, allow_stdin=False)
    return reply["content"].get("ename") or (found[0] if found else None)


def test_the_log_says_how_many_kernels_there_are(server):
    probe = server.signed_in()
    _facts, page = look(server, probe)
    assert wait_until(lambda: " with a page, 2 waiting, " in log_of(server))
    line = [line for line in log_of(server).splitlines() if " with a page, 2 waiting, " in line][-1]
    probe.close(page)
    assert "people, " in line
    assert line.endswith("MiB; 0 pages wait for their turn, 0 people for a place.")


def test_the_server_speaks_to_kernels_by_unix_sockets_that_only_it_may_open(server):
    """Nobody else on the machine can listen to what a page says, as on TCP one could."""
    probe = server.signed_in()
    facts, page = look(server, probe)
    kernel = psutil.Process(facts["pid"])
    spoken = [one for one in kernel.net_connections("tcp") if one.status == psutil.CONN_ESTABLISHED]
    paths = {one.laddr for one in kernel.net_connections("unix") if "ipc" in str(one.laddr)}
    probe.close(page)
    assert not spoken
    assert len(paths) >= 5
    assert {os.stat(os.path.dirname(path)).st_mode & 0o077 for path in paths} == {0}


def test_whoever_joins_a_kernel_is_welcomed(server):
    """A page is live when it has heard anything: so it needs to ask nothing, the first time and after a loss."""
    probe = server.signed_in()
    _, answer = look(server, probe)

    async def join(number):
        address = f"{server.base.replace('http', 'ws', 1)}/api/kernels/{answer.kernel}/channels"
        cookies = "; ".join(f"{one.name}={one.value}" for one in probe.cookies)
        request = HTTPRequest(
            f"{address}?greets=1&session_id={number}", headers={"Cookie": cookies, "Origin": server.base}
        )
        line = await websocket_connect(request, subprotocols=[PROTOCOL])
        heard = await asyncio.wait_for(line.read_message(), 20)
        line.close()
        return json.loads(deserialize_msg_from_ws_v1(heard)[1][0])["msg_type"]

    assert [asyncio.run(join(number)) for number in range(2)] == ["iopub_welcome"] * 2
    probe.close(answer)


def test_a_known_mistake_is_told_in_words_by_a_forked_kernel_too(server):
    probe = server.signed_in()
    answer = probe.get("/known")
    probe.close(answer)
    assert FAULT in answer.text


@pytest.mark.slow
class TestPlaces:
    def test_the_next_one_waits_and_is_let_in(self, tmp_path):
        with school(tmp_path / "school", max_people=1, seat_seconds=1, retry_seconds=7) as server:
            first, second = server.signed_in(), server.signed_in()
            page = first.get("/facts")
            assert page.renders
            refused = second.get("/facts")
            assert refused.status == 503
            assert refused.headers["Refresh"] == "7"
            assert "1 位老师" in refused.text
            another = first.get("/home")  # a person has one place however many pages are open
            assert another.renders
            first.close(page)
            assert second.get("/facts").status == 503
            first.close(another)
            assert wait_until(lambda: second.get("/facts").status == 200)
            assert first.get("/facts").status == 503


@pytest.mark.slow
class TestMany:
    def test_twenty_at_once(self, battered, record_testsuite_property):
        """20 pages within 2 seconds: each from a kernel of its own, in the order they came, and none stays behind."""
        people = [battered.signed_in() for _ in range(4)]
        look(battered, people[0])
        before = known(battered)
        took, pages, order = [], [], []

        def come(number):
            time.sleep(number / 10)
            probe, begun = people[number % 4], time.monotonic()
            page = probe.get("/facts")
            order.append(number)
            pages.append((probe, page))
            took.append(round(time.monotonic() - begun, 2))

        at_the_same_time(come, range(20))
        record_testsuite_property("seconds of each of twenty pages", took)
        assert all(page.renders for _, page in pages)
        fresh = known(battered) - before
        assert len(fresh) == 20
        # One that came five places later is not served first, however slow the machine is.
        assert all(abs(place - number) <= 5 for place, number in enumerate(order)), order
        at_the_same_time(lambda one: one[0].close(one[1]), pages)
        assert wait_until(lambda: not [pid for pid in fresh if psutil.pid_exists(int(pid))])

    def test_memory_of_each_further_visitor(self, battered, record_testsuite_property):
        """Pages share what the parent has read: about 20 MiB are each one's own, of 150."""
        probe = battered.signed_in()
        filled(battered)
        before = memory_of_all(battered)
        pages = [look(battered, probe) for _ in range(4)]
        filled(battered)
        each = (memory_of_all(battered) - before) / 4
        record_testsuite_property("MiB of each further visitor", each)
        whole = psutil.Process(pages[0][0]["pid"]).memory_info().rss / 2**20
        for _, page in pages:
            probe.close(page)
        assert each <= 30
        assert each < 0.25 * whole

    @pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
    def test_with_the_server_everything_ends(self, battered, tmp_path, ending):
        """The last of this file, for it ends the battered server."""
        if ending == signal.SIGTERM:
            ends(battered, ending)
            return
        with school(tmp_path / "school") as server:
            ends(server, ending)


def ends(server, ending):
    """End a server that has a page open and kernels waiting."""
    look(server, server.signed_in())
    everything = [*parents(server), *filled(server)]
    assert len(everything) >= 4
    server.process.send_signal(ending)
    server.process.wait(30)
    assert gone(everything)


def at_the_same_time(act, each):
    threads = [threading.Thread(target=act, args=(one,)) for one in each]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def memory_of_all(server):
    """Return the memory of a server, its parents and kernels, in MiB; what they share counts once."""
    everybody = [psutil.Process(server.process.pid)]
    everybody += everybody[0].children(recursive=True)
    return sum(memory_of(one.pid) for one in everybody) / 2**20
