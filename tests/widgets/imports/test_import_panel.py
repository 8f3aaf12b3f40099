"""The page of an import without a browser: what is shown, chosen, confirmed and taken back (widgets/imports/import_panel.py).

Requirement: rolls come in from spreadsheets (R5; W1, W10; 7.8, 7.11).
"""

import struct
import zipfile
from datetime import datetime
from io import BytesIO

import pytest
from openpyxl import Workbook, load_workbook
from support.signed_in import signed_in
from tinydb import TinyDB

from guanai.care.errors import ExchangeError
from guanai.storage.exports.export import export_bytes
from guanai.widgets import Choice, ImportHistory, ImportPanel
from guanai.widgets.base.notices import error_html

pytestmark = pytest.mark.slow

CLASS = "三年级1班"
CHILD = {
    "name": "林小雨",
    "sex": "female",
    "birth_date": "2016-05-04",
    "class": CLASS,
    "phone": "10012345678",
}
HEADS = ["姓名", "性别", "出生日期", "班级"]
GIRL = ["林小雨", "女", "2016-05-04", CLASS]


@pytest.fixture
def ready(school):
    school.save("class", {"name": CLASS, "grade": 3, "level": "primary", "pupils": 42})
    return school


@pytest.fixture
def page(ready):
    return ImportPanel(ready.imports, ready.form, Choice("登记册", ["child", "staff"]), label=ready.label)


def book(*rows):
    made = Workbook()
    for row in rows:
        made.active.append(row)
    content = BytesIO()
    made.save(content)
    return content.getvalue()


def test_a_heading_is_corrected_and_the_import_written_and_undone(ready, page):
    page.read({"a.xlsx": book(["名字啊", *HEADS[1:]], ["<b>周小河", "男", "2015-3-8", CLASS])})
    assert page.confirm.disabled
    (choices,) = page.columns.children
    assert list(choices.undecided) == ["名字啊"]
    choices.undecided["名字啊"].value = "name"
    assert not page.confirm.disabled
    assert "&lt;b&gt;周小河" in page.table.table.value
    assert "<b>周" not in page.table.table.value
    page.confirm.click()
    assert "a.xlsx" in page.notice.value
    assert [child["name"] for child in ready.table("child").rows()] == ["<b>周小河"]
    made = ImportHistory(ready.imports)
    (undo,) = made.undo.values()
    undo.click()
    assert not ready.table("child").rows()
    assert not made.undo


def test_a_recognised_column_can_be_assigned_to_another_question(ready, page):
    page.read({"a.xlsx": book([*HEADS, "联系电话"], ["周小河", "男", "2015-3-8", CLASS, "10012345678"])})
    (choices,) = page.columns.children
    choices.toggle.click()
    line = next(line_of for line_of in choices.rest.children if "联系电话" in line_of.description)
    line.value = "father_phone"
    assert page.preview.rows[0].record["father_phone"] == "10012345678"
    assert "phone" not in page.preview.rows[0].record


def test_a_bad_row_comes_first_and_the_import_cannot_be_confirmed(page):
    page.read({"a.xlsx": book(HEADS, ["周小河", "男", "2015-3-8", CLASS], ["", "男", "2015-2-30", CLASS])})
    assert page.table.state.value == "bad"
    assert "2015-2-30" in page.table.table.value
    assert "周小河" not in page.table.table.value
    assert page.confirm.disabled
    page.cancel.click()
    assert page.preview is None


def test_a_matching_child_and_a_conflict_are_decided(ready, page):
    child = ready.save("child", CHILD)
    content = export_bytes(ready, "child", "xlsx")
    copied = load_workbook(BytesIO(content))
    sheet = copied.worksheets[0]
    heads = [cell.value for cell in sheet[1]]
    sheet.cell(2, heads.index("联系电话") + 1).value = "10087654321"
    for head, value in zip(HEADS, ["林小宇", "女", "2016-05-04", CLASS], strict=True):
        sheet.cell(3, heads.index(head) + 1).value = value
    content = BytesIO()
    copied.save(content)
    ready.save("child", {**child, "phone": "10011112222"})
    page.read({"copy.xlsx": content.getvalue()})
    (choices,) = page.rows.children
    assert list(choices.clashes) == [(2, "phone")]
    assert page.confirm.disabled
    choices.clashes[2, "phone"].value = "file"
    choices.alike[3].value = ""
    choices.apply.click()
    assert page.preview.counts["new"] == page.preview.counts["changed"] == 1
    page.confirm.click()
    assert sorted(child["phone"] for child in ready.table("child").rows() if child.get("phone")) == [
        "10087654321"
    ]
    assert len(ready.table("child")) == 2


