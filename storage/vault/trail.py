"""The trail: who opened, searched, exported, printed, was refused what and when; appended by the vault alone.

Whoever writes an entry needs only `Trail`. An append returns at once and never raises: a page does not wait for it.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ACTS", "COLUMNS", "Entry", "NoTrail", "Trail", "trail_frame"]

#: What an entry can be about; each is called in `templates/words/trail.md` under ``trail.act.NAME``.
ACTS = (
    "view", "search", "export", "print", "report", "reveal", "refused", "sign_in", "sign_in_failed", "sign_out",
    "account", "rights", "write", "delete", "restore", "emergency_access", "removed",
)  # fmt: skip

#: What an entry says: its number, when (ISO 8601, UTC), who with which roles, did what, with a record of which form,
#: about which child (id), from where (address, begin of the session's fingerprint), and more in words.
COLUMNS = ("number", "at", "person", "roles", "act", "form", "record", "about", "source", "detail")

Entry = Mapping[str, Any]


class Trail(Protocol):
    """The trail as one person writes to it and reads it: who it is, the vault knows by itself."""

    def append(
        self, act: str, form: str = "", record: str = "", detail: str = "", *, about: str = ""
    ) -> None:
        """Write that the person did something (one of `ACTS`) with a record; ``about`` is the id of the child.

        Without ``about`` the vault looks up of which child the record is. Returns at once and never raises.
        """

    def of_record(self, form: str, record_id: str) -> "pd.DataFrame":
        """Return who did what with a record, the latest first: `COLUMNS`. Raises AccessError for whoever may not know."""

    def all(
        self, first: date | None = None, last: date | None = None, person: str = "", act: str = ""
    ) -> "pd.DataFrame":
        """Return the entries of some days, the latest first: `COLUMNS`; of one person, of one act. Raises AccessError."""


class NoTrail:
    """A trail that is not written anywhere: of a fork server, and of a school without a vault."""

    def append(
        self, act: str, form: str = "", record: str = "", detail: str = "", *, about: str = ""
    ) -> None:
        """Write nothing."""

    def of_record(self, form: str, record_id: str) -> "pd.DataFrame":
        """Return no entry."""
        return trail_frame(())

    def all(
        self, first: date | None = None, last: date | None = None, person: str = "", act: str = ""
    ) -> "pd.DataFrame":
        """Return no entry."""
        return trail_frame(())


def trail_frame(entries: Iterable[Entry]) -> "pd.DataFrame":
    """Return entries as a frame of `COLUMNS`, ``at`` as local time, in their order."""
    import pandas as pd  # the process that keeps the vault has none

    rows = [[entry.get(name, "") for name in COLUMNS] for entry in entries]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame["at"] = pd.to_datetime(
        pd.Series([row[1] for row in rows], dtype=object), format="ISO8601", utc=True
    )
    return frame
