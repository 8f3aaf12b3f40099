"""Records filled in on a telephone: ODK submissions (XML) and the CSV exports of ODK Central and Kobo.

Requirement: a census or a visit is written down at the door, without a network (R6, R16; W1; 7.12).

SU1 groups flat, repeats as rows · SU2 the form's own messages, all or nothing · SU3 twice is once
SU4 Central's and Kobo's headings · SU5 pictures beside the file · SU6 other files are refused · SU7 no defaults
SU8 many at once: zips, folders, files chosen together
"""

import zipfile
from io import BytesIO

import pytest
from PIL import Image
from support.register_files import import_records

from guanai.server.commands.cli import main
from guanai.storage import ExchangeError
from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.imports.sources import read_source, read_submission_files
from guanai.widgets import Choice, ImportPanel

pytestmark = pytest.mark.slow

FORM = """
| survey | type | name | label | required | parameters | default | calculation |
| | start | start | | | | | |
| | begin_group | basics | 基本 | | | | |
| | text | name | 姓名 | yes | | | |
| | date | day | 日期 | | | today() | |
| | begin_group | inner | 内 | | | | |
| | select_multiple wish | wishes | 愿望 | | | | |
| | end_group | | | | | | |
| | end_group | | | | | | |
| | dateTime | moment | 时刻 | | | | |
| | range | mark | 打分 | | start=1 end=5 | | |
| | geopoint | place | 位置 | | | | |
| | image | photo | 照片 | | | | |
| | acknowledge | read | 已读 | | | | |
| | calculate | twice | | | | | ${mark} * 2 |
| | begin_repeat | kin | 家人 | | | | |
| | text | who | 谁 | | | | |
| | image | face | 头像 | | | | |
| | end_repeat | | | | | | |
| choices | list_name | name | label |
| | wish | book | 书 |
| | wish | ball | 球 |
"""
KEY = "uuid:9e8f2b1a-1c1d-4c53-9d0e-0f5c1a2b3c4d"
XML = f"""<?xml version='1.0' ?>
<data id="odk_form" version="1" xmlns:orx="http://openrosa.org/xforms">
 <start>2026-11-20T08:00:00.000+08:00</start>
 <basics><name>林小雨</name><day>2026-11-19</day><inner><wishes>book ball</wishes></inner></basics>
 <moment>2026-11-19T15:30:00.000+08:00</moment><mark>4</mark><place>26.07 119.29 0 0</place>
 <photo>1700.jpg</photo><read>OK</read><twice>8</twice>
 <kin><who>奶奶</who><face/></kin><kin><who>爷爷</who><face>1701.jpg</face></kin>
 <orx:meta><orx:instanceID>{KEY}</orx:instanceID></orx:meta>
</data>"""
RECORD = {
    "start": "2026-11-20T08:00:00.000+08:00",
    "name": "林小雨",
    "day": "2026-11-19",
    "wishes": ["book", "ball"],
    "moment": "2026-11-19T15:30",
    "mark": 4,
    "place": "26.07 119.29 0 0",
    "photo": "1700.jpg",
    "read": "OK",
    "twice": 8,
    "kin": [{"who": "奶奶"}, {"who": "爷爷", "face": "1701.jpg"}],
}


@pytest.fixture
def desk(school):
    (school.folder.forms / "phone.md").write_text(FORM, encoding="utf-8")
    return school


def written(tmp_path, name, text):
    path = tmp_path / name
    path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
    return path


def answers(record):
    system = ("id", "form", "version", "revision", "created_at", "created_by", "updated_at", "updated_by")
    return {key: value for key, value in record.items() if key not in system}


def test_a_submission_becomes_a_record(desk, tmp_path):
    path = written(tmp_path, "one.xml", XML)
    assert list(read_source(path).submissions) == ["one.xml"]
    (row,) = import_records(desk, "phone", path)
    assert (row.state, row.label) == ("new", "林小雨")
    stored = desk.record("phone", KEY.removeprefix("uuid:"))
    assert answers(stored) == RECORD
    assert stored["created_by"] == "测试老师"
    assert FormSession(desk.form("phone"), stored).check() == []


