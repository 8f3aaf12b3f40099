"""Two versions of one record side by side, when somebody else saved first."""

from collections.abc import Callable, Mapping, Sequence
from html import escape

import ipywidgets as ipw

from guanai.templates.wording import say
from guanai.widgets.base.boxes import button, html
from guanai.widgets.base.layouts import plain

__all__ = ["Conflict", "merged"]


def merged(
    base: Mapping[str, object], mine: Mapping[str, object], theirs: Mapping[str, object], keys: Sequence[str]
) -> dict[str, object]:
    """Return the answers when I keep mine: what I changed is mine, everything else is as they saved it.

    ``base`` is the record as I opened it; ``keys`` are the questions of the form.

    >>> merged({"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 3, "b": 3}, ["a", "b"])
    {'a': 2, 'b': 3}
    """
    chosen = {key: theirs.get(key) if mine.get(key) == base.get(key) else mine.get(key) for key in keys}
    return {key: value for key, value in chosen.items() if value is not None}


class Conflict(ipw.VBox):
    """What differs between my version and theirs, and the choice between them.

    ``lines`` are (label, my text, their text); the callbacks take no arguments.
    """

    def __init__(
        self,
        lines: Sequence[tuple[str, str, str]],
        who: str,
        *,
        on_keep: Callable[[], None],
        on_take: Callable[[], None],
        language: str | None = None,
    ) -> None:
        heads = [say(key, language) for key in ("conflict.question", "conflict.mine", "conflict.theirs")]
        head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
        rows = "".join(
            f'<tr><th scope="row">{escape(label)}</th><td>{escape(mine)}</td><td>{escape(theirs)}</td></tr>'
            for label, mine, theirs in lines
        )
        title = escape(say("conflict.title", language, who=who))
        self.table = html(
            f'<h3>{title}</h3><div class="guanai-scroll"><table class="guanai-table"><thead><tr>{head}</tr></thead>'
            f"<tbody>{rows}</tbody></table></div>"
        )
        self.keep = button(say("conflict.keep", language), on_keep, "guanai-main")
        self.take = button(say("conflict.take", language), on_take)
        choice = ipw.HBox([self.keep, self.take], layout=plain(), _dom_classes=("guanai-buttons",))
        super().__init__([self.table, choice], layout=plain(), _dom_classes=("guanai-conflict",))
