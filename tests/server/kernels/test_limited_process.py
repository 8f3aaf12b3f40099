"""Tasks in a process of their own: done as whoever asks, ended beyond their time or memory, forked or started.

What was found: ``/print`` evaluated form expressions in the server's process and as nobody.

Promise: no form stops the page of another (7.2).
"""

import asyncio
import os
import subprocess
import sys

import pytest

from guanai.server.kernels.file_watch import FileWatch
from guanai.server.kernels.fork_servers import CAN_FORK, ForkServers
from guanai.server.kernels.limited_tasks import LimitedTasks, TaskError
from guanai.storage import create_school
from guanai.storage.reports.printout import Checkbox, PrintField, Printout, PrintSection, printout_of

PERSON = {"HTTP_X_GUANAI_PERSON": "%E9%AB%98", "HTTP_X_GUANAI_ROLES": "coordinator"}
NAMES = ["forked", "started"] if CAN_FORK else ["started"]
FORM = """
| survey | type | name | label | calculation |
| | text | a | 甲 | |
| | calculate | b | | concat({0}) |
| | note | n | 末 ${{b}} | |
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("tasks") / "school"
    school = create_school(path)
    (school.folder.forms / "own.md").write_text(FORM.format(", ".join(["'x'"] * 3)), encoding="utf-8")
    school.close()
    return path


def run(folder, how, *requests, identity=PERSON):
    """Return what comes of each request, one after the other."""
    environment = {"GUANAI_SCHOOL": str(folder), "GUANAI_SERVED": "1"}
    servers = ForkServers({**os.environ, **environment}, None, FileWatch([]), can_fork=how == "forked")

    async def outcomes():
        tasks = LimitedTasks(servers, environment)
        made = []
        for request in requests:
            try:
                made.append(await tasks.run("print", request, identity, "zh"))
            except TaskError as error:
                made.append(error)
        return made

    try:
        return asyncio.run(outcomes())
    finally:
        servers.close()


def asked(form="own", **more):
    return {"what": "record", "form": form, "id": "", "language": "zh", **more}


@pytest.mark.slow
@pytest.mark.parametrize("how", NAMES)
def test_a_sheet_is_made_there(folder, how):
    made, nothing, gone = run(folder, how, asked(), asked("nosuch"), asked(id="gone"))
    assert printout_of(made["sheet"]).sections[0].fields[0].label == "甲"
    assert made["day"]
    assert nothing["sheet"] is None
    assert gone["sheet"] is None


@pytest.mark.slow
@pytest.mark.skipif(not CAN_FORK, reason="nothing forks here")
@pytest.mark.parametrize(
    "hostile",
    ["while True: pass", "hold = [bytearray(1 << 24) for _ in range(4096)]", "import os; os.abort()"],
)
def test_what_goes_beyond_its_limits_ends_and_the_next_is_answered(folder, hostile, monkeypatch, tmp_path):
    # A module that Python imports at its start, in place of a form that finds a hole in the limits of expressions.
    (tmp_path / "sitecustomize.py").write_text(
        "import guanai.server.kernels.print_task as there\n"
        "from guanai.server.kernels import limited_process\n"
        "def work():\n"
        f"    {hostile}\n"
        "def task(request):\n"
        "    return work if request['form'] == 'hostile' else there.print_task(request)\n"
        "limited_process.TASKS['print'] = task\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    over, made = run(folder, "forked", asked("hostile"), asked())
    assert isinstance(over, TaskError)
    assert (over.status, over.text) == (413, "")
    assert made["sheet"]["title"]


@pytest.mark.slow
@pytest.mark.parametrize("how", NAMES)
def test_it_is_done_as_whoever_asks_and_as_nobody_for_nobody(folder, how):
    (refused,) = run(folder, how, asked(), identity={})
    assert isinstance(refused, TaskError) or refused["sheet"]


@pytest.mark.slow
def test_a_process_of_its_own_has_the_same_limits():
    code = (
        "from guanai.server.kernels import limited_process\n"
        "def work():\n    while True: pass\n"
        "def task(request):\n    return work\n"
        "limited_process.TASKS['x'] = task\n"
        "limited_process.answer('x', {'env': {}, 'request': {}})\n"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=120, check=False).returncode != 0


def test_a_printout_comes_back_as_it_was():
    from dataclasses import asdict
    from json import dumps, loads

    field = PrintField("甲", "乙", (Checkbox("丙", True),), 2, "p.png", "text", True, "a/b")
    whole = Printout(
        "t", (PrintSection("s", (field,), ("h",), (("r",),), "n", True, 0),), ("x",), "card", ("1", "2")
    )
    assert printout_of(loads(dumps(asdict(whole)))) == whole