def test_a_file_that_cannot_be_read_says_what_to_do(page):
    page.read({"旧.xls": bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600})
    assert "另存为 .xlsx" in page.notice.value
    assert 'role="alert"' in page.notice.value


def test_choosing_another_register_drops_the_file(page):
    page.read({"a.xlsx": book(HEADS, ["周小河", "男", "2015-3-8", CLASS])})
    assert page.preview is not None
    page._register.value = "staff"
    assert page.preview is None


def compound(*streams):
    """Return an ServedSchool file of before 2007: a compound file with the streams of these names, each of 4096 bytes."""
    free, end, fat = (
        (0xFFFFFFFF).to_bytes(4, "little"),
        (0xFFFFFFFE).to_bytes(4, "little"),
        b"\xfd\xff\xff\xff",
    )
    head = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 16 + struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 6)
    head += (
        b"\0" * 6 + struct.pack("<9I", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0) + bytes(4) + free * 108
    )
    chains = [fat, end] + [part for place in range(len(streams)) for part in _chain(2 + 8 * place, 8)]
    table = (b"".join(chains) + free * 128)[:512]
    names = [("Root Entry", 5, 0xFFFFFFFE, 0)] + [
        (name, 2, 2 + 8 * at, 4096) for at, name in enumerate(streams)
    ]
    entries = b"".join(
        name.encode("utf-16-le").ljust(64, b"\0")
        + struct.pack("<HBB3I", 2 * len(name) + 2, kind, 1, *[0xFFFFFFFF] * 2, 1 if kind == 5 else 0xFFFFFFFF)
        + b"\0" * 36
        + struct.pack("<IQ", start, size)
        for name, kind, start, size in names
    )
    return head[:512] + table + entries.ljust(512, b"\0") + b"\0" * 4096 * len(streams)


def _chain(first, count):
    return [struct.pack("<I", first + place + 1) for place in range(count - 1)] + [
        struct.pack("<I", 0xFFFFFFFE)
    ]


def bomb():
    content = BytesIO(book(HEADS))
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet9.xml", b" " * (200 << 20))
    return content.getvalue()


def merged():
    made = Workbook()
    made.active.append(["花名册", *[None] * 5])
    made.active.append(["姓名", "性别", "出生日期", "班级", "监护人", None])
    made.active.append([None, None, None, None, "姓名", "与学生关系"])
    made.active.append([*GIRL, "林大山", "祖父"])
    for place in ("A1:F1", "E2:F2", "A2:A3", "B2:B3", "C2:C3", "D2:D3"):
        made.active.merge_cells(place)
    content = BytesIO()
    made.save(content)
    return content.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.xlsx", book([*HEADS, "身份证号"], [*GIRL, 330101201605040018.0]), "15 位"),
        ("a.xlsx", book(HEADS, [*GIRL[:2], "2016年2月30日", CLASS]), "2月30日"),
        ("a.csv", b"x" * (21 << 20), "太大（21.0 MB）"),
        ("a.csv", b"x" * (50 << 20), "太大（50.0 MB）"),
        ("a.xlsx", bomb(), "解压后有"),
        ("a.zip", bomb()[:-30], "压缩包"),
        ("a.xlsx", compound("EncryptionInfo", "EncryptedPackage"), "去掉密码"),
        ("a.xlsx", compound("Workbook"), "另存为 .xlsx"),
        ("a.xls", compound("Workbook"), "另存为 .xlsx"),
        ("a.csv", compound("Workbook"), "另存为 .xlsx"),
        ("a.xls", b"<html><table><tr><td>1</td></tr></table>", "网页"),
        ("a.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><data>&b;</data>", "a.xml"),
    ],
    ids=["digits", "day", "21 MB", "50 MB", "bomb", "zip", "password", "renamed", "xls", "csv", "web", "xml"],
)
def test_a_dangerous_file_shows_an_error_and_writes_nothing(ready, page, name, content, said):
    page.read({name: content})
    shown = page.notice.value + (page.table.table.value if page.preview else "")
    assert said in shown
    assert not page.previews or page.confirm.disabled
    page.confirm.click()
    assert not ready.table("child").rows()


@pytest.mark.parametrize(
    "content",
    [
        book(HEADS, [*GIRL[:2], 42494, CLASS]),
        book(HEADS, [*GIRL[:2], datetime(2016, 5, 4), CLASS]),
        book(HEADS, GIRL, *[[None, " ", "", None]] * 3000),
        merged(),
    ],
    ids=["a day's number", "a day", "empty rows", "merged headings"],
)
def test_a_file_that_only_looks_dangerous_is_read(ready, page, content):
    page.read({"a.xlsx": content})
    (row,) = page.preview.rows
    assert (row.state, row.label, row.record["birth_date"]) == ("new", "林小雨", "2016-05-04")
    page.confirm.click()
    assert len(ready.table("child")) == 1