def test_the_same_submission_is_kept_once_and_stays_as_it_was_corrected(desk, tmp_path):
    path = written(tmp_path, "one.xml", XML)
    import_records(desk, "phone", path)
    stored = desk.record("phone", KEY.removeprefix("uuid:"))
    desk.save("phone", stored | {"name": "林小雨（改）"})
    (row,) = import_records(desk, "phone", path)
    assert row.state == "same"
    assert desk.record("phone", stored["id"])["name"] == "林小雨（改）"
    desk.delete("phone", stored["id"])
    assert import_records(desk, "phone", path)[0].state == "same"
    assert desk.frame("phone").empty


def test_a_dry_run_keeps_nothing(desk, tmp_path):
    (row,) = import_records(desk, "phone", written(tmp_path, "one.xml", XML), dry_run=True)
    assert row.state == "new"
    assert desk.frame("phone").empty


def test_what_the_form_refuses_is_told_and_nothing_is_kept(desk, tmp_path):
    wrong = XML.replace("<name>林小雨</name>", "<name/>").replace("<mark>4</mark>", "<mark>9</mark>")
    (row,) = import_records(desk, "phone", written(tmp_path, "one.xml", wrong))
    assert row.state == "bad"
    assert row.messages == ("姓名：请填写", "打分：请填 1 到 5 之间的数，每档相差 1")
    assert desk.frame("phone").empty


def test_what_was_left_empty_on_the_telephone_stays_empty(desk, tmp_path):
    empty = XML.replace("<day>2026-11-19</day>", "<day/>")
    import_records(desk, "phone", written(tmp_path, "one.xml", empty))
    assert "day" not in desk.record("phone", KEY.removeprefix("uuid:"))


CENTRAL = f"""SubmissionDate,start,basics-name,basics-day,basics-inner-wishes,basics-inner-wishes/book,basics-inner-wishes/ball,moment,mark,place-Latitude,place-Longitude,place-Altitude,place-Accuracy,photo,read,twice,SET-OF-kin,meta-instanceID,KEY,SubmitterID,ReviewState
2026-11-20T01:00:00.000Z,2026-11-20T08:00:00.000+08:00,林小雨,2026-11-19,book ball,1,1,2026-11-19T15:30:00.000+08:00,4,26.07,119.29,0,0,1700.jpg,OK,8,{KEY}/kin,{KEY},{KEY},5,
2026-11-20T02:00:00.000Z,,王小山,,,0,0,,,,,,,,,,,uuid:2,uuid:2,5,
"""
CENTRAL_KIN = f"""who,face,PARENT_KEY,KEY,SET-OF-kin
奶奶,,{KEY},{KEY}/kin[1],x
爷爷,1701.jpg,{KEY},{KEY}/kin[2],x
"""
KOBO = """start;basics/name;basics/day;basics/inner/wishes;basics/inner/wishes/book;basics/inner/wishes/ball;mark;_id;_uuid;_submission_time;_index
2026-11-20T08:00:00.000+08:00;林小雨;2026-11-19;书 球;1;1;4;77;9e8f2b1a-1c1d-4c53-9d0e-0f5c1a2b3c4d;2026-11-20T01:00:00;1
"""


def test_the_csv_of_central_with_its_repeats_beside(desk, tmp_path):
    path = written(tmp_path, "odk.csv", CENTRAL)
    written(tmp_path, "odk-kin.csv", CENTRAL_KIN)
    rows = import_records(desk, "phone", path)
    assert [(row.number, row.state, row.messages) for row in rows] == [(2, "new", ()), (3, "new", ())]
    assert answers(desk.record("phone", KEY.removeprefix("uuid:"))) == RECORD
    names = desk.frame("phone")["name"].tolist()
    assert sorted(names) == ["林小雨", "王小山"]
    assert [row.state for row in import_records(desk, "phone", path)] == ["same", "same"]


def test_repeats_that_are_not_there_are_said_to_be_left_out(desk, tmp_path):
    rows = import_records(desk, "phone", written(tmp_path, "odk.csv", CENTRAL))
    assert "kin" in rows[0].messages[0]
    assert "kin" not in desk.record("phone", KEY.removeprefix("uuid:"))


