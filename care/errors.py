"""Errors whose message a coordinator may read: where, what is wrong, and what to do.

Only `GuanaiError` reaches a screen; any other exception goes to the log with a reference number.
Every message is in the catalogue (`guanai.templates.wording`), under the error's key.
"""

from collections.abc import Iterable, Mapping
from functools import reduce

from guanai.templates.wording import say

__all__ = [
    "AccessError",
    "ConflictError",
    "ExchangeError",
    "FormError",
    "GuanaiError",
    "OwnRuleError",
    "PolicyError",
    "RecordError",
    "SeveralErrors",
    "StorageError",
]


class GuanaiError(Exception):
    """Any error whose message a coordinator may read."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values

    def message(self, language: str | None = None) -> str:
        """Return the whole message in a language (the process's own without one)."""
        return say(self.key, language, **self.values)

    def each(self) -> "tuple[GuanaiError, ...]":
        """Return every mistake that this error is about, itself first."""
        return (self,)

    def __str__(self) -> str:
        return self.message()


class SeveralErrors(GuanaiError):  # noqa: N818 - several of them
    """More than one thing is wrong, each to be said by itself."""

    def __init__(self, errors: Iterable[GuanaiError]) -> None:
        self.errors = tuple(errors)
        super().__init__(self.errors[0].key, **self.errors[0].values)

    def each(self) -> tuple[GuanaiError, ...]:
        """Return the errors."""
        return self.errors


class StorageError(GuanaiError):
    """The records cannot be read or written: a full disk, a damaged or newer file, no permission."""


class AccessError(GuanaiError):
    """The person signed in may not do this, or nobody is signed in."""


class ExchangeError(GuanaiError):
    """A file to import or export cannot be read or written in the way requested."""


class ConflictError(GuanaiError):
    """Somebody else saved the record first: ``mine`` is what was to be saved, ``theirs`` what is stored now."""

    def __init__(
        self, key: str, mine: Mapping[str, object], theirs: Mapping[str, object], **values: object
    ) -> None:
        super().__init__(key, **values)
        self.mine = dict(mine)
        self.theirs = dict(theirs)


class RecordError(GuanaiError):
    """A record that its form refuses; ``fields`` gives the message of each field by its path."""

    def __init__(self, key: str, fields: Mapping[str, str], **values: object) -> None:
        super().__init__(key, **values)
        self.fields = dict(fields)


class PlacedError(GuanaiError):
    """An error in a file that a coordinator edits, with the place where to mend it."""

    def __init__(
        self,
        key: str,
        *,
        file: str = "",
        sheet: str = "",
        row: int | None = None,
        column: str = "",
        **values: object,
    ) -> None:
        super().__init__(key, **values)
        self.file, self.sheet, self.row, self.column = file, sheet, row, column

    def place(self, language: str | None = None) -> str:
        """Return file, sheet, row and column in words, as far as they are known."""
        parts = [self.file] if self.file else []
        for key, value in (("sheet", self.sheet), ("row", self.row), ("column", self.column)):
            if value:
                parts.append(say(f"place.{key}", language, value=value))
        return reduce(
            lambda before, after: say("place.joint", language, before=before, after=after), parts or [""]
        )

    def message(self, language: str | None = None) -> str:
        """Return place, what is wrong and what to do."""
        text = super().message(language)
        place = self.place(language)
        return say("place.says", language, place=place, text=text) if place else text


class FormError(PlacedError):
    """A form that cannot be used as it is."""


class PolicyError(PlacedError):
    """A school workbook that cannot be used as it is; ``others`` are the mistakes of its other rows."""

    others: "tuple[PolicyError, ...]" = ()

    def each(self) -> "tuple[PolicyError, ...]":
        """Return the mistake and those of the other rows."""
        return (self, *self.others)


class OwnRuleError(PlacedError):
    """A rule of the school's own that cannot be used: ``row`` is the line in its file."""
