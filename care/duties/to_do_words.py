"""The sentence that a person reads for a row of what is to be done: 谈心：13 周里错过 5 周，上次 11-03."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from guanai.care.children.required_fields import field_label, missing_fields
from guanai.care.duties.explanations import range_words, trigger_words
from guanai.care.frames import normalized_frame, timestamp
from guanai.care.policy.duty import STAFF_KINDS, Duty
from guanai.care.policy.policy import Policy
from guanai.templates.wording import catalogue, say

__all__ = ["cause_text", "day_words", "group_text", "missed_words", "people_text", "row_texts"]

_MOST_NAMES = 3  # classes or duties that a sentence names

_REGISTERS = {"class": "class", **dict.fromkeys(STAFF_KINDS, "staff")}  # of subjects that are no children

Row = Mapping[str, Any]


def row_texts(policy: Policy, frames: Mapping[str, pd.DataFrame], rows: pd.DataFrame, on: date) -> list[str]:
    """Return the sentence of each row, given the columns of `guanai.care.duties.to_do.to_do` without ``text``.

    What has been missed comes first, else what is still to be done; then when it was last done. Days are written
    as month and day, with the year where it is another one.
    """
    duties = {duty.name: duty for duty in policy.duties}
    days = [_day_texts(rows[name], on) for name in ("since", "last")]
    periods = _period_texts(policy, rows, on)
    numbers = [rows[name].tolist() for name in ("need", "have", "lines", "periods", "missed", "run")]
    writers: dict[str, Callable[..., str]] = {}
    texts = []
    flags = _in_grace(policy, rows, on), _missing_words(policy, frames, rows)
    for name, period, *values in zip(rows["duty"], periods, *days, *flags, *numbers, strict=True):
        if name not in writers:
            writers[name] = _writer(name, duties.get(name))
        texts.append(writers[name](period, *values))
    return texts


def _period_texts(policy: Policy, rows: pd.DataFrame, on: date) -> list[str]:
    """Return the name of each row's period as people say it on a day: this week, last month, this term, else its own name."""
    term = policy.calendar.current_or_last(on)
    monday, first = on - timedelta(days=on.weekday()), on.replace(day=1)
    begins = {
        "week": [("to_do.this_week", monday), ("to_do.last_week", monday - timedelta(days=7))],
        "month": [
            ("to_do.this_month", first),
            ("to_do.last_month", (first - timedelta(days=1)).replace(day=1)),
        ],
    }
    texts = rows["period"].to_numpy(object).copy()
    texts[texts == (term.name if term else None)] = say("to_do.this_term")
    per = rows["duty"].map({duty.name: duty.per for duty in policy.duties})
    for kind, named in begins.items():
        is_of_kind = (per == kind).to_numpy()
        for key, begin in reversed(named):  # what began this week also began after last Monday
            texts[is_of_kind & (rows["since"] >= timestamp(begin)).to_numpy()] = say(key)
    words: list[str] = texts.tolist()
    return words


def _in_grace(policy: Policy, rows: pd.DataFrame, on: date) -> list[bool]:
    """Return whether the period of a row is over, and only to be written up still."""
    grace = rows["duty"].map({duty.name: duty.grace_days for duty in policy.duties}).fillna(0)
    over = rows["due"].dt.normalize() - pd.to_timedelta(grace, unit="D") < timestamp(on)
    return [bool(value) for value in over & (rows["status"] == "to_do")]


def _missing_words(policy: Policy, frames: Mapping[str, pd.DataFrame], rows: pd.DataFrame) -> list[str]:
    """Return which fields a record lacks, where its fields are what is asked for."""
    words = [""] * len(rows)
    for duty in policy.of_kind("complete"):
        register = normalized_frame(frames, _REGISTERS.get(duty.subject, "child")).drop_duplicates("id")
        places = np.flatnonzero((rows["duty"] == duty.name).to_numpy())
        records = register.set_index("id", drop=False).reindex(rows["subject_id"].iloc[places])
        labels = {field: field_label(field) for field in duty.content}
        lacking = missing_fields(records, duty.content)
        for place, fields in zip(places.tolist(), lacking, strict=True):
            words[place] = _some("to_do.some_duties", "duties", [labels[field] for field in fields])
    return words


def _day_texts(days: "pd.Series[pd.Timestamp]", on: date) -> list[str]:
    """Return each day as `day_words` writes it, "" for none; equal days are written once."""
    codes, different = pd.factorize(days)
    texts = [*(day_words(day.date(), on) for day in different), ""]
    return [texts[code] for code in codes.tolist()]


def _writer(name: str, duty: Duty | None) -> Callable[..., str]:
    """Return the function that writes the sentences of one duty; equal parts of sentences are written once."""
    kind = duty.kind if duty else ""
    escalate, in_periods = duty.escalate if duty else None, kind in ("count", "hours")
    comma, (before, after) = say("to_do.comma"), say("to_do.row", duty=name, parts="\0").split("\0")

    @cache
    def last_words(last: str, *, never: bool) -> list[str]:
        return [say("to_do.last", day=last)] if last else [say("to_do.never")] if never else []

    @cache
    def missed_part(periods: int, missed: int, run: int) -> str:
        words = missed_words(duty.per if duty else "", periods, missed)
        return words + comma + say("to_do.run", run=run) if escalate and run >= escalate else words

    @cache
    def open_part(period: str, since: str, need: int, have: int, lines: int) -> str:
        if duty is None or kind not in _OPEN_WORDS:
            return say("to_do.numbers", need=need, have=have)
        return _OPEN_WORDS[kind](duty, period, need, have, since, lines)

    def write(
        period: str, since: str, last: str, in_grace: bool, missing: str, need: int, have: int, lines: int, periods: int, missed: int, run: int
    ) -> str:  # fmt: skip
        if in_grace and in_periods:
            parts = [say("to_do.to_write_up", period=period)]
            parts += [missed_part(periods, missed, run)] if missed else []
            parts += last_words(last, never=False)
        elif missed:
            parts = [missed_part(periods, missed, run), *last_words(last, never=missed + lines == periods)]
        elif kind == "interval":
            parts = last_words(last, never=True)
        elif missing:
            parts = [say("to_do.complete", missing=missing)]
        else:
            parts = [open_part(period, since, need, have, lines)]
            parts += last_words(last, never=False) if in_periods else []
        return f"{before}{comma.join(parts)}{after}"

    return write


