"""Boxes that pages are composed of (widgets/base/boxes.py).

Promise: children's data stays here. Stored text is escaped and nothing is fetched from another host.
"""

from datetime import date

import pytest

from guanai.widgets import Columns, Stack, Style, Table, Tabs, Text, url_day, url_param


@pytest.mark.parametrize(
    ("address", "value"), [("child=c1&x=2", "c1"), ("child=c%201", "c 1"), ("", None), ("child=", None)]
)
def test_url_param_reads_the_address(monkeypatch, address, value):
    monkeypatch.setenv("QUERY_STRING", address)
    assert url_param("child") == value


def test_url_param_without_an_address_is_the_default(monkeypatch):
    monkeypatch.delenv("QUERY_STRING", raising=False)
    assert url_param("form", "talk") == "talk"


def test_tabs_show_one_page_at_a_time():
    tabs = Tabs({"档案": Text("一"), "名单": Text("二")})
    assert [box.layout.display for box in tabs.boxes] == [None, "none"]
    tabs.choice.value = 1
    assert [box.layout.display for box in tabs.boxes] == ["none", None]


def test_columns_hold_what_they_are_given():
    left, right = Text("左"), Text("右")
    assert Columns(left, right).children[-2:] == (left, right)


def styles(widget):
    return [child for child in widget.children if isinstance(child, Style)]


def test_the_style_sheet_is_added_outside_a_served_page(monkeypatch):
    monkeypatch.delenv("SERVER_SOFTWARE", raising=False)
    first, second = Stack(), Stack()
    assert styles(first) == styles(second)  # one model for all
    assert len(styles(first)) == 1
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    assert styles(Stack()) == []


def test_stored_text_is_escaped():
    assert "<b>" not in Text("<b>", level=2).value


def test_the_style_sheet_loads_nothing_from_another_host():
    assert "://" not in Style().value
    assert "@import" not in Style().value


def test_a_table_in_a_stack_needs_no_input():
    import pandas as pd

    assert Stack(Table(pd.DataFrame({"n": [1]}))).children


@pytest.mark.parametrize(
    ("query", "day"), [("day=2026-09-01", "2026-09-01"), ("day=nonsense", "2026-11-20"), ("", "2026-11-20")]
)
def test_url_day_that_is_no_day_is_the_default(monkeypatch, query, day):
    monkeypatch.setenv("QUERY_STRING", query)
    assert url_day("day", date(2026, 11, 20)) == date.fromisoformat(day)
