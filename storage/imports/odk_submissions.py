"""Records that were filled in on a telephone: ODK submissions (XML), or the CSV export of ODK Central or Kobo.

A submission's own id becomes the record's, so one that is imported twice is written once. Answers are checked by the form as
if typed, so they get the form's own messages; nothing is written while one is bad. Submissions come one by one, or many in
a folder or a zip of ODK Briefcase or ODK Central, with their repeats and pictures beside them.
"""

import csv
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5
from xml.etree import ElementTree

from guanai.care.errors import ExchangeError
from guanai.storage.files.office_files import UnsafeFileError, checked_xml
from guanai.storage.forms.xlsform.definitions import Form
from guanai.storage.forms.xlsform.items import Group, Item, Question, Repeat
from guanai.storage.imports.column_matching import FileColumn
from guanai.storage.imports.odk_csv import Files, Submission, SubmissionTable, is_main_table
from guanai.storage.imports.preview import ImportedRow
from guanai.storage.records.attachments import Attachments
from guanai.storage.records.records import Records
from guanai.templates.wording import say

__all__ = ["rows_of_submissions", "submission_files", "with_files"]

_FORM_FILES = frozenset({"manifest.xml", "formdef.xml", "form.xml"})


def submission_files(files: Files, name: str = "") -> list[str]:
    """Return which files hold submissions, by their content; with a name whether that one does.

    An XML does unless it is a form or a list of files; a CSV does by a column that only the exports of ODK and Kobo
    have, unless it has the rows of a repeat.
    """
    return [file for file in ([name] if name else files) if _holds_submissions(files, file)]


def _holds_submissions(files: Files, name: str) -> bool:
    ending = PurePosixPath(name).suffix.lower()
    if ending == ".xml":
        return b"<h:html" not in files[name][:4096] and PurePosixPath(name).name not in _FORM_FILES
    return ending == ".csv" and is_main_table(files[name])


def rows_of_submissions(
    records: Records, form: str, files: Files, names: Sequence[str], chosen: Mapping[str, str]
) -> tuple[list[ImportedRow], tuple[FileColumn, ...]]:
    """Return what an import does with each submission, and the columns whose question is not known.

    A submission that was imported before is left as the record is now. ``chosen`` gives a question, or nothing, by its heading. Raises
    ExchangeError for a file that cannot be read.
    """
    definition = records.form(form)
    submissions: list[Submission] = []
    columns: list[FileColumn] = []
    for name in names:
        try:
            if PurePosixPath(name).suffix.lower() == ".xml":
                submissions.append(_parse_xml(definition, name, files[name], len(submissions) + 1))
            else:
                renamed = set(records.versions.renames(form))
                columns += (table := SubmissionTable(definition, files, name, chosen, renamed)).columns
                submissions += table.submissions()
        except (OSError, ElementTree.ParseError, UnicodeError, csv.Error) as error:
            raise ExchangeError("exchange.unreadable", file=name) from error
    imported = {str(record.get("id")) for record in records.table(form).rows()}
    imported |= {str((change.before or {}).get("id")) for change in records.deletions(form)}
    return [_row(records, definition, submission, imported, files) for submission in submissions], tuple(
        columns
    )


def _row(
    records: Records, form: Form, submission: Submission, imported: set[str], files: Files
) -> ImportedRow:
    record_id = _record_id(submission.key)
    if record_id in imported:
        return ImportedRow(submission.number, "same", submission.key, (say("submission.before"),))
    imported.add(record_id or "-")
    # A telephone may still have an older version of the form: renamed questions are found, other answers stay in the record.
    session = records.session(form, records.with_current_names(form.name, submission.answers), defaults=False)
    problems, answers = session.check(), session.record()
    label = str(answers.get("name") or answers.get("date") or submission.number)
    if problems:
        messages = tuple(f"{problem.label}：{problem.message}" for problem in problems)
        return ImportedRow(submission.number, "bad", label, messages)
    own = {"id": record_id} if record_id else {}
    answers = _with_file_paths(form.items, answers, files, submission.folder)
    return ImportedRow(submission.number, "new", label, tuple(submission.remarks), {**answers, **own})


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


def _parse_xml(form: Form, file: str, content: bytes, number: int) -> Submission:
    try:
        root = ElementTree.fromstring(checked_xml(content))  # noqa: S314 - nothing in it expands
    except UnsafeFileError as error:
        raise ExchangeError("exchange.unreadable", file=file) from error
    names = {item.name for item in form.items}
    if not names & {_local(element) for element in root}:
        raise ExchangeError("submission.other_form", file=file, form=form.name, found=_local(root))
    meta = next((element for element in root if _local(element) == "meta"), None)
    key = next(
        (child.text or "" for child in (meta if meta is not None else ()) if _local(child) == "instanceID"),
        "",
    )
    folder = PurePosixPath(file).parent
    return Submission(number, key or root.get("instanceID", ""), _answers(form.items, root), folder)


def _answers(items: Sequence[Item], element: ElementTree.Element) -> dict[str, Any]:
    children = defaultdict(list)
    for child in element:
        children[_local(child)].append(child)
    answers: dict[str, Any] = {}
    for item in items:
        elements = children.get(item.name, [])
        if isinstance(item, Repeat):
            answers[item.key] = [_answers(item.items, row) for row in elements if _has_answer(row)]
        elif isinstance(item, Group) and elements:
            answers |= _answers(item.items, elements[0])
        elif elements and (text := (elements[0].text or "").strip()):
            answers[item.key] = text
    current = {item.name for item in items} | {"meta"}
    for name, elements in children.items():  # questions of an older version of the form
        text = (elements[0].text or "").strip()
        if name not in current and text and not len(elements[0]):
            answers.setdefault(name, text)
    return answers


def _has_answer(element: ElementTree.Element) -> bool:
    return any((part.text or "").strip() for part in element.iter())


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


# -- pictures and files


def _with_file_paths(
    items: Sequence[Item], answers: Mapping[str, Any], files: Files, folder: PurePosixPath
) -> dict[str, Any]:
    """Return answers in which each picture that came along is named by its place among the files."""

    def place(item: Question, name: str) -> str:
        plain = PurePosixPath(name).name
        places = [str(folder / plain), str(folder / "media" / plain)]
        return next((path for path in places if path in files), name)

    return _with_changed_files(items, answers, place)


def with_files(
    items: Sequence[Item], record: Mapping[str, Any], files: Files, attachments: Attachments
) -> dict[str, Any]:
    """Return a record with the pictures and files that came with it imported in the school's folder."""

    def keep(item: Question, place: str) -> str:
        if place not in files:
            return place
        imported = attachments.save_picture if item.kind == "image" else attachments.save
        return imported(PurePosixPath(place).name, files[place])

    return _with_changed_files(items, record, keep)


def _with_changed_files(
    items: Sequence[Item], answers: Mapping[str, Any], change: Callable[[Question, str], str]
) -> dict[str, Any]:
    """Return answers with what is given for each picture and file in them."""
    changed = dict(answers)
    for item in items:
        if isinstance(item, Group):
            changed |= _with_changed_files(item.items, changed, change)
        elif isinstance(item, Repeat) and changed.get(item.key):
            changed[item.key] = [_with_changed_files(item.items, row, change) for row in changed[item.key]]
        elif isinstance(item, Question) and item.kind in ("image", "file") and changed.get(item.key):
            changed[item.key] = change(item, str(changed[item.key]))
    return changed