@pytest.mark.parametrize("text", [KOBO, KOBO.replace("basics/inner/wishes;", "").replace("书 球;", "")])
def test_the_csv_of_kobo(desk, tmp_path, text):
    rows = import_records(desk, "phone", written(tmp_path, "kobo.csv", "\ufeff" + text))
    assert [row.state for row in rows] == ["new"]
    stored = desk.record("phone", KEY.removeprefix("uuid:"))
    assert (stored["name"], stored["wishes"], stored["mark"]) == ("林小雨", ["book", "ball"], 4)


KOBO_LABELS = """start;基本/姓名;日期;愿望;愿望/书;愿望/球;打分;_id;_uuid;_index
2026-11-20T08:00:00.000+08:00;林小雨;2026-11-19;书 球;1;1;4;77;9e8f2b1a-1c1d-4c53-9d0e-0f5c1a2b3c4d;1
2026-11-20T09:00:00.000+08:00;王小山;2026-11-19;球;0;1;3;78;1e8f2b1a-1c1d-4c53-9d0e-0f5c1a2b3c4d;2
"""
KOBO_KIN = """谁;_index;_parent_table_name;_parent_index
奶奶;1;phone;1
爷爷;2;phone;1
外婆;3;phone;2
"""


@pytest.mark.parametrize("beside", ["kin.csv", "家人.csv", "kobo-kin.csv"])
@pytest.mark.parametrize("by", ["labels", "names", "uuid"])
def test_the_csv_of_kobo_with_labels_for_headings_and_its_repeats(desk, tmp_path, beside, by):
    kin = KOBO_KIN.replace("谁", "kin/who") if by == "names" else KOBO_KIN
    if by == "uuid":
        keys = {"1": "9e8f2b1a-1c1d-4c53-9d0e-0f5c1a2b3c4d", "2": "1e8f2b1a-1c1d-4c53-9d0e-0f5c1a2b3c4d"}
        rows = [line.split(";") for line in KOBO_KIN.splitlines()]
        kin = "\n".join(f"{who};{keys.get(place, '_submission__uuid')}" for who, _, _, place in rows)
    written(tmp_path, beside, kin)
    rows = import_records(desk, "phone", written(tmp_path, "kobo.csv", KOBO_LABELS))
    assert [(row.state, row.messages) for row in rows] == [("new", ()), ("new", ())]
    first = desk.record("phone", KEY.removeprefix("uuid:"))
    assert (first["name"], first["wishes"], first["mark"]) == ("林小雨", ["book", "ball"], 4)
    assert [relative["who"] for relative in first["kin"]] == ["奶奶", "爷爷"]
    second = desk.record("phone", "1e8f2b1a-1c1d-4c53-9d0e-0f5c1a2b3c4d")
    assert ([relative["who"] for relative in second["kin"]], second["wishes"]) == (["外婆"], ["ball"])


@pytest.mark.parametrize("kind", ["xml", "csv"])
def test_a_telephone_with_an_older_version_loses_nothing(desk, tmp_path, kind):
    """What was renamed since finds its question; what was taken out stays in the record."""
    older = FORM.replace("| | text | name | 姓名 | yes | | | |", "| | text | called | 姓名 | yes | | | |")
    older = older.replace("| | range | mark | 打分 | | start=1 end=5 | | |\n", "").replace("${mark} * 2", "1")
    proposal = desk.as_user("guanai").publishing.upload("phone", "phone.md", older.encode())
    desk.as_user("guanai").publishing.publish(proposal, {"name": "called"})
    path = written(tmp_path, "one.xml", XML) if kind == "xml" else written(tmp_path, "odk.csv", CENTRAL)
    assert {row.state for row in import_records(desk, "phone", path)} == {"new"}
    stored = desk.record("phone", KEY.removeprefix("uuid:"))
    assert (stored["called"], stored["mark"]) == ("林小雨", "4")
    assert "name" not in stored


