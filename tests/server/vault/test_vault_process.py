"""The vault's process: whose a connection is it knows from the server alone, and it checks and writes down each request.

Issue 13, sections 3 and 4; requirements 3, rules 1 and 2 (counselling is confidential, danger leaves at once); 002-1 L93, L95.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import date

import pytest
from support.days import TODAY

from guanai.care.errors import AccessError, ConflictError, GuanaiError, StorageError
from guanai.server.vault.vault_process import VaultProcess
from guanai.storage.records.records import Identity
from guanai.storage.vault.client import VaultClient

pytestmark = pytest.mark.slow

PLANTED = "她说的话只有老师知道"


class Vault:
    """A school with a card of counselling, its vault's process, and who is signed in by session."""

    def __init__(self, school, output):
        mei, li, wang = (
            school.save("staff", {"name": name, "role": role, "active": "yes"})["id"]
            for name, role in (("何老师", "counsellor"), ("李老师", "homeroom"), ("王老师", "homeroom"))
        )
        for name, homeroom in (("三年级1班", li), ("三年级2班", wang)):
            school.save(
                "class", {"name": name, "grade": 3, "level": "primary", "homeroom": homeroom, "pupils": 40}
            )
        answers = {"sex": "female", "birth_date": "2016-05-04", "class": "三年级1班"}
        self.child = school.save("child", {"name": "林小雨", **answers})["id"]
        card = {"child": self.child, "date": "2026-11-18", "by": mei, "told": PLANTED, "risk": "no"}
        self.card = school.save("counselling", card, "token")
        self.school = school
        self.sessions = {
            "counsellor": Identity("何老师", mei, ("counsellor",)),
            "homeroom": Identity("李老师", li, ("homeroom",)),
            "other homeroom": Identity("王老师", wang, ("homeroom",)),
            "headmaster": Identity("赵校长", "", ("headmaster",)),
            "helper": Identity("孙老师", "s9", ("helper",)),
            "town": Identity("镇上", "", ("town",)),
            "nobody": Identity("没有角色", "", ()),
        }
        self.process = VaultProcess(school.folder.path, self.sessions.get, output)
        self.process.begin()
        self.process.wait()

    def client(self, who):
        return VaultClient(socket.socket(fileno=self.process.open(who, who, "192.0.2.7")))

    def cards(self, who):
        return self.client(who).table("counselling", str)

    def danger(self, **more):
        return {
            **self.card,
            "risk": "yes",
            "told_to": ["homeroom"],
            "told_at": "2026-11-20T09:00",
            "measures": "陪着",
            **more,
        }


@pytest.fixture
def vault(school, tmp_path):
    with open(tmp_path / "vault.out", "wb") as output:
        vault = Vault(school, output)
        yield vault
        vault.process.close()
    assert not (tmp_path / "vault.out").read_text()


def test_who_counsels_reads_and_changes_the_cards_and_nobody_else_sees_one(vault):
    table = vault.cards("counsellor")
    assert [row["told"] for row in table.rows()] == [PLANTED]
    assert table.version > 0
    changed = table.replace(vault.card["id"], {**vault.card, "told": "改了"}, 1)
    assert (changed["told"], changed["updated_by"]) == ("改了", "何老师")
    with pytest.raises(ConflictError) as conflict:
        table.replace(vault.card["id"], vault.card, 7)
    assert conflict.value.theirs["told"] == "改了"
    for who in vault.sessions.keys() - {"counsellor"}:
        other = vault.cards(who)
        assert (other.version, other.rows(), other.bin(), len(other)) == (0, [], [], 0), who
        assert (other.by_id(vault.card["id"]), other.history(vault.card["id"])) == (None, []), who


WRITES = {
    "add": lambda table, card: table.insert_once({**card, "id": "new"}, "t2"),
    "add many": lambda table, card: table.insert_multiple([{**card, "id": "new"}]),
    "change": lambda table, card: table.replace(card["id"], {**card, "told": "x"}, 1),
    "delete": lambda table, card: table.to_bin(card["id"]),
    "the same save again": lambda table, card: table.insert_once(card, "token"),
}


@pytest.mark.parametrize("who", ["homeroom", "headmaster", "helper", "town", "nobody"])
def test_nobody_else_writes_a_card_and_each_refusal_is_written_down(vault, who):
    table = vault.cards(who)
    for write in WRITES.values():
        with pytest.raises(AccessError):
            write(table, vault.card)
    for change in (table.update, table.remove, table.truncate):
        with pytest.raises(AccessError) as error:
            change({})
        assert error.value.key == "vault.owner_only"
    assert [row["told"] for row in vault.cards("counsellor").rows()] == [PLANTED]
    refused = vault.client("headmaster").trail.all(act="refused", person=vault.sessions[who].person)
    assert len(refused) >= len(WRITES)
    assert set(refused["source"]) == {f"192.0.2.7 {who[:8]}"}


