"""The term summary as files: a workbook with real numbers, a Word report from an editable template.

Requirement: the term summary as a document with its numbers and denominators (F17; W10; 7.8, 7.13; requirements 3).
"""

import shutil
import struct
import zlib
from datetime import date, datetime
from io import BytesIO

import openpyxl
import pandas as pd
import pytest
from docx import Document
from docxtpl import DocxTemplate

from guanai.care.calendar.school_calendar import Term
from guanai.care.errors import ExchangeError
from guanai.care.figures import Figure
from guanai.care.summary.term_summary import Summary
from guanai.storage.files.workbook_writer import OutputSheet, build_workbook
from guanai.storage.reports.term_report import excel_summary, report_context, word_summary
from guanai.templates import template

TERM = Term("2026 年秋季学期", date(2026, 9, 1), date(2027, 1, 16))
SHIPPED = template("reports") / "term_summary.docx"
FIGURES = (
    Figure("children", "留守儿童占全校学生比例", 277, 1349, 277 / 1349, basis="各班学生数之和"),
    Figure("visits", "家访次数", 312, basis="有日期、有方式的家访"),
    Figure("coverage", "家访覆盖率", 250, 277, 250 / 277, 1.0, False, basis="在册留守儿童"),
    Figure("face_to_face", "面对面家访率", 200, 250, 0.8, 0.8, True, basis="已访到的"),
    Figure("helped", "有帮扶教师的比例", 0, 0, None, basis="在册留守儿童"),
    Figure("duties_done", "各项职责按时办到", 80, 100, 0.8, basis="本学期应办的各条"),
    Figure("duties_late", "各项职责迟办", 4, 100, 0.04, basis="本学期应办的各条"),
    Figure("duties_missed", "各项职责错过", 7, 100, 0.07, basis="本学期应办的各条"),
    Figure("duties_standing", "各项职责还要补办", 9, 100, 0.09, basis="本学期应办的各条"),
    Figure("follow_ups", "未了结的跟进", 4, basis="没有再访的"),
)
TABLES = {
    "by_class": pd.DataFrame(
        {
            "class": ["三年级1班", "=1+1"],
            "grade": pd.array([3, None], dtype="Int64"),
            "children": [9, 1],
            "pupils": [45, 0],
            "share": pd.Series([0.2, None], dtype=object),
        }
    ),
    "by_sex": pd.DataFrame({"sex": ["male"], "label": ["男"], "children": [5], "share": [1.0]}),
    "by_guardian_type": pd.DataFrame(
        {"guardian_type": ["foster"], "label": ["寄养"], "children": [5], "share": [1.0]}
    ),
    "visits_by_mode": pd.DataFrame({"mode": ["door"], "label": ["上门"], "visits": [7], "children": [5]}),
    "visits_by_class": pd.DataFrame(
        {"class": ["三年级1班"], "children": [9], "visits": [7], "visited": [5], "share": [5 / 9]}
    ),
    "problems": pd.DataFrame(
        {"category": ["mind"], "label": ["<心理> & {{ x }}"], "visits": [2], "children": [2]}
    ),
    "follow_ups": pd.DataFrame(
        {
            "visit": ["v1"],
            "child": ["c1"],
            "class": ["三年级1班"],
            "follow_up": pd.to_datetime(["2026-11-30"]),
            "follow_up_what": ["@再访"],
            "status": ["standing"],
        }
    ),
    "duties": pd.DataFrame(
        {"duty": ["谈心"], "persons": [5], "periods": [50], "done": [40], "late": [3], "missed": [6], "standing": [1],
         "share": pd.array([0.8], dtype="Float64")}
    ),
    "duties_by_class": pd.DataFrame(
        {"class": ["三年级1班"], "persons": [5], "periods": [50], "done": [40], "late": [3], "missed": [6], "standing": [1],
         "share": pd.array([0.8], dtype="Float64")}
    ),
    "closing": pd.DataFrame(
        {"duty": ["谈心"], "missed": [6], "missed_persons": [2], "standing": [1], "standing_persons": [1]}
    ),
}  # fmt: skip
SUMMARY = Summary(TERM, date(2026, 11, 20), FIGURES, TABLES)
EMPTY = Summary(
    TERM,
    date(2026, 11, 20),
    tuple(Figure(figure.key, figure.label, 0, basis=figure.basis) for figure in FIGURES),
    {name: table.iloc[:0] for name, table in TABLES.items()},
)


