"""Match the columns of a file with the questions of a form: by heading, or as a person has chosen.

A heading matches a question's name or its label in any language of the form; blanks, asterisks and remarks in brackets are
ignored. A heading that is only similar is a guess, which a person must confirm. Headings may stand below a title and in
two merged rows.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from openpyxl.utils import get_column_letter

from guanai.care.errors import ExchangeError
from guanai.storage.exports.question_columns import QuestionColumn, item_labels, question_columns, repeats_of
from guanai.storage.files.sheet import InputSheet
from guanai.storage.forms.xlsform.definitions import Form
from guanai.storage.forms.xlsform.items import Repeat
from guanai.templates.wording import LANGUAGES, say

__all__ = ["LEFT_OUT", "FileColumn", "HeadingIndex", "MatchedSheet", "match_sheets"]

#: What a person chooses for a column that is not to be imported.
LEFT_OUT = ""

_HEADING_ROWS = 10  # rows from the top that can hold the headings
_MIN_SIMILARITY = 0.75
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】")
_LATER_REPEAT = re.compile(r"/[1-9]")
_SCORES = {"matched": 3, "chosen": 3, "calculated": 3, "system": 3, "retired": 3, "guessed": 1}
_BLANKS = re.compile(r"[\s*#:：、'\"]+")


def normalized(text: object) -> str:
    r"""Return a heading in lower case, without blanks, asterisks, colons and quotes.

    >>> normalized(" *姓 名：\n"), normalized("Birth Date"), normalized("birth_date")
    ('姓名', 'birthdate', 'birth_date')
    """
    return _BLANKS.sub("", unicodedata.normalize("NFKC", str(text or "")).lower())


_SYSTEM = {"id": "id", "revision": "revision", "parent_id": "parent"} | {
    normalized(say("exchange.whose", code)): "whose" for code in LANGUAGES
}


@dataclass(frozen=True)
class FileColumn:
    """One column of a file: its number (from 0), heading, some of its cells, and the question that it answers, if any.

    ``how``: matched, chosen, guessed, left_out, unknown, duplicate (another column answers the same), system (id,
    revision, parent, whose), retired (the form no longer has the question), calculated (by the form itself).
    """

    index: int
    heading: str
    how: str
    target: QuestionColumn | None = None
    system: str = ""
    samples: tuple[str, ...] = ()

    @property
    def letter(self) -> str:
        """The column's letter, as a spreadsheet shows it."""
        return get_column_letter(self.index + 1)

    @property
    def undecided(self) -> bool:
        """Whether a person must choose the question."""
        return self.how in ("unknown", "guessed", "duplicate")


@dataclass(frozen=True)
class MatchedSheet:
    """A sheet with the row of its headings and its columns; ``keys`` is the path of its repeat, empty for the records."""

    sheet: InputSheet
    heading_row: int
    columns: tuple[FileColumn, ...]
    keys: tuple[str, ...] = ()


