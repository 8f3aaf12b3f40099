"""Conditions put together from choices: a grid with choices and checks, not free text.

Requirement: for whom a rule holds is a setting of the school (requirements 2A, 7.1, 7.4).
"""

import pytest
from support.widget_trees import is_hidden

from guanai.care.policy.conditions import parse_condition
from guanai.storage.school.condition_fields import condition_fields, count_meeting
from guanai.widgets.settings.condition_builder import ConditionCell, ConditionScope, condition_text

pytestmark = pytest.mark.slow


@pytest.fixture
def cell(school):
    """Make a cell on a register of the school, that counts how often its row is told."""

    def made(value, *registers, by=False):
        changes = []
        scope = ConditionScope(
            registers,
            condition_fields(school, registers, by=by),
            lambda clauses: count_meeting(school, school.duties, registers, clauses),
        )
        made_cell = ConditionCell("条件", lambda: changes.append(1), value, "", lambda: scope)
        made_cell.changes = changes
        return made_cell

    return made


@pytest.mark.parametrize(
    ("text", "registers", "lines", "words"),
    [
        ("", ("child",), 0, ""),
        ("是否寄宿 = 是", ("child",), 1, "是“是”"),
        ("boarding = yes；年级 >= 7", ("child",), 2, "，并且年级至少 7"),
        ("特殊群体 = 残疾, 单亲离异", ("child",), 1, "“残疾或单亲离异"),
        ("方式 = 面对面；记录人 = 帮扶教师", ("home_visit",), 2, "面对面”，并且"),
        ("方式 != 电话", ("home_visit",), 1, "不是“"),
        ("归还日期 = 空", ("loan",), 1, "归还日期没有填"),
        ("titles != 空", ("loan",), 1, "书名填了"),
        ("册数 <= 2", ("loan",), 1, "册数至多 2"),
        ("表现 = 情绪不好, 身体不佳", ("observation",), 1, "表现是“情绪不好或身体不佳”"),
    ],
)
def test_a_condition_of_the_presets_is_rows_of_choices_and_stays_as_it_was_written(
    cell, text, registers, lines, words
):
    built = cell(text, *registers, by=True)
    assert (len(built.lines), built.value, not is_hidden(built.text)) == (lines, text, False)
    assert words in built.meaning.value
    written = "；".join(line.written() for line in built.lines)
    again, first = (
        [clause._replace(values=set(clause.values)) for clause in parse_condition(some, registers)]
        for some in (written, text)
    )
    assert again == first


@pytest.mark.parametrize(
    "text", ["看不懂", "没有的字段 = 甲", "是否寄宿 = 空, 是", "方式 = 走进家庭 且"], ids=["odd", "unknown", "two kinds", "half"]
)  # fmt: skip
def test_what_cannot_be_put_together_is_edited_as_text(cell, text):
    built = cell(text, "child")
    assert not is_hidden(built.text) and is_hidden(built.add) and built.text.value == text
    built.text.value = "年级 >= 4"
    assert built.value == "年级 >= 4" and built.changes
    assert "年级至少 4" in built.meaning.value


def test_a_condition_is_chosen_row_by_row_and_says_for_how_many_it_holds(cell, school):
    for name, boarding in (("童一", "yes"), ("童二", "no")):
        school.insert_many("child", [{
            "id": name, "name": name, "status": "enrolled", "boarding": boarding, "birth_date": "2016-05-01",
            "registered_on": "2025-09-01", "father_status": "away", "mother_status": "away", "eligible": "yes",
        }])  # fmt: skip
    built = cell("", "child")
    built.add.click()
    line = built.lines[0]
    line.field.value = "boarding"
    assert built.value == ""  # half a row says nothing yet
    line.value.value = "yes"
    assert built.value == "是否寄宿 = 是"
    assert "现在 2 条里有 1 条符合" in built.meaning.value
    line.relation.value = "is_not"
    assert built.value == "是否寄宿 != 是"
    built.add.click()
    built.lines[1].field.value, built.lines[1].relation.value = "grade", "at_least"
    built.lines[1].value.value = "4"
    assert built.value == "是否寄宿 != 是；年级 >= 4"
    built.drop(built.lines[0])
    assert built.value == "年级 >= 4"


def test_several_values_are_ticks(cell):
    built = cell("表现 = 情绪不好", "observation")
    built.lines[0].relation.value = "one_of"
    built.lines[0].value["health"].value = True
    assert built.value == "表现 = 情绪不好, 身体不佳"


def test_what_a_person_writes_by_hand_can_be_chosen_again(cell):
    built = cell("册数 >= 2", "loan")
    built.by_hand.click()
    assert not is_hidden(built.text)
    built.text.value = "册数 >= 1；归还日期 = 空"
    built.by_choice.click()
    assert (len(built.lines), built.value, not is_hidden(built.text)) == (
        2,
        "册数 >= 1；归还日期 = 空",
        False,
    )


def test_the_fields_are_those_that_all_the_registers_have(school):
    names = [field.name for field in condition_fields(school, ("call", "home_visit"), by=True)]
    assert names[0] == "by" and "mode" not in names
    assert condition_fields(school, ("change",)) == []


def test_a_condition_in_english_words(monkeypatch):
    monkeypatch.setenv("GUANAI_LANGUAGE", "en")
    text = condition_text(parse_condition("grade >= 7；boarding = yes"), ())
    assert text == "grade is at least 7, and boarding is “yes”"


def test_face_to_face_is_counted_by_what_the_school_says(school):
    school.insert_many(
        "home_visit",
        [{"id": mode, "mode": mode, "date": "2026-11-02"} for mode in ("door", "school", "phone")],
    )
    assert count_meeting(
        school, school.duties, ("home_visit",), parse_condition("方式 = 面对面", ("home_visit",))
    ) == (2, 3)


def test_a_condition_of_one_of_two_registers_stays_as_it_was_written_and_says_how_many_it_holds_for(
    cell, school
):
    """001-1 L39: a letter of the child, or a call with the parents."""
    school.insert_many(
        "letter",
        [
            {"id": way, "direction": way, "date": "2026-11-02"}
            for way in ("child_to_parent", "school_to_parent")
        ],
    )
    school.insert_many("family_call", [{"id": "f1", "date": "2026-11-02"}])
    text = "书信：方向 = 孩子给家长"
    built = cell(text, "letter", "family_call")
    assert (built.value, built.lines, is_hidden(built.text)) == (text, [], False)
    assert "书信（方向：孩子给家长）" in built.meaning.value
    clauses = parse_condition(text, ("letter", "family_call"))
    assert count_meeting(school, school.duties, ("letter", "family_call"), clauses) == (2, 3)
