"""The settings page: a row at a time, choices and checks beside the cell, suggestions, who may.

Requirement: every rule is a setting, with its source, that a coordinator changes (requirements 2A, 7.4, 7.11).
"""

from html import escape

import pytest
from support.signed_in import signed_in
from support.widget_trees import is_hidden

from guanai.care.policy.workbook_rows import ROW
from guanai.storage.school.workbooks import presets
from guanai.widgets import Settings
from guanai.widgets.settings.cell_fields import ChecksCell, ChoiceCell, TextCell, vocabulary

pytestmark = pytest.mark.slow


@pytest.fixture
def school(school):
    """The school as its coordinator sees it."""
    person = school.save("staff", {"name": "测试老师", "role": "coordinator", "active": "yes"})
    return school.as_user("测试老师", person["id"])


@pytest.fixture
def view(school):
    return Settings(school.settings, presets())


def opened(view, name):
    """Open the form of a row by its name, on whichever page of the list it stands."""
    view.pager.start = 0
    view._draw()
    while True:
        for line in view.lines:
            if not is_hidden(line) and line.row.get("name", line.row.get("item")) == name:
                line.edit.click()
                return view
        assert not view.next.disabled if hasattr(view, "next") else not view.pager.next.disabled
        view.pager.next.click()


def duty(school, name):
    return next(duty for duty in school.policy.duties if duty.name == name)


def test_every_row_is_listed_with_its_source(view, school):
    texts = []
    while True:
        texts += [line.text.value for line in view.lines if not is_hidden(line)]
        if view.pager.next.disabled:
            break
        view.pager.next.click()
    names = [rule.name for rule in school.policy.duties]
    assert len(texts) == len(names)
    for name, text in zip(names, texts, strict=True):
        assert escape(name) in text
    assert sum("002-1 L45" in text for text in texts) >= 1
    assert all("本学期 " in text and " 条" in text for text in texts)  # how many lines each makes


def test_a_cell_with_a_vocabulary_is_chosen_and_a_change_is_written(view, school):
    opened(view, "每名教职工帮扶人数")
    assert is_hidden(view._browse)
    assert isinstance(view.cells["kind"], ChoiceCell)
    assert isinstance(view.cells["who"], ChecksCell)
    view.cells["at_least"].view.value = "4"
    view.cells["who"].boxes["coordinator"].value = True
    view.save.click()
    assert "已保存：每名教职工帮扶人数" in view.notice.value
    assert is_hidden(view.form)
    changed = duty(school, "每名教职工帮扶人数")
    assert (changed.at_least, changed.who) == (4, ("coordinator",))


def test_what_is_wrong_stands_beside_its_cell_and_nothing_is_written(view, school):
    before = school.folder.workbook.read_bytes()
    opened(view, "每名教职工帮扶人数")
    view.cells["at_least"].view.value = "六名"
    assert "guanai-error" in view.cells["at_least"].view.description
    assert "整数" in view.cells["at_least"].view.description
    assert "guanai-error" not in view.cells["name"].view.description
    view.save.click()
    assert not is_hidden(view.form)
    assert "第" in view.notice.value
    assert school.folder.workbook.read_bytes() == before
    view.cells["at_least"].view.value = "6"
    assert "guanai-error" not in view.cells["at_least"].view.description


def test_only_the_cells_that_a_kind_uses_are_shown(view):
    opened(view, "每名教职工帮扶人数")
    assert is_hidden(view.cells["trigger"].view)
    assert not is_hidden(view.cells["at_most"].view)
    view.cells["kind"].view.value = "事件"
    assert not is_hidden(view.cells["trigger"].view)
    assert "guanai-error" in view.cells["record"].head.value


def test_leaving_a_row_changes_nothing(view, school):
    before = school.folder.workbook.read_bytes()
    opened(view, "每名教职工帮扶人数")
    view.save.click()
    opened(view, "每名教职工帮扶人数")
    view.cells["at_least"].view.value = "9"
    view.cancel.click()
    assert school.folder.workbook.read_bytes() == before
    assert not is_hidden(view._browse)


