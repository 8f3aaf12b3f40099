"""A form file made into a `Form`, once for each content: kept in memory, and on disk for the next process.

pyxform takes half a second to be imported and a while to convert, and Voila starts a process for every visitor;
what it made of a file is therefore kept in a cache folder under the hash of the file. The folder may be emptied
at any time.
"""

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from guanai.care.errors import FormError
from guanai.storage.forms.xlsform.checks import ROOT, SurveyRow, check_sheets, is_restricted
from guanai.storage.forms.xlsform.definitions import Form
from guanai.storage.forms.xlsform.headings import (
    SETTING_HEADINGS,
    SURVEY_HEADINGS,
    language_code,
    read_heading,
)
from guanai.storage.forms.xlsform.sheets import FormSheets, Row, form_file, sheets_of
from guanai.storage.forms.xlsform.xforms import Sources, read_xform

__all__ = ["error_from_pyxform", "form_of", "form_of_file", "last_good_form", "load_form"]

_CACHE_FORMAT = 7  # counted up when what is kept on disk changes its meaning
_DEFAULT_LANGUAGE = "中文 (zh)"
_RAW_COLUMNS = ("bind", "instance", "body", "media")
_EXTERNAL = "select_one_external "
_OTHERS = "_or_other"
_MOST_FORMS = 512
#: Forms read in this process, the earliest first: all schools in it share the 63 that ship.
_forms: dict[str, tuple[Form, Sources]] = {}
_ROW = re.compile(r"\[row : (\d+)\]\s*")
_SHEET = re.compile(r"(?:[Oo]n the|for sheet:) '(\w+)'")
_COLUMN = re.compile(r"the '([\w:-]+)[^']*' value")
_LEARN_MORE = re.compile(r"\s*Learn more: \S+|\[row : \w+\]\s*")
_KNOWN_MESSAGES = (
    ("must be in the form of 'key1=value1", "form.bad_parameters"),
    ("accepted parameter keys", "form.unknown_parameter"),
    ("different names for the same column", "form.headings_alike"),
    ("Reference variables names must be unique", "form.reference_twice"),
)
_GIVEN_NAME = re.compile(r"The name '([^']*)'")


def load_form(
    path: Path, name: str | None = None, *, cache: Path | None = None, shared: bool = False
) -> Form:
    """Return the form of an .xlsx or .md file, named as the file unless a name is given.

    Raises `FormError` with file, sheet, row, column and remedy. ``cache`` is the folder for what pyxform made of
    the file; without one it is in the cache folder of whoever runs this, and with ``shared`` there too, for the
    forms that every school has.
    """
    form_name, folder = name or path.stem, cache or _user_cache()
    content = form_file(path)
    form, key = _load(content, path.name, form_name, folder, _user_cache() if shared else folder)
    _write(folder / _last_good_file(path, form_name), {"kept": key})
    return form


def last_good_form(
    path: Path, name: str | None = None, *, cache: Path | None = None
) -> tuple[Form, FormError | None]:
    """Return the form of a file; while the file has a mistake, its last version that had none, and the mistake.

    Raises the mistake itself when no earlier version is kept.
    """
    form_name, folder = name or path.stem, cache or _user_cache()
    try:
        return load_form(path, form_name, cache=folder), None
    except FormError as error:
        good = _read(folder / _last_good_file(path, form_name))
        sources = _sources(folder / f"{good['kept']}.json") if good else None
        if sources is None:
            raise
        try:
            return read_xform(sources), error
        except FormError:  # it was good to an earlier version of this software
            raise error from None


def form_of(text: str, name: str = "form", file: str = "form.md") -> Form:
    """Return the form of a Markdown text, for tests and for forms that are made rather than written."""
    return _convert(sheets_of(text.encode(), file), name)[0]


def form_of_file(content: bytes, file: str, name: str, *, cache: Path | None = None) -> Form:
    """Return the form of a file's content that need not lie anywhere yet; raises `FormError` as `load_form` does."""
    folder = cache or _user_cache()
    return _load(content, file, name, folder, folder)[0]