@pytest.mark.parametrize("forged", [
    {"request": "record", "register": "counselling", "id": "*", "person": "何老师", "roles": ["counsellor"]},
    {"request": "rows", "register": "counselling", "known": -1},
    {"request": "_note", "act": "view"},
    {"request": "rows", "register": "child", "known": 0},
    {"request": "record", "register": "account", "id": "x"},
    {"order": "open", "person": "何老师", "roles": ["counsellor"]},
    {"request": ["rows"]},
    ["rows"],
    "rows",
    None,
])  # fmt: skip
def test_a_raw_request_of_a_helper_is_refused_and_the_vault_goes_on(vault, forged):
    with socket.socket(fileno=vault.process.open("k", "helper", "")) as raw:
        raw.settimeout(5)
        raw.sendall(json.dumps(forged).encode() + b"\n{not json\n")
        answers = b""
        while answers.count(b"\n") < 2:
            answers += raw.recv(1 << 16)
    assert PLANTED not in json.loads(answers.split(b"\n")[0] or b"{}").__repr__()
    first = json.loads(answers.split(b"\n")[0])
    assert "error" in first or first["answer"] == {"version": 0, "rows": []}
    assert len(vault.cards("counsellor").rows()) == 1


def test_what_a_person_writes_carries_their_name_and_this_moment_whatever_is_sent(vault):
    forged = {
        "created_by": "赵校长",
        "updated_by": "赵校长",
        "created_at": "2001-01-01T00:00:00.000Z",
        "revision": 9,
    }
    saved = vault.cards("counsellor").insert_once({**vault.card, "id": "new", **forged}, "t2")
    assert (saved["created_by"], saved["updated_by"], saved["revision"]) == ("何老师", "何老师", 1)
    assert saved["created_at"] > "2026"


def test_a_save_sent_twice_is_saved_once_and_another_persons_token_is_refused(vault):
    vault.sessions["second"] = Identity("周老师", "s7", ("counsellor",))
    first = vault.cards("counsellor").insert_once({**vault.card, "id": "new"}, "t2")
    assert vault.cards("counsellor").insert_once({**vault.card, "id": "again"}, "t2")["id"] == first["id"]
    with pytest.raises(AccessError) as error:
        vault.cards("second").insert_once({**vault.card, "id": "other"}, "t2")
    assert error.value.key == "vault.token"
    assert len(vault.cards("counsellor").rows()) == 2


def test_a_danger_reaches_at_once_who_leads_the_school_and_who_was_told_and_says_nothing_else(vault):
    client = vault.client("headmaster")
    assert client.flags() == []
    vault.cards("counsellor").replace(vault.card["id"], vault.danger(), 1)
    (flag,) = client.flags()
    assert vars(flag) == {"child": vault.child, "since": "2026-11-20T09:00", "told": ("homeroom",)}
    seen = {who for who in vault.sessions if vault.client(who).flags()}
    assert seen == {"counsellor", "headmaster", "homeroom"}
    later = {"id": "later", "date": "2026-11-20", "risk": "no"}
    vault.cards("counsellor").insert_once({**vault.card, **later}, "t3")
    assert client.flags() == []


def test_a_danger_of_which_the_class_teacher_was_not_told_does_not_reach_them(vault):
    vault.cards("counsellor").replace(vault.card["id"], vault.danger(told_to=["hospital"]), 1)
    assert {who for who in vault.sessions if vault.client(who).flags()} == {"counsellor", "headmaster"}


def test_numbers_are_of_whole_months_and_a_few_are_not_told(vault):
    headmaster, table = vault.client("headmaster"), vault.cards("counsellor")
    november = date(2026, 11, 3), date(2026, 11, 4)
    assert vars(headmaster.count("counselling", *november)) == {"records": None, "children": None}
    for number in range(5):
        table.insert_once({**vault.card, "id": f"n{number}", "child": f"c{number}"}, f"n{number}")
    assert vars(headmaster.count("counselling", *november)) == {"records": 6, "children": 6}
    assert headmaster.count("counselling", date(2026, 9, 1), date(2026, 9, 30)).records == 0
    with pytest.raises(GuanaiError) as error:
        headmaster.count("counselling", date(2026, 9, 2), date(2026, 9, 1))
    assert error.value.key == "vault.days"
    with pytest.raises(AccessError):
        vault.client("homeroom").count("counselling", *november)


def test_somebody_who_counts_their_own_class_only_gets_no_number(vault):
    from guanai.storage.school.workbooks import read_workbook, write_workbook

    book = vault.school.folder.workbook
    rows = [
        {"角色": "德育负责人", "登记册": "权限", "操作": "修改", "范围": "全校"},
        {"角色": "班主任", "登记册": "咨询记录卡", "操作": "统计", "范围": "本班"},
    ]
    write_workbook(book, {**read_workbook(book), "权限": rows})
    with pytest.raises(AccessError) as error:
        vault.client("homeroom").count("counselling", TODAY, TODAY)
    assert error.value.key == "vault.count"


