"""How long a page takes over HTTP, from the request to its last byte with all widgets, by the way its kernel starts.

    python tests/bench/kernels.py [--rounds 5] [--size full] [--burst 20]
    python tests/bench/kernels.py --saves 600 [--people 50] [--size full]

Three servers of the same sample school take turns in one run, so that what else the machine does falls on all:
``ordinary`` starts a Python for each page, as Voila does, ``warm`` forks a kernel when the page is asked for, ``pooled`` hands out a
kernel that waits. Then visitors come at once, and memory is taken with and without further visitors.

With ``--saves`` only this is done, for so many seconds, by the pooled server: people, each with an account, a session and
the page of home visits open, fill it in and save every five seconds. They send the very messages that the page's script
sends for what is typed and for a click on Save (a page's kernel takes no others: Voila lets nobody send it code). A save
lasts from the click to the word that it is saved. At the end each save is looked for in the records: lost or doubled.

Pages that fail are counted and end the run with an error; nothing is waited for without end.
Figures of different machines or runs cannot be compared; the ratios within a run can.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psutil
from support.savers import Savers, report
from support.servers import end as stop

from guanai.server.addresses import free_port
from guanai.server.commands.console_output import print_line
from guanai.server.commands.http_probe import HttpProbe
from guanai.server.kernels.usage_log import memory_of
from guanai.storage import open_school

WAYS = {
    "ordinary": {
        "fork": False,
        "kernel_manager_class": "jupyter_server.services.kernels.kernelmanager.ServerKernelManager",
    },
    "warm": {"waiting": 0},
    "pooled": {"waiting": 3, "pause_seconds": 0.3},
}
PAGES = ("fields", "home", "child", "home_visit", "checklist", "summary")
STARTS_WITHIN = 60  # seconds
failed: list[str] = []
NAME, PASSWORD = "林测试", "青山常在-2026"
FIELDS = """
import ipywidgets as w
fields = [w.Text(description=f"f{n}") for n in range(40)]
save = w.Button(description="save")
w.VBox([*fields, save])
"""
SERVE = """
import json, sys
from guanai.server.accounts.served_school import ServedSchool
from guanai.server.commands.serving import serve
from guanai.storage import open_school
serve(ServedSchool(open_school(sys.argv[1])), port=int(sys.argv[2]), browser=False, PageKernels=json.loads(sys.argv[3]))
"""


def make_school(folder: Path, size: str) -> None:
    """Make a sample school with the shipped pages, an account and a page of 40 fields."""
    import nbformat

    from guanai.server.accounts.accounts import Accounts
    from guanai.server.commands.serve_commands import make_demo

    make_demo(folder, size)
    with_account = open_school(folder)
    Accounts(with_account).add(NAME, PASSWORD, roles=("coordinator",))
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_markdown_cell("# 40 / 40"), nbformat.v4.new_code_cell(FIELDS)]
    nbformat.write(notebook, with_account.folder.notebooks / "fields.ipynb")
    with_account.close()


@contextmanager
def served(folder: Path, number: int, settings: dict):
    """Serve the school in one way; yield the process and a probe that has signed in."""
    port = free_port(21_000 + 200 * number)
    command = [sys.executable, "-c", SERVE, str(folder), str(port), json.dumps(settings)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    speaks = threading.Event()
    threading.Thread(target=lambda: [speaks.set() for _ in process.stdout], daemon=True).start()
    try:
        if not speaks.wait(STARTS_WITHIN):
            sys.exit(f"the server has not started within {STARTS_WITHIN} s; its log is in {folder / 'logs'}")
        yield process, signed_in(f"http://127.0.0.1:{port}")
    finally:
        stop(process)


def signed_in(base: str) -> HttpProbe:
    probe = HttpProbe(base)
    probe.submit("/login", name=NAME, password=PASSWORD, next="/theme/icon.svg")
    return probe


def seconds(probe: HttpProbe, page: str):
    begun = time.perf_counter()
    answer = probe.get(f"/{page}")
    took = time.perf_counter() - begun
    if not answer.renders:
        failed.append(f"{page} does not render: {answer.status}")
    return took, answer


def compare(servers: dict, rounds: int) -> None:
    """Open every page in every way, taking turns, with a moment's rest before each."""
    took = {(way, page): [] for way in servers for page in PAGES}
    for _ in range(rounds):
        for page in PAGES:
            for way, (_process, probe) in servers.items():
                time.sleep(1.5)
                took_seconds, answer = seconds(probe, page)
                took[way, page].append(took_seconds)
                probe.close(answer)
    print_line(f"{'page':12}" + "".join(f"{way:>24}" for way in servers) + "   ordinary/pooled")
    for page in PAGES:
        cells, medians = "", {}
        for way in servers:
            times = took[way, page]
            medians[way] = statistics.median(times)
            cells += f"{medians[way]:>10.3f} ({min(times):.3f}-{max(times):.3f})"
        ratio = medians["ordinary"] / medians["pooled"] if len(medians) == 3 else float("nan")
        print_line(f"{page:12}{cells}   {ratio:.1f}")


