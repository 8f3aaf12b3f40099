"""Lists as files beside a school's forms: villages.csv, prices.xml, places.geojson.

A form asks for them by name (``select_one_from_file villages.csv``, ``pulldata('prices', …)``); a register of the
same name comes first.
"""

import csv
import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from guanai.care.errors import GuanaiError
from guanai.storage.files.office_files import checked_xml

__all__ = ["list_rows"]

_ENDINGS = (".csv", ".xml", ".geojson")
_LARGEST = 20 * 1024 * 1024


def list_rows(folder: Path, name: str) -> list[dict[str, str]] | None:
    """Return the rows of a list by its headings, None when there is no such file in the folder.

    The same list object is returned until the file changes. Raises GuanaiError for a file that cannot be read.
    """
    for ending in _ENDINGS:
        path = folder / f"{name}{ending}"
        if path.name == f"{name}{ending}" and path.is_file():
            state = path.stat()
            return _rows(path, state.st_mtime_ns, state.st_size)
    return None


@lru_cache(maxsize=32)
def _rows(path: Path, _changed: int, size: int) -> list[dict[str, str]]:
    if size > _LARGEST:
        raise GuanaiError("list.too_large", file=path.name)
    try:
        content = path.read_bytes()
        return list(_READ[path.suffix](content))
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        csv.Error,
        ElementTree.ParseError,
        OSError,
    ) as error:
        raise GuanaiError("list.unreadable", file=path.name) from error


def _of_csv(content: bytes) -> Iterator[dict[str, str]]:
    """Yield the rows of a table in UTF-8 or, as Chinese spreadsheets write it, GB18030."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030")
    for row in csv.DictReader(text.splitlines(keepends=True)):
        yield {
            name.strip(): (value or "").strip()
            for name, value in row.items()
            if name and isinstance(value, str)
        }


def _of_xml(content: bytes) -> Iterator[dict[str, str]]:
    """Yield the items of ``<root><item><name>…``; nothing outside the file is read."""
    root = ElementTree.fromstring(checked_xml(content))  # noqa: S314 - nothing in it expands
    for item in root.iter("item"):
        yield {child.tag: (child.text or "").strip() for child in item}


def _of_geojson(content: bytes) -> Iterator[dict[str, str]]:
    for feature in json.loads(content)["features"]:
        row: dict[str, Any] = {**(feature.get("properties") or {})}
        row.setdefault("id", feature.get("id", ""))
        yield {name: str(value) for name, value in row.items() if isinstance(value, str | int | float)}


_READ = {".csv": _of_csv, ".xml": _of_xml, ".geojson": _of_geojson}
