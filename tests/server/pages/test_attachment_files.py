"""Attachments over HTTP and in a browser: for signed-in people only, nothing in them runs, none too large is sent.

Promise: children's data stays here. Photographs of a visit need a sign-in and run nothing (R16, R18; requirements 3).
"""

import re
from io import BytesIO
from urllib.parse import quote

import pytest
from PIL import Image
from support.browsers import CHROMIUM, QUIET
from support.servers import NAME, PAGES, PASSWORD, start

from guanai.server.commands.http_probe import HttpProbe
from guanai.server.pages.attachment_files import MESSAGE_LIMIT
from guanai.storage import open_school
from guanai.storage.records.attachments import LARGEST, Attachments

CELL = """
from guanai.storage import open_school
from guanai.storage.forms.xlsform.loading import form_of
from guanai.widgets import Form
from guanai.storage.records.school_form import SchoolForm
text = '''| survey | type | name | label |
| | image | photo | 照片 |
| | text | remark | 备注 |'''
form = Form(SchoolForm.of(form_of(text), open_school().form("child").attachments), on_save=lambda record: str(record))
form
"""
HTML = b"<script>alert(1)</script>"


def picture(size=(30, 20)):
    made = BytesIO()
    Image.new("RGB", size, "green").save(made, "PNG")
    return made.getvalue()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    PAGES["photo"] = ["# 照片 / Photo", CELL]
    with start(tmp_path_factory.mktemp("attachments") / "school") as served:
        yield served
    PAGES.pop("photo")


@pytest.fixture(scope="module")
def attachments(server):
    return Attachments(server.folder / "attachments")


def named(server, name):
    """Save a record that names an attachment; return the attachment's name."""
    school = open_school(server.folder)
    school.table("diary").insert({"id": name, "picture": name})
    school.close()
    return name


def test_a_picture_is_shown_to_those_who_see_a_record_that_names_it(server, attachments):
    name = named(server, attachments.save_picture("家访.png", picture()))
    answer = server.signed_in().get(f"/attachment/{quote(name)}")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    stranger = HttpProbe(server.base).get(f"/attachment/{quote(name)}")
    assert "PNG" not in stranger.text
    assert "密码" in stranger.text


@pytest.mark.parametrize("name", ["page.html", "drawing.svg", "plain.txt", "noending"])
def test_a_file_with_scripts_is_downloaded_and_not_shown(server, attachments, name):
    stored = named(server, attachments.save(name, HTML))
    answer = server.signed_in().get(f"/attachment/{stored}")
    assert answer.headers["Content-Type"].startswith("application/octet-stream")
    assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("name", ["nosuch.png", "loose", "..%2Frecords.db", "%00"])
def test_what_no_record_names_is_not_there(server, attachments, name):
    if name == "loose":
        name = attachments.save("loose.txt", b"loose")
    assert server.signed_in().get(f"/attachment/{name}").status in (400, 404)


def test_a_websocket_message_can_be_as_long_as_the_largest_file():
    assert MESSAGE_LIMIT > LARGEST + 1024 * 1024


@pytest.mark.browser
def test_a_photograph_is_stored_and_one_too_large_is_refused_without_loss(server, tmp_path):
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page()
        page.goto(f"{server.base}/login?next=/photo")
        page.get_by_label("姓名").fill(NAME)
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.get_by_label(re.compile("^备注")).fill("门前的路很滑")
        choose = page.get_by_role("button", name="选择图片")
        large = tmp_path / "large.png"
        with large.open("wb") as file:
            file.truncate(LARGEST + 1)
        with page.expect_file_chooser() as chooser:
            choose.click()
        chooser.value.set_files(large)
        page.get_by_role("alert").get_by_text("large.png").wait_for()
        photo = tmp_path / "家访.png"
        Image.effect_noise((2600, 2000), 90).convert("RGB").save(photo)  # more than a message held before
        assert photo.stat().st_size > 10 * 1024 * 1024
        with page.expect_file_chooser() as chooser:
            choose.click()
        chooser.value.set_files(photo)
        page.locator(".guanai-attached img").wait_for()
        playwright.expect(page.get_by_text("large.png")).to_have_count(0)
        playwright.expect(choose).to_have_text("选择图片")
        page.get_by_role("button", name="看大图").click()
        page.get_by_role("button", name="收起").wait_for()
        page.get_by_role("button", name="保存", exact=True).click()
        said = page.locator(".guanai-good").inner_text()
        assert "门前的路很滑" in said
        assert re.search(r"'photo': '家访-\w+\.jpg'", said)
        browser.close()
    assert list((server.folder / "attachments").glob("家访-*.jpg"))
