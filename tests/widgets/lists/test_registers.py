"""Registers by topic, and one of them as a list narrowed down (widgets/lists/registers.py, record_views.py).

Requirement: each record of the field has its register (R1 to R63; 7.6).
"""

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pandas as pd
import pytest
from support.widget_trees import count_widgets

from guanai.storage.forms.xlsform.definitions import Retired
from guanai.storage.forms.xlsform.loading import form_of
from guanai.storage.reports.record_printout import record_sections
from guanai.storage.school.policy_in_use import periods_of
from guanai.widgets import RecordView, RegisterIndex, RegisterTable
from guanai.widgets.base.page_urls import (
    edit_page,
    print_links,
    record_links,
    register_links,
    view_pages,
)
from guanai.widgets.lists.registers import newest_first

FORM = form_of(
    """
| survey | type | name | label | appearance |
| | text | child | 学生 | |
| | date | date | 日期 | |
| | select_one mode | mode | 方式 | |
| | select_multiple topic | topics | 内容 | |
| | text | told | 谈了什么 | multiline |

| choices | list_name | name | label |
| | mode | door | 上门 |
| | mode | phone | 电话 |
| | topic | study | 学习 |
| | topic | life | 生活 |

| settings | form_title |
| | 谈心 <记录> |
""",
    "talks",
)


def rows(count=3):
    names = ["安小苗", "白小川", "常小朵"]
    return pd.DataFrame(
        {
            "id": [f"r{n}" for n in range(count)],
            "child": [f"c{n % 3}" for n in range(count)],
            "child_name": [names[n % 3] for n in range(count)],
            "class": [f"{'三二一'[n % 3]}年级1班" for n in range(count)],
            "date": pd.to_datetime([f"2026-1{n % 2}-{n % 28 + 1:02d}" for n in range(count)]),
            "mode": ["door" if n % 2 else "phone" for n in range(count)],
            "topics": [["study", "life"] if n % 2 else ["life"] for n in range(count)],
            "told": [f"第{n}次" for n in range(count)],
            "revision": [1] * count,
            "created_at": ["2026-11-01T00:00:00+00:00"] * count,
        }
    )


def listed(count=60, **options):
    return RegisterTable(FORM, lambda: rows(count), **options)


def test_newest_first_and_paged():
    view = listed()
    assert view.count == 60
    assert view.table.frame["date"].is_monotonic_decreasing
    assert view.table.body.value.count("<tr>") == 31
    assert "共 60 条" in view.summary.value


def test_the_whole_list_is_shown_at_once_to_be_printed():
    view = listed(100)
    assert view.whole.layout.display != "none"
    view.whole.click()
    assert view.table.body.value.count("<tr>") == 101
    assert view.whole.layout.display == "none"
    assert listed(20).whole.layout.display == "none"


def test_thousands_of_rows_need_no_more_widgets():
    assert count_widgets(listed(3000)) == count_widgets(listed(60))


def test_the_day_links_to_the_record_and_the_name_to_the_child():
    body = listed(3).table.body.value
    assert 'href="register?form=talks&amp;id=r1"' in body
    assert 'href="child?id=c1"' in body


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ({}, 60),
        ({"class": "三年级1班"}, 20),
        ({"about": "c1"}, 20),
        ({"mode": "door"}, 30),
        ({"topics": "study"}, 30),
        ({"topics": "life"}, 60),
        ({"period": "十月"}, 30),
        ({"find": "baixc"}, 20),
        ({"find": "第7次"}, 1),
        ({"class": "三年级1班", "mode": "phone", "period": "十月"}, 10),
        ({"mode": "pigeon"}, 60),  # nothing has it: it is not offered
    ],
)
def test_the_address_sets_the_filters(given, count):
    view = listed(given=given, periods={"十月": (date(2026, 10, 1), date(2026, 10, 31))})
    assert view.count == count


def test_a_person_sets_filters_and_clears_them():
    view = listed()
    view.field.value = "mode"
    assert [text for text, _ in view.value._pairs[1:]] == ["电话（30）", "上门（30）"]
    view.value.value = "door"
    assert view.count == 30
    view.group.value = "二年级1班"
    assert view.count == 10
    assert "找到 10 条" in view.summary.value
    view.field.value = "topics"  # another question: the answer to the first counts no longer
    assert view.count == 20
    assert view.clear.layout.display != "none"
    view.clear.click()
    assert view.count == 60
    assert view.clear.layout.display == "none"


def test_a_register_without_days_is_sorted_by_name():
    frame = pd.DataFrame({"name": ["十年级", "二年级", "一年级"], "created_at": ["1", "2", "3"]})
    assert list(newest_first(frame)["name"]) == ["一年级", "二年级", "十年级"]


def test_an_empty_register_says_what_to_do():
    view = RegisterTable(FORM, lambda: rows(0))
    assert "点“新增”登记第一条" in view.table.body.value


