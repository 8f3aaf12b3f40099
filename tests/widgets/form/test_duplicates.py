"""Which child is it: asked on the screen before a new child is saved, and two dossiers made one.

Requirement: one file for each child, whoever writes it (R1, R60; 7.6).
"""

import pytest

from guanai.widgets import Form
from guanai.widgets.form.comparisons import side_by_side
from guanai.widgets.lists.merges import MergeHistory, MergePanel

CLASS = {"name": "三年级1班", "grade": 3, "level": "primary", "pupils": 42}
CHILD = {"name": "林小雨", "sex": "female", "birth_date": "2016-05-04", "class": "三年级1班"}
TYPED = {**CHILD, "name": "林小宇", "phone": "10012345678"}


@pytest.fixture
def desk(school):
    school.save("class", CLASS)
    school.save(
        "child",
        {
            **CHILD,
            "village": "柳溪村",
            "ethnic": "苗族",
            "guardians": [{"name": "林大山", "relation": "grandfather"}],
        },
    )
    return school


def page(school, **options):
    def keep(record, token):
        return "好", school.save("child", record, token)

    return Form(school.form("child"), on_save=keep, alike=school.duplicates.like, **options)


def held(desk, **typed):
    view = page(desk)
    view.fill(**TYPED, **typed)
    view.save.click()
    return view, view.conflict.children[0]


def test_saving_a_child_that_may_exist_asks_and_shows_both(desk):
    view, panel = held(desk)
    assert len(desk.frame("child")) == 1
    assert "还没有保存" in view.notice.value
    table = panel.table.value
    assert all(text in table for text in ("林小雨", "林小宇", "姓名同音", "10012345678"))
    assert [button.description for button in panel.this] == ["就是这名儿童：林小雨（三年级1班）"]
    assert len(desk.drafts().all()) == 1  # held, not lost


def test_a_child_that_is_another_one_is_saved(desk):
    view, panel = held(desk)
    panel.other.click()
    assert sorted(desk.frame("child")["name"]) == ["林小宇", "林小雨"]
    assert "好" in view.notice.value
    assert view.conflict.children == ()
    assert desk.drafts().all() == []


def test_what_was_typed_goes_into_the_existing_dossier_to_be_reviewed(desk):
    view, panel = held(desk, guardians=[{"name": "周桂香", "relation": "grandmother"}])
    panel.this[0].click()
    assert view.controls["name"].value == "林小宇"
    assert view.controls["village"].value == "柳溪村"
    assert view.controls["ethnic"].value == "苗族"  # the form's own default is nothing that somebody typed
    assert [row["name"] for row in view.record["guardians"]] == ["林大山", "周桂香"]
    review = view.conflict.children[0].table.value
    assert "林小雨" in review
    assert "<mark>林小宇</mark>" in review
    assert "柳溪村" not in review
    assert desk.frame("child")["name"].tolist() == ["林小雨"]  # nothing is saved yet
    view.save.click()
    children = desk.frame("child")
    assert children[["name", "village", "phone", "revision"]].values.tolist() == [
        ["林小宇", "柳溪村", "10012345678", 2]
    ]
    assert desk.drafts().all() == []


def test_what_was_put_into_a_dossier_is_a_draft_until_it_is_saved(desk):
    _, panel = held(desk)
    panel.this[0].click()
    child = desk.table("child").rows()[0]
    again = page(desk, record=child)
    assert len(again.draft_offers.offers) == 1
    assert page(desk).draft_offers.offers == {}


def test_changing_a_child_asks_no_question(desk):
    child = desk.table("child").rows()[0]
    desk.save("child", {**CHILD, "name": "林小宇"})
    view = page(desk, record=child)
    view.fill(village="河东村")
    view.save.click()
    assert "好" in view.notice.value


def test_a_child_that_is_like_no_other_asks_no_question(desk):
    view = page(desk)
    view.fill(**{**TYPED, "name": "周大河", "sex": "male"})
    view.save.click()
    assert "好" in view.notice.value


def test_the_question_is_asked_again_after_a_change(desk):
    view, _ = held(desk)
    view.fill(birth_date="2010-01-01")
    view.save.click()
    assert len(desk.frame("child")) == 2


def test_at_most_three_children_are_shown_beside_what_was_typed(desk):
    for name in ("林小羽", "林晓雨", "林小玉"):
        desk.save("child", {**CHILD, "name": name})
    view, panel = held(desk)
    assert len(panel.this) == 3
    assert "4" in view.notice.value


def test_side_by_side_is_escaped_and_marks_what_differs():
    first, second = {"a": ("<甲>", "x"), "b": ("乙", "same")}, {"a": ("<甲>", "<y>"), "b": ("乙", "same")}
    table = side_by_side(["", "", ""], [first, second])
    assert "<mark>&lt;y&gt;</mark>" in table
    assert "&lt;甲&gt;" in table
    assert "same" not in table
    assert "same" in side_by_side(["", "", ""], [first, second], all_=True)
    assert side_by_side(["", "", ""], [first, first]) == ""


@pytest.fixture
def two(desk):
    stays, other = desk.table("child").rows()[0], desk.save("child", {**TYPED, "village": "河东村"})
    desk.save("home_visit", {"child": other["id"], "date": "2026-10-10", "mode": "door", "merits": "爱劳动"})
    return desk, stays, other


def merging(desk, stays, other):
    return MergePanel(
        desk.form("child"),
        stays,
        other,
        on_merge=desk.duplicates.merge,
        on_undo=desk.duplicates.undo,
        count=desk.duplicates.count,
    )


def test_two_dossiers_are_merged_and_the_merge_is_undone(two):
    desk, stays, other = two
    panel = merging(desk, stays, other)
    assert "1 条记录" in panel.table.value
    panel.merge.click()
    assert "已合并" in panel.notice.value
    assert desk.frame("child")["name"].tolist() == ["林小雨"]
    panel.undo.click()
    assert "已撤销" in panel.notice.value
    assert len(desk.frame("child")) == 2


def test_after_swapping_the_other_dossier_is_kept(two):
    desk, stays, other = two
    panel = merging(desk, stays, other)
    panel.swap.click()
    assert "0 条记录" in panel.table.value
    panel.merge.click()
    assert desk.frame("child")["id"].tolist() == [other["id"]]


def test_a_merge_that_is_refused_shows_the_error(two):
    desk, stays, other = two
    panel = merging(desk, stays, other)
    desk.delete("child", other["id"])
    panel.merge.click()
    assert "没有合并" in panel.notice.value


def test_merges_are_listed_and_undone(two):
    desk, stays, other = two
    merge = desk.duplicates.merge(stays["id"], other["id"])
    listed = MergeHistory(desk.duplicates.merges, label=desk.duplicates.label, on_undo=desk.duplicates.undo)
    assert list(listed.undo) == [merge.id]
    listed.undo[merge.id].click()
    assert listed.undo == {}
    assert len(desk.frame("child")) == 2
