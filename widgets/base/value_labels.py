"""Turn field names, codes and values into the words that a form uses for them, removed questions included."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from html import escape
from typing import Any

import pandas as pd

from guanai.storage.forms.session.form_session import Branch, FormSession
from guanai.storage.forms.xlsform.definitions import SYSTEM_FIELDS
from guanai.storage.forms.xlsform.definitions import Form as FormDefinition
from guanai.storage.forms.xlsform.items import Question, Repeat
from guanai.storage.forms.xlsform.markdown import to_plain
from guanai.templates.wording import catalogue, say, spoken

__all__ = ["Labels", "all_nodes", "plain_text", "retired_html", "retired_keys", "retired_pairs"]

#: A stored record: answers by their question's name, and the system's fields (id, revision, created_at …).
Record = Mapping[str, Any]
#: A record, or a row of a frame as a mapping.
Row = Mapping[Any, Any]

# A date and time as it is stored: 2026-11-20T14:10:00.000+08:00.
_STORED = re.compile(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::[\d.]+)?(?:Z|[+-]\d\d:\d\d)?$")


def plain_text(value: Any) -> str:
    """Return a value as a person writes it: no NaN, no 00:00:00, no 3.0; a list joined by 、."""
    if isinstance(value, list | tuple | set):
        return "、".join(plain_text(item) for item in value)
    if value is None or value is pd.NaT or (not isinstance(value, Mapping) and pd.isna(value)):
        return ""
    if isinstance(value, bool):
        return say("yes" if value else "no")
    if isinstance(value, datetime):  # a pandas Timestamp is one too
        return value.strftime("%Y-%m-%d" if value.time() == datetime.min.time() else "%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    if isinstance(value, Mapping):
        return " ".join(text for text in map(plain_text, value.values()) if text)
    return _STORED.sub(r"\1 \2", str(value))


class Labels:
    """The words of one form or several: ``labels.column("mode")``, ``labels.text("mode", "door")``.

    A field without a question in these forms gets the catalogue's ``column.<field>``, else its own name.
    """

    def __init__(self, forms: FormDefinition | Sequence[FormDefinition] | None = None) -> None:
        self._columns: dict[str, str] = {}
        self._codes: dict[str, Mapping[str, str]] = {}  # not copied: there may be ten thousand children
        self._rows: dict[str, dict[str, str]] = {}  # the fields of each repeat, by its name
        # Choices that were taken out, by their question's path.
        self._removed_choices: dict[str, dict[str, str]] = {}
        for form in [forms] if isinstance(forms, FormDefinition) else forms or ():
            self._read(form)

    def _read(self, form: FormDefinition) -> None:
        for path, question in form.retired.items():
            self._removed_choices[path] = dict(question.choices)
        session = FormSession(form, language=spoken())
        self._read_nodes(session, session.tree())

    def _read_nodes(self, session: FormSession, nodes: Iterable[Branch], inside: str = "") -> None:
        for node in nodes:
            if isinstance(node.item, Question):
                state = session.state(node.path)
                key = node.path.rsplit("/", 1)[-1]
                label = to_plain(state.label)
                if inside:
                    self._rows[inside][key] = label
                elif label:
                    self._columns.setdefault(key, label)
                codes = session.labels(node.path)
                if codes:
                    self._codes.setdefault(f"{inside}/{key}" if inside else key, codes)
                continue
            repeated = isinstance(node.item, Repeat)
            if repeated and not inside:
                self._columns.setdefault(node.path, session.state(node.path).label)
                self._rows.setdefault(node.path, {})
                if not node.children:
                    session.add(node.path)
                    node = next(added for added in all_nodes(session.tree()) if added.path == node.path)
            self._read_nodes(session, node.children, node.path if repeated and not inside else inside)

    def column(self, key: str) -> str:
        """Return the label of a field."""
        if key in self._columns:
            return self._columns[key]
        name = f"column.{key}"
        return say(name) if name in catalogue() else key

    def text(self, key: str, value: object) -> str:
        """Return an answer as a person reads it."""
        codes = self._codes.get(key)
        if key in self._removed_choices:
            codes = {**self._removed_choices[key], **(codes or {})}
        if codes and isinstance(value, list):
            return "、".join(_label_of(codes, str(code)) for code in value)
        if codes and isinstance(value, str):
            return _label_of(codes, value)
        if isinstance(value, str) and f"choice.{key}.{value}" in catalogue():
            return say(f"choice.{key}.{value}")
        if key in self._rows and isinstance(value, list):
            return "；".join(self._row(key, row) for row in value if isinstance(row, Mapping))
        return plain_text(value)

    def _row(self, key: str, row: Record) -> str:
        return " ".join(filter(None, (self.text(f"{key}/{name}", value) for name, value in row.items())))

    def pairs(self, record: Row, *, leave_out: Iterable[str] = ()) -> list[tuple[str, str]]:
        """Return (label, text) of every answer of a record to a question of the form, in the form's order."""
        omitted = set(leave_out)
        texts = ((key, self.text(key, record.get(key))) for key in self._columns if key not in omitted)
        return [(self.column(key), text) for key, text in texts if text]


def _label_of(codes: Mapping[str, str], name: str) -> str:
    return to_plain(codes[name]) if name in codes else name


def all_nodes(nodes: Iterable[Branch]) -> Iterator[Branch]:
    """Yield every node among and below these, in page order."""
    for node in nodes:
        yield node
        yield from all_nodes(node.children)


# What a frame adds to a record, see `Registers.frame`.
_ADDED = frozenset({"child_name", "class"})


def retired_keys(form: FormDefinition, record: Row) -> list[str]:
    """Return the fields of a record that hold an answer to a question which its form no longer has."""
    current = {*form.columns, *SYSTEM_FIELDS, *_ADDED}
    return [
        str(key)
        for key, value in record.items()
        if key not in current
        and (isinstance(value, list | Mapping) or value == value)  # NaN differs from itself
        and value not in (None, "", [])
    ]


def retired_pairs(form: FormDefinition, record: Row) -> list[tuple[str, str]]:
    """Return label and text of each answer to a removed question, in the words that the form last had for it."""
    keys = retired_keys(form, record)
    if not keys:
        return []
    labels, removed = Labels(form), form.retired
    names = {key: removed[key].label(spoken(), key) if key in removed else key for key in keys}
    return [(name, labels.text(key, record[key])) for key, name in names.items()]


def retired_html(form: FormDefinition, record: Row) -> str:
    """Return the answers to removed questions as HTML under a heading, so that none seems lost; empty where there is none."""
    pairs = retired_pairs(form, record)
    if not pairs:
        return ""
    inside = "".join(f"<div><dt>{escape(label)}</dt><dd>{escape(text)}</dd></div>" for label, text in pairs)
    head = escape(say("retired.title"))
    return f'<section class="guanai-retired"><h4>{head}</h4><dl class="guanai-pairs">{inside}</dl></section>'
