"""What lists depend on (widgets/form/inputs.py): a choice, a day, a search, a button.

Requirement: due lists by class, day and person, days as people write them (7.2, 7.5, 7.10).
"""

from datetime import date
from types import SimpleNamespace

import pytest

from guanai.care.errors import StorageError
from guanai.widgets import Button, Choice, Day, Search, Stack

PEOPLE = [("安小苗（三1班）", "c1"), ("安小禾（三2班）", "c2"), ("白大雨（四1班）", "c3")]


def heard(widget):
    seen = []
    widget.observe(lambda change: seen.append(change["new"]), "value")
    return seen


@pytest.mark.parametrize(
    ("options", "value"),
    [
        (["甲", "乙"], "甲"),
        ([("甲", 1), ("乙", 2)], 1),
        ({1: "甲", 2: "乙"}, 1),
        ([SimpleNamespace(name="甲")], SimpleNamespace(name="甲")),
    ],
)
def test_choice_takes_pairs_mappings_texts_and_named_objects(options, value):
    choice = Choice("学期", options)
    assert choice.value == value
    assert choice.control.options[0] == "甲"


def test_choice_starts_with_its_value_and_reports_changes():
    choice = Choice("学期", ["春", "秋"], value="秋")
    seen = heard(choice)
    choice.control.index = 0
    choice.value = "秋"
    assert seen == ["春", "秋"]
    assert choice.control.index == 1


def test_choice_without_options_has_no_value():
    assert Choice("学期", []).value is None


def test_choice_with_all_starts_with_none():
    choice = Choice("班级", ["三1班"], all="全部")
    assert choice.value is None
    assert list(choice.control.options) == ["全部", "三1班"]


def test_choice_keeps_its_value_when_options_change():
    choice = Choice("班级", ["甲", "乙"], value="乙")
    choice.offer(["乙", "丙"])
    assert choice.value == "乙"
    choice.offer(["丙"])
    assert choice.value == "丙"


@pytest.mark.parametrize("typed", ["2025-3-5", "20250305", "2025年3月5日", "２０２５-3-5"])
def test_day_reads_dates_as_people_write_them(typed):
    day = Day("截至", date(2025, 1, 1))
    day.control.value = typed
    assert day.value == date(2025, 3, 5)
    assert day.picker.value == date(2025, 3, 5)


def test_day_shows_an_error_for_other_texts_and_keeps_its_value():
    day = Day("截至", date(2025, 1, 1))
    day.control.value = "2025-13"
    assert day.value == date(2025, 1, 1)
    assert "guanai-error" in day.control.description
    day.picker.value = date(2025, 2, 1)
    assert day.value == date(2025, 2, 1)
    assert "guanai-error" not in day.control.description


def test_search_without_options_is_text():
    search = Search("找学生")
    seen = heard(search)
    search.control.value = " axm "
    assert seen == ["axm"]


@pytest.mark.parametrize(
    ("typed", "value"), [("安小苗（三1班）", "c1"), ("bdy", "c3"), ("白", "c3"), ("小禾", "c2")]
)
def test_search_finds_an_option_by_a_part_of_its_name(typed, value):
    search = Search("找学生", PEOPLE)
    search.control.value = typed
    assert search.value == value


def test_search_shows_an_error_where_several_or_no_options_match():
    search = Search("找学生", PEOPLE)
    search.control.value = "安"
    assert search.value is None
    assert "安小禾" in search.control.description
    search.control.value = "<b>"
    assert "&lt;b&gt;" in search.control.description


def test_search_starts_with_a_value():
    search = Search("找学生", PEOPLE, value="c2")
    assert search.value == "c2"
    assert search.control.value == "安小禾（三2班）"


def test_button_shows_the_result_or_the_error():
    button = Button("备份", lambda: "<已备份>")
    button.click()
    assert "&lt;已备份&gt;" in button.notice.value

    def fail():
        raise StorageError("form.ready")

    failing = Button("备份", fail)
    failing.click()
    assert "guanai-bad" in failing.notice.value
    assert failing.button.disabled is False


def test_stack_shows_its_heading_escaped():
    stack = Stack(heading="<概况>")
    assert "&lt;概况&gt;" in "".join(getattr(child, "value", "") for child in stack.children)
