"""Usual rows of the sheet 校历, for a school that has not written its own yet."""

from datetime import date

from guanai.templates.wording import say

__all__ = ["usual_terms"]


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
