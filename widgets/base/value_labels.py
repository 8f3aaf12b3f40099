"""Turn field names and codes into the words that a form uses for them."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import pandas as pd

from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.forms.xlsform.markdown import to_plain
from guanai.templates.wording import catalogue, say, spoken

__all__ = ["Labels", "plain_text"]

# A moment as it is stored: 2026-11-20T14:10:00.000+08:00.
_STORED = re.compile(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::[\d.]+)?(?:Z|[+-]\d\d:\d\d)?$")


def plain_text(value: Any) -> str:
    """Return a value as a person writes it: no NaN, no 00:00:00, no 3.0; a list joined by 、."""
    if isinstance(value, list | tuple | set):
        return "、".join(plain_text(one) for one in value)
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

    A field that no form asks gets the catalogue's ``column.<field>``, at last its own name.
    """

    def __init__(self, forms: Any = None, language: str | None = None) -> None:
        self._language = language
        self._columns: dict[str, str] = {}
        self._codes: dict[str, Mapping[str, str]] = {}  # of ten thousand children: read, not copied
        self._rows: dict[str, dict[str, str]] = {}  # the fields of each repeat, by its name
        self._once: dict[str, dict[str, str]] = {}  # choices that were taken out, by their question's path
        for form in _many(forms):
            self._read(form)

    def _read(self, form: Any) -> None:
        for path, once in getattr(form, "retired", {}).items():
            self._once[path] = dict(once.choices)
        session = FormSession(form, language=spoken(self._language))
        self._learn(session, session.tree())

    def _learn(self, session: Any, nodes: Iterable[Any], inside: str = "") -> None:
        for node in nodes:
            if hasattr(node.item, "kind"):
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
            repeated = hasattr(node.item, "count")
            if repeated and not inside:
                self._columns.setdefault(node.path, session.state(node.path).label)
                self._rows.setdefault(node.path, {})
                if not node.children:
                    session.add(node.path)
                    node = next(one for one in _walk(session.tree()) if one.path == node.path)
            self._learn(session, node.children, node.path if repeated and not inside else inside)

    def column(self, key: str) -> str:
        """Return what a field is called."""
        if key in self._columns:
            return self._columns[key]
        name = f"column.{key}"
        return say(name, self._language) if name in catalogue() else key

    def text(self, key: str, value: Any) -> str:
        """Return an answer as a person reads it."""
        codes = self._codes.get(key)
        if key in self._once:
            codes = {**self._once[key], **(codes or {})}
        if codes and isinstance(value, list):
            return "、".join(_called(codes, str(one)) for one in value)
        if codes and isinstance(value, str):
            return _called(codes, value)
        if isinstance(value, str) and f"choice.{key}.{value}" in catalogue():
            return say(f"choice.{key}.{value}", self._language)
        if key in self._rows and isinstance(value, list):
            return "；".join(self._row(key, row) for row in value if isinstance(row, Mapping))
        return plain_text(value)

    def _row(self, key: str, row: Mapping[str, Any]) -> str:
        return " ".join(filter(None, (self.text(f"{key}/{name}", value) for name, value in row.items())))

    def pairs(self, record: Mapping[str, Any], *, leave_out: Iterable[str] = ()) -> list[tuple[str, str]]:
        """Return (label, text) of every answer of a record that its form asks, in the form's order."""
        left = set(leave_out)
        found = ((key, self.text(key, record.get(key))) for key in self._columns if key not in left)
        return [(self.column(key), text) for key, text in found if text]


def _called(codes: Mapping[str, str], name: str) -> str:
    return to_plain(codes[name]) if name in codes else name


def _many(forms: Any) -> list[Any]:
    if forms is None:
        return []
    return list(forms) if isinstance(forms, list | tuple) else [forms]


def _walk(nodes: Iterable[Any]) -> Iterable[Any]:
    for node in nodes:
        yield node
        yield from _walk(node.children)