class HeadingIndex:
    """Finds the question of a heading, for a form or one of its repeats."""

    def __init__(
        self, form: Form | Repeat, documents: Sequence[Mapping[str, Any]] = (), *, retired: Iterable[str] = ()
    ) -> None:
        self.questions = {
            question.path: question for question in question_columns(form, documents, repeats=20)
        }
        self._paths: dict[str, set[str]] = defaultdict(set)
        self._retired = {normalized(name): name for name in retired}
        for path, question in self.questions.items():
            for name in {path, question.heading, *question.labels}:
                self._paths[normalized(name)].add(path)
            if "/0/" in path:  # a file with one guardian a row has the heading 监护人姓名
                for label in question.labels:
                    self._paths[normalized(re.sub(r"1[·:]", "", label, count=1))].add(path)

        # A similar heading is only guessed to be the first row of a repeat, never a later one.
        self._guessable = {
            name: paths
            for name, paths in self._paths.items()
            if not any(_LATER_REPEAT.search(path) for path in paths)
        }
        for path, question in self.questions.items():  # Kobo's headings: group/question
            self._paths[normalized(question.question.path.split("/", 2)[2])].add(path)

    def exact(self, heading: str) -> QuestionColumn | None:
        """Return the question whose name or label a heading is, None for none or several."""
        if heading in self.questions:
            return self.questions[heading]
        plain = normalized(heading)
        for form in (plain, _BRACKETS.sub("", plain)):
            paths = self._paths.get(form, set())
            if len(paths) == 1:
                return self.questions[next(iter(paths))]
        return None

    def similar(self, heading: str) -> QuestionColumn | None:
        """Return the one question whose label is similar to a heading; None for none or several."""
        plain = _BRACKETS.sub("", normalized(heading))
        if len(plain) < 2:
            return None
        ranked: dict[str, float] = {}
        for name, paths in self._guessable.items():
            inside = len(name) > 1 and (name in plain or plain in name)
            ratio = 0.8 if inside else SequenceMatcher(None, name, plain).ratio()
            if ratio >= _MIN_SIMILARITY and len(paths) == 1:
                path = next(iter(paths))
                ranked[path] = max(ranked.get(path, 0), ratio + len(name) / 1000)
        shallow = {path: score for path, score in ranked.items() if "/" not in path} or ranked
        best = sorted(shallow, key=lambda path: -shallow[path])
        if not best or (len(best) > 1 and shallow[best[0]] - shallow[best[1]] < 0.001):
            return None
        return self.questions[best[0]]

    def match(self, index: int, heading: str, chosen: Mapping[str, str], *, guess: bool = True) -> FileColumn:
        """Return a column with the question of its heading, chosen, exact, or with ``guess`` similar."""
        if heading in chosen:
            if chosen[heading] == LEFT_OUT:
                return FileColumn(index, heading, "left_out")
            question = self.exact(chosen[heading])
            if question is None:
                raise ExchangeError("exchange.no_question", head=heading, name=chosen[heading])
            return FileColumn(index, heading, "chosen", question)
        plain = normalized(heading)
        question = self.exact(heading)
        if question is not None:
            return FileColumn(index, heading, "calculated" if question.read_only else "matched", question)
        if plain in _SYSTEM:
            return FileColumn(index, heading, "system", system=_SYSTEM[plain])
        if plain in self._retired or plain in _STAMPS | _COUNTS:
            return FileColumn(
                index, heading, "retired" if plain in self._retired else "left_out", system=heading
            )
        similar = self.similar(heading) if guess else None
        return FileColumn(index, heading, "guessed" if similar else "unknown", similar)


_COUNTS = frozenset({"序号", "no", "no."})  # number of the row in its list, not an answer
_STAMPS = frozenset({"form", "version", "created_at", "created_by", "updated_at", "updated_by"})


def match_sheets(
    form: Form,
    sheets: Sequence[InputSheet],
    name: str,
    *,
    chosen: Mapping[str, str],
    sheet: str = "",
    documents: Sequence[Mapping[str, Any]] = (),
    retired: Iterable[str] = (),
) -> list[MatchedSheet]:
    """Return the sheet of the form's records and those of its repeats, each with what its columns mean.

    The records' sheet is the one named, else the one of which most headings are known. Raises ExchangeError where
    there is no such sheet or every one is empty.
    """
    named = {_title(input_sheet): input_sheet for input_sheet in sheets}
    inner: list[MatchedSheet] = []
    rest = [input_sheet for input_sheet in sheets if _title(input_sheet) not in _labels_sheets()]
    for keys, repeat in repeats_of(form.items):
        titles = [repeat.key, repeat.name, "/".join(keys), *item_labels(repeat).values()]
        input_sheet = next((named[normalized(title)] for title in titles if normalized(title) in named), None)
        if input_sheet is not None and input_sheet in rest and _title(input_sheet) != normalized(sheet):
            rest.remove(input_sheet)
            if input_sheet.rows:
                inner.append(_match_sheet(HeadingIndex(repeat), input_sheet, chosen, keys))
    if sheet:
        rest = [input_sheet for input_sheet in rest if _title(input_sheet) == normalized(sheet)]
        if not rest:
            titles_there = "、".join(input_sheet.title for input_sheet in sheets)
            raise ExchangeError("exchange.no_sheet", file=name, sheet=sheet, sheets=titles_there)
    filled = [input_sheet for input_sheet in rest if input_sheet.rows]
    if not filled:
        raise ExchangeError("exchange.empty", file=name)
    heading_index = HeadingIndex(form, documents, retired=retired)
    matches = [_match_sheet(heading_index, input_sheet, chosen, ()) for input_sheet in filled]
    return [max(matches, key=lambda match: _score(match.columns)), *inner]


