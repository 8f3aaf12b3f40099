"""A form changed by a coordinator: checked, compared, published, taken back; no answer is lost.

Requirement: the documents print no form layout, so a coordinator changes forms and no answer is lost (requirements 1,
7.4, 7.6).

DE1 what comes out can be changed and put back · DE2 differences and what becomes of answers · DE3 removed answers stay
DE4 renamed questions are mapped, and back · DE5 types · DE6 who may · DE7 two at once · DE8 what is refused
DE9 a new register needs no other step
"""

import threading
from datetime import date
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook, load_workbook
from support.form_designs import change, edited, rows_of, talk
from support.register_files import import_records
from support.signed_in import signed_in

from guanai.storage import AccessError, FormError, GuanaiError, StorageError, open_school
from guanai.storage.exports.export import write_export
from guanai.storage.form_files.form_catalogue import shipped_forms
from guanai.storage.form_files.uploads import LARGEST, REQUIRED_QUESTIONS
from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.school.workbooks import read_workbook, write_workbook

pytestmark = pytest.mark.slow

# -- out and in again


@pytest.mark.slow
@pytest.mark.parametrize("name", shipped_forms())
def test_every_form_comes_back_as_it_went_out(desk, name):
    """DE1"""
    proposal = desk.publishing.upload(name, "x.xlsx", desk.publishing.workbook(name))
    assert proposal.form == proposal.before
    plan = desk.publishing.plan(proposal)
    assert (plan.differences, plan.answers.stored, plan.duties) == ((), (), "")


def test_it_says_where_the_folders_copy_is(desk):
    assert desk.publishing.own_file("talk") == ""
    change(desk, "talk", add=[("mood", "文本", "心情")])
    assert desk.publishing.own_file("talk") == "forms/talk.xlsx"
    assert (desk.folder.path / "forms" / "talk.xlsx").read_bytes() == desk.publishing.workbook("talk")


def test_a_published_change_is_in_use_for_everybody_and_told(desk, child):
    """DE2"""
    talk(desk, child, study="跟得上")
    proposal = desk.publishing.upload(
        "talk",
        "谈心（改）.xlsx",
        edited(
            desk.publishing.workbook("talk"), drop=["life"], add=[("mood", "整数", "心情")], study__必填="是"
        ),
    )
    texts = [difference.text() for difference in desk.publishing.plan(proposal).differences]
    assert texts == ["删去问题“生活”（life）", "“学习”改为必填", "新增问题“心情”（mood）"]
    version = desk.publishing.publish(proposal)
    assert (version.number, version.by, version.what) == (1, "周老师", "published")
    assert version.changes == tuple(texts)
    again = open_school(desk.folder.path)
    assert "mood" in again.form("talk").columns
    assert "life" not in again.form("talk").columns
    assert list(desk.frame("talk").columns)[:4] == ["child", "child_name", "class", "date"]
    assert "mood" in desk.frame("talk")


# -- nothing is lost


def test_the_answers_to_a_removed_question_stay_are_told_and_exported(desk, child, tmp_path):
    """DE3"""
    stored = talk(desk, child, study="跟得上", life="住在奶奶家")
    change(desk, "talk", drop=["life"])
    record = desk.record("talk", stored["id"])
    assert record["life"] == "住在奶奶家"
    assert desk.form("talk").retired["life"].label("zh", "life") == "生活"
    assert desk.form("talk").retired["life"].label("en", "life") == "Daily life"
    assert desk.frame("talk", retired=True)["life"].tolist() == ["住在奶奶家"]
    saved = desk.save("talk", {**record, "study": "进步"})
    assert saved["life"] == "住在奶奶家", "changing the record keeps them"
    write_export(desk, "talk", tmp_path / "talk.xlsx")
    sheet = load_workbook(tmp_path / "talk.xlsx").worksheets[0]
    assert "住在奶奶家" in [cell.value for cell in sheet[2]]
    assert {row.state for row in import_records(desk, "talk", tmp_path / "talk.xlsx")} == {"same"}


