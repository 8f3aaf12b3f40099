"""What a kind of duty is given beside its row: the facts of one day. All that a rule of a school's own needs is here.

``facts.on`` (the day), ``facts.day`` (the same as a datetime64), ``facts.moment`` (the time of day, else the day's first
moment), ``facts.until`` (the last moment that is known), ``facts.term``, ``facts.calendar`` and ``facts.policy`` are plain values.
``facts.frame("talk")`` is a register, ``facts.subjects("child")`` and ``facts.present(duty)`` whom a duty is about,
``facts.records(duty)`` the records that count, ``facts.triggers(duty)`` those that start it.
"""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from guanai.care.duties.day_frames import DayFrames
from guanai.care.duties.records import matching_records, record_ids, trigger_records
from guanai.care.errors import GuanaiError
from guanai.care.frames import object_column
from guanai.care.policy.duty import Duty

__all__ = ["Facts"]


class Facts(DayFrames):
    """The facts of a day: frames that are made once and used by every duty."""

    #: What went wrong in the school's own rules when the last lines were worked out.
    problems: tuple[GuanaiError, ...] = ()

    def records(self, duty: Duty, by: tuple[str, ...] | None = None) -> pd.DataFrame:
        """Return the records that count for a duty up to the day, one row per record and subject.

        Columns: subject and id (ids), day, register (its name), row (the position in the register's frame). ``by`` are the
        roles of whom records count, those of the duty without it.
        """
        duty = duty if by is None else replace(duty, by=by)
        records = matching_records(duty, self).frame()
        registers = np.array(duty.records, dtype=object)[records["register"]]
        ids = record_ids(records["row"], records["register"], duty.records, self)
        return self._named(records.assign(register=registers), duty, ids)

    def triggers(self, duty: Duty) -> pd.DataFrame:
        """Return the records that start a duty, one row per record and subject: subject and id (ids), day, due, row."""
        records = trigger_records(duty, self)
        ids = self.frame(duty.trigger.record if duty.trigger else "")["id"].to_numpy(object)[records["row"]]
        return self._named(records, duty, ids)

    def _named(
        self, records: pd.DataFrame, duty: Duty, ids: "np.ndarray[tuple[int], np.dtype[np.object_]]"
    ) -> pd.DataFrame:
        subjects = self.subjects(duty.subject).index[records["position"]]
        named = records.drop(columns="position")
        return named.assign(subject=object_column(subjects, named.index), id=object_column(ids, named.index))

    def at(self, day: date) -> "Facts":
        """Return the facts of another day, as far as they were known on this one."""
        return Facts(self.policy, self.frames, day, known=self.known, began=self.began, term=self.term)
