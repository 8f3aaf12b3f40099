"""How a page's kernel and the vault speak to each other: a line of JSON a message; an error of ours comes back as itself."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from guanai.care.errors import AccessError, ConflictError, GuanaiError, RecordError, StorageError
from guanai.storage.database.history import Change

__all__ = ["LONGEST_MESSAGE", "as_line", "change_values", "error_of", "error_values"]

#: The longest message that is read, in bytes.
LONGEST_MESSAGE = 32 * 1024 * 1024
_KINDS: dict[str, type[GuanaiError]] = {
    kind.__name__: kind for kind in (GuanaiError, AccessError, StorageError, ConflictError, RecordError)
}


def as_line(message: Mapping[str, Any]) -> bytes:
    """Return a message as it is sent."""
    return json.dumps(message, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def change_values(change: Change) -> dict[str, Any]:
    """Return a change as it is sent."""
    return asdict(change)


def error_values(error: GuanaiError) -> dict[str, Any]:
    """Return an error as it is sent."""
    kind = type(error).__name__
    values: dict[str, Any] = {
        "kind": kind if kind in _KINDS else "GuanaiError",
        "key": error.key,
        "values": {name: str(value) for name, value in error.values.items()},
    }
    if isinstance(error, ConflictError):
        values |= {"mine": error.mine, "theirs": error.theirs}
    if isinstance(error, RecordError):
        values["fields"] = error.fields
    return values


def error_of(values: Mapping[str, Any]) -> GuanaiError:
    """Return the error that was sent."""
    kind, key, said = values["kind"], values["key"], values["values"]
    if kind == "ConflictError":
        return ConflictError(key, values["mine"], values["theirs"], **said)
    if kind == "RecordError":
        return RecordError(key, values["fields"], **said)
    return _KINDS[kind](key, **said)
