"""The form on the screen (widgets/form/form.py), used as a person does: traits set, buttons clicked, no kernel.

F5-1 errors beside the field, on leaving it and on saving · F5-2 the first one gets the focus
F5-3 nothing typed is lost when a save is refused · F5-4 full-width digits are read · F5-5 half a date is an error
F5-6 one save for a double click · F5-7 relevance, labels with ${} and choices follow the answers
F5-8 repeats: add, remove, undo · F5-9 a conflict shows both versions · F5-10 stored text is escaped
"""

from datetime import date

import ipywidgets as ipw
import pytest

from guanai.care.errors import ConflictError, RecordError, StorageError
from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.forms.xlsform.loading import form_of
from guanai.widgets import Form

FORM = """
| survey | type | name | label::中文 (zh) | label::English (en) | required | relevant | constraint | constraint_message::中文 (zh) | appearance | hint::中文 (zh) | default | calculation | read_only |
| | begin_group | basics | 基本情况 | Basics | | | | | | | | | |
| | text | name | 姓名 | Name | yes | | | | | 与户口本一致 | | | |
| | select_one sex | sex | 性别 | Sex | yes | | | | | | | | |
| | date | birth | 出生日期 | Birth date | | | . <= today() | 出生日期不能晚于今天 | | | | | |
| | integer | age | ${name}几岁 | Age of ${name} | | | . < 20 | 年龄要小于 20 | | | | | |
| | text | phone | 电话 | Telephone | | | | | | | | | |
| | select_multiple groups | groups | 特殊群体 | Groups | | | | | | | | | |
| | end_group | | | | | | | | | | | | |
| | select_one yesno | card | 有联系卡吗 | Has a card | | | | | | | | | |
| | text | where | 卡在哪里 | Where is it | yes | ${card} = 'yes' | | | multiline | | | | |
| | select_one kind | kind | 类型 | Kind | | | | | minimal | | a | | |
| | text | older | 明年几岁 | Next year | | ${age} != '' | | | | | | ${age} + 1 | yes |
| | note | remark | 请如实填写 | Be true | | | | | | | | | |
| | begin_repeat | guardians | 监护人 | Guardian | | | | | | | | | |
| | text | gname | 监护人姓名 | Guardian's name | yes | | | | | | | | |
| | text | gphone | 监护人电话 | Guardian's phone | | | | | | | | | |
| | end_repeat | | | | | | | | | | | | |

| choices | list_name | name | label::中文 (zh) | label::English (en) |
| | sex | male | 男 | Male |
| | sex | female | 女 | Female |
| | yesno | yes | 是 | Yes |
| | yesno | no | 否 | No |
| | kind | a | 甲 | A |
| | kind | b | 乙 | B |
| | groups | poor | 低保 | Low income |
| | groups | ill | 患病 | Ill |
"""

ANSWERS = {"name": "安小苗", "sex": "女"}


@pytest.fixture(scope="module")
def small():
    return form_of(FORM)


class Desk:
    """Stands for whatever keeps a record: remembers, or fails as told."""

    def __init__(self, *failures):
        self.saved = []
        self.failures = list(failures)

    def __call__(self, record):
        failure = self.failures.pop(0) if self.failures else None
        if failure:
            raise failure
        self.saved.append(record)
        return f"{record['name']} 已登记"


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def view(small, desk):
    return Form(small, on_save=desk)


def focused(monkeypatch):
    seen = []
    monkeypatch.setattr(ipw.DOMWidget, "focus", lambda widget: seen.append(widget))
    return seen


def label_of(view, path):
    return view.controls[path].description


def shown(view, path):
    return view.fields[path].view.layout.display != "none"


def test_every_question_has_a_control_of_its_kind(view):
    kinds = {path: type(control).__name__ for path, control in view.controls.items()}
    assert kinds == {
        "name": "Text",
        "sex": "RadioButtons",
        "birth": "Text",
        "age": "Text",
        "phone": "Text",
        "groups": "VBox",
        "card": "RadioButtons",
        "where": "Textarea",
        "kind": "Dropdown",
        "older": "HTML",
        "remark": "HTML",
    }
    assert view.controls["name"].continuous_update is False  # half-typed pinyin stays in the browser
    assert view.controls["where"].continuous_update is False


def test_labels_show_star_and_hint(view):
    assert label_of(view, "name").startswith("姓名")
    assert "*" in label_of(view, "name")
    assert "与户口本一致" in label_of(view, "name")
    assert "*" not in label_of(view, "phone")


