"""A form on the screen: the questions of a session, errors beside them, and one button that saves.

After a new record is saved the form says what was saved and is empty for the next one; the form of a record that is
changed still shows it.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Any
from uuid import uuid4

import ipywidgets as ipw

from guanai.care.children.merging import combine
from guanai.care.errors import ConflictError, RecordError
from guanai.storage.forms.session.form_session import FormSession, Problem
from guanai.storage.forms.xlsform.definitions import Form as FormDefinition
from guanai.storage.records.drafts import Draft, Drafts
from guanai.storage.records.school_form import SchoolForm
from guanai.templates.wording import say, spoken
from guanai.widgets.base.boxes import Panel, button, html, vbox
from guanai.widgets.base.notices import Progress, message_of, notice_html
from guanai.widgets.base.table import href
from guanai.widgets.base.value_labels import Record, retired_html
from guanai.widgets.form.comparisons import (
    Conflict,
    SameChildQuestion,
    TypedChanges,
    merged,
    texts_of,
    title_of,
)
from guanai.widgets.form.drafts import DraftOffers, local_time
from guanai.widgets.form.fields import Field
from guanai.widgets.form.sections import Sections

__all__ = ["Form"]

Answers = dict[str, Any]


class Form(Panel):
    """The questions of a form and a button that saves them.

    ``form`` is a form of storage (``school.form("child")``) or a session of one. ``on_save(record)`` saves the
    record and returns what to say, the saved record, or both as ``(text, record)``; a parameter called ``token``
    gets the same text again when one save is tried twice. ``record`` with an ``id`` is changed, without one it
    gives the first answers of a new record. ``links`` are offered after a save, filled from the record:
    ``{"text": "child?id={child}"}``. ``drafts`` hold what is typed until it is saved, and offer it when the
    person comes back; without them those of the form's school (`School.drafts`). ``alike(record)`` is called before a
    new record is saved and returns the records that may be the same child, each with the reason (`Duplicates.like`). Questions
    that the person does not see, or only masked (`SchoolForm.covered`), are not built: a save keeps what is stored.

    ``controls`` gives the ipywidgets control of each question by its path (``guardians/0/name``), ``record`` the
    answers so far, ``problems`` what is missing or wrong, ``errors`` those of them that the page shows, ``notice`` the
    line above the button ``save``.
    """

    def __init__(
        self,
        form: FormDefinition | FormSession,
        on_save: Callable[..., Any] | None = None,
        *,
        record: Record | None = None,
        links: Mapping[str, str] | None = None,
        drafts: Drafts | None = None,
        alike: Callable[[Answers], Sequence[tuple[Answers, str]]] | None = None,
    ) -> None:
        super().__init__("guanai-form")
        self._form = form.form if isinstance(form, FormSession) else form
        self._on_save = on_save
        self._alike = alike
        self._links = dict(links or {})
        self._opened: Answers = dict(record or {})
        self._visited: set[str] = set()
        self._errors: dict[str, str] = {}
        self._save_tried = False
        self._saved = False  # nothing was changed since the last save
        self._token = uuid4().hex
        self._session = form if isinstance(form, FormSession) else self._open(self._opened)
        covered = self._form.covered if isinstance(self._form, SchoolForm) else None
        self._without = covered(str(self._opened.get("id") or "")) if covered else frozenset()
        self._sections = Sections(self._session, self._on_answer, self._on_rows_changed, self._without)
        self.notice = html("", "guanai-form-notice")
        self.save = button(say("form.save"), self._save, "guanai-main")
        self.conflict = vbox(())
        self.draft_offers = DraftOffers(
            drafts or (self._form.drafts if isinstance(self._form, SchoolForm) else None),
            read=self._draft_texts,
            resume=self._resume,
        )
        foot = vbox([self.conflict, self.notice, self.save], "guanai-foot")
        #: The answers of the record to questions that its form no longer has.
        self.retired = html(retired_html(self._form, self._opened))
        self.fill_with(self.draft_offers, self._sections.view, self.retired, foot)
        self.draft_offers.begin(self._token, self._opened, self._session.written())

    def _open(self, answers: Record, *, defaults: bool | None = None) -> FormSession:
        return FormSession(
            self._form, answers, language=spoken(), defaults=defaults, person=self._form.person
        )

    # -- what tests and notebooks use

    @property
    def fields(self) -> dict[str, Field]:
        """Every question on the page by its path."""
        return self._sections.fields

    @property
    def controls(self) -> dict[str, ipw.DOMWidget]:
        """The control of every question by its path."""
        return {path: field.control for path, field in self._sections.fields.items()}

    @property
    def record(self) -> Answers:
        """The answers so far; of a record that is changed also its other fields (id, revision, …)."""
        return dict(self._session.record())

    @property
    def problems(self) -> list[Problem]:
        """What is missing or wrong now, in page order."""
        return list(self._session.check())

    @property
    def errors(self) -> dict[str, str]:
        """The errors that the page shows now, by path."""
        return dict(self._errors)

    def fill(self, **answers: Any) -> None:
        """Enter answers as a person would, in this order; choices by name or label, a repeat as a list of dicts."""
        for name, value in answers.items():
            self._sections.show_step_of(name)
            if name in self._sections.repeats:
                self._fill_rows(name, value)
            else:
                self._fill_one(name, value)

    def _fill_rows(self, path: str, rows: list[Record]) -> None:
        for number, row in enumerate(rows):
            while len(self._sections.repeats[path].rows.children) <= number:
                self._sections.add(path)
            for key, value in row.items():
                self._fill_one(f"{path}/{number}/{key}", value)

    def _fill_one(self, path: str, value: object) -> None:
        if not self._session.state(path).relevant:
            raise ValueError(f"{path} is not on the page: it does not apply to these answers")
        self._sections.field_at(path).enter(value)

    # -- what a person does

    def _on_answer(self, field: Field, raw: object) -> None:
        before = self._session.state(field.path).value
        changed = self._session.set(field.path, raw)
        self._visited.add(field.path)
        self._mark_changed()
        self._show({field.path, *changed})
        self._save_draft()
        # A first answer only: the arrow keys go through several of them.
        if field.is_quick and not before and field.path not in self._errors:
            self._sections.focus_next(field.path)

    def _on_rows_changed(self) -> None:
        """Show everything again: rows were added or removed, so that every state may have changed."""
        self._visited &= set(self._sections.paths())
        self._mark_changed()
        self._show({*self._sections.fields, *self._sections.repeats})
        self._save_draft()

    def _mark_changed(self) -> None:
        if self._saved:
            self.notice.value = ""
        self._saved = False
        self.add_class("guanai-dirty")  # the theme warns before the page is left

    def _save_draft(self) -> None:
        earlier_error = self.draft_offers.error
        self.draft_offers.keep(self._session.written(), self._visited, self._opened)
        if self.draft_offers.error:
            self._say("bad", self.draft_offers.error)
        elif earlier_error:
            self.notice.value = ""

    def _show(self, paths: set[str]) -> None:
        """Show the state of these paths, and every error that is new or gone."""
        errors = self._visible_errors()
        changed = {path for path in {*errors, *self._errors} if errors.get(path) != self._errors.get(path)}
        self._errors = errors
        self._sections.show(paths | changed, errors)
        if self._save_tried:
            self._say_error_count()

    def _visible_errors(self) -> dict[str, str]:
        """Return the errors of fields that the person has visited; a field that was not left yet shows none."""
        if self._save_tried:
            self._session.check()  # from now on a missing answer counts
        errors = {}
        for path in self._sections.paths():
            state = self._session.state(path)
            field = self._sections.fields.get(path)
            error = (field.own_error if field else "") or state.error
            if error and state.relevant and path in self._visited:
                errors[path] = error
        return errors

    def _say_error_count(self) -> None:
        if self._errors:
            self._say("bad", say("form.attention", count=len(self._errors)))
        else:
            self._say("calm", say("form.ready"))

    def _say(self, kind: str, text: str, extra: str = "") -> None:
        self.notice.value = notice_html(kind, text, extra)

    # -- saving

    def _save(self, *, is_another: bool = False) -> None:
        if self._saved:  # the second click of a double click; the first one has saved everything
            return
        self.save.disabled = True
        try:
            with Progress(say("form.saving"), into=self.notice):
                self._check_and_save(is_another=is_another)
        finally:
            self.save.disabled = False

    def _check_and_save(self, *, is_another: bool) -> None:
        self._save_tried = True
        self._visited.update(path for path in self._sections.paths() if self._session.state(path).relevant)
        self._show(set())
        if self._errors:
            self._focus_first()
            return
        try:
            record = self.record
            if not is_another and self._ask_which_child(record):
                return
            outcome = self._call_on_save(record)
        except ConflictError as error:
            self._show_conflict(error)
        except RecordError as error:
            self._show_refusal(error)
        except Exception as error:
            self._say("bad", message_of(error))
        else:
            self._show_saved(record, outcome)

    def _call_on_save(self, record: Answers) -> Any:
        if self._on_save is None:
            return None
        if "token" in inspect.signature(self._on_save).parameters:
            return self._on_save(record, token=self._token)
        return self._on_save(record)

    def _show_saved(self, record: Answers, outcome: Any) -> None:
        text, saved = outcome if isinstance(outcome, tuple) else (outcome, None)
        if isinstance(text, Mapping):
            text, saved = None, text
        if "id" in self._opened:
            base = dict(saved or record)
            if not saved and isinstance(base.get("revision"), int):
                # As the save did, so that the next save meets no conflict with this one.
                base["revision"] += 1
        else:
            base = {}
        self.draft_offers.drop(self._token)
        self._start(base)
        self._saved = True
        links = "".join(
            f' <a href="{href(page, saved or record)}">{escape(label)}</a>'
            for label, page in self._links.items()
        )
        self._say("good", str(text or say("form.saved")), links)

    def _start(self, base: Answers, typed: Answers | None = None, token: str = "") -> None:
        """Show a record, an empty form or a draft in the same controls."""
        self._opened = base
        self._visited.clear()
        self._errors = {}
        self._save_tried = False
        self._token = token or uuid4().hex
        self.conflict.children = ()
        self._session = self._open(base) if typed is None else self._open(typed, defaults=False)
        self._sections.show_session(self._session)
        self.retired.value = retired_html(self._form, base)
        self.remove_class("guanai-dirty")
        opened = self._session.written() if typed is None else {}
        self.draft_offers.begin(self._token, base, opened)

    def _resume(self, draft: Draft) -> None:
        """Show a draft. What is in the form now stays a draft of its own."""
        self._start(dict(draft.base or {}), dict(draft.answers), draft.token)
        self._set_visited(draft.touched)
        self._say("calm", say("unsaved.resumed", at=local_time(draft.at)))

    def _set_visited(self, paths: Iterable[str]) -> None:
        """Count these questions as visited by the person."""
        self._visited = set(paths) & set(self._sections.paths())
        self._mark_changed()
        self._show(set())

    def _draft_texts(self, draft: Draft) -> list[tuple[str, str]]:
        """Return label and text of what was typed in a draft, the child first."""
        texts = self._texts(draft.answers, defaults=False)
        paths = sorted((path for path in texts if path in draft.touched), key=lambda path: path != "child")
        child = ["child"] if "child" in texts and "child" not in paths else []
        return [texts[path] for path in [*child, *paths] if texts[path][1]]

    def _focus_first(self) -> None:
        order = [problem.path for problem in self._session.check()]  # in page order, new rows too
        paths = [*(path for path in order if path in self._errors), *self._errors]
        if paths:
            self._sections.field_at(paths[0]).focus()

    def _show_refusal(self, error: RecordError) -> None:
        """Show the errors that the storage found beside the fields that they name."""
        self._errors = {path: text for path, text in error.fields.items() if path in self._sections.paths()}
        self._sections.show(self._errors, self._errors)
        self._say("bad", error.message())
        self._focus_first()

    # -- when somebody else saved first

    def _show_conflict(self, error: ConflictError) -> None:
        mine, theirs = self._texts(self.record), self._texts(error.theirs)
        labels = {**theirs, **mine}
        lines = [
            (label, mine.get(key, ("", ""))[1], theirs.get(key, ("", ""))[1])
            for key, (label, _) in labels.items()
            if key.split("/")[0] not in self._without
            and mine.get(key, ("", ""))[1] != theirs.get(key, ("", ""))[1]
        ]
        panel = Conflict(
            lines,
            str(error.theirs.get("updated_by", "")),
            on_keep=lambda: self._keep_mine(error.theirs),
            on_take=lambda: self._take_theirs(error.theirs),
        )
        self.conflict.children = (panel,)
        self._say("bad", error.message())
        panel.keep.focus()

    def _texts(self, answers: Record, *, defaults: bool | None = None) -> dict[str, tuple[str, str]]:
        """Return label and text of every answer by path, as a person reads them."""
        return texts_of(self._open(answers, defaults=defaults))

    def _keep_mine(self, theirs: Record) -> None:
        answers = merged(self._opened, self.record, theirs, list(self._form.columns))
        other = {key: value for key, value in theirs.items() if key not in self._form.columns}
        token = self._token
        self._start({**other, **answers}, {**other, **answers})
        self._save_draft()
        self.draft_offers.drop(token)
        self._save()

    def _take_theirs(self, theirs: Record) -> None:
        self.draft_offers.drop(self._token)
        self._start(dict(theirs))
        self._say("calm", say("conflict.taken"))

    # -- when the child may be registered already

    def _ask_which_child(self, record: Answers) -> bool:
        """Ask whether a new record is of a child that is registered already; return whether there is anything to ask."""
        matches = self._alike(record) if self._alike and "id" not in self._opened else []
        if not matches:
            return False
        panel = SameChildQuestion(
            record,
            matches,
            self._texts,
            on_this=self._edit_child,
            on_other=lambda: self._save(is_another=True),
        )
        self.conflict.children = (panel,)
        self._say("bad", say("alike.question", count=len(matches)))
        panel.this[0].focus()
        return True

    def _edit_child(self, child: Answers) -> None:
        """Put what was typed into the dossier of a registered child, to be looked at before it is saved."""
        token, blank = self._token, self._open({}).written()
        # Without the form's own defaults, which say nothing about this child.
        typed = {key: value for key, value in self._session.written().items() if value != blank.get(key)}
        answers = combine(child, typed, newer=typed)
        self._start(dict(child), answers)
        self._set_visited(path for path in self._sections.paths() if path.split("/")[0] in typed)
        self._save_draft()
        self.draft_offers.drop(token)
        self.conflict.children = (TypedChanges(self._texts(answers), self._texts(child)),)
        self._say("calm", say("alike.taken", label=title_of(child)))
