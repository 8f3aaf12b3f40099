"""Counts that link to the lists behind them (widgets/lists/cards.py)."""

from guanai.widgets import Cards


def test_cards_link_and_escape():
    body = Cards([("逾期<b>", 12, "checklist?status=overdue", "4 人没有帮扶教师"), ("在册", 0)]).body.value
    assert '<a class="guanai-card guanai-card-loud" href="checklist?status=overdue">' in body
    assert "逾期&lt;b&gt;" in body
    assert "4 人没有帮扶教师" in body
    assert '<div class="guanai-card"><span class="guanai-card-count">0<' in body
