"""Pictures and files of records: kept once, small, under safe names, or refused with a reason.

Requirement: photographs and papers of a record (R18, R45; requirements 3). Promise: kept safely or refused with a reason.
"""

from io import BytesIO

import pytest
from PIL import Image

from guanai.care.errors import GuanaiError
from guanai.storage.records import attachments
from guanai.storage.records.attachments import Attachments, safe_name


def picture(size=(40, 20), kind="PNG", mode="RGB", **options):
    made = BytesIO()
    Image.new(mode, size, "red").save(made, kind, **options)
    return made.getvalue()


def camera(size=(4000, 3000), turned=6):
    """A photograph as a telephone makes it: large, on its side, with the place written into it."""
    exif = Image.Exif()
    exif[0x0112] = turned
    exif.get_ifd(0x8825)[1] = "N"
    return picture(size, "JPEG", exif=exif)


@pytest.fixture
def shelf(tmp_path):
    return Attachments(tmp_path / "attachments")


def opened(shelf, name):
    return Image.open(shelf.path(name))


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("家访照片.JPG", "家访照片.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\a b.png", "a_b.png"),
        (".hidden", "hidden"),
        ("", "file"),
        ("...", "file"),
        ("a\x00b\n.pdf", "a_b.pdf"),
        ("<script>.html", "script.html"),
        ("con.tar.gz", "con.tar.gz"),
        ("x" * 300 + ".jpeg", "x" * 60 + ".jpeg"),
        ("ｆｕｌｌ．ＰＮＧ", "full.png"),
        ("%2e%2e%2fa.png", "2e_2e_2fa.png"),
    ],
)
def test_names_are_made_safe(name, safe):
    assert safe_name(name) == safe


def test_a_file_is_kept_under_its_name_and_a_mark(shelf):
    name = shelf.save("承诺书.pdf", b"%PDF-1.4")
    assert name.startswith("承诺书-")
    assert name.endswith(".pdf")
    assert shelf.path(name).read_bytes() == b"%PDF-1.4"
    assert shelf.save("承诺书.pdf", b"%PDF-1.4") == name
    assert shelf.save("承诺书.pdf", b"%PDF-1.5") != name
    assert len(list(shelf.folder.iterdir())) == 2


def test_a_photograph_is_made_small_upright_and_says_nothing_about_where(shelf):
    name = shelf.save_picture("IMG_0001.JPG", camera())
    with opened(shelf, name) as picture_file:
        assert picture_file.size == (1200, 1600)
        assert not picture_file.getexif()
    assert shelf.path(name).stat().st_size < 200_000


def test_a_form_says_how_large(shelf):
    with opened(shelf, shelf.save_picture("a.jpg", camera(), 400)) as picture_file:
        assert max(picture_file.size) == 400


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_small_picture_is_kept_as_it_came(shelf, kind):
    content = picture(kind=kind)
    name = shelf.save_picture("图.bmp", content)
    assert shelf.path(name).read_bytes() == content
    assert name.endswith(attachments.PICTURES[kind])


def test_a_drawing_with_a_see_through_ground_stays_so(shelf):
    with opened(shelf, shelf.save_picture("a.png", picture((3000, 3000), "PNG", "RGBA"))) as picture_file:
        assert (picture_file.format, max(picture_file.size)) == ("PNG", 1600)


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "attachment.no_picture"),
        (b"<svg onload=alert(1)>", "attachment.no_picture"),
        (b"%PDF-1.4", "attachment.no_picture"),
        (picture()[:60], "attachment.no_picture"),
    ],
)
def test_what_is_no_picture_is_refused(shelf, content, key):
    with pytest.raises(GuanaiError) as refused:
        shelf.save_picture("a.png", content)
    assert refused.value.key == key
    assert not shelf.folder.exists()


def test_what_is_too_large_is_refused(shelf, monkeypatch):
    monkeypatch.setattr(attachments, "LARGEST", 10)
    for save in (shelf.save, shelf.save_picture):
        with pytest.raises(GuanaiError) as refused:
            save("a.png", picture())
        assert refused.value.key == "attachment.too_large"
    monkeypatch.setattr(attachments, "_MOST_PIXELS", 100)
    monkeypatch.setattr(attachments, "LARGEST", 10**9)
    with pytest.raises(GuanaiError) as refused:
        shelf.save_picture("a.png", picture())
    assert refused.value.key == "attachment.too_many_pixels"


def test_an_empty_file_is_refused(shelf):
    with pytest.raises(GuanaiError) as refused:
        shelf.save("a.txt", b"")
    assert refused.value.key == "attachment.empty"


def test_a_folder_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "attachments").write_text("in the way", encoding="utf-8")
    with pytest.raises(GuanaiError) as refused:
        Attachments(tmp_path / "attachments").save("a.txt", b"x")
    assert refused.value.key == "attachment.unwritable"


@pytest.mark.parametrize(
    "name", ["../secret.txt", "..", ".", "", ".hidden", "sub/a.txt", "/etc/passwd", "nosuch.txt"]
)
def test_no_name_leads_out_of_the_folder(shelf, tmp_path, name):
    shelf.save("a.txt", b"x")
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    (shelf.folder / ".hidden").write_text("secret", encoding="utf-8")
    (shelf.folder / "sub").mkdir()
    (shelf.folder / "sub" / "a.txt").write_text("x", encoding="utf-8")
    assert shelf.path(name) is None


def test_a_link_is_not_followed(shelf, tmp_path):
    shelf.save("a.txt", b"x")
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    (shelf.folder / "b.txt").symlink_to(tmp_path / "secret.txt")
    assert shelf.path("b.txt") is None


def test_a_thumbnail_is_small_and_only_of_pictures(shelf):
    name = shelf.save_picture("a.jpg", camera())
    with Image.open(BytesIO(shelf.thumbnail(name))) as small:
        assert max(small.size) == 240
    assert shelf.thumbnail(shelf.save("a.txt", b"x")) is None
    assert shelf.thumbnail("gone.jpg") is None


def test_a_school_keeps_them_in_its_folder(school):
    name = school.form("child").attachments.save("a.txt", b"x")
    assert (school.folder.attachments / name).read_bytes() == b"x"
