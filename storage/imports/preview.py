"""What an import would do, before anything is written: its rows, its columns, and what a person has decided of them."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from guanai.care.errors import ExchangeError
from guanai.storage.files.sheet import InputSheet
from guanai.storage.imports.column_matching import FileColumn
from guanai.templates.wording import say

__all__ = [
    "STATES",
    "Choices",
    "Difference",
    "ImportPreview",
    "ImportSource",
    "ImportedRow",
    "RawRow",
    "counts_of",
    "ready",
    "unknown_columns",
]

Record = Mapping[str, Any]

#: The states of a row, in the order in which a person wants to see them.
STATES = ("bad", "conflict", "alike", "waits", "changed", "new", "same")


@dataclass(frozen=True)
class ImportSource:
    """What a file or a folder holds: sheets of cells, records by form, or submissions from telephones.

    ``records`` are by form and by number (their place in the list, or TinyDB's id). ``submissions`` names those of
    ``files`` that hold submissions; the others are their repeats and pictures. ``from_guanai`` says that the records were
    written by this program, so that answers their form does not ask are kept too; ``versions`` then gives every version
    of a record, by form and id, the earliest first. ``attachments`` is the folder of the records' pictures and files.
    """

    name: str
    sheets: Sequence[InputSheet] = ()
    records: Mapping[str, Mapping[int, Record]] | None = None
    attachments: Path | None = None
    from_guanai: bool = False
    versions: Callable[[str, str], Sequence[Record]] | None = None
    submissions: Sequence[str] = ()
    files: Mapping[str, bytes] | None = None


@dataclass(frozen=True)
class Choices:
    """What a person has decided about an import.

    ``columns``: heading to question, empty for one that is left out. ``sheet``: which sheet. ``others``: rows that are
    new though they look like a record that is there. ``same``: row to the id of the record that it is. ``clashes``:
    row and path to `TAKE_FILE` or `TAKE_SCHOOL`, row 0 and path ``*`` for all.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    sheet: str = ""
    others: Collection[int] = ()
    same: Mapping[int, str] | None = None
    clashes: Mapping[tuple[int, str], str] | None = None


@dataclass
class RawRow:
    """A row as it was read, not yet checked: its number, the record's id and revision, answers by path, errors in words.

    A path is that of an answer (``name``, ``guardians/0/name``), or a repeat's key with all its rows; ``repeat_columns``
    are then the questions of the repeat for which the file has a column. ``from_guanai`` says that the row is a record as
    this program wrote it, not what somebody typed.
    """

    number: int
    answers: dict[str, Any]
    record_id: str = ""
    revision: int | None = None
    errors: list[str] = field(default_factory=list)
    from_guanai: bool = False
    repeat_columns: Mapping[str, frozenset[str]] = field(default_factory=dict)


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
class ImportedRow:
    """What an import does with one row: its number, its state (one of `STATES`), and why in words.

    An alike row would be a new record that the school has already, or a new child who looks like a child of the school or
    of an earlier row; ``like`` are the ids of those. A conflict needs a choice about each of ``clashes``.
    """

    number: int
    state: str
    label: str
    messages: tuple[str, ...] = ()
    record: Mapping[str, Any] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()
    clashes: tuple[Difference, ...] = ()
    like: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImportPreview:
    """What an import would do to one register: its columns, its rows, and what a person should know of the file.

    ``sequence`` is `Records.sequence` at the time of the preview. ``attachments`` is the folder of another school's
    pictures and files, ``files`` are those that came from a telephone, by name. With ``from_school`` the records are
    another school's, where they have changed other registers already.
    """

    form: str
    file: str
    columns: tuple[FileColumn, ...]
    rows: tuple[ImportedRow, ...]
    notices: tuple[str, ...] = ()
    sequence: int = 0
    attachments: Path | None = None
    files: Mapping[str, bytes] | None = field(default=None, repr=False)
    from_school: bool = False

    @property
    def counts(self) -> dict[str, int]:
        """How many rows there are of each state."""
        return counts_of([self])

    @property
    def written(self) -> list[ImportedRow]:
        """The rows that an import writes: new and changed ones."""
        return [row for row in self.rows if row.state in ("new", "changed")]

    @property
    def undecided(self) -> list[FileColumn]:
        """The columns whose question a person must choose."""
        return [column for column in self.columns if column.undecided]

    def refusal(self) -> ExchangeError:
        """Return the error that names the columns whose question nobody has chosen."""
        return unknown_columns(self.form, ImportSource(self.file), self.undecided)

    @property
    def ready(self) -> bool:
        """Whether it can be applied: nothing is bad, in conflict or undecided, and there is something to write."""
        return ready([self])


def counts_of(previews: Iterable[ImportPreview]) -> dict[str, int]:
    """Return how many rows there are of each state, in all registers."""
    states = Counter(row.state for preview in previews for row in preview.rows)
    return {state: states[state] for state in STATES}


def ready(previews: Sequence[ImportPreview]) -> bool:
    """Return whether an import can be applied: no register has anything bad or open, and there is something to write."""
    counts = counts_of(previews)
    stuck = counts["bad"] or counts["conflict"] or any(preview.undecided for preview in previews)
    return not stuck and bool(counts["new"] or counts["changed"])


def unknown_columns(form: str, source: ImportSource, columns: Sequence[FileColumn]) -> ExchangeError:
    """Return the error for columns whose question is not known."""
    names = "、".join(
        say("import.guess", head=column.heading, label=column.target.label)
        if column.how == "guessed" and column.target
        else column.heading
        for column in columns
    )
    sheets = "、".join(grid.title for grid in source.sheets if grid.title)
    return ExchangeError(
        "exchange.unknown_columns", file=source.name, columns=names or "—", form=form, sheets=sheets or "—"
    )
