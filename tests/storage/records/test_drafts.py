"""Nothing typed is lost: drafts beside the registers, and the form that offers them again.

Promise: nothing is lost. What is typed is kept as a draft and offered again (7.12).

D1 kept per person, form and record · D2 unreadable text too · D3 gone with the save · D4 no record, no history
D5 two pages do not overwrite each other · D6 another version, another save since: said · D7 one save, kept once
"""

import sqlite3

import pytest

from guanai.care.errors import StorageError
from guanai.storage import ConflictError, open_school
from guanai.storage.forms.xlsform.loading import form_of
from guanai.storage.records.drafts import Drafts
from guanai.widgets import Form, UnsavedDrafts

CLASS = {"name": "三年级1班", "grade": 3, "level": "primary", "pupils": 42}
CHILD = {"name": "林小雨", "sex": "female", "birth_date": "2016-05-04", "class": "三年级1班"}
TYPED = {"name": "林小", "birth_date": "2017-2-30"}


@pytest.fixture
def desk(school):
    school.save("class", CLASS)
    return school


def page(school, form="child", **options):
    """Open a page with the form, as a person who comes to it would find it."""

    def keep(record, token):
        return "好", school.save(form, record, token)

    return Form(school.form(form), on_save=keep, **options)


def offered(view):
    return list(view.draft_offers.offers.values())


def words(view):
    return "".join(line.children[0].value for line in view.draft_offers.children)


def test_d1_what_was_typed_is_offered_again(desk):
    page(desk).fill(**TYPED)
    again = page(desk)
    assert len(offered(again)) == 1
    assert "林小" in words(again)
    assert "2017-2-30" in words(again)
    assert again.controls["name"].value == ""  # not before the person says so
    offered(again)[0][0].click()
    assert again.controls["name"].value == "林小"
    assert again.controls["birth_date"].value == "2017-2-30"
    assert set(again.errors) == {"birth_date"}
    assert offered(again) == []
    assert "已接着" in again.notice.value


def test_d1_another_process_finds_it(desk):
    page(desk).fill(**TYPED)
    desk.close()
    opened = open_school(desk.folder.path)
    assert len(opened.as_user("测试老师").drafts("child").all()) == 1
    opened.close()


@pytest.mark.parametrize(
    ("person", "form", "record"),
    [("李老师", "child", None), ("测试老师", "class", None), ("测试老师", "child", {"id": "x"})],
)
def test_d1_nobody_else_and_nowhere_else(desk, person, form, record):
    page(desk).fill(**TYPED)
    assert offered(page(desk.as_user(person), form, record=record)) == []


def test_d1_each_record_has_its_own(desk):
    first, second = (desk.save("child", {**CHILD, "name": name}) for name in ("林小雨", "林小雪"))
    page(desk, record=first).fill(village="柳溪村")
    assert offered(page(desk)) == []
    assert offered(page(desk, record=second)) == []
    again = page(desk, record=first)
    offered(again)[0][0].click()
    again.save.click()
    assert desk.record("child", first["id"])["village"] == "柳溪村"
    assert desk.drafts("child").all() == []


def test_d1_a_repeat_with_rows_and_what_is_not_asked_now(desk):
    view = page(desk)
    view.fill(
        guardians=[{"name": "林大山", "age": "六十"}], father_status="外出务工", father_work_place="广东"
    )
    view.fill(father_status="在家")
    again = page(desk)
    offered(again)[0][0].click()
    assert again.controls["guardians/0/name"].value == "林大山"
    assert again.controls["guardians/0/age"].value == "六十"
    again.fill(father_status="外出务工")
    assert again.controls["father_work_place"].value == "广东"


def test_a_default_that_was_taken_out_stays_out(desk):
    view = page(desk)
    assert view.controls["ethnic"].value == "汉族"
    view.fill(name="林小", ethnic="")
    again = page(desk)
    offered(again)[0][0].click()
    assert again.controls["ethnic"].value == ""


def test_nothing_typed_nothing_kept(desk):
    view = page(desk)
    view.fill(name="林")
    view.fill(name="")
    page(desk, "home_visit", record={"child": "c1"})
    assert desk.drafts().all() == []


def test_thrown_away(desk):
    page(desk).fill(**TYPED)
    again = page(desk)
    offered(again)[0][1].click()
    assert offered(again) == []
    assert desk.drafts().all() == []


def test_d3_gone_with_the_save(desk):
    view = page(desk)
    view.fill(**CHILD)
    assert len(desk.drafts().all()) == 1
    view.save.click()
    assert desk.drafts().all() == []
    view.fill(name="周小河")
    assert [draft.answers["name"] for draft in desk.drafts().all()] == ["周小河"]


def test_d3_a_refused_save_keeps_it(desk):
    view = page(desk)
    view.fill(**TYPED)
    view.save.click()
    assert view.errors
    assert len(desk.drafts().all()) == 1


def test_d4_a_draft_is_no_record(desk):
    sequence = desk._whole.database.sequence()
    page(desk).fill(**TYPED)
    assert desk._whole.database.sequence() == sequence
    assert desk.frame("child").empty
    assert desk.deletions("child") == []
    assert "unsaved" not in desk._whole._db.tables()


