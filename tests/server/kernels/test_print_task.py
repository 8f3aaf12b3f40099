"""Sheets for paper made for whoever asks: what is hidden is not on them, nor another child, nor what was said in counselling.

R4 (contact card), R35 (counselling is secret), requirements 3: roles, rules 1 and 4.
"""

import json
from dataclasses import asdict

import pytest
from support.days import TODAY

from guanai.server.kernels.print_task import KINDS
from guanai.storage.records.child_records import without_other_children
from guanai.storage.records.records import Identity

SECRET = "孩子说的话不外传"


@pytest.fixture
def told(filled):
    """The small sample school with an activity and a letter for several children, and a counselling card of one."""
    pair = next(one for one in filled.table("pairing").rows() if one.get("helper") and not one.get("end"))
    child = pair["child"]
    peers = {one.get("peer_name") for one in filled.table("pairing").rows() if one["child"] == child}
    names = filled.frame("child").set_index("id")["name"]
    others = [
        one for one in filled.children()["id"] if one != child and names[one] not in peers | {names[child]}
    ][:3]
    day, by = TODAY.isoformat(), pair["helper"]
    together = {"date": day, "by": by, "children": [child, *others]}
    filled.insert_many("activity", [together | {"theme": "一起包饺子"}])
    filled.insert_many("letter", [together | {"direction": "school_to_parent"}])
    card = {"child": child, "date": day, "by": by, "risk": "no", "told": SECRET}
    filled.insert_many("counselling", [card])
    filled.amend("child", child, {"id_number": "52272620140304123X"})
    filled.pair, filled.others = pair, [names[one] for one in others]
    return filled


def printed(school, what, record_id, *roles, staff_id="", form=""):
    """Return the text of a sheet that an account prints, None for no sheet."""
    view = school.as_identity(Identity("打印人", staff_id, roles))
    sheet = KINDS[what](view, form, record_id, "zh")
    return None if sheet is None else json.dumps(asdict(sheet), ensure_ascii=False)


@pytest.mark.parametrize("role", ["headmaster", "helper"])
def test_a_dossier_names_no_other_child_and_nothing_of_counselling(told, role):
    child = told.pair["child"]
    text = printed(told, "dossier", child, role, staff_id=told.pair["helper"] if role == "helper" else "")
    assert told.children().set_index("id").at[child, "name"] in text
    if role == "headmaster":
        assert "一起包饺子" in text
    assert not [name for name in told.others if name in text]
    assert not any(words in text for words in (SECRET, "咨询记录卡", "咨询（经常"))


def test_who_counsels_prints_nothing_of_it_in_a_dossier(told):
    text = printed(told, "dossier", told.pair["child"], "headmaster", "counsellor")
    assert text and SECRET not in text


def test_a_hidden_question_is_not_on_paper_not_even_its_name(told):
    child = told.pair["child"]
    whole = printed(told, "record", child, "headmaster", form="child")
    assert "52272620140304123X" in whole and "身份证号" in whole
    for what, form in (("record", "child"), ("dossier", ""), ("registration", "")):
        text = printed(told, what, child, "helper", staff_id=told.pair["helper"], form=form)
        assert "52272620140304123X" not in text
        assert what == "registration" or "身份证号" not in text


def test_the_contact_card_says_whom_to_call(told):
    child = told.frame("child").set_index("id").loc[told.pair["child"]]
    homeroom = told.frame("class").set_index("name").at[child["class"], "homeroom"]
    text = printed(told, "card", told.pair["child"], "helper", staff_id=told.pair["helper"])
    assert all(told.label("staff", one) in text for one in (homeroom, told.pair["helper"]))


@pytest.mark.parametrize("what", ["dossier", "card", "registration", "appointment"])
def test_of_a_child_outside_there_is_no_sheet(told, what):
    mine = {one["child"] for one in told.table("pairing").rows() if one.get("helper") == told.pair["helper"]}
    other = next(one for one in told.children()["id"] if one not in mine)
    assert printed(told, what, other, "helper", staff_id=told.pair["helper"]) is None


def test_of_rows_of_a_repeat_only_those_of_the_child_are_left(told):
    form = told.form("visit_plan")
    rows = [{"child": "c1", "visitor": "s1"}, {"child": "c2", "visitor": "s2"}, {"visitor": "s3"}]
    alone = without_other_children(form, {"id": "p", "visits": rows}, "c1")
    assert alone["visits"] == [rows[0], rows[2]]
    shared = without_other_children(
        told.form("activity"), {"id": "a", "children": ["c1", "c2"], "theme": "x"}, "c1"
    )
    assert (shared["children"], shared["theme"]) == (None, "x")