def burst(way: str, probe: HttpProbe, people: int) -> None:
    """Let people come within two seconds, all to the page of 40 fields."""
    took: list[tuple[int, float]] = []
    answers = []

    def come(number: int) -> None:
        time.sleep(2 * number / people)
        took_seconds, answer = seconds(probe, "fields")
        took.append((number, took_seconds))
        answers.append(answer)

    threads = [threading.Thread(target=come, args=(number,)) for number in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times = [took_seconds for _, took_seconds in sorted(took)]
    worst = max(times)
    print_line(
        f"burst of {people}, {way}: first {times[0]:.2f}, median {statistics.median(times):.2f}, "
        f"worst {worst:.2f} s ({worst / times[0]:.1f} times the first)"
    )
    for answer in answers:
        probe.close(answer)


def memory(way: str, process: subprocess.Popen, probe: HttpProbe, page: str, people: int = 5) -> None:
    """Say what each further open page costs, in MiB of memory shared fairly."""

    def all_of_it() -> float:
        time.sleep(3)
        return memory_of_all(process)

    answers = [seconds(probe, page)[1]]
    before = all_of_it()
    answers += [seconds(probe, page)[1] for _ in range(people)]
    after = all_of_it()
    print_line(f"memory, {way}, {page}: {(after - before) / people:.1f} MiB for each further page")
    for answer in answers:
        probe.close(answer)


def memory_of_all(process: subprocess.Popen) -> float:
    """Return the memory of a server and all that it has started, in MiB; what they share counts once."""
    everybody = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    return sum(memory_of(process.pid) or 0 for process in everybody) / 2**20


def save(folder: Path, people: int, lasting: float) -> None:
    """Let people save for so many seconds; say how long a save takes, what is lost, what memory grows."""
    from guanai.server.accounts.accounts import Accounts

    names = [f"{NAME}{number}" for number in range(people)]
    with closing(open_school(folder)) as school:
        accounts = Accounts(school)
        for name in names:
            if accounts.find(name) is None:
                accounts.add(name, PASSWORD, roles=("coordinator",))
    with served(folder, 9, WAYS["pooled"]) as (process, probe):
        time.sleep(5)
        savers = Savers(probe.base, [(name, PASSWORD) for name in names], lambda: memory_of_all(process))
        savers.save(lasting)
    with closing(open_school(folder)) as school:
        lines, wrong = report(savers, school, lasting)
    failed.extend(wrong)
    for line in [*lines, "load of the machine: {:.1f}, {:.1f}, {:.1f}".format(*psutil.getloadavg())]:
        print_line(line)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", default="full")
    parser.add_argument("--burst", type=int, default=20)
    parser.add_argument("--ways", nargs="*", default=list(WAYS))
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--saves", type=float, default=0, help="for how many seconds people save")
    parser.add_argument("--people", type=int, default=50, help="how many people do")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        folder = chosen.folder or Path(temporary) / "school"
        if not folder.exists():
            make_school(folder, chosen.size)
        if chosen.saves:
            save(folder, chosen.people, chosen.saves)
            end()
        servers = {
            way: stack.enter_context(served(folder, number, WAYS[way]))
            for number, way in enumerate(chosen.ways)
        }
        time.sleep(5)
        compare(servers, chosen.rounds)
        for way, (process, probe) in servers.items():
            for page in ("fields", "home"):
                memory(way, process, probe, page)
        for way, (_process, probe) in servers.items():
            burst(way, probe, chosen.burst)
    end()


def end() -> None:
    """End the run, with an error where something has failed."""
    sys.exit(f"{len(failed)} failed: " + "; ".join(failed) if failed else None)


if __name__ == "__main__":
    main()