def test_english_labels(small, desk, monkeypatch):
    monkeypatch.setenv("GUANAI_LANGUAGE", "en")
    view = Form(small, on_save=desk)
    assert label_of(view, "name").startswith("Name")
    assert view.save.description == "Save"


def test_save_gives_the_record_and_says_so(view, desk):
    view.fill(**ANSWERS, birth="2015-3-5", groups=["患病"], kind="乙")
    view.save.click()
    assert desk.saved == [
        {"name": "安小苗", "sex": "female", "birth": "2015-03-05", "groups": ["ill"], "kind": "b"},
    ]
    assert "安小苗 已登记" in view.notice.value


def test_after_a_new_record_the_form_empties_for_the_next(view, desk):
    view.fill(**ANSWERS, guardians=[{"gname": "安大山"}])
    control = view.controls["name"]
    view.save.click()
    assert len(desk.saved) == 1
    assert view.record == {"kind": "a"}
    assert control.value == ""
    assert view.controls["sex"].index is None
    assert view.controls["name"] is control  # the same widgets: nothing is built again
    assert not [path for path in view.controls if path.startswith("guardians")]


def test_f5_1_refused_save_shows_errors_beside_fields_and_a_count(view, desk):
    view.save.click()
    assert desk.saved == []
    assert set(view.errors) == {"name", "sex"}
    assert "guanai-error" in label_of(view, "name")
    assert "guanai-wrong" in view.controls["name"]._dom_classes
    assert "2" in view.notice.value
    assert "guanai-error" not in label_of(view, "phone")


def test_f5_1_error_on_leaving_the_field(view):
    view.fill(age="30")
    assert "年龄要小于 20" in label_of(view, "age")
    assert set(view.errors) == {"age"}  # the empty name was not left yet
    view.fill(age="9")
    assert view.errors == {}
    assert "guanai-error" not in label_of(view, "age")


def test_f5_1_a_required_answer_that_is_cleared_is_an_error(view):
    view.fill(name="安")
    view.fill(name="")
    assert set(view.errors) == {"name"}


def test_an_error_disappears_when_it_is_corrected(view):
    view.save.click()
    view.fill(name="安小苗")
    assert set(view.errors) == {"sex"}
    assert "1" in view.notice.value
    view.fill(sex="male")
    assert view.errors == {}
    assert "可以保存" in view.notice.value


def test_f5_2_the_first_error_gets_the_focus(view, monkeypatch):
    seen = focused(monkeypatch)
    view.fill(name="安小苗", age="99")
    view.save.click()
    assert seen == [view.controls["sex"]]


def test_f5_3_nothing_typed_is_lost(view):
    view.fill(phone="13800000000", age="abc")
    view.save.click()
    assert view.controls["phone"].value == "13800000000"
    assert view.controls["age"].value == "abc"
    assert "age" in view.errors


def test_f5_4_full_width_digits(view):
    view.fill(**ANSWERS, age="１２", phone="１３８００００００００")
    assert view.record["age"] == 12
    assert view.controls["phone"].value == "13800000000"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("2015-3-5", "2015-03-05"),
        ("20150305", "2015-03-05"),
        ("2015年3月5日", "2015-03-05"),
        ("２０１５-３-５", "2015-03-05"),
    ],
)
def test_dates_as_people_write_them(view, typed, stored):
    view.fill(birth=typed)
    assert view.record["birth"] == stored
    assert view.controls["birth"].value == stored
    assert view.fields["birth"].picker.value == date(2015, 3, 5)


@pytest.mark.parametrize("typed", ["2015-3", "2015-02-30", "去年", "3-5"])
def test_f5_5_an_incomplete_date_is_an_error(view, typed):
    view.fill(birth=typed)
    assert "birth" in view.errors
    assert view.controls["birth"].value == typed


def test_the_calendar_fills_the_date(view):
    view.fields["birth"].picker.value = date(2014, 9, 1)
    assert view.controls["birth"].value == "2014-09-01"
    assert view.record["birth"] == "2014-09-01"


def test_f5_6_a_double_click_saves_once(view, desk):
    view.fill(**ANSWERS)
    view.save.click()
    view.save.click()
    assert len(desk.saved) == 1
    assert "已登记" in view.notice.value
    assert view.errors == {}
    view.fill(**ANSWERS)
    view.save.click()
    assert len(desk.saved) == 2


