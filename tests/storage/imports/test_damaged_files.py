"""What can go wrong with a file that is imported, and what a person is told.

Requirement: a roll as a school has it comes in as it is meant, or is refused in words (R5; W10; 7.8, 7.10).
"""

import re
import zipfile
from datetime import date, datetime, time

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from support.register_files import import_records

from guanai.care.errors import ExchangeError
from guanai.storage.files.file_access import MAX_FILE_BYTES
from guanai.storage.files.xlsx_reader import OLE_SIGNATURE
from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.imports.run import Choices

pytestmark = pytest.mark.slow

CLASS = "三年级1班"
HEADS = ["姓名", "性别", "出生日期", "班级"]
GIRL = ["林小雨", "女", "2016-05-04", CLASS]


def book(tmp_path, *rows, title="Sheet", name="in.xlsx", **more):
    made = Workbook()
    made.active.title = title
    for row in rows:
        made.active.append(row)
    for other, its_rows in more.items():
        sheet = made.create_sheet(other)
        for row in its_rows:
            sheet.append(row)
    made.save(tmp_path / name)
    return tmp_path / name


def text(tmp_path, content, name="in.csv"):
    (tmp_path / name).write_bytes(content)
    return tmp_path / name


def refused(school, path, **choices):
    with pytest.raises(ExchangeError) as error:
        import_records(school, "child", path, choices=Choices(**({"columns": {}} | choices)))
    assert "【" not in str(error.value)
    return error.value.key


def only_row(school, path, **choices):
    rows = import_records(school, "child", path, dry_run=True, choices=Choices(**({"columns": {}} | choices)))
    assert len(rows) == 1
    return rows[0]


class TestRefused:
    @pytest.mark.parametrize(
        ("name", "content", "key"),
        [
            ("in.xlsx", b"", "exchange.empty"),
            ("in.csv", b"", "exchange.empty"),
            ("in.csv", b"\xef\xbb\xbf\r\n,,\r\n", "exchange.empty"),
            ("in.xlsx", OLE_SIGNATURE + b"\0" * 600 + "Workbook".encode("utf-16-le"), "exchange.old_xls"),
            ("in.xls", OLE_SIGNATURE + b"\0" * 600, "exchange.old_xls"),
            ("in.csv", OLE_SIGNATURE + b"\0" * 600, "exchange.old_xls"),
            (
                "in.xlsx",
                OLE_SIGNATURE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"),
                "exchange.locked",
            ),
            ("in.xls", b"<html><table><tr><td>1</td></tr></table>", "exchange.web_page"),
            ("in.csv", b"\x89PNG\r\n\x1a\n\0\0\0", "exchange.no_text"),
            ("in.pdf", b"%PDF", "exchange.ending"),
            ("in.xlsx", b"PK\x03\x04half", "exchange.no_workbook"),
            ("in.csv", '姓名,性别\n"林小雨,女\n周小河,男\n'.encode(), "exchange.quotes"),
            ("in.csv", "姓名,性别\n".encode(), "exchange.no_rows"),
            ("in.json", b"{]", "exchange.bad_line"),
            ("in.json", b"[1, 2]", "exchange.no_records"),
            ("in.json", b'{"talk": {"1": {"date": "2026-01-01"}}}', "exchange.no_table"),
            ("in.csv", b"SQLite format 3\0", "exchange.database"),
        ],
    )
    def test_by_what_is_in_it(self, ready, tmp_path, name, content, key):
        assert refused(ready, text(tmp_path, content, name)) == key

    def test_a_file_of_50_megabytes(self, ready, tmp_path):
        path = tmp_path / "in.csv"
        with path.open("wb") as file:
            file.truncate(50 * 1024 * 1024)
        assert refused(ready, path) == "exchange.too_large"
        assert MAX_FILE_BYTES < 50 * 1024 * 1024

    def test_a_zip_bomb(self, ready, tmp_path):
        path = book(tmp_path, HEADS, GIRL)
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
            with archive.open("xl/worksheets/sheet9.xml", "w") as part:
                for _ in range(200):
                    part.write(b" " * 1024 * 1024)
        assert path.stat().st_size < 1024 * 1024
        assert refused(ready, path) == "exchange.bomb"

    def test_an_entity_that_grows(self, ready, tmp_path):
        path = book(tmp_path, HEADS, GIRL)
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("xl/worksheets/sheet9.xml", '<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>')
        assert refused(ready, path) == "exchange.no_workbook"

    def test_an_open_document(self, ready, tmp_path):
        with zipfile.ZipFile(tmp_path / "in.ods", "w") as archive:
            archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            archive.writestr("content.xml", "<x/>")
        assert refused(ready, tmp_path / "in.ods") == "exchange.open_document"

    def test_a_workbook_of_another_kind_names_its_sheets(self, ready, tmp_path):
        path = book(tmp_path, ["鞋码", "颜色"], [36, "红"], title="鞋")
        with pytest.raises(ExchangeError, match=r"鞋码、颜色.*工作表：鞋"):
            import_records(ready, "child", path)

    def test_two_columns_of_one_question(self, ready, tmp_path):
        path = book(tmp_path, [*HEADS, "姓名"], [*GIRL, "林晓雨"])
        assert refused(ready, path) == "exchange.unknown_columns"
        assert only_row(ready, path, columns={"姓名 [E]": ""}).label == "林小雨"
        assert only_row(ready, path, columns={"姓名": "", "姓名 [E]": "name"}).label == "林晓雨"

    def test_a_sheet_that_is_not_there(self, ready, tmp_path):
        assert refused(ready, book(tmp_path, HEADS, GIRL), sheet="花名册") == "exchange.no_sheet"


