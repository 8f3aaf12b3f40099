"""Forms read from Markdown and workbooks, and written for WPS and Excel.

Requirement: forms can be taken out, changed in a spreadsheet and put back (7.4, 7.8).
"""

from io import BytesIO

import pytest
from openpyxl import Workbook, load_workbook

from guanai.care.errors import FormError
from guanai.storage.forms.xlsform.loading import load_form
from guanai.storage.forms.xlsform.sheets import read_sheets, sheets_of
from guanai.storage.forms.xlsform.workbooks import write_xlsx
from guanai.templates import template

SHIPPED = sorted(template("forms").glob("*.md"))

MARKDOWN = r"""
# 鞋码登记

Prose, and a table that is none of ours:

| survey | type | name | label | 备注 |
|--------|------|------|-------|------|
|        | text | name | 姓名  |      |

More prose between two rows.

| | 整数 | size | 鞋码 \| 码<br>只填数字 | 运动会用 |
| choices | list_name | name | label |
"""


def workbook(**sheets):
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_markdown_keeps_the_line_of_each_row():
    sheets = sheets_of(MARKDOWN.encode(), "shoes.md")
    assert [(row.number, row.get("type"), row.get("name")) for row in sheets.rows("survey")] == [
        (8, "text", "name"),
        (12, "integer", "size"),
    ]
    assert sheets.rows("survey")[1].get("label") == "鞋码 | 码\n只填数字"
    assert sheets.rows("choices") == ()
    assert sheets.place("survey", 12, "label") == {
        "file": "shoes.md",
        "sheet": "survey",
        "row": 12,
        "column": "label",
    }


def test_a_workbook_keeps_the_row_and_the_heading_as_written():
    content = workbook(
        问题=[["类型", "名称", "标题（中文）"], [], ["整数", "size", "鞋码"]], 我的草稿=[["什么都行"]]
    )
    sheets = sheets_of(content, "shoes.xlsx")
    (row,) = sheets.rows("survey")
    assert (row.number, row.cells) == (3, {"type": "integer", "name": "size", "label::中文 (zh)": "鞋码"})
    assert sheets.place("survey", 3, "label")["column"] == "标题（中文）"
    assert sheets.place("survey", 3, "label")["sheet"] == "问题"


def test_cells_are_read_as_they_look():
    rows = [
        ["type", "name", "label", "default"],
        ["text", "a", 3.0, True],
        ["text", "b", "不间断\N{NO-BREAK SPACE}空格", 2.5],
    ]
    read = sheets_of(workbook(survey=rows), "x.xlsx").rows("survey")
    assert [list(row.cells.values())[2:] for row in read] == [["3", "TRUE"], ["不间断 空格", "2.5"]]


def test_both_files_of_one_form_say_the_same():
    markdown = b"| survey | type | name | label |\n| | integer | size | Size |\n"
    book = workbook(问题=[["类型", "名称", "标题"], ["整数", "size", "Size"]])
    assert sheets_of(markdown, "a.md").content() == sheets_of(book, "a.xlsx").content()


@pytest.mark.slow
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_form_comes_back_from_its_workbook_equal(path, tmp_path):
    target = tmp_path / f"{path.stem}.xlsx"
    write_xlsx(read_sheets(path), target)
    assert load_form(target, cache=tmp_path) == load_form(path, cache=tmp_path)


def test_a_changed_workbook_is_another_form(tmp_path):
    shipped = template("forms/pairing.md")
    target = tmp_path / "pairing.xlsx"
    write_xlsx(read_sheets(shipped), target)
    book = load_workbook(target)
    cell = next(cell for row in book["问题"].iter_rows() for cell in row if cell.value == "开始日期")
    cell.value = "起始日"
    book.save(target)
    assert load_form(target, cache=tmp_path) != load_form(shipped, cache=tmp_path)


def test_the_workbook_is_fit_for_work(tmp_path):
    write_xlsx(read_sheets(template("forms/child.md")), tmp_path / "child.xlsx")
    book = load_workbook(tmp_path / "child.xlsx")
    assert book.sheetnames == ["问题", "选项", "设置", "类型说明"]
    survey = book["问题"]
    assert survey.freeze_panes == "C2"
    assert [cell.value for cell in survey[1]][:4] == ["类型", "名称", "标题（中文）", "标题（英文）"]
    assert survey["A1"].font.bold
    assert survey.column_dimensions["C"].width > 8
    offers = {
        str(offer.sqref).split(":")[0]: offer.formula1 for offer in survey.data_validations.dataValidation
    }
    assert offers["A2"].startswith("'类型说明'!$A$2")
    assert '"是,否"' in offers.values()
    assert {cell.data_type for row in survey.iter_rows() for cell in row if cell.value} == {"s"}


def test_a_text_that_looks_like_a_formula_stays_a_text(tmp_path):
    sheets = sheets_of(b"| survey | type | name | label |\n| | text | a | =1+1 |\n", "a.md")
    write_xlsx(sheets, tmp_path / "a.xlsx")
    assert read_sheets(tmp_path / "a.xlsx").rows("survey")[0].get("label") == "=1+1"


@pytest.mark.parametrize(
    ("file", "content", "key"),
    [
        ("a.xlsx", b"this is no workbook", "form.not_workbook"),
        ("a.xlsx", b"", "form.not_workbook"),
        ("a.xlsx", b"PK\x03\x04 half of one", "form.not_workbook"),
        ("a.xls", b"\xd0\xcf\x11\xe0", "form.file_kind"),
        ("a.md", "标题".encode("gbk"), "form.not_text"),
        ("a.md", b"", "form.no_survey"),
        ("a.md", b"only prose", "form.no_survey"),
        ("a.xlsx", workbook(Sheet1=[["type", "name"]]), "form.no_survey"),
        ("a.xlsx", workbook(survey=[["type"]], 问题=[["类型"]]), "form.sheet_twice"),
        ("a.xlsx", workbook(survey=[["label", "标题"]]), "form.heading_twice"),
    ],
)
def test_what_is_no_form_is_refused_in_words(file, content, key):
    with pytest.raises(FormError) as caught:
        sheets_of(content, file)
    assert caught.value.key == key
    assert caught.value.file == file
    assert file in caught.value.message("zh")
    assert file in caught.value.message("en")


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(FormError) as caught:
        read_sheets(tmp_path / "gone.md")
    assert caught.value.key == "form.no_file"


def test_a_password_is_told(tmp_path):
    encrypted = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(
        600
    )  # what Excel writes for a workbook with a password
    with pytest.raises(FormError) as caught:
        sheets_of(encrypted, "secret.xlsx")
    assert caught.value.key == "form.not_workbook"
