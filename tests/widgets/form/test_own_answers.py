"""Who fills a form in stands in it from the start, where the form asks for that: the column 本人.

Requirement: a record says who visited, talked or called (R16, R21, R22; W4).
"""

import pytest

from guanai.storage.forms import form_of
from guanai.storage.forms.session.form_session import FormSession
from guanai.widgets import Form

CHINESE = """
| 问题 | 类型 | 名称 | 标题 | 参数 | 本人 |
| | 单选名册 staff.csv | by | 谁 | value=id label=label | 是 |
| | 单选名册 staff.csv | other | 另一人 | value=id label=label | 否 |
| | 多选名册 staff.csv | all | 同去 | value=id label=label | 是 |
"""


@pytest.fixture
def li(school):
    """The school as 李老师 sees it, who is of its staff."""
    li = school.save("staff", {"name": "李老师", "role": "homeroom", "active": "yes"})
    return school.as_user("李老师", li["id"])


def test_the_column_is_read_in_chinese():
    form = form_of(CHINESE)
    assert {question.key: question.own for question in form.questions()} == {
        "by": True,
        "other": False,
        "all": True,
    }
    rows = [{"id": "s1", "label": "李老师"}]
    session = FormSession(form, person="s1", instances=lambda name: rows)
    assert session.record() == {"by": "s1", "all": ["s1"]}
    assert not session.touched
    assert FormSession(form, instances=lambda name: rows).record() == {}
    assert FormSession(form, {"id": "x"}, person="s1", instances=lambda name: rows).record() == {"id": "x"}


@pytest.mark.parametrize(
    ("form", "question"), [("talk", "by"), ("call", "by"), ("issue", "by"), ("letter", "by")]
)
def test_a_new_record_has_the_signed_in_person_filled_in(li, form, question):
    page = Form(li.form(form))
    assert page.record[question] == li.staff_id
    assert page.controls[question].label == "李老师"
    assert page.draft_offers.error == ""


def test_a_visit_has_the_signed_in_person_as_visitor(li):
    assert Form(li.form("home_visit")).record["visitors"] == [li.staff_id]


def test_no_person_is_filled_into_a_saved_record_or_for_who_is_not_on_the_staff(school, li):
    assert "by" not in Form(li.form("talk"), record={"id": "x", "revision": 1}).record
    assert "by" not in Form(school.form("talk")).record


@pytest.mark.parametrize(
    "form", ["room", "roster", "responsibility", "leading_group", "care_group", "ethics"]
)
def test_who_is_in_charge_is_never_guessed(li, form):
    assert "by" not in Form(li.form(form)).record


def test_an_import_does_not_fill_in_the_importing_person(li):
    assert "by" not in li.session("talk", {"date": "2026-11-20"}).record()
