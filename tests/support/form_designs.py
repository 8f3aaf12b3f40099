"""A form changed as a coordinator does it: the workbook taken out, edited, uploaded, published; the fixtures for it."""

from io import BytesIO

import pytest
from openpyxl import load_workbook


@pytest.fixture
def desk(school):
    """The school as its coordinator sees it."""
    made = school.save("staff", {"name": "周老师", "role": "coordinator", "active": "yes"})
    return school.as_user("周老师", made["id"])


def rows_of(book):
    """Return the sheet of questions: its headings' columns, and each row's number by the question's name."""
    sheet = book.worksheets[0]
    heads = {cell.value: cell.column for cell in sheet[1]}
    names = {sheet.cell(row, heads["名称"]).value: row for row in range(sheet.max_row, 1, -1)}
    return sheet, heads, names


def edited(content, *, drop=(), add=(), rename=None, **cells):
    """Return a workbook with questions taken out, added (name, type, label) or renamed; ``name__heading=text``."""
    book = load_workbook(BytesIO(content))
    sheet, heads, names = rows_of(book)
    for name, new in (rename or {}).items():
        sheet.cell(names[name], heads["名称"]).value = new
    for place, text in cells.items():
        name, _, heading = place.partition("__")
        sheet.cell(names[name], heads[heading]).value = text
    for name in sorted(drop, key=lambda name: -names[name]):
        sheet.delete_rows(names[name])
    label = heads.get("标题（中文）") or heads["标题"]
    for name, kind, text in add:
        row = sheet.max_row + 1
        for heading, value in ((heads["类型"], kind), (heads["名称"], name), (label, text)):
            sheet.cell(row, heading).value = value
    content = BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.fixture
def child(desk):
    desk.save("class", {"name": "三年级1班", "grade": 3, "level": "primary", "pupils": 42})
    return desk.save(
        "child", {"name": "林小雨", "sex": "female", "birth_date": "2016-05-04", "class": "三年级1班"}
    )


def talk(desk, child, **answers):
    return desk.save("talk", {"child": child["id"], "date": "2026-11-19", "by": desk.staff_id, **answers})


def change(desk, name, renames=None, **edits):
    """Download a form, change it, upload it, publish it; return the version."""
    publishing = desk.publishing
    proposal = publishing.upload(name, f"{name}.xlsx", edited(publishing.workbook(name), **edits))
    return publishing.publish(proposal, renames)
