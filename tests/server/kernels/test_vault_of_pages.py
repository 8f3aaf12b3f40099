"""A page's kernel asks the vault as the account that is signed in; nobody else's process ever holds what it answers.

Issue 13, section 3: kernels of other roles never hold a restricted record, nor does the process that they are forked from
(their memory is searched for a planted text); requirements 3, rule 1; 002-1 L93.
"""

import os
import signal
import sys
from contextlib import suppress
from types import SimpleNamespace

import psutil
import pytest
from support.servers import FORK_SERVER, PASSWORD, is_kernel, start, wait_until, write_page

from guanai.server.accounts.accounts import Accounts
from guanai.server.commands.http_probe import HttpProbe
from guanai.storage import open_school

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="a page has a vault on Linux"),
]

# Put together at run time, so that the text is nowhere but in the card.
PLANTED = "-".join(["夜里", "总是", "哭着", "醒来", "不敢说"])
CARDS = """
from guanai.storage import open_school
school = open_school()
cards = school.documents("counselling")
print("cards", len(cards), *(card["told"] for card in cards))
"""
FORGED = """
import os
os.environ.update(HTTP_X_GUANAI_PERSON="%E4%BD%95%E8%80%81%E5%B8%88", HTTP_X_GUANAI_ROLES="counsellor")
from guanai.server.kernels.school_cache import sign_in_from_headers
sign_in_from_headers()
from guanai.storage import open_school
school = open_school()
print("forged", school.person, len(school._whole.table("counselling").rows()))
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with start(
        tmp_path_factory.mktemp("served") / "school", kernels='{"alone_seconds": 60, "waiting": 1}'
    ) as server:
        school = open_school(server.folder)
        staff = school.save("staff", {"name": "何老师", "role": "counsellor", "active": "yes"})["id"]
        school.save(
            "class", {"name": "三年级1班", "grade": 3, "level": "primary", "homeroom": staff, "pupils": 40}
        )
        answers = {"name": "林小雨", "sex": "female", "birth_date": "2016-05-04", "class": "三年级1班"}
        child = school.save("child", answers)["id"]
        card = {"child": child, "date": "2026-11-18", "by": staff, "told": PLANTED, "risk": "no"}
        card = school.save("counselling", card)
        accounts = Accounts(school)
        for name, roles in (
            ("何老师", ("counsellor",)),
            ("孙老师", ("helper",)),
            ("赵校长", ("headmaster",)),
        ):
            accounts.add(name, PASSWORD, roles=roles, staff=staff if "counsellor" in roles else "")
        for name, cell in (("cards", CARDS), ("forged", FORGED)):
            write_page(school.folder.notebooks, name, ["# 卡片 / Cards", cell])
        yield SimpleNamespace(server=server, school=school, card=card, accounts=accounts)
        school.close()


def signed_in(served, name):
    probe = HttpProbe(served.server.base)
    probe.sign_in(name, PASSWORD)
    return probe


def processes(served):
    return psutil.Process(served.server.process.pid).children(recursive=True)


def holds(process, text):
    """Whether a text lies in the memory of a process, as Python keeps one or as it is sent."""
    wanted = [text.encode(encoding) for encoding in ("utf-8", "utf-16-le")]
    wanted.append(text.encode("ascii", "backslashreplace"))
    with (
        open(f"/proc/{process.pid}/maps", encoding="ascii") as maps,
        open(f"/proc/{process.pid}/mem", "rb") as memory,
    ):
        for line in maps:
            place, rights = line.split()[:2]
            if not rights.startswith("rw"):
                continue
            first, last = (int(end, 16) for end in place.split("-"))
            with suppress(OSError, ValueError, OverflowError):
                memory.seek(first)
                content = memory.read(last - first)
                if any(one in content for one in wanted):
                    return True
    return False


def test_only_the_page_of_who_counsels_ever_holds_a_card(served):
    counsellor = signed_in(served, "何老师")
    read = counsellor.get("/cards")
    assert f"cards 1 {PLANTED}" in read.text
    others = [signed_in(served, name) for name in ("孙老师", "赵校长")]
    for probe in others:
        page = probe.get("/cards")
        assert "cards 0" in page.text
        assert PLANTED not in page.text
    family = processes(served)
    kernels = [process for process in family if is_kernel(process)]
    holding = [process for process in kernels if holds(process, PLANTED)]
    assert len(kernels) >= 3
    assert len(holding) == 1, "the page of who counsels holds it: the search finds what is there"
    fork_server = [
        process for process in family if FORK_SERVER in process.cmdline() and not is_kernel(process)
    ]
    assert fork_server
    assert not any(holds(process, PLANTED) for process in fork_server)
    files = [path for path in served.server.folder.rglob("*") if path.is_file()]
    assert not [path.name for path in files if PLANTED.encode() in path.read_bytes()]


def test_a_kernel_that_says_it_is_somebody_else_is_not(served):
    """Its environment and what it says of itself change what it may do nowhere but in itself."""
    page = signed_in(served, "孙老师").get("/forged")
    assert "forged 何老师 0" in page.text


def test_a_danger_stands_above_the_pages_of_who_must_know_of_it_and_says_nothing_else(served):
    pages = {name: signed_in(served, name) for name in ("赵校长", "孙老师")}
    assert not any("danger" in page.get("/who").text for page in pages.values())
    told = {"risk": "yes", "told_to": ["homeroom"], "told_at": "2026-11-18T09:00", "measures": PLANTED}
    card = served.school.save("counselling", {**served.card, **told})
    shown = pages["赵校长"].get("/who").text
    assert "危险：林小雨" in shown
    assert "班主任" in shown
    assert PLANTED not in shown
    assert "危险" not in pages["孙老师"].get("/who").text
    served.school.save("counselling", {**card, "risk": "no"})


def test_who_counsels_prints_a_card_and_nobody_else_does(served):
    address = f"/print?form=counselling&id={served.card['id']}"
    assert PLANTED in signed_in(served, "何老师").get(address).text
    assert PLANTED not in signed_in(served, "赵校长").get(address).text
    printed = served.school.trail.all(act="print")
    assert printed["record"].tolist().count(served.card["id"]) >= 1


def test_who_comes_and_goes_and_who_fails_to_is_in_the_trail(served):
    HttpProbe(served.server.base).sign_in("何老师", "falsch")
    signed_in(served, "孙老师")
    assert wait_until(lambda: len(served.school.trail.all(act="sign_in", person="孙老师")))
    failed = served.school.trail.all(act="sign_in_failed")
    assert failed["person"].tolist().count("何老师") >= 1
    assert failed["source"].str.contains("127.0.0.1").all()


def test_other_roles_close_the_vault_to_open_pages_and_new_ones(served):
    served.accounts.add("周老师", PASSWORD, roles=("counsellor",))
    probe = signed_in(served, "周老师")
    assert "cards 1" in probe.get("/cards").text
    account = served.accounts.get("周老师")
    served.accounts.change("周老师", "roles", roles=("helper",), revision=account.revision)
    assert wait_until(lambda: "Closing the vault to the page of 周老师" in served.server.log())
    assert "cards 0" in probe.get("/cards").text


def test_a_vault_that_is_killed_comes_back_and_pages_go_on_meanwhile(served):
    (vault,) = [process for process in processes(served) if "guanai.server.vault" in process.cmdline()]
    os.kill(vault.pid, signal.SIGKILL)
    assert "cards " in signed_in(served, "何老师").get("/cards").text
    assert wait_until(lambda: served.server.log().count("The vault is open") > 1, 60)
    assert wait_until(lambda: f"cards 1 {PLANTED}" in signed_in(served, "何老师").get("/cards").text, 60)