def _title(input_sheet: InputSheet) -> str:
    return normalized(input_sheet.title)


def _labels_sheets() -> set[str]:
    return {normalized(say("exchange.labels_sheet", code)) for code in LANGUAGES}


def _score(columns: Iterable[FileColumn]) -> int:
    return sum(_SCORES.get(column.how, 0) for column in columns)


def _match_sheet(
    heading_index: HeadingIndex, input_sheet: InputSheet, chosen: Mapping[str, str], keys: tuple[str, ...]
) -> MatchedSheet:
    """Return a sheet with the one of its first rows as headings that has most known columns; the first of equals.

    Guesses are slow, so they are made for that row only; where no heading is known at all, for the first rows.
    """
    candidates = list(_headings(input_sheet))
    scores = [
        _score(heading_index.match(*heading, chosen, guess=False) for heading in headings)
        for _, headings in candidates
    ]
    most = max(scores)
    tried = [candidates[scores.index(most)]] if most else candidates[:3]
    layouts = [
        MatchedSheet(
            input_sheet,
            number,
            tuple(_without_duplicates([heading_index.match(*heading, chosen) for heading in headings])),
            keys,
        )
        for number, headings in tried
    ]
    layout = max(layouts, key=lambda layout: _score(layout.columns))
    body = [cells for number, cells in input_sheet.rows if number > layout.heading_row][:30]
    return replace(layout, columns=tuple(_with_samples(column, body) for column in layout.columns))


def _headings(input_sheet: InputSheet) -> Iterable[tuple[int, list[tuple[int, str]]]]:
    """Yield candidates for the headings: each of the first rows, and with the row below it where cells are merged."""
    rows = {
        number: _texts_of_row(input_sheet, number, cells)
        for number, cells in input_sheet.rows[:_HEADING_ROWS]
    }
    for number, cells in rows.items():
        yield number, _numbered(cells)
        below = rows.get(number + 1)
        merged = any(first <= number <= last for first, last, *_ in input_sheet.merged)
        if below and (
            merged or any(not heading and under for heading, under in zip(cells, below, strict=False))
        ):
            both = [
                over if under in ("", over) else over + under
                for over, under in zip_longest(cells, below, fillvalue="")
            ]
            yield number + 1, _numbered(both)


def _texts_of_row(input_sheet: InputSheet, number: int, cells: Sequence[Any]) -> list[str]:
    """Return a row's texts, those of merged cells in each of their columns."""
    texts = ["" if cell is None else str(cell) for cell in cells]
    above = dict(input_sheet.rows[:_HEADING_ROWS])
    for first, last, left, right in input_sheet.merged:
        if first <= number <= last and first in above:
            top = above[first]
            text = str(top[left - 1] or "") if left - 1 < len(top) else ""
            texts += [""] * (right - len(texts))
            texts[left - 1 : right] = [text] * (right - left + 1)
    return texts


def _numbered(cells: Sequence[str]) -> list[tuple[int, str]]:
    """Return index and heading of each column that has one; a repeated heading gets its column's letter."""
    seen: set[str] = set()
    headings = []
    for place, text in enumerate(cells):
        heading = " ".join(text.split())
        if heading:
            if heading in seen:
                heading = f"{heading} [{get_column_letter(place + 1)}]"
            seen.add(heading)
            headings.append((place, heading))
    return headings


def _without_duplicates(columns: Sequence[FileColumn]) -> list[FileColumn]:
    """Return columns of which no two answer the same question: the later one is undecided."""
    taken: dict[str, str] = {}
    result = []
    for column in sorted(columns, key=lambda column: column.how != "chosen"):
        of = column.target.path if column.target else (column.system and f"={column.system}")
        if of and of in taken and column.how != "left_out":
            column = replace(column, how="unknown" if column.how == "guessed" else "duplicate")
        elif of:
            taken[of] = column.heading
        result.append(column)
    return sorted(result, key=lambda column: column.index)


def _with_samples(column: FileColumn, body: Sequence[Sequence[Any]]) -> FileColumn:
    texts = (
        str(cells[column.index])
        for cells in body
        if column.index < len(cells) and cells[column.index] is not None
    )
    return replace(column, samples=tuple(list(dict.fromkeys(texts))[:3]))
