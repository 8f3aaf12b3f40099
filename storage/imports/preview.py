"""What an import would do, before anything is written: its rows, its columns, and what a person has decided of them."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from guanai.care.errors import ExchangeError
from guanai.storage.files.sheet import Source
from guanai.storage.imports.columns import Column
from guanai.storage.imports.row_check import Row
from guanai.templates.wording import say

__all__ = ["STATES", "Choices", "Plan", "counts_of", "ready", "unknown_columns"]

#: What a row can be, in the order in which a person wants to see them.
STATES = ("bad", "conflict", "alike", "waits", "changed", "new", "same")


@dataclass(frozen=True)
class Choices:
    """What a person has decided about an import.

    ``columns``: heading to question, empty for one that is left out. ``sheet``: which sheet. ``others``: rows that are
    new though they look like a record that is there. ``same``: row to the id of the record that it is. ``clashes``:
    row and path to `FILE` or `SCHOOL`, row 0 and path ``*`` for all.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    sheet: str = ""
    others: Collection[int] = ()
    same: Mapping[int, str] | None = None
    clashes: Mapping[tuple[int, str], str] | None = None


@dataclass(frozen=True)
class Plan:
    """What an import would do to one register: its columns, its rows, and what a person should know of the file.

    ``seen`` is `School.sequence` as it was when the rows were looked at. ``attachments`` is where another school keeps
    its pictures and files, ``bundle`` has what came from a telephone, by name. With ``own`` the records are another
    school's, so that what they told other registers was told there.
    """

    form: str
    file: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notices: tuple[str, ...] = ()
    seen: int = 0
    attachments: Path | None = None
    bundle: Mapping[str, bytes] | None = field(default=None, repr=False)
    own: bool = False

    @property
    def counts(self) -> dict[str, int]:
        """How many rows there are of each state."""
        return counts_of([self])

    @property
    def undecided(self) -> list[Column]:
        """The columns of which a person must say what they mean."""
        return [column for column in self.columns if column.undecided]

    def refusal(self) -> ExchangeError:
        """Return the error that names the columns of which nobody has said what they mean."""
        return unknown_columns(self.form, Source(self.file), self.undecided)

    @property
    def ready(self) -> bool:
        """Whether it can be carried out: nothing is bad, open or undecided, and there is something to write."""
        return ready([self])


def counts_of(plans: Iterable[Plan]) -> dict[str, int]:
    """Return how many rows there are of each state, in all registers."""
    states = Counter(row.state for plan in plans for row in plan.rows)
    return {state: states[state] for state in STATES}


def ready(plans: Sequence[Plan]) -> bool:
    """Return whether an import can be carried out: in no register is anything bad or open, in some there is work."""
    counts = counts_of(plans)
    stuck = counts["bad"] or counts["conflict"] or any(plan.undecided for plan in plans)
    return not stuck and bool(counts["new"] or counts["changed"])


def unknown_columns(form: str, source: Source, columns: Sequence[Column]) -> ExchangeError:
    """Return the error for columns of which nobody knows what they mean."""
    names = "、".join(
        say("import.guess", head=column.head, label=column.header.label)
        if column.how == "guessed" and column.header
        else column.head
        for column in columns
    )
    sheets = "、".join(grid.title for grid in source.grids if grid.title)
    return ExchangeError(
        "exchange.unknown_columns", file=source.name, columns=names or "—", form=form, sheets=sheets or "—"
    )
