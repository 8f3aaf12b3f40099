"""The emergencies at the top of every page: how long each step still has, and one click that records it as done.

The page's head shows them before its kernel is there, the browser counts the time, and the click sends a plain form:
nothing here needs a kernel. An incident stays until each of its steps is recorded with its time; a step that was late stays late.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
from tornado import web

from guanai.care.errors import AccessError, GuanaiError
from guanai.server.logs import log_fault
from guanai.server.web.handlers import HtmlHandler, safe_next
from guanai.storage.records.records import Identity
from guanai.templates.wording import catalogue, say

if TYPE_CHECKING:
    from guanai.storage.school.school import School

__all__ = ["Incident", "IncidentCache", "Step", "StepDone", "open_incidents", "shown_incidents"]


@dataclass(frozen=True)
class Step:
    """One step of an incident as the page's head shows it.

    ``until`` is the moment in milliseconds for the browser's clock, ``text`` what is shown without a script:
    until when, or when it was done; ``status`` one of `guanai.care.duties.emergencies.STATUSES`.
    """

    duty: str
    who: str
    status: str
    until: int
    text: str


@dataclass(frozen=True)
class Incident:
    """An emergency with a step that is still to be done: its form and id, what it is called, its steps."""

    form: str
    record: str
    title: str
    steps: tuple[Step, ...]

    @property
    def late(self) -> bool:
        """Whether a step is late."""
        return any(step.status == "late" for step in self.steps)


class IncidentCache:
    """The emergencies as they were last calculated, by language.

    They are calculated again when one of their records has changed and once a minute; while a step is still to be done,
    after any change in the school, which may be one of the names.
    """

    def __init__(self) -> None:
        self._cached: dict[str, tuple[tuple[Any, ...], list[Incident]]] = {}
        self._seen: dict[tuple[Identity, str], tuple[tuple[Any, ...], list[Incident]]] = {}

    def seen_by(self, school: "School", whole: "School", language: str) -> list[Incident]:
        """Return those that a person may know of: ``school`` is as they see it, ``whole`` as its owner does."""
        all_of_them = self.incidents(whole, language)
        if not all_of_them:
            self._seen.clear()
            return []
        state = (school, self._cached[language][0], school.access.state)
        key = (school.identity, language)
        if key not in self._seen or self._seen[key][0] != state:
            self._seen[key] = (state, open_incidents(school, school.now(), language))
        return self._seen[key][1]

    def incidents(self, school: "School", language: str) -> list[Incident]:
        """Return all in which a step is still to be done, see `open_incidents`."""
        now = school.now()
        versions = [school.table(name).version for name in school.duties.emergency_registers()]
        state = (school, versions, now.replace(second=0, microsecond=0))
        key, incidents = self._cached.get(language, ((), []))
        if key != (*state, school.sequence() if incidents else None):
            incidents = open_incidents(school, now, language)
            self._cached[language] = ((*state, school.sequence() if incidents else None), incidents)
        return incidents


def shown_incidents(handler: HtmlHandler) -> list[Incident]:
    """Return the emergencies for the head of a page; an error is logged, and the page opens without them."""
    try:
        account = handler.served.account_of(handler.current_user.session)
        if account is None:
            return []
        cache: IncidentCache = handler.settings["emergencies"]
        served = handler.served
        return cache.seen_by(served.seen_by(account), served.current, handler.language)
    except Exception as error:
        log_fault(error, "emergencies")
        return []


def open_incidents(school: "School", now: datetime, language: str) -> list[Incident]:
    """Return the emergencies in which a step is still to be done, what is late first."""
    steps = school.emergencies(now, finished=True)
    waiting = steps[steps["status"].isin(["late", "running"])]
    records = list(dict.fromkeys(zip(waiting["form"], waiting["record"], strict=True)))
    incidents = []
    for form, record in records:
        rows = steps[(steps["form"] == form) & (steps["record"] == record)].sort_values("due", kind="stable")
        first = rows.iloc[0]
        kind = str((school.record(form, record) or {}).get("kind") or "")
        key = f"value.{form}.kind.{kind}"
        title = say(
            "emergency.head",
            language,
            subject=first["subject"],
            kind=say(key, language) if key in catalogue() else kind or say("emergency.title", language),
            started=_clock(first["started"], now),
            **{"class": first["class"]},
        )
        shown = tuple(_step(row, now, language) for row in rows.to_dict("records"))
        incidents.append(Incident(form, record, title, shown))
    return incidents


def _step(row: dict[Any, Any], now: datetime, language: str) -> Step:
    status, due = str(row["status"]), row["due"]
    if status in ("late", "running"):
        text = say("emergency.until", language, time=_clock(due, now))
    elif pd.isna(row["done_at"]):
        text = say("emergency.done", language, time="")
    else:
        late = {"late": duration(row["done_at"] - due, language)} if status == "done_late" else {}
        key = "emergency.done_late" if late else "emergency.done"
        text = say(key, language, time=_clock(row["done_at"], now), **late)
    return Step(str(row["duty"]), str(row["who"]), status, milliseconds(due.to_pydatetime()), text.strip())


def duration(length: timedelta, language: str) -> str:
    """Return a length of time in words, by the minute.

    >>> duration(timedelta(hours=1, minutes=5), "zh")
    '1 小时 5 分'
    """
    minutes = max(0, int(length.total_seconds()) // 60)
    days, rest = divmod(minutes, 24 * 60)
    parts = [(days, "day"), (rest // 60, "hour"), (rest % 60, "minute")]
    words = [say(f"emergency.unit_{unit}", language, number=number) for number, unit in parts if number]
    return " ".join(words) or say("emergency.unit_minute", language, number=0)


def milliseconds(moment: datetime) -> int:
    """Return a local time as browsers count it: milliseconds of the epoch."""
    return round(moment.timestamp() * 1000)


def _clock(moment: pd.Timestamp, now: datetime) -> str:
    """Return a time of day, with its date if that is not today."""
    return f"{moment:%H:%M}" if moment.date() == now.date() else f"{moment:%m-%d %H:%M}"


class StepDone(HtmlHandler):
    """Records that a step of an emergency has just been done, under the name of whoever pressed it."""

    @web.authenticated
    def post(self) -> None:
        """Write this moment into the step's question and go back to the page."""
        account = self.served.account_of(self.current_user.session)
        if account is None:
            raise web.HTTPError(403)
        school = self.served.seen_by(account)
        form, record, duty = (self.get_body_argument(name, "") for name in ("form", "record", "duty"))
        try:
            school.duties.step_done(form, record, duty)
        except AccessError as error:
            self.set_status(403)
            head = self.say("error.403.head")
            self.show("error.html", head=head, text=error.message(self.language), reference="")
            return
        except GuanaiError as error:
            raise web.HTTPError(404) from error
        self.redirect(safe_next(self.get_body_argument("next", self.base_url), self.base_url))
