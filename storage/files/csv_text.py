"""A text file as a table: its encoding, what parts its cells, and quotes that do not close, found out from the file.

Chinese Excel writes GBK and, as "Unicode text", UTF-16 with tabs; other countries' spreadsheets part cells by
semicolons.
"""

import csv
from io import StringIO
from pathlib import Path

from guanai.care.errors import ExchangeError
from guanai.storage.files.safe_cells import plain_cell
from guanai.storage.files.sheet import MOST_COLUMNS, MOST_ROWS, Grid

__all__ = ["read_text_file", "read_texts", "separator_of"]

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SEPARATORS = ",;\t|，；"
_LONGEST_CELL = 1_000_000


def read_text_file(path: Path, name: str) -> str:
    """Return a file's text: UTF-8 or UTF-16 with a mark, UTF-8, else GB18030, which Chinese spreadsheets write.

    Raises ExchangeError for what is no text.
    """
    data = path.read_bytes()
    marked = [encoding for mark, encoding in _MARKS if data.startswith(mark)]
    for encoding in marked or ("utf-8", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ExchangeError("exchange.no_text", file=name)


def separator_of(text: str) -> str:
    r"""Return what parts the cells of a text: what its first line has most of outside quotes; a comma where nothing does.

    >>> [separator_of(text) for text in ("a;b;c", "a,b", "a\tb", '"a;b;c",d', "a")]
    [';', ',', '\t', ',', ',']
    """
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(_SEPARATORS, key=lambda sign: len(next(csv.reader([first], delimiter=sign), ())))


def read_texts(path: Path, name: str) -> Grid:
    """Return a .csv, .tsv or .txt file as a table; every cell is text, None where it is empty.

    Raises ExchangeError where a quote does not close, or where there are too many rows.
    """
    text = read_text_file(path, name)
    told, _, rest = text.partition("\n")
    sign = told.strip().removeprefix("sep=") if told.startswith("sep=") else ""
    known = len(sign) == 1
    reader = csv.reader(
        StringIO(rest if known else text, newline=""),
        delimiter=sign if known else separator_of(text),
        strict=True,
    )
    before = csv.field_size_limit(_LONGEST_CELL)
    rows: list[tuple[int, list[str | None]]] = []
    try:
        for number, cells in enumerate(reader, start=1 + known):
            values = [str(plain_cell(cell.strip())) or None for cell in cells]
            while values and values[-1] is None:
                values.pop()
            if len(values) > MOST_COLUMNS:
                raise ExchangeError("exchange.too_wide", file=name, most=MOST_COLUMNS)
            if values:
                rows.append((number, values))
            if len(rows) > MOST_ROWS + 1:
                raise ExchangeError("exchange.too_long", file=name, most=MOST_ROWS)
    except csv.Error as error:
        raise ExchangeError("exchange.quotes", file=name, line=reader.line_num) from error
    finally:
        csv.field_size_limit(before)
    return Grid("", rows)
