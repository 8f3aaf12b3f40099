"""My day (widgets/lists/my_day.py): by urgency, a household together, one click to the form with the child filled in."""

import re
from datetime import date

import pandas as pd
import pytest

from guanai.widgets import MyDay, deferral_page, duty_page
from guanai.widgets.lists.my_day import urgency

ON = date(2026, 11, 18)  # a Wednesday


def line(child="c1", due="2026-11-18", status="due", **values):
    return {
        "duty": "谈心", "subject": f"童{child}", "subject_id": child, "who": "师一", "due": pd.Timestamp(due),
        "since": pd.Timestamp("2026-11-16"), "status": status, "why": "每周一次<b>", "class": "一班", "village": "大坪",
        "form": "talk", "kind": "child", "role": "", "deferral": "",
    } | values  # fmt: skip


@pytest.mark.parametrize(
    ("due", "status", "part"),
    [
        ("2026-11-17", "overdue", "overdue"),
        ("2026-11-17", "due", "today"),  # within its days of grace
        ("2026-11-18", "due", "today"),
        ("2026-11-18T23:59", "due", "today"),
        ("2026-11-19", "due", "week"),
        ("2026-11-22", "due", "week"),  # Sunday
        ("2026-11-23", "due", "later"),
        (None, "due", "later"),
        ("2026-11-18", "postponed", "postponed"),
    ],
)
def test_how_urgent_a_line_is(due, status, part):
    lines = pd.DataFrame([line(status=status)]).assign(due=pd.to_datetime(pd.Series([due])))
    assert urgency(lines, ON).tolist() == [part]


def test_counts_are_the_lengths_of_the_parts_and_households_are_together():
    lines = pd.DataFrame([
        line("a", "2026-11-10", "overdue"), line("b", "2026-11-11", "overdue"), line("c", "2026-11-12", "overdue", duty="通话"),
        line("a"), line("d", "2026-11-20"), line("e", "2026-12-20"),
    ])  # fmt: skip
    day = MyDay(
        lines,
        {"a": "a", "c": "a", "b": "b"},
        ON,
        link=duty_page,
        more=deferral_page,
        links={"later": "checklist?mine=1"},
    )
    assert day.counts == {"overdue": 3, "today": 1, "week": 1, "later": 1, "postponed": 0}
    assert day.lines["subject_id"].tolist() == ["a", "c", "b", "a", "d"]
    shown = day.body.value
    assert shown.count("<li ") == 5
    assert "同一户" in shown
    assert 'href="register?form=talk&amp;child=a"' in shown
    assert "deferral?duty=" in shown
    assert "每周一次&lt;b&gt;" in shown
    assert re.findall(r'guanai-badge">(\d+)<', shown) == ["3", "1", "1", "1"]
    assert '<a href="checklist?mine=1">' in shown


def test_a_day_without_anything_says_so():
    day = MyDay(pd.DataFrame([line()]).iloc[:0], {}, ON)
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
    assert deferral_page(line(**values)) == address
