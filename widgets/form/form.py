"""A form on the screen: questions of a session, errors beside them, and one button that saves.

After a new record is saved the form empties for the next one and says what was saved; the form of a record
that is being changed stays as it is.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Any
from uuid import uuid4

import ipywidgets as ipw

from guanai.care.children.merging import combined
from guanai.care.errors import ConflictError, RecordError
from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.records.school_form import SchoolForm
from guanai.templates.wording import say, spoken
from guanai.widgets.base.boxes import Panel, button, html
from guanai.widgets.base.errors import message_of
from guanai.widgets.base.layouts import plain
from guanai.widgets.base.progress import Progress
from guanai.widgets.base.table import href
from guanai.widgets.form.conflicts import Conflict, merged
from guanai.widgets.form.drafts import DraftOffers, local_time
from guanai.widgets.form.duplicates import SameChildQuestion, TypedChanges, texts_of, title_of
from guanai.widgets.form.fields import Field
from guanai.widgets.form.retired_answers import retired_html
from guanai.widgets.form.sections import Sections

__all__ = ["Form"]

Record = dict[str, Any]


class Form(Panel):
    """The questions of a form and a button that saves them.

    ``form`` is a form of storage (``school.form("child")``) or a session of one. ``on_save(record)`` keeps the
    record and returns what to say, the saved record, or both as ``(text, record)``; a parameter called ``token``
    gets the same text again when one save is tried twice. ``record`` with an ``id`` is changed, without one it
    gives the first answers of a new record. ``links`` are offered after a save, filled from the record:
    ``{"text": "child?id={child}"}``. ``drafts`` keeps what is typed until it is saved, and offers it again on
    coming back; without it those of the school that the form comes from (`School.drafts`). ``alike(record)`` is asked before
    a new record is saved: those who may be the same, as records each with the reason (`Duplicates.like`).

    ``controls`` gives the ipywidgets control of each question by its path (``guardians/0/name``), ``record`` the
    answers so far, ``problems`` what is missing or wrong, ``notice`` the line above the button ``save``.
    """

    def __init__(
        self,
        form: Any,
        on_save: Callable[..., Any] | None = None,
        *,
        record: Mapping[str, Any] | None = None,
        language: str | None = None,
        links: Mapping[str, str] | None = None,
        drafts: Any = None,
        alike: Callable[[Record], Sequence[tuple[Record, str]]] | None = None,
    ) -> None:
        super().__init__("guanai-form")
        self._form = form.form if isinstance(form, FormSession) else form
        self._on_save = on_save
        self._alike = alike
        self._language = language
        self._links = dict(links or {})
        self._base: Record = dict(record or {})
        self._left: set[str] = set()
        self._wrong: dict[str, str] = {}
        self._refused = False
        self._saved = False  # nothing was changed since the last save
        self._token = uuid4().hex
        self._session = form if isinstance(form, FormSession) else self._open(self._base)
        self._sections = Sections(self._session, self._heard, self._moved, language)
        self.notice = html("", "guanai-form-notice")
        self.save = button(say("form.save", language), self._save, "guanai-main")
        self.conflict = ipw.VBox(layout=plain())
        self.draft_offers = DraftOffers(
            drafts or (self._form.drafts if isinstance(self._form, SchoolForm) else None),
            read=self._typed_texts,
            resume=self._resume,
            language=language,
        )
        foot = ipw.VBox(
            [self.conflict, self.notice, self.save], layout=plain(), _dom_classes=("guanai-foot",)
        )
        #: What the record holds that its form no longer asks.
        self.retired = html(retired_html(self._form, self._base, language))
        self.fill_with(self.draft_offers, self._sections.view, self.retired, foot)
        self.draft_offers.begin(self._token, self._base, self._session.written())

    def _open(self, answers: Mapping[str, Any], *, defaults: bool | None = None) -> FormSession:
        return FormSession(
            self._form, answers, language=spoken(self._language), defaults=defaults, person=self._form.person
        )

    # -- what tests and notebooks use

    @property
    def fields(self) -> dict[str, Field]:
        """Every question on the page by its path."""
        return self._sections.fields

    @property
    def controls(self) -> dict[str, Any]:
        """The control of every question by its path."""
        return {path: field.control for path, field in self._sections.fields.items()}

    @property
    def record(self) -> Record:
        """The answers so far; for a record being changed also what the form does not ask (id, revision, …)."""
        return dict(self._session.record())

    @property
    def problems(self) -> list[Any]:
        """What is missing or wrong now, in page order."""
        return list(self._session.check())

    @property
    def errors(self) -> dict[str, str]:
        """The errors that the page shows now, by path."""
        return dict(self._wrong)

    def fill(self, **answers: Any) -> None:
        """Enter answers as a person would, in this order; choices by name or label, a repeat as a list of dicts."""
        for name, value in answers.items():
            self._sections.turn_to(name)
            if name in self._sections.repeats:
                self._fill_rows(name, value)
            else:
                self._fill_one(name, value)

    def _fill_rows(self, path: str, rows: list[Mapping[str, Any]]) -> None:
        for number, row in enumerate(rows):
            while len(self._sections.repeats[path].rows.children) <= number:
                self._sections.add(path)
            for key, value in row.items():
                self._fill_one(f"{path}/{number}/{key}", value)

    def _fill_one(self, path: str, value: object) -> None:
        if not self._session.state(path).relevant:
            raise ValueError(f"{path} is not on the page: it does not apply to these answers")
        self._sections.reach(path).enter(value)

    # -- what a person does

    def _heard(self, field: Field, raw: object) -> None:
        before = self._session.state(field.path).value
        changed = self._session.set(field.path, raw)
        self._left.add(field.path)
        self._touch()
        self._show({field.path, *changed})
        self._keep_draft()
        if (
            field.is_quick and not before and field.path not in self._wrong
        ):  # not while arrow keys change an answer
            self._sections.go_on(field.path)

    def _moved(self) -> None:
        """Rows came or went: every state may have changed."""
        self._left &= set(self._sections.paths())
        self._touch()
        self._show({*self._sections.fields, *self._sections.repeats})
        self._keep_draft()

    def _touch(self) -> None:
        if self._saved:
            self.notice.value = ""
        self._saved = False
        self.add_class("guanai-dirty")  # the theme warns before the page is left

    def _keep_draft(self) -> None:
        before = self.draft_offers.error
        self.draft_offers.keep(self._session.written(), self._left, self._base)
        if self.draft_offers.error:
            self._say("bad", self.draft_offers.error, alert=True)
        elif before:
            self.notice.value = ""

    def _show(self, paths: set[str]) -> None:
        """Show the state of these paths, and every error that came or went."""
        now = self._errors()
        moved = {path for path in {*now, *self._wrong} if now.get(path) != self._wrong.get(path)}
        self._wrong = now
        self._sections.show(paths | moved, now)
        if self._refused:
            self._say_count()

    def _errors(self) -> dict[str, str]:
        """Return what is wrong where somebody has been: a field that nobody has left yet is not wrong."""
        if self._refused:
            self._session.check()  # from now on a missing answer counts
        found = {}
        for path in self._sections.paths():
            state = self._session.state(path)
            field = self._sections.fields.get(path)
            error = (field.own_error if field else "") or state.error
            if error and state.relevant and path in self._left:
                found[path] = error
        return found

    def _say_count(self) -> None:
        if self._wrong:
            self._say("bad", say("form.attention", self._language, count=len(self._wrong)), alert=True)
        else:
            self._say("", say("form.ready", self._language))

    def _say(self, kind: str, text: str, *, alert: bool = False, extra: str = "") -> None:
        role = "alert" if alert else "status"
        self.notice.value = (
            f'<div class="guanai-notice guanai-{kind or "calm"}" role="{role}">{escape(text)}{extra}</div>'
        )

    # -- saving

    def _save(self, **how: bool) -> None:
        if self._saved:  # the second half of a double click: the first one has saved everything there is
            return
        self.save.disabled = True
        try:
            with Progress(say("form.saving", self._language), into=self.notice):
                self._try(**how)
        finally:
            self.save.disabled = False

    def _try(self, *, is_another: bool = False) -> None:
        self._refused = True
        self._left.update(path for path in self._sections.paths() if self._session.state(path).relevant)
        self._show(set())
        if self._wrong:
            self._focus_first()
            return
        try:
            record = self.record
            if not is_another and self._asked_which(record):
                return
            outcome = self._keep(record)
        except ConflictError as error:
            self._show_conflict(error)
        except RecordError as error:
            self._show_refusal(error)
        except Exception as error:
            self._say("bad", message_of(error, self._language), alert=True)
        else:
            self._done(record, outcome)

    def _keep(self, record: Record) -> Any:
        if self._on_save is None:
            return None
        if "token" in inspect.signature(self._on_save).parameters:
            return self._on_save(record, token=self._token)
        return self._on_save(record)

    def _done(self, record: Record, outcome: Any) -> None:
        text, kept = outcome if isinstance(outcome, tuple) else (outcome, None)
        if isinstance(text, Mapping):
            text, kept = None, text
        if "id" in self._base:
            base = dict(kept or record)
            if not kept and isinstance(base.get("revision"), int):
                base["revision"] += 1  # what a save makes of it; the next one must not meet itself
        else:
            base = {}
        self.draft_offers.drop(self._token)
        self._start(base)
        self._saved = True
        links = "".join(
            f' <a href="{href(page, kept or record)}">{escape(label)}</a>'
            for label, page in self._links.items()
        )
        self._say("good", str(text or say("form.saved", self._language)), extra=links)

    def _start(self, base: Record, typed: Record | None = None, token: str = "") -> None:
        """Show a record, an empty form, or what was typed and not saved, in the same controls."""
        self._base = base
        self._left.clear()
        self._wrong = {}
        self._refused = False
        self._token = token or uuid4().hex
        self.conflict.children = ()
        self._session = self._open(base) if typed is None else self._open(typed, defaults=False)
        self._sections.start(self._session)
        self.retired.value = retired_html(self._form, base, self._language)
        self.remove_class("guanai-dirty")
        opened = self._session.written() if typed is None else {}
        self.draft_offers.begin(self._token, base, opened)

    def _resume(self, draft: Any) -> None:
        """Go on with what was typed and not saved; what stands in the form now stays kept."""
        self._start(dict(draft.base or {}), draft.answers, draft.token)
        self._touched(draft.touched)
        self._say("", say("unsaved.resumed", self._language, at=local_time(draft.at)))

    def _touched(self, paths: Iterable[str]) -> None:
        """Take it that a person has been at these questions."""
        self._left = set(paths) & set(self._sections.paths())
        self._touch()
        self._show(set())

    def _typed_texts(self, draft: Any) -> list[tuple[str, str]]:
        """Return label and text of what a person had typed, the child first."""
        texts = self._texts(draft.answers, defaults=False)
        paths = sorted((path for path in texts if path in draft.touched), key=lambda path: path != "child")
        named = ["child"] if "child" in texts and "child" not in paths else []
        return [texts[path] for path in [*named, *paths] if texts[path][1]]

    def _focus_first(self) -> None:
        order = [problem.path for problem in self._session.check()]  # in page order, rows added later too
        for path in [*(path for path in order if path in self._wrong), *self._wrong]:
            self._sections.reach(path).focus()
            return

    def _show_refusal(self, error: RecordError) -> None:
        """Show what the storage refused beside the fields it names."""
        self._wrong = {path: text for path, text in error.fields.items() if path in self._sections.paths()}
        self._sections.show(self._wrong, self._wrong)
        self._say("bad", error.message(self._language), alert=True)
        self._focus_first()

    # -- somebody else saved first

    def _show_conflict(self, error: ConflictError) -> None:
        mine, theirs = self._texts(self.record), self._texts(error.theirs)
        labels = {**theirs, **mine}
        lines = [
            (label, mine.get(key, ("", ""))[1], theirs.get(key, ("", ""))[1])
            for key, (label, _) in labels.items()
            if mine.get(key, ("", ""))[1] != theirs.get(key, ("", ""))[1]
        ]
        panel = Conflict(
            lines,
            str(error.theirs.get("updated_by", "")),
            on_keep=lambda: self._keep_mine(error.theirs),
            on_take=lambda: self._take_theirs(error.theirs),
            language=self._language,
        )
        self.conflict.children = (panel,)
        self._say("bad", error.message(self._language), alert=True)
        panel.keep.focus()

    def _texts(self, answers: Mapping[str, Any], **how: Any) -> dict[str, tuple[str, str]]:
        """Return label and text of every answer by path, as a person reads them."""
        return texts_of(self._open(answers, **how))

    def _keep_mine(self, theirs: Mapping[str, Any]) -> None:
        answers = merged(self._base, self.record, theirs, list(self._form.columns))
        kept = {key: value for key, value in theirs.items() if key not in self._form.columns}
        token = self._token
        self._start({**kept, **answers}, {**kept, **answers})
        self._keep_draft()
        self.draft_offers.drop(token)
        self._save()

    def _take_theirs(self, theirs: Mapping[str, Any]) -> None:
        self.draft_offers.drop(self._token)
        self._start(dict(theirs))
        self._say("", say("conflict.taken", self._language))

    # -- somebody who may be there already

    def _asked_which(self, record: Record) -> bool:
        """Ask whether a new record is of somebody who is there already; say whether there is anything to ask."""
        found = self._alike(record) if self._alike and "id" not in self._base else []
        if not found:
            return False
        panel = SameChildQuestion(
            record,
            found,
            self._texts,
            on_this=self._take_for,
            on_other=lambda: self._save(is_another=True),
            language=self._language,
        )
        self.conflict.children = (panel,)
        self._say("bad", say("alike.question", self._language, count=len(found)), alert=True)
        panel.this[0].focus()
        return True

    def _take_for(self, child: Record) -> None:
        """Put what was typed into the dossier that is there, as changes to look at before they are saved."""
        token, blank = self._token, self._open({}).written()
        typed = {
            key: value for key, value in self._session.written().items() if value != blank.get(key)
        }  # what the form fills in by itself says nothing about this child
        answers = combined(child, typed, newer=typed)
        self._start(dict(child), answers)
        self._touched(path for path in self._sections.paths() if path.split("/")[0] in typed)
        self._keep_draft()
        self.draft_offers.drop(token)
        self.conflict.children = (TypedChanges(self._texts(answers), self._texts(child), self._language),)
        self._say("", say("alike.taken", self._language, label=title_of(child, self._language)))
