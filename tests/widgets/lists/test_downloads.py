"""Downloads (widgets/lists/downloads.py): the file travels in the page, one click, a link in any case.

Requirement: export as spreadsheets and documents (7.8).
"""

from base64 import b64decode

from guanai.care.errors import ExchangeError
from guanai.widgets import Choice, Download


def test_one_click_makes_the_file_and_starts_the_download():
    download = Download("下载", "汇总 <秋>.xlsx", lambda: b"content")
    assert download.link.value == ""
    download.click()
    assert download.content == b"content"
    address = download.link.value.split('href="')[1].split('"')[0]
    assert address.startswith("data:application/vnd.openxmlformats")
    assert b64decode(address.split(",")[1]) == b"content"
    assert 'download="汇总 &lt;秋&gt;.xlsx"' in download.link.value
    assert "application/javascript" in download.script.outputs[0]["data"]


def test_the_file_is_dropped_when_an_input_changes():
    term = Choice("学期", ["春", "秋"])
    download = Download("下载", lambda chosen: f"{chosen}.docx", lambda chosen: chosen.encode(), term)
    download.click()
    assert "春.docx" in download.link.value
    term.value = "秋"
    assert download.link.value == ""
    download.click()
    assert download.content == "秋".encode()


def test_a_file_that_cannot_be_made_says_why():
    def fail():
        raise ExchangeError("form.ready")

    download = Download("下载", "x.xlsx", fail)
    download.click()
    assert "guanai-bad" in download.link.value
    assert download.button.disabled is False