def test_registers_by_topic():
    made = SimpleNamespace
    forms = {
        "own": made(group="", title=lambda _: "我们的<表>", group_title=lambda _: ""),
        "talk": made(group="contact", title=lambda _: "谈心", group_title=lambda _: "联系"),
        "class": made(group="people", title=lambda _: "班级", group_title=lambda _: "人与档案"),
    }
    index = RegisterIndex(forms, {"talk": 12})
    body = index.body.value
    assert body.index("人与档案") < body.index("联系") < body.index("其他登记册")
    assert "我们的&lt;表&gt;" in body
    assert '<span class="guanai-badge">12</span>' in body
    assert 'href="register?form=talk"' in body
    assert 'href="register?form=talk&amp;new=1"' in body


@pytest.mark.parametrize(
    ("form", "record", "address"),
    [
        ("talk", "", "register?form=talk&new=1"),
        ("talk", "r 1", "register?form=talk&id=r%201&edit=1"),
        ("child", "", "child?new=1"),
        ("child", "c1", "child?id=c1&edit=1"),
        ("home_visit", "", "home_visit"),
        ("home_visit", "v1", "home_visit?id=v1"),
    ],
)
def test_each_record_has_a_page_where_it_is_changed(form, record, address):
    assert edit_page(form, record) == address


def test_links_of_lists_and_records():
    assert view_pages(["talk", "child"]) == {"talk": "register?form=talk&id={id}", "child": "child?id={id}"}
    assert list(register_links("家访 a").values())[1] == "print?what=record&form=%E5%AE%B6%E8%AE%BF%20a"
    assert list(record_links("talk", {"id": "r1", "child": "c&1"}).values()) == [
        "register?form=talk&id=r1&edit=1",
        "print?what=record&form=talk&id=r1",
        "child?id=c%261",
    ]


def test_records_with_a_printed_form_of_their_own():
    """R15 and the official form: the record goes onto that paper."""
    assert (
        record_links("appointment", {"id": "a1"})["打印"] == "print?what=appointment&form=appointment&id=a1"
    )
    assert register_links("registration")["打印空白表"] == "print?what=registration&form=registration"
    assert print_links("c1")["基本情况登记表"] == "print?what=registration&id=c1"


RECORD = {
    "id": "r1", "child": "<安>小苗", "date": "2026-11-05", "mode": "door", "told": "进步", "gone": "旧答案",
    "created_at": "2026-11-05T04:00:00+00:00", "created_by": "严老师",
    "updated_at": "2026-11-06T04:00:00+00:00", "updated_by": "柏<老>师",
}  # fmt: skip
HISTORY = [
    SimpleNamespace(at="2026-11-05T04:00:00+00:00", by="严老师", kind="insert", before=None, after={"mode": "phone"}),
    SimpleNamespace(
        at="2026-11-06T04:00:00+00:00", by="柏<老>师", kind="update", before={"mode": "phone"}, after={"mode": "door"}
    ),
]  # fmt: skip


def test_a_record_with_who_changed_what():
    view = RecordView(FORM, RECORD, label="2026-11-05 <安>", history=HISTORY)
    assert "谈心 &lt;记录&gt;" in view.head.value
    assert "柏&lt;老&gt;师最后修改" in view.head.value
    assert "&lt;安&gt;小苗" in view.answers.value
    assert "上门" in view.answers.value
    assert "内容" not in view.answers.value  # not answered
    assert "电话 → 上门" in view.history.value
    assert view.history.value.index("2026-11-06") < view.history.value.index("2026-11-05")


def test_answers_to_removed_questions_are_shown():
    assert "旧答案" in RecordView(FORM, RECORD, label="x").answers.value
    once = Retired({"zh": "以前问的"}, "select_one", {"旧答案": "当时的选项"})
    named = RecordView(replace(FORM, retired={"gone": once}), RECORD, label="x").answers.value
    assert "以前问的" in named
    assert "当时的选项" in named
    left = {"mode": Retired({}, "select_one", {"pigeon": "飞鸽"})}
    sections = record_sections(replace(FORM, retired=left), {**RECORD, "mode": "pigeon"})
    assert any(field.answer == "飞鸽" for section in sections for field in section.fields)
    assert record_sections(FORM, RECORD)[-1].title == "本表已删除的问题"


def test_a_deleted_record_can_only_be_restored():
    done = []
    view = RecordView(
        FORM,
        RECORD,
        label="x",
        deleted=True,
        on_delete=lambda: done.append(1),
        on_restore=lambda: done.append(2),
    )
    assert view.deletion.undo.layout.display != "none"
    assert view.deletion.ask.layout.display == "none"
    view.deletion.undo.click()
    assert done == [2]


def test_the_periods_of_a_school_are_offered(school):
    periods = periods_of(school.policy.calendar.terms, date(2026, 11, 20))
    assert periods["本周"] == (date(2026, 11, 16), date(2026, 11, 22))
    assert periods["本月"] == (date(2026, 11, 1), date(2026, 11, 30))
    assert periods["最近 30 天"] == (date(2026, 10, 22), date(2026, 11, 20))
    assert school.term() in periods
    assert school.periods() == periods
