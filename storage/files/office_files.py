"""Office files before anything parses them: how much they unpack to, and that no part of them declares a document type.

A workbook or a Word document is a zip of XML. With a document type, a part of a hundred bytes can expand to gigabytes or
name files of this machine; no program of an office writes one. It stands before the first element, in whatever encoding
and after however long a comment: so much of each part is read by the parser itself, and no more.
"""

import zipfile
from io import BytesIO
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

from openpyxl import load_workbook

__all__ = ["MAX_ENTRIES", "UnsafeFileError", "check_office_file", "checked_workbook", "checked_xml"]

MAX_ENTRIES = 5_000
#: Bytes to which a workbook of rules or a form may unpack: a form of a thousand questions has a hundredth of it.
MAX_UNPACKED = 60 * 1024 * 1024
_CHUNK = 65_536
_XML = (".xml", ".rels", ".vml")


class UnsafeFileError(ValueError):
    """A file that could do harm when it is read; ``unpacked`` is its size where that is what is wrong, else 0."""

    def __init__(self, what: str, unpacked: int = 0) -> None:
        super().__init__(what)
        self.unpacked = unpacked


class _RootReachedError(Exception):
    """The first element has been reached: what comes before it declares nothing."""


def checked_xml(content: bytes) -> bytes:
    """Return an XML document that declares no document type. Raises UnsafeFileError for one that does, or is no XML."""
    _check_prolog(BytesIO(content), "XML")
    return content


def checked_workbook(source: Path | bytes, **options: Any) -> Any:
    """Return a workbook as openpyxl reads it, checked before. Raises what reading raises (`READ_ERRORS`)."""
    check_office_file(source)
    return load_workbook(BytesIO(source) if isinstance(source, bytes) else source, **options)


def check_office_file(source: Path | bytes, most: int = MAX_UNPACKED) -> None:
    """Raise UnsafeFileError for a zip that unpacks to more than ``most`` bytes, has too many parts, or an unsafe one.

    Raises zipfile.BadZipFile and OSError for what is no zip.
    """
    with zipfile.ZipFile(BytesIO(source) if isinstance(source, bytes) else source) as archive:
        parts = archive.infolist()
        # zipfile unpacks no more of a part than the size it declares, so this check cannot be evaded.
        unpacked = sum(part.file_size for part in parts)
        if unpacked > most or len(parts) > MAX_ENTRIES:
            raise UnsafeFileError("unpacks to too much", unpacked)
        for part in parts:
            with archive.open(part) as opened:
                _check_prolog(opened, part.filename, must_be_xml=part.filename.lower().endswith(_XML))


def _check_prolog(stream: IO[bytes], name: str, *, must_be_xml: bool = True) -> None:
    """Raise UnsafeFileError where a document type is declared; what is no XML at all passes unless it has to be."""

    def refuse(*_: object) -> None:
        raise UnsafeFileError(f"{name} declares a document type")

    def stop(*_: object) -> None:
        raise _RootReachedError

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    parser.StartElementHandler = stop
    try:
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except _RootReachedError:
        return
    except UnsafeFileError:
        raise
    except (expat.ExpatError, LookupError, ValueError) as error:  # an encoding that the parser does not know
        if must_be_xml or not isinstance(error, expat.ExpatError):
            raise UnsafeFileError(f"{name} is no XML") from error
