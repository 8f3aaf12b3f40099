"""Ten thousand children in a list: a page of it is shown at a time, found and filtered, by few widgets.

Requirement: simple on a slow, shared PC, also with a whole town's children (7.12).
"""

import pandas as pd
import pytest
from ipywidgets.widgets import widget

from guanai.widgets import Checklist, Choice, Search, Table, find

MANY = 10_000
CHILDREN = pd.DataFrame(
    {
        "id": [f"id-{number:05}" for number in range(MANY)],
        "revision": 1,
        "name": [f"学生{number:05}" for number in range(MANY)],
        "class": [f"{number % 9 + 1}年级{number % 7 + 1}班" for number in range(MANY)],
    }
)
DUE = pd.DataFrame(
    {
        "status": ["standing", "to_do"] * (MANY // 2),
        "subject": CHILDREN["name"],
        "subject_id": CHILDREN["id"],
        "class": CHILDREN["class"],
        "who": [f"老师{number % 300}" for number in range(MANY)],
        "duty": "每学期家访",
        "form": "home_visit",
        "due": pd.Timestamp(2026, 11, 30),
        "since": pd.Timestamp(2026, 11, 1),
        "why": "",
    }
)


@pytest.fixture
def made():
    """Return a function that says how many widgets there are more than at the beginning."""
    before = len(widget._instances)
    return lambda: len(widget._instances) - before


def test_a_table_of_ten_thousand_rows(made):
    text, group = Search("查找"), Choice("班级", sorted(set(CHILDREN["class"])), all="全部")

    def rows_of(typed, chosen):
        children = CHILDREN if chosen is None else CHILDREN[CHILDREN["class"] == chosen]
        return find(children, typed, "name", "class")

    table = Table(rows_of, text, group, columns=["name", "class"], link="child?id={id}")
    assert made() < 30
    assert table.count == MANY
    assert table.body.value.count("<tr>") <= 51  # a page and its head
    assert "10000" in table.pager.position.value
    table.next.click()
    assert "学生00050" in table.body.value
    text.value = "学生09"
    assert table.count == 1_000
    group.value = "1年级1班"
    assert 0 < table.count < 1_000
    assert made() < 30


def test_a_checklist_of_ten_thousand_lines(made):
    checklist = Checklist(DUE, link="{form}?child={subject_id}")
    assert made() < 40
    assert checklist.body.value.count("<li") <= 100
    assert checklist.counts["standing"] == MANY // 2
    checklist.status.value = "standing"
    assert len(checklist.shown) == MANY // 2
    assert checklist.body.value.count("<li") <= 100
    assert made() < 40