def _count(duty: Duty, period: str, need: int, have: int, since: str, lines: int) -> str:
    if need == 1:
        return say("to_do.none_yet", period=period)
    return say("to_do.part", period=period, need=need, have=have)


def _hours(duty: Duty, period: str, need: int, have: int, since: str, lines: int) -> str:
    return say("to_do.hours", period=period, need=need, have=have)


def _event(duty: Duty, period: str, need: int, have: int, since: str, lines: int) -> str:
    what = _trigger(duty)
    if lines > 1:
        return say("to_do.events", count=lines, what=what, day=since)
    return say("to_do.event" if need == 1 else "to_do.event_part", day=since, what=what, need=need, have=have)


def _state(duty: Duty, period: str, need: int, have: int, since: str, lines: int) -> str:
    if lines > 1:
        return say("to_do.states", count=lines, what=_trigger(duty), day=since)
    return say("to_do.state", day=since, what=_trigger(duty))


def _too_many(duty: Duty, period: str, need: int, have: int, since: str, lines: int) -> str:
    return say("to_do.open", what=_trigger(duty), have=have, need=duty.at_most)


def _helper(duty: Duty, period: str, need: int, have: int, since: str, lines: int) -> str:
    return say("to_do.helper", need=need, have=have)


def _quota(duty: Duty, period: str, need: int, have: int, since: str, lines: int) -> str:
    return say("to_do.quota", range=range_words(duty), have=have)


def _share(duty: Duty, period: str, need: int, have: int, since: str, lines: int) -> str:
    return say("to_do.share", need=need, have=have)


_OPEN_WORDS: dict[str, Callable[[Duty, str, int, int, str, int], str]] = {
    "count": _count,
    "hours": _hours,
    "event": _event,
    "state": _state,
    "open": _too_many,
    "helper": _helper,
    "quota": _quota,
    "share": _share,
}


def _trigger(duty: Duty) -> str:
    """Return the word for the register whose records start a duty, without its conditions."""
    key = f"record.{duty.trigger.record}" if duty.trigger else ""
    return say(key) if key in catalogue() else trigger_words(duty)


def missed_words(per: str, periods: int, missed: int) -> str:
    """Say how many of the periods were missed, in the words of the period: weeks, months, times."""
    key = f"to_do.missed.{per.removesuffix('_day') if per == 'weekend_day' else per}"
    return say(key if key in catalogue() else "to_do.missed.other", periods=periods, missed=missed)


def cause_text(
    policy: Policy, cause: str, count: int, names: Sequence[str], duties: Sequence[str], *, weeks: int = 0,
    has_leader: bool = True,
) -> str:  # fmt: skip
    """Return the sentence of a cause: helper, homeroom, no_contact, or the post that nobody has.

    ``count`` is of how many children, ``names`` the classes without a class teacher, ``duties`` what hangs on it. Where
    the school has neither a coordinator nor a headmaster the sentence says where to name one.
    """
    listed, classes = _some("to_do.some_duties", "duties", duties), _some("to_do.and_more", "names", names)
    if cause == "no_contact":
        text = say("to_do.cause.no_contact", count=count, weeks=weeks)
    elif cause == "helper" and not duties:
        text = say("to_do.cause.helper_only", count=count)
    elif cause in ("helper", "homeroom"):
        text = say(f"to_do.cause.{cause}", count=count, names=classes, duties=listed)
    else:
        text = say("to_do.cause.post", post=_post(policy, cause), duties=listed)
    return text if has_leader else text + say("to_do.cause.name_coordinator")


def group_text(row: Row, count: int, missed: int, run: int) -> str:
    """Return the sentence for several rows of one duty: how many subjects, how many of them missed it before.

    ``run`` is how many times in a row each of them missed it at least, where the rows have risen; else 0.
    """
    many = say(f"to_do.many.{row['kind']}", count=count)
    text = say(f"to_do.group.{row['status']}", duty=row["duty"], many=many)
    if run:
        return text + say("to_do.group.run", run=run)
    return text + (say("to_do.group.missed", count=missed) if missed else "")


def day_words(day: date, on: date) -> str:
    """Return a day as month and day (11-03), with its year where that is not the year of ``on``."""
    return f"{day:%m-%d}" if day.year == on.year else f"{day:%Y-%m-%d}"


def people_text(texts: "pd.Series[str]") -> str:
    """Return the names in some texts of names, each once; many are cut to the first few and their number."""
    comma = say("policy.comma")
    names = [name for name in dict.fromkeys(comma.join(texts.unique()).split(comma)) if name]
    return _some("to_do.and_more_people", "names", names)


def _some(key: str, name: str, names: Sequence[str]) -> str:
    listed = say("policy.comma").join(names[:_MOST_NAMES])
    return listed if len(names) <= _MOST_NAMES else say(key, count=len(names), **{name: listed})


def _post(policy: Policy, role: str) -> str:
    key = f"value.staff.role.{role}"
    return say(key) if key in catalogue() else policy.word(role)
