"""The sheet 校历 read as a calendar, the public holidays below it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise

from guanai.care.calendar.public_holidays import public_days
from guanai.care.calendar.school_calendar import PHASES, Calendar, Holiday, Phase, Term, Window, days, on_day
from guanai.care.policy.workbook_rows import Row

__all__ = ["read_calendar", "unlike"]

A_YEAR = timedelta(days=366)
Span = tuple[str, date, date]


def read_calendar(rows: Sequence[Row], country: str) -> Calendar:
    """Return the calendar of some rows and of a country's public holidays.

    Days without a year (``8月1日``), but for those of a term, are meant every year again. Raises
    PolicyError with the row and column.
    """
    kinds = [row.choice("kind", "calendar.kind") for row in rows]
    terms = [(_span(row), row) for row, kind in zip(rows, kinds, strict=True) if kind == "term"]
    unlike([row for _, row in terms], "name")
    # From one year before: a school year may begin before its first term in the calendar.
    years = sorted({year for span, _ in terms for year in range(span[1].year - 1, span[2].year + 2)})
    spans: dict[str, list[tuple[Span, Row]]] = {"term": terms}
    for row, kind in zip(rows, kinds, strict=True):
        if kind != "term":
            spans.setdefault(kind, []).extend((span, row) for span in _spans(row, years))
    phases = [((kind, *span[1:]), row) for kind in PHASES for span, row in spans.get(kind, [])]
    off, worked = public_days(country, years)
    return Calendar(
        terms=tuple(Term(*span) for span in _apart(terms)),
        holidays=tuple(Holiday(*span) for span, _ in sorted(spans.get("holiday", []), key=_start)),
        make_up_days=frozenset(day for span, _ in spans.get("make_up", []) for day in days(*span[1:])),
        phases=tuple(Phase(*span) for span in _apart(phases)),
        windows=tuple(Window(*span) for span in _apart(spans.get("window", []))),
        public_holidays=off,
        public_make_up_days=worked,
    )


def unlike(rows: Sequence[Row], heading: str) -> None:
    """Refuse a name that stands twice."""
    seen: dict[str, int] = {}
    for row in rows:
        name = row.needed(heading)
        if name in seen:
            raise row.error("policy.twice_row", heading, value=name, first=seen[name])
        seen[name] = row.number


def _spans(row: Row, years: Iterable[int]) -> Iterator[Span]:
    """Return the days of a row: once, or in each of some years."""
    first, last = row.yearly("start"), row.yearly("end")
    if first is None or last is None:
        yield _span(row)
        return
    name = row.needed("name")
    for year in years:
        start, end = on_day(year, *first), on_day(year, *last)
        yield name, start, end if end >= start else on_day(year + 1, *last)


def _span(row: Row) -> Span:
    name, start, end = row.needed("name"), row.day("start"), row.day("end")
    if end < start:
        raise row.error("policy.end_before_start", "end", start=start, end=end)
    if end - start > A_YEAR:  # a slip in the year: weeks of it would be owed for ever
        raise row.error("policy.long", "end", name=name, start=start, end=end)
    return name, start, end


def _apart(spans: Sequence[tuple[Span, Row]]) -> list[Span]:
    """Return spans in the order of their days, after refusing any two that overlap."""
    ordered = sorted(spans, key=_start)
    for (before, _), (after, row) in pairwise(ordered):
        if after[1] <= before[2]:
            raise row.error("policy.overlap", "start", name=after[0], other=before[0], end=before[2])
    return [span for span, _ in ordered]


def _start(pair: tuple[Span, Row]) -> date:
    return pair[0][1]