class TestRead:
    def test_headings_are_names_or_labels_in_any_language(self, ready, tmp_path):
        for heads in (
            ["name", "sex", "birth_date", "class"],
            ["Name", "Sex", "Birth date", "Class"],
            [" *姓 名：", "性别（必填）", "出生日期\n(年-月-日)", "班级"],
        ):
            row = only_row(ready, book(tmp_path, heads, GIRL))
            assert (row.state, row.record["birth_date"]) == ("new", "2016-05-04"), heads

    @pytest.mark.parametrize(
        "content",
        [
            "姓名,性别,出生日期,班级\r\n林小雨,女,2016-05-04,三年级1班\r\n".encode(),
            b"\xef\xbb\xbf" + "姓名,性别,出生日期,班级\n林小雨,女,2016-05-04,三年级1班".encode(),
            "姓名,性别,出生日期,班级\r\n林小雨,女,2016-05-04,三年级1班\r\n".encode("gbk"),
            "姓名;性别;出生日期;班级\n林小雨;女;2016-05-04;三年级1班\n".encode(),
            "姓名\t性别\t出生日期\t班级\n林小雨\t女\t2016-05-04\t三年级1班\n".encode("utf-16"),
            "sep=;\n姓名;性别;出生日期;班级\n林小雨;女;2016-05-04;三年级1班\n".encode(),
            '"姓名","性别","出生日期","班级"\n"林小雨","女","2016年5月4日","三年级1班"\n\n,,,\n'.encode(),
        ],
        ids=["utf-8", "mark", "gbk", "semicolons", "utf-16 tabs", "sep=", "quotes"],
    )
    def test_text_tables(self, ready, tmp_path, content):
        row = only_row(ready, text(tmp_path, content))
        assert (row.state, row.label, row.record["birth_date"]) == ("new", "林小雨", "2016-05-04")

    def test_days_as_a_spreadsheet_keeps_them(self, ready, tmp_path):
        for cell in (
            date(2016, 5, 4),
            datetime(2016, 5, 4),
            42494,
            "42494",
            "2016.5.4",
            "2016年5月4日",
            20160504,
        ):
            row = only_row(ready, book(tmp_path, HEADS, ["林小雨", "女", cell, CLASS]))
            assert row.record.get("birth_date") == "2016-05-04", cell

    @pytest.mark.parametrize("cell", [date(2016, 5, 4), 42494 - 1462])
    def test_days_counted_from_1904(self, ready, tmp_path, cell):
        made = Workbook()
        made.epoch = CALENDAR_MAC_1904
        made.active.append(HEADS)
        made.active.append(["林小雨", "女", cell, CLASS])
        made.save(tmp_path / "in.xlsx")
        assert only_row(ready, tmp_path / "in.xlsx").record["birth_date"] == "2016-05-04"

    def test_a_day_that_is_none(self, ready, tmp_path):
        row = only_row(ready, book(tmp_path, HEADS, ["林小雨", "女", "2016年2月30日", CLASS]))
        assert row.state == "bad"
        assert "2月30日" in row.messages[0]

    def test_a_telephone_that_is_a_number(self, ready, tmp_path):
        row = only_row(ready, book(tmp_path, [*HEADS, "联系电话"], [*GIRL, 10012345678]))
        assert row.record["phone"] == "10012345678"

    def test_an_identity_number_that_a_spreadsheet_has_rounded(self, ready, tmp_path):
        for cell in (330101201605040018.0, 3.30101201605041e17):
            row = only_row(ready, book(tmp_path, [*HEADS, "身份证号"], [*GIRL, cell]))
            assert row.state == "bad"
            assert "15 位" in row.messages[0]
            assert row.messages[0].startswith("身份证号")

    def test_a_number_with_zeros_before_it(self, ready, tmp_path):
        path = book(tmp_path, [*HEADS, "学籍号"], [*GIRL, 12])
        made = load_workbook(path)
        made.active["E2"].number_format = "000000"
        made.save(path)
        assert only_row(ready, path).record["number"] == "000012"

    def test_formulas(self, ready, tmp_path):
        path = book(tmp_path, HEADS, ['="林"&"小雨"', "女", "2016-05-04", CLASS])
        row = only_row(ready, path)
        assert row.state == "bad"
        assert "公式" in row.messages[0]
        with_result(path)
        assert only_row(ready, path).label == "林小雨"

    def test_an_error_in_a_cell(self, ready, tmp_path):
        path = book(tmp_path, HEADS, ["#N/A", "女", "2016-05-04", CLASS])
        made = load_workbook(path)
        made.active["A2"].data_type = "e"
        made.save(path)
        assert "#N/A" in only_row(ready, path).messages[0]

    def test_empty_rows_and_columns_around(self, ready, tmp_path):
        path = book(tmp_path, HEADS, [], GIRL)
        made = load_workbook(path)
        made.active["AZ1048576"].number_format = "@"
        made.active["A900"].value = "  "
        made.save(path)
        row = only_row(ready, path)
        assert (row.number, row.state) == (3, "new")

    def test_a_title_above_and_merged_headings(self, ready, tmp_path):
        path = book(
            tmp_path,
            ["星光小学留守儿童花名册", *[None] * 5],
            ["姓名", "性别", "出生日期", "班级", "监护人", None],
            [None, None, None, None, "姓名", "与学生关系"],
            [*GIRL, "林大山", "祖父"],
        )
        made = load_workbook(path)
        for place in ("A1:F1", "E2:F2", "A2:A3", "B2:B3", "C2:C3", "D2:D3"):
            made.active.merge_cells(place)
        made.save(path)
        row = only_row(ready, path)
        assert (row.number, row.label) == (4, "林小雨")
        assert row.record["guardians"][0]["name"] == "林大山"
        assert row.record["guardians"][0]["relation"] == "grandfather"

    def test_a_class_merged_over_its_children_and_a_running_number(self, ready, tmp_path):
        """As rosters are made: what one cell says of several rows, and a first column that only counts them."""
        path = book(
            tmp_path,
            ["序号", *HEADS],
            [1, *GIRL],
            [2, "周小河", "男", "2015-03-08", None],
            [3, None, None, None, None],
            [4, "赵小山", "男", "2015-04-08", None],
        )
        made = load_workbook(path)
        made.active.merge_cells("E2:E4")
        made.save(path)
        rows = import_records(ready, "child", path, dry_run=True)
        assert [(row.number, row.state) for row in rows] == [(2, "new"), (3, "new"), (5, "bad")]
        assert rows[1].record["class"] == CLASS
        assert "班级" in rows[2].messages[0]

    def test_the_right_sheet_is_found(self, ready, tmp_path):
        path = book(
            tmp_path, ["说明"], ["请填写第二张表"], title="说明", 花名册=[HEADS, GIRL], 鞋=[["鞋码"], [36]]
        )
        assert only_row(ready, path).label == "林小雨"
        preview = ready.imports.preview("child", path)
        assert any("鞋" in notice for notice in preview.notices)

    def test_a_guess_waits_for_a_person(self, ready, tmp_path):
        path = book(tmp_path, ["学生姓名", *HEADS[1:]], GIRL)
        with pytest.raises(ExchangeError, match="是不是“姓名”"):
            import_records(ready, "child", path)
        assert only_row(ready, path, columns={"学生姓名": "姓名"}).label == "林小雨"
        assert refused(ready, path, columns={"学生姓名": "鞋码"}) == "exchange.no_question"

    def test_a_row_that_is_shifted(self, ready, tmp_path):
        path = text(tmp_path, "姓名,性别,出生日期,班级\n林小雨,女,2016-05-04,三年级,1班\n".encode())
        assert only_row(ready, path).state == "bad"

    def test_what_the_form_does_not_ask_is_said(self, ready, tmp_path):
        path = book(tmp_path, [*HEADS, "母亲状况", "母亲务工地点"], [*GIRL, "在家", "县城"])
        preview = ready.imports.preview(
            "child", path, Choices({"母亲务工地点": "mother_work_place", "母亲状况": "mother_status"})
        )
        row = preview.rows[0]
        assert ("mother_work_place" in row.record) != any("没有用到" in message for message in row.messages)

    def test_times_and_yes(self):
        from guanai.storage.exports.question_columns import question_columns
        from guanai.storage.forms.xlsform.loading import form_of
        from guanai.storage.imports.cell_parser import CellParser

        form = form_of(
            "| survey | type | name | label |\n| | time | t | 时 |\n| | datetime | m | 刻 |\n| | select_multiple y | y | 是 |\n"
            "| choices | list_name | name | label |\n| | y | yes | 是 |\n| | y | no | 否、未定 |\n"
        )
        parser = CellParser(FormSession(form))
        headers = {header.path: header for header in question_columns(form)}
        read = {
            ("t", time(8, 30)): "08:30:00",
            ("t", 0.5): "12:00",
            ("m", datetime(2026, 5, 4, 8, 30)): "2026-05-04T08:30",
            ("m", 46146.5): "2026-05-04T12:00",
            ("y", "是；否、未定"): ["yes", "no"],
            ("y", "yes no"): ["yes", "no"],
        }
        assert {key: parser.parse(headers[key[0]], key[1]) for key in read} == read


def with_result(path):
    """Give the formula in A2 the result that a spreadsheet would have kept with it."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    filled = re.sub(r"<v\s*/>|<v></v>", "<v>林小雨</v>", sheet)
    assert filled != sheet
    parts["xl/worksheets/sheet1.xml"] = filled.replace('r="A2"', 'r="A2" t="str"').encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
