"""One row of an import: what it says, what it would do to the records, and what is wrong with it.

A row is filled in as a person would fill in the form, so it gets the form's own messages.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from uuid import UUID

from guanai.care.children.merging import Conflict, flatten, unflatten
from guanai.storage.exports.columns import Header, headers_of
from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.forms.xlsform.definitions import SYSTEM_FIELDS, Form
from guanai.storage.imports.class_copy import brought_together, exported_version
from guanai.storage.records.records import Records
from guanai.templates.wording import say

__all__ = ["STAMPS", "Difference", "Judge", "Raw", "Row", "is_id"]


@dataclass
class Raw:
    """What a row says before anybody has judged it: its number, whose record it is, answers by path, what cannot be read.

    A path is that of an answer (``name``, ``guardians/0/name``), or a repeat's key with all its rows; ``columns`` are then
    the questions of the repeat that the file speaks of at all.
    """

    number: int
    answers: dict[str, Any]
    record_id: str = ""
    revision: int | None = None
    faults: list[str] = field(default_factory=list)
    whole: bool = False  # a record as another school keeps it, not what somebody typed
    columns: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Difference:
    """One answer that an import changes, as people read it."""

    path: str
    label: str
    old: str
    new: str

    def __str__(self) -> str:
        return say("exchange.change", label=self.label, old=self.old or "—", new=self.new or "—")


@dataclass(frozen=True)
class Row:
    """What an import makes of one row: its number, new, alike, changed, same, conflict or bad, and why in words.

    An alike row would be a new record that is there already, or a new child who looks like one who is there or like an
    earlier row; ``like`` are the ids of those. A conflict waits for a choice about each of ``clashes``.
    """

    row: int
    state: str
    label: str
    messages: tuple[str, ...] = ()
    record: Mapping[str, Any] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()
    clashes: tuple[Difference, ...] = ()
    like: tuple[str, ...] = ()


class Judge:
    """Says of each row of one import what it would do; ``choices`` are by row and path (see `class_copies`)."""

    def __init__(
        self,
        school: Records,
        form: Form,
        choices: Mapping[tuple[int, str], str] | None = None,
        elsewhere: Callable[[str, str], Sequence[Mapping[str, Any]]] | None = None,
    ) -> None:
        # The registers do not change while an import is looked at, so each is asked for its choices once.
        instances = cache(form.instances) if form.instances else None
        self._school, self._name, self._form = school, form.name, replace(form, instances=instances)
        self._choices = choices or {}
        self._elsewhere = elsewhere
        self._ids: dict[str, int] = {}
        self._there = {str(one["id"]): one for one in school.table(form.name).rows() if "id" in one}
        self._binned = {change.record_id for change in school.deletions(form.name)}
        self._headers = _by_path(self._form, list(self._there.values()))
        self._children: dict[str, str] | None = None
        self._by_hand = self._looks_at_changes()

    def _looks_at_changes(self) -> bool:
        """Whether the form works anything out when a person changes an answer, or takes answers only sometimes."""
        return any(
            item.triggers or (item.read_only is not None and item.calculate is None)
            for item in self._form.questions()
        )

    def row(self, raw: Raw) -> Row:
        """Return what becomes of a row."""
        if raw.faults:
            return Row(raw.number, "bad", self._label(raw.answers, raw.number), tuple(raw.faults))
        if raw.record_id:
            earlier = self._ids.setdefault(raw.record_id, raw.number)
            if earlier != raw.number:
                return self._bad(raw, say("import.id_twice", row=earlier))
            before = self._there.get(raw.record_id)
            if before is not None:
                return self._changed(raw, before)
            if raw.record_id in self._binned:
                return self._bad(raw, say("import.binned", id=raw.record_id))
            if not is_id(raw.record_id):
                return self._bad(raw, say("exchange.no_such_id", id=raw.record_id))
        return self._new(raw)

    def _new(self, raw: Raw) -> Row:
        given = unflatten({path: value for path, value in raw.answers.items() if value is not None})
        session = self._filled({}, given, defaults=not (raw.whole or raw.record_id))
        answers = session.record()
        label = self._label(answers, raw.number)
        if problems := _problems(session):
            return Row(raw.number, "bad", label, problems)
        kept = {"id": raw.record_id} if raw.record_id else {}
        record = {**answers, **{key: given[key] for key in STAMPS if raw.whole and key in given}, **kept}
        return Row(raw.number, "new", label, self._unasked(raw, given, answers), record)

    def _changed(self, raw: Raw, before: Mapping[str, Any]) -> Row:
        label = self._label(before, raw.number)
        keys = {path.partition("/")[0] for path in raw.answers} - {*SYSTEM_FIELDS}
        given = self._over(before, raw)
        if all(_alike(before.get(key), given.get(key)) for key in keys):
            return Row(raw.number, "same", label)
        clashes: Sequence[Conflict] = ()
        base = self._base(raw, before)
        if base is not None:
            # A copy speaks in the words of the version that it was made of.
            copy = self._filled(base, self._over(base, raw)).record()
            chosen = {path: taken for (row, path), taken in self._choices.items() if row in (raw.number, 0)}
            given, clashes = brought_together(base, copy, before, keys, chosen)
            clashes = [clash for clash in clashes if chosen.get(clash.path, chosen.get("*")) is None]
            given = {key: given.get(key) for key in {*given, *keys}}
        session = self._filled(before, given)
        after = session.record()
        if problems := _problems(session):
            return Row(raw.number, "bad", label, problems)
        kept = {"id": before["id"], "revision": before["revision"]}
        differences = self._differences(session, before, after)
        row = Row(
            raw.number,
            "changed" if differences else "same",
            label,
            tuple(map(str, differences)) + self._unasked(raw, given, after),
            {**after, **kept},
            differences,
        )
        if not clashes:
            return row
        open_ = tuple(
            Difference(
                clash.path,
                self._called(clash.path),
                self._text(session, clash.path, clash.theirs),
                self._text(session, clash.path, clash.mine),
            )
            for clash in clashes
        )
        messages = tuple(say("import.clash", label=one.label, school=one.old, file=one.new) for one in open_)
        return replace(row, state="conflict", messages=messages, clashes=open_)

    def _base(self, raw: Raw, before: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the version that a row and the record here both come from, empty for none; None to put the row over it.

        A copy of the whole school has a history of its own: the last version in both is the base.
        """
        now = int(before.get("revision") or 0)
        if raw.revision is None:
            return None
        if not raw.whole:
            if raw.revision == now:
                return None
            return (
                exported_version(self._school, self._name, raw.record_id, raw.revision)
                if raw.revision < now
                else {}
            )
        if _version(raw.answers) == _version(before):
            return None
        versions = self._elsewhere(self._name, raw.record_id) if self._elsewhere else [raw.answers]
        ours = {
            _version(change.after): change.after
            for change in self._school.history(self._name, raw.record_id)
            if change.after
        }
        return next((ours[_version(one)] for one in reversed(versions) if _version(one) in ours), {})

    def _over(self, before: Mapping[str, Any], raw: Raw) -> dict[str, Any]:
        """Return a record's answers with those of a row put over them, single rows of a repeat one by one."""
        whole = {path: value for path, value in raw.answers.items() if "/" not in path}
        parts = {path: value for path, value in raw.answers.items() if "/" in path}
        for key, columns in raw.columns.items():
            if whole.get(key):
                whole[key] = _completed(whole[key], before.get(key) or [], columns)
        merged = {**before, **whole}
        if parts:
            of_parts = {
                key: before.get(key, []) for key in dict.fromkeys(path.partition("/")[0] for path in parts)
            }
            joined = unflatten({**flatten(of_parts), **parts})
            for key in of_parts:
                rows = [_full(one) for one in joined.get(key, [])]
                merged[key] = [one for one in rows if one]
        return merged

    def _filled(
        self, before: Mapping[str, Any], given: Mapping[str, Any], *, defaults: bool | None = None
    ) -> FormSession:
        """Return the form filled in; answer by answer where it looks at what a person changes."""
        if not self._by_hand:
            return self._school.session(self._form, {**before, **given}, defaults=defaults)
        columns = self._form.columns
        lists = {key: value for key, value in given.items() if columns.get(key, "repeat") == "repeat"}
        session = self._school.session(self._form, {**before, **lists}, defaults=defaults)
        for key, value in given.items():
            if key in columns and columns[key] != "repeat" and not _alike(before.get(key), value):
                session.set(key, value)
        return session

    def _differences(
        self, session: FormSession, before: Mapping[str, Any], after: Mapping[str, Any]
    ) -> tuple[Difference, ...]:
        columns = self._form.columns
        old = flatten({key: value for key, value in before.items() if key in columns})
        new = flatten({key: value for key, value in after.items() if key in columns})
        changed = [
            path
            for path in dict.fromkeys([*old, *new])
            if not _alike(old.get(path), new.get(path)) and not self._works_out(path)
        ]
        return tuple(
            Difference(
                path,
                self._called(path),
                self._text(session, path, old.get(path)),
                self._text(session, path, new.get(path)),
            )
            for path in changed
        )

    def _unasked(self, raw: Raw, given: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
        """Say which answers of a row are not kept, since the form does not ask them beside the others."""
        columns = self._form.columns
        said = {path.partition("/")[0] for path in raw.answers}
        lost = [
            self._called(key)
            for key, value in given.items()
            if key in columns
            and key in said
            and value not in (None, "", [])
            and key not in after
            and not self._works_out(key)
        ]
        return (say("import.unasked", labels="、".join(lost)),) if lost else ()

    def _works_out(self, path: str) -> bool:
        header = self._headers.get(path)
        return header is not None and header.read_only

    def _called(self, path: str) -> str:
        header = self._headers.get(path)
        return header.label if header else path

    def _text(self, session: FormSession, path: str, value: Any) -> str:
        header = self._headers.get(path)
        if value is None or value == []:
            return ""
        if isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
            return "；".join(" ".join(str(part) for part in flatten(one).values()) for one in value)
        values = value if isinstance(value, list) else [value]
        if header is not None and header.question.choices is not None:
            values = [session.choice_label(header.question, str(one)) for one in values]
        return "；".join(map(str, values))

    def _label(self, answers: Mapping[str, Any], number: int) -> str:
        name = answers.get("name")
        if not name and isinstance(child := answers.get("child"), str):
            if self._children is None:
                listed = self._form.instances("child") if self._form.instances else ()
                self._children = {one["id"]: one["label"] for one in listed}
            name = self._children.get(child, child)
        return " ".join(str(part) for part in (name, answers.get("date")) if part) or str(number)

    def _bad(self, raw: Raw, message: str) -> Row:
        return Row(raw.number, "bad", self._label(raw.answers, raw.number), (message,))


#: What of a record kept elsewhere says who made it when.
STAMPS = ("created_at", "created_by", "updated_at", "updated_by", "revision")


def _by_path(form: Form, documents: Sequence[Mapping[str, Any]]) -> dict[str, Header]:
    return {header.path: header for header in headers_of(form, documents, repeats=20)}


def _problems(session: FormSession) -> tuple[str, ...]:
    return tuple(f"{problem.label}：{problem.message}" for problem in session.check())


def is_id(text: str) -> bool:
    """Whether a text can be the id of a record that another school made."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _version(record: Mapping[str, Any]) -> tuple[Any, ...]:
    return record.get("revision"), record.get("updated_at"), record.get("updated_by")


def _completed(
    given: Sequence[Mapping[str, Any]], kept: Sequence[Mapping[str, Any]], columns: Collection[str]
) -> list[dict[str, Any]]:
    """Return a repeat's rows with the answers that a file does not speak of, such as those left out as sensitive.

    A row is the one in the same place where both have as many, else the one that begins with the same answer.
    """
    left = list(kept)
    rows = []
    for place, row in enumerate(given):
        first = next(iter(row.items()), None)
        if len(given) == len(kept):
            same: Mapping[str, Any] = kept[place]
        else:
            same = next((one for one in left if first and _alike(one.get(first[0]), first[1])), {})
            left = [one for one in left if one is not same]
        rows.append({**{key: value for key, value in same.items() if key not in columns}, **row})
    return rows


def _full(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if value not in (None, "", [])}


def _alike(kept: Any, given: Any) -> bool:
    """Whether two answers are the same, one as it is kept and one as it may have been typed."""
    if given in (None, "", []) or kept in (None, "", []):
        return (given in (None, "", [])) and (kept in (None, "", []))
    if isinstance(kept, list) and isinstance(given, list):
        return len(kept) == len(given) and all(map(_alike, kept, given))
    if isinstance(kept, Mapping) and isinstance(given, Mapping):
        return all(_alike(kept.get(key), given.get(key)) for key in {*kept, *given})
    if isinstance(kept, int | float) and isinstance(given, int | float):
        return math.isclose(kept, given, rel_tol=1e-13)  # a spreadsheet keeps fifteen figures
    return str(kept) == str(given)
