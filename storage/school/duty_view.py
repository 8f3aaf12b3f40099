"""What a school's rules say, as one person may know it: the lines of the whole school, less what is not theirs.

The rules are worked out once for everybody (`guanai.storage.school.due_service`); here each answer is narrowed down by the
person's rights (`guanai.storage.school.line_scope`). A list has what the person may see. A number has what is counted for
them: the school's where ``count`` reaches the school, else that of their own children, so it never exceeds its list.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

import pandas as pd

from guanai.care.duties.brief import brief
from guanai.care.duties.fulfilment import closing_list, fulfilment
from guanai.care.duties.person_scope import FramesOfChildren
from guanai.care.duties.to_do import CONTACTS, coordinators, rows_of, to_do
from guanai.care.frames import NormalizedFrames
from guanai.care.pairing.helper_loads import loads
from guanai.care.policy.policy import Policy
from guanai.care.summary.term_summary import Summary
from guanai.storage.records.frames import Frames
from guanai.storage.records.permitted_registers import PermittedRegisters
from guanai.storage.school.due_service import DutyService
from guanai.storage.school.incident_steps import ANSWERING, concerned
from guanai.storage.school.line_records import CountedRecord, counted_records, with_counted_days
from guanai.storage.school.line_scope import LineScope, narrowest
from guanai.storage.school.policy_in_use import PolicyInUse
from guanai.storage.school.summary_scope import SummaryScope

__all__ = ["DutyView"]

CHILD = "child"
CACHED = 12  # results


class DutyView:
    """What the rules say, for one person who is not the owner: ``whole`` is for everybody, ``records`` are as the person sees them."""

    def __init__(self, whole: DutyService, records: PermittedRegisters, rules: PolicyInUse) -> None:
        self._whole = whole
        self._records = records
        self._rules = rules
        self._access = records.access
        self._scope: tuple[tuple[object, ...], LineScope] | None = None
        self._cached: dict[tuple[Any, ...], tuple[tuple[object, ...], Any]] = {}

    @property
    def policy(self) -> Policy:
        """The school's rules in use."""
        return self._whole.policy

    @property
    def frames(self) -> NormalizedFrames:
        """The registers as the rules read them, with what the person may see."""
        read = self._records.frame
        return NormalizedFrames(Frames([*self._records.forms()], read))

    # Lists

    def due(
        self,
        on: date | None = None,
        *,
        done: bool = False,
        now: datetime | None = None,
        who: str | None = None,
        known: date | None = None,
    ) -> pd.DataFrame:
        """Return the due lines of a day that the person may see; as `DutyService.due`."""
        return self._lines.seen(self._whole.due(on, done=done, now=now, who=who, known=known)).reset_index(
            drop=True
        )

    def to_do(
        self, on: date | None = None, who: str | None = None, known: date | None = None
    ) -> pd.DataFrame:
        """Return what is to be done on a day, as far as the person may see it; as `DutyService.to_do`."""
        return self._rows(on, known, who).reset_index(drop=True)

    def brief(self, on: date | None = None, who: str | None = None) -> pd.DataFrame:
        """Return the first lines of what is to be done; as `DutyService.brief`."""
        leads = who is not None and who in coordinators(self._whole.frames)
        return brief(self._rows(on, None, who, leads=leads).reset_index(drop=True), who=who or "")

    def _rows(
        self, on: date | None, known: date | None, who: str | None, *, leads: bool = False
    ) -> pd.DataFrame:
        rows = rows_of(self._whole.to_do(on, known=known), who, leads=leads)
        if not (rows["cause"] != "").any():
            return self._lines.seen(rows)
        if self._sees_all:
            return rows
        return rows_of(self._own_rows(on, known), who, leads=leads)

    def _own_rows(self, on: date | None, known: date | None) -> pd.DataFrame:
        """Return what is to be done as of a school that has only what the person may see: so with causes of their own."""
        day = on or self._records.today()
        lines = self._lines.seen(self._whole.due(day, done=True, known=known))

        def work_out() -> pd.DataFrame:
            frames = self._frames_of_seen(known or day)
            rows = to_do(self._whole.shown_policy, frames, lines, day)
            return rows if self._sees_contacts else rows[rows["cause"] != "no_contact"]

        still = int((lines["status"] == "to_do").sum())  # fewer once a limit in minutes has run out
        rows = self._once(("to do", day, known, still), work_out)
        return self._lines.without_strangers(rows)

    def of_children(self, children: Collection[str], *, done: bool = False) -> pd.DataFrame:
        """Return today's lines of some children, as far as the person may see them."""
        seen = self._lines.subjects(self._lines.scope("see", CHILD, ("name",)), CHILD)
        wanted = set(children) if seen is None else seen.intersection(children)
        return self._lines.seen(self._whole.of_children(wanted, done=done))

    def in_care(self, on: date) -> pd.DataFrame:
        """Return the children in care on a day whom the person may see, as rows of the person's register of children."""
        return self._seen_children(self._whole.in_care(on), {})

    def unpaired(self, on: date) -> pd.DataFrame:
        """Return those of the children in care on a day who have no helper, as far as the person may see that."""
        return self._seen_children(self._whole.unpaired(on), {"pairing": ("helper",)})

    def without_peer(self, on: date) -> pd.DataFrame:
        """Return those of the children in care on a day who have no friend at their side, as far as the person may see that."""
        return self._seen_children(self._whole.without_peer(on), {"pairing": ("peer_name",)})

    def _seen_children(self, rows: pd.DataFrame, needs: Mapping[str, Collection[str]]) -> pd.DataFrame:
        scopes = [self._lines.scope("see", *item) for item in needs.items()]
        scopes.append(self._lines.scope("see", CHILD, ("name", "eligible")))
        ids = self._lines.subjects(narrowest(scopes), CHILD)
        wanted = set(rows["id"]) if ids is None else ids.intersection(rows["id"])
        children = self._records.frame(CHILD)
        return children[children["id"].isin(wanted)].reset_index(drop=True)

    def households_of(self, lines: pd.DataFrame) -> dict[str, str]:
        """Return the household of each child of some due lines that the person was given (`guanai.care.children.households`)."""
        seen = self._lines.subjects(self._lines.scope("see", CHILD, ("name",)), CHILD)
        return self._whole.households_of(lines if seen is None else lines[lines["subject_id"].isin(seen)])

    def planned(self, term: str | None = None) -> pd.DataFrame:
        """Return the planned visits that the person may see, and what became of each; as `DutyService.planned`."""
        rows = self._whole.planned(term)
        needs = {CHILD: ("name", "class"), "visit_plan": ("visits",), "home_visit": ("date",)}
        children = self._lines.subjects(
            narrowest(self._lines.scope("see", *item) for item in needs.items()), CHILD
        )
        rows = rows if children is None else rows[rows["child"].isin(children)]
        staff = self._lines.subjects(self._lines.scope("see", "staff", ("name",)), "staff")
        if staff is not None:
            own = self._records.labels("staff").get(self._records.staff_id, "")
            rows = rows.assign(visitor=rows["visitor"].where(rows["visitor"] == own, ""))
        return rows.reset_index(drop=True)

    def deferrals(self) -> pd.DataFrame:
        """Return what was postponed or excused, as far as the person may see it; as `DutyService.deferrals`."""
        return self._whole.with_state(self._records.frame("deferral").iloc[::-1])

    def line(self, duty: str, kind: str, subject: str, since: str, role: str = "") -> dict[str, Any] | None:
        """Return today's line of a duty and subject that is owed since a day, None if there is none that the person may see."""
        rows = self._lines.seen(self._whole.lines_since(duty, kind, subject, since, role))
        return None if rows.empty else {str(key): value for key, value in rows.iloc[0].items()}

    def deferral_of(self, line: Mapping[str, Any]) -> dict[str, Any]:
        """Return the first answers of the form ``deferral`` for a line of the checklist."""
        return self._whole.deferral_of(line)

    def counted(self, line: Mapping[Any, Any]) -> list[CountedRecord]:
        """Return the records that were counted for a line, those that the person may see."""
        return counted_records(self._records, self.policy, line)

    def with_days(self, lines: pd.DataFrame) -> pd.DataFrame:
        """Return due lines with the days of the records counted for each, those that the person may see."""
        return with_counted_days(self._records, self.policy, lines)

    # Emergencies

    def emergencies(self, now: datetime | None = None, *, finished: bool = False) -> pd.DataFrame:
        """Return the steps of the emergencies that the person may or has to know of; as `DutyService.emergencies`."""
        steps = self._whole.emergencies(now, finished=finished)
        if steps.empty or ANSWERING.intersection(self._access.identity.roles):
            return steps
        shown = concerned(steps, self._whole.frames["class"], self._records.staff_id)
        for form in set(steps["form"]):
            scopes = [self._lines.scope("see", CHILD, ("name",)), self._lines.scope("see", form)]
            children = self._lines.subjects(narrowest(scopes), CHILD)
            inside = True if children is None else steps["child"].isin(children).to_numpy(bool)
            shown |= (steps["form"] == form).to_numpy(bool) & inside
        return self._lines.without_strangers(steps[shown]).reset_index(drop=True)

    def emergency_registers(self) -> list[str]:
        """Return the registers whose records can be emergencies."""
        return self._whole.emergency_registers()

    def step_done(
        self, form: str, record_id: str, duty: str, now: datetime | None = None
    ) -> Mapping[str, Any]:
        """Write this moment into the questions of an emergency's step, as `DutyService.step_done`; return the record.

        Raises AccessError for who may not change the incident and is not responsible for the step.
        """
        steps = self._whole.emergencies(now, finished=True)
        step = steps[(steps["form"] == form) & (steps["record"] == record_id) & (steps["duty"] == duty)]
        if len(step) and self._records.staff_id not in {*step["who_ids"].iloc[0]} - {""}:
            self._access.check("change", form, self._whole.record_of(form, record_id))
        record = self._whole.step_done(form, record_id, duty, now)
        return self._access.visible(form, record) or {"id": record["id"]}

    # Numbers

    def fulfilment(self, term: str | None = None, on: date | None = None) -> pd.DataFrame:
        """Return how far every duty of a term is fulfilled, of what the person may see and has counted."""
        lines = self.lines_of_term(term, on)
        table: pd.DataFrame = self._once(
            self._of_term("coverage", term, on), lambda: fulfilment(self.policy, lines)
        )
        return table

    def closing_list(self, term: str | None = None, on: date | None = None) -> pd.DataFrame:
        """Return what a term leaves, of what the person may see and has counted; as `DutyService.closing_list`."""
        chosen = self._rules.term(term, on or self._records.today())
        return closing_list(self.lines_of_term(term, on), chosen)

    def lines_of_term(self, term: str | None = None, on: date | None = None) -> pd.DataFrame:
        """Return the lines of a term that the person may see and has counted; as `DutyService.lines_of_term`."""

        def work_out() -> pd.DataFrame:
            return self._lines.counted(self._whole.lines_of_term(term, on)).reset_index(drop=True)

        lines: pd.DataFrame = self._once(self._of_term("lines", term, on), work_out)
        return lines

    def everybodys_lines_of_term(self, term: str | None = None, on: date | None = None) -> pd.DataFrame:
        """Return `lines_of_term` without those about restricted registers, which no figure counts."""
        return self._lines.counted(self._whole.everybodys_lines_of_term(term, on)).reset_index(drop=True)

    def _of_term(self, what: str, term: str | None, on: date | None) -> tuple[Any, ...]:
        """Return the key of what is worked out of a term: the clock counts while a step can run out by the minute."""
        day = on or self._records.today()
        return (what, self._whole.term_day(term, day), day, self._whole.clock(day))

    def gaps(self, term: str | None = None) -> pd.DataFrame:
        """Return the fields missing in the dossiers that the person may see and has counted; as `DutyService.gaps`."""
        rows = self._whole.gaps(term)
        seen: pd.DataFrame = self._once(
            ("gaps", self._whole.term_day(term)), lambda: self._lines.fields_seen(rows).reset_index(drop=True)
        )
        return seen

    def loads(self, on: date) -> pd.DataFrame:
        """Return how many children each of the staff carries (`guanai.care.pairing.helper_loads.loads`), of those counted.

        Where not all children count, only the person's own load is judged against the quota; of the others ``quota`` is ""
        and ``load`` is ``part``, and who carries none of these children is left out.
        """
        needs = {CHILD: ("eligible",), "pairing": ("helper", "key_help")}
        scope = narrowest(self._lines.scope(act, *item) for item in needs.items() for act in ("see", "count"))
        if scope is None or self._lines.scope("see", "staff", ("name",)) is None:
            return self._whole.loads(on).iloc[:0]
        if scope == "school":
            return self._whole.loads(on)
        children = self._lines.subjects(scope, CHILD) or frozenset()
        rows = loads(self.policy, FramesOfChildren(self._whole.frames, children), on)
        mine = rows["id"] == self._records.staff_id
        rows = rows.assign(quota=rows["quota"].where(mine, ""), load=rows["load"].where(mine, "part"))
        staff = self._lines.subjects(self._lines.scope("see", "staff", ("name",)), "staff")
        shown = mine | ((rows["children"] > 0) & (True if staff is None else rows["id"].isin(staff)))
        return rows[shown].reset_index(drop=True)

    def summary(self, term: str | None = None, on: date | None = None) -> Summary:
        """Return the summary of a term as the person has it counted (`summary_scope`)."""
        day = on or self._records.today()
        whole = self._whole.summary(term, day)

        def work_out() -> Summary:
            lines = self._whole.everybodys_lines_of_term(whole.term.name, day)
            own = self._lines.counted(lines, seen=False)
            scope = SummaryScope(self._whole.shown_policy, self._lines)
            return scope.of(whole, self._whole.frames_known_on(day), own, len(lines))

        result: Summary = self._once(("summary", whole.term.name, day), work_out)
        return result

    def figures(self, term: str | None = None) -> pd.DataFrame:
        """Return the figures of a term's summary, one row each; as `DutyService.figures`."""
        return self.summary(term).figures_with_missing()

    # Of the rules themselves, and of nobody

    def term_day(self, term: str | None = None, on: date | None = None) -> date:
        """Return the day as of which a term is shown; as `DutyService.term_day`."""
        return self._whole.term_day(term, on)

    # What the person may see

    @property
    def _lines(self) -> LineScope:
        """Whose lines the person may see, by the rules and rights in use."""
        state = (self._whole.shown_policy, self._access.rights)
        if self._scope is None or any(old is not new for old, new in zip(self._scope[0], state, strict=True)):
            columns = cache(lambda register: self._records.form(register).columns)
            self._scope = (state, LineScope(state[0], self._access, columns))
        return self._scope[1]

    @property
    def _sees_all(self) -> bool:
        """Whether there is no line for anybody that the person may not see."""
        lines = self._lines
        kinds = ((duty.name, duty.kind_of_lines) for duty in self._whole.shown_policy.duties if duty.in_force)
        return self._sees_contacts and all(lines.scope_of("see", *pair) == "school" for pair in kinds)

    @property
    def _sees_contacts(self) -> bool:
        """Whether the person may see all that is held with the children, so may know with whom nothing was held."""
        forms = set(self._records.forms()) & set(CONTACTS) - self._access.restricted
        children = self._lines.scope("see", CHILD, ("name", "eligible"))
        return (
            children is not None
            and narrowest([children, *(self._lines.scope("see", name) for name in forms)]) == children
        )

    def _frames_of_seen(self, day: date) -> NormalizedFrames:
        children = self._lines.subjects(self._lines.scope("see", CHILD, ("name", "eligible")), CHILD)
        frames = self._whole.frames_known_on(day)
        return frames if children is None else FramesOfChildren(frames, children)

    def _once(self, key: tuple[Any, ...], work_out: Callable[[], Any]) -> Any:
        """Return what follows from the records, the rights and the key; it is worked out once until one of them changes."""
        state = (
            self._records.sequence(),
            self._records.today(),
            self._access.rights,
            self._whole.shown_policy,
        )
        entry = self._cached.get(key)
        if entry is None or any(
            old is not new and old != new for old, new in zip(entry[0], state, strict=True)
        ):
            self._cached = dict(list(self._cached.items())[-CACHED:])
            entry = self._cached[key] = (state, work_out())
        return entry[1].copy() if isinstance(entry[1], pd.DataFrame) else entry[1]
