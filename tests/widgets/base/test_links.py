"""Links to other pages: side by side, as counts, as first steps (widgets/base/links.py).

Requirement: the way through a first term: census, pairing, visits (W1, W4, W6). Promise: stored text is escaped.
"""

from guanai.widgets import Cards, FirstSteps, Links


def test_cards_link_and_escape():
    body = Cards([("逾期<b>", 12, "checklist?status=overdue", "4 人没有帮扶教师"), ("在册", 0)]).body.value
    assert '<a class="guanai-card guanai-card-loud" href="checklist?status=overdue">' in body
    assert "逾期&lt;b&gt;" in body
    assert "4 人没有帮扶教师" in body
    assert '<div class="guanai-card"><span class="guanai-card-count">0<' in body


def test_links_are_escaped():
    assert 'href="child?new=1&amp;x=2">登记&lt;b&gt;</a>' in Links({"登记<b>": "child?new=1&x=2"}).body.value


def test_first_steps_of_an_empty_school():
    steps = FirstSteps({"class": 0, "staff": 3, "child": 0})
    assert steps.open_forms == ["class", "child"]
    assert 'href="register?form=class"' in steps.body.value
    assert 'href="child?new=1"' in steps.body.value
    assert "register?form=staff" not in steps.body.value


def test_no_steps_where_everything_has_begun():
    assert FirstSteps({"class": 1, "staff": 3}).body.value == ""