def test_pictures_beside_the_file_are_kept(desk, tmp_path):
    made = BytesIO()
    Image.new("RGB", (20, 20), "red").save(made, "JPEG")
    written(tmp_path, "1700.jpg", made.getvalue())
    (tmp_path / "media").mkdir()
    written(tmp_path / "media", "1701.jpg", made.getvalue())
    import_records(desk, "phone", written(tmp_path, "one.xml", XML))
    stored = desk.record("phone", KEY.removeprefix("uuid:"))
    for name in (stored["photo"], stored["kin"][1]["face"]):
        assert desk.form("phone").attachments.path(name)


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("a.xml", "<data><x>", "exchange.unreadable"),
        ("a.xml", "<!DOCTYPE a [<!ENTITY b 'c'>]><data><name>&b;</name></data>", "exchange.unreadable"),
        ("a.xml", "<other><something>1</something></other>", "submission.other_form"),
        ("a.csv", "KEY,colour\n1,red\n", "exchange.unknown_columns"),
    ],
)
def test_what_is_no_submission_of_the_form_is_refused(desk, tmp_path, name, content, key):
    with pytest.raises(ExchangeError) as refused:
        import_records(desk, "phone", written(tmp_path, name, content))
    assert refused.value.key == key
    assert desk.frame("phone").empty


def test_a_spreadsheet_of_the_schools_own_is_none(tmp_path):
    assert not read_source(written(tmp_path, "own.csv", "id,姓名\n,林小雨\n")).submissions


def test_the_command_takes_them(desk, tmp_path, capsys):
    path = written(tmp_path, "one.xml", XML)
    main(["import", str(desk.folder.path), "phone", str(path)])
    assert "林小雨" in capsys.readouterr().out
    assert desk.record("phone", KEY.removeprefix("uuid:"))["name"] == "林小雨"


def test_an_answer_from_a_telephone_updates_the_dossier(desk, tmp_path):
    desk.save("class", {"name": "三年级1班", "grade": 3, "level": "primary", "pupils": 42})
    child = desk.save(
        "child", {"name": "林小雨", "sex": "female", "birth_date": "2016-05-04", "class": "三年级1班"}
    )
    (desk.folder.forms / "news.md").write_text(
        "| survey | type | name | label | save_to |\n| | text | who | 谁 | |\n| | text | tel | 电话 | phone |\n"
        "| entities | list_name | entity_id |\n| | child | ${who} |\n",
        encoding="utf-8",
    )
    text = f"<data><who>{child['id']}</who><tel>13911110000</tel></data>"
    import_records(desk, "news", written(tmp_path, "news.xml", text))
    assert desk.record("child", child["id"])["phone"] == "13911110000"
    assert len(desk.frame("news")) == 1


