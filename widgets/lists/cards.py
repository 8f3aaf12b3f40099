"""Counts that link to the lists behind them: the first thing a person sees."""

from collections.abc import Iterable
from html import escape

from guanai.widgets.base.boxes import Panel, html

__all__ = ["Cards"]


class Cards(Panel):
    """One card per ``(label, count, href)``, with a note as a fourth item if there is more to say.

    A count of 0 is calm, any other stands out, unless a fifth item says ``False``: that count asks for nothing;
    ``loud=False`` says so of all.
    """

    def __init__(self, cards: Iterable[tuple[object, ...]], *, loud: bool = True) -> None:
        super().__init__("guanai-cards")
        self.cards = list(cards)
        self.body = html("".join(_card(card, loud) for card in self.cards), "guanai-card-row")
        self.fill_with(self.body)


def _card(card: tuple[object, ...], loud: bool) -> str:
    label, count, *more = (escape(str(part)) for part in card[:4])
    loud = loud and (len(card) < 5 or bool(card[4]))
    address = more[0] if more else ""
    note = f'<span class="guanai-card-note">{more[1]}</span>' if len(more) > 1 and more[1] else ""
    tone = " guanai-card-loud" if loud and count not in ("0", "") else ""
    inside = (
        f'<span class="guanai-card-count">{count}</span><span class="guanai-card-label">{label}</span>{note}'
    )
    if address:
        return f'<a class="guanai-card{tone}" href="{address}">{inside}</a>'
    return f'<div class="guanai-card{tone}">{inside}</div>'
