"""The page of an import without a browser: what is shown, chosen, confirmed and taken back (widgets/imports.py)."""

from io import BytesIO

import pytest
from openpyxl import Workbook, load_workbook

from guanai.storage.exports import exported
from guanai.widgets import Choice, Import, ImportsMade

pytestmark = pytest.mark.usefixtures("coordinator")

CLASS = "三年级1班"
CHILD = {
    "name": "林小雨",
    "sex": "female",
    "birth_date": "2016-05-04",
    "class": CLASS,
    "phone": "10012345678",
}
HEADS = ["姓名", "性别", "出生日期", "班级"]


@pytest.fixture
def ready(school):
    school.save("class", {"name": CLASS, "grade": 3, "level": "primary", "pupils": 42})
    return school


@pytest.fixture
def page(ready):
    return Import(ready.imports, ready.form, Choice("登记册", ["child", "staff"]), label=ready.label)


def book(*rows):
    made = Workbook()
    for row in rows:
        made.active.append(row)
    content = BytesIO()
    made.save(content)
    return content.getvalue()


def test_a_heading_is_corrected_and_the_rows_written_and_taken_back(ready, page):
    page.read("a.xlsx", book(["名字啊", *HEADS[1:]], ["<b>周小河", "男", "2015-3-8", CLASS]))
    assert page.confirm.disabled
    (choices,) = page.columns.children
    assert list(choices.undecided) == ["名字啊"]
    choices.undecided["名字啊"].value = "name"
    assert not page.confirm.disabled
    assert "&lt;b&gt;周小河" in page.table.table.value
    assert "<b>周" not in page.table.table.value
    page.confirm.click()
    assert "a.xlsx" in page.notice.value
    assert [one["name"] for one in ready.table("child").rows()] == ["<b>周小河"]
    made = ImportsMade(ready.imports)
    (undo,) = made.undo.values()
    undo.click()
    assert not ready.table("child").rows()
    assert not made.undo


def test_a_column_that_was_known_can_be_another(ready, page):
    page.read("a.xlsx", book([*HEADS, "联系电话"], ["周小河", "男", "2015-3-8", CLASS, "10012345678"]))
    (choices,) = page.columns.children
    choices.toggle.click()
    line = next(one for one in choices.rest.children if "联系电话" in one.description)
    line.value = "father_phone"
    assert page.plan.rows[0].record["father_phone"] == "10012345678"
    assert "phone" not in page.plan.rows[0].record


def test_a_bad_row_stands_first_and_nothing_can_be_confirmed(page):
    page.read("a.xlsx", book(HEADS, ["周小河", "男", "2015-3-8", CLASS], ["", "男", "2015-2-30", CLASS]))
    assert page.table.state.value == "bad"
    assert "2015-2-30" in page.table.table.value
    assert "周小河" not in page.table.table.value
    assert page.confirm.disabled
    page.cancel.click()
    assert page.plan is None


def test_a_look_alike_and_a_conflict_are_chosen(ready, page):
    child = ready.save("child", CHILD)
    content = exported(ready, "child", "xlsx")
    copied = load_workbook(BytesIO(content))
    sheet = copied.worksheets[0]
    heads = [cell.value for cell in sheet[1]]
    sheet.cell(2, heads.index("联系电话") + 1).value = "10087654321"
    for head, value in zip(HEADS, ["林小宇", "女", "2016-05-04", CLASS], strict=True):
        sheet.cell(3, heads.index(head) + 1).value = value
    content = BytesIO()
    copied.save(content)
    ready.save("child", {**child, "phone": "10011112222"})
    page.read("copy.xlsx", content.getvalue())
    (choices,) = page.rows.children
    assert list(choices.clashes) == [(2, "phone")]
    assert page.confirm.disabled
    choices.clashes[2, "phone"].value = "file"
    choices.alike[3].value = ""
    choices.apply.click()
    assert page.plan.counts["new"] == page.plan.counts["changed"] == 1
    page.confirm.click()
    assert sorted(one["phone"] for one in ready.table("child").rows() if one.get("phone")) == ["10087654321"]
    assert len(ready.table("child")) == 2


def test_a_file_that_cannot_be_read_says_what_to_do(page):
    page.read("旧.xls", bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600)
    assert "另存为 .xlsx" in page.notice.value
    assert 'role="alert"' in page.notice.value


def test_another_register_begins_anew(page):
    page.read("a.xlsx", book(HEADS, ["周小河", "男", "2015-3-8", CLASS]))
    assert page.plan is not None
    page._register.value = "staff"
    assert page.plan is None
