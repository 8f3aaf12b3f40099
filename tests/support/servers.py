"""A school with a few test pages, served by a process of its own on a free port: for the tests over HTTP."""

import json
import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import psutil

from guanai.server.accounts.accounts import Accounts
from guanai.server.addresses import free_port
from guanai.server.commands.http_probe import HttpProbe
from guanai.storage import create_school, open_school

FORK_SERVER = "guanai.server.kernels.fork_server"
NAME, PASSWORD = "林测试", "青山常在-2026"

SERVE = """
import sys, json
from guanai.care.optional_imports import GRAMMAR, without
with without(GRAMMAR):
    from guanai.server.accounts.served_school import ServedSchool
    from guanai.server.commands.serving import serve
    from guanai.storage import open_school
folder, port, workshop, idle, kernels, base, confirmed, options = sys.argv[1:]
served = ServedSchool(open_school(folder), workshop=workshop.split())
served.sessions.idle, served.sessions.confirmed = float(idle), float(confirmed)
serve(served, port=int(port), browser=False, base_url=base, PageKernels=json.loads(kernels), **json.loads(options))
"""

WIDGETS = """
import ipywidgets
name, save, said = ipywidgets.Text(description="姓名"), ipywidgets.Button(description="保存"), ipywidgets.Label()

def answer(_):
    said.value = f"已保存 {name.value}"

save.on_click(answer)
ipywidgets.VBox([name, save, said])
"""
WHO = """
import os
from urllib.parse import unquote
for name in ("PERSON", "STAFF", "ROLES", "CONFIRMED_UNTIL"):
    print(name, unquote(os.environ.get("HTTP_X_GUANAI_" + name, "unset")))
for name in ("QUERY_STRING", "GUANAI_SCHOOL", "GUANAI_LANGUAGE"):
    print(name, os.environ.get(name))
print("<script>printed")
"""
KNOWN = """
from guanai.care.errors import GuanaiError
raise GuanaiError("school.no_terms")
"""
PAGES = {
    "home": ["# 首页 / Home", WIDGETS],
    "who": ["# 我是谁 / Who am I", WHO],
    "broken": ["# 出错 / Broken", "secret_word = 'sesame'\n1 / 0", "print('not reached')"],
    "known": ["# 已知 / Known", KNOWN, "print('not reached')"],
    "syntax": ["# 语法 / Syntax", "这不是 Python"],
    "dead": ["# 中断 / Dead", "import os\nos._exit(1)", "print('not reached')"],
    "busy": ["# 很慢 / Slow", "import time\ntime.sleep(600)"],
    "自己的页": ["# <i>自己的</i>页", WIDGETS],
}


@dataclass
class Served:
    """A server and its school."""

    base: str
    folder: Path
    process: subprocess.Popen
    console_lines: list = field(default_factory=list)

    def console(self):
        """Return what it has said on the console, by words."""
        return " ".join(self.console_lines).replace("：", " ").split()

    def log(self):
        """Return what is in the school's log."""
        return (self.folder / "logs" / "guanai.log").read_text(encoding="utf-8")

    def signed_in(self):
        """Return a probe that has signed in."""
        probe = HttpProbe(self.base)
        probe.submit("/login", name=NAME, password=PASSWORD, next="/theme/icon.svg")
        return probe

    def school_accounts(self):
        """Return the accounts, as another process would open them."""
        return Accounts(open_school(self.folder))

    def kernels(self):
        """Return the processes of the pages' kernels."""
        return [
            child for child in psutil.Process(self.process.pid).children(recursive=True) if is_kernel(child)
        ]


def is_kernel(process):
    """Whether a process is a page's kernel, started the ordinary way or forked."""
    try:
        return "ipykernel_launcher" in process.cmdline() or (
            FORK_SERVER in process.cmdline() and FORK_SERVER in process.parent().cmdline()
        )
    except (psutil.Error, AttributeError):
        return False


def write_page(folder, name, cells, asks=None):
    """Write a notebook: a heading, then cells with code; ``asks`` goes into its metadata."""
    notebook = nbformat.v4.new_notebook(metadata={"guanai": asks} if asks else {})
    notebook.cells = [nbformat.v4.new_markdown_cell(cells[0]), *map(nbformat.v4.new_code_cell, cells[1:])]
    nbformat.write(notebook, folder / f"{name}.ipynb")


def own_port(first):
    """Return a free port that no other process of these tests looks at, and hardly one of others."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return free_port(first + 100 * worker + os.getpid() % 80)


def wait_until(holds, seconds=30, every=0.1):
    """Wait for something that takes a machine's time, with no claim about how much; return whether it came."""
    until = time.monotonic() + seconds
    while not (result := holds()) and time.monotonic() < until:
        time.sleep(every)
    return bool(result)


@contextmanager
def start(folder, *, account=True, workshop="", **how):
    """Make a school with the test pages and serve it as `serving` does."""
    school = create_school(folder, name="青山 <b>小学</b>")
    accounts = Accounts(school)
    if account:
        accounts.add(NAME, PASSWORD, roles=("coordinator",), staff="staff-1")
    if workshop:
        accounts.add_without_password(workshop, roles=("coordinator",))
    for name, cells in PAGES.items():
        write_page(school.folder.notebooks, name, cells)
    school.close()
    with serving(folder, workshop, **how) as served:
        yield served


@contextmanager
def serving(
    folder,
    workshop="",
    *,
    idle=3600,
    kernels='{"alone_seconds": 60, "waiting": 0}',
    base_url="/",
    confirmed=600,
    open_files=0,
    **options,
):
    """Serve a school; ``options`` are further ones of `serve`.

    ``open_files`` is how many files the server's process may have open at once, 0 for as many as this one.
    """
    port = own_port(19_000)
    settings = [str(idle), kernels, base_url, str(confirmed), json.dumps(options)]
    arguments = [str(folder), str(port), workshop, *settings]
    command = [sys.executable, "-c", SERVE, *arguments]
    if open_files:
        command = ["sh", "-c", f'ulimit -n {open_files}; exec "$@"', "sh", *command]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    served = Served(f"http://127.0.0.1:{port}{base_url.rstrip('/')}", Path(folder), process)
    try:
        served.console_lines.append(process.stdout.readline())
        reader = threading.Thread(target=lambda: served.console_lines.extend(process.stdout), daemon=True)
        reader.start()
        HttpProbe(served.base).get("/login")
        yield served
    finally:
        end(process)


def end(process):
    """Ask a server to end, and make it where it does not."""
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()


@contextmanager
def demo_served(folder, port):
    """Serve a sample school with ``guanai demo`` in a process of its own; yield that once it answers."""
    command = [
        sys.executable,
        "-m",
        "guanai.server",
        "demo",
        str(folder),
        "--port",
        str(port),
        "--no-browser",
    ]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, encoding="utf-8", start_new_session=True
    )
    try:
        assert any(str(port) in line for line in process.stdout), "the server has not started"
        yield process
    finally:
        end(process)
