"""Questions with choices on the screen (widgets/form/choice_fields.py, widgets/form/field_kinds.py): which control, and what is typed.

Requirement: a child is found by name or pinyin, and nobody is entered who is not there (R1, R29; 7.10).
"""

from dataclasses import replace

import pytest

from guanai.storage.forms.xlsform.loading import form_of
from guanai.widgets import Form

CHILDREN = [
    {"id": f"id-{number:04}", "label": f"{name}（三{number % 4 + 1}班）"}
    for number, name in enumerate(a + b + c for a in "安白柴" for b in "小大文" for c in "苗禾雨")
]
FORM = """
| survey | type | name | label | parameters | required | choice_filter | appearance |
| | select_one_from_file child.csv | child | 学生 | value=id, label=label | yes | | minimal |
| | select_multiple_from_file child.csv | friends | 伙伴 | value=id, label=label | | | |
| | select_one place | place | 地方 | | yes | | |
| | select_one room | room | 房间 | | | place = ${place} | |
| | select_one long | long | 长 | | | | |
| | select_one long | row | 一行 | | | | columns |
| | select_multiple place | places | 几处 | | | | |

| choices | list_name | name | label | place |
| | place | home | 家里 | |
| | place | school | 学校 | |
| | room | kitchen | 厨房 | home |
| | room | hall | 礼堂 | school |
| | room | library | 图书室 | school |
| | long | a | 一个说得很长很长的选择 | |
| | long | b | 另一个说得很长很长的选择 | |
| | long | c | 还有一个说得很长很长的选择 | |
"""


def with_children(children=CHILDREN):
    """Return the form with its list of children from records, as a school gives it."""
    return replace(form_of(FORM), instances={"child": children}.__getitem__)


@pytest.fixture
def view():
    return Form(with_children(), on_save=lambda record: "好")


def test_each_question_gets_the_control_that_suits_its_choices(view):
    kinds = {path: type(control).__name__ for path, control in view.controls.items()}
    assert kinds == {
        "child": "Combobox",  # 27 choices
        "friends": "Combobox",
        "place": "RadioButtons",  # few and short
        "room": "Dropdown",  # none yet: a filter waits
        "long": "Dropdown",  # few but long
        "row": "RadioButtons",  # the form asks for it
        "places": "VBox",  # boxes to tick
    }


@pytest.mark.parametrize(
    ("typed", "chosen"),
    [("安小苗（三1班）", "id-0000"), ("axm", "id-0000"), ("安小苗", "id-0000"), ("bai da he", "id-0013")],
)
def test_a_child_is_found_by_name_pinyin_and_initials(view, typed, chosen):
    view.controls["child"].value = typed
    assert view.record["child"] == chosen
    label = next(child["label"] for child in CHILDREN if child["id"] == chosen)
    assert view.controls["child"].value == label


@pytest.mark.parametrize(("typed", "part"), [("安小", "安小禾"), ("王", "王"), ("<b>", "&lt;b&gt;")])
def test_text_that_is_no_choice_is_an_error_and_stays(view, typed, part):
    view.controls["child"].value = typed
    assert part in view.controls["child"].description
    assert "guanai-error" in view.controls["child"].description
    assert view.controls["child"].value == typed
    view.save.click()
    assert "child" in view.errors
    view.controls["child"].value = "安小苗（三1班）"
    assert "child" not in view.errors


def test_the_first_answers_of_a_record_are_filled_in():
    view = Form(with_children(), record={"child": "id-0001"})
    assert view.controls["child"].value == "安小禾（三2班）"


def test_children_of_the_same_label_get_the_end_of_their_id():
    twins = [{"id": "id-1111", "label": "安苗"}, {"id": "id-2222", "label": "安苗"}]
    view = Form(with_children([*CHILDREN, *twins]))
    view.controls["child"].value = "安苗（2222）"
    assert view.record["child"] == "id-2222"


def test_several_choices_are_added_one_by_one_and_removed(view):
    box = view.controls["friends"]
    box.value = "axm"
    assert box.value == ""  # ready for the next
    box.value = "安小禾"
    assert view.record["friends"] == ["id-0000", "id-0001"]
    ticks = view.fields["friends"].boxes
    assert [tick.description for tick in ticks.values()] == ["安小苗（三1班）", "安小禾（三2班）"]
    ticks["id-0000"].value = False
    assert view.record["friends"] == ["id-0001"]


def test_adding_an_unknown_name_shows_an_error_and_keeps_the_others(view):
    view.fill(friends=["id-0003"])
    view.controls["friends"].value = "王"
    assert "guanai-error" in view.controls["friends"].description
    assert view.record["friends"] == ["id-0003"]
    view.controls["friends"].value = "axm"
    assert "guanai-error" not in view.controls["friends"].description
    assert view.record["friends"] == ["id-0003", "id-0000"]


def test_a_filtered_list_follows_the_answer(view):
    view.fill(place="学校", room="礼堂")
    assert [label for label, _ in view.controls["room"].options[1:]] == ["礼堂", "图书室"]
    view.fill(place="家里")
    assert [label for label, _ in view.controls["room"].options[1:]] == ["厨房"]


def test_checkboxes_are_filled_by_name_or_label(view):
    view.fill(places=["学校", "home"])
    assert view.record["places"] == ["home", "school"]
    view.fill(places=[])
    assert "places" not in view.record
    with pytest.raises(ValueError, match="places"):
        view.fill(places=["月球"])


def test_a_choice_that_is_not_offered_cannot_be_filled(view):
    with pytest.raises(ValueError, match="place"):
        view.fill(place="月球")


def test_many_suggestions_are_sent_after_the_page():
    """Ten thousand children are not sent with the page, and not as widgets."""
    many = [{"id": f"id-{number:05}", "label": f"学生{number:05}"} for number in range(10_000)]
    view = Form(with_children(many), on_save=lambda record: "好")
    for name in ("child", "friends"):
        assert view.controls[name].options == ()
    view.fill(child="学生00042")
    assert view.record["child"] == "id-00042"
    for name in ("child", "friends"):
        view.controls[name]._view_count = 1  # what the browser does
        assert len(view.controls[name].options) == 10_000
