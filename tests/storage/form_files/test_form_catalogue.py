"""A changed form is used at the next opening; one with a mistake keeps the last good one in use.

Requirement: the documents print no form layout, so a school changes the forms (requirements 1, 7.4, 7.15).
"""

import pytest
from openpyxl import load_workbook

from guanai.storage import GuanaiError, open_school
from guanai.storage.form_files.form_catalogue import eject, ejectable


def cells(sheet, text):
    return [cell for row in sheet.iter_rows() for cell in row if cell.value == text]


@pytest.fixture
def ejected(school):
    return eject(school.folder, "forms/home_visit")


def test_an_ejected_form_asks_the_same(school, ejected):
    assert open_school(school.folder.path).form("home_visit") == school.form("home_visit")


def test_a_changed_label_shows_at_the_next_opening(school, ejected):
    book = load_workbook(ejected)
    old = next(question for question in school.form("home_visit").questions() if question.name == "merits")
    label = "".join(part for part in old.label.parts("zh") if isinstance(part, str))
    for cell in cells(book.worksheets[0], label):
        cell.value = "孩子的闪光点"
    book.save(ejected)
    assert open_school(school.folder.path).session("home_visit").state("merits").label == "孩子的闪光点"


def test_a_mistake_keeps_the_last_good_form_and_says_where(school, ejected):
    before = open_school(school.folder.path).form("home_visit")
    book = load_workbook(ejected)
    sheet = book.worksheets[0]
    sheet.append(["不存在的类型", "oops"])
    book.save(ejected)
    again = open_school(school.folder.path)
    assert again.form("home_visit") == before
    notice = again.notices[0]
    assert "home_visit.xlsx" in notice
    assert f"第 {sheet.max_row} 行" in notice
    assert "不存在的类型" in notice


def test_a_new_file_is_a_new_register(school):
    (school.folder.forms / "shoes.md").write_text(
        "| survey |\n| | type | name | label |\n| | text | name | 鞋 |\n", encoding="utf-8"
    )
    assert "shoes" in school.forms()
    school.save("shoes", {"name": "球鞋"})
    assert school.frame("shoes")["name"].tolist() == ["球鞋"]


def test_ejecting_twice_changes_nothing(school, ejected):
    with pytest.raises(GuanaiError, match="已经存在"):
        eject(school.folder, "forms/home_visit")


def test_what_can_be_ejected_is_named(school):
    assert {"forms/child", "forms/home_visit", "reports/term_summary"} <= set(ejectable())
    with pytest.raises(GuanaiError, match="forms/child"):
        eject(school.folder, "forms/nothing")
