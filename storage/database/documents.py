"""A document as one line of JSON, and back: what is stored is exactly what will be read."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["copy_document", "is_plain", "parse_documents", "record_id_of", "to_json"]

Json = dict[str, Any]

_readable = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_escaped = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode

# JSON text that a database's JSON functions may read otherwise than Python: NaN is no JSON at all, a NUL (which is
# written \u0000) ends a string in C, and nesting has a limit. A mark within a string makes a document odd without
# need, which costs a little time and never a wrong answer.
_ODD_MARKS = ("NaN", "Infinity", "\\u")
_NESTING = 500


def to_json(document: Mapping[str, Any]) -> str:
    """Return the JSON text of a document.

    Keys become text and tuples lists, as in any JSON file; Chinese stays readable.
    Raises TypeError for a value that JSON does not know, as TinyDB's own file storage does.
    """
    value = dict(document)
    text = _readable(value)
    if json.loads(text) != value:
        # Two keys such as 1 and "1" would both be written; only what Python reads back may be stored.
        text = _readable(json.loads(text))
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:  # half of a surrogate pair, which no database accepts as text
            text = _escaped(json.loads(text))
    return text


def is_plain(text: str) -> bool:
    """Say whether SQL's JSON functions read this text just as Python does."""
    return not any(mark in text for mark in _ODD_MARKS) and text.count("{") + text.count("[") < _NESTING


def parse_documents(texts: Iterable[str]) -> list[Json]:
    """Return the documents of many texts; one long text is parsed much faster than many short ones."""
    return json.loads(f"[{','.join(texts)}]")


def copy_document(document: Json) -> Json:
    """Return a copy that its reader may change at will, inner lists and tables included."""
    return {key: _copied(value) if type(value) in (dict, list) else value for key, value in document.items()}


def _copied(value: Any) -> Any:
    return (
        copy_document(value)
        if isinstance(value, dict)
        else [_copied(item) if type(item) in (dict, list) else item for item in value]
    )


def record_id_of(document: Mapping[str, Any]) -> str | None:
    """Return the record's own id: the text in its field ``id``, if there is one."""
    value = document.get("id")
    return value if isinstance(value, str) else None
