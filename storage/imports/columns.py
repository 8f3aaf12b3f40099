"""Which column of a file answers which question: found by its heading, or chosen by a person.

A heading is matched by a question's name or by its label in any language of the form, blanks, stars and remarks in
brackets left aside. A heading that is only near to one is a guess, which a person must confirm. Headings may stand
below a title and in two rows, merged.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any

from openpyxl.utils import get_column_letter

from guanai.care.errors import ExchangeError
from guanai.storage.exports.columns import Header, headers_of, labels_of, repeats_of
from guanai.storage.files.sheet import Grid
from guanai.storage.forms.xlsform.definitions import Form
from guanai.storage.forms.xlsform.items import Repeat
from guanai.templates.wording import LANGUAGES, say

__all__ = ["LEFT_OUT", "Catalogue", "Column", "Layout", "lay_out"]

#: What a person chooses for a column that is not to be imported.
LEFT_OUT = ""

_HEADS_WITHIN = 10  # rows from the top among which the headings are looked for
_NEAR = 0.75
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】")
_LATER = re.compile(r"/[1-9]")
_BLANKS = re.compile(r"[\s*#:：、'\"]+")


def plain_head(text: object) -> str:
    r"""Return a heading with what people write into it besides its words left aside.

    >>> plain_head(" *姓 名：\n"), plain_head("Birth Date"), plain_head("birth_date")
    ('姓名', 'birthdate', 'birth_date')
    """
    return _BLANKS.sub("", unicodedata.normalize("NFKC", str(text or "")).lower())


_SYSTEM = {"id": "id", "revision": "revision", "parent_id": "parent"} | {
    plain_head(say("exchange.whose", code)): "whose" for code in LANGUAGES
}


@dataclass(frozen=True)
class Column:
    """One column of a file: its heading and letter, some of its cells, and the question that it answers, if any.

    ``how``: matched, chosen, guessed, left_out, unknown, twice (another column answers the same), system (id,
    revision, parent, whose), kept (no question asks for it any more), worked_out (the form works it out by itself).
    """

    place: int
    head: str
    how: str
    header: Header | None = None
    system: str = ""
    samples: tuple[str, ...] = ()

    @property
    def letter(self) -> str:
        """The column's letter, as a spreadsheet shows it."""
        return get_column_letter(self.place + 1)

    @property
    def undecided(self) -> bool:
        """Whether a person must say what the column means."""
        return self.how in ("unknown", "guessed", "twice")


@dataclass(frozen=True)
class Layout:
    """A sheet of which is known where the headings end and what each column means; ``keys`` lead to its repeat."""

    grid: Grid
    head_row: int
    columns: tuple[Column, ...]
    keys: tuple[str, ...] = ()