def picture() -> bytes:
    """Return a PNG of one white point."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0\xff")) + chunk(b"IEND", b"")


def words(report: bytes) -> str:
    document = Document(BytesIO(report))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([paragraph.text for paragraph in document.paragraphs] + cells)


def changed(tmp_path, text: str):
    """Return a copy of the shipped template to which a coordinator has added a line."""
    path = tmp_path / "term_summary.docx"
    shutil.copy(SHIPPED, path)
    document = Document(path)
    document.add_paragraph(text)
    document.save(path)
    return path


def test_word_says_every_figure_with_its_denominator() -> None:
    text = words(word_summary(SHIPPED, report_context(SUMMARY, "星光小学", made_by="测试老师"), {}))
    assert "星光小学" in text
    assert "测试老师" in text
    assert "2026 年 11 月 20 日" in text
    for figure in FIGURES:
        assert figure.label in text
        assert figure.basis in text
        assert str(figure.numerator) in text
    for share in ("20.5%", "90.3%", "80.0%", "未达标", "达标"):
        assert share in text
    assert "{{" not in text.replace("{{ x }}", "")
    assert "{%" not in text


def test_word_has_every_table_and_no_childs_name() -> None:
    report = word_summary(SHIPPED, report_context(SUMMARY, "星光小学"), {})
    rows = [
        [cell.text for cell in row.cells] for table in Document(BytesIO(report)).tables for row in table.rows
    ]
    assert ["班级", "年级", "留守儿童数", "学生数", "占比"] in rows
    assert ["三年级1班", "3", "9", "45", "20.0%"] in rows
    assert ["=1+1", "—", "1", "0", "—"] in rows
    assert ["上门", "7", "5"] in rows
    assert ["谈心", "5", "50", "40", "3", "6", "1", "80.0%"] in rows  # what became of it
    assert ["谈心", "6", "2", "1", "1"] in rows  # what the term leaves
    assert "@再访" not in words(report)


def test_word_shows_stored_text_as_it_is() -> None:
    """What somebody typed is text, neither a mark of XML nor a command of the template."""
    tables = TABLES | {"problems": TABLES["problems"].assign(label=["<w:p>&\x0b{{ 7*7 }}"])}
    text = words(
        word_summary(SHIPPED, report_context(Summary(TERM, SUMMARY.on, FIGURES, tables), "A<b>&\x00"), {})
    )
    assert "<w:p>&{{ 7*7 }}" in text
    assert "A<b>&" in text


def test_word_works_in_an_empty_school() -> None:
    text = words(word_summary(SHIPPED, report_context(EMPTY, "星光小学"), {}))
    assert "全校学生 — 人，其中留守儿童 0 人" in text


def test_charts_stand_in_the_report() -> None:
    report = Document(
        BytesIO(
            word_summary(SHIPPED, report_context(SUMMARY, "星光小学"), {"one": picture(), "two": picture()})
        )
    )
    assert len(report.inline_shapes) == 2
    assert "四、图" in words(word_summary(SHIPPED, report_context(SUMMARY, "星光小学"), {"one": picture()}))
    assert "四、图" not in words(word_summary(SHIPPED, report_context(SUMMARY, "星光小学"), {}))


def test_a_coordinator_may_change_the_template(tmp_path) -> None:
    path = changed(
        tmp_path,
        "目标 {{ figure.face_to_face.target }}，{{ table.by_sex.rows[0][0] }}生 {{ table.by_sex.rows[0][1] }} 人",
    )
    assert "目标 80%，男生 5 人" in words(word_summary(path, report_context(SUMMARY, "星光小学"), {}))


def test_the_template_asks_for_nothing_that_there_is_not() -> None:
    """The names in the shipped template are those that `report_context` describes."""
    names = set(report_context(SUMMARY, "")) | {"charts", "chart"}
    document = DocxTemplate(SHIPPED)
    used = document.get_undeclared_template_variables()
    assert used <= names
    assert {"figures", "charts", "table", "school", "term"} <= used
    for name in names - {"charts", "chart"}:
        assert f"``{name}``" in (report_context.__doc__ or "")


@pytest.mark.parametrize(
    ("text", "key", "says"),
    [
        ("{{ schol }}", "report.unknown", "schol"),
        ("{{ figure.coverag.share }}", "report.unknown", "coverag"),
        ("{{ chart.missing }}", "report.unknown", "missing"),
        ("{{ school", "report.syntax", "term_summary.docx"),
        ("{% if school %}", "report.syntax", "term_summary.docx"),
        ("{{ school | nofilter }}", "report.syntax", "nofilter"),
        ("{{ 1 / 0 }}", "report.syntax", "zero"),
        ("{{ school + 1 }}", "report.syntax", "term_summary.docx"),
        ("{{ ''.__class__.__mro__ }}", "report.unsafe", "__mro__"),
        ("{% for x in range(100000000) %}{% endfor %}", "report.unsafe", "range()"),
    ],
)
def test_a_mistake_in_a_template_is_named(tmp_path, text: str, key: str, says: str) -> None:
    with pytest.raises(ExchangeError) as refused:
        word_summary(changed(tmp_path, text), report_context(SUMMARY, "星光小学"), {})
    assert refused.value.key == key
    for language in ("zh", "en"):
        assert "term_summary.docx" in refused.value.message(language)
        assert says in refused.value.message(language)


@pytest.mark.parametrize("content", [None, b"", b"not a document", b"PK\x03\x04 half"])
def test_a_file_that_is_no_word_document_is_refused(tmp_path, content: bytes | None) -> None:
    path = tmp_path / "term_summary.docx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ExchangeError) as refused:
        word_summary(path, report_context(SUMMARY, ""), {})
    assert refused.value.key == "report.unreadable"


def test_a_workbook_in_place_of_the_template_is_refused(tmp_path) -> None:
    path = tmp_path / "term_summary.docx"
    path.write_bytes(excel_summary(SUMMARY))
    with pytest.raises(ExchangeError):
        word_summary(path, report_context(SUMMARY, ""), {})


def test_excel_has_a_sheet_for_the_figures_and_each_table() -> None:
    book = openpyxl.load_workbook(BytesIO(excel_summary(SUMMARY)))
    assert len(book.sheetnames) == 1 + len(TABLES)
    sheet = book["指标"]
    head, *rows = sheet.iter_rows(values_only=True)
    assert head == ("指标", "完成", "应完成", "比例", "目标", "达标", "计算口径")
    assert rows[2] == ("家访覆盖率", 250, 277, 250 / 277, 1, "未达标", "在册留守儿童")
    assert rows[4][1:6] == (0, 0, None, None, "—")
    assert [sheet.cell(4, column).number_format for column in (2, 4, 5)] == ["General", "0.0%", "0.0%"]
    assert all(page.freeze_panes == "A2" for page in book.worksheets)
    assert sheet.column_dimensions["A"].width > len("留守儿童占全校学生比例")


def test_excel_runs_nothing_and_keeps_days_as_days() -> None:
    book = openpyxl.load_workbook(BytesIO(excel_summary(SUMMARY)))
    assert not [
        cell for page in book.worksheets for row in page.iter_rows() for cell in row if cell.data_type == "f"
    ]
    assert book["各班留守儿童"]["A3"].value == "'=1+1"
    head, row = book["待回访"].iter_rows(values_only=True)
    assert dict(zip(head, row, strict=True)) == {
        "班级": "三年级1班",
        "跟进日期": datetime(2026, 11, 30),
        "跟进事项": "'@再访",
        "状态": "补办",
    }


def test_excel_names_children_only_when_told_to() -> None:
    assert "c1" not in str(list(openpyxl.load_workbook(BytesIO(excel_summary(SUMMARY)))["待回访"].values))
    named = openpyxl.load_workbook(BytesIO(excel_summary(SUMMARY, {"c1": "林小雨"})))["待回访"]
    assert [named["A1"].value, named["A2"].value] == ["儿童", "林小雨"]


def test_excel_works_in_an_empty_school() -> None:
    book = openpyxl.load_workbook(BytesIO(excel_summary(EMPTY)))
    assert [page.max_row for page in book.worksheets] == [1 + len(FIGURES)] + [1] * len(TABLES)


def test_any_title_becomes_a_sheet() -> None:
    titles = ["a/b:c?*[x]", "长" * 40, "长" * 40, "", "'q'"]
    book = build_workbook(OutputSheet(title, ["x"], ["text"], []) for title in titles)
    assert len(set(book.sheetnames)) == len(titles)
    saved = BytesIO()
    book.save(saved)
    assert openpyxl.load_workbook(saved).sheetnames == book.sheetnames
