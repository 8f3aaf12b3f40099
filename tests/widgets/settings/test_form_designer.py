"""The form designer on the screen, without a browser.

Requirement: the documents print no form layout, so a coordinator changes forms (requirements 1, 7.4, 7.6).
"""

from datetime import UTC, datetime
from io import BytesIO

import pytest
from openpyxl import load_workbook
from support.form_designs import change, edited, rows_of, talk
from support.signed_in import signed_in

from guanai.widgets import Designer, Dossier, Form

pytestmark = pytest.mark.slow


def texts(widget):
    """Return everything that stands in a widget, hidden parts left out."""
    if getattr(getattr(widget, "layout", None), "display", None) == "none":
        return ""
    parts = [getattr(widget, name, "") for name in ("value", "description")]
    own = "\n".join(part for part in parts if isinstance(part, str))
    return own + "\n".join(texts(inner) for inner in getattr(widget, "children", ()))


@pytest.fixture
def designer(desk):
    return Designer(desk.publishing, "talk")


def upload(designer, file, content):
    """Upload a file as the browser does."""
    about = {"name": file, "type": "", "size": len(content), "last_modified": datetime.now(UTC)}
    designer.upload.value = ({**about, "content": memoryview(content)},)


def changed(designer, name="talk", **edits):
    return edited(designer.download._make(name), **edits)


def test_a_form_is_downloaded_changed_uploaded_published_and_reverted(designer, desk, child):
    record = talk(desk, child, life="住在奶奶家")
    assert "软件自带的表" in texts(designer)
    designer.download.click()
    assert 'download="talk.xlsx"' in designer.download.link.value
    upload(
        designer,
        "谈心.xlsx",
        edited(designer.download.content, drop=["life"], add=[("mood", "文本", "心情")]),
    )
    said = texts(designer)
    assert "检查过了" in said
    assert "删去问题“生活”（life）" in said
    assert "新增问题“心情”（mood）" in said
    assert "有 1 条回答，留在各自的记录里" in said
    view = designer.view
    assert "life" in view.before.controls
    assert "mood" in view.after.controls
    view.publish.click()
    assert "第 1 版" in designer.notice.value
    assert designer.view is None
    assert "mood" in desk.form("talk").columns
    assert "forms/talk.xlsx" in texts(designer)
    assert "周老师 发布" in texts(designer)
    designer.take_back[0].click()
    assert "新增问题“生活”（life）" in texts(designer)
    designer.view.publish.click()
    assert "已恢复成软件自带的表" in designer.notice.value
    assert desk.record("talk", record["id"])["life"] == "住在奶奶家"
    assert "mood" not in desk.form("talk").columns
    designer.take_back[1].click()
    designer.view.publish.click()
    assert "mood" in desk.form("talk").columns
    assert "换回第 1 版" in texts(designer)


def test_the_preview_answers_and_saves_nothing(designer, desk, child):
    upload(designer, "t.xlsx", changed(designer, add=[("mood", "整数", "心情")], study__必填="是"))
    preview = designer.view.after
    preview.fill(mood="高兴")
    assert "不是整数" in preview.errors["mood"]
    preview.save.click()
    assert {"study", "child"} <= set(preview.errors)
    preview.fill(mood="5", study="好", child=child["id"], by=desk.staff_id)
    preview.save.click()
    assert "没有保存" in preview.notice.value
    assert desk.frame("talk").empty
    assert desk.drafts().all() == []


def test_a_renamed_question_is_mapped_by_a_choice(designer, desk, child):
    record = talk(desk, child, life="住在奶奶家")
    upload(designer, "t.xlsx", changed(designer, rename={"life": "daily"}))
    view = designer.view
    assert list(view.mappings) == ["life"]
    assert view.mappings["life"].value == "daily", "the guess is offered"
    view.mappings["life"].value = None
    assert "删去问题“生活”" in view.differences.value
    view.mappings["life"].value = "daily"
    assert (
        "名称由 life 改为 daily" not in view.differences.value
        or "接上原来的 1 条回答" in view.differences.value
    )
    view.publish.click()
    assert desk.record("talk", record["id"])["daily"] == "住在奶奶家"


