"""Text files as sheets: the encoding and the delimiter are detected, an unclosed quote is an error.

Chinese Excel writes GBK and, as "Unicode text", UTF-16 with tabs; spreadsheets of other countries separate cells with
semicolons.
"""

import csv
from io import StringIO
from pathlib import Path

from guanai.care.errors import ExchangeError
from guanai.storage.files.cell_escaping import unescape_cell
from guanai.storage.files.sheet import MAX_COLUMNS, MAX_ROWS, InputSheet

__all__ = ["delimiter_of", "read_csv", "read_text_file"]

_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_DELIMITERS = ",;\t|，；"
_MAX_CELL_CHARS = 1_000_000


def read_text_file(path: Path, name: str) -> str:
    """Return a file's text: UTF-8 or UTF-16 by its byte-order mark, UTF-8, else GB18030, which Chinese spreadsheets write.

    Raises ExchangeError for a file that is not text.
    """
    data = path.read_bytes()
    marked = [encoding for mark, encoding in _BYTE_ORDER_MARKS if data.startswith(mark)]
    for encoding in marked or ("utf-8", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ExchangeError("exchange.no_text", file=name)


def delimiter_of(text: str) -> str:
    r"""Return the delimiter of a text: the one that splits its first line into most cells; a comma where none does.

    >>> [delimiter_of(text) for text in ("a;b;c", "a,b", "a\tb", '"a;b;c",d', "a")]
    [';', ',', '\t', ',', ',']
    """
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(_DELIMITERS, key=lambda delimiter: len(next(csv.reader([first], delimiter=delimiter), ())))


def read_csv(path: Path, name: str) -> InputSheet:
    """Return a .csv, .tsv or .txt file as a sheet; every cell is text, None where it is empty.

    Raises ExchangeError where a quote does not close, or where there are too many rows or columns.
    """
    text = read_text_file(path, name)
    first, _, rest = text.partition("\n")
    delimiter = first.strip().removeprefix("sep=") if first.startswith("sep=") else ""
    declared = len(delimiter) == 1  # Excel's own first line, which names the delimiter
    reader = csv.reader(
        StringIO(rest if declared else text, newline=""),
        delimiter=delimiter if declared else delimiter_of(text),
        strict=True,
    )
    old_limit = csv.field_size_limit(_MAX_CELL_CHARS)
    rows: list[tuple[int, list[str | None]]] = []
    try:
        for number, cells in enumerate(reader, start=1 + declared):
            values = [str(unescape_cell(cell.strip())) or None for cell in cells]
            while values and values[-1] is None:
                values.pop()
            if len(values) > MAX_COLUMNS:
                raise ExchangeError("exchange.too_wide", file=name, most=MAX_COLUMNS)
            if values:
                rows.append((number, values))
            if len(rows) > MAX_ROWS + 1:
                raise ExchangeError("exchange.too_long", file=name, most=MAX_ROWS)
    except csv.Error as error:
        raise ExchangeError("exchange.quotes", file=name, line=reader.line_num) from error
    finally:
        csv.field_size_limit(old_limit)
    return InputSheet("", rows)
