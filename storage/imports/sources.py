"""What can be imported: a workbook, a text file, JSON Lines, a TinyDB file, another school's folder, submissions of ODK.

What a file is, is read from its content: an .xls that was renamed, a web page saved as .xls or a locked workbook
gets a message that says what to do.
"""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from guanai.care.errors import ExchangeError, StorageError
from guanai.storage.database.databases import Database
from guanai.storage.database.history import history_of
from guanai.storage.database.record_db import RecordDB
from guanai.storage.files.csv_text import read_text_file, read_texts
from guanai.storage.files.school_folder import Folder
from guanai.storage.files.sheet import LARGEST, MOST_ROWS, Source, megabytes, sized
from guanai.storage.files.uploaded_files import FolderFiles, ZippedFiles
from guanai.storage.files.xlsx import check_old_file, read_book
from guanai.storage.imports.submissions import records_in

__all__ = ["ENDINGS", "read_source", "read_together"]

#: The endings of files that can be imported.
ENDINGS = (".xlsx", ".xlsm", ".csv", ".tsv", ".txt", ".json", ".jsonl", ".db", ".xml", ".zip")
_TEXTS = (".csv", ".tsv", ".txt", ".xls")


def read_source(path: Path, name: str = "") -> Source:
    """Return what a file or a school's folder holds; ``name`` is what people call it.

    Raises ExchangeError with what to do for anything that cannot be read.
    """
    called = name or path.name
    try:
        if path.is_dir() and not Folder(path).records.exists() and (found := records_in(FolderFiles(path))):
            return Source(called, submissions=found, bundle=FolderFiles(path))
        if path.is_dir() or path.suffix.lower() == ".db":
            return _school(path if path.is_dir() else path.parent, path, called)
        if sized(path, called) == 0:
            raise ExchangeError("exchange.empty", file=called)
        with path.open("rb") as file:
            head = file.read(512)
        return _file(path, called, head)
    except OSError as error:
        raise ExchangeError("exchange.unreadable", file=called) from error


def read_together(files: Mapping[str, bytes], name: str) -> Source:
    """Return what files hold that were chosen at once: submissions, with their repeats and pictures.

    Raises ExchangeError where none of them holds submissions.
    """
    if sum(map(len, files.values())) > LARGEST:
        most = f"{LARGEST >> 20} MB"
        raise ExchangeError(
            "exchange.too_large", file=name, size=megabytes(sum(map(len, files.values()))), most=most
        )
    found = records_in(files)
    if not found:
        raise ExchangeError("exchange.together", file=name)
    return Source(name, submissions=found, bundle=files)


def _file(path: Path, name: str, head: bytes) -> Source:
    check_old_file(head, path.read_bytes(), name)
    ending = Path(name).suffix.lower()
    if head.startswith(b"PK") and ending == ".zip":
        return _zipped(path, name)
    if head.startswith(b"PK"):
        return Source(name, read_book(path, name))
    if ending in (".xlsx", ".xlsm"):
        raise ExchangeError("exchange.no_workbook", file=name)
    if head.startswith(b"SQLite format 3"):
        raise ExchangeError("exchange.database", file=name)
    if ending in (".xml", ".csv") and records_in(beside := FolderFiles(path.parent), path.name):
        return Source(name, submissions=[path.name], bundle=beside)
    if head.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<":
        raise ExchangeError("exchange.web_page" if ending in _TEXTS else "exchange.ending", file=name)
    if ending in (".json", ".jsonl"):
        return _json(path, name)
    if ending not in _TEXTS:
        raise ExchangeError("exchange.ending", file=name)
    return Source(name, [read_texts(path, name)])


def _zipped(path: Path, name: str) -> Source:
    """Read what ODK Briefcase and ODK Central give: submissions, or a CSV with those of its repeats, and pictures."""
    files = ZippedFiles(path.read_bytes(), name)
    if "xl/workbook.xml" in files:
        return Source(name, read_book(path, name))
    found = records_in(files)
    if not found:
        raise ExchangeError("exchange.no_submissions", file=name)
    return Source(name, submissions=found, bundle=files)


def _json(path: Path, name: str) -> Source:
    """Read a TinyDB file (``{table: {doc_id: document}}``), a list of records, or one record a line."""
    text = read_text_file(path, name).strip()
    if not text:
        raise ExchangeError("exchange.empty", file=name)
    try:
        found = json.loads(text)
    except ValueError:
        found = _lines(text, name)
    except RecursionError as error:
        raise ExchangeError("exchange.no_records", file=name) from error
    if isinstance(found, dict) and found and all(_is_table(table) for table in found.values()):
        tables = {
            str(table): {int(number): one for number, one in documents.items()}
            for table, documents in found.items()
        }
    else:
        documents = found if isinstance(found, list) else [found]
        if not documents or not all(isinstance(one, dict) for one in documents):
            raise ExchangeError("exchange.no_records", file=name)
        tables = {"": dict(enumerate(documents, start=1))}
    return _of_records(name, tables)


def _lines(text: str, name: str) -> list[Any]:
    records = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                records.append(json.loads(line))
            except (ValueError, RecursionError) as error:
                raise ExchangeError("exchange.bad_line", file=name, line=number) from error
    return records


def _is_table(value: object) -> bool:
    return isinstance(value, dict) and all(
        str(key).isdecimal() and isinstance(document, dict) for key, document in value.items()
    )


def _of_records(name: str, tables: dict[str, dict[int, Any]], **more: Any) -> Source:
    if any(len(documents) > MOST_ROWS for documents in tables.values()):
        raise ExchangeError("exchange.too_long", file=name, most=MOST_ROWS)
    own = all(_is_ours(one) for documents in tables.values() for one in documents.values())
    return Source(name, records=tables, own=own, **more)


def _is_ours(document: Mapping[str, Any]) -> bool:
    return isinstance(document.get("id"), str) and "form" in document and "revision" in document


def _school(folder: Path, path: Path, name: str) -> Source:
    """Read the records of another school's folder, or of its records file by itself, without changing anything."""
    place = Folder(folder)
    records = place.records if path.is_dir() else path
    if not records.is_file():
        raise ExchangeError("exchange.no_school", file=name)
    try:
        database = Database.open(records, read_only=True)
    except StorageError as error:
        raise ExchangeError("exchange.other_school", file=name, reason=str(error)) from error
    try:
        db = RecordDB(database)
        tables = {
            table: {document.doc_id: dict(document) for document in db.table(table)}
            for table in sorted(db.tables())
            if table not in _PRIVATE
        }
    finally:
        database.close()
    files = place.attachments if place.attachments.is_dir() else None
    return _of_records(name, tables, attachments=files, versions=partial(_versions, records))


def _versions(records: Path, form: str, record_id: str) -> list[Mapping[str, Any]]:
    database = Database.open(records, read_only=True)
    try:
        return [change.after for change in history_of(database, form, record_id) if change.after is not None]
    finally:
        database.close()


# What a school keeps for itself: who may sign in, what was merged and imported there.
_PRIVATE = frozenset({"account", "merge", "import_note", "form_version", "pairing_proposal"})