def test_unticking_puts_a_rule_out_of_force_at_once(view, school):
    line = view.lines[0]
    name = line.row["name"]
    assert line.tick.value == duty(school, name).in_force
    line.tick.value = not line.tick.value
    assert duty(school, name).in_force == line.tick.value
    assert name in view.notice.value


def test_a_new_row(view, school):
    view.sheet.value = "calendar"
    view.add.click()
    for head, text in {"name": "秋游", "start": "2026-10-16", "end": "2026-10-16"}.items():
        view.cells[head].view.value = text
    view.cells["kind"].view.value = "假期"
    view.save.click()
    assert "秋游" in [holiday.name for holiday in school.policy.calendar.holidays], view.notice.value


def test_a_row_is_removed(view, school):
    opened(view, "每名教职工帮扶人数")
    view.remove.click()
    assert "每名教职工帮扶人数" not in [rule.name for rule in school.policy.duties]


def test_the_items_of_the_school_have_their_own_vocabulary(view, school):
    view.sheet.value = "school"
    opened(view, "留守标准")
    assert isinstance(view.cells["value"], ChoiceCell)
    view.cells["value"].view.value = "父母一方或双方外出"
    view.save.click()
    assert school.policy.definition == "one"
    opened(view, "面对面方式")
    assert isinstance(view.cells["value"], ChecksCell)


def test_suggestions_that_are_ticked_are_added(view, school):
    view.sheet.value = "suggested"
    view.preset.value = "000-7"
    line = next(line for line in view.lines if line.row.get("name") == "每班推荐人数")
    assert "000-7 L122" in line.text.value
    assert is_hidden(line.edit)
    line.tick.value = True
    assert "每班推荐人数" not in [rule.name for rule in school.policy.duties], "only the button takes it in"
    view.adopt.click()
    assert duty(school, "每班推荐人数").at_most == 5
    assert "已加进 1 条" in view.notice.value


def test_who_may_not_change_sees_everything_and_no_button(school):
    view = Settings(signed_in(school, "某老师", "homeroom").settings, presets())
    assert "德育负责人" in view.state.value
    assert all(is_hidden(line.edit) and line.tick.disabled for line in view.lines)
    assert is_hidden(view.add)


def test_a_broken_workbook_says_where_and_the_row_is_marked(school):
    from openpyxl import load_workbook

    book = load_workbook(school.folder.workbook)
    heads = [cell.value for cell in book["职责"][1]]
    cell = book["职责"].cell(3, heads.index("种类") + 1)
    kind, cell.value = cell.value, "<b>没有</b>"
    book.save(school.folder.workbook)
    view = Settings(school.settings, presets())
    assert "上一个正确的" in view.state.value
    assert "<b>没有" not in view.state.value
    marked = [line for line in view.lines if "guanai-error" in line.text.value]
    assert [line.row[ROW] for line in marked] == [3]
    marked[0].edit.click()
    assert "guanai-error" in view.cells["kind"].view.description
    view.cells["kind"].view.value = kind
    view.save.click()
    assert view.state.value == ""


def test_a_file_that_cannot_be_read_says_what_to_do(school):
    school.folder.workbook.write_bytes(b"half")
    view = Settings(school.settings, presets())
    assert "重新保存" in view.state.value
    assert is_hidden(view.add)


# -- cells


def test_a_word_of_another_spelling_stays_until_another_is_chosen():
    words = vocabulary("duty.kind", "zh")
    cell = ChoiceCell("种类", lambda: None, "count", words, "duty.kind", needed=True)
    assert cell.value == "count"
    cell.view.value = words["interval"]
    assert cell.value == words["interval"]
    odd = ChoiceCell("种类", lambda: None, "怪词", words, "duty.kind", needed=True)
    assert (odd.value, odd.view.value) == ("怪词", "怪词")


def test_checkboxes_keep_words_that_are_not_in_the_vocabulary():
    cell = ChecksCell(
        "责任人",
        lambda: None,
        "班主任；门卫",
        {"homeroom": "班主任", "self": "本人"},
        {"班主任": "homeroom"}.get,
    )
    assert cell.value == "班主任；门卫"
    cell.boxes["self"].value = True
    assert cell.value == "班主任, 本人, 门卫"


def test_examples_are_offered():
    assert TextCell("时限", lambda: None, "", ["7天"]).view.options == ("7天",)