class Catalogue:
    """The headings by which the questions of a form, or of one of its repeats, are known."""

    def __init__(
        self, form: Form | Repeat, documents: Sequence[Mapping[str, Any]] = (), *, kept: Iterable[str] = ()
    ) -> None:
        self.headers = {header.path: header for header in headers_of(form, documents, repeats=20)}
        self._by: dict[str, set[str]] = defaultdict(set)
        self._kept = {plain_head(name): name for name in kept}
        for path, header in self.headers.items():
            for name in {path, header.text, *header.labels}:
                self._by[plain_head(name)].add(path)
            if "/0/" in path:  # a list with one guardian says 监护人姓名
                for label in header.labels:
                    self._by[plain_head(re.sub(r"1[·:]", "", label, count=1))].add(path)

        # Of the rows of a repeat the first is near enough: a guess at the seventh guardian is none.
        self._near = {
            name: paths for name, paths in self._by.items() if not any(_LATER.search(path) for path in paths)
        }
        for path, header in self.headers.items():  # as Kobo heads its workbooks: group/question
            self._by[plain_head(header.question.path.split("/", 2)[2])].add(path)

    def exact(self, head: str) -> Header | None:
        """Return the question of a heading that is its name or label, None for none or several."""
        if head in self.headers:
            return self.headers[head]
        plain = plain_head(head)
        for form in (plain, _BRACKETS.sub("", plain)):
            found = self._by.get(form, set())
            if len(found) == 1:
                return self.headers[next(iter(found))]
        return None

    def near(self, head: str) -> Header | None:
        """Return the one question whose label is near to a heading; None for none or several."""
        plain = _BRACKETS.sub("", plain_head(head))
        if len(plain) < 2:
            return None
        ranked: dict[str, float] = {}
        for name, paths in self._near.items():
            inside = len(name) > 1 and (name in plain or plain in name)
            ratio = 0.8 if inside else SequenceMatcher(None, name, plain).ratio()
            if ratio >= _NEAR and len(paths) == 1:
                path = next(iter(paths))
                ranked[path] = max(ranked.get(path, 0), ratio + len(name) / 1000)
        shallow = {path: score for path, score in ranked.items() if "/" not in path} or ranked
        best = sorted(shallow, key=lambda path: -shallow[path])
        if not best or (len(best) > 1 and shallow[best[0]] - shallow[best[1]] < 0.001):
            return None
        return self.headers[best[0]]

    def column(self, place: int, head: str, chosen: Mapping[str, str], *, guess: bool = True) -> Column:
        """Return what a column means by its heading, or by what a person chose for it; with ``guess`` by a near one."""
        if head in chosen:
            if chosen[head] == LEFT_OUT:
                return Column(place, head, "left_out")
            header = self.exact(chosen[head])
            if header is None:
                raise ExchangeError("exchange.no_question", head=head, name=chosen[head])
            return Column(place, head, "chosen", header)
        plain = plain_head(head)
        header = self.exact(head)
        if header is not None:
            return Column(place, head, "worked_out" if header.read_only else "matched", header)
        if plain in _SYSTEM:
            return Column(place, head, "system", system=_SYSTEM[plain])
        if plain in self._kept or plain in _STAMPS | _COUNTS:
            return Column(place, head, "kept" if plain in self._kept else "left_out", system=head)
        found = self.near(head) if guess else None
        return Column(place, head, "guessed" if found else "unknown", found)


_COUNTS = frozenset({"序号", "no", "no."})  # of the row in its list: no answer
_STAMPS = frozenset({"form", "version", "created_at", "created_by", "updated_at", "updated_by"})


def lay_out(
    form: Form,
    grids: Sequence[Grid],
    name: str,
    *,
    chosen: Mapping[str, str],
    sheet: str = "",
    documents: Sequence[Mapping[str, Any]] = (),
    kept: Iterable[str] = (),
) -> list[Layout]:
    """Return the sheet of the form's records and those of its repeats, each with what its columns mean.

    The records' sheet is the one named, else the one of which most headings are known. Raises ExchangeError where
    there is no such sheet or every one is empty.
    """
    named = {_title(grid): grid for grid in grids}
    inner: list[Layout] = []
    rest = [grid for grid in grids if _title(grid) not in _labels_sheets()]
    for keys, repeat in repeats_of(form.items):
        titles = [repeat.key, repeat.name, "/".join(keys), *labels_of(repeat).values()]
        grid = next((named[plain_head(one)] for one in titles if plain_head(one) in named), None)
        if grid is not None and grid in rest and _title(grid) != plain_head(sheet):
            rest.remove(grid)
            if grid.rows:
                inner.append(_best(Catalogue(repeat), grid, chosen, keys))
    if sheet:
        rest = [grid for grid in rest if _title(grid) == plain_head(sheet)]
        if not rest:
            titles_there = "、".join(grid.title for grid in grids)
            raise ExchangeError("exchange.no_sheet", file=name, sheet=sheet, sheets=titles_there)
    filled = [grid for grid in rest if grid.rows]
    if not filled:
        raise ExchangeError("exchange.empty", file=name)
    catalogue = Catalogue(form, documents, kept=kept)
    found = [_best(catalogue, grid, chosen, ()) for grid in filled]
    return [max(found, key=lambda layout: _score(layout.columns)), *inner]


def _title(grid: Grid) -> str:
    return plain_head(grid.title)


