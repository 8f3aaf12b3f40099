"""My day (widgets/lists/my_day.py): by urgency, a household together, one click to the form with the child filled in.

Requirement: what a teacher owes today, by urgency (7.2; W4; 002-3 L217).
"""

import re
from datetime import date

import pandas as pd
import pytest

from guanai.widgets import MyDay, deferral_page, duty_page
from guanai.widgets.lists.my_day import day_parts

ON = date(2026, 11, 18)  # a Wednesday


def row(child="c1", tier=5, due="2026-11-18", status="to_do", **values):
    return {
        "tier": tier, "cause": "", "duty": "谈心", "subject": f"童{child}", "subject_id": child, "who": "师一",
        "due": pd.Timestamp(due), "since": pd.Timestamp("2026-11-16"), "status": status, "why": "每周一次<b>", "class": "一班",
        "village": "大坪", "form": "talk", "kind": "child", "role": "", "deferral": "", "text": "谈心：第12周还没做",
        "members": [child], "raised": "", "record": "", "soon": tier < 7,
    } | values  # fmt: skip


@pytest.mark.parametrize(
    ("tier", "due", "status", "part", "values"),
    [
        (1, "2026-11-18T09:30", "standing", "first", {}),
        (3, "2026-11-20", "to_do", "first", {}),
        (3, "2026-12-24", "to_do", "later", {"soon": False}),
        (4, None, "standing", "alone", {}),
        (5, "2026-11-17", "to_do", "today", {}),  # within its days of grace
        (5, "2026-11-18", "to_do", "today", {}),
        (5, "2026-11-18T23:59", "to_do", "today", {}),
        (5, "2026-11-19", "to_do", "week", {}),
        (6, "2026-11-17", "standing", "standing", {}),
        (7, "2026-11-23", "to_do", "later", {}),
        (7, "2026-11-25", "to_do", "week", {"soon": True}),  # to be held by Sunday, written up by Wednesday
        (7, None, "to_do", "undated", {}),  # what has no day is not dropped
        (8, "2026-11-18", "postponed", "postponed", {}),
    ],
)
def test_to_which_part_of_the_day_a_row_belongs(tier, due, status, part, values):
    rows = pd.DataFrame([row(tier=tier, status=status, **values)]).assign(
        due=pd.to_datetime(pd.Series([due]))
    )
    assert day_parts(rows, ON).tolist() == [part]


def test_counts_are_the_lengths_of_the_parts_and_households_are_together():
    rows = pd.DataFrame([
        row("z", 1, "2026-11-17", "standing", text="告知监护人"),
        row("", 4, None, "standing", cause="helper", subject="", members=["a", "b"], text="2 名学生没有帮扶教师"),
        row("a"), row("d", due="2026-11-20"),
        row("a", 6, "2026-11-10", "standing"), row("b", 6, "2026-11-11", "standing"), row("c", 6, "2026-11-12", "standing"),
        row("e", 7, "2026-12-20"), row("f", 7, None, text="了结问题"),
    ])  # fmt: skip
    day = MyDay(
        rows,
        {"a": "a", "c": "a", "b": "b"},
        ON,
        link=duty_page,
        more=deferral_page,
        name_of=lambda form, key: f"名{key}",
        links={"later": "checklist?mine=1"},
    )
    assert day.counts == {
        "first": 1, "alone": 1, "today": 1, "week": 1, "standing": 3, "undated": 1, "later": 1, "postponed": 0,
    }  # fmt: skip
    assert day.lines["subject_id"].tolist() == ["z", "", "a", "d", "a", "c", "b", "f"]
    shown = day.body.value
    assert shown.count("<li ") == 8
    assert "同一户" in shown and "了结问题" in shown and "名b" in shown
    assert 'href="register?form=talk&amp;child=a"' in shown
    assert "deferral?duty=" in shown
    assert "每周一次&lt;b&gt;" in shown
    assert re.findall(r'guanai-badge">(\d+)<', shown) == ["1", "1", "1", "1", "3", "1", "1"]
    assert '<a href="checklist?mine=1">' in shown


def test_a_day_without_anything_says_so():
    day = MyDay(pd.DataFrame([row()]).iloc[:0], {}, ON)
    assert "没有到期的事" in day.body.value


@pytest.mark.parametrize(
    ("values", "address"),
    [
        ({}, "deferral?duty=%E8%B0%88%E5%BF%83&kind=child&subject=c1&since=2026-11-16&role="),
        ({"status": "done"}, ""),
        ({"due": pd.Timestamp("2026-11-18T09:30")}, ""),  # a step of an emergency
        ({"status": "excused", "deferral": "d 1"}, "deferral?id=d%201"),
        ({"due": pd.NaT}, "deferral?duty=%E8%B0%88%E5%BF%83&kind=child&subject=c1&since=2026-11-16&role="),
    ],
)
def test_the_page_on_which_a_line_is_postponed(values, address):
    assert deferral_page(row(**values)) == address