def test_a_removed_question_of_a_repeat_keeps_its_answers(desk, child):
    mine = desk.save(
        "child", {**child, "guardians": [{"name": "林奶奶", "relation": "grandmother", "occupation": "务农"}]}
    )
    change(desk, "child", drop=["occupation"])
    saved = desk.save("child", {**desk.record("child", mine["id"]), "village": "柳溪村"})
    assert saved["guardians"][0]["occupation"] == "务农"
    assert desk.form("child").retired["guardians/occupation"].label("zh", "") == "职业"


def test_a_renamed_question_takes_its_answers_along_and_back(desk, child):
    """DE4"""
    earlier = talk(desk, child, life="住在奶奶家")
    publishing = desk.publishing
    proposal = publishing.upload(
        "talk", "talk.xlsx", edited(publishing.workbook("talk"), rename={"life": "daily_life"})
    )
    assert proposal.guesses == {"life": "daily_life"}
    plan = publishing.plan(proposal, proposal.guesses)
    assert [difference.text() for difference in plan.differences] == [
        "问题“生活”的名称由 life 改为 daily_life"
    ]
    assert [answers.text() for answers in plan.answers.stored] == ["“生活”接上原来的 1 条回答"]
    version = publishing.publish(proposal, proposal.guesses)
    now = desk.record("talk", earlier["id"])
    assert now["daily_life"] == "住在奶奶家"
    assert "life" not in now
    assert now["revision"] == earlier["revision"] + 1
    change = desk.history("talk", earlier["id"])[-1]
    assert (change.before["life"], change.after["daily_life"]) == ("住在奶奶家", "住在奶奶家")
    assert version.renames == {"life": "daily_life"}

    later = talk(desk, child, daily_life="新的一条")
    back = publishing.earlier("talk", 0)
    assert back.renames == {"daily_life": "life"}
    publishing.publish(back)
    assert [desk.record("talk", each["id"])["life"] for each in (earlier, later)] == [
        "住在奶奶家",
        "新的一条",
    ]
    assert desk.publishing.own_file("talk") == ""
    assert [version.what for version in publishing.versions("talk")] == ["shipped", "published"]

    again = publishing.earlier("talk", 1)
    assert again.renames == {"life": "daily_life"}
    publishing.publish(again)
    assert desk.record("talk", later["id"])["daily_life"] == "新的一条"
    assert desk.form("talk") == proposal.form


SHARED = "| survey | type | name | label |\n| | begin_group | father | 父亲 |\n| | text | phone | 电话 |\n| | end_group | | |\n"


@pytest.mark.parametrize(
    ("second", "field"),
    [
        (
            "| | begin_group | mother | 母亲 |\n| | text | phone | 母亲电话 |\n| | end_group | | |\n",
            "mother-phone",
        ),
        ("| | text | phone | 学校电话 |\n", "phone"),
    ],
)
def test_a_name_that_comes_to_stand_in_two_places_leaves_each_answer_with_its_question(desk, second, field):
    """DE4: neither does the first question lose its answers nor does the second one get them."""
    publishing = desk.publishing
    publishing.publish(publishing.upload("kin", "kin.md", SHARED.encode(), new=True))
    stored = desk.save("kin", {"phone": "13800000001"})
    proposal = publishing.upload("kin", "kin.md", (SHARED + second).encode())
    kinds = [difference.kind for difference in publishing.plan(proposal).differences]
    assert "removed" not in kinds
    assert kinds.count("added") == 1
    publishing.publish(proposal)
    assert desk.record("kin", stored["id"])["father-phone"] == "13800000001"
    assert field not in desk.record("kin", stored["id"])
    desk.save("kin", {**desk.record("kin", stored["id"]), field: "13900000002"})
    publishing.publish(publishing.earlier("kin", 1))
    assert desk.record("kin", stored["id"])["phone"] == "13800000001"


