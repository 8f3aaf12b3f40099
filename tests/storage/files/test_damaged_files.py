"""A file changed inside on its way is refused in words, whatever reads it.

Promise: errors say where and what to do, also of a file that was damaged on its way (7.8).
"""

import io
from random import Random

import pytest
from openpyxl import Workbook

from guanai.care.errors import GuanaiError
from guanai.storage.files.file_collections import ZippedFiles
from guanai.storage.files.xlsx_reader import read_xlsx
from guanai.storage.forms.xlsform.loading import load_form
from guanai.storage.reports.term_report import word_summary
from guanai.storage.school.workbooks import read_workbook
from guanai.templates import template


def workbook():
    book = Workbook()
    book.active.title = "survey"
    book.active.append(["type", "name", "label"])
    for number in range(40):
        book.active.append(["text", f"name_{number}", f"第{number}栏"])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


READERS = {
    "import": lambda path: read_xlsx(path, path.name),
    "zip": lambda path: dict(ZippedFiles(path.read_bytes(), path.name)),
    "form": load_form,
    "school.xlsx": read_workbook,
    "report": lambda path: word_summary(path, {}, {}),
}


@pytest.mark.parametrize("reader", READERS)
def test_it_is_read_or_refused_in_words(tmp_path, reader):
    chance = Random(20261122)  # noqa: S311 - no secret
    good = (template("reports") / "term_summary.docx").read_bytes() if reader == "report" else workbook()
    refused = 0
    for number in range(40):
        content = bytearray(good)
        for _ in range(chance.choice([1, 5, 20])):
            content[chance.randrange(len(content))] = chance.randrange(256)
        path = tmp_path / f"{number}.xlsx"  # another name each time: nothing kept of the one before
        path.write_bytes(content[: chance.randrange(len(content))] if number % 4 == 0 else content)
        try:
            READERS[reader](path)
        except GuanaiError as error:
            refused += 1
            assert path.name in str(error)
    assert refused > 10
