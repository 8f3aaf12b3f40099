"""What a page says while it works and when something fails: a line of progress, an error as a person may read it."""

import logging
import threading
from contextvars import copy_context
from html import escape
from types import TracebackType
from typing import Self
from uuid import uuid4

import ipywidgets as ipw

from guanai.care.errors import GuanaiError
from guanai.templates.wording import say
from guanai.widgets.base.boxes import html

__all__ = ["Progress", "empty_html", "error_html", "message_of", "notice_html"]

log = logging.getLogger(__name__)


def message_of(error: Exception) -> str:
    """Return the message of an error; one that is not made for people goes to the log, and its reference number is returned."""
    if isinstance(error, GuanaiError):
        return error.message()
    reference = uuid4().hex[:6].upper()
    log.error("reference %s", reference, exc_info=error)
    return say("error.unexpected", reference=reference)


def error_html(error: Exception) -> str:
    """Return the error as HTML, escaped."""
    return notice_html("bad", message_of(error))


def notice_html(kind: str, text: str, extra: str = "") -> str:
    """Return a message as HTML, escaped: ``kind`` is good, bad, busy or calm; ``extra`` is HTML behind it."""
    role = "alert" if kind == "bad" else "status"
    return f'<div class="guanai-notice guanai-{kind}" role="{role}">{escape(text)}{extra}</div>'


def empty_html(text: str) -> str:
    """Return what stands where a list has nothing in it, as HTML, escaped."""
    return f'<p class="guanai-empty">{escape(text)}</p>'


class Progress:
    """Show a line after a second of work, and take it away at the end.

    ``with Progress("正在汇总…"):`` in a notebook, or with ``into=`` an HTML widget that is there already.
    A timer's thread writes the line, since the work keeps the main thread busy.
    """

    def __init__(self, text: str | None = None, *, into: ipw.HTML | None = None, after: float = 1.0) -> None:
        self.text = text or say("progress.working")
        self.line = into
        self._own = into is None
        self._after = after
        self._before = ""
        self._shown = False
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        if self._own:
            self.line = html()
            _display(self.line)
        self._before = self.line.value if self.line is not None else ""
        # ipykernel holds the message it answers in a context variable; the thread needs a copy of it.
        self._timer = threading.Timer(self._after, copy_context().run, [self._show])
        self._timer.daemon = True
        self._timer.start()
        return self

    def _show(self) -> None:
        with self._lock:
            if self.line is not None and not self._timer.finished.is_set():
                self._shown = True
                self.line.value = notice_html("busy", self.text)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            if self.line is None:
                return
            if self._shown and "guanai-busy" in self.line.value:
                self.line.value = "" if self._own else self._before
            if self._own:
                self.line.close()


def _display(widget: ipw.Widget) -> None:
    # IPython is there in every kernel, but not in a plain script that uses the widgets' logic.
    from IPython.display import display

    display(widget)  # type: ignore[no-untyped-call]
