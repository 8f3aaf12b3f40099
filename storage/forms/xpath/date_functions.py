"""Functions of expressions that work on dates and times."""

import math
from collections.abc import Callable
from datetime import datetime

from guanai.storage.forms.xpath.contexts import Context
from guanai.storage.forms.xpath.conversions import INVALID_DATE, Value, to_number, to_string
from guanai.storage.forms.xpath.dates import (
    date_text,
    date_time_text,
    days_of,
    days_of_time,
    moment_of,
    now_text,
    today_text,
    written,
)
from guanai.storage.forms.xpath.signatures import Call, Function
from guanai.storage.forms.xpath.trees import ExpressionError

__all__ = ["DATE_FUNCTIONS"]


def _as_date(convert: Callable[[str | float], str | None]) -> Call:
    def call(context: Context, value: Value) -> str:
        if isinstance(value, bool):
            return INVALID_DATE
        text = convert(value if isinstance(value, float) else _days_or_text(to_string(value)))
        return INVALID_DATE if text is None else text

    return call


def _days_or_text(text: str) -> str | float:
    """Take 14127 as days though it is text: so is a number kept as an answer."""
    number = to_number(text) if "-" not in text.lstrip("-") else math.nan
    return text if math.isnan(number) else number


def decimal_date_time(context: Context, value: Value) -> float:
    """Return the days since 1970-01-01 with the time of day as fraction."""
    days = math.nan if isinstance(value, bool | float) else days_of(to_string(value))
    return to_number(value) if math.isnan(days) else days


def decimal_time(context: Context, value: Value) -> float:
    """Return the time of day as a fraction of the day, of a time or of a date-time."""
    if isinstance(value, float):
        return value - math.floor(value) if math.isfinite(value) else math.nan
    text = to_string(value)
    return days_of_time(text.partition("T")[2] or text)


def format_date(context: Context, value: Value, form: Value) -> str:
    """Write a date for people: ``format-date(., '%Y-%m-%d')``; "" for what is no date."""
    moment = moment_of(to_string(_date_time(context, value)))
    return "" if moment is None else _written(moment, to_string(form), context.environment.language)


def _written(moment: datetime, form: str, language: str) -> str:
    try:
        return written(moment, form, language)
    except ValueError as error:
        raise ExpressionError("expression.date_code", form=form, code=f"%{error}") from error


def _check_form(form: str) -> None:
    _written(datetime.min, form, "en")


_date_time = _as_date(date_time_text)

DATE_FUNCTIONS = (
    Function("date", 1, 1, _as_date(date_text)),
    Function("date-time", 1, 1, _date_time),
    Function("decimal-date-time", 1, 1, decimal_date_time),
    Function("decimal-time", 1, 1, decimal_time),
    Function("format-date", 2, 2, format_date, check=_check_form),
    Function("format-date-time", 2, 2, format_date, check=_check_form),
    Function("now", 0, 0, lambda context: now_text(context.environment.now())),
    Function("today", 0, 0, lambda context: today_text(context.environment.now())),
)
