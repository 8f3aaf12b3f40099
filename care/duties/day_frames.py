"""The registers, subjects and periods of one day, as plain frames.

**As of a day means as of a day.** What was recorded after the day asked (``created_at``) is not in the frames, records dated
later do not count, and dates in the fields of a state that lie later are empty (`guanai.care.duties.state`). The storage
hands in the values as they were on that day; a term that is summed up later asks for ``known``, the day of knowing.

Days are datetime64 at midnight. Each frame is made once and then used by every duty: do not change it.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from guanai.care.calendar.periods import counting_days, periods, whole_days
from guanai.care.calendar.school_calendar import Calendar, Period, Term, day_of_year
from guanai.care.duties.subjects import ALWAYS, children_in_care, subjects_of
from guanai.care.frames import NormalizedFrames, as_strings, as_timestamps, normalized_frames, timestamp
from guanai.care.policy.conditions import holds
from guanai.care.policy.duty import ALL_CHILDREN, Duty, Limit
from guanai.care.policy.policy import Policy
from guanai.templates.wording import say

__all__ = ["DAY", "Columns", "DayFrames", "Days", "KnownFrames", "Mask", "Numbers", "Periods", "due_day"]

T = TypeVar("T")
Columns = dict[str, np.ndarray[Any, np.dtype[Any]]]
Days = np.ndarray[Any, np.dtype[np.datetime64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]
Numbers = np.ndarray[Any, np.dtype[np.int64]]
DAY = np.timedelta64(1, "D")


class KnownFrames(NormalizedFrames):
    """Registers without the records that were made after a day."""

    def __init__(self, whole: NormalizedFrames, known: date) -> None:
        super().__init__(whole.raw)
        self.whole, self._known = whole, known

    def __missing__(self, name: str) -> pd.DataFrame:
        frame = self.whole[name]
        if "created_at" in frame.columns:
            later = _recorded_after(frame["created_at"], self._known)
            frame = frame[~later].reset_index(drop=True) if later.any() else frame
        self[name] = frame
        return frame


class Periods(NamedTuple):
    """The periods of a duty that have begun, the earliest first; arrays with one entry for each."""

    names: list[str]
    start: Days
    end: Days
    limit: Days  # until when it is due: the end, or the day that the limit sets
    days: Numbers  # that count, from the start to the limit
    own: Numbers  # that count, from the start to the end
    whole: Numbers  # that count, in the period where the ends of the term do not cut it


class DayFrames:
    """A policy, the registers and a day, and the frames that follow from them."""

    def __init__(
        self,
        policy: Policy,
        frames: Mapping[str, pd.DataFrame],
        on: date,
        *,
        now: datetime | None = None,
        known: date | None = None,
        began: date | None = None,
        term: Term | None = None,
    ) -> None:
        """``now`` is the time of day, ``known`` the day of knowing (both of ``on`` without them).

        Nothing is due from before ``began`` (`Policy.began`). ``term`` is the term of the day where none is given; between
        terms the one that ended last.
        """
        self.policy, self.on, self.known, self.began = policy, on, known or on, began
        self.frames = KnownFrames(normalized_frames(frames), self.known)
        self.day, self.time_of_day = timestamp(on), now
        self.moment = pd.Timestamp(now).tz_localize(None).as_unit("ns") if now else self.day
        #: The last moment that is known: the time of day where one is given, else the whole day.
        self.until = self.moment if now else self.day + pd.Timedelta(days=1, nanoseconds=-1)
        self.term = term or policy.calendar.current_or_last(on)
        self._cache: dict[Any, Any] = {}

    def cached(self, key: Any, make: Callable[[], T]) -> T:
        """Return the cached value of a key; compute it the first time."""
        if key not in self._cache:
            self._cache[key] = make()
        value: T = self._cache[key]
        return value

    @property
    def calendar(self) -> Calendar:
        """The school's calendar."""
        return self.policy.calendar

    def frame(self, register: str) -> pd.DataFrame:
        """Return a register as it is known: its own columns, days as datetime64, rows numbered from 0."""
        return self.frames[register]

    @property
    def staff(self) -> pd.DataFrame:
        """The staff by their ids, in the order of the register: name, role (texts) and active (not marked as gone)."""

        def make() -> pd.DataFrame:
            register = self.frames["staff"].drop_duplicates("id")
            name, role = as_strings(register["name"]), as_strings(register["role"])
            active = as_strings(register["active"]) != "no"
            staff = pd.DataFrame({"name": name, "role": role, "active": active})
            return staff.set_axis(pd.Index(register["id"]))

        return self.cached("staff", make)

    def subjects(self, kind: str) -> pd.DataFrame:
        """Return the subjects of a kind by their id, those who were or will be present included.

        Columns: name, class, village (texts), first and last (the days on which it is present, both included), place (its
        position in the order of class, name and id), and those of its own register. Nobody is present before the school
        began with its rows.
        """

        def make() -> pd.DataFrame:
            school = self.policy.profile.get("name") or say("duty.subject.school")
            children = self.cached("children", lambda: children_in_care(self.policy, self.frames))
            subjects = subjects_of(kind, self.frames, children, school)
            if self.began is not None:
                began = timestamp(self.began)
                subjects = subjects.assign(first=subjects["first"].mask(subjects["first"] < began, began))
            return subjects

        return self.cached(("subjects", kind), make)

    def applies(self, duty: Duty) -> Mask:
        """Return for each subject of a duty whether it meets the condition of the row."""
        clauses, subjects = duty.subject_condition, self.subjects(duty.subject)
        return self.cached(
            ("applies", duty.subject, clauses), lambda: holds(clauses, subjects).to_numpy(bool)
        )

    def is_present(self, kind: str) -> Mask:
        """Return for each subject of a kind whether it is present on the day."""
        first, last = self.first_and_last(kind)
        return (first <= self.day.to_datetime64()) & (self.day.to_datetime64() <= last)

    def first_and_last(self, kind: str) -> tuple[Days, Days]:
        """Return the first and the last day on which each subject of a kind is present."""
        subjects = self.subjects(kind)
        return self.cached(
            ("first and last", kind), lambda: (subjects["first"].to_numpy(), subjects["last"].to_numpy())
        )

    def present(self, duty: Duty) -> pd.DataFrame:
        """Return the subjects of a duty that are present on the day, with position (among all) and since (in the term).

        Who was always there, and all but children, since the term began.
        """

        def make() -> pd.DataFrame:
            position = (self.applies(duty) & self.is_present(duty.subject)).nonzero()[0]
            subjects = self.subjects(duty.subject).iloc[position]
            begin, first = timestamp(self.term.start) if self.term else self.day, subjects["first"]
            earlier = first == ALWAYS if duty.subject in ALL_CHILDREN else first < begin
            return subjects.assign(position=position, since=first.mask(earlier, begin))

        return self.cached(("present", duty.subject, duty.subject_condition), make)

    def periods(self, duty: Duty) -> Periods:
        """Return the periods of a duty in the term that have begun."""
        return self.cached(("periods", duty.per, duty.limit), lambda: self._periods(duty))

    def _periods(self, duty: Duty) -> Periods:
        spans = [span for span in self._spans(duty.per) if span.start <= self.on]
        start, end, limit = (
            np.array(days, dtype="datetime64[ns]")
            for days in (
                [span.start for span in spans], [span.end for span in spans], [due_day(duty.limit, span) for span in spans],
            )
        )  # fmt: skip
        up_to = self.days_up_to(duty)
        before = up_to((start - DAY).astype("datetime64[ns]"))
        whole = [whole_days(self.calendar, self.term, duty.per, span) for span in spans] if self.term else []
        names = [span.name for span in spans]
        return Periods(
            names, start, end, limit, up_to(limit) - before, up_to(end) - before, np.array(whole, np.int64)
        )

    def _spans(self, per: str) -> tuple[Period, ...]:
        return periods(self.calendar, self.term, per) if self.term else ()

    def days_up_to(self, duty: Duty) -> Callable[[Days], Numbers]:
        """Return a function that says how many days of the duty's periods lie up to a day: those of school, or all."""

        def make() -> Days:
            return np.array(
                counting_days(self.calendar, duty.per, self._spans(duty.per)), dtype="datetime64[ns]"
            )

        days = self.cached(("days", duty.per), make)
        return lambda until: days.searchsorted(until, side="right").astype(np.int64)


def due_day(limit: Limit | None, span: Period) -> date:
    """Return until when something is due in a period: its end, or the day that a limit sets in it."""
    if limit is None:
        return span.end
    if limit.unit == "day":
        return min(date.fromordinal(span.start.toordinal() + limit.number), span.end)
    every_year = (
        day_of_year(year, *divmod(limit.number, 100)) for year in range(span.start.year, span.end.year + 1)
    )
    days = [day for day in every_year if span.start <= day <= span.end]
    return days[0] if days else span.end


def _recorded_after(values: "pd.Series[Any]", day: date) -> "pd.Series[bool]":
    """Say which times of recording (ISO text, or times) are on a later day."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return as_timestamps(values) >= timestamp(day) + pd.Timedelta(days=1)
    return as_strings(values) > f"{day.isoformat()}~"  # sorts behind every time of that day
