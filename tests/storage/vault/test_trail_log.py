"""The trail: each entry vouches for all before it, and what is altered, moved, taken out or cut off is found.

Issue 13, section 4 (appended by the vault alone, chained, verified; a size limit).

Promise: a school can show who has seen a child's data.
"""

import pytest

from guanai.storage.vault.store import VaultStore
from guanai.storage.vault.trail import ACTS, trail_frame
from guanai.storage.vault.trail_log import TrailLog
from guanai.templates.wording import catalogue


def entry(number, person="李老师", **more):
    about = {"form": "child", "record": f"c{number}", "about": f"c{number}"}
    return {"person": person, "roles": ["helper"], "act": "view", "source": "", "detail": "", **about, **more}


@pytest.fixture
def store(tmp_path):
    store = VaultStore(tmp_path / "vault.db")
    store.log.append(entry(number) for number in range(1, 11))
    return store


def test_each_act_is_called_in_both_languages():
    assert {f"trail.act.{act}" for act in ACTS} <= set(catalogue())


def test_a_whole_chain_is_whole(store):
    verdict = store.log.verify()
    assert (verdict.entries, verdict.last, verdict.problem) == (10, 10, "")


TAMPERINGS = {
    "altered": ("UPDATE trail SET content = zeroblob(80) WHERE number = 4", "audit.altered", 4),
    "exchanged": (
        "UPDATE trail SET content = (SELECT content FROM trail WHERE number = 7),"
        " mark = (SELECT mark FROM trail WHERE number = 7) WHERE number = 4",
        "audit.altered", 4,
    ),
    "mark altered": ("UPDATE trail SET mark = zeroblob(32) WHERE number = 4", "audit.altered", 4),
    "taken out": ("DELETE FROM trail WHERE number = 4", "audit.missing", 4),
    "the first taken out": ("DELETE FROM trail WHERE number = 1", "audit.missing", 1),
    "cut off": ("DELETE FROM trail WHERE number > 8", "audit.cut_off", 10),
    "all of it": ("DELETE FROM trail", "audit.cut_off", 10),
}  # fmt: skip


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_tampering_is_found(store, tampering):
    sql, problem, number = TAMPERINGS[tampering]
    store.file.run(sql)
    verdict = store.log.verify()
    assert (verdict.problem, verdict.number) == (problem, number)


def test_a_chain_made_anew_with_another_key_is_found(store, tmp_path):
    """Who has the program but not the key cannot write entries that pass."""
    other = VaultStore(None)
    other.log.append(entry(number, act="search") for number in range(1, 11))
    for row in other.file.run("SELECT number, content, mark FROM trail"):
        store.file.run("UPDATE trail SET content = ?, mark = ? WHERE number = ?", row[1], row[2], row[0])
    assert store.log.verify().problem == "audit.altered"


def test_who_looked_at_a_dossier_includes_who_looked_at_records_about_the_child(store):
    store.log.append([entry(3, "王老师", form="home_visit", record="v1")])
    looked = trail_frame(store.log.of_record("child", "c3"))
    assert looked[["person", "form", "act"]].values.tolist() == [
        ["王老师", "home_visit", "view"], ["李老师", "child", "view"],
    ]  # fmt: skip
    assert len(store.log.of_record("home_visit", "v1")) == 1
    assert store.log.of_record("home_visit", "c3") == []


def test_entries_are_chosen_by_day_person_and_act(store):
    store.log.append([entry(1, "王老师", act="export", at="2026-11-20T03:00:00.000Z")])
    store.log.append([entry(1, "王老师", act="print", at="2026-11-23T03:00:00.000Z")])
    day = __import__("datetime").date
    assert len(store.log.all(person="王老师")) == 2
    assert [one["act"] for one in store.log.all(act="print")] == ["print"]
    assert [one["act"] for one in store.log.all(day(2026, 11, 21), day(2026, 11, 23), person="王老师")] == [
        "print"
    ]


def test_the_limit_holds_and_what_is_left_is_still_whole(store):
    log = TrailLog(store.file, most=50)
    for number in range(100):
        log.append([entry(number)])
    verdict = log.verify()
    assert verdict.entries <= 50
    assert (verdict.last, verdict.problem) == (110, "")
    store.file.run("DELETE FROM trail WHERE number = (SELECT min(number) FROM trail)")
    assert log.verify().problem == "audit.missing"


def test_nobody_pushes_out_what_was_written_by_looking_again_and_again(store):
    log = TrailLog(store.file, most_a_day=20)
    log.append(entry(number, "多看的人") for number in range(500))
    log.append([entry(1, "别人")])
    written = log.all(person="多看的人")
    assert (len(written), written[0]["detail"]) == (20, "limit")
    assert len(log.all(person="别人")) == 1
    assert log.verify().problem == ""
