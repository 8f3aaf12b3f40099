"""The public holidays of China and the weekend days that are worked for them (调休), by the library ``holidays``.

The library holds the State Council's yearly notices. A year without a notice yet has the days that the
law fixes, without make-up days: the school's own rows of the sheet 校历 stand above all of them.
"""

from collections.abc import Iterable
from datetime import date
from functools import cache

import holidays

__all__ = ["COUNTRIES", "public_days"]

COUNTRIES = {"china": "CN"}


def public_days(country: str, years: Iterable[int]) -> tuple[frozenset[date], frozenset[date]]:
    """Return the days off and the weekend days worked of some years; nothing for a country not in `COUNTRIES`."""
    found = [_year(COUNTRIES[country], year) for year in years] if country in COUNTRIES else []
    return (
        frozenset(day for off, _ in found for day in off),
        frozenset(day for _, worked in found for day in worked),
    )


@cache
def _year(code: str, year: int) -> tuple[frozenset[date], frozenset[date]]:
    known = holidays.country_holidays(code, years=year)
    # The library also keeps the make-up days of other years with those of the year asked.
    worked = frozenset(day for day in getattr(known, "weekend_workdays", ()) if day.year == year)
    return frozenset(known) - worked, worked