def test_d5_two_pages_keep_two_drafts(desk):
    first, second = page(desk), page(desk)
    first.fill(name="林小雨")
    second.fill(name="周小河")
    again = page(desk)
    assert len(offered(again)) == 2
    again.fill(name="陈小青")
    offered(again)[0][0].click()  # what stood in the form is kept as well
    assert len(offered(again)) == 2
    names = {draft.answers["name"] for draft in desk.drafts().all()}
    assert names == {"林小雨", "周小河", "陈小青"}


def test_d6_a_form_that_has_changed_since(desk):
    form = desk.form("child")
    older = Drafts(desk._whole.database, desk.person, "child", "0")
    older.save("t", {"name": "林小", "gone": "旧答案"}, touched=["name", "gone"])
    again = page(desk)
    assert "表单后来改过" in words(again)
    offered(again)[0][0].click()
    again.fill(**{key: value for key, value in CHILD.items() if key != "name"})
    again.save.click()
    stored = desk.frame("child", retired=True).iloc[0]
    assert (stored["name"], stored["gone"], stored["version"]) == ("林小", "旧答案", form.version)


def test_d6_somebody_has_saved_the_record_since(desk):
    child = desk.save("child", CHILD)
    page(desk, record=child).fill(village="柳溪村")
    theirs = desk.as_user("李老师").save("child", {**child, "phone": "10012345678"})
    again = page(desk, record=theirs)
    assert "李老师" in words(again)
    offered(again)[0][0].click()
    again.save.click()
    assert len(desk.drafts().all()) == 1  # refused: not saved, not lost
    again.conflict.children[0].keep.click()
    stored = desk.record("child", child["id"])
    assert (stored["village"], stored["phone"]) == ("柳溪村", "10012345678")
    assert desk.drafts().all() == []


def test_d6_taking_theirs_throws_mine_away(desk):
    child = desk.save("child", CHILD)
    view = page(desk, record=child)
    view.fill(village="柳溪村")
    desk.as_user("李老师").save("child", {**child, "village": "河东村"})
    view.save.click()
    view.conflict.children[0].take.click()
    assert desk.drafts().all() == []


class Cut:
    """A save of which the answer does not come back: the connection went, or the kernel."""

    def __init__(self, school):
        self.school, self.cut = school, True

    def __call__(self, record, token):
        saved = self.school.save("child", record, token)
        if self.cut:
            raise StorageError("storage.closed")
        return "好", saved


def test_d7_a_save_whose_answer_was_lost_is_kept_once(desk):
    cut = Cut(desk)
    view = Form(desk.form("child"), on_save=cut)
    view.fill(**CHILD)
    view.save.click()
    assert len(desk.frame("child")) == 1
    cut.cut = False
    view.save.click()
    assert len(desk.frame("child")) == 1
    assert "好" in view.notice.value


def test_d7_what_was_changed_before_the_second_try_is_not_lost(desk):
    cut = Cut(desk)
    view = Form(desk.form("child"), on_save=cut)
    view.fill(**CHILD)
    view.save.click()
    cut.cut = False
    view.fill(village="柳溪村")
    view.save.click()
    assert desk.frame("child")[["name", "village", "revision"]].values.tolist() == [["林小雨", "柳溪村", 2]]


def test_d7_not_over_the_change_of_somebody_else(desk):
    first = desk.save("child", CHILD, "t")
    desk.as_user("李老师").save("child", {**first, "village": "河东村"})
    with pytest.raises(ConflictError):
        desk.save("child", {**CHILD, "village": "柳溪村"}, "t")


def test_a_draft_that_cannot_be_written_is_said_and_stops_nobody(desk):
    class Full:
        version = "1"

        def all(self, record_id):
            return []

        def save(self, *args, **named):
            raise StorageError("storage.closed")

        def discard(self, token):
            """Nothing there."""

    view = page(desk, drafts=Full())
    view.fill(name="林小雨")
    assert "没能自动留底" in view.notice.value
    assert view.controls["name"].value == "林小雨"
    view.fill(**CHILD)
    view.save.click()
    assert len(desk.frame("child")) == 1


def test_a_form_by_itself_keeps_nothing():
    view = Form(form_of("| survey | type | name | label |\n| | text | name | 姓名 |"))
    view.fill(name="林")
    assert view.draft_offers.offers == {}


def test_what_was_typed_is_escaped(desk):
    page(desk).fill(name="<img src=x onerror=alert(1)>")
    assert "<img" not in words(page(desk))


def test_a_records_file_from_before_there_were_drafts(desk):
    desk.close()
    path = desk.folder.records
    with sqlite3.connect(path) as file:
        file.execute("DROP TABLE IF EXISTS unsaved")
    opened = open_school(desk.folder.path).as_user("测试老师")
    assert opened.drafts().all() == []
    page(opened).fill(name="林")
    assert len(opened.drafts().all()) == 1
    opened.close()


def test_the_first_page_lists_what_was_not_saved(desk):
    child = desk.save("child", CHILD)
    assert UnsavedDrafts(desk.drafts(), desk.all_forms()).body.value == ""
    page(desk).fill(name="<周小河>")
    page(desk, record=child).fill(village="柳溪村")
    page(desk, "talk", record={"child": child["id"]}).fill(study="用功")
    listed = UnsavedDrafts(desk.drafts(), desk.all_forms()).body.value
    assert 'href="child?new=1"' in listed
    assert f'href="child?id={child["id"]}&amp;edit=1"' in listed
    assert 'href="register?form=talk&amp;new=1"' in listed
    assert "&lt;周小河&gt;" in listed
