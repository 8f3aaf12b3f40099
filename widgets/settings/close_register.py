"""A register that the school made itself, closed when it is not wanted any more, and opened again."""

from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets as ipw

from guanai.templates.wording import say
from guanai.widgets.base.boxes import Panel, button, html, set_visible
from guanai.widgets.base.errors import error_html
from guanai.widgets.base.layouts import plain

__all__ = ["CLOSING_VERSIONS", "CloseRegister"]

#: What a version tells of its register and not of its form.
CLOSING_VERSIONS = ("closed", "reopened")


class CloseRegister(Panel):
    """The button that closes the register which is looked at, or opens it again; nothing for one that ships.

    ``designs`` is `School.publishing`; ``on_done()`` is called when something has changed.
    """

    def __init__(self, designs: Any, on_done: Callable[[], None], language: str | None = None) -> None:
        super().__init__("guanai-part", "guanai-step")
        self._designs, self._on_done, self._language = designs, on_done, language
        self._name = ""
        self.text = html()
        self.turn = button("", self._turned)
        self.notice = html()
        buttons = ipw.HBox([self.turn], layout=plain(), _dom_classes=("guanai-buttons",))
        self.fill_with(self.text, buttons, self.notice)

    def of(self, name: str) -> None:
        """Show what can be done with a register."""
        if name != self._name:
            self.notice.value = ""
        self._name = name
        set_visible(self, self._designs.closable(name))
        closed = self._designs.is_closed(name)
        title, text = (
            ("designer.closed", "designer.closed_text")
            if closed
            else ("designer.close", "designer.close_text")
        )
        self.text.value = (
            f"<h3>{escape(say(title, self._language))}</h3><p>{escape(say(text, self._language))}</p>"
        )
        self.turn.description = say("designer.reopen" if closed else "designer.close", self._language)
        self.turn.disabled = not self._designs.allowed

    def _turned(self) -> None:
        closed = self._designs.is_closed(self._name)
        try:
            (self._designs.reopen if closed else self._designs.close)(self._name)
        except Exception as error:
            self.notice.value = error_html(error, self._language)
            return
        said = escape(say("designer.reopened" if closed else "designer.done_closed", self._language))
        self.notice.value = f'<p class="guanai-notice guanai-good" role="status">{said}</p>'
        self._on_done()