def zipped(path, **files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def jpeg():
    made = BytesIO()
    Image.new("RGB", (20, 20), "red").save(made, "JPEG")
    return made.getvalue()


OTHER = XML.replace(KEY, "uuid:2").replace("林小雨", "王小山")
BRIEFCASE = {
    "forms/odk_form/odk_form.xml": '<h:html xmlns:h="http://www.w3.org/1999/xhtml"><h:head/></h:html>',
    "forms/odk_form/instances/uuid1/submission.xml": XML,
    "forms/odk_form/instances/uuid1/1700.jpg": jpeg(),
    "forms/odk_form/instances/uuid2/submission.xml": OTHER,
}


class TestMany:
    """SU8 many at once: a zip as ODK Briefcase and Central give it, a folder, files chosen together on the page."""

    @pytest.mark.parametrize("way", ["zip", "folder"])
    def test_what_briefcase_gives(self, desk, tmp_path, way):
        path = zipped(tmp_path / "form.zip", **BRIEFCASE)
        if way == "folder":
            with zipfile.ZipFile(path) as archive:
                archive.extractall(tmp_path / "briefcase")
            path = tmp_path / "briefcase"
        preview = desk.imports.preview("phone", path)
        assert [(row.number, row.state, row.label) for row in preview.rows] == [
            (1, "new", "林小雨"),
            (2, "new", "王小山"),
        ]
        done = desk.imports.apply(preview)
        first, second = sorted(desk.table("phone").rows(), key=lambda row: row["name"])
        assert desk.form("phone").attachments.path(first["photo"])
        assert second["photo"] == "1700.jpg"  # its own folder has no such picture
        assert [row.state for row in desk.imports.preview("phone", path).rows] == ["same", "same"]
        assert desk.imports.undo(done.id) == (2, 0)

    def test_what_central_gives(self, desk, tmp_path):
        files = {"odk.csv": CENTRAL, "odk-kin.csv": CENTRAL_KIN, "media/1700.jpg": jpeg()}
        rows = import_records(desk, "phone", zipped(tmp_path / "odk.csv.zip", **files))
        assert [(row.number, row.state) for row in rows] == [(2, "new"), (3, "new")]
        stored = desk.record("phone", KEY.removeprefix("uuid:"))
        assert [relative["who"] for relative in stored["kin"]] == ["奶奶", "爷爷"]
        assert desk.form("phone").attachments.path(stored["photo"])

    def test_files_chosen_together_on_the_page(self, desk):
        page = ImportPanel(desk.imports, desk.form, Choice("登记册", ["phone", "staff"]))
        page.read({"kobo.csv": KOBO_LABELS.encode(), "家人.csv": KOBO_KIN.encode(), "1700.jpg": jpeg()})
        assert page.preview.counts["new"] == 2
        assert "重复部分" not in page.table.table.value
        page.confirm.click()
        assert "新增 2 条" in page.notice.value
        assert {len(record["kin"]) for record in desk.table("phone").rows()} == {1, 2}
        (made,) = desk.imports.completed()
        assert (made.form, made.new) == ("phone", 2)

    def test_a_repeat_without_its_file_is_said_on_the_page(self, desk):
        page = ImportPanel(desk.imports, desk.form, Choice("登记册", ["phone"]))
        page.read({"kobo.csv": KOBO_LABELS.encode()})
        assert "重复部分“kin”" in page.table.table.value

    def test_a_strange_column_is_chosen_on_the_page(self, desk):
        page = ImportPanel(desk.imports, desk.form, Choice("登记册", ["phone"]))
        page.read({"odk.csv": "KEY,colour,叫什么\nuuid:7,red,林小雨\n".encode()})
        (choices,) = page.columns.children
        assert list(choices.undecided) == ["colour", "叫什么"]
        assert page.confirm.disabled
        choices.undecided["colour"].value = ""
        (choices,) = page.columns.children
        choices.undecided["叫什么"].value = "name"
        page.confirm.click()
        assert [record["name"] for record in desk.table("phone").rows()] == ["林小雨"]

    @pytest.mark.parametrize(
        ("files", "key"),
        [
            ({"a.csv": "姓名\n林小雨\n"}, "exchange.no_submissions"),
            ({"a.xml": "\0" * 400_000_000}, "exchange.bomb"),
        ],
        ids=["none", "bomb"],
    )
    def test_a_zip_that_is_refused(self, desk, tmp_path, files, key):
        with pytest.raises(ExchangeError) as refused:
            import_records(desk, "phone", zipped(tmp_path / "a.zip", **files))
        assert refused.value.key == key

    def test_files_of_which_none_holds_submissions(self):
        with pytest.raises(ExchangeError) as refused:
            read_submission_files({"a.csv": "姓名\n".encode(), "b.jpg": jpeg()}, "2 个文件")
        assert refused.value.key == "exchange.together"

    def test_a_zip_that_is_damaged_or_locked(self, desk, tmp_path):
        path = zipped(tmp_path / "a.zip", **BRIEFCASE)
        whole = path.read_bytes()
        locked = bytearray(whole)
        for at in range(len(locked) - 4):
            if locked[at : at + 4] == b"PK\x01\x02":
                locked[at + 8] |= 1
        for content, key in ((whole[:-200], "exchange.bad_zip"), (bytes(locked), "exchange.locked_zip")):
            path.write_bytes(content)
            with pytest.raises(ExchangeError) as refused:
                import_records(desk, "phone", path)
            assert refused.value.key == key
