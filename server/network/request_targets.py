"""Which addresses of requests are refused before any handler sees them: those that no file, page or record can have."""

from urllib.parse import unquote_to_bytes

__all__ = ["LONGEST_TARGET", "target_status"]

#: The longest address with its query, in bytes: browsers and proxies send no more by themselves.
LONGEST_TARGET = 8192
# A file's name has at most 255 bytes on every usual file system, and a notebook's ``.ipynb`` has to fit in.
LONGEST_SEGMENT, LONGEST_PATH = 240, 2000


def target_status(target: str) -> int | None:
    """Return the status by which a request for this address is refused, None where it can be answered.

    >>> [target_status(one) for one in ("/child?id=1", "/%00", "/%ff", "/" + "a" * 300, "/?q=%00", "/" + "a/" * 5000)]
    [None, 400, 400, 404, 400, 414]
    """
    if len(target) > LONGEST_TARGET:
        return 414
    path, _, query = target.partition("?")
    try:
        decoded = unquote_to_bytes(path.encode("latin-1"))
        text = decoded.decode("utf-8")
        values = unquote_to_bytes(query.encode("latin-1")).decode("utf-8")
    except UnicodeError:
        return 400
    if any(letter < " " or letter == "\x7f" for letter in text) or "\0" in values:
        return 400
    is_long = len(decoded) > LONGEST_PATH or any(len(part) > LONGEST_SEGMENT for part in decoded.split(b"/"))
    return 404 if is_long else None