def _load(content: bytes, file: str, name: str, folder: Path, other: Path) -> tuple[Form, str]:
    key = hashlib.sha256(repr((content, file, name, _versions())).encode()).hexdigest()[:32]
    places = list(dict.fromkeys((folder / f"{key}.json", other / f"{key}.json")))
    if key not in _forms:
        sources = next(filter(None, map(_sources, places)), None)
        _forms[key] = (read_xform(sources), sources) if sources else _convert(sheets_of(content, file), name)
        if len(_forms) > _MOST_FORMS:
            del _forms[next(iter(_forms))]
    form, sources = _forms[key]
    for place in places:
        if not place.exists():
            _write(place, asdict(sources))
    return form, key


def _convert(sheets: FormSheets, name: str) -> tuple[Form, Sources]:
    from pyxform.xls2xform import convert  # half a second, and not needed for a form that is kept

    rows = check_sheets(sheets)
    warnings: list[str] = []
    release = sheets.setting("version") or sheets.content()[:8]
    try:
        result = convert(_workbook(sheets, name, release), warnings, form_name=ROOT)
    except Exception as error:  # whatever pyxform raises, the author must be told where to look
        raise error_from_pyxform(error, sheets) from error
    group, restricted = sheets.setting("guanai::group"), is_restricted(sheets)
    titles = _titles(sheets, name)
    sources = Sources(
        name, release, result.xform, sheets.content(), titles, rows, tuple(warnings), group, restricted
    )
    return read_xform(sources, sheets), sources


def error_from_pyxform(error: Exception, sheets: FormSheets) -> FormError:
    """Return an error of pyxform's as one with place, mistake and remedy.

    pyxform counts rows from the heading of the sheet that it was given; here that becomes the row of the file. A
    message that is not known here is carried word for word in a Chinese sentence, never dropped.
    """
    text = str(error) or type(error).__name__
    row, sheet, column = _ROW.search(text), _SHEET.search(text), _COLUMN.search(text)
    name = sheet[1] if sheet and sheet[1] in sheets.sheets else "survey"
    number = _row_number(sheets, name, int(row[1])) if row else None
    place = sheets.place(name, number, read_heading(column[1]) if column else "")
    given = _GIVEN_NAME.search(text)
    key = next((key for words, key in _KNOWN_MESSAGES if words in text), "form.refused")
    return FormError(key, **place, said=_LEARN_MORE.sub("", text), given=given[1] if given else "")


def _row_number(sheets: FormSheets, name: str, counted: int) -> int | None:
    """Return the row of the file for a row as pyxform counts: the heading is 1, empty rows were not given to it."""
    rows = sheets.rows(name)
    return rows[counted - 2].number if 2 <= counted < len(rows) + 2 else None


def _workbook(sheets: FormSheets, name: str, release: str) -> dict[str, Any]:
    """Return the sheets as pyxform takes them, without the columns that are only the author's notes."""
    survey = [_known_cells(row, SURVEY_HEADINGS) for row in sheets.rows("survey")]
    choices = [dict(row.cells) for row in sheets.rows("choices")]
    _inline_external_choices(sheets, survey, choices)
    _split_other_lists(survey, choices)
    settings = next(iter(sheets.rows("settings")), Row(0, {}))
    cells = _known_cells(settings, (*SETTING_HEADINGS, "namespaces"))
    cells = {key: text for key, text in cells.items() if "::" not in key}
    title = next(iter(_titles(sheets, name).values()))
    cells |= {"form_title": title, "form_id": cells.get("form_id", name), "version": release}
    language = cells.get("default_language") or _default_language(sheets)
    if language:
        cells["default_language"] = language
    book: dict[str, Any] = {"sheet_names": list(sheets.sheets)}
    written = {"survey": survey, "choices": choices, "settings": [cells]}
    if entities := [dict(row.cells) for row in sheets.rows("entities")]:
        written["entities"] = entities
    for sheet, rows in written.items():
        book[sheet] = rows
        book[f"{sheet}_header"] = [dict.fromkeys(heading for row in rows for heading in row)] if rows else []
    return book


