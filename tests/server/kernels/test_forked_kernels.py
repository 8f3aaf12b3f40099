"""Kernels that are forked, in a served school with real processes: what they know, and when each of them ends.

Promise: a forked kernel serves one person only, and ends with its page (7.11, 7.12).
"""

import asyncio
import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from urllib.parse import unquote

import nbformat
import psutil
import pytest
from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1
from support.open_pages import PROTOCOL, cookie_header
from support.servers import FORK_SERVER, NAME, start, wait_until
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from guanai.server.kernels.fork_servers import CAN_FORK
from guanai.server.kernels.kernel_extension import FAULT
from guanai.server.kernels.usage_log import memory_of

pytestmark = [
    pytest.mark.skipif(not CAN_FORK, reason="kernels are forked on Linux only"),
    pytest.mark.slow,
]

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


def open_facts(server, probe, query=""):
    """Open the page of facts; return what its kernel wrote down, and the page."""
    before = fact_files(server)
    answer = probe.get(f"/facts{query}")
    assert answer.renders
    (fresh,) = fact_files(server) - before
    return json.loads((server.folder / "facts" / fresh).read_text()), answer


def fact_files(server):
    """Return the process ids, as texts, of the kernels that have run the page of facts."""
    folder = server.folder / "facts"
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def fork_processes(server):
    """Return the processes that kernels are forked from."""
    return [
        process
        for process in psutil.Process(server.process.pid).children()
        if FORK_SERVER in process.cmdline()
    ]


def forked_kernels(server):
    """Wait until two kernels are idle, and return all forked ones."""
    time.sleep(2 * QUICK["usage_log_seconds"])  # what the log said before the last page came is over

    def forked():
        return [kernel for process in fork_processes(server) for kernel in process.children()]

    def idle():
        pages = fact_files(server)
        return [kernel for kernel in forked() if str(kernel.pid) not in pages]

    assert wait_until(lambda: len(idle()) >= 2 and ", 2 waiting, " in server.log().rpartition("Kernels: ")[2])
    return forked()


def have_ended(processes):
    return not psutil.wait_procs(processes, timeout=10)[1]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with school(tmp_path_factory.mktemp("forked") / "school") as served:
        forked_kernels(served)
        yield served


@pytest.fixture(scope="module")
def damaged(tmp_path_factory):
    """A server whose kernels, fork server, forms and workbook are killed and changed, one after another."""
    with school(tmp_path_factory.mktemp("damaged") / "school") as served:
        yield served


class TestAssignment:
    def test_an_idle_kernel_gets_the_person_and_query_of_its_page(self, server):
        idle = {kernel.pid for kernel in forked_kernels(server)}
        probe = server.signed_in()
        probe.get("/language?to=en&next=/theme/icon.svg")
        facts, page = open_facts(server, probe, "?child=7")
        probe.close(page)
        assert facts["pid"] in idle
        assert facts["ppid"] in {process.pid for process in fork_processes(server)}
        assert unquote(facts["env"]["HTTP_X_GUANAI_PERSON"]) == NAME
        assert facts["env"]["QUERY_STRING"] == "child=7"
        assert facts["env"]["GUANAI_LANGUAGE"] == "en"
        assert facts["env"]["GUANAI_SCHOOL"] == facts["cwd"].removesuffix("/notebooks")
        assert facts["env"]["GUANAI_SERVED"] == "1"
        assert facts["session"] == facts["pid"]
        assert facts["threads"] == 1
        assert {"jupyter.widget", "jupyter.widget.control"} <= set(facts["targets"])

    def test_no_two_kernels_draw_the_same_random_numbers(self, server):
        probe = server.signed_in()
        forked_kernels(server)
        seen = [open_facts(server, probe) for _ in range(4)]
        for _, page in seen:
            probe.close(page)
        assert len({facts["pid"] for facts, _ in seen}) == 4
        for drawn in zip(*(facts["chance"] for facts, _ in seen), strict=True):
            assert len(set(drawn)) == 4

    def test_a_kernel_serves_no_second_person(self, server):
        probe, other = server.signed_in(), server.signed_in()
        facts, page = open_facts(server, probe, "?first")
        probe.close(page)
        again, second = open_facts(server, other, "?second")
        other.close(second)
        assert again["pid"] != facts["pid"]
        assert have_ended([psutil.Process(facts["pid"])] if psutil.pid_exists(facts["pid"]) else [])

    def test_nothing_of_a_request_reaches_the_fork_server_or_another_kernel(self, server):
        probe = server.signed_in()
        facts, page = open_facts(server, probe, f"?id={SECRET}")
        try:
            assert memory_contains(facts["pid"], SECRET), "the search finds nothing where there is something"
            others = [
                process.pid
                for process in [*fork_processes(server), *forked_kernels(server)]
                if process.pid != facts["pid"]
            ]
            assert len(others) >= 3
            assert not [other for other in others if memory_contains(other, SECRET)]
        except PermissionError:
            pytest.skip("this machine does not let a user look into own processes")
        finally:
            probe.close(page)


