"""What a school's rules say of its records on a day: due lines, what is to be done, how far a term is fulfilled, emergencies.

Pages, badges, commands and reports all ask here, so they show the same. The lines of a day are worked out once, whole, and
cached until a record changes; what is to be done, the coverage and what a term leaves are made of them.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from guanai.care.children.eligibility import left_behind
from guanai.care.children.households import households
from guanai.care.duties.brief import brief
from guanai.care.duties.due import as_of, due, lines_in_order
from guanai.care.duties.fulfilment import closing_list, fulfilment, gaps
from guanai.care.duties.person_scope import FramesOfChildren
from guanai.care.duties.statuses import OPEN_STATUSES
from guanai.care.duties.to_do import coordinators, rows_in_order, rows_of, to_do
from guanai.care.errors import GuanaiError
from guanai.care.frames import NormalizedFrames, object_column
from guanai.care.pairing.helper_loads import loads, unpaired
from guanai.care.pairing.peer_proposals import without_peer
from guanai.care.policy.duty import ALL_CHILDREN
from guanai.care.policy.policy import Policy
from guanai.care.summary.duty_tables import with_duties
from guanai.care.summary.term_summary import Summary, summary
from guanai.care.summary.visit_plans import planned_visits
from guanai.storage.records.frames import lazy_copy
from guanai.storage.records.records import Records
from guanai.storage.school.incident_steps import incident_registers, incident_steps, record_step
from guanai.storage.school.line_records import CountedRecord, counted_records, with_counted_days
from guanai.storage.school.policy_in_use import PolicyInUse
from guanai.storage.school.restricted_lines import RestrictedLines
from guanai.storage.school.rule_frames import RuleFrames

__all__ = ["DutyService"]

CACHED = 12  # results


class DutyService:
    """What a school's rules say of its records; each answer is cached until a record changes.

    There are lines about the ``restricted`` registers (names) that are given, None: about all of the school.
    """

    def __init__(
        self, records: Records, rules: PolicyInUse, restricted: Collection[str] | None = None
    ) -> None:
        self._records = records
        self._rules = rules
        self._restricted = RestrictedLines(records, restricted)
        self._summaries: dict[tuple[str, date], tuple[int, Summary]] = {}
        self._cached: dict[tuple[Any, ...], tuple[int, pd.DataFrame]] = {}
        self._frames: dict[date | None, tuple[int, NormalizedFrames]] = {}  # None: as they are now

    @property
    def policy(self) -> Policy:
        """The school's rules in use."""
        return self._rules.policy

    @property
    def frames(self) -> NormalizedFrames:
        """The registers as the rules read them, each made alike once until a record changes."""
        return self.frames_known_on(self._records.today())

    def frames_known_on(self, day: date) -> NormalizedFrames:
        """Return the registers as the rules read them, with what was recorded until a day; today's are those of now."""
        sequence, past = self._records.sequence(), day if day < self._records.today() else None
        if past not in self._frames or self._frames[past][0] != sequence:
            empty = self._restricted.registers(self.policy)
            frames = NormalizedFrames(RuleFrames(self._records, self.policy.criterion, past, empty))
            if past is not None:  # of past days the last that was shown is enough
                self._frames = {key: entry for key, entry in self._frames.items() if key is None}
            self._frames[past] = (sequence, frames)
        return self._frames[past][1]

    def due(
        self,
        on: date | None = None,
        *,
        done: bool = False,
        now: datetime | None = None,
        who: str | None = None,
        known: date | None = None,
    ) -> pd.DataFrame:
        """Return the due lines of a day; ``now`` is the clock's where that day is today and minutes count.

        Only what was recorded until that day counts, or until the day ``known``. The lines of the day are cached; which
        of them have run out since its first minute is worked out from the clock.
        """
        day = on or self._records.today()
        now = now or self.clock(day)
        lines = self._lines(day, known or day)
        if now is not None:
            lines = as_of(self.policy, lines, now)
        if who is not None:
            lines = lines[[who in people for people in lines["who_ids"]]]
        if not done:
            lines = lines[lines["status"].isin(OPEN_STATUSES)]
        return lines.reset_index(drop=True)

    @property
    def shown_policy(self) -> Policy:
        """The rules of which there are lines, each without what it may not count."""
        return self._restricted.shown(self.policy)

    def _lines(self, day: date, known: date) -> pd.DataFrame:
        """Return all lines of a day as it begins."""
        policy, frames = self._for_everybody, self.frames_known_on(known)
        lines = self.cached_frame(
            ("due", day, known), lambda: due(policy, frames, day, done=True, known=known)
        )
        if not self._restricted.names(self.policy):
            return lines

        def joined() -> pd.DataFrame:
            apart = self._restricted.apart(self.policy)
            own_frames = self._restricted.frames(self.policy, frames, past=known < self._records.today())
            return lines_in_order(self.policy, [lines, due(apart, own_frames, day, done=True, known=known)])

        return self.cached_frame(("due", day, known, *self._restricted.state(self.policy)), joined)

    @property
    def _for_everybody(self) -> Policy:
        return self._restricted.of_everybody(self.policy)

    def to_do(
        self, on: date | None = None, who: str | None = None, known: date | None = None
    ) -> pd.DataFrame:
        """Return what is to be done on a day, one row per subject and duty, one per cause (`care.duties.to_do`).

        ``who`` is the id of one of the staff: only the rows for which they are responsible or that have risen to them.
        ``known`` as in `due`.
        """
        return rows_of(self._to_do(on, known), who).reset_index(drop=True)

    def brief(self, on: date | None = None, who: str | None = None) -> pd.DataFrame:
        """Return the first lines of what is to be done, at most twenty (`care.duties.brief`).

        Who coordinates has what cannot wait in the whole school beside their own. Without ``who`` it is about the whole
        school: what is alike is one line, whoever is responsible.
        """
        leads = who is not None and who in coordinators(self.frames)
        rows = rows_of(self._to_do(on), who, leads=leads).reset_index(drop=True)
        return brief(rows, who=who or "")

    def _to_do(self, on: date | None, known: date | None = None) -> pd.DataFrame:
        day = on or self._records.today()
        known = known or day
        lines = self.due(day, done=True, known=known)
        policy, frames = self._for_everybody, self.frames_known_on(known)
        names = self._restricted.names(self.policy)
        is_apart = lines["duty"].isin(names) if names else np.zeros(len(lines), dtype=bool)
        everybody, apart = (lines[~is_apart], lines[is_apart]) if is_apart.any() else (lines, lines.iloc[:0])
        still = int((everybody["status"] == "to_do").sum())  # fewer once a limit in minutes has run out
        rows = self.cached_frame(("to do", day, known, still), lambda: to_do(policy, frames, everybody, day))
        if apart.empty:
            return rows

        def joined() -> pd.DataFrame:
            own = to_do(self._restricted.apart(self.policy), frames, apart, day)
            both = pd.concat([rows, own[own["cause"] != "no_contact"]], ignore_index=True)
            return rows_in_order(self.policy, both).reset_index(drop=True)

        state = self._restricted.state(self.policy)
        return self.cached_frame(
            ("to do", day, known, int((lines["status"] == "to_do").sum()), *state), joined
        )

    def of_children(self, children: Collection[str], *, done: bool = False) -> pd.DataFrame:
        """Return today's lines of some children, without working out those of the others."""
        today, now = self._records.today(), self.clock(self._records.today())
        lines = due(self._for_everybody, FramesOfChildren(self.frames, children), today, done=done, now=now)
        if self._restricted.names(self.policy):
            frames = FramesOfChildren(self._restricted.frames(self.policy, self.frames, past=False), children)
            apart = due(self._restricted.apart(self.policy), frames, today, done=done, now=now)
            lines = lines_in_order(self.policy, [lines, apart])
        return lines[lines["kind"].isin(ALL_CHILDREN) & lines["subject_id"].isin(list(children))]

    def in_care(self, on: date) -> pd.DataFrame:
        """Return the left-behind children in care on a day, by what is known now."""
        criterion = self.policy.criterion
        return self.cached_frame(("in care", on), lambda: left_behind(self.frames["child"], on, criterion))

    def unpaired(self, on: date) -> pd.DataFrame:
        """Return the children in care on a day who have no helper, by what is known now."""
        policy = self.policy
        return self.cached_frame(("unpaired", on), lambda: unpaired(policy, self.frames, on))

    def without_peer(self, on: date) -> pd.DataFrame:
        """Return the children in care on a day who have no friend at their side, by what is known now."""
        policy = self.policy
        return self.cached_frame(("no peer", on), lambda: without_peer(policy, self.frames, on))

    def loads(self, on: date) -> pd.DataFrame:
        """Return how many children in care each of the staff carries on a day (`guanai.care.pairing.helper_loads`)."""
        return loads(self.policy, self.frames, on)

    def households_of(self, lines: pd.DataFrame) -> dict[str, str]:
        """Return the household of each child of some due lines (`care.households`)."""
        children = self.frames["child"]
        return households(children[children["id"].isin(lines["subject_id"])])

    def lines_of_term(self, term: str | None = None, on: date | None = None) -> pd.DataFrame:
        """Return all lines of a term: what happened until its `term_day`, as it is known now or was on a day."""
        day = on or self._records.today()
        return self.due(self.term_day(term, day), done=True, known=day)

    def everybodys_lines_of_term(self, term: str | None = None, on: date | None = None) -> pd.DataFrame:
        """Return `lines_of_term` without those about restricted registers, which no figure counts."""
        lines = self.lines_of_term(term, on)
        return lines[~lines["duty"].isin(self._restricted.names(self.policy))]

    def fulfilment(self, term: str | None = None, on: date | None = None) -> pd.DataFrame:
        """Return how far every duty of a term is fulfilled (`care.duties.fulfilment`), by its `lines_of_term`."""
        return self._of_term("fulfilment", term, on, lambda lines: fulfilment(self.policy, lines))

    def closing_list(self, term: str | None = None, on: date | None = None) -> pd.DataFrame:
        """Return what a term leaves: one row per duty and subject of which something was missed or stands over."""
        chosen = self._rules.term(term, on or self._records.today())
        return self._of_term("closing", term, on, lambda lines: closing_list(lines, chosen))

    def _of_term(
        self, what: str, term: str | None, on: date | None, work_out: Callable[[pd.DataFrame], pd.DataFrame]
    ) -> pd.DataFrame:
        lines, day = self.lines_of_term(term, on), on or self._records.today()
        still = int((lines["status"] == "to_do").sum())  # fewer once a limit in minutes has run out
        return self.cached_frame((what, self.term_day(term, day), day, still), lambda: work_out(lines))

    def emergencies(self, now: datetime | None = None, *, finished: bool = False) -> pd.DataFrame:
        """Return the steps of the emergencies (`guanai.storage.school.incident_steps`)."""
        moment = now or self._records.now()
        return incident_steps(self._records, self._for_everybody, moment, finished=finished)

    def emergency_registers(self) -> list[str]:
        """Return the registers whose records can be emergencies."""
        return incident_registers(self._records, self._for_everybody)

    def step_done(
        self, form: str, record_id: str, duty: str, now: datetime | None = None
    ) -> Mapping[str, Any]:
        """Write this moment into the questions of an emergency's step that are still empty; return the record.

        A question that has a time already keeps it. Raises GuanaiError for an unknown step or record.
        """
        moment = now or self._records.now()
        return record_step(self._records, self._for_everybody, form, record_id, duty, moment)

    def record_of(self, form: str, record_id: str) -> Mapping[str, Any] | None:
        """Return a record of an emergency as it is stored, None for none."""
        return self._records.record(form, record_id)

    def planned(self, term: str | None = None) -> pd.DataFrame:
        """Return the visits that the term's plans name, and what became of each (`care.plans.planned`)."""
        today = self._records.today()
        chosen = self._rules.term(term, today)
        return planned_visits(self.frames, chosen, min(today, chosen.end), today)

    def summary(self, term: str | None = None, on: date | None = None) -> Summary:
        """Return the summary of a term as of a day: figures against their targets, and tables (F1, F17)."""
        day = on or self._records.today()
        chosen = self._rules.term(term, day)
        sequence = self._records.sequence()
        cached = self._summaries.get((chosen.name, day))
        if cached is None or cached[0] != sequence:
            policy = self._for_everybody
            figures = summary(policy, self.frames_known_on(day), chosen, day)
            lines = self.everybodys_lines_of_term(chosen.name, day)
            cached = (sequence, with_duties(figures, policy, lines))
            current = {key: entry for key, entry in self._summaries.items() if entry[0] == sequence}
            self._summaries = {**current, (chosen.name, day): cached}
        return cached[1]

    def term_day(self, term: str | None = None, on: date | None = None) -> date:
        """Return the day as of which a term is shown: today, at the latest the day by which its days of grace are past.

        Those are of the duties whose periods end with the term; the next term has not begun on that day.
        """
        day = on or self._records.today()
        chosen = self._rules.term(term, day)
        periodic = [
            duty for duty in self.policy.duties if duty.in_force and duty.after_or_default == "missed"
        ]
        settled = chosen.end + timedelta(days=1 + max((duty.grace_days for duty in periodic), default=0))
        starts = [other.start for other in self.policy.calendar.terms if other.start > chosen.end]
        return min([day, settled, *(start - timedelta(days=1) for start in starts)])

    def figures(self, term: str | None = None) -> pd.DataFrame:
        """Return the figures of a term's summary, one row each (`Summary.figures_with_missing`)."""
        return self.summary(term).figures_with_missing()

    def gaps(self, term: str | None = None) -> pd.DataFrame:
        """Return the fields missing in the dossiers as of a term, one row per duty, subject and field (`care.gaps`)."""
        day = self.term_day(term)
        return self.cached_frame(("gaps", day), lambda: gaps(self.policy, self.frames, day))

    def deferrals(self) -> pd.DataFrame:
        """Return what was postponed or excused, the last first: rows of ``frame("deferral")`` with ``state``.

        ``state``: ``holds`` (a line is postponed or excused by it today), ``past`` (it changes no line any more:
        the day has come, the duty is done or its line is another one).
        """
        return self.with_state(self._records.frame("deferral").iloc[::-1])

    def with_state(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return rows of the register ``deferral`` with ``state``, as in `deferrals`."""
        if frame.empty:
            return frame.assign(state=object_column([], frame.index))
        lines = self.of_children(set(frame["child"].dropna()), done=True)
        if frame["child"].isna().any():  # of a class, a teacher, the school
            lines = self.due(done=True)
        held = set(lines.loc[lines["status"].isin(["postponed", "excused"]), "deferral"])
        return frame.assign(state=["holds" if deferral in held else "past" for deferral in frame["id"]])

    def deferral_of(self, line: Mapping[str, Any]) -> dict[str, Any]:
        """Return the first answers of the form ``deferral`` for a line of the checklist."""
        child = line["kind"] in ALL_CHILDREN
        return {
            "duty": line["duty"],
            "whose": line["subject"],
            "since": pd.Timestamp(line["since"]).date().isoformat(),
            "subject_kind": line["kind"],
            "child": line["subject_id"] if child else None,
            "subject": None if child else line["subject_id"] or None,
            "role": line["role"] or None,
            "by": self._records.staff_id or None,
        }

    def line(self, duty: str, kind: str, subject: str, since: str, role: str = "") -> dict[str, Any] | None:
        """Return today's line of a duty and subject that is owed since a day, None if there is none."""
        lines = self.lines_since(duty, kind, subject, since, role)
        return None if lines.empty else {str(key): value for key, value in lines.iloc[0].items()}

    def lines_since(self, duty: str, kind: str, subject: str, since: str, role: str = "") -> pd.DataFrame:
        """Return today's line of a duty and subject that is owed since a day: one row, or none."""
        day = pd.to_datetime(since, errors="coerce") if since else pd.NaT
        if kind in ALL_CHILDREN:
            lines = self.of_children([subject], done=True)
        else:
            lines = self.due(done=True)
        return lines[
            (lines["duty"] == duty)
            & (lines["kind"] == kind)
            & (lines["subject_id"] == subject)
            & (lines["since"] == day)
            & (lines["role"] == role)
        ]

    def counted(self, line: Mapping[Any, Any]) -> list[CountedRecord]:
        """Return the records that were counted for a line (`counted_records`)."""
        return counted_records(self._records, self.policy, line)

    def with_days(self, lines: pd.DataFrame) -> pd.DataFrame:
        """Return due lines with the days of the records counted for each (`with_counted_days`)."""
        return with_counted_days(self._records, self.policy, lines)

    def clock(self, day: date) -> datetime | None:
        """Return this minute where the day is today and something is owed by the minute, else None."""
        by_the_minute = (duty.in_force and self.policy.by_the_minute(duty) for duty in self.policy.duties)
        if day != self._records.today() or not any(by_the_minute):
            return None
        return self._records.now().replace(second=0, microsecond=0)

    def cached_frame(self, key: tuple[Any, ...], work_out: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """Return a frame that follows from the records and the key; it is worked out once until a record changes."""
        sequence = self._records.sequence()
        entry = self._cached.get(key)
        if entry is None or entry[0] != sequence:
            self._cached = dict(list(self._cached.items())[-CACHED:])
            entry = self._cached[key] = (sequence, work_out())
        return lazy_copy(entry[1])

    def clear_cache(self) -> None:
        """Forget the results, so that the next call works them out again."""
        self._cached, self._frames, self._summaries = {}, {}, {}

    @property
    def own_kinds(self) -> Mapping[str, Callable[..., Any]]:
        """The rules of the school's own, by the names that a row of 职责 may have in 种类."""
        return self._rules.own_rules.kinds

    @property
    def own_problems(self) -> tuple[GuanaiError, ...]:
        """What went wrong in the rules of the school's own, as far as lines were worked out."""
        frames = (frame for _, frame in self._cached.values())
        return tuple(problem for frame in frames for problem in frame.attrs.get("problems", ()))

    def reload_rules(self) -> None:
        """Forget the rules and all results, so that the next call reads the workbook again."""
        self._rules.reload()
        self.clear_cache()

    def reuse_cache_of(self, other: "DutyService") -> None:
        """Use the results that another service of the same school has cached."""
        self._cached, self._frames = dict(other._cached), dict(other._frames)
        self._summaries = dict(other._summaries)
