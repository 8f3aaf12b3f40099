"""Delete with a question and an undo; the bin (storage/records/deleted.py, widgets/lists/deleted.py; getodk/central#709).

Requirement: history, not overwrite (7.6). Promise: deleted records can be restored.
"""

import pytest
from support.widget_trees import is_hidden

from guanai.care.errors import GuanaiError
from guanai.widgets import BinList, DeleteButton

CLASS = {"name": "三年级1班", "grade": 3, "level": "primary", "pupils": 42}
CHILD = {"name": "林小雨", "sex": "female", "birth_date": "2016-05-04", "class": "三年级1班"}


@pytest.fixture
def desk(school):
    school.save("class", CLASS)
    staff = school.save("staff", {"name": "宋老师", "role": "homeroom", "active": "yes"})
    child = school.save("child", CHILD)
    talk = school.save("talk", {"child": child["id"], "date": "2026-11-01", "by": staff["id"]})
    return school, child, talk


def test_what_was_deleted_by_whom_and_when(desk):
    school, _, talk = desk
    school.as_user("李老师").delete("talk", talk["id"])
    (deletion,) = school.deleted.all()
    assert (deletion.form, deletion.id, deletion.by) == ("talk", talk["id"], "李老师")
    assert deletion.label == "2026-11-01 林小雨（三年级1班）"
    assert deletion.at >= talk["created_at"]
    assert school.deleted.all("call") == []


def test_restored_as_it_was_with_its_history(desk):
    school, _, talk = desk
    school.delete("talk", talk["id"])
    school.deleted.restore("talk", talk["id"])
    assert school.record("talk", talk["id"]) == talk
    assert [change.kind for change in school.history("talk", talk["id"])] == ["insert", "delete", "restore"]
    assert school.deleted.all() == []


def test_a_record_deleted_twice_is_listed_once(desk):
    school, _, talk = desk
    for _ in range(2):
        school.delete("talk", talk["id"])
        assert len(school.deleted.all()) == 1
        school.deleted.restore("talk", talk["id"])
    school.delete("talk", talk["id"])
    assert len(school.deleted.all()) == 1


def test_a_record_of_a_deleted_child_still_names_it(desk):
    school, child, talk = desk
    school.delete("talk", talk["id"])
    school.delete("child", child["id"])
    assert [deletion.label for deletion in school.deleted.all()] == [
        "林小雨（三年级1班）",
        "2026-11-01 林小雨",
    ]


def test_a_merged_dossier_is_not_restored_by_itself(desk):
    school, child, _ = desk
    other = school.save("child", {**CHILD, "birth_date": "2016-05-05"})
    school.duplicates.merge(child["id"], other["id"])
    (deletion,) = school.deleted.all()
    assert deletion.into == child["id"]
    with pytest.raises(GuanaiError, match="重复档案"):
        school.deleted.restore("child", other["id"])
    view = BinList(school.deleted.all, school.all_forms(), school.deleted.restore)
    _row, text, act = view.rows[0]
    assert "same_child" in text.value
    assert act.layout.display == "none"


def test_the_button_asks_deletes_and_undoes(desk):
    school, _, talk = desk
    changes = []
    panel = DeleteButton(
        "谈心<b>",
        lambda: school.delete("talk", talk["id"]),
        lambda: school.deleted.restore("talk", talk["id"]),
        warning="三条",
        on_change=changes.append,
    )
    assert [not is_hidden(widget) for widget in (panel.ask, panel.yes, panel.no, panel.undo)] == [
        True,
        False,
        False,
        False,
    ]
    panel.ask.click()
    assert "谈心&lt;b&gt;" in panel.notice.value
    assert "三条" in panel.notice.value
    assert school.record("talk", talk["id"])  # asked, not done
    panel.no.click()
    assert panel.notice.value == ""
    panel.ask.click()
    panel.yes.click()
    assert school.record("talk", talk["id"]) is None
    assert not is_hidden(panel.undo)
    assert is_hidden(panel.ask)
    panel.undo.click()
    assert school.record("talk", talk["id"]) == talk
    assert changes == [True, False]


def test_a_deletion_that_fails_says_why(desk):
    school, _, talk = desk
    school.delete("talk", talk["id"])
    panel = DeleteButton("谈心", lambda: school.delete("talk", talk["id"]), lambda: None)
    panel.ask.click()
    panel.yes.click()
    assert "guanai-bad" in panel.notice.value
    assert is_hidden(panel.undo)


def test_the_bin_is_filtered_and_restores_a_record(desk):
    school, child, talk = desk
    call = school.save(
        "call", {"child": child["id"], "date": "2026-11-02", "by": talk["by"], "parent": "father"}
    )
    school.delete("talk", talk["id"])
    school.as_user("白<老>师").delete("call", call["id"])
    view = BinList(school.deleted.all, school.all_forms(), school.deleted.restore)
    assert [deletion.form for deletion in view.shown] == ["call", "talk"]
    assert "白&lt;老&gt;师" in view.rows[0][1].value
    view.form.value = "talk"
    assert [deletion.form for deletion in view.shown] == ["talk"]
    view.form.value = None
    view.search.value = "bailaoshi"
    assert view.shown == []
    view.search.value = "11-02"
    assert [deletion.form for deletion in view.shown] == ["call"]
    view.rows[0][2].click()
    assert school.record("call", call["id"])
    assert "已恢复" in view.notice.value
    assert f"register?form=call&amp;id={call['id']}" in view.notice.value


def test_a_full_bin_has_few_buttons(school):
    from types import SimpleNamespace

    many = [
        SimpleNamespace(
            form="talk", id=str(n), label=f"第{n}", by="甲", at="2026-11-01T00:00:00+00:00", into=""
        )
        for n in range(1000)
    ]
    view = BinList(lambda: many, school.all_forms(), lambda *_: None)
    assert len(view.rows) == 15
    view.pager.next.click()
    assert "第15" in view.rows[0][1].value
