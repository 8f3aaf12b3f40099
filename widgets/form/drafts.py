"""Drafts: what is typed in a form is stored at once, and offered again when the person comes back."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from html import escape

import ipywidgets as ipw

from guanai.care.errors import GuanaiError
from guanai.storage.forms.xlsform.definitions import Form as FormDefinition
from guanai.storage.records.drafts import Draft, Drafts
from guanai.templates.wording import say, spoken
from guanai.widgets.base.boxes import Panel, button, hbox, html, plain, vbox
from guanai.widgets.base.page_urls import edit_page
from guanai.widgets.base.value_labels import Record

__all__ = ["DraftOffers", "UnsavedDrafts", "local_time"]

_MOST_ANSWERS = 4  # of a draft that are shown
_SHORT = 24  # characters of each


def local_time(at: str) -> str:
    """Return a stored time (ISO 8601, UTC) in local time: ``2026-11-20 15:04``."""
    return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M")


class DraftOffers(ipw.VBox):
    """The drafts of a form: stores what is typed now, and offers what was typed before and not saved.

    ``drafts`` is a `guanai.storage.records.drafts.Drafts`, or None where nothing is stored. ``read(draft)``
    gives label and text of what was typed, ``resume(draft)`` shows it in the form again.
    """

    def __init__(
        self,
        drafts: Drafts | None,
        *,
        read: Callable[[Draft], Iterable[tuple[str, str]]],
        resume: Callable[[Draft], None],
    ) -> None:
        super().__init__(layout=plain(), _dom_classes=("guanai-unfinished",))
        self._drafts = drafts
        self._read, self._resume = read, resume
        self._token = ""
        self._current: Record = {}
        self._opened: Record = {}
        #: Why what is typed cannot be stored now; empty while it can.
        self.error = ""
        self.offers: dict[str, tuple[ipw.Button, ipw.Button]] = {}

    def begin(self, token: str, current: Record, opened: Record) -> None:
        """Start on a form; ``token`` names its save, ``current`` is the record that is changed.

        ``opened`` are the answers in the form before anything is typed.
        """
        self._token, self._current, self._opened = token, current, opened
        self._offer()

    def keep(self, answers: Record, touched: Iterable[str], base: Record) -> None:
        """Store the answers in the form now; where they are those that it was opened with, there is no draft."""
        if self._drafts is None:
            return
        try:
            if answers == self._opened:
                self._drafts.discard(self._token)
            else:
                self._drafts.save(self._token, answers, touched=touched, base=base)
            self.error = ""
        except GuanaiError as error:
            self.error = say("unsaved.not_kept", why=error.message())

    def drop(self, token: str) -> None:
        """Delete a draft that has been saved or is not wanted."""
        if self._drafts is not None:
            try:
                self._drafts.discard(token)
            except GuanaiError as error:
                self.error = error.message()

    # -- earlier drafts

    def _offer(self) -> None:
        """Show a line with two buttons for each draft of this record but the one in use."""
        self.offers = {}
        lines = []
        drafts = self._other_drafts()
        self._note_offered(drafts)
        for draft in drafts:
            resume = button(say("unsaved.resume"), partial(self._resume, draft), "guanai-main")
            drop = button(say("unsaved.drop"), partial(self._drop_offer, draft), "guanai-remove")
            self.offers[draft.token] = (resume, drop)
            choice = hbox([resume, drop], "guanai-buttons")
            lines.append(vbox([html(self._draft_html(draft)), choice], "guanai-unsaved"))
        old = tuple(getattr(self, "children", ()))
        self.children = tuple(lines)
        for line in old:
            line.close()

    def _other_drafts(self) -> list[Draft]:
        if self._drafts is None:
            return []
        try:
            drafts = self._drafts.all(str(self._current.get("id", "")))
        except GuanaiError as error:
            self.error = error.message()
            return []
        return [draft for draft in drafts if draft.token != self._token]

    def _note_offered(self, drafts: list[Draft]) -> None:
        """Store when a draft was first offered: only drafts that have been offered are deleted for their age."""
        try:
            if drafts and self._drafts is not None:
                self._drafts.mark_offered(drafts)
        except GuanaiError as error:
            self.error = error.message()

    def _drop_offer(self, draft: Draft) -> None:
        self.drop(draft.token)
        self._offer()

    def _draft_html(self, draft: Draft) -> str:
        """Return when and what was typed, and what has changed since, as HTML."""
        typed = [f"{label}：{_shortened(text)}" for label, text in self._read(draft)]
        what = "；".join(typed[:_MOST_ANSWERS]) + ("……" if len(typed) > _MOST_ANSWERS else "")
        lines = [say("unsaved.title", at=local_time(draft.at)), what or "—"]
        if self._drafts is not None and draft.version != self._drafts.version:
            lines.append(say("unsaved.other_form"))
        revision, drafted = self._current.get("revision"), (draft.base or {}).get("revision")
        if revision != drafted:
            who = self._current.get("updated_by") or say("unsaved.somebody")
            lines.append(say("unsaved.other_record", who=who))
        if ends := _expires_soon(draft):
            lines.append(say("unsaved.until", day=ends))
        head, *rest = map(escape, lines)
        return f'<div role="status"><strong>{head}</strong>{"".join(f"<p>{line}</p>" for line in rest)}</div>'


def _expires_soon(draft: Draft) -> str:
    """Return the day after which an old draft is deleted, if that is soon."""
    until = draft.until
    if not until or datetime.fromisoformat(until) - datetime.now(UTC) >= timedelta(days=15):
        return ""
    return local_time(until)[:10]


def _shortened(text: str) -> str:
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}…"


class UnsavedDrafts(Panel):
    """Everything that the person has typed and not saved, each with a link to its page; empty without drafts.

    ``drafts`` are a `guanai.storage.records.drafts.Drafts` of all forms, ``forms`` the forms by name.
    """

    def __init__(self, drafts: Drafts, forms: Mapping[str, FormDefinition]) -> None:
        super().__init__("guanai-left-over")
        self.drafts = [draft for draft in drafts.all() if draft.form in forms]
        drafts.mark_offered(self.drafts)
        lines = []
        for draft in self.drafts:
            title = forms[draft.form].title(spoken())
            name = str(draft.answers.get("name") or "")
            what = "：".join(filter(None, [title, _shortened(name)]))
            text = escape(say("unsaved.line", at=local_time(draft.at), what=what))
            address = escape(edit_page(draft.form, draft.record_id))
            lines.append(f'<li><a href="{address}">{text}</a></li>')
        head = f"<h3>{escape(say('unsaved.heading'))}</h3>"
        inside = (
            f'<section class="guanai-part">{head}<ul class="guanai-people">{"".join(lines)}</ul></section>'
        )
        self.body = html(inside if lines else "")
        self.fill_with(self.body)