def test_what_was_begun_before_a_rename_is_saved_under_the_new_name(desk, child):
    """A page opened before, a draft, a telephone's submission: the old name still finds its question."""
    change(desk, "talk", {"life": "daily_life"}, rename={"life": "daily_life"})
    stored = talk(desk, child, life="昨天填的")
    assert stored["daily_life"] == "昨天填的"
    assert "life" not in stored
    change(desk, "talk", {"daily_life": "life"}, rename={"daily_life": "life"})
    assert talk(desk, child, daily_life="今天填的")["life"] == "今天填的"
    assert desk.record("talk", stored["id"])["life"] == "昨天填的"


def test_a_question_that_went_earlier_is_mapped_later(desk, child):
    stored = talk(desk, child, life="住在奶奶家")
    change(desk, "talk", drop=["life"])
    publishing = desk.publishing
    proposal = publishing.upload(
        "talk", "t.xlsx", edited(publishing.workbook("talk"), add=[("home", "文本", "在家")])
    )
    assert [
        (orphan.path, orphan.label, orphan.answers) for orphan in publishing.plan(proposal).answers.orphans
    ] == [("life", "生活", 1)]
    publishing.publish(proposal, {"life": "home"})
    assert desk.record("talk", stored["id"])["home"] == "住在奶奶家"


def test_an_answer_under_the_new_name_is_never_overwritten(desk, child):
    change(desk, "talk", add=[("home", "文本", "在家")])
    stored = talk(desk, child, life="甲", home="乙")
    publishing = desk.publishing
    proposal = publishing.upload("talk", "t.xlsx", edited(publishing.workbook("talk"), drop=["life"]))
    texts = [answers.text() for answers in publishing.plan(proposal, {"life": "home"}).answers.stored]
    assert "1 条里有 1 条的记录已另有回答" in texts[0]
    publishing.publish(proposal, {"life": "home"})
    now = desk.record("talk", stored["id"])
    assert (now["life"], now["home"]) == ("甲", "乙")


@pytest.mark.parametrize(
    ("kind", "given", "becomes"),
    [
        ("整数", ["12", "三次"], [12, None]),
        ("小数", ["3.5", "很多"], [3.5, None]),
        ("日期", ["2026年3月5日", "春天"], ["2026-03-05", None]),
        ("单选 marks", ["好", "不知道"], ["good", None]),
        ("多选 marks", ["good", "不知道"], [["good"], None]),
    ],
)
def test_a_changed_type_tells_what_does_not_fit_and_keeps_it(desk, child, kind, given, becomes):
    """DE5: what fits becomes an answer of the new type, the rest is put aside as it was, and comes back."""
    records = [talk(desk, child, life=text) for text in given]
    publishing = desk.publishing
    content = edited(publishing.workbook("talk"), life__类型=kind, life__外观="")
    book = load_workbook(BytesIO(content))
    sheet = book["选项"] if "选项" in book.sheetnames else book.create_sheet("选项")
    if sheet.max_row == 1:
        sheet.append(["列表", "名称", "标题（中文）"])
    heads = [cell.value for cell in sheet[1]]
    label = next(head for head in heads if head.startswith("标题"))
    for cells in (("marks", "good", "好"), ("marks", "bad", "不好")):
        row = dict(zip(("列表", "名称", label), cells, strict=True))
        sheet.append([row.get(head) for head in heads])
    made = BytesIO()
    book.save(made)
    proposal = publishing.upload("talk", "t.xlsx", made.getvalue())
    texts = [answers.text() for answers in publishing.plan(proposal).answers.stored]
    assert texts == ["“生活”的 2 条回答里有 1 条不合新的类型，原样留在“本表已删除的问题”下面"]
    publishing.publish(proposal)
    now = [desk.record("talk", record["id"]) for record in records]
    assert [record.get("life") for record in now] == becomes
    assert now[1]["life~text"] == given[1]
    assert desk.form("talk").retired["life~text"].label("zh", "") == "生活（改类型前：文本）"
    assert all(FormSession(desk.form("talk"), record).check() == [] for record in now)
    publishing.publish(publishing.earlier("talk", 0))
    back = [desk.record("talk", record["id"]) for record in records]
    assert [str(record["life"]) for record in back][1] == given[1]
    assert "life~text" not in back[1]
    assert isinstance(back[0]["life"], str)