def test_drafts_of_a_restricted_form_are_the_persons_own(vault):
    row = {
        "token": "d1",
        "person": "赵校长",
        "form": "counselling",
        "record_id": "",
        "version": "1",
        "at": "",
        "content": PLANTED,
    }
    vault.client("counsellor").drafts().put(row)
    assert [one["content"] for one in vault.client("counsellor").drafts().rows()] == [PLANTED]
    assert vault.client("headmaster").drafts().rows() == []
    vault.client("headmaster").drafts().drop("d1")
    assert len(vault.client("counsellor").drafts().rows()) == 1
    vault.client("counsellor").drafts().drop("d1")
    assert vault.client("counsellor").drafts().rows() == []
    with pytest.raises(GuanaiError) as error:
        vault.client("helper").drafts().put({**row, "form": "talk"})
    assert error.value.key == "vault.no_request"


def test_who_looked_is_written_down_and_told_to_who_may_know(vault):
    vault.client("helper").trail.append("view", "child", vault.child)
    vault.client("helper").trail.append("sign_in", detail="forged")
    vault.process.write_trail(
        {"person": "孙老师", "roles": ["helper"], "act": "sign_in", "source": "192.0.2.7"}
    )
    vault.cards("counsellor").rows()
    trail = vault.client("headmaster").trail
    time.sleep(0.2)
    assert trail.of_record("child", vault.child)[["person", "act", "form"]].values.tolist() == [
        ["孙老师", "view", "child"], ["测试老师", "write", "counselling"],
    ][:1]  # fmt: skip
    assert len(trail.all(act="sign_in")) == 1
    assert {"view"} <= set(trail.all(person="何老师")["act"])
    for who in ("helper", "counsellor", "town", "nobody"):
        with pytest.raises(AccessError):
            vault.client(who).trail.all()
        with pytest.raises(AccessError):
            vault.client(who).trail.of_record("child", vault.child)


def test_access_in_an_emergency_needs_a_reason_and_a_limit_and_is_told_to_who_watches_over_it(vault):
    client = vault.client("helper")
    for reason, minutes, key in (
        ("急", 30, "vault.emergency_reason"),
        ("孩子走失需要电话", 61, "vault.emergency_minutes"),
        ("孩子走失需要电话", 0, "vault.emergency_minutes"),
    ):
        with pytest.raises(GuanaiError) as error:
            client.begin_emergency_access(reason, minutes)
        assert error.value.key == key
    for who in ("town", "nobody"):
        with pytest.raises(AccessError) as error:
            vault.client(who).begin_emergency_access("孩子走失需要电话", 30)
        assert error.value.key == "vault.emergency_refused"
    access = client.begin_emergency_access("孩子走失需要电话", 30)
    assert vault.client("headmaster").emergency_accesses() == [access]
    assert client.emergency_accesses() == [access]
    assert vault.client("homeroom").emergency_accesses() == []
    assert vault.cards("helper").rows() == [], "what is restricted stays so"


def test_a_page_whose_person_has_other_roles_or_is_signed_out_has_no_vault_any_more(vault):
    table = vault.cards("counsellor")
    assert len(table.rows()) == 1
    vault.sessions["counsellor"] = Identity("何老师", vault.sessions["counsellor"].staff_id, ("homeroom",))
    vault.process.close_changed()
    time.sleep(0.2)
    assert table.rows() == []
    with pytest.raises(StorageError) as error:
        table.insert_once({**vault.card, "id": "new"}, "t2")
    assert error.value.key == "vault.away"
    del vault.sessions["counsellor"]
    assert vault.process.open("k", "counsellor", "") is None


def test_a_vault_that_was_killed_is_started_again_and_nothing_acknowledged_is_lost(vault):
    client = vault.client("counsellor")
    client.table("counselling", str).insert_once({**vault.card, "id": "new"}, "t2")
    before = client.table("counselling", str).version
    os.kill(vault.process.pid, signal.SIGKILL)
    end = time.monotonic() + 5
    while vault.process.pid is not None and time.monotonic() < end:
        time.sleep(0.01)
    assert (client.table("counselling", str).rows(), client.problem.key) == ([], "vault.away")
    assert vault.process.ensure()
    client.connect(socket.socket(fileno=vault.process.reopen("counsellor")))
    table = client.table("counselling", str)
    assert sorted(row["id"] for row in table.rows()) == sorted(["new", vault.card["id"]])
    assert table.version != before, "a number of before does not mean something else now"


def test_a_folder_without_its_key_is_served_and_says_what_is_missing(vault, monkeypatch, tmp_path):
    vault.process.close()
    monkeypatch.setenv("GUANAI_KEY", str(tmp_path / "lost.key"))
    process = VaultProcess(vault.school.folder.path, vault.sessions.get)
    process.begin()
    process.wait()
    assert process.problem.key == "vault.no_key"
    assert process.open("k", "counsellor", "") is None
    process.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can")
def test_no_other_process_of_its_user_reads_the_memory_of_the_vault():
    hidden = "import ctypes; from guanai.server.vault.serving import hide_memory; hide_memory()"
    asked = f"{hidden}; print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"  # PR_GET_DUMPABLE
    assert subprocess.run([sys.executable, "-c", asked], capture_output=True, check=True).stdout == b"0\n"
