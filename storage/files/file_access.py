"""Reading and writing one file: size limits, the errors of a damaged file, writes that are complete or not done at all."""

import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from openpyxl.utils.exceptions import InvalidFileException

from guanai.care.errors import ExchangeError

__all__ = ["MAX_FILE_BYTES", "READ_ERRORS", "atomic_write", "file_size", "megabytes"]

#: The largest file that is read: as much as a page can send.
MAX_FILE_BYTES = 20 * 1024 * 1024

#: What Python raises for a workbook, Word document or zip that is something else, cut off, or altered inside.
#: Whoever catches it says which file it is and what to do.
READ_ERRORS = (
    OSError, ValueError, LookupError, TypeError, AttributeError, SyntaxError, EOFError, RuntimeError,
    zipfile.BadZipFile, zlib.error, InvalidFileException,
)  # fmt: skip


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Give a temporary path to write to; it replaces ``path`` once all of it is on the disk.

    If anything fails before that, the old file stays as it was. Raises OSError.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def megabytes(size: int) -> str:
    """Return a size as people read it.

    >>> megabytes(52_428_800)
    '50.0 MB'
    """
    return f"{size / 1024 / 1024:.1f} MB"


def file_size(path: Path, name: str) -> int:
    """Return a file's size. Raises ExchangeError for one that is missing or larger than `MAX_FILE_BYTES`."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise ExchangeError("exchange.unreadable", file=name) from error
    if size > MAX_FILE_BYTES:
        most = f"{MAX_FILE_BYTES >> 20} MB"
        raise ExchangeError("exchange.too_large", file=name, size=megabytes(size), most=most)
    return size
