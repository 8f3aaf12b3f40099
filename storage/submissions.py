"""Records that were filled in on a telephone: an ODK submission (XML), or the CSV export of ODK Central or Kobo.

A submission has an id of its own, which becomes the record's: imported twice it is kept once. Answers are read by
the form as if typed, so they get the form's own messages; nothing is kept while one is bad.
"""

import csv
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from uuid import NAMESPACE_OID, UUID, uuid5
from xml.etree import ElementTree

from guanai.storage.attachments import Attachments
from guanai.storage.exchange import Row, compared
from guanai.storage.forms.author_words import choices_of, spoken
from guanai.storage.forms.definitions import Form, Group, Item, ItemSet, Question, Repeat
from guanai.storage.schools import School
from guanai.templates.errors import ExchangeError
from guanai.templates.wording import say

__all__ = ["import_submissions", "is_submissions"]

_KEYS = ("KEY", "meta-instanceID", "meta/instanceID", "instanceID", "_uuid")
_OF_THE_SERVER = frozenset(
    "SubmissionDate SubmitterID SubmitterName AttachmentsPresent AttachmentsExpected Status ReviewState DeviceID "
    "Edits FormVersion KEY PARENT_KEY instanceID instanceName formhub/uuid".split()
)
_POINT = ("Latitude", "Longitude", "Altitude", "Accuracy")
_PLACE = "place "  # of a row of Kobo's main file, by which the rows of a repeat name it
_TICKED = frozenset({"1", "1.0", "True", "TRUE", "true"})


@dataclass
class _Submission:
    """One submission: where it stands in the file, its own id, its answers, and what could not be taken along."""

    number: int
    key: str
    answers: dict[str, Any]
    remarks: list[str] = field(default_factory=list)


def is_submissions(path: Path) -> bool:
    """Whether a file comes from ODK or Kobo: an XML, or a CSV with a column that only their exports have."""
    if path.suffix.lower() == ".xml":
        return True
    if path.suffix.lower() != ".csv" or not path.is_file():
        return False
    heads, _ = _table(path)
    return any(key in heads for key in _KEYS)


def import_submissions(
    school: School, form: str, path: Path, *, dry_run: bool = False, others: Collection[int] = ()
) -> list[Row]:
    """Read submissions as records of a form; return what became of each, in the file's order.

    One that was imported before is left as it stands. Pictures and files that lie beside the file or in a folder
    ``media`` there are kept with the record. One that looks like a child who is there is written as another child
    only where its number is among ``others``. Raises ExchangeError for a file that cannot be read.
    """
    try:
        found = list(
            _of_xml(school, form, path) if path.suffix.lower() == ".xml" else _of_csv(school, form, path)
        )
    except (OSError, ElementTree.ParseError, UnicodeError, csv.Error) as error:
        raise ExchangeError("exchange.unreadable", file=path.name) from error
    rows = list(compared(school, form, [_row(school, form, submission) for submission in found], others))
    if not dry_run and not any(row.state == "bad" for row in rows):
        items, shelf = school.form(form).items, Attachments(school.folder.attachments)
        school.load(
            form, [_with_files(items, row.record, path.parent, shelf) for row in rows if row.state == "new"]
        )
    return rows


def _row(school: School, form: str, submission: _Submission) -> Row:
    record_id = _record_id(submission.key)
    binned = any((change.before or {}).get("id") == record_id for change in school.bin(form))
    if record_id and (binned or school.record(form, record_id) is not None):
        return Row(submission.number, "same", submission.key, (say("submission.before"),))
    # A telephone may still hold an older version: what was renamed finds its question, the rest stays in the record.
    given = school.renamed(form, submission.answers)
    session = school.form(form).session(given, defaults=False)
    problems, answers = session.check(), session.record()
    label = str(answers.get("name") or answers.get("date") or submission.number)
    if problems:
        messages = tuple(f"{problem.label}：{problem.message}" for problem in problems)
        return Row(submission.number, "bad", label, messages)
    own = {"id": record_id} if record_id else {}
    return Row(submission.number, "new", label, tuple(submission.remarks), {**answers, **own})


def _record_id(key: str) -> str:
    """Return the id of a submission's record, empty when the submission has none of its own."""
    plain = key.strip().removeprefix("uuid:")
    if not plain:
        return ""
    try:
        return str(UUID(plain))
    except ValueError:
        return str(uuid5(NAMESPACE_OID, plain))


# -- XML


