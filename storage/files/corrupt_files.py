"""What Python raises of a file that is not what its name says, is half of one, or was changed inside."""

import zipfile
import zlib

from openpyxl.utils.exceptions import InvalidFileException

__all__ = ["DAMAGED"]

#: Of a workbook, a Word document or another zip: whoever reads one says which file it is, and what to do.
DAMAGED = (
    OSError, ValueError, LookupError, TypeError, AttributeError, SyntaxError, EOFError, RuntimeError,
    zipfile.BadZipFile, zlib.error, InvalidFileException,
)  # fmt: skip
