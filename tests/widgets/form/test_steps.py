"""A form of three hundred questions on the screen: one group at a time, every error reachable.

Requirement: a long file or survey stays simple on a shared PC (R1, R6; 7.12).

ST1 no page carries hundreds of controls · ST2 next, back, list of groups · ST3 errors on another step are counted and
reached · ST4 answers survive turning · ST5 a step that does not apply is left out · ST6 repeats that count
"""

import pytest
from ipywidgets.widgets.widget import _instances
from support.widget_trees import count_widgets

from guanai.storage.forms.xlsform.loading import form_of
from guanai.widgets import Form
from guanai.widgets.form.steps import LONG

HEAD = "| survey | type | name | label | required | relevant | repeat_count |"


def form_with(*rows):
    return form_of("\n".join([HEAD, *(f"| | {row} |" for row in rows)]))


def long_form():
    rows = []
    for group in range(30):
        relevant = "${q0_0} != 'x'" if group == 2 else ""
        rows.append(f"begin_group | g{group} | 第{group}组 | | {relevant} |")
        rows += [f"text | q{group}_{n} | 问题{group}-{n} | {'yes' if n == 0 else ''} | |" for n in range(10)]
        rows.append("end_group | | | | |")
    return form_with(*rows)


@pytest.fixture(scope="module")
def long():
    return long_form()


@pytest.fixture
def saved():
    return []


@pytest.fixture
def view(long, saved):
    return Form(long, on_save=saved.append)


def bar(view):
    return view._sections.bar


def titles(view):
    return [label for label, _ in bar(view).choice.options]


def test_a_long_form_shows_one_group(view):
    assert len(view.fields) == 10
    assert count_widgets(view) < 40
    assert len(titles(view)) == 30
    assert titles(view)[0] == "1. 第0组"
    assert "1 / 30" in bar(view).position.value
    assert bar(view).back.disabled


def test_the_controls_of_another_group_are_closed(view):
    before = len(_instances)
    old = view.fields["q0_0"].control
    bar(view).next.click()
    assert next(iter(view.fields)) == "q1_0"
    assert old.comm is None
    for _ in range(5):
        bar(view).next.click()
    assert len(_instances) <= before + 5


def test_back_next_and_the_list_show_a_step_and_keep_the_answers(view):
    view.fill(q0_1="一")
    bar(view).next.click()
    view.fill(q1_1="二")
    bar(view).back.click()
    assert view.controls["q0_1"].value == "一"
    bar(view).choice.value = 1
    assert view.controls["q1_1"].value == "二"
    bar(view).choice.value = 29
    assert bar(view).next.disabled
    assert view.record == {"q0_1": "一", "q1_1": "二"}


def test_a_group_that_does_not_apply_is_no_step(view):
    view.fill(q0_0="x")
    assert len(titles(view)) == 29
    assert "3. 第3组" in titles(view)
    bar(view).next.click()
    bar(view).next.click()
    assert next(iter(view.fields)) == "q3_0"
    view.fill(q0_0="y")
    assert len(titles(view)) == 30


def test_missing_answers_on_other_steps_are_counted_and_the_first_is_shown(view, saved):
    for group in range(30):
        if group not in (7, 20):
            view.fill(**{f"q{group}_0": "答"})
    view.save.click()
    assert not saved
    assert "2 处" in view.notice.value
    assert "q7_0" in view.fields
    assert "guanai-wrong" in view.fields["q7_0"].view._dom_classes
    assert "请填写" in view.controls["q7_0"].description
    assert [title for title in titles(view) if "⚠ 1" in title] == ["8. 第7组  ⚠ 1", "21. 第20组  ⚠ 1"]
    view.fill(q7_0="答")
    assert "1 处" in view.notice.value
    view.save.click()
    assert "q20_0" in view.fields
    view.fill(q20_0="答")
    view.save.click()
    assert len(saved) == 1
    assert len(saved[0]) == 30
    assert next(iter(view.fields)) == "q0_0"
    assert view.record == {}


def test_sixty_questions_are_one_page():
    assert Form(form_with(*(f"text | q{n} | 问{n} | | |" for n in range(LONG))))._sections.bar is None


def test_questions_outside_any_group_are_shown_twenty_at_a_time():
    view = Form(form_with(*(f"text | q{n} | 问{n} | | |" for n in range(LONG + 5))))
    assert [len(step.paths) for step in view._sections.steps] == [20, 20, 20, 5]
    assert titles(view)[0] == "1. 第 1 部分"


def test_a_group_that_is_too_long_is_several_steps():
    rows = [
        "begin_group | g | 大组 | | |",
        *(f"text | q{n} | 问{n} | | |" for n in range(90)),
        "end_group | | | | |",
    ]
    view = Form(form_with(*rows))
    assert [step.questions for step in view._sections.steps] == [20, 20, 20, 20, 10]
    assert titles(view)[0] == "1. 大组"


def test_a_repeat_is_a_step_of_its_own(saved):
    rows = [
        *(f"text | q{n} | 问{n} | | |" for n in range(LONG + 1)),
        "begin_repeat | kid | 孩子 | | |",
        "text | name | 姓名 | yes | |",
        "end_repeat | | | | |",
    ]
    view = Form(form_with(*rows), on_save=saved.append)
    view.fill(kid=[{"name": "小雨"}, {"name": ""}])
    assert set(view.fields) == {"kid/0/name", "kid/1/name"}
    bar(view).choice.value = 0
    view.save.click()
    assert set(view.errors) == {"kid/1/name"}
    assert set(view.fields) == {"kid/0/name", "kid/1/name"}
    view.fill(**{"kid/1/name": "小山"})
    view.save.click()
    assert saved == [{"kid": [{"name": "小雨"}, {"name": "小山"}]}]


def test_a_counted_repeat_has_as_many_rows_as_another_answer_says(saved):
    view = Form(
        form_with(
            "integer | n | 几个 | | |",
            "begin_repeat | kid | 孩子 | | | ${n}",
            "text | name | 姓名 | yes | |",
            "begin_repeat | toy | 玩具 | | |",
            "text | what | 是什么 | | |",
            "end_repeat | | | | |",
            "end_repeat | | | | |",
        ),
        on_save=saved.append,
    )
    assert "kid/0/name" not in view.fields
    view.fill(n="2")
    assert {"kid/0/name", "kid/1/name"} <= set(view.fields)
    made = view._sections.repeats["kid"]
    assert made.add not in made.view.children
    view.fill(**{"kid/0/name": "小雨", "kid/1/name": "小山"})
    view._sections.repeats["kid/1/toy"].add.click()
    view.fill(**{"kid/1/toy/0/what": "球"})
    view.fill(n="1")
    assert "kid/1/name" not in view.fields
    view.fill(n="2")
    assert view.controls["kid/1/toy/0/what"].value == "球"
    view.save.click()
    assert saved == [{"n": 2, "kid": [{"name": "小雨"}, {"name": "小山", "toy": [{"what": "球"}]}]}]
    assert set(view.fields) == {"n"}