def _of_xml(school: School, form: str, path: Path) -> Iterator[_Submission]:
    content = path.read_bytes()
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise ExchangeError("exchange.unreadable", file=path.name)
    root = ElementTree.fromstring(content)  # noqa: S314 - without a document type there is nothing to expand
    items = school.form(form).items
    names = {item.name for item in items}
    if not names & {_local(element) for element in root}:
        raise ExchangeError("submission.other_form", file=path.name, form=form, found=_local(root))
    meta = next((element for element in root if _local(element) == "meta"), None)
    key = next(
        (one.text or "" for one in (meta if meta is not None else ()) if _local(one) == "instanceID"), ""
    )
    yield _Submission(1, key or root.get("instanceID", ""), _answers(items, root))


def _answers(items: Sequence[Item], element: ElementTree.Element) -> dict[str, Any]:
    children = defaultdict(list)
    for child in element:
        children[_local(child)].append(child)
    answers: dict[str, Any] = {}
    for item in items:
        found = children.get(item.name, [])
        if isinstance(item, Repeat):
            answers[item.key] = [_answers(item.items, one) for one in found if _has_answer(one)]
        elif isinstance(item, Group) and found:
            answers |= _answers(item.items, found[0])
        elif found and (text := (found[0].text or "").strip()):
            answers[item.key] = text
    known = {item.name for item in items} | {"meta"}
    for name, found in children.items():  # asked by an older version of the form
        text = (found[0].text or "").strip()
        if name not in known and text and not len(found[0]):
            answers.setdefault(name, text)
    return answers


def _has_answer(element: ElementTree.Element) -> bool:
    return any((one.text or "").strip() for one in element.iter())


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


# -- CSV


def _of_csv(school: School, form: str, path: Path) -> Iterator[_Submission]:
    heads, rows = _table(path)
    items = school.form(form).items
    definition = school.form(form)
    columns = _headings(definition, items)
    once = {*definition.retired, *school.versions.renames(form)}
    older = {head: name for head in heads if (name := _last(head)) in once and head not in columns}
    unknown = [head for head in heads if head and head not in older and not _is_known(head, columns)]
    if unknown:
        raise ExchangeError("exchange.unknown_columns", file=path.name, columns="、".join(unknown), form=form)
    inner, missing = _repeats(definition, items, path)
    for number, cells in enumerate(rows, start=2):
        key = next((cells[key] for key in _KEYS if cells.get(key)), "")
        own = [key, cells.get("_uuid", ""), f"{_PLACE}{cells.get('_index', '')}"]
        repeats = {
            name: next((by_parent[one] for one in own if one in by_parent), [])
            for name, by_parent in inner.items()
        }
        remarks = [say("submission.repeat_elsewhere", name=name) for name in missing]
        before = {name: cells[head] for head, name in older.items() if cells.get(head)}
        answers = {**before, **_cells(definition, columns, cells), **repeats}
        yield _Submission(number, key, answers, remarks)


