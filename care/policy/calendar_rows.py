"""The sheet 校历 read as a calendar, completed with the public holidays."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise

from guanai.care.calendar.school_calendar import (
    PHASES,
    Calendar,
    Holiday,
    Phase,
    Term,
    Window,
    day_of_year,
    days_between,
    public_days,
)
from guanai.care.policy.workbook_rows import Row
from guanai.templates.wording import say

__all__ = ["check_unique", "read_calendar", "usual_terms"]

LONGEST_SPAN = timedelta(days=366)
Span = tuple[str, date, date]


def read_calendar(rows: Sequence[Row], country: str) -> Calendar:
    """Return the calendar of some rows and of a country's public holidays.

    Days without a year (``8月1日``), but for those of a term, are meant every year again. Raises
    PolicyError with the row and column.
    """
    kinds = [row.choice("kind", "calendar.kind") for row in rows]
    terms = [(_span(row), row) for row, kind in zip(rows, kinds, strict=True) if kind == "term"]
    check_unique([row for _, row in terms], "name")
    # From one year before: a school year may begin before its first term in the calendar.
    years = sorted({year for span, _ in terms for year in range(span[1].year - 1, span[2].year + 2)})
    spans: dict[str, list[tuple[Span, Row]]] = {"term": terms}
    for row, kind in zip(rows, kinds, strict=True):
        if kind != "term":
            spans.setdefault(kind, []).extend((span, row) for span in _spans(row, years))
    phases = [((kind, *span[1:]), row) for kind in PHASES for span, row in spans.get(kind, [])]
    off, worked = public_days(country, years)
    return Calendar(
        terms=tuple(Term(*span) for span in _without_overlap(terms)),
        holidays=tuple(Holiday(*span) for span, _ in sorted(spans.get("holiday", []), key=_start)),
        make_up_days=frozenset(
            day for span, _ in spans.get("make_up", []) for day in days_between(*span[1:])
        ),
        phases=tuple(Phase(*span) for span in _without_overlap(phases)),
        windows=tuple(Window(*span) for span in _without_overlap(spans.get("window", []))),
        public_holidays=off,
        public_make_up_days=worked,
    )


def check_unique(rows: Sequence[Row], heading: str) -> None:
    """Refuse a name that is given twice."""
    seen: dict[str, int] = {}
    for row in rows:
        name = row.required(heading)
        if name in seen:
            raise row.error("policy.twice_row", heading, value=name, first=seen[name])
        seen[name] = row.number


def _spans(row: Row, years: Iterable[int]) -> Iterator[Span]:
    """Return the days of a row: once, or in each of some years."""
    first, last = row.yearly("start"), row.yearly("end")
    if first is None or last is None:
        yield _span(row)
        return
    name = row.required("name")
    for year in years:
        start, end = day_of_year(year, *first), day_of_year(year, *last)
        yield name, start, end if end >= start else day_of_year(year + 1, *last)


def _span(row: Row) -> Span:
    name, start, end = row.required("name"), row.day("start"), row.day("end")
    if end < start:
        raise row.error("policy.end_before_start", "end", start=start, end=end)
    if end - start > LONGEST_SPAN:  # a slip in the year: its weeks would be due for ever
        raise row.error("policy.long", "end", name=name, start=start, end=end)
    return name, start, end


def _without_overlap(spans: Sequence[tuple[Span, Row]]) -> list[Span]:
    """Return spans in the order of their days, after refusing any two that overlap."""
    ordered = sorted(spans, key=_start)
    for (before, _), (after, row) in pairwise(ordered):
        if after[1] <= before[2]:
            raise row.error("policy.overlap", "start", name=after[0], other=before[0], end=before[2])
    return [span for span, _ in ordered]


def _start(pair: tuple[Span, Row]) -> date:
    return pair[0][1]


def usual_terms(year: int) -> list[dict[str, object]]:
    """Return usual rows of the sheet 校历 for the school year that begins in September of a year.

    Two terms and the holidays with a fixed day. Winter holidays move with the Spring Festival and every
    county fixes its own days, so these are rows to correct, not facts.
    """
    rows = (
        ("term", "first", date(year, 9, 1), date(year + 1, 1, 16)),
        ("term", "second", date(year + 1, 2, 21), date(year + 1, 7, 5)),
        ("holiday", "national_day", date(year, 10, 1), date(year, 10, 7)),
        ("holiday", "new_year", date(year + 1, 1, 1), date(year + 1, 1, 1)),
        ("holiday", "qingming", date(year + 1, 4, 4), date(year + 1, 4, 5)),
        ("holiday", "labour_day", date(year + 1, 5, 1), date(year + 1, 5, 5)),
    )
    heading = {name: say(f"heading.{name}", "zh") for name in ("kind", "name", "start", "end", "remark")}
    return [
        {
            heading["kind"]: say(f"calendar.kind.{kind}", "zh"),
            heading["name"]: say(f"calendar.usual.{name}", "zh", year=year, next=year + 1),
            heading["start"]: start,
            heading["end"]: end,
            heading["remark"]: say("calendar.usual.remark", "zh"),
        }
        for kind, name, start, end in rows
    ]