def test_choices_become_text_by_their_labels(desk, child):
    visit = {"child": child["id"], "date": "2026-11-19", "mode": "door", "merits": "乐于助人"}
    stored = desk.save("home_visit", {**visit, "problems": ["study", "life"], "problem_detail": "作业"})
    change(desk, "home_visit", problems__类型="文本")
    assert desk.record("home_visit", stored["id"])["problems"] == "学习、生活"


def test_a_choice_that_went_keeps_its_label(desk, child):
    visit = {"child": child["id"], "date": "2026-11-19", "mode": "door", "merits": "乐于助人"}
    desk.save("home_visit", {**visit, "slot": "noon"})
    book = load_workbook(BytesIO(desk.publishing.workbook("home_visit")))
    sheet = book["选项"]
    row = next(cell.row for cell in sheet["B"] if cell.value == "noon")
    label = sheet.cell(row, 3).value
    sheet.delete_rows(row)
    made = BytesIO()
    book.save(made)
    proposal = desk.publishing.upload("home_visit", "x.xlsx", made.getvalue())
    plan = desk.publishing.plan(proposal)
    assert "choice_removed" in [difference.kind for difference in plan.differences]
    assert "1 条选的是去掉了的选项" in plan.answers.stored[0].text()
    desk.publishing.publish(proposal)
    assert desk.form("home_visit").retired["slot"].choices == {"noon": label}


# -- who, and two at once


@pytest.mark.parametrize(
    ("role", "may"),
    [("coordinator", True), ("headmaster", True), ("deputy", True), ("homeroom", False), ("subject", False)],
)
def test_only_who_answers_for_the_school_publishes(school, role, may):
    """DE6"""
    publishing = signed_in(school, "钱老师", role).publishing
    changed = edited(publishing.workbook("talk"), add=[("mood", "文本", "心情")])
    proposal = (publishing if may else school.publishing).upload("talk", "t.xlsx", changed)
    assert publishing.allowed is may
    if may:
        assert publishing.publish(proposal).number == 1
        return
    with pytest.raises(AccessError) as refused:
        publishing.publish(proposal)
    assert refused.value.key == "designer.not_allowed"
    assert publishing.versions("talk") == []
    assert publishing.own_file("talk") == ""


def test_the_role_is_the_accounts_whatever_the_register_of_staff_says(school):
    staff = school.save("staff", {"name": "钱", "role": "coordinator", "active": "yes"})
    assert signed_in(school, "钱", "coordinator").publishing.allowed
    assert not signed_in(school, "钱", "homeroom", staff=staff["id"]).publishing.allowed
    assert not signed_in(school, "钱", staff=staff["id"]).publishing.allowed


def test_two_who_publish_at_once_do_not_undo_each_other(desk):
    """DE7: the second is told who was first, and nothing of theirs is gone."""
    other = open_school(desk.folder.path).as_user("郑老师", desk.staff_id)
    proposals = [
        (each, each.publishing.upload("talk", "t.xlsx", edited(each.publishing.workbook("talk"), add=[row])))
        for each, row in ((desk, ("mood", "文本", "心情")), (other, ("weather", "文本", "天气")))
    ]
    outcome, barrier = [], threading.Barrier(2)

    def publish(school, proposal):
        barrier.wait()
        try:
            school.publishing.publish(proposal)
            outcome.append("published")
        except GuanaiError as error:
            outcome.append(error.key)

    threads = [threading.Thread(target=publish, args=pair) for pair in proposals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome) == ["designer.meanwhile", "published"]
    assert len(desk.publishing.versions("talk")) == 1