def test_f5_6_one_save_has_one_token_until_it_succeeds(small):
    tokens = []

    def keep(record, token):
        tokens.append(token)
        if len(tokens) == 1:
            raise StorageError("form.ready")  # any text of the catalogue will do
        return "ok"

    view = Form(small, on_save=keep)
    for _ in range(2):
        view.fill(**ANSWERS)
        view.save.click()
    view.fill(**ANSWERS)
    view.save.click()
    assert tokens[0] == tokens[1] != tokens[2]


def test_f5_7_relevance_shows_and_hides(view):
    assert not shown(view, "where")
    view.fill(card="是")
    assert shown(view, "where")
    view.fill(where="桌上", card="否")
    assert not shown(view, "where")
    assert "where" not in view.record


def test_f5_7_labels_follow_answers(view):
    view.fill(name="小苗")
    assert label_of(view, "age").startswith("小苗几岁")


def test_calculated_answers_are_shown_as_text(view):
    view.fill(age="9")
    assert "10" in view.controls["older"].value
    with pytest.raises(ValueError, match="read-only"):
        view.fields["older"].enter("11")


def test_an_optional_choice_can_be_cleared(view):
    view.fill(card="yes")
    view.fill(card="")
    assert "card" not in view.record


def test_f5_8_repeats_add_remove_undo(view, desk):
    view.fill(**ANSWERS, guardians=[{"gname": "安大山", "gphone": "1"}, {"gname": "安二山"}])
    view._sections.remove("guardians", 0)
    assert view.record["guardians"] == [{"gname": "安二山"}]
    assert view.controls["guardians/0/gname"].value == "安二山"
    undo = view._sections.repeats["guardians"].undo.children[1]
    undo.click()
    assert view.record["guardians"] == [{"gname": "安大山", "gphone": "1"}, {"gname": "安二山"}]
    assert view.controls["guardians/0/gname"].value == "安大山"
    view.save.click()
    assert len(desk.saved[0]["guardians"]) == 2


def test_rows_are_not_built_again_when_the_form_is_saved(small, desk):
    """Made anew they would be sent to the browser once more, as many controls as the rows have questions."""
    stored = {"id": "c1", "name": "小禾", "sex": "female", "guardians": [{"gname": "周奶奶"}]}
    view = Form(small, on_save=desk, record=stored)
    before = view._sections.fields["guardians/0/gname"]
    before.control.value = "王大伯"
    view.save.click()
    after = view._sections.fields["guardians/0/gname"]
    assert after is before
    assert after.control.value == "王大伯"
    assert desk.saved[-1]["guardians"][0]["gname"] == "王大伯"


def test_rows_are_built_again_where_their_number_has_changed(small):
    first = {"id": "c1", "name": "小禾", "sex": "female", "guardians": [{"gname": "王奶奶"}]}
    more = first | {"guardians": [{"gname": "王奶奶"}, {"gname": "王大伯"}]}
    view = Form(small, record=first)
    view._start(more)
    assert len(view._sections.repeats["guardians"].rows.children) == 2
    assert view._sections.fields["guardians/1/gname"].control.value == "王大伯"
    view._start(first)
    assert "guardians/1/gname" not in view._sections.fields


def test_errors_inside_a_repeat(view, desk):
    view.fill(**ANSWERS)
    view._sections.repeats["guardians"].add.click()
    view.save.click()
    assert set(view.errors) == {"guardians/0/gname"}
    view.fill(guardians=[{"gname": "安大山"}])
    view.save.click()
    assert desk.saved[0]["guardians"] == [{"gname": "安大山"}]


def test_changing_a_record_keeps_fields_that_the_form_does_not_have(small, desk):
    record = {"id": "x1", "revision": 3, "name": "安小苗", "sex": "female", "retired": "旧答案"}
    view = Form(small, on_save=desk, record=record)
    assert view.controls["name"].value == "安小苗"
    view.fill(name="安苗")
    view.save.click()
    assert desk.saved == [{**record, "name": "安苗"}]
    assert view.controls["name"].value == "安苗"  # it stays
    view.fill(phone="1380")
    view.save.click()
    assert desk.saved[1]["revision"] == 4  # not in conflict with its own first save


def test_the_form_shows_the_saved_record_that_on_save_returns(small):
    def keep(record):
        return "已存", {**record, "revision": 9, "name": "整理过的名字"}

    view = Form(small, on_save=keep, record={"id": "x1", "revision": 1, **ANSWERS})
    view.fill(phone="1")
    view.save.click()
    assert "已存" in view.notice.value
    assert view.record["revision"] == 9
    assert view.controls["name"].value == "整理过的名字"


def test_first_answers_of_a_new_record(small, desk):
    view = Form(small, on_save=desk, record={"name": "安小苗"})
    assert view.controls["name"].value == "安小苗"
    assert view.controls["kind"].value == "a"  # defaults are given all the same


