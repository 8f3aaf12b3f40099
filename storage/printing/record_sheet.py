"""Any record of any form as a sheet: filled in, or blank to be filled in by hand.

Of a filled one, questions that the answers skip are left out; of a blank one, what is worked out or only a
telephone can answer.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, cast

from guanai.storage.forms.session.form_session import Branch, FormSession
from guanai.storage.forms.xlsform.definitions import SYSTEM_FIELDS, Form, Retired
from guanai.storage.forms.xlsform.items import Group, Question, Repeat
from guanai.storage.forms.xlsform.markdown import to_plain
from guanai.storage.printing.sheet_layout import Cell, Mark, Part, Sheet
from guanai.templates.wording import catalogue, say

__all__ = ["day_in_words", "record_parts", "record_sheet", "signers"]

Record = Mapping[str, Any]

_FEW_CHOICES = 24  # that are printed as boxes; a longer list would fill the page
_FEW_COLUMNS = 6  # of a repeat that are printed as a table
_BLANK_ROWS = 3  # of a repeat on a blank form
_BLANK_LINES = 2  # for a long answer on a blank form
_DATES = {"date": "print.blank_date", "time": "print.blank_time", "datetime": "print.blank_moment"}


def record_sheet(form: Form, record: Record | None = None, language: str | None = None) -> Sheet:
    """Return a record as a sheet with its signature lines, or without one the blank form."""
    title = f"print.title_{form.name}"
    return Sheet(
        say(title, language) if title in catalogue() else form.title(language),
        tuple(record_parts(form, record, language)),
        signers(form.name, language),
        look="record" if record else "blank",
    )


def signers(form: str, language: str | None = None) -> tuple[str, ...]:
    """Return who signs the sheet of a form, as the catalogue says (``print.sign_<form>``)."""
    own = f"print.sign_{form}"
    return tuple(say(own if own in catalogue() else "print.sign", language).split("|"))


def record_parts(
    form: Form,
    record: Record | None = None,
    language: str | None = None,
    *,
    answered: bool = False,
) -> list[Part]:
    """Return what stands in a record, part by part; with ``answered`` only what has an answer, in words.

    Answers to questions that the form no longer has come last, as they were called (`Form.retired`).
    """
    session = FormSession(form, record, language=language or "zh", defaults=False)
    reader = _Reader(session, record is None, answered, language)
    parts = list(reader.parts(session.tree()))
    gone = [
        _retired(form, key, value, language)
        for key, value in (record or {}).items()
        if key not in form.columns and key not in SYSTEM_FIELDS and value not in (None, "", [])
    ]
    return [*parts, *([Part(say("print.retired", language), tuple(gone))] if gone else [])]


def _retired(form: Form, key: str, value: Any, language: str | None) -> Cell:
    """Return an answer to a question that the form had once, in the words that it had."""
    once = form.retired.get(key, Retired())
    names = value if isinstance(value, list) else [value]
    text = "、".join(once.choices.get(str(name)) or _plain(name) for name in names)
    return Cell(once.label(language or "zh", key), text, key=key)


class _Reader:
    """Reads one session from the first question to the last."""

    def __init__(self, session: FormSession, blank: bool, answered: bool, language: str | None) -> None:
        self._session, self._blank, self._answered = session, blank, answered
        self._language = language

    def parts(self, branches: Iterable[Branch], title: str = "") -> Iterator[Part]:
        """Yield the parts of one level; questions that stand loose between groups are a part of their own."""
        cells: list[Cell] = []
        for branch in branches:
            if not self._stands(branch):
                continue
            if isinstance(branch.item, Question):
                cells += self._cells(branch)
                continue
            inner = to_plain(self._session.state(branch.path).label)
            if isinstance(branch.item, Group) and not inner:
                cells += self._loose(branch)
                continue
            if cells:
                yield Part(title, tuple(cells))
                cells, title = [], ""
            if isinstance(branch.item, Repeat):
                yield from self._repeat(branch, inner)
            else:
                yield from self.parts(branch.children, inner)
        if cells:
            yield Part(title, tuple(cells))

    def _loose(self, branch: Branch) -> list[Cell]:
        """Return the cells of a group that has no title of its own."""
        return [cell for part in self.parts(branch.children) for cell in part.cells]

    def _stands(self, branch: Branch) -> bool:
        """Whether it is on this sheet at all."""
        item = branch.item
        if isinstance(item, Question):
            if not item.asked or item.kind == "phone":
                return False
            if self._blank:
                return item.calculate is None
        return self._blank or self._session.state(branch.path).relevant

    def _cells(self, branch: Branch) -> list[Cell]:
        cell = self._cell(branch)
        return [] if self._answered and cell.is_empty else [cell]

    def _cell(self, branch: Branch) -> Cell:
        question, state = cast(Question, branch.item), self._session.state(branch.path)
        label = to_plain(state.label) or question.name
        broad = "multiline" in question.appearance or question.kind == "note"
        if question.kind == "note":
            return Cell("", label, kind="note", broad=True)
        if question.kind == "image":
            return Cell(
                label,
                picture=str(state.value or ""),
                lines=6 if self._blank else 1,
                broad=True,
                key=_key(branch.path),
            )
        if question.kind == "acknowledge":
            mark = Mark(say("print.acknowledged", self._language), bool(state.value))
            return Cell(label, marks=(mark,), key=_key(branch.path))
        text = self._text(question, state)
        marks = self._marks(question, state)
        if self._blank:
            key = _DATES.get(question.kind)
            text = say(key, self._language) if key else ""
        lines = _BLANK_LINES if broad and self._blank else 1
        written = "" if marks else text
        return Cell(label, written, marks, lines, kind=question.kind, broad=broad, key=_key(branch.path))

    def _text(self, question: Question, state: Any) -> str:
        if question.kind == "date" and state.value and not state.error:
            return day_in_words(str(state.value), self._language)
        if question.kind == "rank" and isinstance(state.value, list):
            labels = {choice.name: to_plain(choice.label) for choice in state.choices}
            ranked = (f"{place} {labels.get(name, name)}" for place, name in enumerate(state.value, 1))
            return "  ".join(ranked)
        once = self._session.form.retired.get(question.key)
        if question.choices and once and once.choices and state.value:
            names = state.value if isinstance(state.value, list) else [state.value]
            texts = (once.choices.get(name) or self._session.choice_label(question, name) for name in names)
            return "、".join(map(to_plain, texts))
        return to_plain(state.text) if question.choices else state.text or ""

    def _marks(self, question: Question, state: Any) -> tuple[Mark, ...]:
        """Return the choices as boxes, where the form itself has them and they are few enough."""
        own = question.choices is not None and question.choices.instance in self._session.form.lists
        if not own or self._answered or question.kind == "rank":
            return ()
        chosen = state.value if isinstance(state.value, list) else [state.value]
        offered = [(choice.name, to_plain(choice.label)) for choice in state.choices]
        if not 0 < len(offered) <= _FEW_CHOICES:
            return ()
        if any(one not in dict(offered) for one in chosen if one is not None):
            return ()  # an answer that is offered no longer: in words, lest it be lost
        return tuple(Mark(label, name in chosen) for name, label in offered)

    def _repeat(self, branch: Branch, title: str) -> Iterator[Part]:
        """Yield a repeat as a table, or each of its instances by itself where a table would be too broad."""
        children, made = branch.children, 0
        if self._blank and not children:
            self._session.add(branch.path)
            children, made = _found(self._session.tree(), branch.path).children, _BLANK_ROWS
        instances = [list(self._inside(one)) for one in children]
        head = list(dict.fromkeys(cell.label for cells in instances for cell in cells))
        nested = any(isinstance(item, Repeat) for item in _items(branch.item))
        broad = any(cell.picture or cell.kind == "note" for cells in instances for cell in cells)
        if not instances:
            return
        if len(head) <= _FEW_COLUMNS and not nested and not broad:
            rows = [tuple(_written(cells, label) for label in head) for cells in instances]
            empty = tuple("" for _ in head)
            yield Part(title, head=tuple(head), rows=tuple([empty] * made if made else rows))
            return
        for number, one in enumerate(children, 1):
            name = f"{title} {number}" if len(children) > 1 else title
            yield from self.parts(one.children, name)

    def _inside(self, instance: Branch) -> Iterator[Cell]:
        for part in self.parts(instance.children):
            yield from part.cells


def _key(path: str) -> str:
    """Return a question's key, that of the repeat it stands in before it: ``guardians/name``."""
    return "/".join(part for part in path.split("/") if not part.isdecimal())


def _items(item: Any) -> Iterator[Any]:
    for inner in item.items:
        yield inner
        if isinstance(inner, Group):
            yield from _items(inner)


def _found(branches: Iterable[Branch], path: str) -> Branch:
    for branch in branches:
        if branch.path == path:
            return branch
        if isinstance(branch.item, Group) or path.startswith(f"{branch.path}/"):
            try:
                return _found(branch.children, path)
            except KeyError:
                continue
    raise KeyError(path)


def _written(cells: Iterable[Cell], label: str) -> str:
    return next((cell.answer for cell in cells if cell.label == label), "")


def day_in_words(day: str, language: str | None = None) -> str:
    """Return a day as forms write it: ``2026年11月20日``; what is no day stays as it is.

    >>> day_in_words("2026-11-05"), day_in_words("2026-11-05", "en"), day_in_words("?")
    ('2026年11月5日', '2026-11-05', '?')
    """
    try:
        found = date.fromisoformat(day[:10])
    except ValueError:
        return day
    return say("print.day", language, year=found.year, month=found.month, day=found.day)


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "、".join(map(_plain, value))
    if isinstance(value, Mapping):
        return " ".join(map(_plain, value.values()))
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
