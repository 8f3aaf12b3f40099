"""The versions of each form: who published which file when, and what each one took away or called otherwise.

The files lie in ``forms/versions/NAME/``; their descriptions are in a table beside the registers that no page, frame or
export shows. A version is never changed: taking one back publishes it again as a new one.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from uuid_utils import uuid7

from guanai.care.errors import StorageError
from guanai.storage.database.record_table import RecordTable
from guanai.storage.files.file_access import atomic_write
from guanai.storage.files.school_folder import SchoolFolder
from guanai.storage.forms.changes.renames import composed, inverse
from guanai.storage.forms.xlsform.definitions import Retired

__all__ = ["VERSIONS", "Version", "Versions", "content_hash", "write_form_file"]

#: The table of versions: no form asks for it.
VERSIONS = "form_version"

What = Literal["published", "taken_back", "shipped", "found", "closed", "reopened"]


@dataclass(frozen=True)
class Version:
    """One version of a form: its number from 1, by whom and when (ISO 8601, UTC), and how it differs from the one before.

    ``what`` is published, taken_back (an earlier one, ``of`` its number), shipped (the school's own copy put away),
    found (changed in the folder by hand), or, without a file, closed and reopened (its register). ``mark`` is that of its file, empty for the shipped form. ``renames``
    gives new names by old ones, ``asides`` where answers went that did not fit a changed type, ``retired`` what was
    taken out, ``changes`` the differences in words.
    """

    id: str
    form: str
    number: int
    what: What
    by: str
    at: str
    mark: str = ""
    file: str = ""
    of: int = 0
    changes: tuple[str, ...] = ()
    renames: Mapping[str, str] = field(default_factory=dict)
    asides: Mapping[str, str] = field(default_factory=dict)
    retired: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def content_hash(content: bytes) -> str:
    """Return the SHA-256 of a file's content."""
    return hashlib.sha256(content).hexdigest()


class Versions:
    """The versions of a school's forms, in the order in which they were made."""

    def __init__(self, folder: SchoolFolder, table: RecordTable) -> None:
        self._folder = folder
        self._table = table

    def of(self, form: str) -> list[Version]:
        """Return the versions of a form, the first one first; none of a form that was never changed."""
        rows = [row for row in self._table.rows() if row.get("form") == form]
        return sorted((_version(row) for row in rows), key=lambda version: version.number)

    def content(self, version: Version) -> bytes:
        """Return the file of a version. Raises StorageError when it has been taken out of the folder."""
        try:
            return (self._folder.path / version.file).read_bytes()
        except OSError as error:
            raise StorageError("designer.version_gone", file=version.file) from error

    def add(
        self, form: str, what: What, content: bytes | None, signed: Mapping[str, str], **details: Any
    ) -> Version:
        """Keep a new version, its file first; ``signed`` says who and when (`Registers.signature`)."""
        number = max((version.number for version in self.of(form)), default=0) + 1
        file = mark = ""
        if content is not None:
            file = f"{self._folder.forms.name}/versions/{form}/{number}.xlsx"
            mark = content_hash(content)
            write_form_file(self._folder.path / file, content)
        version = Version(
            id=str(uuid7()),
            form=form,
            number=number,
            what=what,
            by=signed["updated_by"],
            at=signed["updated_at"],
            mark=mark,
            file=file,
            **details,
        )
        self._table.insert(asdict(version))
        return version

    def closed(self) -> frozenset[str]:
        """Return the forms whose registers are closed: their records stay, and none is added."""
        changes = sorted((row["number"], row["form"], row["what"]) for row in self._table.rows())
        last = {form: what for _, form, what in changes if what in ("closed", "reopened")}
        return frozenset(form for form, what in last.items() if what == "closed")

    def renames(self, form: str) -> dict[str, str]:
        """Return the name that each renamed question has now, by every name that it had before."""
        return composed(version.renames for version in self.of(form))

    def renames_back_to(self, form: str, number: int) -> dict[str, str]:
        """Return what must be renamed so that answers stand as they stood in a version; 0 is the shipped form."""
        later = [version for version in self.of(form) if version.number > number]
        back = inverse(composed(version.renames for version in later))
        asides = {aside: path for version in later for path, aside in version.asides.items()}
        return back | {aside: back.get(path, path) for aside, path in asides.items()}

    def retired(self, form: str) -> dict[str, Retired]:
        """Return every question that the form had once, and every choice that was taken out, by its path."""
        retired: dict[str, Retired] = {}
        for version in self.of(form):
            for path, description in version.retired.items():
                before = retired.get(path, Retired())
                choices = {**before.choices, **description.get("choices", {})}
                retired[path] = Retired(
                    description.get("labels", {}), description.get("kind", "text"), choices
                )
        return retired


def write_form_file(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all. Raises StorageError, in words, when it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as part:
            part.write_bytes(content)
    except OSError as error:
        raise StorageError(
            "designer.unwritable", file=path.name, reason=error.strerror or str(error)
        ) from error


def _version(row: Mapping[str, Any]) -> Version:
    fields: Iterable[str] = Version.__dataclass_fields__
    values = {name: row[name] for name in fields if name in row}
    return Version(**values | {"changes": tuple(values.get("changes", ()))})
