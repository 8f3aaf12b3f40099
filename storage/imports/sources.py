"""Read what can be imported: a workbook, text file, JSON Lines, TinyDB file, another school's folder, ODK submissions.

The kind of a file is detected from its content: a renamed .xls, a web page saved as .xls or a workbook with a password
gets a message that says what to do.
"""

import json
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from guanai.care.errors import ExchangeError, StorageError
from guanai.storage.database.databases import Database
from guanai.storage.database.history import history_of
from guanai.storage.database.record_db import RecordDB
from guanai.storage.files.csv_reader import read_csv, read_text_file
from guanai.storage.files.file_access import MAX_FILE_BYTES, file_size, megabytes
from guanai.storage.files.file_collections import FolderFiles, ZippedFiles
from guanai.storage.files.school_folder import SchoolFolder
from guanai.storage.files.sheet import MAX_ROWS
from guanai.storage.files.xlsx_reader import read_xlsx, reject_old_office_file
from guanai.storage.imports.odk_submissions import submission_files
from guanai.storage.imports.preview import ImportSource

__all__ = ["IMPORT_ENDINGS", "read_source", "read_submission_files"]

#: The endings of files that can be imported.
IMPORT_ENDINGS = (".xlsx", ".xlsm", ".csv", ".tsv", ".txt", ".json", ".jsonl", ".db", ".xml", ".zip")
_TEXTS = (".csv", ".tsv", ".txt", ".xls")


def read_source(path: Path, name: str = "") -> ImportSource:
    """Return what a file or a school's folder holds; ``name`` is what people call it.

    Raises ExchangeError with what to do for anything that cannot be read.
    """
    label = name or path.name
    try:
        if (
            path.is_dir()
            and not SchoolFolder(path).records.exists()
            and (names := submission_files(FolderFiles(path)))
        ):
            return ImportSource(label, submissions=names, files=FolderFiles(path))
        if path.is_dir() or path.suffix.lower() == ".db":
            return _read_school(path if path.is_dir() else path.parent, path, label)
        if file_size(path, label) == 0:
            raise ExchangeError("exchange.empty", file=label)
        with path.open("rb") as file:
            start = file.read(512)
        return _read_file(path, label, start)
    except OSError as error:
        raise ExchangeError("exchange.unreadable", file=label) from error


def read_submission_files(files: Mapping[str, bytes], name: str) -> ImportSource:
    """Return files that were chosen together: submissions with their repeats and pictures.

    Raises ExchangeError where none of them holds submissions.
    """
    size = sum(map(len, files.values()))
    if size > MAX_FILE_BYTES:
        most = f"{MAX_FILE_BYTES >> 20} MB"
        raise ExchangeError("exchange.too_large", file=name, size=megabytes(size), most=most)
    names = submission_files(files)
    if not names:
        raise ExchangeError("exchange.together", file=name)
    return ImportSource(name, submissions=names, files=files)


def _read_file(path: Path, name: str, start: bytes) -> ImportSource:
    reject_old_office_file(path.read_bytes(), name)
    ending = Path(name).suffix.lower()
    if start.startswith(b"PK") and ending == ".zip":
        return _read_zip(path, name)
    if start.startswith(b"PK"):
        return ImportSource(name, read_xlsx(path, name))
    if ending in (".xlsx", ".xlsm"):
        raise ExchangeError("exchange.no_workbook", file=name)
    if start.startswith(b"SQLite format 3"):
        raise ExchangeError("exchange.database", file=name)
    if ending in (".xml", ".csv") and submission_files(beside := FolderFiles(path.parent), path.name):
        return ImportSource(name, submissions=[path.name], files=beside)
    if start.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<":
        raise ExchangeError("exchange.web_page" if ending in _TEXTS else "exchange.ending", file=name)
    if ending in (".json", ".jsonl"):
        return _read_json(path, name)
    if ending not in _TEXTS:
        raise ExchangeError("exchange.ending", file=name)
    return ImportSource(name, [read_csv(path, name)])


def _read_zip(path: Path, name: str) -> ImportSource:
    """Read a zip of ODK Briefcase or ODK Central: submissions, or a CSV with those of its repeats, and pictures."""
    files = ZippedFiles(path.read_bytes(), name)
    if "xl/workbook.xml" in files:
        return ImportSource(name, read_xlsx(path, name))
    names = submission_files(files)
    if not names:
        raise ExchangeError("exchange.no_submissions", file=name)
    return ImportSource(name, submissions=names, files=files)


def _read_json(path: Path, name: str) -> ImportSource:
    """Read a TinyDB file (``{table: {doc_id: document}}``), a list of records, or one record a line."""
    text = read_text_file(path, name).strip()
    if not text:
        raise ExchangeError("exchange.empty", file=name)
    try:
        content = json.loads(text)
    except ValueError:
        content = _read_json_lines(text, name)
    except RecursionError as error:
        raise ExchangeError("exchange.no_records", file=name) from error
    if isinstance(content, dict) and content and all(_is_table(table) for table in content.values()):
        tables = {
            str(table): {int(number): document for number, document in documents.items()}
            for table, documents in content.items()
        }
    else:
        documents = content if isinstance(content, list) else [content]
        if not documents or not all(isinstance(document, dict) for document in documents):
            raise ExchangeError("exchange.no_records", file=name)
        tables = {"": dict(enumerate(documents, start=1))}
    return _record_source(name, tables)


def _read_json_lines(text: str, name: str) -> list[Any]:
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


def _record_source(name: str, tables: dict[str, dict[int, Any]], **more: Any) -> ImportSource:
    if any(len(documents) > MAX_ROWS for documents in tables.values()):
        raise ExchangeError("exchange.too_long", file=name, most=MAX_ROWS)
    from_guanai = all(
        _is_guanai_record(document) for documents in tables.values() for document in documents.values()
    )
    return ImportSource(name, records=tables, from_guanai=from_guanai, **more)


def _is_guanai_record(document: Mapping[str, Any]) -> bool:
    return isinstance(document.get("id"), str) and "form" in document and "revision" in document


def _read_school(folder: Path, path: Path, name: str) -> ImportSource:
    """Read the records of another school's folder, or of its records file by itself, without changing anything."""
    school = SchoolFolder(folder)
    records = school.records if path.is_dir() else path
    if not records.is_file():
        raise ExchangeError("exchange.no_school", file=name)
    try:
        database = Database.open(records, read_only=True)
    except StorageError as error:
        raise ExchangeError("exchange.other_school", file=name, reason=str(error)) from error
    with closing(database):
        db = RecordDB(database)
        tables = {
            table: {document.doc_id: dict(document) for document in db.table(table)}
            for table in sorted(db.tables())
            if table not in _INTERNAL_TABLES
        }
    files = school.attachments if school.attachments.is_dir() else None
    return _record_source(name, tables, attachments=files, versions=partial(_versions, records))


def _versions(records: Path, form: str, record_id: str) -> list[Mapping[str, Any]]:
    with closing(Database.open(records, read_only=True)) as database:
        return [change.after for change in history_of(database, form, record_id) if change.after is not None]


# A school's internal tables: accounts, merges, imports.
_INTERNAL_TABLES = frozenset({"account", "merge", "import_note", "form_version", "pairing_proposal"})