def _table(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Return headings and rows; Central parts cells by commas, Kobo by semicolons."""
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", errors="replace")
    first = text.partition("\n")[0]
    reader = csv.DictReader(
        text.splitlines(keepends=True), delimiter=";" if first.count(";") > first.count(",") else ","
    )
    rows = [
        {name: value.strip() for name, value in row.items() if name and isinstance(value, str)}
        for row in reader
    ]
    return list(reader.fieldnames or ()), rows


def _headings(form: Form, items: Sequence[Item], groups: tuple[Item, ...] = ()) -> dict[str, Question]:
    """Return the question of every heading that it can have: names before labels, in whatever language."""
    found = dict(_columns(items, tuple(group.name for group in groups)))
    for language in form.languages:
        for heading, question in _labelled(
            items, tuple(spoken(group.label, language) for group in groups), language
        ):
            found.setdefault(heading, question)
    return found


def _columns(items: Sequence[Item], groups: tuple[str, ...] = ()) -> Iterator[tuple[str, Question]]:
    """Yield the headings that a question can have: its name, with its groups before it parted by - or /."""
    for item in items:
        if isinstance(item, Group):
            yield from _columns(item.items, (*groups, item.name))
        elif isinstance(item, Question):
            for heading in {"-".join((*groups, item.name)), "/".join((*groups, item.name)), item.key}:
                yield heading, item


def _labelled(
    items: Sequence[Item], groups: tuple[str, ...], language: str
) -> Iterator[tuple[str, Question]]:
    """Yield the headings of an export of Kobo with labels: the label, or with those of its groups before it."""
    for item in items:
        label = spoken(item.label, language)
        if isinstance(item, Group):
            yield from _labelled(item.items, (*groups, label or item.name), language)
        elif isinstance(item, Question) and label:
            yield label, item
            yield "/".join((*groups, label)), item


def _is_known(head: str, columns: Mapping[str, Question]) -> bool:
    if head in columns or head in _OF_THE_SERVER or head.startswith(("_", "meta-", "meta/", "SET-OF-")):
        return True
    question = columns.get(head.rpartition("-")[0]) or columns.get(head.rpartition("/")[0])
    return question is not None and question.kind in ("select_multiple", "rank", "phone")


def _last(head: str) -> str:
    """Return the name of the question in a heading that has its groups before it."""
    return head.rpartition("/")[2].rpartition("-")[2]


def _cells(form: Form, columns: Mapping[str, Question], cells: Mapping[str, str]) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    ticked = defaultdict(list)
    for head, text in cells.items():
        if head in columns and text:
            answers[columns[head].key] = text
        name, _, choice = head.rpartition("/")
        if name in columns and columns[name].kind == "select_multiple" and text in _TICKED:
            ticked[columns[name].key].append(_choice(form, columns[name], choice))
    for head, question in columns.items():
        if question.kind == "phone":
            point = " ".join(filter(None, (cells.get(f"{head}-{part}", "") for part in _POINT)))
            if point:
                answers.setdefault(question.key, point)
    return {**ticked, **answers}


def _choice(form: Form, question: Question, written: str) -> str:
    """Return the name of a choice that a heading gives by its name or its label."""
    names: dict[str, str] = {}
    for language in form.languages if question.choices else ():
        for name, label in choices_of(form, cast(ItemSet, question.choices), language).items():
            names.setdefault(label, name)
            names[name] = name
    return names.get(written, written)


def _repeats(
    form: Form, items: Sequence[Item], path: Path, groups: tuple[Item, ...] = ()
) -> tuple[dict[str, dict[str, list[dict[str, Any]]]], list[str]]:
    """Return the rows of each repeat by the submission that they are of, and the repeats that have no file.

    Central writes ``FILE-REPEAT.csv`` beside it; of Kobo's, ``REPEAT.csv`` and the repeat's label for a name do too.
    """
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    missing: list[str] = []
    for item in items:
        if isinstance(item, Group):
            inner, lacking = _repeats(form, item.items, path, (*groups, item))
            found, missing = {**found, **inner}, [*missing, *lacking]
        elif isinstance(item, Repeat):
            called = [item.name, *(spoken(item.label, language) for language in form.languages)]
            files = [f"{stem}{name}.csv" for name in called if name for stem in (f"{path.stem}-", "")]
            beside = next((place for name in files if (place := path.with_name(name)).is_file()), None)
            if beside is None or beside == path:
                missing.append(item.name)
                continue
            missing += [inner.name for inner in item.items if isinstance(inner, Repeat)]
            columns = _headings(form, item.items, (*groups, item)) | _headings(form, item.items)
            by_parent: dict[str, list[dict[str, Any]]] = defaultdict(list)
            for cells in _table(beside)[1]:
                by_parent[_parent(cells)].append(_cells(form, columns, cells))
            found[item.key] = dict(by_parent)
    return found, missing


def _parent(cells: Mapping[str, str]) -> str:
    """Return what a repeat's row says of its submission: its key, its uuid, or its place in the main file."""
    named = cells.get("PARENT_KEY") or cells.get("_submission__uuid")
    return named or f"{_PLACE}{cells.get('_parent_index', '')}"


# -- pictures and files


def _with_files(
    items: Sequence[Item], record: Mapping[str, Any], folder: Path, shelf: Attachments
) -> dict[str, Any]:
    """Return a record with the files that lie beside the submission kept in the school's folder."""
    kept = dict(record)
    for item in items:
        if isinstance(item, Group):
            kept |= _with_files(item.items, kept, folder, shelf)
        elif isinstance(item, Repeat) and kept.get(item.key):
            kept[item.key] = [_with_files(item.items, row, folder, shelf) for row in kept[item.key]]
        elif isinstance(item, Question) and item.kind in ("image", "file") and kept.get(item.key):
            name = Path(str(kept[item.key])).name
            places = [place for place in (folder / name, folder / "media" / name) if place.is_file()]
            if places:
                keep = shelf.keep_picture if item.kind == "image" else shelf.keep
                kept[item.key] = keep(name, places[0].read_bytes())
    return kept
