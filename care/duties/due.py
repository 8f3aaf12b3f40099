"""What is due, for whom, by whom, since when and why: computed from the records each time, never stored.

Each kind of duty is a module that gives plain lines: what is needed, what there is, since when and until when. Here all of
them get their status, who is responsible, and their order. These rules hold for all kinds:

* **From when.** Nothing is due from before the school began with its rows (启用日期 of the sheet 学校, written by
  ``guanai init``): a class, a teacher and the school are present from that day on, a child from the later of it and
  its registration. What is open since before (a book, an issue) stays open; records from before still count.
* **Until when.** The days of grace, which are for writing the record up, are added to the day due. What was put off is due on
  that day if it is later.
* **Done or late.** Met is ``done``; ``late`` if it became so after it was due (day compared with day; where minutes or hours
  are the limit, moment with moment). Who cannot know when it was met takes it for done.
* **To do, standing, missed.** Not met is ``to_do`` until it is due. Then it is ``missed`` if it cannot be made good any more
  (its period is over, or the subject has left) or the row says so (过期后 错过); else it stands to be made good.
* **Who has left** has no open line, except where the record itself is open (kinds state and open).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol, cast

import numpy as np
import pandas as pd

from guanai.care.duties import complete, count, event, has_helper, interval, open_records, quota, share, state
from guanai.care.duties.day_frames import DAY, Columns, Days, Numbers
from guanai.care.duties.deferrals import deferrals_of
from guanai.care.duties.facts import Facts
from guanai.care.duties.own_kinds import own_lines
from guanai.care.duties.person_scope import facts_of_person
from guanai.care.duties.responsible import responsible
from guanai.care.duties.statuses import OPEN_STATUSES, STATUSES
from guanai.care.errors import GuanaiError
from guanai.care.frames import timestamp
from guanai.care.policy.duty import EACH, Duty
from guanai.care.policy.policy import Policy

__all__ = [
    "COLUMNS",
    "KINDS",
    "OPEN_STATUSES",
    "STATUSES",
    "Duty",
    "as_of",
    "due",
    "due_lines",
    "lines_in_order",
]

COLUMNS = (
    "duty", "subject", "subject_id", "who", "due", "since", "status", "why", "period", "need", "have",
    "counted", "class", "village", "form", "kind", "role", "deferral", "who_ids", "weight", "met_at", "nobody",
)  # fmt: skip
DTYPES = (
    dict.fromkeys(COLUMNS, "object")
    | dict.fromkeys(("need", "have", "order", "place"), "int64")
    | dict.fromkeys(("due", "since", "met_at"), "datetime64[ns]")
)
OUTLIVES_SUBJECT = ("state", "open")  # the record itself is open
UNTIL_ANSWERED = ("event", "state")  # open in whichever term, but what is over is shown in its own term only
FORMS = {"helper": "pairing", "quota": "pairing", "complete": "child"}  # of the kinds that name none


Texts = np.ndarray[Any, np.dtype[np.str_]]


class Kind(Protocol):
    """A module of a kind of duty."""

    def lines(self, duty: Duty, facts: Facts) -> pd.DataFrame:
        """Return the lines of a duty, all of them; an empty frame of any columns for none.

        Columns: position (of the subject in ``facts.subjects``), since, due and closed_on (the last day on which it can be
        made good; NaT: for ever), both without the days of grace, need, have, and met where it is not have >= need.
        """

    def explained(self, duty: Duty, facts: Facts, shown: Columns) -> dict[str, Any]:
        """Return why the lines that are shown are there, counted, and period and met_at (where there are any).

        ``shown`` are the columns of `lines` as arrays. What the lines have already may be left out.
        """


KINDS: dict[str, Kind] = {
    name: cast("Kind", module)
    for name, module in {
        "count": count, "hours": count, "interval": interval, "event": event, "state": state, "open": open_records,
        "helper": has_helper, "complete": complete, "quota": quota, "share": share,
    }.items()
}  # fmt: skip


def due(
    policy: Policy,
    frames: Mapping[str, pd.DataFrame],
    on: date,
    *,
    done: bool = False,
    now: datetime | None = None,
    who: str | None = None,
    known: date | None = None,
) -> pd.DataFrame:
    """Return what is due on a day, one row per duty, subject and period or event: what stands first, then by day due.

    Columns: duty, subject (a child's name, or whoever the duty is for), subject_id (its id; of a guardian or
    parent the child's, of the school ""), who (names of the responsible, "" if nobody is), due and since
    (datetime64: until when, and from which day on; no due where a duty only counts), status (`OPEN_STATUSES`; with ``done``
    all of `STATUSES`), why (with the source of the rule, and why it was postponed or excused), period (its name, or the day
    of the event), need and have (numbers), counted (ids of the records), class, village, form (to fill in), kind (of subject:
    child, guardian, parent, helper, class, teacher, staff, school), role (where each responsible role has a line of its own,
    else ""), deferral (id of what postponed or excused it, else ""), who_ids (list of ids), weight (of the row), met_at
    (datetime64), nobody ("", or the role that nobody has). Same columns when empty. ``attrs["problems"]`` are the mistakes in
    rules of the school's own.

    ``now`` is the time of day, for limits in minutes and hours; without it that of the day's first moment. ``who`` is the id
    of one of the staff: then only the lines for which they are responsible. ``known`` is the day of knowing, ``on`` without it.
    """
    facts = Facts(policy, frames, on, now=now, known=known, began=policy.began)
    return due_lines(facts, done=done, who=who)


def due_lines(facts: Facts, *, done: bool = False, who: str | None = None) -> pd.DataFrame:
    """Return what is due by the facts of a day, in the columns of `due`; the frames of the facts are used again."""
    statuses = STATUSES if done else OPEN_STATUSES
    parts, problems = [_no_lines()], []
    for place, duty in enumerate(facts.policy.duties):
        each = duty.by == (EACH,)  # each role owes it apart
        for roles in duty.roles if duty.in_force else ():
            part = Part(
                replace(duty, by=roles, who=roles) if each else duty, place, "".join(roles) if each else ""
            )
            own_facts = facts if who is None else facts_of_person(part.duty, part.kind, facts, who)
            try:
                if own_facts is not None:
                    parts.append(part.columns(own_facts, statuses))
            except GuanaiError as problem:
                problems.append(problem)
    facts.problems = tuple(problems)
    columns = {name: np.concatenate([part[name] for part in parts]) for name in DTYPES}
    ranks = pd.Series(columns["status"]).map({status: rank for rank, status in enumerate(STATUSES)})
    order = np.lexsort([columns[name] for name in ("since", "order", "place", "due")] + [ranks])
    if who is not None:
        order = order[np.array([who in columns["who_ids"][row] for row in order], dtype=bool)]
    lines = pd.DataFrame(
        {name: pd.Series(columns[name][order], dtype=DTYPES[name], copy=False) for name in COLUMNS}
    )
    lines.attrs["problems"] = facts.problems
    return lines


def lines_in_order(policy: Policy, parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return lines that were worked out apart as one list, in the order of `due`."""
    lines = pd.concat(parts, ignore_index=True)
    ranks = lines["status"].map({status: rank for rank, status in enumerate(STATUSES)})
    places = lines["duty"].map({duty.name: place for place, duty in enumerate(policy.duties)})
    texts = (pd.factorize(lines[name], sort=True)[0] for name in ("subject_id", "subject", "class"))
    keys = [lines["since"], *map(pd.Series, texts), places, lines["due"], ranks]
    lines = lines.iloc[np.lexsort([key.to_numpy() for key in keys])]
    problems = [problem for part in parts for problem in part.attrs.get("problems", ())]
    lines.attrs["problems"] = tuple(problems)
    return lines.reset_index(drop=True)


class Part(NamedTuple):
    """A duty, or one of the roles that each owe it, with its place in the sheet."""

    duty: Duty
    place: int
    role: str

    @property
    def kind(self) -> str:
        """The kind of its subjects."""
        return self.duty.kind_of_lines

    def columns(self, facts: Facts, statuses: tuple[str, ...]) -> Columns:
        """Return the lines of some statuses (``done`` stands for ``late`` too) as the columns of `DTYPES`."""
        duty, module = self.duty, _module(self.duty)
        own_rule = facts.policy.own_kinds.get(duty.kind)
        frame = module.lines(duty, facts) if module else own_lines(own_rule, duty, facts)
        lines = {str(name): values.to_numpy() for name, values in frame.items()}
        if frame.empty:
            return _no_lines()
        decided = deferrals_of(lines, duty, facts, self.kind, self.role)
        due_on, status = self._statuses(lines, decided, facts)
        chosen = np.isin(status, statuses)
        if not chosen.any():
            return _no_lines()
        due_on, status, number = due_on[chosen], status[chosen], int(chosen.sum())
        shown = {name: values[chosen] for name, values in lines.items()}
        explained = module.explained(duty, facts, shown) if module else {}
        columns = self._same(number) | self._of_subjects(shown["position"], facts)
        for name, values in (shown | explained).items():
            if name in DTYPES:
                columns[name] = np.asarray(values, dtype=DTYPES[name])
        met_at = columns.get("met_at", np.full(number, "NaT", dtype="datetime64[ns]"))
        met_at = np.where(status == "done", met_at, np.datetime64("NaT"))
        late = (met_at if facts.policy.by_the_minute(duty) else met_at.astype("datetime64[D]")) > due_on
        columns |= {"due": due_on, "met_at": met_at, "status": np.where(late, "late", status).astype(object)}
        if decided is not None:
            columns["deferral"] = decided["deferral"].to_numpy(object)[chosen]
            columns["why"] = columns["why"] + decided["decision"].to_numpy(object)[chosen]
        return columns

    def _of_subjects(self, position: Numbers, facts: Facts) -> Columns:
        """Return the columns that lines have from their subjects."""

        def make() -> Columns:
            subjects, people = facts.subjects(self.kind), responsible(facts, self.kind, self.duty.who)
            columns = {
                "subject": subjects["name"], "subject_id": subjects.index, "class": subjects["class"],
                "village": subjects["village"], "order": subjects["place"], "who": people["who"],
                "who_ids": people["who_ids"], "nobody": people["nobody"],
            }  # fmt: skip
            return {name: np.asarray(values) for name, values in columns.items()}

        columns = facts.cached(("columns", self.kind, self.duty.who), make)
        return {name: values[position] for name, values in columns.items()}

    def _same(self, number: int) -> Columns:
        """Return the columns that are the same in every line, or are so where nothing else is known of them."""
        columns = {
            "duty": self.duty.name, "kind": self.kind, "role": self.role, "weight": self.duty.weight_or_default,
            "place": self.place, "form": self.duty.record or FORMS.get(self.duty.kind, ""), "period": "", "deferral": "",
        }  # fmt: skip
        return {name: np.full(number, value, dtype=DTYPES[name]) for name, value in columns.items()}

    def _statuses(self, lines: Columns, decided: pd.DataFrame | None, facts: Facts) -> tuple[Days, Texts]:
        """Return the days due, with grace or on the day to which it is put off, and the statuses; "done" for late as well.

        The status is "" of what nobody is shown: open lines of who has left, and in a later term those that are over.
        """
        duty, today = self.duty, facts.day.to_datetime64()
        now = facts.moment.to_datetime64() if facts.policy.by_the_minute(duty) else today
        due_on, closed_on = (lines[name] + duty.grace_days * DAY for name in ("due", "closed_on"))
        met = (lines["met"] if "met" in lines else lines["have"] >= lines["need"]).astype(bool)
        postponed = excused = np.zeros(len(met), dtype=bool)
        if decided is not None:
            put_off_until = decided["put_off_until"].to_numpy()
            postponed, excused = put_off_until > today, decided["excused"].to_numpy(bool)
            due_on = np.where(np.isnat(due_on), due_on, np.fmax(due_on, put_off_until))
        over, closed = due_on < now, (closed_on < today) | (duty.after == "missed")
        left = np.zeros(len(met), dtype=bool)
        if duty.kind not in OUTLIVES_SUBJECT:
            left = (facts.first_and_last(self.kind)[1] < today)[lines["position"]]
        status = np.select(
            [met, excused, over & (closed | left), over, postponed], ["done", "excused", "missed", "standing", "postponed"],
            "to_do",
        )  # fmt: skip
        hidden = left & np.isin(status, OPEN_STATUSES)
        if duty.kind in UNTIL_ANSWERED and facts.term:
            before = lines["since"] < timestamp(facts.term.start).to_datetime64()
            hidden |= before & np.isin(status, ["missed", "done"])
        return cast("Days", due_on), np.where(hidden, "", status)


def _module(duty: Duty) -> Kind | None:
    """Return the module of a duty's kind, None for a rule of the school's own."""
    dated = set(duty.records) - {"pairing"} or duty.subject == "school"
    return KINDS.get("count" if duty.kind == "quota" and dated else duty.kind)


def _no_lines() -> Columns:
    return {name: np.empty(0, dtype=dtype) for name, dtype in DTYPES.items()}


def as_of(policy: Policy, lines: pd.DataFrame, now: datetime) -> pd.DataFrame:
    """Return the lines of a day as of a time on it: a step with a limit in minutes may have run out by then."""
    after = {duty.name: duty.after or "standing" for duty in policy.duties if policy.by_the_minute(duty)}
    run_out = (lines["due"] < pd.Timestamp(now).tz_localize(None)) & (lines["status"] == "to_do")
    run_out &= lines["duty"].isin(list(after))
    if not run_out.any():
        return lines
    lines = lines.assign(status=lines["status"].mask(run_out, lines["duty"].map(after)).astype(object))
    ranks = lines["status"].map({status: rank for rank, status in enumerate(STATUSES)})
    return lines.iloc[np.lexsort((lines["due"], ranks))].reset_index(drop=True)
