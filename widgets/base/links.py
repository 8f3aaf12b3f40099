"""Links to other pages: links side by side, counts that link to the lists behind them, the first steps of a new school."""

from collections.abc import Iterable, Mapping
from html import escape

from guanai.templates.wording import say
from guanai.widgets.base.boxes import Panel, html
from guanai.widgets.base.page_urls import page_url

__all__ = ["Cards", "FirstSteps", "Links", "links_html"]


class Links(Panel):
    """Links to other pages side by side: ``Links({"登记一名儿童": "child?new=1"})``."""

    def __init__(self, links: Mapping[str, str]) -> None:
        super().__init__("guanai-links")
        self.body = html(links_html(links))
        self.fill_with(self.body)


def links_html(links: Mapping[str, str]) -> str:
    """Return links side by side as HTML, escaped; ``links`` gives addresses by their text."""
    inside = "".join(
        f'<a class="guanai-record" href="{escape(address)}">{escape(text)}</a>'
        for text, address in links.items()
    )
    return f'<nav class="guanai-link-row">{inside}</nav>' if inside else ""


class FirstSteps(Panel):
    """What to do first in a new school: one step per register that is still empty, in this order; else nothing.

    ``counts`` gives how many records each register has, by form name.
    """

    def __init__(self, counts: Mapping[str, int]) -> None:
        super().__init__("guanai-first")
        self.open_forms = [form for form, count in counts.items() if not count]
        steps = []
        for form, count in counts.items():
            text = escape(say(f"steps.{form}"))
            address = escape(page_url(form, new=1) if form == "child" else page_url(form))
            done = f' <span class="guanai-badge">✓ {escape(say("steps.done"))}</span>'
            steps.append(f"<li>{text}{done}</li>" if count else f'<li><a href="{address}">{text}</a></li>')
        head = escape(say("steps.title"))
        inside = f'<section class="guanai-part"><h3>{head}</h3><ol class="guanai-steps">{"".join(steps)}</ol></section>'
        self.body = html(inside if self.open_forms else "")
        self.fill_with(self.body)


class Cards(Panel):
    """One card per ``(label, count, href)``, with a note as a fourth item if there is more to say.

    A count of 0 is plain, any other stands out. A fifth item ``False`` keeps a count plain that asks nobody to do
    anything; ``loud=False`` keeps all of them plain.
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