def _labels_sheets() -> set[str]:
    return {plain_head(say("exchange.labels_sheet", code)) for code in LANGUAGES}


def _score(columns: Iterable[Column]) -> int:
    return sum(
        3 for one in columns if one.how in ("matched", "chosen", "worked_out", "system", "kept")
    ) + sum(1 for one in columns if one.how == "guessed")


def _best(catalogue: Catalogue, grid: Grid, chosen: Mapping[str, str], keys: tuple[str, ...]) -> Layout:
    """Return the reading of a sheet's first rows as headings of which most is known; the first of equals.

    Guesses are dear and only made of the headings; where none is known at all, of the first rows.
    """
    found = [(number, heads) for number, heads in _headings(grid)]
    sure = [_score(catalogue.column(*head, chosen, guess=False) for head in heads) for _, heads in found]
    most = max(sure)
    tried = [found[sure.index(most)]] if most else found[:3]
    layouts = [
        Layout(grid, number, tuple(_once([catalogue.column(*head, chosen) for head in heads])), keys)
        for number, heads in tried
    ]
    layout = max(layouts, key=lambda one: _score(one.columns))
    body = [cells for number, cells in grid.rows if number > layout.head_row][:30]
    return replace(layout, columns=tuple(_sampled(column, body) for column in layout.columns))


def _headings(grid: Grid) -> Iterable[tuple[int, list[tuple[int, str]]]]:
    """Yield what may be the headings: each of the first rows, and each with the row below it where one is merged."""
    rows = {number: _spread(grid, number, cells) for number, cells in grid.rows[:_HEADS_WITHIN]}
    for number, cells in rows.items():
        yield number, _named(cells)
        below = rows.get(number + 1)
        merged = any(first <= number <= last for first, last, *_ in grid.merged)
        if below and (merged or any(not head and under for head, under in zip(cells, below, strict=False))):
            wide = max(len(cells), len(below))
            upper = [*cells, *[""] * (wide - len(cells))]
            lower = [*below, *[""] * (wide - len(below))]
            both = [
                over if under in ("", over) else over + under
                for over, under in zip(upper, lower, strict=True)
            ]
            yield number + 1, _named(both)


def _spread(grid: Grid, number: int, cells: Sequence[Any]) -> list[str]:
    """Return a row's texts, those of merged cells in each column that they cover."""
    texts = ["" if cell is None else str(cell) for cell in cells]
    above = dict(grid.rows[:_HEADS_WITHIN])
    for first, last, left, right in grid.merged:
        if first <= number <= last and first in above:
            top = above[first]
            text = str(top[left - 1] or "") if left - 1 < len(top) else ""
            texts += [""] * (right - len(texts))
            texts[left - 1 : right] = [text] * (right - left + 1)
    return texts


def _named(cells: Sequence[str]) -> list[tuple[int, str]]:
    """Return place and heading of each column that has one, in one line; the second of two alike gets its letter."""
    seen: set[str] = set()
    heads = []
    for place, text in enumerate(cells):
        head = " ".join(text.split())
        if head:
            if head in seen:
                head = f"{head} [{get_column_letter(place + 1)}]"
            seen.add(head)
            heads.append((place, head))
    return heads


def _once(columns: Sequence[Column]) -> list[Column]:
    """Return columns of which no two answer the same question: the later one waits for a person to choose."""
    taken: dict[str, str] = {}
    result = []
    for column in sorted(columns, key=lambda one: one.how != "chosen"):
        of = column.header.path if column.header else (column.system and f"={column.system}")
        if of and of in taken and column.how != "left_out":
            column = replace(column, how="unknown" if column.how == "guessed" else "twice")
        elif of:
            taken[of] = column.head
        result.append(column)
    return sorted(result, key=lambda one: one.place)


def _sampled(column: Column, body: Sequence[Sequence[Any]]) -> Column:
    texts = (
        str(cells[column.place])
        for cells in body
        if column.place < len(cells) and cells[column.place] is not None
    )
    return replace(column, samples=tuple(list(dict.fromkeys(texts))[:3]))
