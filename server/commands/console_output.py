"""What a command prints: a line of text, or rows as a table to read, as JSON or CSV for another program."""

import csv
import io
import json
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import zip_longest
from typing import Any

__all__ = ["listing", "plain_value", "print_line", "print_warning"]

Row = Mapping[Any, Any]


def print_line(text: str) -> None:
    """Print a line at once, also to whoever reads it through a pipe."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def print_warning(text: str) -> None:
    """Print a line at once to standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def listing(rows: Sequence[Row], columns: Sequence[str], layout: str) -> str:
    """Return rows in a layout: ``table``, ``json`` (a list of objects) or ``csv``."""
    plain = [{column: plain_value(row.get(column)) for column in columns} for row in rows]
    if layout == "json":
        return json.dumps(plain, ensure_ascii=False, indent=1)
    texts = [[_text(row[column]) for column in columns] for row in plain]
    return _csv(columns, texts) if layout == "csv" else _table(columns, texts)


def plain_value(value: Any) -> Any:
    """Return a value as JSON has it: a day as 2026-11-20, a moment with its time, nothing for what is missing."""
    if isinstance(value, datetime):
        if value != value:  # NaT is unlike itself
            return None
        return value.date().isoformat() if value.time() == time() else value.isoformat(timespec="minutes")
    if isinstance(value, timedelta):
        return None if value != value else round(value.total_seconds() / 60)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [plain_value(item) for item in value]
    if isinstance(value, float) and value != value:  # NaN is unlike itself
        return None
    return value.item() if hasattr(value, "item") else value


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "、".join(_text(item) for item in value)
    if isinstance(value, float):
        return f"{value:.4g}"
    return "" if value is None else str(value)


def _csv(columns: Sequence[str], texts: Sequence[Sequence[str]]) -> str:
    """Return CSV without any cell that a spreadsheet would run; into a file with the byte order mark that Excel needs."""
    from guanai.storage.files.cell_escaping import escape_cell  # `guanai --help` need not wait for pandas

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([columns, *([escape_cell(text) for text in row] for row in texts)])
    return ("" if sys.stdout.isatty() else "\ufeff") + out.getvalue().rstrip("\n")


def _table(columns: Sequence[str], texts: Sequence[Sequence[str]]) -> str:
    """Return lines with aligned columns, a Chinese character counted as two."""
    lines = [list(columns), *texts]
    widths = [max(map(_width, column)) for column in zip_longest(*lines, fillvalue="")]
    return "\n".join(
        "  ".join(
            text + " " * (width - _width(text)) for text, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    )


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
