"""A register that the school made itself: closed when it is not wanted any more, kept, opened again.

Requirement: a school chooses which records it keeps (requirements 1, 7.4, 7.6).

CL1 kept and readable · CL2 nothing is added, by a form or an import · CL3 not offered · CL4 opened again
CL5 what ships or a duty names stays open · CL6 only coordinators
"""

import pytest
from support.signed_in import signed_in

from guanai.care.errors import AccessError, GuanaiError
from guanai.storage.imports.run import Choices
from guanai.widgets import Designer, RegisterIndex, register_links

SHOE = "| survey | type | name | label |\n| | text | name | 名 |\n| | integer | size | 鞋码 |\n"


@pytest.fixture
def desk(school):
    (school.folder.forms / "shoe.md").write_text(SHOE, encoding="utf-8")
    school.save("shoe", {"name": "林小雨", "size": 36})
    return school


def test_its_records_stay_and_none_is_added(desk, tmp_path):
    """CL1, CL2, CL4"""
    (record,) = desk.table("shoe").rows()
    desk.publishing.close("shoe")
    assert desk.closed == {"shoe"}
    assert desk.frame("shoe")["size"].tolist() == [36]
    assert desk.save("shoe", {**record, "size": 37})["size"] == 37
    (tmp_path / "in.csv").write_text("名,鞋码\n周小河,38\n", encoding="utf-8")
    preview = desk.imports.preview("shoe", tmp_path / "in.csv", Choices())
    for add in (lambda: desk.save("shoe", {"name": "周小河"}), lambda: desk.imports.apply(preview)):
        with pytest.raises(GuanaiError) as refused:
            add()
        assert refused.value.key == "register.closed"
    assert len(desk.table("shoe")) == 1
    desk.publishing.reopen("shoe")
    assert desk.imports.apply(preview).new == 1


def test_it_is_not_offered(desk):
    """CL3: it lies folded at the foot of the registers, without a way to a new record."""
    desk.publishing.close("shoe")
    index = RegisterIndex(desk.all_forms(), desk.counts(), closed=desk.closed)
    assert "shoe" not in [name for names in index.groups.values() for name in names]
    _, folded = index.body.value.split("<details>")
    assert "register?form=shoe" in folded
    assert "new=1" not in folded
    assert not any("new=1" in way for way in register_links("shoe", closed=True).values())


def test_the_form_can_still_be_changed(desk):
    """Closed and opened again it is the same form: nothing was changed by hand."""
    desk.publishing.close("shoe")
    workbook = desk.publishing.workbook("shoe")
    desk.publishing.publish(desk.publishing.upload("shoe", "shoe.xlsx", workbook))
    assert desk.closed == {"shoe"}
    assert [version.what for version in desk.publishing.versions("shoe")] == ["published", "found", "closed"]
    desk.publishing.reopen("shoe")
    desk.publishing.publish(desk.publishing.upload("shoe", "shoe.xlsx", workbook))
    assert [version.what for version in desk.publishing.versions("shoe")][:2] == ["published", "reopened"]


def test_what_ships_or_is_named_by_a_duty_stays_open(desk, monkeypatch):
    """CL5"""
    with pytest.raises(GuanaiError) as refused:
        desk.publishing.close("talk")
    assert refused.value.key == "designer.not_closable"
    duty = next(iter(desk.policy.duties))
    object.__setattr__(duty, "records", ("shoe",))
    with pytest.raises(GuanaiError) as refused:
        desk.publishing.close("shoe")
    assert refused.value.key == "designer.close_duty"
    assert duty.name in str(refused.value)
    assert not desk.closed


def test_only_who_may_publish(desk):
    """CL6"""
    publishing = signed_in(desk, "张老师", "homeroom").publishing
    for turn in (publishing.close, publishing.reopen):
        with pytest.raises(AccessError):
            turn("shoe")
    assert not desk.closed


def test_the_page_closes_it_and_opens_it_again(desk):
    page = Designer(desk.publishing, "shoe")
    assert page.closing.toggle.description == "停用这张登记表"
    page.closing.toggle.click()
    assert desk.closed == {"shoe"}
    assert "已停用" in page.closing.notice.value
    assert "停用" in page.history.children[1].value
    page.closing.toggle.click()
    assert not desk.closed
    page.choice.value = "talk"
    assert page.closing.layout.display == "none"