def memory_contains(process, text):
    """Say whether a text stands anywhere in the memory that a process can write to."""
    with open(f"/proc/{process}/maps") as maps, open(f"/proc/{process}/mem", "rb", 0) as memory:
        for line in maps:
            addresses, rights, *_ = line.split()
            if not rights.startswith("rw"):
                continue
            begin, end = (int(part, 16) for part in addresses.split("-"))
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
        facts, page = open_facts(server, probe)
        probe.close(page)
        assert wait_until(lambda: not psutil.pid_exists(facts["pid"]))

    def test_a_kernel_that_crashes_is_not_started_again(self, server):
        probe = server.signed_in()
        facts, _page = open_facts(server, probe)
        before = len(forked_kernels(server))
        deaths = server.log().count("has died")
        os.kill(facts["pid"], signal.SIGKILL)
        assert wait_until(lambda: server.log().count("has died") > deaths)
        assert len(forked_kernels(server)) == before - 1

    @pytest.mark.slow
    def test_an_idle_kernel_that_has_crashed_is_passed_over(self, damaged):
        probe = damaged.signed_in()
        for kernel in forked_kernels(damaged):
            kernel.kill()
        probe.close(open_facts(damaged, probe)[1])

    @pytest.mark.slow
    def test_a_crash_of_the_fork_server_ends_its_kernels_and_the_next_page_has_a_new_one(self, damaged):
        probe = damaged.signed_in()
        facts, _page = open_facts(damaged, probe)
        kernels = forked_kernels(damaged)
        (fork_server,) = fork_processes(damaged)
        fork_server.kill()
        assert have_ended(kernels)
        again, page = open_facts(damaged, probe)
        assert again["ppid"] not in {facts["ppid"], damaged.process.pid}
        assert "The fork server has ended" in damaged.log()
        probe.close(page)


class TestReplacement:
    @pytest.mark.slow
    @pytest.mark.parametrize("file", ["forms/home_visit.md", "school.xlsx"])
    def test_a_changed_file_replaces_the_fork_server_and_open_pages_stay(self, damaged, file):
        probe = damaged.signed_in()
        old, page = open_facts(damaged, probe)
        if file.endswith(".md"):
            from guanai.templates import template

            damaged.folder.joinpath(file).write_bytes((template("forms") / "home_visit.md").read_bytes())
        else:
            os.utime(damaged.folder / file)
        new, another = open_facts(damaged, probe)
        assert new["ppid"] != old["ppid"]
        assert psutil.pid_exists(old["pid"])
        probe.close(page)
        probe.close(another)
        assert wait_until(lambda: not psutil.pid_exists(old["ppid"]) or is_zombie(old["ppid"]))


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
            facts = [open_facts(server, probe)[0] for _ in range(2)]
            assert [fact["ppid"] for fact in facts] == [server.process.pid] * 2
            assert [fact["env"]["GUANAI_SERVED"] for fact in facts] == ["1"] * 2
            assert not fork_processes(server)
            assert server.log().count("Pages get ordinary kernels") == 1


def test_the_log_says_how_many_kernels_there_are(server):
    probe = server.signed_in()
    _facts, page = open_facts(server, probe)
    assert wait_until(lambda: " with a page, 2 waiting, " in server.log())
    line = [line for line in server.log().splitlines() if " with a page, 2 waiting, " in line][-1]
    probe.close(page)
    assert "people, " in line
    assert line.endswith("MiB; 0 pages wait for their turn, 0 people for a place.")


def test_the_server_speaks_to_kernels_by_unix_sockets_that_only_it_may_open(server):
    """Nobody else on the machine can listen to what a page says, as on TCP one could."""
    probe = server.signed_in()
    facts, page = open_facts(server, probe)
    kernel = psutil.Process(facts["pid"])
    spoken = [
        connection
        for connection in kernel.net_connections("tcp")
        if connection.status == psutil.CONN_ESTABLISHED
    ]
    paths = {
        connection.laddr for connection in kernel.net_connections("unix") if "ipc" in str(connection.laddr)
    }
    probe.close(page)
    assert not spoken
    assert len(paths) >= 5
    assert {os.stat(os.path.dirname(path)).st_mode & 0o077 for path in paths} == {0}