def _inline_external_choices(
    sheets: FormSheets, survey: list[dict[str, str]], choices: list[dict[str, str]]
) -> None:
    """Add the choices of the sheet external_choices to the others: only a telephone needs them apart."""
    for row in survey:
        if row.get("type", "").startswith(_EXTERNAL):
            row["type"] = f"select_one external_{row['type'].removeprefix(_EXTERNAL)}"
    choices.extend(
        {**row.cells, "list_name": f"external_{row.get('list_name')}"}
        for row in sheets.rows("external_choices")
    )


def _split_other_lists(survey: list[dict[str, str]], choices: list[dict[str, str]]) -> None:
    """Give ``or_other`` a list of its own where other questions ask from the same: pyxform adds "Other" to all of it."""
    kinds = [row.get("type", "").split(" ") for row in survey]
    plain_lists = {kind[1] for kind in kinds if len(kind) == 2}
    written = {choice.get("list_name") for choice in choices if choice.get("name") == "other"}
    split = {kind[1] for kind in kinds if kind[2:] == ["or_other"]} & plain_lists - written
    for row, kind in zip(survey, kinds, strict=True):
        if kind[2:] == ["or_other"] and kind[1] in split:
            row["type"] = f"{kind[0]} {kind[1]}{_OTHERS} or_other"
    choices.extend(
        {**choice, "list_name": f"{choice['list_name']}{_OTHERS}"}
        for choice in list(choices)
        if choice.get("list_name") in split
    )


def _known_cells(row: Row, headings: Iterable[str]) -> dict[str, str]:
    columns = {*headings, *_RAW_COLUMNS}
    return {heading: text for heading, text in row.cells.items() if heading.partition("::")[0] in columns}


def _default_language(sheets: FormSheets) -> str:
    """Return the language that a heading without one is in: Chinese, or the first that the form has.

    Where some headings name a language and others none, those without are another one: Chinese too.
    """
    headings = [heading for sheet in sheets.sheets.values() for heading in sheet.headings]
    named = dict.fromkeys(
        heading.partition("::")[2] for heading in headings if heading.startswith(("label::", "hint::"))
    )
    bare = named and {"label", "hint"} & {*headings}
    return _DEFAULT_LANGUAGE if bare or _DEFAULT_LANGUAGE in named else next(iter(named), "")


def _titles(sheets: FormSheets, name: str) -> dict[str, str]:
    cells = next((row.cells for row in sheets.rows("settings")), {})
    titles = {
        language_code(key.partition("::")[2] or _DEFAULT_LANGUAGE): text
        for key, text in cells.items()
        if key.partition("::")[0] == "form_title"
    }
    return titles or {"zh": name}


@cache
def _versions() -> tuple[object, ...]:
    return _CACHE_FORMAT, version("guanai"), version("pyxform")


def _user_cache() -> Path:
    """Return this user's own cache folder: what lies there is trusted, so it is none that others can write."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "guanai" / "forms"


def _last_good_file(path: Path, name: str) -> str:
    return f"good-{hashlib.sha256(f'{path.resolve()} {name}'.encode()).hexdigest()[:32]}.json"


def _sources(path: Path) -> Sources | None:
    with suppress(TypeError, KeyError, AttributeError):  # written by another version: converted again
        values = _read(path) or {}
        rows = {at: SurveyRow(**row) for at, row in values.pop("rows").items()}
        return Sources(**values | {"rows": rows, "warnings": tuple(values["warnings"])})
    return None


def _read(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _write(path: Path, content: dict[str, Any]) -> None:
    """Keep something for later in one step; a folder that cannot be written only costs time."""
    if _read(path) == content:
        return
    part = path.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        part.replace(path)
