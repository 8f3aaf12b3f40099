"""What a form's sheets must say before a form is made of them: each mistake named by row, column and remedy.

pyxform checks much of this too, in English and often without a place; the most frequent mistakes of
coordinators are therefore found here first. What only pyxform finds is reported by `loading.error_from_pyxform`.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from guanai.care.errors import FormError
from guanai.storage.forms.xlsform.definitions import SYSTEM_FIELDS
from guanai.storage.forms.xlsform.headings import (
    CHOICE_HEADINGS,
    SURVEY_HEADINGS,
    TYPES,
    write_heading,
    write_type,
)
from guanai.storage.forms.xlsform.items import METADATA_TYPES, PHONE_TYPES
from guanai.storage.forms.xlsform.sheets import FormSheets, Row

__all__ = ["ROOT", "SurveyRow", "check_sheets"]

ROOT = "data"

_LISTED = frozenset({"select_one", "select_multiple", "rank", "select_one_external"})
_FROM_FILE = frozenset({"select_one_from_file", "select_multiple_from_file"})
# What a session understands. A question that only a telephone can answer is shown as a sentence that says so.
_BEGINS = frozenset({"begin_group", "begin_repeat", "begin_loop"})
_ENDS = frozenset({"end_group", "end_repeat", "end_loop"})
_SUPPORTED = (
    _LISTED
    | _FROM_FILE
    | PHONE_TYPES
    | METADATA_TYPES
    | _BEGINS
    | _ENDS
    | frozenset(
        "text integer decimal date time dateTime range note calculate hidden acknowledge image file "
        "csv-external xml-external".split()
    )
)
# More than these are a mistake or a trap; whoever needs a longer list puts it beside the form as a file.
_MOST_ROWS = {
    "survey": 3_000,
    "choices": 20_000,
    "external_choices": 20_000,
    "entities": 100,
    "settings": 100,
}
_MOST_NESTED = 50  # groups within groups
_UNPLACED = frozenset({"csv-external", "xml-external"})  # no place in a record, so one name may stand twice
_WORDLESS = frozenset(
    {"calculate", "hidden", "background-audio", "start-geopoint", "background-geopoint"}
    | _UNPLACED
    | _BEGINS
    | METADATA_TYPES
)
_SHOWN = ("label", "hint", "guidance_hint", "media", "image", "big-image", "audio", "video")
_READ = frozenset({*SURVEY_HEADINGS, "bind", "instance", "body"})
_YES = frozenset({"yes", "true", "true()"})
_NOT = frozenset({"", "no", "false", "false()", "0"})
_FILE = re.compile(r"^[^\W\d][\w.-]*\.(csv|xml|geojson)$")
_NAME = re.compile(r"^[^\W\d][\w.-]*$")
_SEARCH = re.compile(r"\bsearch\s*\(\s*['\"]?(?P<file>[\w.-]*)")
_OPEN_REFERENCE = re.compile(r"\$\{[^{}]*(?:\{|$)")


@dataclass(frozen=True)
class SurveyRow:
    """What only the sheet knows of an item: row, type as written in XLSForm, parameters, marks of our own."""

    row: int
    type: str
    parameters: dict[str, str]
    sensitive: bool = False
    own: bool = False


def is_restricted(sheets: FormSheets) -> bool:
    """Whether the settings say that the records are kept in the vault: 保密登记册, or 保密 there; in doubt they do."""
    marks = (sheets.setting(f"guanai::{name}").lower() for name in ("restricted", "sensitive"))
    return any(mark not in _NOT for mark in marks)


def check_sheets(sheets: FormSheets) -> dict[str, SurveyRow]:
    """Return the rows of a form by their path in the instance (``/data/grp/name``).

    Raises `FormError` at the first mistake.
    """
    if not sheets.rows("survey"):
        raise FormError("form.empty", **sheets.place("survey"))
    for sheet, most in _MOST_ROWS.items():
        if len(rows_of_sheet := sheets.rows(sheet)) > most:
            raise sheets.error("form.too_many_rows", sheet, rows_of_sheet[most].number, "", most=most)
    _check_headings(sheets)
    _check_choices(sheets)
    if is_restricted(sheets) and sheets.rows("entities"):
        # What a record of the vault changes elsewhere would tell there what it says.
        row = sheets.rows("entities")[0].number
        raise sheets.error("form.restricted_entities", "entities", row, "dataset")
    rows = dict(_survey_rows(sheets))
    _check_references(sheets, {path.rpartition("/")[2] for path in rows})
    return rows


def _check_headings(sheets: FormSheets) -> None:
    survey = sheets.sheets["survey"]
    bases = {heading.partition("::")[0] for heading in survey.headings}
    for wanted in ("type", "name"):
        if wanted not in bases:
            chinese = write_heading(wanted)
            raise sheets.error("form.no_column", "survey", survey.head, "", wanted=chinese, english=wanted)
    if "choices" in sheets.sheets and sheets.rows("choices"):
        headings = {heading.partition("::")[0] for heading in sheets.sheets["choices"].headings}
        for wanted in ("list_name", "name"):
            if wanted not in headings:
                place = sheets.place("choices")
                raise FormError("form.no_column", **place, wanted=CHOICE_HEADINGS[wanted], english=wanted)
    vocabulary = [*SURVEY_HEADINGS, *SURVEY_HEADINGS.values()]
    for base in bases - set(SURVEY_HEADINGS):
        near = get_close_matches(base, vocabulary, n=1, cutoff=0.75)
        if near:
            raise sheets.error("form.heading_near", "survey", survey.head, base, near=near[0])


def _check_choices(sheets: FormSheets) -> None:
    seen: dict[tuple[str, str], int] = {}
    twice = any(row.get("allow_choice_duplicates").lower() in _YES for row in sheets.rows("settings"))
    # Several choices are stored with spaces between, so there a name cannot hold one.
    kinds = [row.get("type") for row in sheets.rows("survey")]
    parted = {kind.split(" ")[1] for kind in kinds if kind.startswith("select_multiple ")}
    for row in sheets.rows("choices"):
        name, of = row.get("name"), row.get("list_name")
        if not of:
            raise sheets.error("form.choice_no_list", "choices", row.number, "list_name")
        at_name = "choices", row.number, "name"
        if not name:
            raise sheets.error("form.choice_no_name", *at_name, list=of)
        if not twice and (of, name) in seen:
            raise sheets.error("form.choice_twice", *at_name, name=name, list=of, other=seen[of, name])
        if len(name.split()) > 1 and of in parted:
            raise sheets.error("form.choice_space", *at_name, name=name)
        seen[of, name] = row.number


def _survey_rows(sheets: FormSheets) -> Iterator[tuple[str, SurveyRow]]:
    lists = _lists(sheets)
    opened: list[tuple[Row, str, str]] = []  # row, group or repeat, name
    names: dict[str, dict[str, int]] = defaultdict(dict)
    repeats: dict[str, int] = {}
    for row in sheets.rows("survey"):
        kind = _type(sheets, row)
        word = kind.partition(" ")[0]
        if word in _ENDS:
            _close(sheets, row, word, opened)
            continue
        if word == "audit":  # needs no name, and is no answer
            continue
        name = _name(sheets, row, word, inside_repeat=any(what == "repeat" for _, what, _ in opened))
        parent = "/".join(["", ROOT, *(group for _, _, group in opened)])
        other = names[parent].setdefault(name, row.number) if word not in _UNPLACED else row.number
        if other != row.number:
            raise sheets.error("form.name_twice", "survey", row.number, "name", name=name, other=other)
        if word == "begin_repeat" and repeats.setdefault(name, row.number) != row.number:
            first = repeats[name]
            raise sheets.error("form.name_twice", "survey", row.number, "name", name=name, other=first)
        if word in _LISTED | _FROM_FILE:
            _check_list(sheets, row, kind, set(lists))
        # "integer" with a calculation is only computed, and so is what waits for another answer.
        silent = word in _WORDLESS or row.get("calculation") or row.get("trigger")
        if not silent and not any(map(row.get, _SHOWN)):
            raise sheets.error("form.no_label", "survey", row.number, "label", name=name)
        if word == "calculate" and not (row.get("calculation") or row.get("default")):
            raise sheets.error("form.no_calculation", "survey", row.number, "calculation", name=name)
        sensitive = any(map(_is_sensitive, (row, *(begun for begun, _, _ in opened))))
        own = row.get("guanai::own").lower() in _YES
        survey_row = SurveyRow(row.number, kind, _parameters(sheets, row), sensitive, own)
        for place_of in _paths_of_open(opened, lists):
            yield f"{place_of}/{name}", survey_row
        if word in _BEGINS:
            if len(opened) == _MOST_NESTED:
                raise sheets.error("form.too_nested", "survey", row.number, "type", most=_MOST_NESTED)
            opened.append((row, word.removeprefix("begin_"), name))
    if opened:
        row, what, name = opened[-1]
        remedy = write_type(f"end_{what}")
        raise sheets.error("form.never_closed", "survey", row.number, "type", name=name, remedy=remedy)


def _is_sensitive(row: Row) -> bool:
    """Whether a row says so itself; in doubt it does, since a mark that is misread would let an answer out."""
    return row.get("guanai::sensitive").lower() not in _NOT


def _lists(sheets: FormSheets) -> dict[str, list[str]]:
    """Return the names of the choices of each list."""
    lists: dict[str, list[str]] = defaultdict(list)
    for sheet in ("choices", "external_choices"):
        for row in sheets.rows(sheet):
            lists[row.get("list_name")].append(row.get("name"))
    return lists


def _paths_of_open(opened: list[tuple[Row, str, str]], lists: dict[str, list[str]]) -> list[str]:
    """Return the paths of what is open: one, or inside a loop one for each of the choices that it goes over."""
    paths = [f"/{ROOT}"]
    for row, what, name in opened:
        paths = [f"{path}/{name}" for path in paths]
        if what == "loop":
            over = row.get("type").rpartition(" ")[2]
            paths = [f"{path}/{choice}" for path in paths for choice in lists.get(over, ())]
    return paths


def _type(sheets: FormSheets, row: Row) -> str:
    kind = row.get("type")
    place = sheets.place("survey", row.number, "type")
    if not kind:
        raise FormError("form.no_type", **place, name=row.get("name"))
    word = kind.partition(" ")[0]
    if word in _SUPPORTED or kind == "phone number":
        return kind
    if _is_xlsform(kind):
        raise FormError("form.type_not_yet", **place, type=write_type(kind), english=kind)
    type_names = [name for name in TYPES if name in _SUPPORTED]
    near = get_close_matches(word, [*type_names, *map(write_type, type_names)], n=1, cutoff=0.5)
    raise FormError(
        "form.type_near" if near else "form.type_unknown",
        **place,
        type=kind,
        near=near[0] if near else "",
        known="、".join(map(write_type, type_names)),
    )


def _is_xlsform(kind: str) -> bool:
    """Whether XLSForm has the type, though this software does not."""
    from pyxform.question_type_dictionary import QUESTION_TYPE_DICT  # slow, and only needed for a mistake

    return kind in QUESTION_TYPE_DICT


def _close(sheets: FormSheets, row: Row, word: str, opened: list[tuple[Row, str, str]]) -> None:
    what = word.removeprefix("end_")
    place = sheets.place("survey", row.number, "type")
    kind = write_type(word)
    if not opened:
        raise FormError("form.never_opened", **place, type=kind, remedy=write_type(f"begin_{what}"))
    begun, expected, name = opened.pop()
    if what != expected:
        remedy = write_type(f"end_{expected}")
        raise FormError("form.crossed", **place, type=kind, name=name, row_begun=begun.number, remedy=remedy)


def _name(sheets: FormSheets, row: Row, word: str, *, inside_repeat: bool) -> str:
    name = row.get("name")
    place = sheets.place("survey", row.number, "name")
    if not name:
        raise FormError("form.no_name", **place, type=write_type(row.get("type")))
    if not _NAME.match(name):
        raise FormError("form.bad_name", **place, name=name)
    if name in SYSTEM_FIELDS and not inside_repeat and word != "begin_group":
        raise FormError("form.reserved_name", **place, name=name, reserved="、".join(SYSTEM_FIELDS))
    if name in ("meta", ROOT):
        raise FormError("form.reserved_name", **place, name=name, reserved=f"meta、{ROOT}")
    return name


def _check_list(sheets: FormSheets, row: Row, kind: str, lists: set[str]) -> None:
    word, *rest = kind.split(" ")
    place = sheets.place("survey", row.number, "type")
    if search := _SEARCH.search(row.get("appearance")):
        name = row.get("name")
        remedy = f"{write_type(f'{word}_from_file')} {search['file'].removesuffix('.csv')}.csv"
        raise sheets.error("form.search", "survey", row.number, "appearance", name=name, remedy=remedy)
    if not rest:
        raise FormError("form.select_no_list", **place, type=write_type(word))
    if word.endswith("_from_file"):
        if not _FILE.match(rest[0]):
            raise FormError("form.file_list", **place, file_list=rest[0])
    elif rest[0] not in lists and not rest[0].startswith("${"):
        near = get_close_matches(rest[0], sorted(lists), n=1, cutoff=0.5)
        suggestion = near[0] if near else "、".join(sorted(lists)) or "—"
        raise FormError("form.unknown_list", **place, list=rest[0], known=suggestion)


def _parameters(sheets: FormSheets, row: Row) -> dict[str, str]:
    pairs = [pair for pair in re.split(r"[,;\s]+", re.sub(r"\s*=\s*", "=", row.get("parameters"))) if pair]
    for pair in pairs:
        if "=" not in pair:
            raise sheets.error("form.bad_parameters", "survey", row.number, "parameters", given=pair)
    return dict(pair.split("=", 1) for pair in pairs)


def _check_references(sheets: FormSheets, names: set[str]) -> None:
    for sheet in ("survey", "choices", "settings", "entities", "external_choices"):
        for row in sheets.rows(sheet):
            for heading, text in row.cells.items():
                if sheet != "survey" or heading.partition("::")[0] in _READ:  # not in the author's remarks
                    _check_cell(sheets, sheet, row, heading, text, names)


def _check_cell(sheets: FormSheets, sheet: str, row: Row, heading: str, text: str, names: set[str]) -> None:
    place = sheets.place(sheet, row.number, heading)
    if _OPEN_REFERENCE.search(text):
        raise FormError("form.open_reference", **place, text=text)
    for reference in re.findall(r"\$\{([^{}]*)\}", text):
        name = reference.strip().removeprefix("last-saved#")
        if name != reference.strip():
            raise FormError("form.not_yet", **place, what="last-saved")
        if name not in names:
            near = get_close_matches(name, sorted(names), n=1, cutoff=0.5)
            key = "form.reference_near" if near else "form.reference_unknown"
            raise FormError(key, **place, name=name, near=near[0] if near else "")