def test_two_old_questions_for_one_new_one_are_an_error(designer, desk, child):
    talk(desk, child, life="甲", study="乙")
    upload(
        designer, "t.xlsx", changed(designer, drop=["life", "study"], add=[("both", "文本", "生活和学习")])
    )
    view = designer.view
    for choice in view.mappings.values():
        choice.value = "both"
    assert view.publish.disabled
    assert "只能接一个" in view.notice.value
    view.mappings["life"].value = None
    assert not view.publish.disabled
    assert view.notice.value == ""


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("t.xlsx", b"hello", "不是 .xlsx 工作簿"),
        ("t.xlsx", b"", "空的"),
        ("<b>.docx", b"PK", "&lt;b&gt;.docx"),
    ],
)
def test_a_file_that_cannot_be_used_shows_an_error_and_changes_nothing(designer, desk, file, content, said):
    upload(designer, file, content)
    assert said in designer.notice.value
    assert designer.view is None
    assert desk.publishing.versions("talk") == []


def test_a_mistake_says_where(designer):
    upload(designer, "谈心.xlsx", changed(designer, life__类型="文木"))
    row = rows_of(load_workbook(BytesIO(designer.download._make("talk"))))[2]["life"]
    for part in ("谈心.xlsx", "问题", f"第 {row} 行", "类型", "文木"):
        assert part in designer.notice.value


def test_who_may_not_publish_sees_why(school, child):
    made = school.save("staff", {"name": "钱老师", "role": "homeroom", "active": "yes"})
    designer = Designer(signed_in(school, "钱老师", "homeroom", staff=made["id"]).publishing, "talk")
    assert "只有校长" in texts(designer)
    upload(designer, "t.xlsx", changed(designer, add=[("mood", "文本", "心情")]))
    assert designer.view is None
    assert "校长" in designer.notice.value
    assert "mood" not in school.form("talk").columns


def test_somebody_else_was_first(desk):
    first, second = (Designer(desk.publishing, "talk") for _ in range(2))
    for designer, name in ((first, "mood"), (second, "weather")):
        upload(designer, "t.xlsx", changed(designer, add=[(name, "文本", "新问题")]))
    first.view.publish.click()
    second.view.publish.click()
    assert "周老师 已经发布了" in second.view.notice.value
    assert "weather" not in desk.form("talk").columns


def test_a_new_register_from_the_blank_workbook(desk):
    designer = Designer(desk.publishing)
    designer.download.click()
    assert 'download="新登记表.xlsx"' in designer.download.link.value
    designer.name.value = "花圃值日"
    designer.download.click()
    assert 'download="花圃值日.xlsx"' in designer.download.link.value
    assert load_workbook(BytesIO(designer.download.content))["设置"]["A2"].value == "花圃值日"
    designer.name.value = ""
    designer.download.click()
    book = load_workbook(BytesIO(designer.download.content))
    settings = book["设置"]
    settings["A2"] = "送鞋登记"
    made = BytesIO()
    book.save(made)
    upload(designer, "送鞋 登记.xlsx", made.getvalue())
    assert "不能作表单的名称" in designer.notice.value
    designer.name.value = "送鞋"
    upload(designer, "送鞋 登记.xlsx", made.getvalue())
    assert "新登记表“送鞋登记”，5 个问题" in texts(designer)
    assert designer.view.before is None
    designer.view.publish.click()
    assert 'href="register?form=%E9%80%81%E9%9E%8B"' in designer.notice.value
    assert designer.choice.value == "送鞋"
    assert "送鞋" in desk.forms()


# -- where the answers of questions that went are shown


def test_a_record_shows_what_its_form_no_longer_asks(desk, child):
    visit = {"child": child["id"], "date": "2026-11-19", "mode": "door", "merits": "乐于助人"}
    record = desk.save("home_visit", {**visit, "slot": "noon", "situation": "<b>林奶奶</b>"})
    change(desk, "home_visit", drop=["slot", "situation"])
    form = Form(desk.form("home_visit"), record=desk.record("home_visit", record["id"]))
    assert "本表已删除的问题" in form.retired.value
    assert "中午" in form.retired.value, "a choice by its label"
    assert "&lt;b&gt;林奶奶&lt;/b&gt;" in form.retired.value
    assert Form(desk.form("home_visit")).retired.value == ""
    form.fill(merits="勤快")
    form.save.click()
    assert form.record["slot"] == "noon"


def test_the_dossier_shows_it_on_the_timeline(desk, child):
    talk(desk, child, study="跟得上", life="住在奶奶家")
    change(desk, "talk", drop=["life"])
    about = desk.about(child["id"])
    records = about.pop("records")
    dossier = Dossier(child, forms=about["forms"], records=records)
    assert "本表已删除的问题" in texts(dossier)
    assert "住在奶奶家" in texts(dossier)
