"""Nothing typed is lost: what stands in a form is kept as it is typed, and offered again on coming back."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

import ipywidgets as ipw

from guanai.care.errors import GuanaiError
from guanai.templates.wording import say, spoken
from guanai.widgets.base.boxes import Panel, button, html
from guanai.widgets.base.layouts import plain
from guanai.widgets.base.page_urls import edit_page

__all__ = ["DraftOffers", "UnsavedDrafts", "local_time"]

Answers = Mapping[str, Any]

_FEW = 4  # answers that tell a person which form this was
_SHORT = 24  # characters of each


def local_time(at: str) -> str:
    """Return a stored moment (ISO 8601, UTC) as this place's clock shows it: ``2026-11-20 15:04``."""
    return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M")


class DraftOffers(ipw.VBox):
    """The drafts of a form: keeps what is typed now, and offers what was typed before and not saved.

    ``drafts`` is a `guanai.storage.records.drafts.Drafts`, or None where nothing is kept. ``read(draft)`` gives label and text of what was typed, ``resume(draft)`` puts it back into the form.
    """

    def __init__(
        self,
        drafts: Any,
        *,
        read: Callable[[Any], Iterable[tuple[str, str]]],
        resume: Callable[[Any], None],
        language: str | None = None,
    ) -> None:
        super().__init__(layout=plain(), _dom_classes=("guanai-unfinished",))
        self._drafts = drafts
        self._reads, self._resume, self._language = read, resume, language
        self._using = ""
        self._current: Answers = {}
        self._opened: Answers = {}
        #: Why what is typed cannot be kept just now; empty while all is well.
        self.error = ""
        self.offers: dict[str, tuple[ipw.Button, ipw.Button]] = {}

    def begin(self, token: str, current: Answers, opened: Answers) -> None:
        """Start on a form; ``token`` names the save that it will be, ``current`` is the record that is being changed.

        ``opened`` is what stands in the form before anything is typed.
        """
        self._using, self._current, self._opened = token, current, opened
        self._offer()

    def keep(self, answers: Answers, touched: Iterable[str], base: Answers) -> None:
        """Keep what stands in the form now; nothing, where it is as it was opened."""
        if self._drafts is None:
            return
        try:
            if answers == self._opened:
                self._drafts.discard(self._using)
            else:
                self._drafts.save(self._using, answers, touched=touched, base=base)
            self.error = ""
        except GuanaiError as error:
            self.error = say("unsaved.not_kept", self._language, why=error.message(self._language))

    def drop(self, token: str) -> None:
        """Throw a draft away: it has been saved, or is not wanted."""
        if self._drafts is not None:
            try:
                self._drafts.discard(token)
            except GuanaiError as error:
                self.error = error.message(self._language)

    # -- what was not saved before

    def _offer(self) -> None:
        """Show a line with two buttons for each draft of this record but the one in use."""
        self.offers = {}
        lines = []
        found = self._found()
        self._note(found)
        for draft in found:
            go_on = button(say("unsaved.resume", self._language), self._taker(draft), "guanai-main")
            throw = button(say("unsaved.drop", self._language), self._thrower(draft), "guanai-remove")
            self.offers[draft.token] = (go_on, throw)
            choice = ipw.HBox([go_on, throw], layout=plain(), _dom_classes=("guanai-buttons",))
            lines.append(
                ipw.VBox([html(self._words(draft)), choice], layout=plain(), _dom_classes=("guanai-unsaved",))
            )
        old = tuple(getattr(self, "children", ()))
        self.children = tuple(lines)
        for line in old:
            line.close()

    def _found(self) -> list[Any]:
        if self._drafts is None:
            return []
        try:
            found = self._drafts.all(str(self._current.get("id", "")))
        except GuanaiError as error:
            self.error = error.message(self._language)
            return []
        return [draft for draft in found if draft.token != self._using]

    def _note(self, found: list[Any]) -> None:
        """Keep when a draft was first offered: only one that has been is ever thrown away for its age."""
        try:
            if found:
                self._drafts.mark_offered(found)
        except GuanaiError as error:
            self.error = error.message(self._language)

    def _taker(self, draft: Any) -> Callable[[], None]:
        return lambda: self._resume(draft)

    def _thrower(self, draft: Any) -> Callable[[], None]:
        def throw() -> None:
            self.drop(draft.token)
            self._offer()

        return throw

    def _words(self, draft: Any) -> str:
        """Return when and what it was, and what has changed since, as HTML."""
        typed = [f"{label}：{_shortened(text)}" for label, text in self._reads(draft)]
        what = "；".join(typed[:_FEW]) + ("……" if len(typed) > _FEW else "")
        said = [say("unsaved.title", self._language, at=local_time(draft.at)), what or "—"]
        if draft.version != self._drafts.version:
            said.append(say("unsaved.other_form", self._language))
        now, then = self._current.get("revision"), (draft.base or {}).get("revision")
        if now != then:
            who = self._current.get("updated_by") or say("unsaved.somebody", self._language)
            said.append(say("unsaved.other_record", self._language, who=who))
        if ends := _soon_gone(draft):
            said.append(say("unsaved.until", self._language, day=ends))
        head, *rest = map(escape, said)
        return f'<div role="status"><strong>{head}</strong>{"".join(f"<p>{line}</p>" for line in rest)}</div>'


def _soon_gone(draft: Any) -> str:
    """Return the day after which an old draft is thrown away, if that is soon."""
    until = getattr(draft, "until", "")
    left = datetime.fromisoformat(until) - datetime.now(UTC) if until else timedelta(days=99)
    return local_time(until)[:10] if left < timedelta(days=15) else ""


def _shortened(text: str) -> str:
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}…"


class UnsavedDrafts(Panel):
    """Everything that the person has typed and not saved, each with the way to its page; nothing where there is nothing.

    ``drafts`` are a `guanai.storage.records.drafts.Drafts` of all forms, ``forms`` the forms by name.
    """

    def __init__(self, drafts: Any, forms: Mapping[str, Any], language: str | None = None) -> None:
        super().__init__("guanai-left-over")
        self.drafts = [draft for draft in drafts.all() if draft.form in forms]
        drafts.mark_offered(self.drafts)
        lines = []
        for draft in self.drafts:
            title = forms[draft.form].title(spoken(language))
            name = str(draft.answers.get("name") or "")
            what = "：".join(filter(None, [title, _shortened(name)]))
            text = escape(say("unsaved.line", language, at=local_time(draft.at), what=what))
            address = escape(edit_page(draft.form, draft.record_id))
            lines.append(f'<li><a href="{address}">{text}</a></li>')
        head = f"<h3>{escape(say('unsaved.heading', language))}</h3>"
        inside = (
            f'<section class="guanai-part">{head}<ul class="guanai-people">{"".join(lines)}</ul></section>'
        )
        self.body = html(inside if lines else "")
        self.fill_with(self.body)