def test_a_file_changed_by_hand_meanwhile_is_not_overwritten(desk):
    change(desk, "talk", add=[("mood", "文本", "心情")])
    proposal = desk.publishing.upload(
        "talk", "t.xlsx", edited(desk.publishing.workbook("talk"), add=[("weather", "文本", "天气")])
    )
    by_hand = edited(desk.publishing.workbook("talk"), add=[("hand", "文本", "手")])
    (desk.folder.forms / "talk.xlsx").write_bytes(by_hand)
    with pytest.raises(GuanaiError) as refused:
        desk.publishing.publish(proposal)
    assert refused.value.key == "designer.changed_by_hand"
    change(desk, "talk", drop=["hand"])
    versions = desk.publishing.versions("talk")
    assert [version.what for version in versions] == ["published", "found", "published"]
    assert desk.versions.content(versions[1]) == by_hand, "what somebody did by hand is kept as a version too"


def test_a_copy_in_markdown_gives_way_to_the_published_workbook(desk):
    text = shipped_forms()["talk"].read_text(encoding="utf-8").replace("学习", "功课")
    (desk.folder.forms / "talk.md").write_text(text, encoding="utf-8")
    before = desk.form("talk")
    change(desk, "talk", add=[("mood", "文本", "心情")])
    assert [path.name for path in desk.folder.forms.glob("talk*")] == ["talk.xlsx"]
    desk.publishing.publish(desk.publishing.earlier("talk", 1))
    assert desk.form("talk") == before


# -- what is refused


def zipped(size):
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b" " * size)
    return made.getvalue()


def plain_book():
    book, made = Workbook(), BytesIO()
    book.active.append(["姓名", "班级"])
    book.save(made)
    return made.getvalue()


@pytest.mark.parametrize(
    ("file", "content", "key"),
    [
        ("t.xlsx", b"", "designer.empty_file"),
        ("t.xlsx", b"x" * (LARGEST + 1), "designer.too_large"),
        ("t.xlsx", zipped(80_000_000), "designer.too_large"),
        ("t.xlsx", b"hello", "form.not_workbook"),
        ("t.xlsx", zipped(10), "form.not_workbook"),
        ("t.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "designer.old_xls"),
        (
            "t.xlsx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "designer.password",
        ),
        ("photo.jpg", b"\xff\xd8\xff", "form.file_kind"),
        ("t.xlsx", plain_book(), "form.no_survey"),
        ("t.md", b"\xff\xfe", "form.not_text"),
    ],
)
def test_a_file_that_is_no_form_is_refused_in_words(desk, file, content, key):
    """DE8"""
    with pytest.raises(FormError) as refused:
        desk.publishing.upload("talk", file, content)
    assert refused.value.key == key
    assert file in refused.value.message()
    assert desk.publishing.versions("talk") == []


def test_a_mistake_is_told_by_file_sheet_row_and_column(desk):
    with pytest.raises(FormError) as refused:
        desk.publishing.upload(
            "talk", "谈心.xlsx", edited(desk.publishing.workbook("talk"), life__类型="文木")
        )
    assert "谈心.xlsx" in refused.value.message()
    row = rows_of(load_workbook(BytesIO(desk.publishing.workbook("talk"))))[2]["life"]
    assert (refused.value.sheet, refused.value.row, refused.value.column) == ("问题", row, "类型")


def test_a_rename_onto_a_name_that_is_there_is_refused(desk):
    with pytest.raises(FormError) as refused:
        desk.publishing.upload(
            "talk", "t.xlsx", edited(desk.publishing.workbook("talk"), rename={"life": "study"})
        )
    assert refused.value.key == "form.name_twice"


def test_two_questions_cannot_become_one(desk):
    content = edited(
        desk.publishing.workbook("talk"), drop=["study", "life"], add=[("both", "文本", "学习生活")]
    )
    proposal = desk.publishing.upload("talk", "t.xlsx", content)
    with pytest.raises(GuanaiError) as refused:
        desk.publishing.plan(proposal, {"study": "both", "life": "both"})
    assert refused.value.key == "designer.rename_twice"


@pytest.mark.parametrize(
    ("form", "key"), [(form, key) for form, keys in REQUIRED_QUESTIONS.items() for key in keys]
)
def test_what_the_software_reads_cannot_be_left_out(desk, form, key):
    """``designer.needed``, or ``form.reference_unknown`` where another question asks for it."""
    with pytest.raises(FormError):
        desk.publishing.upload(form, "x.xlsx", edited(desk.publishing.workbook(form), drop=[key]))


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("", "designer.bad_name"),
        ("两个 字", "designer.bad_name"),
        ("../talk", "designer.bad_name"),
        ("1a", "designer.bad_name"),
        ("x" * 41, "designer.bad_name"),
        ("account", "designer.reserved"),
        ("Merge", "designer.reserved"),
        ("form_version", "designer.reserved"),
        ("CON", "designer.reserved"),
        ("talk", "designer.taken"),
        ("Talk", "designer.taken"),
    ],
)
def test_a_new_register_has_a_name_of_its_own(desk, name, key):
    with pytest.raises(GuanaiError) as refused:
        desk.publishing.upload(name, "x.xlsx", desk.publishing.workbook(""), new=True)
    assert refused.value.key == key


