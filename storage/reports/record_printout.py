"""Any record of any form as a printout: filled in, or blank to be filled in by hand.

A filled one leaves out questions that the answers skip; a blank one leaves out what is calculated or only a telephone
can answer.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, cast

from guanai.storage.forms.session.form_session import Branch, FieldState, FormSession
from guanai.storage.forms.xlsform.definitions import SYSTEM_FIELDS, Form, Retired
from guanai.storage.forms.xlsform.items import Group, Question, Repeat
from guanai.storage.forms.xlsform.markdown import to_plain
from guanai.storage.reports.printout import Checkbox, PrintField, Printout, PrintSection
from guanai.templates.wording import catalogue, say

__all__ = ["day_in_words", "record_printout", "record_sections", "signatures_of"]

Record = Mapping[str, Any]

_MAX_CHECKBOXES = 24  # a longer list of choices would fill the page
_MAX_TABLE_COLUMNS = 6  # of a repeat that is printed as a table
_BLANK_ROWS = 3  # of a repeat on a blank form
_BLANK_LINES = 2  # for a long answer on a blank form
_BLANK_DATES = {"date": "print.blank_date", "time": "print.blank_time", "datetime": "print.blank_moment"}


def record_printout(
    form: Form, record: Record | None = None, language: str | None = None, hidden: Collection[str] = ()
) -> Printout:
    """Return a record with its lines to sign, or without one the blank form; without the questions that are ``hidden``."""
    title = f"print.title_{form.name}"
    return Printout(
        say(title, language) if title in catalogue() else form.title(language),
        tuple(record_sections(form, record, language, hidden=hidden)),
        signatures_of(form.name, language),
        style="record" if record else "blank",
    )


def signatures_of(form: str, language: str | None = None) -> tuple[str, ...]:
    """Return who signs the printout of a form, as the word catalogue says (``print.sign_<form>``)."""
    own = f"print.sign_{form}"
    return tuple(say(own if own in catalogue() else "print.sign", language).split("|"))


def record_sections(
    form: Form,
    record: Record | None = None,
    language: str | None = None,
    *,
    answered: bool = False,
    hidden: Collection[str] = (),
) -> list[PrintSection]:
    """Return a record section by section; with ``answered`` only what has an answer, in words; never a ``hidden`` question.

    Answers to questions that the form no longer has come last, under their former labels (`Form.retired`).
    """
    session = FormSession(form, record, language=language or "zh", defaults=False)
    reader = _SectionReader(session, record is None, answered, language, hidden)
    sections = list(reader.sections(session.tree()))
    retired = [
        _retired_field(form, key, value, language)
        for key, value in (record or {}).items()
        if key not in form.columns
        and key not in SYSTEM_FIELDS
        and key not in hidden
        and value not in (None, "", [])
    ]
    return [*sections, *([PrintSection(say("print.retired", language), tuple(retired))] if retired else [])]


def _retired_field(form: Form, key: str, value: Any, language: str | None) -> PrintField:
    """Return an answer to a question that the form once had, in the words of that time."""
    question = form.retired.get(key, Retired())
    names = value if isinstance(value, list) else [value]
    text = "、".join(question.choices.get(str(name)) or _plain(name) for name in names)
    return PrintField(question.label(language or "zh", key), text, key=key)


class _SectionReader:
    """Reads a form session from the first question to the last."""

    def __init__(
        self, session: FormSession, blank: bool, answered: bool, language: str | None, hidden: Collection[str]
    ) -> None:
        self._session, self._blank, self._answered = session, blank, answered
        self._hidden = frozenset(hidden)
        self._language = language

    def sections(self, branches: Iterable[Branch], title: str = "") -> Iterator[PrintSection]:
        """Yield the sections of one level; consecutive questions outside groups form a section of their own."""
        fields: list[PrintField] = []
        for branch in branches:
            if not self._is_printed(branch):
                continue
            if isinstance(branch.item, Question):
                fields += self._fields(branch)
                continue
            inner_title = to_plain(self._session.state(branch.path).label)
            if isinstance(branch.item, Group) and not inner_title:
                fields += self._inner_fields(branch)
                continue
            if fields:
                yield PrintSection(title, tuple(fields))
                fields, title = [], ""
            if isinstance(branch.item, Repeat):
                yield from self._repeat(branch, inner_title)
            else:
                yield from self.sections(branch.children, inner_title)
        if fields:
            yield PrintSection(title, tuple(fields))

    def _inner_fields(self, branch: Branch) -> list[PrintField]:
        return [field for section in self.sections(branch.children) for field in section.fields]

    def _is_printed(self, branch: Branch) -> bool:
        item = branch.item
        if isinstance(item, Question | Repeat) and item.key in self._hidden and "/" not in _key(branch.path):
            return False
        if isinstance(item, Question):
            if not item.asked or item.kind == "phone":
                return False
            if self._blank:
                return item.calculate is None
        return self._blank or self._session.state(branch.path).relevant

    def _fields(self, branch: Branch) -> list[PrintField]:
        field = self._field(branch)
        return [] if self._answered and field.is_empty else [field]

    def _field(self, branch: Branch) -> PrintField:
        question, state = cast(Question, branch.item), self._session.state(branch.path)
        label, key = to_plain(state.label) or question.name, _key(branch.path)
        if question.kind == "note":
            return PrintField("", label, kind="note", full_width=True)
        if question.kind == "image":
            lines = 6 if self._blank else 1
            return PrintField(
                label, picture=str(state.value or ""), blank_lines=lines, full_width=True, key=key
            )
        if question.kind == "acknowledge":
            box = Checkbox(say("print.acknowledged", self._language), bool(state.value))
            return PrintField(label, checkboxes=(box,), key=key)
        boxes = self._checkboxes(question, state)
        text = self._text(question, state)
        if self._blank:
            word = _BLANK_DATES.get(question.kind)
            text = say(word, self._language) if word else ""
        long = "multiline" in question.appearance
        lines = _BLANK_LINES if long and self._blank else 1
        return PrintField(label, "" if boxes else text, boxes, lines, "", question.kind, long, key)

    def _text(self, question: Question, state: FieldState) -> str:
        if question.kind == "date" and state.value and not state.error:
            return day_in_words(str(state.value), self._language)
        if question.kind == "rank" and isinstance(state.value, list):
            labels = {choice.name: to_plain(choice.label) for choice in state.choices}
            ranked = (f"{place} {labels.get(name, name)}" for place, name in enumerate(state.value, 1))
            return "  ".join(ranked)
        retired = self._session.form.retired.get(question.key)
        if question.choices and retired and retired.choices and state.value:
            names = state.value if isinstance(state.value, list) else [state.value]
            texts = (
                retired.choices.get(name) or self._session.choice_label(question, name) for name in names
            )
            return "、".join(map(to_plain, texts))
        return to_plain(state.text) if question.choices else state.text or ""

    def _checkboxes(self, question: Question, state: FieldState) -> tuple[Checkbox, ...]:
        """Return the choices as boxes, where the form itself lists them and they are few enough."""
        listed = question.choices is not None and question.choices.instance in self._session.form.lists
        if not listed or self._answered or question.kind == "rank":
            return ()
        chosen = state.value if isinstance(state.value, list) else [state.value]
        offered = [(choice.name, to_plain(choice.label)) for choice in state.choices]
        if not 0 < len(offered) <= _MAX_CHECKBOXES:
            return ()
        if any(name not in dict(offered) for name in chosen if name is not None):
            return ()  # a choice that is no longer offered has no box: it is printed in words
        return tuple(Checkbox(label, name in chosen) for name, label in offered)

    def _repeat(self, branch: Branch, title: str) -> Iterator[PrintSection]:
        """Yield a repeat as a table, or each of its rows as a section where a table would be too wide."""
        instances, blank_rows = branch.children, 0
        if self._blank and not instances:
            self._session.add(branch.path)
            tree = _all_branches(self._session.tree())
            instances = next(one.children for one in tree if one.path == branch.path)
            blank_rows = _BLANK_ROWS
        fields = [self._inner_fields(instance) for instance in instances]
        headings = tuple(dict.fromkeys(field.label for row in fields for field in row))
        nested = any(isinstance(item, Repeat) for item in _items(branch.item))
        too_wide = any(field.picture or field.kind == "note" for row in fields for field in row)
        if not fields:
            return
        if len(headings) <= _MAX_TABLE_COLUMNS and not nested and not too_wide:
            rows = tuple(tuple(_answer_to(row, label) for label in headings) for row in fields)
            empty = tuple("" for _ in headings)
            yield PrintSection(title, headings=headings, rows=(empty,) * blank_rows or rows)
            return
        for number, instance in enumerate(instances, 1):
            numbered = f"{title} {number}" if len(instances) > 1 else title
            yield from self.sections(instance.children, numbered)


def _key(path: str) -> str:
    """Return a question's key, with that of its repeat before it: ``guardians/name``."""
    return "/".join(part for part in path.split("/") if not part.isdecimal())


def _items(item: Any) -> Iterator[Any]:
    for inner in item.items:
        yield inner
        if isinstance(inner, Group):
            yield from _items(inner)


def _all_branches(branches: Iterable[Branch]) -> Iterator[Branch]:
    for branch in branches:
        yield branch
        yield from _all_branches(branch.children)


def _answer_to(fields: Iterable[PrintField], label: str) -> str:
    return next((field.answer for field in fields if field.label == label), "")


def day_in_words(day: str, language: str | None = None) -> str:
    """Return a day as forms write it: ``2026年11月20日``; a text that is not a day stays as it is.

    >>> day_in_words("2026-11-05"), day_in_words("2026-11-05", "en"), day_in_words("?")
    ('2026年11月5日', '2026-11-05', '?')
    """
    try:
        parsed = date.fromisoformat(day[:10])
    except ValueError:
        return day
    return say("print.day", language, year=parsed.year, month=parsed.month, day=parsed.day)


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "、".join(map(_plain, value))
    if isinstance(value, Mapping):
        return " ".join(map(_plain, value.values()))
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