def test_whoever_connects_to_a_kernel_is_greeted(server):
    """A page is live once it has got a message: so it needs to ask nothing, at first and after a lost connection."""
    probe = server.signed_in()
    _, answer = open_facts(server, probe)

    async def first_message(number):
        address = f"{server.base.replace('http', 'ws', 1)}/api/kernels/{answer.kernel}/channels"
        request = HTTPRequest(
            f"{address}?greets=1&session_id={number}",
            headers={"Cookie": cookie_header(probe), "Origin": server.base},
        )
        websocket = await websocket_connect(request, subprotocols=[PROTOCOL])
        message = await asyncio.wait_for(websocket.read_message(), 20)
        websocket.close()
        return json.loads(deserialize_msg_from_ws_v1(message)[1][0])["msg_type"]

    assert [asyncio.run(first_message(number)) for number in range(2)] == ["iopub_welcome"] * 2
    probe.close(answer)


def test_a_forked_kernel_too_shows_a_guanai_error_in_words(server):
    probe = server.signed_in()
    answer = probe.get("/known")
    probe.close(answer)
    assert FAULT in answer.text


@pytest.mark.slow
class TestSeats:
    def test_the_next_person_waits_until_a_seat_is_free(self, tmp_path):
        with school(tmp_path / "school", max_people=1, seat_seconds=1, retry_seconds=7) as server:
            first, second = server.signed_in(), server.signed_in()
            page = first.get("/facts")
            assert page.renders
            refused = second.get("/facts")
            assert refused.status == 503
            assert refused.headers["Refresh"] == "7"
            assert "1 位老师" in refused.text
            another = first.get("/home")  # a person has one seat however many pages are open
            assert another.renders
            first.close(page)
            assert second.get("/facts").status == 503
            first.close(another)
            assert wait_until(lambda: second.get("/facts").status == 200)
            assert first.get("/facts").status == 503


@pytest.mark.slow
class TestManyPages:
    def test_twenty_pages_at_once_are_served_in_the_order_they_came(self, damaged, record_testsuite_property):
        """20 pages within 2 seconds: each from a kernel of its own, in the order they came, and no kernel is left over."""
        people = [damaged.signed_in() for _ in range(4)]
        open_facts(damaged, people[0])
        before = fact_files(damaged)
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
        fresh = fact_files(damaged) - before
        assert len(fresh) == 20
        # One that came five later is not served first, however slow the machine is.
        assert all(abs(rank - number) <= 5 for rank, number in enumerate(order)), order
        at_the_same_time(lambda page: page[0].close(page[1]), pages)
        assert wait_until(lambda: not [pid for pid in fresh if psutil.pid_exists(int(pid))])

    def test_each_further_page_takes_at_most_30_mib(self, damaged, record_testsuite_property):
        """Pages share what the fork server has read: about 20 MiB are each one's own, of 150."""
        probe = damaged.signed_in()
        forked_kernels(damaged)
        # Once the fork server rests, preloading is over: until then it has less to share, and takes more itself.
        assert wait_until(
            lambda: all(process.cpu_percent(1.0) < 5 for process in fork_processes(damaged)), 90
        )
        before = memory_of_all(damaged)
        pages = [open_facts(damaged, probe) for _ in range(4)]
        forked_kernels(damaged)
        each = (memory_of_all(damaged) - before) / 4
        record_testsuite_property("MiB of each further visitor", each)
        whole = psutil.Process(pages[0][0]["pid"]).memory_info().rss / 2**20
        for _, page in pages:
            probe.close(page)
        assert each <= 30
        assert each < 0.25 * whole

    @pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
    def test_fork_servers_and_kernels_end_with_the_server(self, damaged, tmp_path, ending):
        """The last of this file, for it ends the damaged server."""
        with school(tmp_path / "school") if ending == signal.SIGKILL else nullcontext(damaged) as server:
            open_facts(server, server.signed_in())
            everything = [*fork_processes(server), *forked_kernels(server)]
            assert len(everything) >= 4
            server.process.send_signal(ending)
            server.process.wait(30)
            assert have_ended(everything)


def at_the_same_time(act, each):
    with ThreadPoolExecutor(len(each)) as threads:
        list(threads.map(act, each))


def memory_of_all(server):
    """Return the memory of a server, its fork servers and kernels, in MiB; what they share counts once."""
    process = psutil.Process(server.process.pid)
    return sum(memory_of(child.pid) for child in [process, *process.children(recursive=True)]) / 2**20