def test_versions_that_are_not_there(desk):
    with pytest.raises(GuanaiError) as refused:
        desk.publishing.earlier("talk", 3)
    assert refused.value.key == "designer.no_version"
    version = change(desk, "talk", add=[("mood", "文本", "心情")])
    (desk.folder.path / version.file).unlink()
    with pytest.raises(StorageError) as refused:
        desk.publishing.earlier("talk", 1)
    assert refused.value.key == "designer.version_gone"
    with pytest.raises(GuanaiError) as refused:
        desk.publishing.workbook("nothing")
    assert refused.value.key == "school.no_form"


def test_a_file_that_is_open_elsewhere_changes_nothing(desk, child, monkeypatch):
    """On Windows a workbook that is open in WPS cannot be replaced."""
    stored = talk(desk, child, life="住在奶奶家")
    publishing = desk.publishing
    proposal = publishing.upload(
        "talk", "t.xlsx", edited(publishing.workbook("talk"), rename={"life": "home"})
    )
    really = Path.replace

    def refuse(self, target):
        if Path(target).name == "talk.xlsx":
            raise PermissionError(13, "in use")
        return really(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(StorageError) as refused:
        publishing.publish(proposal, {"life": "home"})
    assert refused.value.key == "designer.unwritable"
    assert desk.record("talk", stored["id"]) == stored
    assert publishing.versions("talk") == []
    monkeypatch.undo()
    assert publishing.publish(proposal, {"life": "home"}).number == 1
    assert desk.record("talk", stored["id"])["home"] == "住在奶奶家"


def test_a_duty_that_asks_for_a_lost_question_is_told_before(desk):
    workbook = desk.folder.workbook
    sheets = read_workbook(workbook)
    sheets["职责"].append(
        {
            "名称": "谈生活",
            "种类": "次数",
            "对象": "儿童",
            "记录": "谈心",
            "记录条件": "life != 空",
            "至少": "1",
            "周期": "每学期",
        }
    )
    write_workbook(workbook, sheets)
    fresh = open_school(desk.folder.path).as_user("周老师", desk.staff_id)
    assert fresh.notices == []
    proposal = fresh.publishing.upload(
        "talk", "t.xlsx", edited(fresh.publishing.workbook("talk"), drop=["life"])
    )
    assert "life" in fresh.publishing.plan(proposal).duties
    assert "职责" in fresh.publishing.plan(proposal).duties
    fresh.publishing.publish(proposal)
    after = open_school(desk.folder.path)
    assert "life" in after.notices[0]
    assert after.name == "星光小学", "it is still the school's own workbook"
    forces = {duty.name: duty.in_force for duty in after.policy.duties}
    assert forces == {duty.name: duty.name != "谈生活" and duty.in_force for duty in fresh.policy.duties}
    assert after.due() is not None


# -- a new register


def test_a_new_form_is_a_register_with_everything_at_once(desk, child, tmp_path):
    """DE9: list, record, timeline, search, import, export, history, duty, and nothing else to do."""
    blank = edited(desk.publishing.workbook(""), add=[("size", "整数", "鞋码")])
    proposal = desk.publishing.upload("shoes", "送鞋.xlsx", blank, new=True)
    assert proposal.before is None
    assert desk.publishing.plan(proposal).differences == ()
    desk.publishing.publish(proposal)
    school = open_school(desk.folder.path).as_user("周老师", desk.staff_id)
    assert "shoes" in school.forms()
    assert school.frame("shoes").empty
    with pytest.raises(GuanaiError):
        school.save("shoes", {"date": "2026-11-19"})
    stored = school.save(
        "shoes", {"child": child["id"], "date": "2026-11-19", "kind": "one", "note": "球鞋", "size": "35"}
    )
    assert school.frame("shoes").iloc[0]["child_name"] == "林小雨"
    assert [record["note"] for record in school.about(child["id"])["records"]["shoes"]] == ["球鞋"]
    assert [change.kind for change in school.history("shoes", stored["id"])] == ["insert"]

    sheets = read_workbook(school.folder.workbook)
    sheets["职责"].append(
        {
            "名称": "每学期送鞋",
            "种类": "次数",
            "对象": "儿童",
            "记录": "shoes",
            "至少": "1",
            "周期": "每学期",
            "责任人": "班主任",
        }
    )
    write_workbook(school.folder.workbook, sheets)
    school = open_school(desk.folder.path).as_user("周老师", desk.staff_id)
    assert school.notices == []
    lines = school.due(done=True)
    assert "每学期送鞋" in [duty.name for duty in school.policy.duties]
    assert set(lines["duty"]) <= {duty.name for duty in school.policy.duties}

    write_export(school, "shoes", tmp_path / "shoes.xlsx")
    book = load_workbook(tmp_path / "shoes.xlsx")
    again = [cell.value if cell.value != "球鞋" else "雨鞋" for cell in book.worksheets[0][2]]
    book.worksheets[0].append([None, *again[1:]])
    book.save(tmp_path / "shoes.xlsx")
    assert [row.state for row in import_records(school, "shoes", tmp_path / "shoes.xlsx")] == ["same", "new"]
    school.delete("shoes", stored["id"])
    assert [change.before["note"] for change in school.deletions("shoes")] == ["球鞋"]
    assert [(version.number, version.what) for version in school.publishing.versions("shoes")] == [
        (1, "published")
    ]
    with pytest.raises(GuanaiError) as refused:
        school.publishing.earlier("shoes", 0)
    assert refused.value.key == "designer.not_shipped"


def test_the_blank_workbook_is_ready_to_be_filled(desk):
    form = desk.publishing.upload("x", "x.xlsx", desk.publishing.workbook(""), new=True).form
    assert form.title() == "新登记表"
    assert form.title("en") == "New register"
    assert list(form.columns) == ["child", "by", "date", "kind", "note"]
    called = desk.publishing.upload(
        "x", "x.xlsx", desk.publishing.workbook("", title="花圃值日"), new=True
    ).form
    assert [called.title(), called.title("en")] == ["花圃值日", "花圃值日"]
    session = FormSession(
        form, today=date(2026, 11, 20), instances=lambda name: [{"id": "1", "label": "林小雨"}]
    )
    assert session.state("date").value == "2026-11-20"
