"""The proposal on the screen: propose, read why, change by hand, accept, undo; friends by name; who has left (R29, R30, W6)."""

from datetime import date
from html import escape

import pytest
from support.widget_trees import is_hidden

from guanai.widgets import Proposals

pytestmark = pytest.mark.slow

START = date(2026, 11, 23)
NAUGHTY = "<b>童</b>"


@pytest.fixture
def paired(school):
    school.save("class", {"name": "三年级1班", "grade": 3, "level": "primary", "pupils": 42})
    for name in ("甲", "乙"):
        school.save("staff", {"name": name, "role": "subject", "active": "yes", "most_children": 7})
    for number in range(12):
        school.save(
            "child",
            {"name": f"{NAUGHTY}{number}", "sex": "female", "birth_date": f"2016-05-{number + 1:02}", "class": "三年级1班",
             "village": "柳溪村", "father_status": "away", "mother_status": "away"},
        )  # fmt: skip
    return school


@pytest.fixture
def view(paired):
    calls = []
    made = Proposals(
        paired.pairings, paired.classes(), START, form=paired.form("staff"), on_change=lambda: calls.append(1)
    )
    made.calls = calls
    return made


def test_nothing_is_shown_before_a_proposal_and_nothing_saved_before_it_is_accepted(view, paired):
    assert is_hidden(view._open)
    view.propose.click()
    assert not is_hidden(view._open)
    assert "要结对 12 名，方案结对 12 名" in view.summary.value
    assert paired.frame("pairing").empty
    view.drop.click()
    assert is_hidden(view._open)


def test_each_row_says_why_and_offers_everybody_with_their_load(view):
    view.propose.click()
    first = view.rows[0]
    assert escape(NAUGHTY) in first.text.value
    assert NAUGHTY not in first.text.value
    assert "<small>" in first.text.value
    labels = [label for label, _ in first.helper.options]
    assert labels[0] == "（先不结对）"
    assert any(label.startswith("甲 6/7 名") for label in labels)
    assert first.helper.value
    assert is_hidden(first.peer)


def test_a_change_by_hand_is_counted_at_once_and_stays_in_its_place(view):
    view.propose.click()
    row = view.rows[3]
    name = row.text.value
    row.helper.value = ""
    assert "没有排上 1 名" in view.summary.value
    assert row.text.value.split("<small>")[0] == name.split("<small>")[0]
    assert "guanai-pair-empty" in row.text._dom_classes
    loads = view.proposal.loads.set_index("name")["load"]
    other = "甲" if loads["甲"] < loads["乙"] else "乙"
    row.helper.value = view.proposal.carers.set_index("name").loc[other, "id"]
    assert "没有排上 0 名" in view.summary.value
    assert "手工选定" in row.text.value


def test_more_children_than_fit_a_page_are_on_the_next(view):
    view.propose.click()
    assert [is_hidden(row) for row in view.rows] == [False] * 10
    view.pager.next.click()
    assert [is_hidden(row) for row in view.rows] == [False] * 2 + [True] * 8
    view.rows[1].helper.value = ""
    assert view.proposal.pairs["carer"].tolist()[-1] == ""


def test_a_shortage_is_shown_in_figures(view, paired):
    for key in paired.frame("staff")["id"]:
        paired.save("staff", paired.record("staff", key) | {"most_children": 4})
    view.propose.click()
    assert "差 4 个名额" in view.summary.value
    assert "guanai-pair-empty" in view.rows[0].text._dom_classes, "who is left over comes first"


def test_accept_and_undo(view, paired):
    view.propose.click()
    view.accept.click()
    assert "已保存 12 个结对" in view.notice.value
    assert len(paired.frame("pairing")) == 12
    assert is_hidden(view._open)
    (undo,) = view.undo.values()
    undo.click()
    assert "已整个撤销" in view.notice.value
    assert paired.frame("pairing").empty
    assert view.undo == {}
    assert len(view.calls) == 2


def test_a_stale_proposal_says_what_to_do_and_stays(view, paired):
    view.propose.click()
    pair = view.proposal.new_pairs.iloc[0]
    paired.save("pairing", {"child": pair["child"], "role": "helper", "helper": pair["carer"]})
    view.accept.click()
    assert "重新提出方案" in view.notice.value
    assert view.proposal is not None
    assert len(paired.frame("pairing")) == 1


def test_peers_can_be_typed(view, paired):
    view.what.value = "peer"
    view.propose.click()
    row = view.rows[0]
    assert is_hidden(row.helper)
    assert not is_hidden(row.peer)
    row.peer.value = "石同学"
    assert "石同学" in view.proposal.new_pairs["carer_name"].tolist()
    view.accept.click()
    assert "石同学" in paired.frame("pairing")["peer_name"].tolist()


def test_successors_are_proposed_for_who_has_left(view, paired):
    view.propose.click()
    view.accept.click()
    first = paired.frame("staff").iloc[0]
    for key in paired.frame("staff")["id"]:
        paired.save("staff", paired.record("staff", key) | {"most_children": 20})
    paired.save("staff", paired.record("staff", first["id"]) | {"active": "no"})
    later = Proposals(paired.pairings, paired.classes(), date(2026, 12, 1))
    assert len(later.what._pairs) == 3, "the pairings begin on Monday"
    for pair in paired.frame("pairing")["id"]:
        paired.save("pairing", paired.record("pairing", pair) | {"start": "2026-11-20"})
    later = Proposals(paired.pairings, paired.classes(), date(2026, 12, 1))
    label, value = later.what._pairs[3]
    assert label == f"接替{first['name']}（已离岗，还带着 6 名）"
    later.what.value = value
    later.propose.click()
    later.accept.click()
    assert "已保存：结束 6 个结对，新结对 6 个" in later.notice.value


def test_a_school_where_every_child_is_paired_says_so(view, paired):
    view.propose.click()
    view.start.value = paired.today()
    view.accept.click()
    view.propose.click()
    assert "不用再结对" in view.notice.value
    assert is_hidden(view._open)


def test_renewing_all_pairings_shows_changes_first(view, paired):
    view.start.value = paired.today()
    view.propose.click()
    view.accept.click()
    busy = paired.frame("staff").iloc[0]["id"]
    paired.save("staff", paired.record("staff", busy) | {"most_children": 5})
    view.what.value = "renewal"
    view.propose.click()
    assert "方案结对 1 名，没有排上 0 名" in view.summary.value
    assert "另有 11 名和现在一样" in view.summary.value
    assert "和现在一样" not in view.rows[0].text.value
    assert "和现在一样" in view.rows[1].text.value


def test_an_empty_school(school):
    view = Proposals(school.pairings, school.classes(), START)
    view.propose.click()
    assert "不用再结对" in view.notice.value