def test_a_record_that_somebody_saved_meanwhile_renews_the_preview(ready, page):
    page.read({"a.xlsx": book(HEADS, GIRL)})
    theirs = ready.as_user("张老师").save("child", CHILD)
    page.confirm.click()
    assert "张老师" in page.notice.value
    assert page.preview.counts["alike"] == 1
    (choices,) = page.rows.children
    choices.alike[2].value = theirs["id"]
    choices.apply.click()
    assert page.preview.counts["same"] == 1
    assert len(ready.table("child")) == 1


def test_a_row_is_shown_beside_the_child_that_it_may_be(ready):
    page = ImportPanel(
        ready.imports, ready.form, Choice("登记册", ["child"]), label=ready.label, record=ready.record
    )
    ready.save("child", CHILD | {"village": "东村"})
    page.read({"a.xlsx": book([*HEADS, "现居住地"], ["林晓雨", "女", "2016-05-04", CLASS, "<西>村1号"])})
    (choices,) = page.rows.children
    table = next(part.value for part in choices.children if "<details open>" in getattr(part, "value", ""))
    assert "林晓雨" in table
    assert "<mark>林小雨</mark>" in table
    assert "<西>" not in table


def test_files_that_do_not_belong_together_show_an_error(page):
    page.read({"a.xlsx": book(HEADS, GIRL), "b.xlsx": book(HEADS, GIRL)})
    assert page.notice.value == error_html(ExchangeError("exchange.together", file="2 个文件"))
    assert "一个一个导入" in page.notice.value
    page.read({"a.csv": b"KEY\n1\n", "b.jpg": b"x" * (21 << 20)})
    assert "太大（21.0 MB）" in page.notice.value


def test_a_teacher_is_told_who_may_import(ready):
    teacher = signed_in(ready, "张老师", "homeroom")
    page = ImportPanel(
        teacher.imports, teacher.form, Choice("登记册", ["child", "staff"]), label=teacher.label
    )
    page.read({"a.xlsx": book(HEADS, GIRL)})
    assert "德育处（团少部）负责人可以导入" in page.notice.value
    assert not ready.table("child").rows()


def words_of(widget):
    inner = getattr(widget, "children", ())
    return "".join(map(words_of, inner)) if inner else str(getattr(widget, "value", ""))


class TestWhole:
    """A file with several registers: all at once unless one is chosen."""

    def tables(self, tmp_path, **tables):
        with TinyDB(tmp_path / "db.json") as db:
            for name, rows in tables.items():
                for row in rows:
                    db.table(name).insert(row)
        return (tmp_path / "db.json").read_bytes()

    def test_all_registers_are_shown_confirmed_and_undone_at_once(self, ready, page, tmp_path):
        staff = {"name": "宋老师", "sex": "female", "role": "homeroom", "active": "yes"}
        page.read({"db.json": self.tables(tmp_path, child=[CHILD], staff=[staff])})
        assert [preview.form for preview in page.previews] == ["child", "staff"]
        assert ready.form("staff").title() in page.table.table.value
        page.confirm.click()
        assert (len(ready.table("child")), len(ready.table("staff"))) == (1, 1)
        made = ImportHistory(ready.imports, title={}.get)
        assert "多张登记册" in words_of(made)
        (undo,) = made.undo.values()
        undo.click()
        assert (len(ready.table("child")), len(ready.table("staff"))) == (0, 0)

    def test_one_of_them_can_be_chosen(self, ready, page, tmp_path):
        staff = {"name": "宋老师", "sex": "female", "role": "homeroom", "active": "yes"}
        page.read({"db.json": self.tables(tmp_path, child=[CHILD], staff=[staff])})
        page.scope.children[0].value = "one"
        assert [preview.form for preview in page.previews] == ["child"]
        page.confirm.click()
        assert (len(ready.table("child")), len(ready.table("staff"))) == (1, 0)

    def test_records_of_another_register_than_the_chosen_one_are_offered_too(self, ready, page, tmp_path):
        staff = {"name": "宋老师", "sex": "female", "role": "homeroom", "active": "yes"}
        page.read({"db.json": self.tables(tmp_path, staff=[staff])})
        assert [preview.form for preview in page.previews] == ["staff"]

    def test_records_of_another_school_are_imported_as_a_whole(self, page, filled):
        filled.close()
        page.read({"records.db": filled.folder.records.read_bytes()})
        assert {"child", "home_visit", "staff"} <= {preview.form for preview in page.previews}
        assert not page.confirm.disabled
