"""Whatever reads XML refuses a document type, in any encoding and wherever it stands, and a zip that unpacks to too much.

Issue "Who may see and do what", Low: DTDs beyond byte 4096 of a workbook part.

Promise: a file that somebody hands over harms nobody.
"""

import zipfile
from io import BytesIO

import pytest
from openpyxl import Workbook

from guanai.care.errors import GuanaiError
from guanai.storage.files.office_files import MAX_UNPACKED, UnsafeFileError, check_office_file, checked_xml
from guanai.storage.files.xlsx_reader import read_xlsx
from guanai.storage.form_files.uploads import checked_upload
from guanai.storage.forms.xlsform.loading import form_of, load_form
from guanai.storage.imports.odk_submissions import _parse_xml
from guanai.storage.records.list_files import list_rows
from guanai.storage.reports.term_report import word_summary
from guanai.storage.school.workbooks import read_workbook
from guanai.templates import template

DTD = '<!DOCTYPE x [<!ENTITY a "aaaa">]>'
LATE = f"<!--{' ' * 200_000}-->{DTD}"
PARTS = {
    "at once": f"{DTD}<x>&a;</x>".encode(),
    "after a long comment": f"{LATE}<x>&a;</x>".encode(),
    "in small letters after spaces": b" \n" * 9000 + f"{DTD}<x/>".encode(),
    "utf-16": f'<?xml version="1.0" encoding="utf-16"?>{DTD}<x/>'.encode("utf-16"),
    "utf-16 late": f'<?xml version="1.0" encoding="utf-16"?>{LATE}<x/>'.encode("utf-16"),
    "utf-16 without a mark": f'<?xml version="1.0" encoding="utf-16le"?>{DTD}<x/>'.encode("utf-16-le"),
    "utf-32": f"{DTD}<x/>".encode("utf-32"),
    "utf-7": f'<?xml version="1.0" encoding="utf-7"?>{DTD}<x/>'.encode("utf-7"),
    "outside": b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>',
}


def workbook():
    book = Workbook()
    book.active.title = "survey"
    book.active.append(["type", "name", "label"])
    book.active.append(["text", "a", "A"])
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def with_part(content, name, part):
    """Return an Office file with one part replaced, or added."""
    written = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        for one in old.infolist():
            if one.filename != name:
                new.writestr(one, old.read(one))
        new.writestr(name, part)
    return written.getvalue()


READERS = {
    "import": lambda path: read_xlsx(path, path.name),
    "form": load_form,
    "upload": lambda path: checked_upload(path.name, path.read_bytes()),
    "school.xlsx": read_workbook,
    "report": lambda path: word_summary(path, {}, {}),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("how", PARTS)
def test_a_part_with_a_document_type_is_refused(tmp_path, reader, how):
    report = reader == "report"
    good = (template("reports") / "term_summary.docx").read_bytes() if report else workbook()
    name = "word/document.xml" if report else "xl/worksheets/sheet1.xml"
    path = tmp_path / f"{how.replace(' ', '-')}.xlsx"
    path.write_bytes(with_part(good, name, PARTS[how]))
    with pytest.raises(GuanaiError) as caught:
        READERS[reader](path)
    assert path.name in str(caught.value)


@pytest.mark.parametrize("reader", READERS)
def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path, reader):
    good = (template("reports") / "term_summary.docx").read_bytes() if reader == "report" else workbook()
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(with_part(good, "xl/worksheets/sheet9.xml", b" " * (MAX_UNPACKED * 3)))
    with pytest.raises(GuanaiError):
        READERS[reader](path)


@pytest.mark.parametrize("how", PARTS)
def test_a_list_and_a_submission_with_a_document_type_are_refused(tmp_path, how):
    (tmp_path / "prices.xml").write_bytes(PARTS[how])
    with pytest.raises(GuanaiError):
        list_rows(tmp_path, "prices")
    with pytest.raises(GuanaiError):
        _parse_xml(form_of("| survey | type | name | label |\n| | text | x | X |"), "a.xml", PARTS[how], 1)


def test_what_declares_nothing_is_read():
    check_office_file(workbook())
    check_office_file(with_part(workbook(), "xl/media/image1.png", b"\x89PNG\r\n\0\0<!DOCTYPE"))
    text = '<?xml version="1.0" encoding="utf-16"?><x>&lt;!DOCTYPE x&gt; 中文</x>'
    assert checked_xml(text.encode("utf-16"))


def test_a_part_under_another_ending_is_looked_at_too():
    with pytest.raises(UnsafeFileError):
        check_office_file(with_part(workbook(), "xl/worksheets/sheet1.bin", PARTS["utf-16 late"]))
