"""The matrix (widgets/lists/duty_matrix.py): a sign, a number and a colour in each cell, words for a screen reader, one table.

Requirement: who lacks what of this term, also to people who see no colours (7.2, 7.16; 004 L2).
"""

import re
from datetime import date
from html.parser import HTMLParser

import pandas as pd
import pytest
from support.widget_trees import count_widgets

from guanai.widgets import Matrix
from guanai.widgets.lists.duty_matrix import STATES, state_of


def row(child, duty, **counts):
    counts = dict.fromkeys(STATES, 0) | counts
    return {
        "duty": duty, "kind": "child", "subject_id": child, "subject": f"<童{child}>", "class": "一班", "village": "大坪",
        "who": "师一", "periods": sum(counts.values()), **counts,
    }  # fmt: skip


class Rows(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def count(self, tag, **wanted):
        return sum(name == tag and wanted.items() <= attrs.items() for name, attrs in self.tags)


TABLE = pd.DataFrame([
    row("a", "谈心", missed=2, done=1), row("a", "家访", done=3), row("b", "谈心", to_do=1), row("b", "家访", standing=1),
    row("d", "谈心", late=2, done=4), row("c", "家访", postponed=1),
    row("c", "谈心", excused=2),
])  # fmt: skip


@pytest.mark.parametrize(
    ("counts", "state"),
    [({"standing": 1, "missed": 9}, "standing"), ({"missed": 1, "to_do": 1, "late": 1, "done": 5}, "missed"),
     ({"to_do": 1, "late": 1}, "to_do"), ({"late": 1, "done": 1, "postponed": 1}, "late"), ({"postponed": 1, "excused": 1}, "postponed"),
     ({"excused": 1, "done": 1}, "excused"), ({"done": 1}, "done"), ({}, "done")],
)  # fmt: skip
def test_a_cell_shows_the_worst_of_its_lines(counts, state):
    assert state_of(row("a", "谈心", **counts)) == state


def test_the_table_can_be_read_without_colours_and_by_a_screen_reader():
    shown = Matrix(TABLE).body.value
    tags = Rows(shown)
    assert tags.count("table") == tags.count("caption") == 1
    assert tags.count("th", scope="row") == 4
    assert tags.count("th", scope="col") == 3
    assert tags.count("td") == 8
    assert "<童" not in shown
    for sign, words in (
        ("!", "补办 1"),
        ("✗2", "错过 2"),
        ("○", "待办 1"),
        ("迟2", "迟办 2"),
        ("推", "已推迟 1"),
        ("免2", "免办 2"),
        ("✓3", "已办 3"),
    ):
        assert f'<b aria-hidden="true">{sign}</b>' in shown
        assert f'guanai-unseen">{words}<' in shown
    assert "checklist?subject_id=a&amp;kind=child&amp;duty=%E8%B0%88%E5%BF%83&amp;done=1" in shown


def test_a_duty_that_only_counts_shows_how_many_there_are():
    counting = row("a", "经常谈心", done=1) | {"need": 0, "have": 0, "share": pd.NA}
    some = row("b", "经常谈心", done=1) | {"need": 0, "have": 3, "share": pd.NA}
    shown = Matrix(pd.DataFrame([counting, some])).body.value
    table = shown.partition("<tbody>")[2]
    assert "✓" not in table
    assert "计0</b>" in table and "计3</b>" in table and 'guanai-unseen">只计数 3<' in table


def test_the_cells_of_a_past_term_link_to_its_last_day():
    assert "day=2026-07-04" in Matrix(TABLE, day=date(2026, 7, 4)).body.value


def test_the_legend_counts_what_is_chosen():
    matrix = Matrix(TABLE.assign(**{"class": ["一班", "一班", "二班", "二班", "二班", "二班", "二班"]}))
    none = dict.fromkeys(STATES, 0)
    all_of_them = {"standing": 1, "missed": 2, "to_do": 1, "late": 2, "postponed": 1, "excused": 2, "done": 8}
    assert matrix.counts == all_of_them
    matrix.filters["class"].value = "二班"
    assert matrix.counts == none | {
        "standing": 1,
        "to_do": 1,
        "late": 2,
        "postponed": 1,
        "excused": 2,
        "done": 4,
    }
    assert "错过 0" in matrix.body.value


def test_an_empty_school_says_so():
    assert "没有要办的事" in Matrix(TABLE.iloc[:0], empty="没有要办的事").body.value


def test_many_children_are_one_table_and_a_few_widgets():
    many = pd.DataFrame([row(f"c{n}", f"职{k}", done=1) for n in range(277) for k in range(20)])
    matrix = Matrix(many)
    assert matrix.body.value.count("<td") == 100 * 20
    assert matrix.counts["done"] == 277 * 20
    assert matrix.paper().count("<td") == 277 * 20
    assert len(re.findall("<table", matrix.body.value)) == 1
    assert count_widgets(matrix) < 60