def conflict_view(small, mine):
    base = {"id": "x1", "revision": 1, "name": "安小苗", "sex": "female", "phone": "1"}
    theirs = {**base, "revision": 2, "phone": "2", "updated_by": "严老师", "kind": "b"}
    desk = Desk(ConflictError("form.ready", mine={}, theirs=theirs))
    view = Form(small, on_save=desk, record=base)
    view.fill(**mine)
    view.save.click()
    return view, desk


def test_f5_9_a_conflict_shows_both_versions(small):
    view, desk = conflict_view(small, {"name": "安苗"})
    table = view.conflict.children[0].table.value
    assert "严老师" in table
    assert all(text in table for text in ("安苗", "安小苗", "<td>1</td>", "<td>2</td>", "乙"))
    assert "女" not in table  # the same in both
    assert desk.saved == []
    assert view.controls["name"].value == "安苗"


def test_f5_9_keep_mine_keeps_what_only_they_changed(small):
    view, desk = conflict_view(small, {"name": "安苗"})
    view.conflict.children[0].keep.click()
    assert desk.saved[0]["name"] == "安苗"
    assert desk.saved[0]["phone"] == "2"
    assert desk.saved[0]["kind"] == "b"
    assert desk.saved[0]["revision"] == 2
    assert view.conflict.children == ()


def test_f5_9_take_theirs(small):
    view, desk = conflict_view(small, {"name": "安苗"})
    view.conflict.children[0].take.click()
    assert desk.saved == []
    assert view.controls["name"].value == "安小苗"
    assert view.record["revision"] == 2


def test_an_error_of_the_storage_is_shown_beside_its_field(small):
    desk = Desk(RecordError("form.ready", fields={"phone": "这个号码已有人用"}))
    view = Form(small, on_save=desk)
    view.fill(**ANSWERS)
    view.save.click()
    assert "这个号码已有人用" in label_of(view, "phone")
    assert view.controls["name"].value == "安小苗"


def test_an_unexpected_error_shows_a_reference_number_and_keeps_the_answers(small, caplog):
    view = Form(small, on_save=Desk(ZeroDivisionError("secret")))
    view.fill(**ANSWERS)
    view.save.click()
    assert "secret" not in view.notice.value
    number = caplog.records[-1].getMessage().split()[1]
    assert number in view.notice.value
    assert view.controls["name"].value == "安小苗"
    assert view.save.disabled is False


def test_f5_10_stored_text_is_escaped(small):
    nasty = "<img src=x onerror=alert(1)>"
    view = Form(small, on_save=lambda record: nasty)
    view.fill(name=nasty, sex="male", guardians=[{"gname": nasty}])
    assert nasty not in label_of(view, "age")
    view.save.click()
    assert nasty not in view.notice.value
    assert "&lt;img" in view.notice.value


def test_what_does_not_apply_cannot_be_filled(view):
    with pytest.raises(ValueError, match="where"):
        view.fill(where="桌上")


def test_leaving_with_unsaved_answers_is_marked(view):
    assert "guanai-dirty" not in view._dom_classes
    view.fill(**ANSWERS)
    assert "guanai-dirty" in view._dom_classes
    view.save.click()
    assert "guanai-dirty" not in view._dom_classes


def models():
    return len(ipw.Widget.get_manager_state()["state"])


def test_a_form_has_few_widget_models(small, desk):
    Form(small, on_save=desk)  # the models that all forms share are there now
    before = models()
    view = Form(small, on_save=desk)
    assert models() - before < 3 * len(view.fields)


def test_a_session_can_be_shown_with_its_answers(small, desk):
    session = FormSession(small, {"name": "安小苗"})
    view = Form(session, on_save=desk)
    assert view.controls["name"].value == "安小苗"
    view.fill(sex="男")
    view.save.click()
    assert desk.saved == [{"name": "安小苗", "sex": "male", "kind": "a"}]


def test_links_are_offered_after_a_save(small):
    view = Form(
        small, on_save=lambda record: ("好", {**record, "id": "c 1"}), links={"打开<b>": "child?id={id}"}
    )
    view.fill(**ANSWERS)
    view.save.click()
    assert '<a href="child?id=c%201">打开&lt;b&gt;</a>' in view.notice.value


def test_a_field_that_appears_after_a_refused_save_shows_no_error_yet(view):
    view.save.click()
    view.fill(card="是")
    assert "where" not in view.errors
    view.save.click()
    assert "where" in view.errors
